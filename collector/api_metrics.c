/* SPDX-License-Identifier: Apache-2.0 */
/* What a Prometheus scrapes: /metrics, /metrics/<probe>, and /sd, which hands those paths out. */
#include "collector/api.h"
#include "collector/page_job.h"
#include "collector/target.h"
#include "exporters/prometheus.h"

#define PAGE_TYPES "text/plain application/openmetrics-text"

/* False after refusing: there is no exporter that makes pages. */
static bool find_kind(struct exchange *x, const struct daemon *d,
                      struct page_kind *ret_kind)
{
    const struct exporter *exporter = pipeline_paging(&d->pipeline);
    if (!exporter) {
        exchange_error(x, 404,
                       "There is no page: `exporters:` names no `prometheus: {}`.");
        return false;
    }
    const struct page_style style =
        exporter->type->page(exporter, exchange_header(x, "Accept"));
    *ret_kind = (struct page_kind){
        .format = style.format,
        .gzip_level = exchange_accepts_gzip(x) ? style.gzip_level : 0,
    };
    return true;
}

static void get_metrics(struct exchange *x, struct daemon *d)
{
    struct page_kind kind;
    if (find_kind(x, d, &kind))
        page_job_answer(x, d, &kind);
}

static void get_probe_metrics(struct exchange *x, struct daemon *d)
{
    const char *name = exchange_segment(x, "probe");
    const struct tracked *t = schedule_find(d->schedule, name);
    struct page_kind kind;
    if (!t) {
        exchange_error(x, 404, "There is no probe '%s'; /sd lists those there are.",
                       name);
        return;
    }
    if (find_kind(x, d, &kind)) {
        kind.only = t->source;
        page_job_answer(x, d, &kind);
    }
}

static void get_sd(struct exchange *x, struct daemon *d)
{
    const size_t count = schedule_count(d->schedule);
    struct sd_target *targets =
        arena_alloc(exchange_arena(x), (count + 1) * sizeof(*targets));
    for (size_t i = 0; i < count; i++) {
        const struct probe *probe = schedule_at(d->schedule, i)->probe;
        targets[i] = (struct sd_target){
            .probe = probe->name,
            .job = probe->type->job,
            .instance = target_instance(probe, &d->frame, exchange_arena(x)),
        };
    }
    /* The address that the asker reached us by is one that it can scrape. */
    const char *host = exchange_header(x, "Host");
    struct buf body = BUF_MAX(8 << 20);
    prometheus_sd(&body, exchange_scheme(x), host ? host : "localhost", targets, count);
    exchange_reply_json(x, 200, &body);
}

static const struct endpoint_param probe_segment[] = {
    {"probe", "The name of a configured probe.", true}, {0}};
static const struct endpoint_field target_fields[] = {
    {"targets", "array", "One address.", true},
    {"labels", "object", "`job`, `instance` and `__metrics_path__`.", true},
    {0}};

const struct endpoint metrics_endpoints[] = {
    {"GET", "/metrics", RIGHT_READ, NULL,
     "Every series, as Prometheus' text format 0.0.4 or OpenMetrics 1.0, by Accept.",
     get_metrics, .cost = COST_SCRAPES, .types = PAGE_TYPES, .statuses = "404 500"},
    {"GET", "/metrics/{probe}", RIGHT_READ, probe_segment,
     "The series of one probe, without the label `probe`.", get_probe_metrics,
     .cost = COST_SCRAPES, .types = PAGE_TYPES, .statuses = "404 500"},
    {"GET", "/sd", RIGHT_READ, NULL,
     "Prometheus' HTTP service discovery: one target a probe, with `job` and `instance`.",
     get_sd, .answer = target_fields, .is_list = true},
    {0}};
