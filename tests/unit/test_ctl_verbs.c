/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that do several things: which one is meant, and which words are its operands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "healthctl/command.h"

enum { WORDS = 5, ANSWER = 40 };

/* Each answers with its own code, plus how many operands it got. */
static int add(struct invocation *in)
{
    return ANSWER + (int)in->operand_count;
}

static int list(struct invocation *in)
{
    return 2 * ANSWER + (int)in->operand_count;
}

static const struct verb verbs[] = {
    {.name = "add",
     .operands = "A B",
     .least = 2,
     .most = 3,
     .summary = "Adds.",
     .run = add},
    {.name = "list", .operands = "", .summary = "Lists.", .run = list},
    {0}};

static void the_verb_is_found(void **state)
{
    static const struct {
        const char *words[WORDS], *bare, *other;
        int code;
    } cases[] = {
        {{"add", "x", "y"}, NULL, NULL, ANSWER + 2},
        {{"list"}, NULL, NULL, 2 * ANSWER},
        {{"list", "x"}, NULL, NULL, CODE_USAGE},
        {{"add", "x"}, NULL, NULL, CODE_USAGE},
        {{"add", "w", "x", "y", "z"}, NULL, NULL, CODE_USAGE},
        {{NULL}, "list", NULL, 2 * ANSWER},
        {{NULL}, NULL, NULL, CODE_USAGE},
        {{"x", "y"}, "list", "add", ANSWER + 2},
        {{"x"}, "list", "add", CODE_USAGE},
        {{"x", "y"}, "list", NULL, CODE_USAGE},
        {{"lst"}, "list", NULL, CODE_USAGE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        const struct command c = {
            .name = "x", .verbs = verbs, .bare = cases[i].bare, .other = cases[i].other};
        const char *words[WORDS];
        memcpy(words, cases[i].words, sizeof(words));
        struct invocation in = {.command = &c, .arena = arena, .operands = words};
        while (in.operand_count < WORDS && words[in.operand_count])
            in.operand_count++;
        const int code = verbs_run(&in);
        if (code != cases[i].code)
            fail_msg("case %zu: %d", i, code);
        arena_destroy(arena);
    }
}

/* A verb that a command falls back to is one of its own, and all of them say what they do. */
static void every_verb_is_documented(void **state)
{
    for (size_t i = 0; commands[i]; i++) {
        const struct command *c = commands[i];
        bool has_bare = !c->bare, has_other = !c->other;
        for (const struct verb *v = c->verbs; v && v->name; v++) {
            assert_non_null(v->operands);
            assert_non_null(v->run);
            assert_true(*v->summary);
            assert_true(v->most >= v->least && v->most < c->most + 1);
            has_bare |= c->bare && !strcmp(c->bare, v->name);
            has_other |= c->other && !strcmp(c->other, v->name);
        }
        assert_true(has_bare && has_other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_verb_is_found),
        cmocka_unit_test(every_verb_is_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
