/* SPDX-License-Identifier: Apache-2.0 */
/* Which of several files counts, and which one was there before it, over restarts. No file is touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "probes/file.h"

#define NOW (1700000000 * NSEC_PER_SEC)
#define MIN NSEC_PER_MINUTE

static struct file_mark mark_of(const char *path, uint64_t inode, uint64_t size, nsec at)
{
    return (struct file_mark){.path_hash = bytes_hash64(bytes_of(path)),
                              .device = 1,
                              .inode = inode,
                              .size = size,
                              .modified_ns = NOW + at};
}

static void the_last_at_rest_counts(void **state)
{
    static const struct {
        const char *title;
        nsec settle;
        struct {
            const char *path;
            nsec at; /* from now */
        } files[4];
        const char *newest, *subject, *before; /* "": none */
    } cases[] = {
        {"nothing", MIN, {{NULL}}, "", "", ""},
        {"one", MIN, {{"a", -2 * MIN}}, "a", "a", ""},
        {"in any order",
         MIN,
         {{"b", -3 * MIN}, {"c", -2 * MIN}, {"a", -4 * MIN}},
         "c",
         "c",
         "b"},
        {"one is being written",
         MIN,
         {{"a", -9 * MIN}, {"b", -10}, {"c", -8 * MIN}},
         "b",
         "c",
         "a"},
        {"only that", MIN, {{"a", -10}}, "a", "a", ""},
        {"all are being written", MIN, {{"a", -20}, {"b", -10}}, "b", "b", ""},
        {"exactly at rest", MIN, {{"a", -MIN}, {"b", 1 - MIN}}, "b", "a", ""},
        {"it counts at once", 0, {{"a", -9 * MIN}, {"b", -10}}, "b", "b", "a"},
        {"written at once",
         MIN,
         {{"b", -2 * MIN}, {"a", -2 * MIN}, {"c", -2 * MIN}},
         "c",
         "c",
         "b"},
        {"from the future", MIN, {{"a", 9 * MIN}, {"b", -2 * MIN}}, "a", "a", "b"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct file_found f = {.now = {NOW}, .settle = cases[i].settle};
        print_message("%s\n", cases[i].title);
        for (size_t k = 0; k < 4 && cases[i].files[k].path; k++) {
            const char *path = cases[i].files[k].path;
            file_take(&f, &(struct file_seen){
                              .path = path,
                              .is_regular = true,
                              .mark = mark_of(path, k, 1, cases[i].files[k].at)});
        }
        const char *subject = file_subject(&f)->path;
        assert_string_equal(f.newest.path ? f.newest.path : "", cases[i].newest);
        assert_string_equal(subject ? subject : "", cases[i].subject);
        assert_string_equal(f.before.path ? f.before.path : "", cases[i].before);
    }
}

/* One look after the other, and healthd is restarted between any two. */
static void the_size_before_is_remembered(void **state)
{
    static const struct {
        const char *title;
        struct {
            const char *path;
            uint64_t inode, size;
            nsec at;
            uint64_t before; /* what the look saw beside it; 0: nothing */
        } looks[4];
        int64_t previous; /* -1: none */
    } cases[] = {
        {"the first", {{"a", 1, 100, 0, 0}}, -1},
        {"the first, beside an older one", {{"a", 1, 100, 0, 90}}, 90},
        {"unchanged", {{"a", 1, 100, 0, 0}, {"a", 1, 100, 0, 0}}, -1},
        {"another name", {{"a", 1, 100, 0, 0}, {"b", 2, 50, MIN, 0}}, 100},
        {"another name, beside one that healthd missed",
         {{"a", 1, 100, 0, 0}, {"c", 3, 50, MIN, 80}},
         80},
        {"and it stays",
         {{"a", 1, 100, 0, 0}, {"b", 2, 50, MIN, 0}, {"b", 2, 50, MIN, 0}},
         100},
        {"replaced", {{"a", 1, 100, 0, 0}, {"a", 2, 120, MIN, 0}}, 100},
        {"overwritten by a smaller one",
         {{"a", 1, 100, 0, 0}, {"a", 1, 10, MIN, 0}},
         100},
        {"its writer paused",
         {{"a", 1, 100, 0, 0}, {"b", 2, 30, 9 * MIN, 0}, {"b", 2, 90, 19 * MIN, 0}},
         100},
        {"overwritten a day later",
         {{"a", 1, 100, 0, 0}, {"a", 1, 110, 1440 * MIN, 0}},
         100},
        {"restored from elsewhere", {{"a", 1, 100, 0, 0}, {"a", 9, 100, 0, 0}}, -1},
        {"written before the epoch",
         {{"a", 1, 100, -NOW - MIN, 0}, {"b", 2, 10, 0, 0}},
         100},
    };
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct file_memory m;
        const char *memo = "";
        print_message("%s\n", cases[i].title);
        for (size_t k = 0; k < 4 && cases[i].looks[k].path; k++) {
            const uint64_t before = cases[i].looks[k].before;
            const struct file_mark beside = mark_of("z", 99, before, 0);
            const struct file_mark now =
                mark_of(cases[i].looks[k].path, cases[i].looks[k].inode,
                        cases[i].looks[k].size, cases[i].looks[k].at);
            file_memo_read(memo, &m);
            file_remember(&m, &now, before ? &beside : NULL);
            memo = file_memo(&m, arena);
        }
        assert_int_equal(m.has_previous ? (int64_t)m.previous_size : -1,
                         cases[i].previous);
    }
    arena_destroy(arena);
}

static void a_strange_memo_is_forgotten(void **state)
{
    static const char *const memos[] = {
        "", " ", "1", "1 2 3", "1 2 3 x", "a b c d e", "1 2 3 99999999999999999999"};
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(memos); i++) {
        struct file_memory m = {.is_known = true};
        file_memo_read(memos[i], &m);
        assert_false(m.is_known || m.has_previous);
        assert_string_equal(file_memo(&m, arena), "");
    }
    arena_destroy(arena);
}

static void only_what_is_wanted_is_read(void **state)
{
    const struct file_conf plain = {.tail = "", .integrity = true};
    const struct file_conf tail = {.tail = "x"}, nothing = {.tail = ""};
    assert_true(file_wants_content(&plain, UNPACK_GZIP));
    assert_false(file_wants_content(&plain, UNPACK_PLAIN));
    assert_true(file_wants_content(&tail, UNPACK_PLAIN));
    assert_false(file_wants_content(&nothing, UNPACK_GZIP));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_at_rest_counts),
        cmocka_unit_test(the_size_before_is_remembered),
        cmocka_unit_test(a_strange_memo_is_forgotten),
        cmocka_unit_test(only_what_is_wanted_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
