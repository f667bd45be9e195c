/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as Prometheus' HTTP API writes them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/query/promql_json.h"
#include "tests/unit/promql_fixture.h"

static void values_are_written(void **state UNUSED)
{
    static const struct {
        double value;
        const char *text, *decimal;
    } cases[] = {
        {0, "0", "0"},
        {-0.0, "-0", "-0"},
        {1, "1", "1"},
        {-2.5, "-2.5", "-2.5"},
        {100000, "100000", "100000"},
        {1234567.25, "1234567.25", "1234567.25"},
        {1e6, "1000000", "1000000"},
        {123456789012345680.0, "123456789012345680", "123456789012345680"},
        {1e20, "100000000000000000000", "100000000000000000000"},
        {1e21, "1e+21", "1000000000000000000000"},
        {1.5e300, "1.5e+300", NULL},
        {0.1, "0.1", "0.1"},
        {0.000001, "0.000001", "0.000001"},
        {0.0000012345, "0.0000012345", "0.0000012345"},
        {0.0000001, "1e-07", "0.0000001"},
        {-1.25e-9, "-1.25e-09", "-0.00000000125"},
        {5e-324, "5e-324", NULL},
        {(double)INFINITY, "+Inf", "+Inf"},
        {-(double)INFINITY, "-Inf", "-Inf"},
        {(double)NAN, "NaN", "NaN"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_MAX(1000);
        promql_add_value(cases[i].value, &out);
        assert_string_equal(buf_text(&out), cases[i].text);
        buf_clear(&out);
        promql_add_decimal(cases[i].value, &out);
        if (cases[i].decimal)
            assert_string_equal(buf_text(&out), cases[i].decimal);
        buf_finish(&out);
    }
}

static void answers_are_written(void **state UNUSED)
{
    static const struct fixture_series rows[] = {
        {"m{a=\"x\"}", "1 2.5 NaN"}, {"m{a=\"y\\\"\"}", "4x3"}, {0}};
    static const struct {
        const char *expr;
        double at, end, step;
        const char *json;
    } cases[] = {
        {"1 + 1", 1.5, 0, 0, "{\"resultType\":\"scalar\",\"result\":[1.500,\"2\"]}"},
        {"\"a\\\"b\"", 3, 0, 0, "{\"resultType\":\"string\",\"result\":[3,\"a\\\"b\"]}"},
        {"m", 60, 0, 0,
         "{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"__name__\":\"m\",\"a\":"
         "\"x\"},"
         "\"value\":[60,\"2.5\"]},{\"metric\":{\"__name__\":\"m\",\"a\":\"y\\\"\"},"
         "\"value\":[60,\"4\"]}]}"},
        {"nothing", 60, 0, 0, "{\"resultType\":\"vector\",\"result\":[]}"},
        {"m{a=\"x\"}[3m]", 120.007, 0, 0,
         "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"__name__\":\"m\",\"a\":"
         "\"x\"},"
         "\"values\":[[0,\"1\"],[60,\"2.5\"],[120,\"NaN\"]]}]}"},
        {"time()", -1.001, 0.999, 2,
         "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":[[-1.001,"
         "\"-1.001\"],[0.999,\"0.999\"]]}]}"},
        {"time()", 0, 0, 1,
         "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":[[0,\"0\"]]}]"
         "}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct fixture_source data = {0};
        struct promql_result result = {0};
        struct err e = {0};
        struct buf out = BUF_MAX(10000);
        assert_true(fixture_load(arena, rows, 60000, &data));
        const struct promql *q = promql_parse(arena, cases[i].expr, NULL);
        const struct promql_source source = {&data, fixture_select};
        const int64_t start = llround(cases[i].at * 1000);
        const bool is_grid = cases[i].step > 0;
        const struct promql_opts opts = {.start = start,
                                         .end = is_grid ? llround(cases[i].end * 1000)
                                                        : start,
                                         .step = llround(cases[i].step * 1000),
                                         .is_grid = is_grid};
        assert_true(promql_eval(q, &source, &opts, arena, &result, &e));
        promql_json_data(&result, start, &out);
        assert_string_equal(buf_text(&out), cases[i].json);
        buf_finish(&out);
        arena_destroy(arena);
    }
}

static void whole_answers_are_written(void **state UNUSED)
{
    static const char *const warnings[] = {"a \"word\"", "another", NULL};
    struct promql_result result = {.type = PROMQL_VECTOR};
    struct buf out = BUF_MAX(10000);
    promql_json_success(&result, 0, &out);
    assert_string_equal(buf_text(&out),
                        "{\"status\":\"success\",\"data\":{\"resultType\":"
                        "\"vector\",\"result\":[]}}");
    buf_clear(&out);
    result.warnings = warnings;
    promql_json_success(&result, 0, &out);
    assert_string_equal(buf_text(&out),
                        "{\"status\":\"success\",\"data\":{\"resultType\":"
                        "\"vector\",\"result\":[]},\"warnings\":"
                        "[\"a \\\"word\\\"\",\"another\"]}");
    buf_clear(&out);
    promql_json_error("bad_data", "1:2: no", &out);
    assert_string_equal(buf_text(&out),
                        "{\"status\":\"error\",\"errorType\":\"bad_data\","
                        "\"error\":\"1:2: no\"}");
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_written),
        cmocka_unit_test(answers_are_written),
        cmocka_unit_test(whole_answers_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
