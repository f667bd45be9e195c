/* SPDX-License-Identifier: Apache-2.0 */
/* See engine_metrics.h. One table row a family, as in self.c. */
#include "collector/engine_metrics.h"

#include <stdlib.h>

#include "alerts/deploy_metrics.h"
#include "collector/engine_host.h"

/* The worst lag is shown for one to two of these. */
#define LAG_SPAN NSEC_PER_MINUTE

struct engine_metrics {
    struct engine_host *host;
    struct registry *registry;
    struct source *source;
    struct series **series; /* one a row */
    struct deploy_metrics *deploys;
    struct evaluation_stats evaluation;
    struct history_stats history;
    struct ledger_health ledger;
    nsec lag, lag_before;
    struct wall lag_since;
};

static double read_evaluations(const struct engine_metrics *m)
{
    return (double)m->evaluation.evaluations;
}

static double read_failures(const struct engine_metrics *m)
{
    return (double)m->evaluation.failures;
}

static double read_missed(const struct engine_metrics *m)
{
    return (double)m->evaluation.missed;
}

static double read_lag(const struct engine_metrics *m)
{
    return nsec_to_sec(m->lag > m->lag_before ? m->lag : m->lag_before);
}

static double read_last(const struct engine_metrics *m)
{
    return wall_to_sec(m->evaluation.last);
}

static double read_pending(const struct engine_metrics *m)
{
    return (double)book_count(engine_book(engine_host_engine(m->host)), ALERT_PENDING);
}

static double read_firing(const struct engine_metrics *m)
{
    return (double)book_count(engine_book(engine_host_engine(m->host)), ALERT_FIRING);
}

static double read_series(const struct engine_metrics *m)
{
    return (double)m->history.series;
}

static double read_bytes(const struct engine_metrics *m)
{
    return (double)m->history.bytes;
}

static double read_budget(const struct engine_metrics *m)
{
    return (double)m->history.budget_bytes;
}

static double read_samples(const struct engine_metrics *m)
{
    return (double)m->history.samples;
}

static double read_refused_samples(const struct engine_metrics *m)
{
    return (double)m->history.refused_samples;
}

static double read_refused_series(const struct engine_metrics *m)
{
    return (double)m->history.refused_series;
}

static double read_span(const struct engine_metrics *m)
{
    return (double)(m->history.newest_ms - m->history.oldest_ms) / 1000;
}

static double read_fault(const struct engine_metrics *m)
{
    return m->ledger.fault != STORE_OK;
}

static double read_waiting(const struct engine_metrics *m)
{
    return (double)m->ledger.waiting;
}

static double read_commit(const struct engine_metrics *m)
{
    return wall_to_sec(m->ledger.last_commit);
}

static double read_cut_off(const struct engine_metrics *m)
{
    return overlay_is_cut_off(engine_overlay(engine_host_engine(m->host)));
}

static double read_clock_steps(const struct engine_metrics *m)
{
    return (double)engine_host_clock_steps(m->host);
}

struct row {
    struct metric metric;
    double (*read)(const struct engine_metrics *m);
};

#define GAUGE(n, u, text, from)                                                \
    {                                                                          \
        {.name = (n), .kind = METRIC_GAUGE, .unit = (u), .help = (text)}, from \
    }
#define COUNTER(n, u, text, from)                                                \
    {                                                                            \
        {.name = (n), .kind = METRIC_COUNTER, .unit = (u), .help = (text)}, from \
    }

static const struct row rows[] = {
    COUNTER("healthd_rule_group_evaluations_total", "", "Evaluations of rule groups",
            read_evaluations),
    COUNTER("healthd_rule_evaluation_failures_total", "",
            "Rules that could not be evaluated, each time counted", read_failures),
    COUNTER("healthd_rule_group_slots_missed_total", "",
            "Slots at which a rule group should have been evaluated and was not",
            read_missed),
    GAUGE("healthd_evaluation_lag_seconds", "seconds",
          "The latest evaluation behind its slot in the last minute", read_lag),
    GAUGE("healthd_evaluation_last_timestamp_seconds", "seconds",
          "When rules were evaluated last", read_last),
    GAUGE("healthd_alerts_pending", "", "Alerts that are true and wait for their `for`",
          read_pending),
    GAUGE("healthd_alerts_firing", "", "Alerts that fire", read_firing),
    GAUGE("healthd_history_series", "", "Series in the history", read_series),
    GAUGE("healthd_history_bytes", "bytes", "Memory of the history", read_bytes),
    GAUGE("healthd_history_budget_bytes", "bytes", "Memory that the history may have",
          read_budget),
    COUNTER("healthd_history_samples_total", "", "Samples taken into the history",
            read_samples),
    COUNTER("healthd_history_samples_refused_total", "",
            "Samples that were not newer than the newest of their series",
            read_refused_samples),
    COUNTER("healthd_history_series_refused_total", "",
            "Series that the history had no room for", read_refused_series),
    GAUGE("healthd_history_kept_seconds", "seconds",
          "From the oldest sample kept to the newest", read_span),
    GAUGE("healthd_store_fault", "",
          "1 while alerts.db cannot be written; alerts are told from memory then",
          read_fault),
    GAUGE("healthd_store_commits_waiting", "", "Commits that are not on disk yet",
          read_waiting),
    GAUGE("healthd_store_last_commit_timestamp_seconds", "seconds",
          "When alerts.db was written last", read_commit),
    GAUGE("healthd_cut_off", "",
          "1 while none of the receivers' hosts can be reached; alerts of probes beyond "
          "this network are held then",
          read_cut_off),
    COUNTER("healthd_clock_steps_total", "",
            "Times that the wall clock was set by more than five seconds",
            read_clock_steps),
};

const struct metric_rows engine_families[] = {METRIC_ROWS(rows), {0}};

struct engine_metrics *engine_metrics_create(struct engine_host *h, struct registry *r)
{
    struct engine_metrics *m = calloc(1, sizeof(*m));
    struct series **series = calloc(ARRAY_LEN(rows), sizeof(struct series *));
    if (!m || !series)
        abort();
    *m = (struct engine_metrics){
        .host = h,
        .registry = r,
        .source = registry_source(r, "alerting", false, (struct labels){0}),
        .series = series,
        .deploys = deploy_metrics_create(r),
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        m->series[i] = registry_series(r, m->source, &rows[i].metric, NULL);
    courier_expose(engine_courier(engine_host_engine(h)), r, m->source);
    deadman_expose(engine_deadman(engine_host_engine(h)), r, m->source);
    return m;
}

void engine_metrics_destroy(struct engine_metrics *m)
{
    if (!m)
        return;
    registry_source_end(m->registry, m->source);
    deploy_metrics_destroy(m->deploys);
    free(m->series);
    free(m);
}

static void collect(struct engine_metrics *m)
{
    struct engine *e = engine_host_engine(m->host);
    const struct wall now = engine_host_now(m->host);
    m->evaluation = evaluation_stats_take(engine_evaluation(e));
    m->history = history_stats(engine_history(e));
    m->ledger = ledger_health(engine_ledger(e));
    if (now.ns - m->lag_since.ns >= LAG_SPAN) {
        m->lag_before = m->lag;
        m->lag = 0;
        m->lag_since = now;
    }
    if (m->evaluation.worst_lag > m->lag)
        m->lag = m->evaluation.worst_lag;
    courier_refresh_metrics(engine_courier(e), now);
    deploy_metrics_refresh(m->deploys, engine_overlay(e), now);
}

void engine_metrics_refresh(struct engine_metrics *m)
{
    collect(m);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        series_set(m->series[i], rows[i].read(m));
}
