/* SPDX-License-Identifier: Apache-2.0 */
/* Where a byte of a scalar stands in its file: plain, quoted, folded, literal, over lines and escapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "lib/base/attr.h"
#include "lib/core/node.h"

static const struct {
    const char
        *yaml; /* of which the value of `e` is asked for the place of the first '!' */
    int line, column;
} cases[] = {
    {"e: a ! b\n", 1, 6},
    {"e: !", 1, 4}, /* a tag: nothing to find, so the value itself */
    {"e: 'a ! b'\n", 1, 7},
    {"e: 'it''s a ! b'\n", 1, 13},
    {"e: \"a ! b\"\n", 1, 7},
    {"e: \"a \\\"x\\\" ! b\"\n", 1, 13},
    {"e: \"a\\n ! b\"\n", 1, 9},
    {"e: \"a \\\n     ! b\"\n", 2, 6},
    {"e: \"\\x41 ! b\"\n", 1, 4}, /* an escape that is not followed: the value itself */
    {"x: 1\ne: |\n  a\n  b ! c\n", 4, 5},
    {"e: |2-\n    a\n\n   ! c\n", 4, 4},
    {"e: >\n  a\n  b\n\n  ! c\n", 5, 3},
    {"e: a\n  b\n  ! c\n", 3, 3},
    {"e: {f: 1}\n", 1, 4}, /* no scalar */
    {"e: \"\xC3\xA4 ! b\"\n", 1, 7},
    {"e: a b\n", 1, 7}, /* none: the end */
};

static void places_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct diag *d = diag_create(arena);
        const struct node *root = node_parse(arena, "t", bytes_of(cases[i].yaml), d);
        diag_source(d, "t", bytes_of(cases[i].yaml));
        if (!root)
            fail_msg("case %zu does not parse", i);
        const struct node *n = node_get(root, "e");
        const char *text = n->text ? n->text : "";
        const char *mark = strchr(text, '!');
        const size_t offset = mark ? (size_t)(mark - text) : strlen(text);
        const struct place at = node_text_place(n, offset, d);
        if (at.line != cases[i].line || at.column != cases[i].column)
            fail_msg("case %zu: %d:%d instead of %d:%d", i, at.line, at.column,
                     cases[i].line, cases[i].column);
        arena_destroy(arena);
    }
}

static void nothing_is_known(void **state)
{
    struct arena *arena = arena_create(0);
    struct diag *d = diag_create(arena);
    const struct node *n =
        node_scalar(arena, (struct place){"command line", 0, 0}, "a ! b");
    (void)state;
    const struct place at = node_text_place(n, 2, d);
    assert_string_equal(at.file, "command line");
    assert_int_equal(at.line, 0);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_found),
        cmocka_unit_test(nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
