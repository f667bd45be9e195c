/* SPDX-License-Identifier: Apache-2.0 */
/* See self.h. One table row a family: its metric, and where its value comes from. */
#include "collector/self.h"

#include <assert.h>
#include <stdlib.h>

#include "collector/daemon.h"
#include "collector/engine_host.h"
#include "collector/own_process.h"
#include "lib/base/log.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"

/* The loop's worst values of the last minute: a ring of twelve times five seconds. */
#define WINDOW_SLOTS 12
#define WINDOW_STEP (5 * NSEC_PER_SEC)

struct window {
    nsec worst_lag, worst_callback, worst_delay;
};

struct self {
    struct daemon *daemon;
    struct source *source;
    struct timer *timer;
    struct mono next_step;
    struct window slots[WINDOW_SLOTS];
    size_t slot;
    struct schedule_stats schedule;
    struct loop_stats loop;
    struct pool_stats pool;
    struct own_process process;
    double start_seconds;   /* since 1970 */
    struct series **series; /* one a row of `rows` */
};

static double read_build(const struct self *s)
{
    return 1;
}

static double read_probes(const struct self *s)
{
    return (double)schedule_count(s->daemon->schedule);
}

static double read_runs(const struct self *s)
{
    return (double)s->schedule.runs;
}

static double read_skipped(const struct self *s)
{
    return (double)s->schedule.skipped_busy;
}

static double read_missed(const struct self *s)
{
    return (double)s->schedule.missed_slots;
}

static double read_active(const struct self *s)
{
    return (double)runner_active(s->daemon->runner);
}

static double read_draining(const struct self *s)
{
    return (double)runner_draining(s->daemon->runner);
}

static double worst(const struct self *s, nsec (*of)(const struct window *w))
{
    nsec most = 0;
    for (size_t i = 0; i < WINDOW_SLOTS; i++) {
        const nsec value = of(&s->slots[i]);
        most = value > most ? value : most;
    }
    return nsec_to_sec(most);
}

static nsec lag_of(const struct window *w)
{
    return w->worst_lag;
}

static nsec callback_of(const struct window *w)
{
    return w->worst_callback;
}

static nsec delay_of(const struct window *w)
{
    return w->worst_delay;
}

static double read_lag(const struct self *s)
{
    return worst(s, lag_of);
}

static double read_callback(const struct self *s)
{
    return worst(s, callback_of);
}

static double read_delay(const struct self *s)
{
    return worst(s, delay_of);
}

static double read_slow_callbacks(const struct self *s)
{
    return (double)s->loop.slow_callbacks;
}

static double read_series(const struct self *s)
{
    return (double)registry_series_count(s->daemon->registry);
}

static double read_conflicts(const struct self *s)
{
    return (double)registry_conflicts(s->daemon->registry);
}

static double read_reload_ok(const struct self *s)
{
    return s->daemon->last_reload_ok;
}

static double read_reload_time(const struct self *s)
{
    return wall_to_sec(s->daemon->last_reload);
}

static double read_reload_failures(const struct self *s)
{
    return (double)s->daemon->failed_reloads;
}

static double read_pool_waiting(const struct self *s)
{
    return (double)s->pool.queued;
}

static double read_pool_abandoned(const struct self *s)
{
    return (double)s->pool.abandoned;
}

static double read_secret_failures(const struct self *s)
{
    return (double)secrets_failed(s->daemon->frame.secrets);
}

static double read_cpu(const struct self *s)
{
    return s->process.cpu_seconds;
}

static double read_resident(const struct self *s)
{
    return s->process.resident_bytes;
}

static double read_virtual(const struct self *s)
{
    return s->process.virtual_bytes;
}

static double read_fds(const struct self *s)
{
    return s->process.open_fds;
}

static double read_max_fds(const struct self *s)
{
    return s->process.max_fds;
}

static double read_start(const struct self *s)
{
    return s->start_seconds;
}

struct row {
    struct metric metric;
    double (*read)(const struct self *s);
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
    {{.name = "healthd_build_info",
      .kind = METRIC_GAUGE,
      .unit = "",
      .help = "Always 1; the label says which healthd this is",
      .labels = {"version"}},
     read_build},
    GAUGE("healthd_probes", "", "Probes of the current configuration", read_probes),
    COUNTER("healthd_runs_total", "", "Runs of configured probes that have ended",
            read_runs),
    COUNTER("healthd_runs_skipped_total", "",
            "Slots at which a probe's earlier run was still under way", read_skipped),
    COUNTER("healthd_missed_slots_total", "",
            "Slots that went by while healthd was not running, a suspend for example",
            read_missed),
    GAUGE("healthd_runs_active", "", "Runs under way, draining ones too", read_active),
    GAUGE("healthd_runs_draining", "",
          "Runs past their deadline that still hold something", read_draining),
    GAUGE("healthd_run_start_delay_seconds", "seconds",
          "The latest start of a run behind its slot in the last minute", read_delay),
    GAUGE("healthd_loop_lag_seconds", "seconds",
          "The latest timer of the event loop in the last minute", read_lag),
    GAUGE("healthd_loop_callback_seconds", "seconds",
          "The longest callback of the event loop in the last minute", read_callback),
    COUNTER("healthd_loop_slow_callbacks_total", "",
            "Callbacks of the event loop that took more than 5 ms", read_slow_callbacks),
    GAUGE("healthd_series", "", "Series on the metrics page", read_series),
    COUNTER("healthd_family_conflicts_total", "",
            "Families from outside that were dropped because their type differs",
            read_conflicts),
    GAUGE("healthd_config_last_reload_successful", "",
          "Whether the last attempt to read the configuration succeeded", read_reload_ok),
    GAUGE("healthd_config_last_reload_success_timestamp_seconds", "seconds",
          "When the current configuration was read", read_reload_time),
    COUNTER("healthd_config_reload_failures_total", "",
            "Attempts to read the configuration that failed", read_reload_failures),
    GAUGE("healthd_pool_jobs_waiting", "", "Computations that wait for a thread",
          read_pool_waiting),
    GAUGE("healthd_threads_abandoned", "",
          "Threads that hang in a system call and that nobody waits for",
          read_pool_abandoned),
    GAUGE("healthd_secret_files_failed", "",
          "Secret files whose last reading failed; the old value is in use",
          read_secret_failures),
    COUNTER("process_cpu_seconds_total", "seconds",
            "Total user and system CPU time spent in seconds", read_cpu),
    GAUGE("process_resident_memory_bytes", "bytes", "Resident memory size in bytes",
          read_resident),
    GAUGE("process_virtual_memory_bytes", "bytes", "Virtual memory size in bytes",
          read_virtual),
    GAUGE("process_open_fds", "", "Number of open file descriptors", read_fds),
    GAUGE("process_max_fds", "", "Maximum number of open file descriptors", read_max_fds),
    GAUGE("process_start_time_seconds", "seconds",
          "Start time of the process since unix epoch in seconds", read_start),
};

/* Counted where it happens, in api_probe.c, and called as blackbox_exporter calls it. */
static const struct metric unknown_modules_metric = {
    .name = "blackbox_module_unknown_total",
    .kind = METRIC_COUNTER,
    .unit = "",
    .help = "Count of unknown modules requested by probes",
};

const struct metric_rows self_families[] = {
    METRIC_ROWS(rows), METRIC_ROW(unknown_modules_metric), {0}};

static nsec larger(nsec a, nsec b)
{
    return a > b ? a : b;
}

/* A callback over 5 ms is a bug of ours: said once a step, with the name of the worst. */
static void tell_slow(const struct self *s, uint64_t before)
{
    if (s->loop.slow_callbacks > before)
        log_warning(EV("slow callback"), STR("callback", s->loop.worst_name),
                    DUR("took", s->loop.worst_callback),
                    INT("count", (int64_t)(s->loop.slow_callbacks - before)));
}

static void collect(struct self *s)
{
    struct window *w = &s->slots[s->slot];
    const uint64_t slow_before = s->loop.slow_callbacks;
    s->loop = loop_stats_take(s->daemon->frame.loop);
    tell_slow(s, slow_before);
    s->schedule = schedule_stats_take(s->daemon->schedule);
    s->pool = pool_stats(s->daemon->frame.pool);
    w->worst_lag = larger(w->worst_lag, s->loop.worst_lag);
    w->worst_callback = larger(w->worst_callback, s->loop.worst_callback);
    w->worst_delay = larger(w->worst_delay, s->schedule.worst_start_delay);
}

static void on_step(void *ctx)
{
    struct self *s = ctx;
    collect(s);
    s->slot = (s->slot + 1) % WINDOW_SLOTS;
    s->slots[s->slot] = (struct window){0};
    s->next_step = mono_add(s->next_step, WINDOW_STEP);
    timer_at(s->timer, s->next_step);
}

void self_refresh(struct self *s)
{
    collect(s);
    own_process_read(&s->process);
    engine_host_refresh_metrics(s->daemon->engine_host);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        series_set(s->series[i], rows[i].read(s));
}

struct self *self_create(struct daemon *d)
{
    struct self *s = calloc(1, sizeof(*s));
    assert(s);
    s->series = calloc(ARRAY_LEN(rows), sizeof(struct series *));
    assert(s->series);
    s->daemon = d;
    s->start_seconds = wall_to_sec(d->started);
    s->source = registry_source(d->registry, "healthd", false, (struct labels){0});
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *const version[] = {HEALTHD_VERSION};
        const bool has_label = rows[i].metric.labels[0] != NULL;
        s->series[i] = registry_series(d->registry, s->source, &rows[i].metric,
                                       has_label ? version : NULL);
    }
    d->unknown_modules =
        registry_series(d->registry, s->source, &unknown_modules_metric, NULL);
    series_set(d->unknown_modules, 0);
    s->timer = loop_timer_create(d->frame.loop, "self", on_step, s);
    s->next_step = mono_add(loop_now(d->frame.loop), WINDOW_STEP);
    timer_at(s->timer, s->next_step);
    return s;
}

void self_destroy(struct self *s)
{
    if (!s)
        return;
    timer_destroy(s->timer);
    registry_source_end(s->daemon->registry, s->source);
    free(s->series);
    free(s);
}
