/* SPDX-License-Identifier: Apache-2.0 */
/* The last lines of something: how many, how long, and never a secret, not even half of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/core/excerpt.h"
#include "lib/core/secret.h"

static void the_last_ones_are_kept(void **state)
{
    static const struct {
        size_t max;
        const char *text;
    } cases[] = {{0, ""}, {1, "4"}, {3, "2\n3\n4"}, {9, "0\n1\n2\n3\n4"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct excerpt *x = excerpt_create(arena, cases[i].max);
        char digit[2] = "0";
        assert_true(excerpt_is_empty(x));
        for (; digit[0] < '5'; digit[0]++)
            excerpt_add(x, bytes_of(digit));
        assert_string_equal(excerpt_text(x, NULL, arena), cases[i].text);
        arena_destroy(arena);
    }
}

static void the_end_matters_most(void **state)
{
    struct arena *arena = arena_create(0);
    struct excerpt *x = excerpt_create(arena, EXCERPT_MAX_LINES);
    char line[1000];
    (void)state;
    memset(line, 'x', sizeof(line));
    for (int i = 0; i < 60; i++)
        excerpt_add(x, (struct bytes){line, sizeof(line)});
    excerpt_add(x, bytes_of("the end"));
    const char *text = excerpt_text(x, NULL, arena);
    assert_true(strlen(text) <= EXCERPT_MAX_TEXT && strlen(text) > EXCERPT_MAX_TEXT / 2);
    assert_true(bytes_ends(bytes_of(text), "x…\nthe end"));
    arena_destroy(arena);
}

static void secrets_are_hidden_before_anything_is_cut(void **state)
{
    struct arena *arena = arena_create(0);
    struct secrets *secrets = secrets_create();
    struct excerpt *x = excerpt_create(arena, 8);
    char line[400];
    (void)state;
    secrets_add(secrets, bytes_of("correct-horse-battery"));
    secrets_add(secrets, bytes_of("first half\nsecond half"));
    /* It would be cut in the middle. */
    snprintf(line, sizeof(line), "%*scorrect-horse-battery, and so on",
             EXCERPT_MAX_LINE - 10, "");
    excerpt_add(x, bytes_of(line));
    excerpt_add(x, bytes_of("key: first half"));
    excerpt_add(x, bytes_of("second half"));
    excerpt_add(x, bytes_of("\x1b[1mcorrect-\x1b[0mhorse-battery"));
    const char *text = excerpt_text(x, secrets, arena);
    assert_null(strstr(text, "correct"));
    assert_null(strstr(text, "half"));
    secrets_destroy(secrets);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_ones_are_kept),
        cmocka_unit_test(the_end_matters_most),
        cmocka_unit_test(secrets_are_hidden_before_anything_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
