/* SPDX-License-Identifier: Apache-2.0 */
/* Texts with ${names}: what they become, and what is said when they cannot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/core/tmpl.h"

static bool lookup(void *ctx, struct bytes name, struct arena *arena,
                   struct bytes *ret_value, struct err *e)
{
    const char *const *pair = ctx;
    if (bytes_is(name, "refused"))
        return err_set(e, "it is locked");
    if (!bytes_is(name, pair[0]))
        return false;
    *ret_value = bytes_of(pair[1]);
    return true;
}

static void names_are_filled_in(void **state)
{
    static const struct {
        const char *text;
        bool has;
        const char *filled; /* or what is said, after "!" */
    } cases[] = {
        {"", false, ""},
        {"plain $ {x} $x", false, "plain $ {x} $x"},
        {"${a}", true, "1"},
        {"x${a}y${ b }z", true, "x1y${a}z"},
        {"$${a} ${a}", true, "${a} 1"},
        {"PONG ${1} $1 ${12}", false, "PONG ${1} $1 ${12}"},
        {"${1} ${a}", true, "${1} 1"},
        {"$${1}", true, "${1}"},
        {"${c}", true,
         "!${c} is not known here; ${env:NAME}, ${file:/path} and ${secret:name} are "
         "known "
         "everywhere"},
        {"${refused}", true, "!${refused}: it is locked"},
        {"a${b", true, "!'${b' has no closing brace; a literal ${ is written $${"},
        {"${}", true, "!${} names nothing; a literal ${ is written $${"},
        {"${ }", true, "!${} names nothing; a literal ${ is written $${"},
    };
    const char *a[] = {"a", "1"}, *b[] = {"b", "${a}"};
    const struct scope outer = {.lookup = lookup, .ctx = b};
    const struct scope scope = {.outer = &outer, .lookup = lookup, .ctx = a};
    struct arena *arena = arena_create(0);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};
        const char *text = NULL;
        assert_int_equal(tmpl_has(cases[i].text), cases[i].has);
        if (*cases[i].filled == '!') {
            assert_false(tmpl_expand(cases[i].text, &scope, arena, &text, &e));
            assert_string_equal(e.text, cases[i].filled + 1);
            assert_null(text);
        } else {
            assert_true(tmpl_expand(cases[i].text, &scope, arena, &text, &e));
            assert_string_equal(text, cases[i].filled);
        }
    }
    arena_destroy(arena);
}

static void collect(void *ctx, struct bytes name)
{
    buf_add_bytes(ctx, name);
    buf_add_byte(ctx, ' ');
}

static void names_are_listed(void **state)
{
    (void)state;
    struct buf out = BUF_MAX(1000);
    struct err e;
    assert_true(tmpl_names("${a} $${no} ${env:X:-y} ${1}", collect, &out, &e));
    assert_string_equal(buf_text(&out), "a env:X:-y ");
    assert_false(tmpl_names("${a} ${", collect, &out, &e));
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_filled_in),
        cmocka_unit_test(names_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
