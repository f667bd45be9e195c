/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of peers: read with caps, followed by path, shown in brief. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/core/json.h"

static void only_good_json_is_read(void **state)
{
    static const struct {
        const char *text;
        const char *why; /* NULL: it is read */
    } cases[] = {
        {"{}", NULL},
        {"5", NULL},
        {"\"[[[\"", NULL},
        {"", "empty, so no JSON"},
        {" \n", "empty, so no JSON"},
        {"{\"a\":1,\"a\":2}",
         "no JSON at line 1, column 10: duplicate object key near '\"a\"'"},
        {"<html>", "no JSON at line 1, column 1: invalid token near '<'"},
        {"{} x", "no JSON at line 1, column 4: end of file expected near 'x'"},
        {"\"0123456789012345678901234567890123456789\"",
         "42 bytes are more than the 40 that are "
         "read as JSON"},
    };
    struct arena *arena = arena_create(0);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};
        const json_t *root = json_read(arena, bytes_of(cases[i].text), 40, &e);
        assert_int_equal(root != NULL, cases[i].why == NULL);
        if (cases[i].why)
            assert_string_equal(e.text, cases[i].why);
    }
    struct buf deep = BUF_MAX(1000);
    struct err e = {0};
    for (int i = 0; i < 65; i++)
        buf_add_byte(&deep, '[');
    assert_null(json_read(arena, buf_bytes(&deep), 1000, &e));
    assert_string_equal(e.text, "nested deeper than 64 levels");
    buf_finish(&deep);
    arena_destroy(arena);
}

static void paths_are_followed(void **state)
{
    static const struct {
        const char *path, *found; /* or how far it came, after "!" */
    } cases[] = {
        {"", "{\"a\":{\"b\":[1,{\"c d\":null}]},\"s\":\"text\"}"},
        {"a.b[0]", "1"},
        {"a.b[-1]", "{\"c d\":null}"},
        {"a.b[1][\"c d\"]", "null"},
        {"a['b'][0]", "1"},
        {"a.b[5]", "!a.b has 2 elements, there is no [5]"},
        {"a.b.c", "!a.b is a list of 2, it has no 'c'"},
        {"a.x", "!a has no 'x'; it has b"},
        {"x", "!the document has no 'x'; it has a, s"},
        {"s.x", "!s is \"text\", it has no 'x'"},
        {"a..b", "!'a..b' is no path"},
        {"a[0", "!'a[0' is no path"},
        {"a[\"b]", "!'a[\"b]' is no path"},
    };
    struct arena *arena = arena_create(0);
    struct err e;
    (void)state;
    const json_t *root = json_read(
        arena, bytes_of("{\"a\":{\"b\":[1,{\"c d\":null}]},\"s\":\"text\"}"), 1000, &e);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *got = NULL;
        const json_t *found = json_follow(root, cases[i].path, arena, &got);
        assert_string_equal(found ? json_brief(found, arena, 100)
                                  : arena_printf(arena, "!%s", got),
                            cases[i].found);
        assert_ptr_equal(json_follow(root, cases[i].path, arena, NULL), found);
    }
    arena_destroy(arena);
}

static void brief_is_cut_between_characters(void **state)
{
    struct arena *arena = arena_create(0);
    struct err e;
    (void)state;
    const json_t *root =
        json_read(arena, bytes_of("\"\xC3\xA9\xC3\xA9\xC3\xA9\""), 100, &e);
    assert_string_equal(json_brief(root, arena, 8), "\"\xC3\xA9\xC3\xA9\xC3\xA9\"");
    assert_string_equal(json_brief(root, arena, 7), "\"\xC3\xA9…");
    assert_string_equal(json_brief(root, arena, 2), "…");
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_good_json_is_read),
        cmocka_unit_test(paths_are_followed),
        cmocka_unit_test(brief_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
