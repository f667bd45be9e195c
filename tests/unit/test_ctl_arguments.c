/* SPDX-License-Identifier: Apache-2.0 */
/* Words of healthctl's command line: what is understood, and what is said about the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "healthctl/command.h"
#include "healthctl/outcome.h"

enum { WORDS = 8 };

static size_t word_count(const char *const *words)
{
    size_t count = 0;
    while (count < WORDS && words[count])
        count++;
    return count;
}

static bool parse(struct arena *arena, const char *command, const char *const *words,
                  struct invocation *in, struct err *e)
{
    char *argv[WORDS + 1] = {0};
    const size_t count = word_count(words);
    for (size_t i = 0; i < count; i++)
        argv[i] = arena_strdup(arena, words[i]);
    *in = (struct invocation){.command = command_find(command), .arena = arena};
    assert_non_null(in->command);
    return invocation_parse(in, (int)count, argv, e);
}

static void flags_are_understood(void **state)
{
    static const struct {
        const char *command, *words[WORDS], *flag, *value;
        size_t operands;
    } cases[] = {
        {"status", {0}, "format", NULL, 0},
        {"status", {"--format", "json"}, "format", "json", 0},
        {"status", {"--format=json"}, "format", "json", 0},
        {"status", {"--socket", "/a b"}, "socket", "/a b", 0},
        {"status", {"--token_file", "x"}, "token-file", "x", 0},
        {"explain", {"payload", "--timing"}, "timing", "", 1},
        {"explain", {"--timing", "payload"}, "timing", "", 1},
        {"explain", {"--", "--timing"}, "timing", NULL, 1},
        {"explain", {"-h"}, "help", "", 0},
        {"validate", {"a", "b", "--run", "-"}, "run", "", 3},
        {"probe", {"http", "x", "-v"}, "verbose", "", 2},
        {"probe", {"-cfile", "--module", "m", "x"}, "config", "file", 1},
        {"probe", {"http", "x", "--format", "prometheus"}, "format", "prometheus", 2},
        {"probe",
         {"http", "x", "--method=POST", "--http-format", "health"},
         "format",
         NULL,
         2},
        {"probe", {"tcp", "--expect", "a", "--expect", "b"}, "expect", "b", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct invocation in;
        struct err e = {0};
        if (!parse(arena, cases[i].command, cases[i].words, &in, &e))
            fail_msg("case %zu: %s", i, e.text);
        const char *value = invocation_flag(&in, cases[i].flag);
        if (cases[i].value)
            assert_string_equal(value, cases[i].value);
        else
            assert_null(value);
        assert_int_equal(in.operand_count, cases[i].operands);
        arena_destroy(arena);
    }
}

static void faults_say_what_to_do(void **state)
{
    static const struct {
        const char *command, *words[WORDS], *why;
    } cases[] = {
        {"status",
         {"--fromat", "json"},
         "there is no option --fromat; did you mean --format?"},
        {"status", {"--zzzzzzzz"}, "there is no option --zzzzzzzz"},
        {"status", {"-x"}, "there is no option -x"},
        {"status", {"--format"}, "--format needs a value: --format FORMAT"},
        {"status", {"--format", "yaml"}, "--format is text or json, not 'yaml'"},
        {"status", {"--format=json", "--format", "text"}, "--format is given twice"},
        {"status", {"--help=me"}, "--help takes no value"},
        {"status", {"now"}, "'now' is one word too many"},
        {"explain", {0}, "PROBE is missing"},
        {"explain", {"a", "b"}, "'b' is one word too many"},
        {"completion", {"tcsh"}, "'tcsh' is not one of bash|zsh|fish"},
        {"probe",
         {"--method", "GET", "http"},
         "there is no option --method; options of a probe type follow the type"},
        {"probe",
         {"http", "--metod", "GET"},
         "there is no option --metod; did you mean --method?"},
        {"probe",
         {"http", "--http-format", "yaml"},
         "--http-format is none or health, not 'yaml'"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct invocation in;
        struct err e = {0};
        assert_false(parse(arena, cases[i].command, cases[i].words, &in, &e));
        assert_string_equal(e.text, cases[i].why);
        arena_destroy(arena);
    }
}

static void every_command_is_documented(void **state)
{
    for (size_t i = 0; commands[i]; i++) {
        const struct command *c = commands[i];
        assert_non_null(c->summary);
        assert_non_null(c->operands);
        assert_non_null(c->run);
        assert_true(c->is_hidden ||
                    (c->group && *c->doc && c->examples && c->examples[0].line));
        for (const struct flag *f = c->flags; f && f->name; f++)
            assert_true(f->doc && *f->doc);
    }
}

static void verdicts_become_exit_codes(void **state)
{
    static const struct {
        enum health health;
        enum reason reason;
        enum exit_code code;
    } cases[] = {
        {HEALTH_UP, REASON_NONE, CODE_PASS},
        {HEALTH_DEGRADED, REASON_TOO_SLOW, CODE_PASS},
        {HEALTH_DOWN, REASON_EXPECT, CODE_FAILED},
        {HEALTH_DOWN, REASON_STATUS, CODE_FAILED},
        {HEALTH_DOWN, REASON_TLS_EXPIRED, CODE_FAILED},
        {HEALTH_DOWN, REASON_AUTH, CODE_FAILED},
        {HEALTH_DOWN, REASON_NO_NAME, CODE_UNREACHABLE},
        {HEALTH_DOWN, REASON_REFUSED, CODE_UNREACHABLE},
        {HEALTH_DOWN, REASON_TIMEOUT, CODE_UNREACHABLE},
        {HEALTH_DOWN, REASON_CLOSED, CODE_UNREACHABLE},
        {HEALTH_UNKNOWN, REASON_DNS_TIMEOUT, CODE_UNKNOWN},
        {HEALTH_UNKNOWN, REASON_SELF, CODE_UNKNOWN},
        {HEALTH_UNKNOWN, REASON_CONFIG, CODE_USAGE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(outcome_code(cases[i].health, cases[i].reason), cases[i].code);
    /* No reason that a target can be down for passes. */
    for (int reason = 0; reason < REASON_COUNT; reason++)
        assert_int_not_equal(outcome_code(HEALTH_DOWN, (enum reason)reason), CODE_PASS);
    assert_int_equal(outcome_worse(CODE_PASS, CODE_UNKNOWN), CODE_UNKNOWN);
    assert_int_equal(outcome_worse(CODE_UNKNOWN, CODE_FAILED), CODE_FAILED);
    assert_int_equal(outcome_worse(CODE_FAILED, CODE_USAGE), CODE_USAGE);
    assert_int_equal(outcome_worse(CODE_PASS, CODE_PASS), CODE_PASS);
}

static void words_become_verdicts_again(void **state)
{
    assert_int_equal(health_of_name("down"), HEALTH_DOWN);
    assert_int_equal(health_of_name("sideways"), HEALTH_UNKNOWN);
    assert_int_equal(health_of_name(NULL), HEALTH_UNKNOWN);
    assert_int_equal(reason_of_word("tls_expired"), REASON_TLS_EXPIRED);
    assert_int_equal(reason_of_word(""), REASON_NONE);
    assert_int_equal(reason_of_word("of_tomorrow"), REASON_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_are_understood),
        cmocka_unit_test(faults_say_what_to_do),
        cmocka_unit_test(every_command_is_documented),
        cmocka_unit_test(verdicts_become_exit_codes),
        cmocka_unit_test(words_become_verdicts_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
