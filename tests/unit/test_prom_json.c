/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, times and results as Prometheus 2.x prints them in its HTTP API. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "collector/prom_json.h"

static void test_numbers(void **ctx)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "\"0\""},
        {-0.0, "\"-0\""},
        {1, "\"1\""},
        {-1.5, "\"-1.5\""},
        {100, "\"100\""},
        {1445412480, "\"1445412480\""},
        {1.44541248e9, "\"1445412480\""},
        {123456.789, "\"123456.789\""},
        {0.1, "\"0.1\""},
        {0.00012, "\"0.00012\""},
        {1e-6, "\"0.000001\""},
        {1.5e-7, "\"1.5e-07\""},
        {1e-300, "\"1e-300\""},
        {1e20, "\"100000000000000000000\""},
        {1e21, "\"1e+21\""},
        {1.5e300, "\"1.5e+300\""},
        {NAN, "\"NaN\""},
        {INFINITY, "\"+Inf\""},
        {-INFINITY, "\"-Inf\""},
        {0.30000000000000004, "\"0.30000000000000004\""},
        {9007199254740993.0, "\"9007199254740992\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_MAX(1000);
        prom_json_number(cases[i].value, &out);
        assert_string_equal(buf_text(&out), cases[i].text);
        buf_finish(&out);
    }
}

static void test_alert_values(void **ctx)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "\"0e+00\""},
        {-0.0, "\"-0e+00\""},
        {1, "\"1e+00\""},
        {-1.5, "\"-1.5e+00\""},
        {100, "\"1e+02\""},
        {123456.789, "\"1.23456789e+05\""},
        {0.00012, "\"1.2e-04\""},
        {1.5e300, "\"1.5e+300\""},
        {0.30000000000000004, "\"3.0000000000000004e-01\""},
        {NAN, "\"NaN\""},
        {INFINITY, "\"+Inf\""},
        {-INFINITY, "\"-Inf\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_MAX(1000);
        prom_json_alert_value(cases[i].value, &out);
        assert_string_equal(buf_text(&out), cases[i].text);
        buf_finish(&out);
    }
}

static void test_times(void **ctx)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {1435781430781, "1435781430.781"},
        {1435781430000, "1435781430"},
        {1435781430050, "1435781430.050"},
        {1435781430007, "1435781430.007"},
        {0, "0"},
        {-1500, "-1.500"},
        {-500, "-0.500"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_MAX(1000);
        prom_json_time(cases[i].ms, &out);
        assert_string_equal(buf_text(&out), cases[i].text);
        buf_finish(&out);
    }
}

static const struct label up_labels[] = {{"__name__", "up"}, {"job", "a\"b"}};
static const struct point two_points[] = {{1000, 1}, {2500, 0.5}};
static const struct promql_series up_series = {
    .labels = {up_labels, 2}, .points = two_points, .count = 2};
static const struct promql_series one_point = {
    .labels = {up_labels, 2}, .points = two_points, .count = 1};
static const struct promql_series bare = {.points = two_points, .count = 1};

static void test_results(void **ctx)
{
    static const char *const warnings[] = {"careful", NULL};
    static const struct {
        struct promql_result result;
        const char *text;
    } cases[] = {
        {{.type = PROMQL_VECTOR},
         "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}"},
        {{.type = PROMQL_VECTOR,
          .items = (struct promql_series *)(uintptr_t)&one_point,
          .count = 1},
         "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{"
         "\"metric\":{\"__name__\":\"up\",\"job\":\"a\\\"b\"},\"value\":[1,\"1\"]}]}}"},
        {{.type = PROMQL_MATRIX,
          .items = (struct promql_series *)(uintptr_t)&up_series,
          .count = 1,
          .warnings = warnings},
         "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{"
         "\"metric\":{\"__name__\":\"up\",\"job\":\"a\\\"b\"},\"values\":[[1,\"1\"],[2."
         "500,"
         "\"0.5\"]]}]},\"warnings\":[\"careful\"]}"},
        {{.type = PROMQL_SCALAR,
          .items = (struct promql_series *)(uintptr_t)&bare,
          .count = 1},
         "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,"
         "\"1\"]}}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_MAX(1000);
        prom_json_result(&cases[i].result, &out);
        assert_string_equal(buf_text(&out), cases[i].text);
        buf_finish(&out);
    }
}

static void test_errors(void **ctx)
{
    struct buf out = BUF_MAX(1000);
    prom_json_error("bad_data", "no \"x\"", &out);
    assert_string_equal(buf_text(&out),
                        "{\"status\":\"error\",\"errorType\":\"bad_data\","
                        "\"error\":\"no \\\"x\\\"\"}");
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_alert_values),
        cmocka_unit_test(test_times),   cmocka_unit_test(test_results),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
