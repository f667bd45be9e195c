/* SPDX-License-Identifier: Apache-2.0 */
/* What expressions come to, over series that are written down; what must fail, and with which words. The cases that
 * promtool judges, too, are in tests/promql. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/promql_fixture.h"

/* A sample a minute, from 0 to 10 minutes. */
static const struct fixture_series rows[] = {
    {"up{job=\"a\",i=\"1\"}", "1x10"},
    {"up{job=\"a\",i=\"2\"}", "0x10"},
    {"up{job=\"b\",i=\"1\"}", "1x10"},
    {"c{i=\"1\"}", "0+60x10"},
    {"c{i=\"2\"}", "0+120x4 0+120x5"},
    {"g", "5 3 8 1 9 2 7 4 6 0 10"},
    {"ended", "1x4 stale"},
    {"gone", "1x3"},
    {"odd", "NaN Inf -Inf 1 NaN NaN NaN NaN NaN NaN NaN"},
    {"h_bucket{le=\"1\"}", "1x10"},
    {"h_bucket{le=\"2\"}", "3x10"},
    {"h_bucket{le=\"+Inf\"}", "4x10"},
    {"size{job=\"a\"}", "4x10"},
    {"size{job=\"b\"}", "8x10"},
    {0}};

struct one {
    const char *expr;
    double at, end, step; /* seconds; end and step for a grid */
    enum promql_compat compat;
    const char *expected;
};

static const char *evaluate_one(const struct one *x, struct arena *arena)
{
    struct fixture_source data = {0};
    struct promql_fault fault = {0};
    struct promql_result result = {0};
    struct err e = {0};
    assert_true(fixture_load(arena, rows, 60000, &data));
    const struct promql *q = promql_parse(arena, x->expr, &fault);
    if (!q)
        return arena_printf(arena, "fault %d:%d %s", fault.line, fault.column,
                            fault.text);
    const struct promql_source source = {&data, fixture_select};
    const struct promql_opts opts = {.start = (int64_t)(x->at * 1000),
                                     .end =
                                         (int64_t)((x->step > 0 ? x->end : x->at) * 1000),
                                     .step = (int64_t)(x->step * 1000),
                                     .is_grid = x->step > 0,
                                     .compat = x->compat};
    if (!promql_eval(q, &source, &opts, arena, &result, &e))
        return arena_printf(arena, "error %s", e.text);
    return fixture_print(&result, arena);
}

static void compare(const struct one *cases, size_t count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_create(0);
        const char *got = evaluate_one(&cases[i], arena);
        if (strcmp(got, cases[i].expected) != 0) {
            print_message("%s at %g\n  got      %s\n  expected %s\n", cases[i].expr,
                          cases[i].at, got, cases[i].expected);
            wrong++;
        }
        arena_destroy(arena);
    }
    assert_int_equal(wrong, 0);
}

static void instants_come_out(void **state UNUSED)
{
    static const struct one cases[] = {
        {"1 + 2 * 3 ^ 2", 0, 0, 0, 3, "19"},
        {"-2 ^ 2", 0, 0, 0, 3, "-4"},
        {"2 ^ 3 ^ 2", 0, 0, 0, 3, "512"},
        {"7 % 4 - 10 / 4", 0, 0, 0, 3, "0.5"},
        {"1 / 0", 0, 0, 0, 3, "+Inf"},
        {"0755 + 0x1f + .5", 0, 0, 0, 3, "524.5"},
        {"5m / 1s", 0, 0, 0, 3, "300"},
        {"1 > bool 2", 0, 0, 0, 3, "0"},
        {"\"text\"", 0, 0, 0, 3, "text"},
        {"time()", 90.5, 0, 0, 3, "90.5"},
        {"g", 240, 0, 0, 3, "{__name__=\"g\"} 9"},
        {"g", 299, 0, 0, 3, "{__name__=\"g\"} 9"},
        {"-g", 240, 0, 0, 3, "{} -9"},
        {"+g", 240, 0, 0, 3, "{__name__=\"g\"} 9"},
        {"g offset 1m", 240, 0, 0, 3, "{__name__=\"g\"} 1"},
        {"g offset -1m", 240, 0, 0, 3, "{__name__=\"g\"} 2"},
        {"g @ 120", 240, 0, 0, 3, "{__name__=\"g\"} 8"},
        {"g @ 120 offset 1m", 240, 0, 0, 3, "{__name__=\"g\"} 3"},
        {"g @ end()", 240, 0, 0, 3, "{__name__=\"g\"} 9"},
        {"g[2m]", 240, 0, 0, 3, "{__name__=\"g\"} 1@180 9@240"},
        {"g[2m]", 240, 0, 0, 2, "{__name__=\"g\"} 8@120 1@180 9@240"},
        {"g[2m] offset 1m", 240, 0, 0, 3, "{__name__=\"g\"} 8@120 1@180"},
        {"(g * 2)[2m:1m]", 240, 0, 0, 3, "{} 2@180 18@240"},
        {"(g * 2)[2m:1m]", 270, 0, 0, 3, "{} 2@180 18@240"},
        {"(g * 2)[2m:]", 240, 0, 0, 2, "{} 16@120 2@180 18@240"},
        {"gone", 479, 0, 0, 3, "{__name__=\"gone\"} 1"},
        {"gone", 480, 0, 0, 3, ""},
        {"gone", 480, 0, 0, 2, "{__name__=\"gone\"} 1"},
        {"ended", 299, 0, 0, 3, "{__name__=\"ended\"} 1"},
        {"ended", 300, 0, 0, 3, ""},
        {"count_over_time(ended[10m])", 300, 0, 0, 2, "{} 5"},
        {"up == 1", 0, 0, 0, 3,
         "{__name__=\"up\",i=\"1\",job=\"a\"} 1; {__name__=\"up\",i=\"1\",job=\"b\"} 1"},
        {"1 == up{job=\"b\"}", 0, 0, 0, 3, "{__name__=\"up\",i=\"1\",job=\"b\"} 1"},
        {"up == bool 0", 0, 0, 0, 3,
         "{i=\"1\",job=\"a\"} 0; {i=\"1\",job=\"b\"} 0; {i=\"2\",job=\"a\"} 1"},
        {"3 <= g < 10", 240, 0, 0, 3, "{__name__=\"g\"} 9"},
        {"{__name__=~\"g|gone\",job=\"\"}", 0, 0, 0, 3,
         "{__name__=\"g\"} 5; {__name__=\"gone\"} 1"},
        {"odd != 0", 0, 0, 0, 3, "{__name__=\"odd\"} NaN"},
        {"odd == odd", 0, 0, 0, 3, ""},
    };
    compare(cases, ARRAY_LEN(cases));
}

static void vectors_match(void **state UNUSED)
{
    static const struct one cases[] = {
        {"up * on (job) group_left size", 0, 0, 0, 3,
         "{i=\"1\",job=\"a\"} 4; {i=\"1\",job=\"b\"} 8; {i=\"2\",job=\"a\"} 0"},
        {"size * on (job) group_right () up", 0, 0, 0, 3,
         "{i=\"1\",job=\"a\"} 4; {i=\"1\",job=\"b\"} 8; {i=\"2\",job=\"a\"} 0"},
        {"size > on (job) group_right () up", 0, 0, 0, 3,
         "{__name__=\"up\",i=\"1\",job=\"a\"} 4; {__name__=\"up\",i=\"1\",job=\"b\"} 8; "
         "{__name__=\"up\",i=\"2\",job=\"a\"} 4"},
        {"size{job=\"a\"} > ignoring (job) size{job=\"b\"}", 0, 0, 0, 3, ""},
        {"size{job=\"b\"} > ignoring (job) size{job=\"a\"}", 0, 0, 0, 3,
         "{__name__=\"size\"} 8"},
        {"size > on (job) size / 2", 0, 0, 0, 3, "{job=\"a\"} 4; {job=\"b\"} 8"},
        {"size + on (job) group_left (i) up{i=\"1\"}", 0, 0, 0, 3,
         "{i=\"1\",job=\"a\"} 5; {i=\"1\",job=\"b\"} 9"},
        {"up and on (job) size{job=\"b\"}", 0, 0, 0, 3,
         "{__name__=\"up\",i=\"1\",job=\"b\"} 1"},
        {"up unless on (job) size{job=\"b\"}", 0, 0, 0, 3,
         "{__name__=\"up\",i=\"1\",job=\"a\"} 1; {__name__=\"up\",i=\"2\",job=\"a\"} 0"},
        {"size{job=\"a\"} or size", 0, 0, 0, 3,
         "{__name__=\"size\",job=\"a\"} 4; {__name__=\"size\",job=\"b\"} 8"},
        {"g and vector(1)", 0, 0, 0, 3, "{__name__=\"g\"} 5"},
        {"up + on (job) size", 0, 0, 0, 3,
         "error several elements on the left side of + match one on the right, among "
         "them "
         "{__name__=\"up\",i=\"2\",job=\"a\"}; write group_left() when that is meant"},
        {"size + on (job) up", 0, 0, 0, 3,
         "error two elements on the right side of + match each other's group "
         "{job=\"a\"}: "
         "{__name__=\"up\",i=\"1\",job=\"a\"} and {__name__=\"up\",i=\"2\",job=\"a\"}; "
         "name "
         "more labels in on(…), or add them up first"},
        {"{__name__=~\"g|gone\"} * 2", 0, 0, 0, 3,
         "error two elements of a vector have the same labels {} once the metric's name "
         "is "
         "dropped; tell them apart by a label, or add them up"},
    };
    compare(cases, ARRAY_LEN(cases));
}

static void groups_come_out(void **state UNUSED)
{
    static const struct one cases[] = {
        {"sum(up)", 0, 0, 0, 3, "{} 2"},
        {"sum by (job) (up)", 0, 0, 0, 3, "{job=\"a\"} 1; {job=\"b\"} 1"},
        {"sum(up) without (i)", 0, 0, 0, 3, "{job=\"a\"} 1; {job=\"b\"} 1"},
        {"avg by (job) (up)", 0, 0, 0, 3, "{job=\"a\"} 0.5; {job=\"b\"} 1"},
        {"count by (job, nothing) (up)", 0, 0, 0, 3, "{job=\"a\"} 2; {job=\"b\"} 1"},
        {"count_values(\"v\", up)", 0, 0, 0, 3, "{v=\"0\"} 1; {v=\"1\"} 2"},
        {"topk(1, size)", 0, 0, 0, 3, "{__name__=\"size\",job=\"b\"} 8"},
        {"bottomk by (job) (1, up)", 0, 0, 0, 3,
         "{__name__=\"up\",i=\"1\",job=\"b\"} 1; {__name__=\"up\",i=\"2\",job=\"a\"} 0"},
        {"quantile(0.5, size)", 0, 0, 0, 3, "{} 6"},
        {"quantile(2, size)", 0, 0, 0, 3, "{} +Inf"},
        {"stddev(size)", 0, 0, 0, 3, "{} 2"},
        {"group(up)", 0, 0, 0, 3, "{} 1"},
        {"topk(NaN, size)", 0, 0, 0, 3,
         "error topk needs a whole number of elements, and its first argument is nan"},
        {"sum(nothing)", 0, 0, 0, 3, ""},
    };
    compare(cases, ARRAY_LEN(cases));
}

static void functions_come_out(void **state UNUSED)
{
    static const struct one cases[] = {
        {"rate(c{i=\"1\"}[5m])", 300, 0, 0, 3, "{i=\"1\"} 1"},
        {"increase(c{i=\"2\"}[5m])", 360, 0, 0, 2, "{i=\"2\"} 480"},
        {"sum_over_time(g[3m])", 180, 0, 0, 3, "{} 12"},
        {"max_over_time(g[1h])", 600, 0, 0, 3, "{} 10"},
        {"last_over_time(g[1h])", 600, 0, 0, 3, "{__name__=\"g\"} 10"},
        {"quantile_over_time(0.5, g[1h])", 600, 0, 0, 3, "{} 5"},
        {"mad_over_time(g[1h])", 600, 0, 0, 3, "{} 3"},
        {"changes(g[1h])", 600, 0, 0, 3, "{} 10"},
        {"histogram_quantile(0.5, h_bucket)", 0, 0, 0, 3, "{} 1.5"},
        {"absent(nothing{a=\"b\",c=~\"d\",e=\"f\",e=\"g\"})", 0, 0, 0, 3, "{a=\"b\"} 1"},
        {"absent(g)", 0, 0, 0, 3, ""},
        {"absent_over_time(nothing{a=\"b\"}[5m])", 0, 0, 0, 3, "{a=\"b\"} 1"},
        {"label_replace(size, \"x\", \"$1!\", \"job\", \"(a)\")", 0, 0, 0, 3,
         "{__name__=\"size\",job=\"a\",x=\"a!\"} 4; {__name__=\"size\",job=\"b\"} 8"},
        {"label_join(up{job=\"b\"}, \"x\", \"-\", \"job\", \"i\")", 0, 0, 0, 3,
         "{__name__=\"up\",i=\"1\",job=\"b\",x=\"b-1\"} 1"},
        {"timestamp(g)", 250, 0, 0, 3, "{} 240"},
        {"timestamp(g + 0)", 250, 0, 0, 3, "{} 250"},
        {"year(vector(253402300800))", 0, 0, 0, 3, "{} 10000"},
        {"day_of_year(vector(1709164800))", 0, 0, 0, 3, "{} 60"},
        {"days_in_month(vector(1709164800))", 0, 0, 0, 3, "{} 29"},
        {"hour()", 7200, 0, 0, 3, "{} 2"},
        {"hour(vector(NaN))", 7200, 0, 0, 3, "{} NaN"},
        {"scalar(g) + 1", 0, 0, 0, 3, "6"},
        {"clamp(g, 6, 7)", 0, 0, 0, 3, "{} 6"},
        {"round(vector(-2.5))", 0, 0, 0, 3, "{} -2"},
        {"double_exponential_smoothing(g[5m], 2, 0.5)", 240, 0, 0, 3,
         "error double_exponential_smoothing() needs a smoothing factor between 0 and 1, "
         "and got 2"},
    };
    compare(cases, ARRAY_LEN(cases));
}

static void grids_come_out(void **state UNUSED)
{
    static const struct one cases[] = {
        {"g", 0, 120, 60, 3, "{__name__=\"g\"} 5@0 3@60 8@120"},
        {"g", 0, 0, 60, 3, "{__name__=\"g\"} 5@0"},
        {"time() * 2", 0, 60, 30, 3, "{} 0@0 60@30 120@60"},
        {"sum_over_time(g[2m])", 0, 240, 120, 3, "{} 5@0 11@120 10@240"},
        {"sum_over_time(g[2m:1m])", 0, 240, 120, 3, "{} 5@0 11@120 10@240"},
        {"max_over_time(sum_over_time(g[2m:1m])[3m:1m])", 180, 300, 60, 3,
         "{} 11@180 11@240 11@300"},
        {"g @ start()", 60, 180, 60, 3, "{__name__=\"g\"} 3@60 3@120 3@180"},
        {"g @ end()", 60, 180, 60, 3, "{__name__=\"g\"} 1@60 1@120 1@180"},
        {"ended or vector(7)", 180, 360, 60, 3,
         "{__name__=\"ended\"} 1@180 1@240; {} 7@300 7@360"},
        {"up{i=\"2\"} or on (job) size", 0, 60, 60, 3,
         "{__name__=\"size\",job=\"b\"} 8@0 8@60; {__name__=\"up\",i=\"2\",job=\"a\"} "
         "0@0 "
         "0@60"},
        {"g > 6", 0, 300, 60, 3, "{__name__=\"g\"} 8@120 9@240"},
        {"absent(ended)", 180, 360, 60, 3, "{} 1@300 1@360"},
        {"g[5m]", 0, 60, 60, 3,
         "error a query over a time needs a vector or a number, and this is a range"},
        {"g", 60, 0, 60, 3, "error the end lies before the start"},
        {"g", 0, 1e14, 60, 3, "error the time lies too far from ours"},
        {"g @ 9e11", 0, 60, 60, 3, ""},
        {"count_over_time(g[200y] offset 200y) or count_over_time(g[200y] offset -200y)",
         0, 60, 60, 3, "{} 10@0 9@60"},
    };
    compare(cases, ARRAY_LEN(cases));
}

static void what_costs_too_much_is_refused(void **state UNUSED)
{
    static const char *const exprs[] = {"count_over_time(nothing[1y:1ms])",
                                        "sum_over_time(vector(1)[10m:1ms])",
                                        "count_over_time(g[10m:10ms])"};
    for (size_t i = 0; i < ARRAY_LEN(exprs); i++) {
        struct arena *arena = arena_create(0);
        struct fixture_source data = {0};
        struct promql_result result = {0};
        struct err e = {0};
        assert_true(fixture_load(arena, rows, 60000, &data));
        const struct promql *q = promql_parse(arena, exprs[i], NULL);
        assert_non_null(q);
        const struct promql_source source = {&data, fixture_select};
        const struct promql_opts opts = {
            .start = 600000, .end = 600000, .max_samples = 10000};
        assert_false(promql_eval(q, &source, &opts, arena, &result, &e));
        assert_non_null(strstr(e.text, "more than 10000 samples"));
        arena_destroy(arena);
    }
}

static bool refuse(void *ctx UNUSED, const struct selector *selector UNUSED,
                   int64_t from UNUSED, int64_t to UNUSED, struct arena *arena UNUSED,
                   struct promql_set *ret UNUSED, struct err *e)
{
    return err_set(e, "the disk is on fire");
}

static void a_source_that_fails_fails_the_query(void **state UNUSED)
{
    static const char *const exprs[] = {
        "up",     "sum(rate(up[5m]))",      "absent(up)",
        "1 + up", "timestamp(up)",          "-up",
        "up[5m]", "max_over_time(up[5m:])", "label_join(up, \"a\", \"\")"};
    for (size_t i = 0; i < ARRAY_LEN(exprs); i++) {
        struct arena *arena = arena_create(0);
        struct promql_result result = {0};
        struct err e = {0};
        const struct promql *q = promql_parse(arena, exprs[i], NULL);
        assert_non_null(q);
        const struct promql_source source = {NULL, refuse};
        const struct promql_opts opts = {.start = 600000, .end = 600000};
        assert_false(promql_eval(q, &source, &opts, arena, &result, &e));
        assert_string_equal(e.text, "the disk is on fire");
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instants_come_out),
        cmocka_unit_test(vectors_match),
        cmocka_unit_test(groups_come_out),
        cmocka_unit_test(functions_come_out),
        cmocka_unit_test(grids_come_out),
        cmocka_unit_test(what_costs_too_much_is_refused),
        cmocka_unit_test(a_source_that_fails_fails_the_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
