/* SPDX-License-Identifier: Apache-2.0 */
/* Which format a scraper gets, and what service discovery says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "exporters/prometheus.h"
#include "lib/base/attr.h"

static void the_preferred_format_is_served(void **state)
{
    static const struct {
        const char *accept;
        enum page_format format;
    } cases[] = {
        {NULL, PAGE_TEXT},
        {"", PAGE_TEXT},
        {"*/*", PAGE_TEXT},
        {"text/html", PAGE_TEXT}, /* a page is better than a 406 */
        {"application/openmetrics-text", PAGE_OPENMETRICS},
        {"Application/OpenMetrics-Text; Version=1.0.0; charset=utf-8", PAGE_OPENMETRICS},
        {"application/openmetrics-text; version=\"1.0.0\"", PAGE_OPENMETRICS},
        {"application/openmetrics-text;version=0.0.1", PAGE_TEXT},
        {"application/openmetrics-text;version=2.0.0,text/plain;q=0.1", PAGE_TEXT},
        /* Prometheus 3, Prometheus 2, an older one */
        {"application/"
         "openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/"
         "openmetrics-text;"
         "version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/"
         "plain;version=0.0.4;"
         "q=0.3,*/*;q=0.2",
         PAGE_OPENMETRICS},
        {"application/openmetrics-text;version=1.0.0,application/"
         "openmetrics-text;version=0.0.1;q=0.75,"
         "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         PAGE_OPENMETRICS},
        {"text/plain;version=0.0.4;q=1,*/*;q=0.1", PAGE_TEXT},
        /* quality, then how specific, then order */
        {"application/openmetrics-text;q=0.5, text/plain;q=0.6", PAGE_TEXT},
        {"application/openmetrics-text;q=0.5, */*;q=0.6", PAGE_TEXT},
        {"*/*, application/openmetrics-text", PAGE_OPENMETRICS},
        {"text/plain, application/openmetrics-text", PAGE_TEXT},
        {"application/openmetrics-text, text/plain", PAGE_OPENMETRICS},
        {"application/openmetrics-text;q=0, */*;q=0.1", PAGE_TEXT},
        {"application/openmetrics-text;q=0", PAGE_TEXT},
        /* junk */
        {";;,,=;q=;q,", PAGE_TEXT},
        {"application/openmetrics-text;q=banana", PAGE_OPENMETRICS},
        {"application/openmetrics-text;q=NaN;;=;, text/*;q=0.9", PAGE_OPENMETRICS},
        {"application/openmetrics-text;q=0.9, text/plain;q=7", PAGE_TEXT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (prometheus_negotiate(cases[i].accept) != cases[i].format)
            fail_msg("Accept: %s", cases[i].accept);
    }
}

static void openmetrics_is_opted_into(void **state)
{
    const char *const accept = "application/openmetrics-text";
    assert_int_equal(prometheus_format(NULL, accept), PAGE_TEXT);
    assert_int_equal(
        prometheus_format(&(struct prometheus_conf){.openmetrics = false}, accept),
        PAGE_TEXT);
    assert_int_equal(
        prometheus_format(&(struct prometheus_conf){.openmetrics = true}, accept),
        PAGE_OPENMETRICS);
    assert_int_equal(
        prometheus_format(&(struct prometheus_conf){.openmetrics = true}, NULL),
        PAGE_TEXT);
    assert_string_equal(prometheus_content_type(PAGE_TEXT),
                        "text/plain; version=0.0.4; charset=utf-8");
    assert_string_equal(prometheus_content_type(PAGE_OPENMETRICS),
                        "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

static void assert_sd(const char *scheme, const struct sd_target *targets, size_t count,
                      const char *expected)
{
    struct buf out = BUF_MAX(4096);
    prometheus_sd(&out, scheme, "10.0.0.5:9990", targets, count);
    assert_string_equal(buf_text(&out), expected);
    buf_finish(&out);
}

static void discovery_names_each_probes_page(void **state)
{
    const struct sd_target targets[] = {{"orders-db", "postgres", "db:5432"},
                                        {"a b/\"\xc3\xa9", NULL, NULL},
                                        {"web", "healthd", ""}};
    assert_sd("http", NULL, 0, "[]\n");
    assert_sd("http", targets, 2,
              "[\n"
              "{\"targets\":[\"10.0.0.5:9990\"],\"labels\":{\"__metrics_path__\":\"/"
              "metrics/orders-db\","
              "\"job\":\"postgres\",\"instance\":\"db:5432\",\"probe\":\"orders-db\"}},\n"
              "{\"targets\":[\"10.0.0.5:9990\"],\"labels\":{\"__metrics_path__\":"
              "\"/metrics/a%20b%2F%22%C3%A9\",\"job\":\"healthd\",\"probe\":\"a "
              "b/\\\"\xc3\xa9\"}}\n"
              "]\n");
    assert_sd("https", targets + 2, 1,
              "[\n"
              "{\"targets\":[\"10.0.0.5:9990\"],\"labels\":{\"__metrics_path__\":\"/"
              "metrics/web\","
              "\"__scheme__\":\"https\",\"job\":\"healthd\",\"probe\":\"web\"}}\n"
              "]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_preferred_format_is_served),
        cmocka_unit_test(openmetrics_is_opted_into),
        cmocka_unit_test(discovery_names_each_probes_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
