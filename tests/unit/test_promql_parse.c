/* SPDX-License-Identifier: Apache-2.0 */
/* What is an expression and how it is printed; what is none, where, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/query/promql.h"

static const char *print(struct arena *arena, const struct promql *q)
{
    struct buf out = BUF_MAX(1 << 20);
    promql_print(q, &out);
    return arena_keep(arena, &out);
}

static void expressions_are_printed(void **state UNUSED)
{
    static const struct {
        const char *text, *printed; /* NULL: as it is */
    } cases[] = {
        {"1", NULL},
        {"-1", NULL},
        {"1e3", "1000"},
        {"0x1F", "31"},
        {"0755", "493"},
        {"089", "89"},
        {".5", "0.5"},
        {"5.", "5"},
        {"inf + NAN", "Inf + NaN"},
        {"5m", "300"},
        {"\"a\\tb\"", "\"a\\x09b\""},
        {"'it\\'s'", "\"it's\""},
        {"`raw\\n`", "\"raw\\\\n\""},
        {"\"\\u00e9\\U0001F600\\x41\\101\"", "\"é😀AA\""},
        {"up", NULL},
        {"job:up:sum5m", NULL},
        {":up", NULL},
        {"a +:up", "a + :up"},
        {"-:up", NULL},
        {"up {}", "up"},
        {"up{a=\"b\",}", "up{a=\"b\"}"},
        {"up{ a = \"b\" , c != 'd', e =~ `f.*`, g !~ \"h\" }",
         "up{a=\"b\",c!=\"d\",e=~\"f.*\",g!~\"h\"}"},
        {"{__name__=\"up\"}", "up"},
        {"{__name__=\"on\"}", "{__name__=\"on\"}"},
        {"{__name__=~\"a|b\"}", NULL},
        {"{\"up\"}", "up"},
        {"{\"http.requests\", \"my.label\"=\"x\"}",
         "{__name__=\"http.requests\",\"my.label\"=\"x\"}"},
        {"up[5m]", NULL},
        {"up[90m]", "up[1h30m]"},
        {"up[1h30m] offset 1d", NULL},
        {"up offset -5m", NULL},
        {"up @ 10.5", "up @ 10.500"},
        {"up @ -1", "up @ -1.000"},
        {"up[5m] @ start() offset 1m", NULL},
        {"up offset 1m @ end()", "up @ end() offset 1m"},
        {"up[5m:]", NULL},
        {"up[5m:1m] offset 1h", NULL},
        {"(up + 1)[5m:30s]", NULL},
        {"sum offset 5m", NULL},
        {"up offset 5m [1h:1m]", "up offset 5m[1h:1m]"},
        {"-a ^ b", NULL},
        {"- a * b", "-a * b"},
        {"a ^ b ^ c", NULL},
        {"(a)", NULL},
        {"((a))", "(a)"},
        {"a AND b Or c UNLESS d", "a and b or c unless d"},
        {"a == BOOL 1", "a == bool 1"},
        {"3 <= a < 20", NULL},
        {"a atan2 b", NULL},
        {"a % b", NULL},
        {"a + ON(x, y) group_LEFT b", "a + on (x, y) group_left () b"},
        {"a / ignoring(x) group_right(z) b", "a / ignoring (x) group_right (z) b"},
        {"a * on() b", "a * on () b"},
        {"a and on(bool, on, sum) b", "a and on (bool, on, sum) b"},
        {"SUM(a)", "sum(a)"},
        {"sum by(x)(a)", "sum by (x) (a)"},
        {"sum(a) by (x,)", "sum by (x) (a)"},
        {"sum(a) BY ()", "sum(a)"},
        {"sum without() (a)", "sum without () (a)"},
        {"sum by (\"my.label\") (a)", NULL},
        {"topk(3, a)", NULL},
        {"topk by (x) (3, a)", NULL},
        {"count_values(\"v\", a)", NULL},
        {"quantile(0.9, a)", NULL},
        {"sum{a=\"b\"} + by + offset", NULL},
        {"rate(a[5m])", NULL},
        {"hour()", NULL},
        {"time() - a", NULL},
        {"label_join(a, \"x\", \",\")", NULL},
        {"label_replace(a, \"x\", \"$1\", \"y\", \"(.*)\")", NULL},
        {"round(a, 0.1)", NULL},
        {"# one\na # two\n+ b", "a + b"},
        {"start + end", NULL},
        {"a\n  > 1\n", "a > 1"},
        {"absent(a{b=\"c\"} offset 5m)", NULL},
        {"a > b and c < d or e", NULL},
        {"a - -1", NULL},
        {"a - - -b", "a - --b"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct promql_fault fault = {0};
        const struct promql *q = promql_parse(arena, cases[i].text, &fault);
        if (!q)
            fail_msg("%s: %d:%d %s", cases[i].text, fault.line, fault.column, fault.text);
        const char *printed = print(arena, q);
        assert_string_equal(printed, cases[i].printed ? cases[i].printed : cases[i].text);
        const struct promql *again = promql_parse(arena, printed, &fault);
        if (!again)
            fail_msg("%s: %d:%d %s", printed, fault.line, fault.column, fault.text);
        assert_string_equal(print(arena, again), printed);
        arena_destroy(arena);
    }
}

struct refusal {
    const char *text, *place, *fault, *hint; /* parts of the sentences; hint NULL: any */
};

static void compare_refusals(const struct refusal *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_create(0);
        struct promql_fault fault = {0};
        char place[32];
        if (promql_parse(arena, cases[i].text, &fault))
            fail_msg("%s: is accepted", cases[i].text);
        snprintf(place, sizeof(place), "%d:%d", fault.line, fault.column);
        const char *hint = cases[i].hint ? cases[i].hint : "";
        if (strcmp(place, cases[i].place) != 0 || !strstr(fault.text, cases[i].fault) ||
            !strstr(fault.hint, hint))
            fail_msg("%s: %s %s (%s)", cases[i].text, place, fault.text, fault.hint);
        arena_destroy(arena);
    }
}

static void what_is_no_expression_is_refused(void **state UNUSED)
{
    static const struct refusal cases[] = {
        {"", "1:1", "a series, a number or a function is expected here, not the end",
         NULL},
        {"  # only a comment", "1:19", "not the end", NULL},
        {"a +", "1:4", "not the end", NULL},
        {"a b", "1:3", "an operator or the end is expected here, not 'b'", NULL},
        {"a\n+ )", "2:3", "not ')'", NULL},
        {"é", "1:1", "the character 'é'", NULL},
        {"up{é=\"x\"}", "1:4", "the character 'é'", NULL},
        {"\"é\" + a b", "1:1", "+ takes a vector here, and this is a text", NULL},
        {"a ! b", "1:3", "a lone !", "unless"},
        {"(a", "1:3", ") is expected here, not the end", NULL},
        {"a)", "1:2", "not ')'", NULL},
        {"1 2", "1:3", "not '2'", NULL},
        {"1x", "1:1", "neither a number nor a duration", NULL},
        {"1_000", "1:1", "neither a number", NULL},
        {"0x", "1:1", "neither", NULL},
        {"1.5m", "1:1", "neither", "whole numbers"},
        {"30m1h", "1:1", "do not descend", "1h30m"},
        {"1h1h", "1:1", "do not descend", NULL},
        {"300y", "1:1", "292 years", NULL},
        {"\"open", "1:1", "not closed", NULL},
        {"\"line\nbreak\"", "1:1", "not closed", NULL},
        {"`open", "1:1", "not closed", NULL},
        {"\"\\d\"", "1:2", "no escape", "\\\\"},
        {"\"a\\'b\"", "1:3", "no escape", NULL},
        {"\"\\ud800\"", "1:2", "no escape", NULL},
        {"\"\\x00\"", "1:1", "NUL", NULL},
        {"{}", "1:1", "every series", "name a metric"},
        {"{x=~\".*\"}", "1:1", "every series", NULL},
        {"{x=\"\",y!=\"a\"}", "1:1", "every series", NULL},
        {"foo{__name__=\"bar\"}", "1:14", "given twice", NULL},
        {"foo{__name__=~\"bar\"}", "1:15", "given twice", NULL},
        {"{\"a\",\"b\"}", "1:6", "given twice", NULL},
        {"up{a}", "1:5", "= != =~ !~", NULL},
        {"up{a=b}", "1:6", "in quotes", "quotes"},
        {"up{a=\"b\" c=\"d\"}", "1:10", "comma", NULL},
        {"up{,}", "1:4", "a label's name", NULL},
        {"up{a:b=\"c\"}", "1:4", "a label's name", NULL},
        {"up{a=~\"(\"}", "1:7", "", NULL},
        {"up{a=\"b\"", "1:9", "comma", NULL},
        {"up[]", "1:4", "a duration", NULL},
        {"up[300]", "1:4", "needs a unit", "5m"},
        {"up[0m]", "1:4", "longer than 0", NULL},
        {"up[5m", "1:6", "] is expected", NULL},
        {"up[5m:0s]", "1:7", "longer than 0", NULL},
        {"up[5m][1m]", "1:7", "a range goes with", "colon"},
        {"(up)[5m]", "1:5", "a range goes with", "[5m:]"},
        {"up offset 1m[5m]", "1:13", "before offset", "offset 1h"},
        {"up[5m][1m:]", "1:1", "a subquery takes a vector here, and this is a range",
         NULL},
        {"1[5m:]", "1:1", "a subquery takes a vector", "vector("},
        {"up offset 5", "1:11", "needs a unit", NULL},
        {"up offset", "1:10", "a duration is expected", NULL},
        {"up offset 1m offset 2m", "1:14", "twice", NULL},
        {"up @ 1 @ 2", "1:8", "twice", NULL},
        {"(up) offset 1m", "1:6", "offset goes with", NULL},
        {"sum(up) @ 1", "1:9", "@ goes with", NULL},
        {"up @ foo", "1:6", "a time in seconds", NULL},
        {"up @ Inf", "1:6", "no time", NULL},
        {"up @ start(1)", "1:12", ") is expected", NULL},
        {"on", "1:1", "not 'on'", NULL},
        {"a + bool", "1:9", "not the end", NULL},
    };
    compare_refusals(cases, ARRAY_LEN(cases));
}

static void what_does_not_fit_is_refused(void **state UNUSED)
{
    static const struct refusal cases[] = {
        {"foo(a)", "1:1", "no function foo()", ""},
        {"raate(a[5m])", "1:1", "no function raate()", "did you mean rate()?"},
        {"Rate(a[5m])", "1:1", "no function Rate()", "did you mean rate()?"},
        {"histogram_count(a)", "1:1", "native histograms", "_bucket"},
        {"rate(a)", "1:6", "rate() takes a range of samples here, and this is a vector",
         "name[5m]"},
        {"rate(a[5m], 1)", "1:1", "takes 1 argument, and got 2", NULL},
        {"rate()", "1:1", "takes 1 argument, and got 0", NULL},
        {"clamp(a)", "1:1", "takes 3 arguments, and got 1", NULL},
        {"label_join(a)", "1:1", "takes at least 3 arguments", NULL},
        {"hour(a, b)", "1:1", "takes at most 1 argument,", NULL},
        {"abs(1)", "1:5", "takes a vector here, and this is a number", "vector("},
        {"vector(a)", "1:8", "takes a number", "scalar("},
        {"abs(a[5m])", "1:5", "takes a vector", "rate(name[5m])"},
        {"rate(a[5m],)", "1:12", "an argument", NULL},
        {"sum()", "1:1", "sum takes 1 argument, and got 0", NULL},
        {"sum(1)", "1:5", "sum takes a vector", NULL},
        {"topk(a)", "1:1", "topk takes 2 arguments, and got 1", "topk(3, name)"},
        {"topk(\"x\", a)", "1:6", "topk takes a number", NULL},
        {"count_values(1, a)", "1:14", "takes a text", NULL},
        {"count_values(\"a-b\", a)", "1:14", "cannot be a label", NULL},
        {"sum by (a) (b) by (c)", "1:16", "an operator or the end", NULL},
        {"sum by a (b)", "1:8", "( is expected", NULL},
        {"sum by (a:b) (c)", "1:9", "a label is expected", NULL},
        {"1 > 2", "1:3", "> bool", "bool"},
        {"a + bool b", "1:3", "bool goes with comparisons", NULL},
        {"1 and a", "1:1", "and takes a vector", NULL},
        {"a or 1", "1:6", "or takes a vector", NULL},
        {"a + b[5m]", "1:5", "+ takes a vector here, and this is a range", NULL},
        {"a + \"b\"", "1:5", "this is a text", NULL},
        {"-\"b\"", "1:2", "a sign takes a vector", NULL},
        {"-a[5m]", "1:2", "a sign takes a vector", NULL},
        {"a + on(x) 1", "1:3", "one side", NULL},
        {"a and on(x) group_left b", "1:3", "whole groups", NULL},
        {"a + group_left b", "1:5", "needs labels", "on("},
        {"a + on(x) group_left(x) b", "1:3", "the label x is in on()", NULL},
        {"label_replace(a, \"b-c\", \"\", \"d\", \"\")", "1:18", "cannot be a label",
         NULL},
        {"label_replace(a, \"b\", \"\", \"d\", \"(\")", "1:32",
         "in the pattern, at offset 0", NULL},
        {"label_join(a, \"b\", \",\", \"c-d\")", "1:25", "cannot be a label", NULL},
        {"sum(a) / sum(b) * scalar(1)", "1:26", "scalar() takes a vector", NULL},
    };
    compare_refusals(cases, ARRAY_LEN(cases));
}

static void what_is_too_large_is_refused(void **state UNUSED)
{
    struct arena *arena = arena_create(0);
    struct promql_fault fault = {0};
    struct buf text = BUF_MAX(1 << 20);
    for (int i = 0; i < 5000; i++)
        buf_add_byte(&text, '(');
    assert_null(promql_parse(arena, buf_text(&text), &fault));
    assert_non_null(strstr(fault.text, "nested too deeply"));
    buf_clear(&text);
    for (int i = 0; i < 5000; i++)
        buf_add_text(&text, "-");
    assert_null(promql_parse(arena, buf_text(&text), &fault));
    assert_non_null(strstr(fault.text, "nested too deeply"));
    buf_clear(&text);
    for (int i = 0; i < 5000; i++)
        buf_add_text(&text, "a + ");
    buf_add_text(&text, "a");
    assert_null(promql_parse(arena, buf_text(&text), &fault));
    assert_non_null(strstr(fault.text, "too large"));
    buf_clear(&text);
    for (int i = 0; i < 20000; i++)
        buf_add_text(&text, "a + ");
    assert_null(promql_parse(arena, buf_text(&text), &fault));
    assert_non_null(strstr(fault.text, "at most 65536 bytes"));
    buf_clear(&text);
    for (int i = 0; i < 200; i++)
        buf_add_text(&text, "a or ");
    buf_add_text(&text, "a");
    assert_non_null(promql_parse(arena, buf_text(&text), &fault));
    buf_finish(&text);
    arena_destroy(arena);
}

static void selectors_say_how_far_they_reach(void **state UNUSED)
{
    static const struct {
        const char *text;
        nsec reach, ahead; /* minutes */
        bool is_last_only;
    } cases[] = {
        {"a", 5, 0, true},
        {"a offset 1h", 65, 0, true},
        {"a offset -2m", 5, 2, true},
        {"a offset -1h", 5, 60, true},
        {"a[30m]", 30, 0, false},
        {"a[30m] offset 1h", 90, 0, false},
        {"a[1h:1m]", 65, 0, false},
        {"max_over_time(a[1h:1m] offset 1h)", 125, 0, false},
        {"max_over_time(rate(a[10m] offset 5m)[1h:1m] offset -10m)", 75, 5, false},
        {"a @ start()", 5, 0, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        const struct promql *q = promql_parse(arena, cases[i].text, NULL);
        size_t count;
        assert_non_null(q);
        const struct selector *s = promql_selectors(q, &count)[0];
        assert_int_equal(count, 1);
        if (promql_reach(q) != cases[i].reach * NSEC_PER_MINUTE ||
            s->reach != promql_reach(q) || s->ahead != cases[i].ahead * NSEC_PER_MINUTE ||
            s->is_last_only != cases[i].is_last_only)
            fail_msg("%s: %d", cases[i].text, (int)(s->reach / NSEC_PER_MINUTE));
        arena_destroy(arena);
    }
}

static void thresholds_are_found(void **state UNUSED)
{
    static const struct {
        const char *text, *threshold;
    } cases[] = {
        {"a > 0.9", "> 0.9"},
        {"0.9 < a", "> 0.9"},
        {"(a >= 10 * 60)", ">= 600"},
        {"3 <= a < 20", "< 20"},
        {"a == -1", "== -1"},
        {"a > b", ""},
        {"a", ""},
        {"a > 1 and b < 2", ""},
        {"a > bool 1", ""},
        {"1 != a", "!= 1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        const struct promql *q = promql_parse(arena, cases[i].text, NULL);
        assert_non_null(q);
        assert_string_equal(promql_threshold(q, arena), cases[i].threshold);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_are_printed),
        cmocka_unit_test(what_is_no_expression_is_refused),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(what_is_too_large_is_refused),
        cmocka_unit_test(selectors_say_how_far_they_reach),
        cmocka_unit_test(thresholds_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
