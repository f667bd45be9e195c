/* SPDX-License-Identifier: Apache-2.0 */
/* lib/core/regex: Go's answers (regex_go.txt), what is refused and how, limits, templates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/core/regex.h"

/* ---- as Go ---- */

/* Undoes %XX in place. */
static size_t unquote(char *text)
{
    size_t len = 0;
    for (char *at = text; *at; len++) {
        unsigned byte = (unsigned char)*at;
        if (*at == '%' && sscanf(at + 1, "%2x", &byte) == 1)
            at += 2;
        at++;
        text[len] = (char)byte;
    }
    text[len] = 0;
    return len;
}

static void describe_groups(struct buf *out, const char *text, const struct bytes *groups,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_byte(out, ' ');
        if (groups[i].ptr)
            buf_printf(out, "%td-%td", groups[i].ptr - text,
                       groups[i].ptr - text + (ptrdiff_t)groups[i].len);
        else
            buf_add_byte(out, '-');
    }
}

static void answer(const char *pattern, struct bytes text, struct buf *out)
{
    struct arena *arena = arena_create(0);
    struct err e = {{0}};
    struct bytes groups[REGEX_MAX_GROUPS];
    size_t count;
    const struct regex *re = regex_compile(arena, pattern, &e);
    if (!re) {
        assert_string_not_equal(e.text, "");
        buf_add_text(out, "error");
    } else if (regex_groups(re, text, groups, &count) == REGEX_MATCH) {
        assert_int_equal(regex_match(re, text), REGEX_MATCH);
        describe_groups(out, text.ptr, groups, count);
    } else {
        buf_add_text(out, regex_match(re, text) == REGEX_NO_MATCH ? "none" : "limit");
    }
    arena_destroy(arena);
}

static void test_answers_as_go(void **state)
{
    FILE *file = fopen("tests/unit/regex_go.txt", "r");
    assert_non_null(file);
    char line[8192];
    size_t cases = 0;
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, "# ", 2) == 0)
            continue;
        line[strcspn(line, "\n")] = 0;
        char *text = strchr(line, '\t');
        assert_non_null(text);
        *text++ = 0;
        char *expected = strchr(text, '\t');
        assert_non_null(expected);
        *expected++ = 0;
        unquote(line);
        const size_t len = unquote(text);
        struct buf got = BUF_MAX(1024);
        answer(line, (struct bytes){text, len}, &got);
        if (strcmp(buf_text(&got), expected) != 0)
            fail_msg("/%s/ on '%s': Go says %s, we say %s", line, text, expected,
                     buf_text(&got));
        buf_finish(&got);
        cases++;
    }
    fclose(file);
    assert_true(cases > 400);
}

/* Where an iteration matches nothing PCRE2 reports the empty group, Go the one before it. */
static void test_differs_from_go_in_empty_iterations(void **state)
{
    struct buf got = BUF_MAX(64);
    answer("(a*)*", bytes_of("aab"), &got);
    assert_string_equal(buf_text(&got), "0-2 2-2");
    buf_finish(&got);
}

/* ---- refusals ---- */

static const struct {
    const char *pattern, *error;
} refusals[] = {
    {"a(?=b)",
     "at offset 1, '(?=': look-around is not supported: match once more with a second "
     "pattern"},
    {"(?<!a)b",
     "at offset 0, '(?<': look-around is not supported: match once more with a second "
     "pattern"},
    {"(a)\\1", "at offset 3, '\\1': back-references are not supported"},
    {"(?>a)", "at offset 0, '(?>': atomic groups are not supported: use (?:…)"},
    {"a++", "at offset 2, '+': a repetition cannot be repeated (possessive ++ is not "
            "supported)"},
    {"(?R)", "at offset 0, '(?R': recursion is not supported"},
    {"\\C", "at offset 0, '\\C': single bytes cannot be matched; use . for a character"},
    {"a\\Z", "at offset 1, '\\Z': write \\z for the end of the text"},
    {"(a", "at offset 0, '(a': this group is not closed: a ')' is missing"},
    {"a)", "at offset 1, ')': this ')' closes nothing; write \\) for the character"},
    {"[a", "at offset 0, '[a': this class is not closed: a ']' is missing"},
    {"é[z-a]", "at offset 3, 'z-a': this range ends before it begins"},
    {"x*{3}", "at offset 2, '{3}': a repetition cannot be repeated (possessive ++ is not "
              "supported)"},
    {"x{1001}",
     "at offset 1, '{1001}': a repetition is {n}, {n,} or {n,m} with n <= m <= 1000"},
    {"|*", "at offset 1, '*': there is nothing to repeat before it"},
    {"(?i)+", "at offset 4, '+': there is nothing to repeat before it"},
    {"\xff", "the pattern is not UTF-8"},
    {"\\p{Foo}", "unknown property after \\P or \\p"},
    {"[[:foo:]]", "at offset 1, '[:foo:]': no such class; there are [:alpha:] [:digit:] "
                  "[:space:] …"},
    {"(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)("
     "a)(a)(a)"
     "(a)(b)",
     "at offset 93, '(': more than 31 groups; use (?:…) for those that capture nothing"},
};

static void test_refuses_with_a_sentence(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {{0}};
        assert_null(regex_compile(arena, refusals[i].pattern, &e));
        assert_string_equal(e.text, refusals[i].error);
        arena_destroy(arena);
    }
}

static void test_bounds_patterns(void **state)
{
    struct arena *arena = arena_create(0);
    struct err e = {{0}};
    char *deep = arena_alloc(arena, 1001);
    memset(deep, '(', 500);
    memset(deep + 500, ')', 500);
    assert_null(regex_compile(arena, deep, &e));

    char *groups = arena_alloc(arena, 2001);
    for (size_t i = 0; i < 400; i++)
        memcpy(groups + i * 3, "(?:", 3);
    memset(groups + 1200, ')', 400);
    assert_null(regex_compile(arena, groups, &e));
    assert_non_null(strstr(e.text, "nested more than 200 deep"));

    char *lengthy = arena_alloc(arena, 20001);
    memset(lengthy, 'a', 20000);
    assert_null(regex_compile(arena, lengthy, &e));
    assert_string_equal(e.text, "the pattern has 20000 bytes; at most 16384 are allowed");
    arena_destroy(arena);
}

/* ---- limits ---- */

static const struct {
    const char *pattern;
    const char *fill, *tail;
    size_t times;
    enum regex_result result;
} limits[] = {
    {"^(a+)+$", "a", "!", 200, REGEX_LIMIT},
    {"(a|a)*!b", "a", "!c!b", 10, REGEX_MATCH},
    {"\\s+$", " ", "x", 100000, REGEX_LIMIT},
    {"(?:a|b)*?c$", "ab", "cx", 50000, REGEX_LIMIT},
    {"\"status\":\\s*\"ok\"", "{\"id\": 1, \"name\": \"x\"}, ", "\"status\": \"ok\"",
     40000, REGEX_MATCH},
    {"[a-z]ok!", "name ", "", 200000, REGEX_NO_MATCH},
    {"(?s)<title>.*</title>", "<title>", "</title>", 100000, REGEX_MATCH},
    {"x*", "y", "", 100000, REGEX_MATCH},
};

static void test_gives_up_in_time(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {{0}};
        const struct regex *re = regex_compile(arena, limits[i].pattern, &e);
        assert_non_null(re);
        struct buf text = BUF_MAX((size_t)1 << 24);
        for (size_t n = 0; n < limits[i].times; n++)
            buf_add_text(&text, limits[i].fill);
        buf_add_text(&text, limits[i].tail);
        if (regex_match(re, buf_bytes(&text)) != limits[i].result)
            fail_msg("/%s/: another result than expected", limits[i].pattern);
        buf_finish(&text);
        arena_destroy(arena);
    }
}

/* ---- templates ---- */

static const struct {
    const char *pattern, *text, *tmpl, *expanded;
} expansions[] = {
    {"(\\w+) (\\w+)", "hello world", "$2 $1", "world hello"},
    {"(\\w+) (\\w+)", "hello world", "${2}x${1}", "worldxhello"},
    {"(\\w+)", "hello", "$1x", ""}, /* the group "1x" */
    {"(\\w+)", "hello", "$0|$2|$9", "hello||"},
    {"(\\w+)", "hello", "$$1 $$$1", "$1 $hello"},
    {"(\\w+)", "hello", "$ ${ ${1 ${} $- $", "$ ${ ${1 ${} $- $"},
    {"(\\w+)", "hello", "$01 ${01}", " "},
    {"(?P<user>\\w+)@(?P<host>\\S+)", "a@b.c", "${host} $user $nobody.", "b.c a ."},
    {"(?P<n>a)|(?P<n>b)", "b", "$n", "b"},
    {"(a)?b", "b", "[$1]", "[]"},
    {"(.)", "\xff", "$1", "\xff"},
    {"SMTP (.+)", "220 SMTP é\xfe.", "EHLO $1", "EHLO é\xfe."},
};

static void test_expands_as_go(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(expansions); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {{0}};
        struct bytes groups[REGEX_MAX_GROUPS];
        size_t count;
        const struct regex *re = regex_compile(arena, expansions[i].pattern, &e);
        assert_non_null(re);
        assert_string_equal(regex_pattern(re), expansions[i].pattern);
        assert_int_equal(regex_groups(re, bytes_of(expansions[i].text), groups, &count),
                         REGEX_MATCH);
        struct buf out = BUF_MAX(1024);
        regex_expand(re, expansions[i].tmpl, groups, count, &out);
        assert_string_equal(buf_text(&out), expansions[i].expanded);
        buf_finish(&out);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_as_go),
        cmocka_unit_test(test_differs_from_go_in_empty_iterations),
        cmocka_unit_test(test_refuses_with_a_sentence),
        cmocka_unit_test(test_bounds_patterns),
        cmocka_unit_test(test_gives_up_in_time),
        cmocka_unit_test(test_expands_as_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
