/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of labels, as printed on a series. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/core/labels.h"

#define LABELS(...)                                       \
    ((struct labels){(const struct label[]){__VA_ARGS__}, \
                     sizeof((struct label[]){__VA_ARGS__}) / sizeof(struct label)})

static void assert_prints(struct labels l, const char *expected)
{
    struct buf out = BUF_MAX(1024);
    labels_print(l, &out);
    assert_string_equal(buf_text(&out), expected);
    buf_finish(&out);
}

static void names_are_the_text_formats(void **state)
{
    static const struct {
        const char *name;
        bool is_valid;
    } cases[] = {
        {"a", true},    {"a1_B", true},      {"_x", true},   {"", false},
        {"1a", false},  {"a-b", false},      {"a.b", false}, {"__x", false},
        {"a:b", false}, {"\xc3\xa9", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(label_name_valid(bytes_of(cases[i].name)), cases[i].is_valid);
}

static void values_are_escaped_and_utf8(void **state)
{
    static const struct {
        const char *value, *printed;
    } cases[] = {
        {"x y", "l=\"x y\""},
        {"a\"b\\c\nd", "l=\"a\\\"b\\\\c\\nd\""},
        {"\xc3\xa9\t", "l=\"\xc3\xa9\t\""},
        {"a\xff\xc3", "l=\"a\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_prints(LABELS({"l", cases[i].value}), cases[i].printed);
    assert_prints((struct labels){0}, "");
}

static void sets_merge_copy_and_compare(void **state)
{
    struct arena *arena = arena_create(0);
    const struct labels global =
        LABELS({"component", "x"}, {"environment", "prod"}, {"team", "a"});
    const struct labels probe =
        LABELS({"component", "db"}, {"task_id", "1"}, {"team", ""});

    const struct labels merged = labels_merge(arena, global, probe);
    assert_prints(merged, "component=\"db\",environment=\"prod\",task_id=\"1\"");
    assert_prints(labels_without(arena, merged, "task_id"),
                  "component=\"db\",environment=\"prod\"");
    assert_string_equal(labels_get(merged, "component"), "db");
    assert_null(labels_get(merged, "team"));
    assert_true(labels_equal(merged, labels_copy(arena, merged)));
    assert_true(labels_hash(merged) == labels_hash(labels_copy(arena, merged)));
    assert_false(labels_equal(merged, global));
    assert_false(labels_hash(merged) == labels_hash(global));
    arena_destroy(arena);
}

static void pairs_become_a_sorted_set(void **state)
{
    struct arena *arena = arena_create(0);
    struct err e = {0};
    struct labels l;
    const struct pair good[] = {{"b", "2"}, {"a", "1"}, {"c", ""}};
    const struct pair twice[] = {{"b", "2"}, {"b", "1"}};
    const struct pair bad[] = {{"b-c", "2"}};

    assert_true(labels_from_pairs(arena, &(struct pairs){good, 3}, &l, &e));
    assert_prints(l, "a=\"1\",b=\"2\"");
    assert_false(labels_from_pairs(arena, &(struct pairs){twice, 2}, &l, &e));
    assert_string_equal(e.text, "label 'b' is given twice");
    assert_false(labels_from_pairs(arena, &(struct pairs){bad, 1}, &l, &e));
    assert_string_equal(
        e.text,
        "'b-c' cannot be a label: its name has only letters, digits and _, and begins "
        "with a letter or a single _");
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_the_text_formats),
        cmocka_unit_test(values_are_escaped_and_utf8),
        cmocka_unit_test(sets_merge_copy_and_compare),
        cmocka_unit_test(pairs_become_a_sorted_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
