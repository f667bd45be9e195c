/* SPDX-License-Identifier: Apache-2.0 */
/* Pages as a scraper sees them: all, in both formats; one probe's; a batch's, as blackbox_exporter writes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#include "golden.h"
#include "lib/base/arena.h"
#include "lib/core/batch.h"
#include "lib/core/registry.h"

static const struct metric success = {
    .name = "probe_success",
    .kind = METRIC_GAUGE,
    .help = "Displays whether or not the probe was a success",
};
static const struct metric phases = {
    .name = "probe_http_duration_seconds",
    .kind = METRIC_GAUGE,
    .unit = "seconds",
    .help = "Duration of http request by phase, summed over all redirects",
    .labels = {"phase"},
};
static const struct metric expiry = {
    .name = "probe_ssl_earliest_cert_expiry",
    .kind = METRIC_GAUGE,
    .help = "Returns last SSL chain expiry in unixtime",
};
static const struct metric chain = {
    .name = "probe_ssl_last_chain_info",
    .kind = METRIC_GAUGE,
    .help = "Contains SSL leaf certificate information",
    .labels = {"fingerprint_sha256", "subject", "issuer", "subjectalternative"},
};
static const struct metric failure = {
    .name = "probe_failure_info",
    .kind = METRIC_GAUGE,
    .help = "Why the last run was not up",
    .labels = {"reason"},
};
static const struct metric length = {
    .name = "probe_http_content_length",
    .kind = METRIC_GAUGE,
    .help = "Length of http content response",
};
static const struct metric durations = {
    .name = "probe_duration_histogram_seconds",
    .kind = METRIC_HISTOGRAM,
    .unit = "seconds",
    .help = "Durations of runs",
    .buckets = (const double[]){0.005, 0.1, 1, 10, INFINITY},
};
static const struct metric runs = {
    .name = "healthd_runs_total",
    .kind = METRIC_COUNTER,
    .help = "Runs finished, by \"origin\"",
    .labels = {"origin"},
};
static const struct metric commits = {
    .name = "pg_stat_database_xact_commit",
    .kind = METRIC_COUNTER,
    .help = "Transactions committed;\na counter that is called as its exporter calls it",
    .labels = {"datname"},
};

static void add(struct batch *b, const struct metric *metric, const char *const *values,
                double value)
{
    batch_add(b, batch_group(b, ""), metric, values, (struct labels){0}, value);
}

/* An HTTPS probe that found what it should. */
static void add_https(struct batch *b)
{
    static const char *const names[] = {"resolve", "connect", "tls", "processing",
                                        "transfer"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        add(b, &phases, (const char *const[]){names[i]},
            0.000123456789 * (double)(i + 1));
    add(b, &success, NULL, 1);
    add(b, &expiry, NULL, 1445412480);
    add(b, &length, NULL, -1);
    add(b, &chain,
        (const char *const[]){"ab01", "CN=localhost,O=Acme\\, \"Inc\"", "CN=ca",
                              "localhost,example.com"},
        1);
}

static void add_refused(struct batch *b)
{
    add(b, &success, NULL, 0);
    add(b, &failure, (const char *const[]){"refused"}, 1);
    add(b, &length, NULL, 0);
}

struct world {
    struct arena *arena;
    struct registry *registry;
    struct source *web, *database, *own;
};

static void add_scraped(struct batch *b)
{
    const char *const labels[] = {"path", NULL};
    const struct metric *dynamic =
        batch_metric(b, "orders_completed", METRIC_UNTYPED,
                     "Orders, as \\ the shop counts them", labels);
    add(b, dynamic, (const char *const[]){"C:\\shop\n\xff"}, NAN);
    add(b, dynamic, (const char *const[]){"\xc3\xa9t\xc3\xa9"}, INFINITY);
    add(b, batch_metric(b, "probe_success", METRIC_COUNTER, "In the way of ours", NULL),
        NULL, 5);
    add(b, batch_metric(b, "without_help_bytes", METRIC_GAUGE, NULL, NULL), NULL, -0.5);
}

static int setup(void **state)
{
    static struct world w;
    const struct label labels[] = {
        {"component", "shop"}, {"environment", "production"}, {"task_id", "7"}};
    const struct labels of_user = {labels, 3};
    w.arena = arena_create(0);
    w.registry = registry_create();
    w.web = registry_source(w.registry, "web", true, of_user);
    w.database = registry_source(w.registry, "orders-db", true, of_user);
    w.own = registry_source(w.registry, "healthd", false, (struct labels){0});

    struct batch *b = batch_create(w.arena);
    add_https(b);
    registry_publish(w.registry, w.web, b);
    b = batch_create(w.arena);
    add_refused(b);
    add(b, &commits, (const char *const[]){"shop"}, 123456789);
    add_scraped(b);
    registry_publish(w.registry, w.database, b);

    struct histogram *h = registry_histogram(w.registry, w.web, &durations, NULL);
    histogram_observe(h, 0.02);
    histogram_observe(h, 0.7);
    series_add(
        registry_series(w.registry, w.own, &runs, (const char *const[]){"scheduled"}),
        1e6);
    series_add(
        registry_series(w.registry, w.own, &runs, (const char *const[]){"run_now"}), 3);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    registry_destroy(w->registry);
    arena_destroy(w->arena);
    return 0;
}

static void page_check(struct world *w, enum page_format format,
                       const struct source *only, const char *name)
{
    struct page *p = page_start(w->registry, format, only);
    while (!page_continue(p, NSEC_PER_MSEC))
        continue;
    golden_check(name, buf_bytes(page_buf(p)));
    page_destroy(p);
}

static void all_as_text(void **state)
{
    page_check(*state, PAGE_TEXT, NULL, "page/all.prom");
}

static void all_as_openmetrics(void **state)
{
    page_check(*state, PAGE_OPENMETRICS, NULL, "page/all.openmetrics");
}

static void one_probe(void **state)
{
    struct world *w = *state;
    page_check(w, PAGE_TEXT, w->web, "page/web.prom");
}

static void one_batch(void **state)
{
    struct world *w = *state;
    struct batch *b = batch_create(w->arena);
    struct buf out = BUF_MAX(1 << 20);
    add_https(b);
    add_scraped(b);
    add(b, &success, NULL, 0); /* again: the first stands */
    page_of_batch(b, &out);
    golden_check("page/batch.prom", buf_bytes(&out));
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_as_text, setup, teardown),
        cmocka_unit_test_setup_teardown(all_as_openmetrics, setup, teardown),
        cmocka_unit_test_setup_teardown(one_probe, setup, teardown),
        cmocka_unit_test_setup_teardown(one_batch, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
