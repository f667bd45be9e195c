/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /probe?target=&module=: blackbox_exporter's contract, over any probe type that a module
 * names. A failed probe is still HTTP 200, with probe_success 0. Exists only when there are modules.
 */
#include <assert.h>
#include <stdlib.h>

#include "collector/api.h"
#include "collector/daemon.h"
#include "lib/base/units.h"
#include "lib/core/gzip.h"
#include "lib/core/loop.h"

#define DEFAULT_MODULE "http_2xx"
#define DEFAULT_SCRAPE_TIMEOUT (120 * NSEC_PER_SEC)
/* So that our answer is there before Prometheus gives up. */
#define TIMEOUT_OFFSET (500 * NSEC_PER_MSEC)
#define MAX_IN_FLIGHT 1000
#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct on_demand { /* one /probe under way */
    struct daemon *daemon;
    struct generation *generation; /* pinned */
    struct exchange *exchange;     /* NULL: the client has left */
    struct run *run;
    const char *module, *target; /* in the exchange's arena */
    bool is_done, is_debug, is_gzip;
    int holds; /* the run's, and the handler's while it starts it */
};

static void add_debug(struct buf *out, const struct on_demand *o, const struct verdict *v,
                      struct buf *metrics)
{
    buf_printf(out, "Logs for the probe:\n%-12s module=%s target=%s\n", "start",
               o->module, o->target);
    for (size_t i = 0; i < v->trace_count; i++) {
        duration_format_short(out, v->trace[i].at);
        buf_printf(out, "  %s: %s\n", v->trace[i].key, v->trace[i].text);
    }
    if (*v->detail)
        buf_printf(out, "%s (%s): %s\n", health_name(v->health), reason_word(v->reason),
                   v->detail);
    buf_printf(out, "Probe %s after ",
               v->health == HEALTH_UP || v->health == HEALTH_DEGRADED ? "succeeded"
                                                                      : "failed");
    duration_format_short(out, v->duration);
    buf_add_text(out, "\n\n\n\nMetrics that would have been returned:\n");
    buf_add_bytes(out, buf_bytes(metrics));
    buf_add_text(out, "\n\n\nModule configuration:\n");
    template_print(v->probe->conf, 0, out);
}

static void reply_page(struct on_demand *o, struct buf *page)
{
    struct buf compressed = BUF_MAX(32 << 20);
    if (o->is_gzip && gzip_text(buf_bytes(page), 1, &compressed)) {
        exchange_add_header(o->exchange, "Content-Encoding", "gzip");
        exchange_reply_buf(o->exchange, 200, CONTENT_TYPE, &compressed);
        buf_finish(page);
        return;
    }
    exchange_reply_buf(o->exchange, 200,
                       o->is_debug ? "text/plain; charset=utf-8" : CONTENT_TYPE, page);
}

static void on_done(void *ctx, struct verdict *v, struct batch *b)
{
    struct on_demand *o = ctx;
    o->is_done = true;
    o->run = NULL;
    if (!o->exchange)
        return;
    struct buf page = BUF_MAX(32 << 20), shown = BUF_MAX(33 << 20);
    page_of_batch(b, &page);
    if (o->is_debug) {
        add_debug(&shown, o, v, &page);
        buf_finish(&page);
        page = shown;
    }
    reply_page(o, &page);
    o->exchange = NULL;
}

static void release(void *ctx)
{
    struct on_demand *o = ctx;
    if (--o->holds > 0)
        return;
    o->daemon->on_demand_runs--;
    generation_unref(o->generation);
    free(o);
}

static void client_left(void *ctx)
{
    struct on_demand *o = ctx;
    o->exchange = NULL;
    if (o->run)
        runner_cancel(o->run);
}

/* min(module's, scrape's − offset); the module's alone when the scrape's is below the offset. */
static bool read_timeout(struct exchange *x, const struct module *m, nsec *ret_timeout)
{
    const char *header = exchange_header(x, "X-Prometheus-Scrape-Timeout-Seconds");
    nsec scrape = DEFAULT_SCRAPE_TIMEOUT;
    double seconds;
    if (header && *header) {
        if (!bytes_to_double(bytes_of(header), &seconds)) {
            exchange_error(x, 500,
                           "Failed to parse timeout from Prometheus header: '%s' is not "
                           "a number of seconds",
                           header);
            return false;
        }
        scrape = nsec_from_sec(seconds);
    }
    scrape -= TIMEOUT_OFFSET;
    if (scrape <= 0)
        scrape = m->timeout > 0 ? m->timeout : DEFAULT_SCRAPE_TIMEOUT;
    *ret_timeout = m->timeout > 0 && m->timeout < scrape ? m->timeout : scrape;
    return true;
}

static void start(struct exchange *x, struct daemon *d, const struct module *m,
                  const char *target, nsec timeout)
{
    const char *debug = exchange_param(x, "debug");
    const char *hostname = exchange_param(x, "hostname");
    const struct pair row = {.key = "hostname", .value = hostname};
    struct on_demand *o = calloc(1, sizeof(*o));
    assert(o);
    *o = (struct on_demand){
        .daemon = d,
        .generation = generation_ref(d->generation),
        .exchange = x,
        .holds = 2,
        .module = m->name,
        .target = target,
        .is_debug = debug && !strcmp(debug, "true"),
        .is_gzip = exchange_accepts_gzip(x),
    };
    d->on_demand_runs++;
    exchange_suspend(x, client_left, o);
    struct run *run = runner_start(
        d->runner, &(struct ask){
                       .probe = m->probe,
                       .origin = ORIGIN_ONCE,
                       .due = loop_wall(d->frame.loop),
                       .timeout = timeout,
                       .operand = target,
                       .rows = {.items = &row, .count = hostname && *hostname ? 1 : 0},
                       .is_traced = o->is_debug,
                       .done = on_done,
                       .gone = release,
                       .ctx = o,
                   });
    if (!o->is_done)
        o->run = run;
    release(o);
}

static void get_probe(struct exchange *x, struct daemon *d)
{
    const char *name = exchange_param(x, "module");
    const char *target = exchange_param(x, "target");
    const struct module *m;
    nsec timeout;

    if (!name || !*name)
        name = DEFAULT_MODULE;
    if (map_count(d->generation->modules) == 0) {
        exchange_error(x, 404,
                       "There are no modules: /probe needs `modules:` or `module_files:` "
                       "in the configuration.");
        return;
    }
    m = generation_module(d->generation, name);
    if (!m) {
        series_add(d->unknown_modules, 1);
        exchange_error(x, 400, "Unknown module \"%s\"", name);
        return;
    }
    if (!read_timeout(x, m, &timeout))
        return;
    if (!target || !*target) {
        exchange_error(x, 400, "Target parameter is missing");
        return;
    }
    if (d->on_demand_runs >= MAX_IN_FLIGHT) {
        exchange_error(x, 503,
                       "%d probes on demand are under way; ask again in a moment.",
                       MAX_IN_FLIGHT);
        return;
    }
    start(x, d, m, target, timeout);
}

static const struct endpoint_param probe_params[] = {
    {"target", "What to probe: a URL, HOST:PORT or whatever the module's type takes.",
     true},
    {"module", "One of `modules:`; http_2xx when absent.", false},
    {"hostname", "For http: the Host header and SNI; for tcp: SNI.", false},
    {"debug",
     "`true`: the trace, the metrics and the module instead of the metrics alone.",
     false},
    {0}};

const struct endpoint probe_endpoints[] = {
    {"GET", "/probe", RIGHT_READ, probe_params,
     "Probes a target now, as blackbox_exporter does.", get_probe, .cost = COST_PROBES,
     .types = "text/plain", .statuses = "400 404 500 503"},
    {0}};
