/* SPDX-License-Identifier: Apache-2.0 */
/* See daemon.h. The order in which things are made, replaced and taken down; nothing else. */
#include "collector/daemon.h"

#include <assert.h>
#include <signal.h>
#include <unistd.h>

#include "collector/adoption.h"
#include "collector/api.h"
#include "collector/canary.h"
#include "collector/engine_host.h"
#include "collector/events.h"
#include "collector/file_watch.h"
#include "collector/list_job.h"
#include "collector/listing_lane.h"
#include "collector/memos.h"
#include "collector/overview.h"
#include "collector/probes_seen.h"
#include "collector/query_lane.h"
#include "collector/reload.h"
#include "collector/self.h"
#include "collector/stream.h"
#include "collector/system.h"
#include "collector/verdict_history.h"
#include "collector/web.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/core/budget.h"
#include "lib/core/fetch.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"
#include "lib/core/resolve.h"
#include "lib/core/secret.h"
#include "lib/core/tls.h"

#define MAX_ACTIVE_RUNS 4096
#define POOL_THREADS 2
#define STOP_BUDGET (1500 * NSEC_PER_MSEC)
#define STOP_STEP (5 * NSEC_PER_MSEC)
#define SECRETS_INTERVAL (5 * NSEC_PER_SEC)
/* After a start or reload: every probe has run by then, and made its series. */
#define TRIM_DELAY (5 * NSEC_PER_SEC)

static void publish(void *ctx, struct tracked *t, struct verdict *v, struct batch *b)
{
    struct daemon *d = ctx;
    pipeline_publish(&d->pipeline, t, v, b);
    memos_keep(d->memos, t->session, NULL, NULL);
    verdict_history_observe(d->verdict_history, t->probe->name, v, t->probe->interval);
    stream_note(d->stream, t);
}

static void on_stop_signal(void *ctx, int signal)
{
    daemon_stop(ctx, signal == SIGTERM ? "SIGTERM" : "SIGINT");
}

static void on_hangup(void *ctx, int signal)
{
    const struct daemon *d = ctx;
    reloader_ask(d->reloader, "SIGHUP", NULL, NULL);
}

static void on_rotate(void *ctx, int signal)
{
    struct daemon *d = ctx;
    pipeline_reopen(&d->pipeline);
}

static void on_file_change(void *ctx)
{
    const struct daemon *d = ctx;
    reloader_ask(d->reloader, "file changed", NULL, NULL);
}

static void on_watchdog(void *ctx)
{
    struct daemon *d = ctx;
    system_notify("WATCHDOG=1");
    timer_at(d->watchdog_timer,
             mono_add(loop_now(d->frame.loop), system_watchdog_interval()));
}

static void on_secrets(void *ctx)
{
    struct daemon *d = ctx;
    const size_t changed = secrets_refresh(d->frame.secrets, loop_wall(d->frame.loop));
    if (changed > 0) {
        reloader_renew(d->reloader);
        log_info(EV("secrets renewed"), INT("count", (int64_t)changed));
    }
    timer_at(d->secrets_timer, mono_add(loop_now(d->frame.loop), SECRETS_INTERVAL));
}

/* A step a turn: one may take a millisecond. */
static void on_trim(void *ctx)
{
    struct daemon *d = ctx;
    if (system_trim(d->trim_step++))
        timer_at(d->trim_timer, loop_now(d->frame.loop));
}

static bool start_frame(struct daemon *d, const struct generation *g, struct err *e)
{
    struct frame *f = &d->frame;
    f->pool = pool_create(f->loop, POOL_THREADS);
    f->tls = tls_create(f->pool, e);
    if (!f->tls)
        return false;
    f->resolver = resolver_create(f->loop, f->pool, &g->resolver, e);
    if (!f->resolver)
        return false;
    f->budgets = budgets_create(f->loop, g->state_path);
    f->fetcher = fetcher_create(f, e);
    return f->fetcher != NULL;
}

static void trim_soon(struct daemon *d)
{
    d->trim_step = 0;
    timer_at(d->trim_timer, mono_add(loop_now(d->frame.loop), TRIM_DELAY));
}

static void start_timers(struct daemon *d)
{
    struct loop *l = d->frame.loop;
    const struct mono now = loop_now(l);
    if (system_watchdog_interval() > 0) {
        d->watchdog_timer = loop_timer_create(l, "watchdog", on_watchdog, d);
        timer_at(d->watchdog_timer, now);
    }
    d->secrets_timer = loop_timer_create(l, "secrets", on_secrets, d);
    timer_at(d->secrets_timer, mono_add(now, SECRETS_INTERVAL));
    d->trim_timer = loop_timer_create(l, "trim", on_trim, d);
    trim_soon(d);

    loop_on_signal(l, SIGTERM, on_stop_signal, d);
    loop_on_signal(l, SIGINT, on_stop_signal, d);
    loop_on_signal(l, SIGHUP, on_hangup, d);
    loop_on_signal(l, SIGUSR1, on_rotate, d);
}

void daemon_note_reload(struct daemon *d, const char *why,
                        const struct reload_result *result)
{
    d->reloads++;
    d->last_reload_ok = result->accepted;
    free(d->last_reload_text);
    d->last_reload_text = memory_strdup(result->text);
    if (!result->accepted) {
        d->failed_reloads++;
        log_error(EV("config rejected"), STR("trigger", why), STR("why", result->text),
                  STR("hint", "the former configuration stays in force"));
        return;
    }
    d->last_reload = loop_wall(d->frame.loop);
    if (!result->unchanged)
        trim_soon(d);
    log_info(EV("config accepted"), STR("trigger", why),
             INT("generation", (int64_t)d->generation->number),
             INT("probes", (int64_t)d->generation->probe_count),
             STR("result", result->unchanged ? "unchanged" : "changed"));
}

/* Runs drain quickly once cancelled; what hangs in a system call is left behind at stop_by. */
static void on_stop_step(void *ctx)
{
    struct daemon *d = ctx;
    const struct mono now = loop_now(d->frame.loop);
    const bool is_idle =
        runner_active(d->runner) == 0 && engine_host_is_idle(d->engine_host) &&
        query_lane_is_idle(d->query_lane) && listing_lane_is_idle(d->listing_lane) &&
        !tls_is_loading(d->frame.tls);
    if (is_idle || mono_reached(now, d->stop_by)) {
        loop_stop(d->frame.loop);
        return;
    }
    timer_at(d->stop_timer, mono_add(now, STOP_STEP));
}

void daemon_stop(struct daemon *d, const char *why)
{
    if (d->state == DAEMON_STOPPING)
        return;
    d->state = DAEMON_STOPPING;
    system_notify("STOPPING=1");
    log_info(EV("stopping"), STR("trigger", why));
    reloader_stop(d->reloader);
    web_stop(d->web);
    schedule_stop(d->schedule);
    canaries_stop(d->canaries);
    publications_finish(&d->pipeline.publications);
    engine_host_stop(d->engine_host);
    d->stop_by = mono_add(loop_now(d->frame.loop), STOP_BUDGET);
    d->stop_timer = loop_timer_create(d->frame.loop, "stop", on_stop_step, d);
    timer_at(d->stop_timer, mono_add(loop_now(d->frame.loop), STOP_STEP));
}

static void take_down(struct daemon *d)
{
    timer_destroy(d->stop_timer);
    timer_destroy(d->watchdog_timer);
    timer_destroy(d->secrets_timer);
    timer_destroy(d->trim_timer);
    file_watch_destroy(d->file_watch);
    web_destroy(d->web);
    list_jobs_destroy(d);
    stream_destroy(d->stream);
    overview_destroy(d->overview);
    verdict_history_destroy(d->verdict_history);
    query_lane_destroy(d->query_lane);
    listing_lane_destroy(d->listing_lane);
    engine_host_destroy(d->engine_host);
    self_destroy(d->self);
    pipeline_close(&d->pipeline);
    memos_destroy(d->memos);
    events_destroy(d->events);
    reloader_destroy(d->reloader);
    schedule_destroy(d->schedule);
    runner_destroy(d->runner);
    canaries_destroy(d->canaries);
    registry_destroy(d->registry);
    fetcher_destroy(d->frame.fetcher);
    resolver_destroy(d->frame.resolver);
    tls_destroy(d->frame.tls);
    budgets_destroy(d->frame.budgets);
    pool_destroy(d->frame.pool, 200 * NSEC_PER_MSEC);
    generation_unref(d->generation);
    free(d->last_reload_text);
    if (d->lock_fd >= 0)
        close(d->lock_fd);
}

static void adopt_alerting(struct daemon *d)
{
    (void)engine_host_prepare(d->engine_host, d->generation, schedule_all(d->schedule),
                              &d->frame, NULL);
    engine_host_adopt(d->engine_host, d->generation);
}

static bool start_all(struct daemon *d, struct generation *g, struct err *e)
{
    list_init(&d->page_jobs);
    list_init(&d->list_jobs);
    d->started = loop_wall(d->frame.loop);
    d->generation = generation_ref(g);
    g->number = 1;
    if (!system_lock_state(g->state_path, &d->lock_fd, e) || !start_frame(d, g, e))
        return false;

    d->registry = registry_create();
    d->pipeline.registry = d->registry;
    d->events = events_create(d->registry);
    d->runner = runner_create(&d->frame, MAX_ACTIVE_RUNS);
    d->schedule = schedule_create(&d->frame, d->runner, d->registry, publish, d);
    d->canaries = canaries_create(&d->frame, d->runner, d->registry);
    d->engine_host = d->pipeline.engine_host = engine_host_create(d, g->state_path, e);
    if (!d->engine_host)
        return false;
    d->memos = memos_create(d->frame.loop, g->state_path, e);
    if (!d->memos)
        return false;
    schedule_recall_from(d->schedule, d->memos);
    d->verdict_history = verdict_history_create(d->frame.loop, g->state_path);
    d->overview = overview_create(d);
    d->stream = stream_create(d);
    d->query_lane = query_lane_create(d);
    d->listing_lane = listing_lane_create(d);
    d->reloader = reloader_create(d);
    d->web = web_create(d, api_endpoints);
    if (!web_listen(d->web, g, e) ||
        !pipeline_set_exporters(&d->pipeline, g, &d->frame, e) ||
        !schedule_adopt(d->schedule, g, e))
        return false;

    memos_retain(d->memos, g);
    (void)verdict_history_retain(d->verdict_history, g, NULL);
    probes_seen_recall(d);
    canaries_adopt(d->canaries, g);
    adopt_alerting(d);
    d->self = self_create(d);
    d->last_reload = d->started;
    d->last_reload_ok = true;
    d->file_watch = file_watch_create(d->frame.loop, on_file_change, d);
    file_watch_set(d->file_watch, &g->files);
    start_timers(d);
    d->state = DAEMON_READY;
    return true;
}

bool daemon_start(struct daemon *d, struct generation *g, struct err *e)
{
    const bool ok = start_all(d, g, e);
    if (!ok)
        take_down(d);
    return ok;
}

void daemon_run(struct daemon *d)
{
    system_notify("READY=1");
    log_info(EV("ready"), INT("probes", (int64_t)d->generation->probe_count),
             STR("address", web_address(d->web)), STR("version", HEALTHD_VERSION));
    loop_run(d->frame.loop);
    take_down(d);
}
