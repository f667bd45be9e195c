/* SPDX-License-Identifier: Apache-2.0 */
/* Label matchers as Alertmanager writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/query/matcher.h"

static void matchers_are_read(void **state)
{
    static const struct {
        const char *text, *printed; /* NULL: refused */
    } cases[] = {
        {"severity=\"critical\"", "{severity=\"critical\"}"},
        {"severity=critical", "{severity=\"critical\"}"},
        {" severity = critical ", "{severity=\"critical\"}"},
        {"{severity=\"critical\"}", "{severity=\"critical\"}"},
        {"{a=\"b\",c!=\"d\"}", "{a=\"b\",c!=\"d\"}"},
        {"{a=\"b\", c!=d , }", "{a=\"b\",c!=\"d\"}"},
        {"a=~\"x|y\",b!~z.*", "{a=~\"x|y\",b!~\"z.*\"}"},
        {"a=\"x,y\",b=\"}\"", "{a=\"x,y\",b=\"}\"}"},
        {"a=\"say \\\"hi\\\"\\n\\\\\"", "{a=\"say \\\"hi\\\"\\n\\\\\"}"},
        {"a=\"\\d\"", "{a=\"\\\\d\"}"},
        {"a=", "{a=\"\"}"},
        {"a=\"\"", "{a=\"\"}"},
        {"\"a\"=b", "{a=\"b\"}"},
        {"foo:bar=b", "{foo:bar=\"b\"}"},
        {"a==b", "{a=\"=b\"}"},
        {"", "{}"},
        {"{}", "{}"},
        {"{ }", "{}"},
        {"a", NULL},
        {"=b", NULL},
        {"1a=b", NULL},
        {"a-b=c", NULL},
        {"a=\"b", NULL},
        {"a=b\"", NULL},
        {"a=\"b\"c", NULL},
        {"{a=b", NULL},
        {"a=b}", NULL},
        {"a=b,,c=d", NULL},
        {"a=~\"(\"", NULL},
        {"a=~\"x)|(y\"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {0};
        struct matchers m = {0};
        struct buf out = BUF_MAX(1000);
        const bool ok = matchers_parse(arena, cases[i].text, &m, &e);
        matchers_print(m, &out);
        if (ok != (cases[i].printed != NULL))
            fail_msg("%s: %s", cases[i].text, ok ? buf_text(&out) : e.text);
        if (ok)
            assert_string_equal(buf_text(&out), cases[i].printed);
        buf_finish(&out);
        arena_destroy(arena);
    }
}

static void matchers_match_labels(void **state)
{
    static const struct label items[] = {{"a", "x"}, {"b", "line\nline"}};
    static const struct labels labels = {items, ARRAY_LEN(items)};
    static const struct {
        const char *text;
        bool matches;
    } cases[] = {
        {"a=x", true},          {"a=y", false},
        {"a!=y", true},         {"a=~\"x|y\"", true},
        {"a=~\"xx|y\"", false}, {"a=~.", true},
        {"a=~\"\"", false},     {"a!~\"x.+\"", true},
        {"c=\"\"", true},       {"c!=\"\"", false},
        {"c=~\".*\"", true},    {"c=~\".+\"", false},
        {"c!~\".+\"", true},    {"a=x,b=y", false},
        {"a=x,c=\"\"", true},   {"b=~\"line.line\"", false},
        {"{}", true},           {"b=\"line\\nline\"", true},
        {"a=~\"x$\"", true},    {"a=~\"x|y$\"", true},
        {"a=~\"y|x|\"", true},  {"a=~\"(?i)X\"", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {0};
        struct matchers m;
        assert_true(matchers_parse(arena, cases[i].text, &m, &e));
        if (matchers_match(m, labels) != cases[i].matches)
            fail_msg("%s", cases[i].text);
        arena_destroy(arena);
    }
}

static void faults_say_what_to_write(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"a=b, c", "'c' is no matcher; write name=\"value\", with one of = != =~ !~"},
        {"{a=b", "'{a=b' has one brace; write both, or none"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {0};
        struct matchers m;
        assert_false(matchers_parse(arena, cases[i].text, &m, &e));
        assert_string_equal(e.text, cases[i].error);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matchers_are_read),
        cmocka_unit_test(matchers_match_labels),
        cmocka_unit_test(faults_say_what_to_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
