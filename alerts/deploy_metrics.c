/* SPDX-License-Identifier: Apache-2.0 */
/* See deploy_metrics.h. The series of the deployments are made anew when one of them changed, which is rare. */
#include "alerts/deploy_metrics.h"

#include <stdlib.h>
#include <string.h>

struct deploy_metrics {
    struct registry *registry;
    struct source *source; /* counters, for good */
    struct source *marks;  /* of the deployments as they were seen last; NULL: none */
    uint64_t seen;         /* what marks was made from */
};

#define OF_DEPLOY(n, u, text)                                                       \
    {                                                                               \
        .name = (n), .kind = METRIC_GAUGE, .unit = (u), .help = (text), .labels = { \
            "what",                                                                 \
            "release"                                                               \
        }                                                                           \
    }

static const struct metric timestamp = OF_DEPLOY(
    "healthd_deploy_timestamp_seconds", "seconds",
    "When the latest deployment of each thing ended; while it is under way, when "
    "it began");
static const struct metric success =
    OF_DEPLOY("healthd_deploy_success", "",
              "Whether the latest deployment of each thing that has ended was good");
static const struct metric ended = {
    .name = "healthd_deploys_total",
    .kind = METRIC_COUNTER,
    .unit = "",
    .help = "Deployments that ended since the start, by outcome (passed, failed)",
    .labels = {"outcome"}};
static const struct metric under_way = {.name = "healthd_deploys_under_way",
                                        .kind = METRIC_GAUGE,
                                        .unit = "",
                                        .help = "Deployments that have not ended yet"};

const struct metric_rows deploy_families[] = {METRIC_ROW(timestamp),
                                              METRIC_ROW(success),
                                              METRIC_ROW(ended),
                                              METRIC_ROW(under_way),
                                              {0}};

struct deploy_metrics *deploy_metrics_create(struct registry *r)
{
    struct deploy_metrics *m = calloc(1, sizeof(*m));
    if (!m)
        abort();
    *m = (struct deploy_metrics){
        .registry = r,
        .source = registry_source(r, "deploys", false, (struct labels){0})};
    return m;
}

void deploy_metrics_destroy(struct deploy_metrics *m)
{
    if (!m)
        return;
    registry_source_end(m->registry, m->source);
    if (m->marks)
        registry_source_end(m->registry, m->marks);
    free(m);
}

struct latest { /* of each thing, in the order in which they began */
    const struct deploy *items[DEPLOYS_MAX + 1];
    size_t count, under_way;
    uint64_t seen;
    struct wall now;
};

static void look_at(void *ctx, const struct deploy *d)
{
    struct latest *l = ctx;
    size_t kept = 0;
    if (d->is_seen)
        return;
    l->under_way += !d->ended.ns && wall_add(d->begun, DEPLOY_LONGEST).ns > l->now.ns;
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->items[i]->what, d->what) != 0)
            l->items[kept++] = l->items[i];
    }
    l->count = kept;
    if (l->count < DEPLOYS_MAX)
        l->items[l->count++] = d;
    l->seen = l->seen * 1099511628211u ^ (uint64_t)d->begun.ns ^ (uint64_t)d->ended.ns;
}

static void mark(struct deploy_metrics *m, const struct deploy *d)
{
    const char *const values[] = {*d->what ? d->what : "all", d->release};
    const struct wall at = d->ended.ns ? d->ended : d->begun;
    series_set(registry_series(m->registry, m->marks, &timestamp, values),
               wall_to_sec(at));
    if (d->ended.ns)
        series_set(registry_series(m->registry, m->marks, &success, values),
                   !d->has_failed);
}

static void make_marks(struct deploy_metrics *m, const struct latest *l)
{
    const size_t first =
        l->count > DEPLOY_METRICS_MAX ? l->count - DEPLOY_METRICS_MAX : 0;
    if (m->marks)
        registry_source_end(m->registry, m->marks);
    m->marks = registry_source(m->registry, "deploy marks", false, (struct labels){0});
    for (size_t i = first; i < l->count; i++)
        mark(m, l->items[i]);
    m->seen = l->seen;
}

static void set_ended(const struct deploy_metrics *m, const char *outcome, uint64_t count)
{
    struct series *s = registry_series(m->registry, m->source, &ended, &outcome);
    series_set(s, (double)count);
}

void deploy_metrics_refresh(struct deploy_metrics *m, const struct overlay *o,
                            struct wall now)
{
    struct latest l = {.now = now};
    deploy_each(o, look_at, &l);
    if (!m->marks || l.seen != m->seen)
        make_marks(m, &l);
    set_ended(m, "passed", deploys_ended(o, false));
    set_ended(m, "failed", deploys_ended(o, true));
    series_set(registry_series(m->registry, m->source, &under_way, NULL),
               (double)l.under_way);
}
