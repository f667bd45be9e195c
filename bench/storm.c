/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long the loop is held when one rule fires on thousands of series at once, or the packs' rules on as many probes, and
 * when they all end: the real engine on a real loop, its pool and alerts.db, receivers that take everything. Prints a line a
 * phase: "phase worst_ms slow name took_ms firing sent", and exits with 1 when what should have happened did not. Called by
 * bench/rules.py. Arguments: series (5000); how: webhook (one group of all), slack (a group an alert), pagerduty (a lane an
 * alert), digest (critical), probes (as many that go down, a verdict a callback).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/engine.h"
#include "collector/target.h"
#include "lib/base/log.h"
#include "lib/config/generation.h"
#include "lib/core/batch.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"

struct bench {
    struct loop *loop;
    struct pool *pool;
    struct timer *timer, *end;
    struct secrets *secrets;
    struct frame frame;
    struct generation *generation;
    struct engine *engine;
    struct history_owner **owners; /* of its probes */
    struct mono armed;
    size_t series, sent;
    bool is_of_probes; /* else of one probe's series */
    size_t told;       /* probes whose verdict is in */
    double value;      /* that they are told */
    bool has_failed;
};

static void wake(void *ctx, struct wall at)
{
    struct bench *b = ctx;
    const nsec sleep = at.ns - loop_wall(b->loop).ns;
    const struct mono then = mono_add(loop_now(b->loop), sleep > 0 ? sleep : 0);
    if (b->armed.ns && b->armed.ns <= then.ns)
        return;
    b->armed = then;
    timer_at(b->timer, then);
}

static void on_timer(void *ctx)
{
    struct bench *b = ctx;
    b->armed = (struct mono){0};
    engine_advance(b->engine, loop_wall(b->loop));
}

static bool submit(void *ctx, const char *name, void (*work)(void *job),
                   void (*done)(void *job), void *job)
{
    return pool_submit(((struct bench *)ctx)->pool, name, work, done, job) != NULL;
}

static void *send_letter(void *ctx, struct arena *arena, const struct request *request,
                         void (*done)(void *done_ctx, const struct reply *reply),
                         void *done_ctx)
{
    ((struct bench *)ctx)->sent++;
    done(done_ctx, &(struct reply){.status = 202});
    return NULL;
}

static void cancel(void *ctx, void *sending)
{
}

static enum probe_phase phase(void *ctx, const char *probe, struct wall *ret_since)
{
    *ret_since = (struct wall){0};
    return PROBE_UP;
}

static const char *const *depends_on(void *ctx, const char *probe)
{
    return NULL;
}

static void run(void *ctx, const char *probe)
{
}

static void stop(void *ctx)
{
    loop_stop(((struct bench *)ctx)->loop);
}

#define LOOK_EVERY (5 * NSEC_PER_MSEC)
#define PHASE_MAX (60 * NSEC_PER_SEC)

/* Runs the loop until so many fire and everything is on disk, and a while longer. */
static void pass(struct bench *b, const char *what, size_t firing, nsec least)
{
    (void)loop_stats_take(b->loop);
    const uint64_t slow = loop_stats_peek(b->loop).slow_callbacks;
    const struct mono begun = loop_now_exact(b->loop);
    nsec took = 0;
    bool is_there = false;
    for (nsec passed = 0; passed < least || (!is_there && passed < PHASE_MAX);
         passed = mono_since(loop_now_exact(b->loop), begun)) {
        timer_at(b->end, mono_add(loop_now_exact(b->loop), LOOK_EVERY));
        loop_run(b->loop);
        if (is_there || b->told < b->generation->probe_count ||
            !engine_is_idle(b->engine) ||
            book_count(engine_book(b->engine), ALERT_FIRING) != firing)
            continue;
        is_there = true;
        took = mono_since(loop_now_exact(b->loop), begun);
    }
    const struct loop_stats s = loop_stats_take(b->loop);
    b->has_failed |= !is_there;
    printf("%s %.2f %llu %s took=%.0f firing=%zu sent=%zu\n", what,
           (double)s.worst_callback / NSEC_PER_MSEC,
           (unsigned long long)(s.slow_callbacks - slow),
           s.worst_name ? s.worst_name : "-", (double)took / NSEC_PER_MSEC,
           book_count(engine_book(b->engine), ALERT_FIRING), b->sent);
}

static void tell_many(struct bench *b, const struct verdict *v)
{
    struct arena *arena = arena_create(0);
    struct batch *batch = batch_create(arena);
    const char *const labels[] = {"shard", NULL};
    const struct metric *m = batch_metric(batch, "many", METRIC_GAUGE, "", labels);
    for (size_t i = 0; i < b->series; i++) {
        const char *shard = arena_printf(arena, "s%zu", i);
        batch_add(batch, batch_group(batch, ""), m, &shard, (struct labels){0}, b->value);
    }
    engine_verdict(b->engine, b->owners[0], v, batch, loop_wall(b->loop));
    arena_destroy(arena);
}

static struct verdict verdict_of(struct bench *b, size_t probe, bool is_down)
{
    const struct wall now = loop_wall(b->loop);
    return (struct verdict){.probe = b->generation->probes[probe],
                            .origin = ORIGIN_SCHEDULED,
                            .due = now,
                            .started = now,
                            .health = is_down ? HEALTH_DOWN : HEALTH_UP,
                            .confirmed = is_down ? HEALTH_DOWN : HEALTH_UP,
                            .changed = true,
                            .detail = is_down ? "nothing listens there" : "",
                            .address = ""};
}

/* One probe's run has ended; then the next one's. */
static void tell_next(void *ctx)
{
    static const char *const none[] = {NULL}, *const labels[] = {"pack", "reason", NULL};
    static const char *const refused[] = {"", "refused"};
    struct bench *b = ctx;
    struct arena *arena = arena_create(0);
    struct batch *batch = batch_create(arena);
    struct batch_group *g = batch_group(batch, "");
    const struct verdict v = verdict_of(b, b->told, b->value != 0);
    batch_add(batch, g, batch_metric(batch, "probe_success", METRIC_GAUGE, "", none),
              NULL, (struct labels){0}, b->value == 0);
    batch_add(batch, g,
              batch_metric(batch, "probe_duration_seconds", METRIC_GAUGE, "", none), NULL,
              (struct labels){0}, 0.001);
    if (b->value != 0)
        batch_add(batch, g,
                  batch_metric(batch, "probe_failure_info", METRIC_GAUGE, "", labels),
                  refused, (struct labels){0}, 1);
    engine_verdict(b->engine, b->owners[b->told++], &v, batch, loop_wall(b->loop));
    arena_destroy(arena);
    if (b->told < b->series)
        loop_defer(b->loop, "verdict", tell_next, b);
}

static void tell(struct bench *b, double value)
{
    b->value = value;
    b->told = 0;
    if (b->is_of_probes) {
        loop_defer(b->loop, "verdict", tell_next, b);
        return;
    }
    const struct verdict v = verdict_of(b, b->told++, false);
    tell_many(b, &v);
    evaluation_touch_all(engine_evaluation(b->engine));
    wake(b, loop_wall(b->loop));
}

static void add_probes(const struct bench *b, struct buf *text)
{
    buf_printf(text, "packs: {probes: %s}\nprobes: [{name: p, tcp: 'p:1'}",
               b->is_of_probes ? "true" : "false");
    for (size_t i = 1; b->is_of_probes && i < b->series; i++)
        buf_printf(text, ", {name: p%zu, tcp: 'p:1'}", i);
    buf_add_text(text, "]\n");
}

static struct generation *configuration(struct bench *b, const char *how)
{
    struct buf text = BUF_MAX(1 << 22), why = BUF_MAX(1 << 16);
    struct arena *arena = arena_create(0);
    struct diag *diag = diag_create(arena);
    const bool is_paging = !strcmp(how, "pagerduty") || !strcmp(how, "digest");
    buf_printf(&text,
               "receivers: {to: {%s}}\nroute: {receiver: to, group_wait: 0s%s}\n"
               "rules: [{alert: Many, expr: many == 1, "
               "labels: {severity: %s}, annotations: {summary: '{{ $labels.shard }} is "
               "{{ $value }}'}}]\n",
               is_paging ? "pagerduty: {routing_key: 0123456789abcdef0123456789abcdef}"
               : !strcmp(how, "slack") ? "slack: {webhook_url: 'http://to/'}"
                                       : "webhook: {url: 'http://to/'}",
               strcmp(how, "slack") != 0 ? "" : ", group_by: [shard]",
               strcmp(how, "digest") != 0 ? "warning" : "critical");
    add_probes(b, &text);
    struct generation *g = generation_parse("bench", buf_bytes(&text), b->secrets, diag);
    if (!g) {
        diag_render(diag, &why, false);
        fprintf(stderr, "%s\n", buf_text(&why));
        exit(1);
    }
    buf_finish(&text);
    buf_finish(&why);
    arena_destroy(arena);
    return g;
}

static void own(struct bench *b)
{
    struct arena *arena = arena_create(0);
    b->owners = calloc(b->generation->probe_count, sizeof(struct history_owner *));
    for (size_t i = 0; b->owners && i < b->generation->probe_count; i++)
        b->owners[i] = engine_owner(
            b->engine, target_labels(b->generation->probes[i], &b->frame, arena));
    arena_destroy(arena);
}

static void quiet(void *ctx, struct buf *line)
{
}

int main(int argc, char **argv)
{
    struct err e = {0};
    char folder[] = "/tmp/healthd-storm-XXXXXX";
    struct bench b = {.series = argc > 1 ? strtoul(argv[1], NULL, 10) : 5000};
    log_to(quiet, NULL);
    b.loop = loop_create(&e);
    b.pool = pool_create(b.loop, 2);
    b.secrets = secrets_create();
    b.frame.secrets = b.secrets;
    b.is_of_probes = argc > 2 && !strcmp(argv[2], "probes");
    b.generation = configuration(&b, argc > 2 ? argv[2] : "webhook");
    b.timer = loop_timer_create(b.loop, "alerting", on_timer, &b);
    b.end = loop_timer_create(b.loop, "end", stop, &b);
    const struct engine_io io = {
        .loop = b.loop,
        .state_path = mkdtemp(folder),
        .offload = {&b, submit},
        .transport = {&b, send_letter, cancel},
        .secrets = b.secrets,
        .probes = {.ctx = &b, .phase = phase, .depends_on = depends_on, .run = run},
        .wake = wake,
        .ctx = &b};
    b.engine = engine_create(&io, loop_wall(b.loop), &e);
    own(&b);
    engine_adopt(b.engine, &b.generation->alerting, loop_wall(b.loop));
    tell(&b, 0);
    pass(&b, "quiet", 0, NSEC_PER_SEC);
    tell(&b, 1);
    pass(&b, "fires", b.series, NSEC_PER_SEC);
    tell(&b, 1);
    pass(&b, "goes_on", b.series, 3 * NSEC_PER_SEC);
    tell(&b, 0);
    const size_t kept = b.is_of_probes ? b.series : 0; /* ProbeDown's keep_firing_for */
    pass(&b, "ends", kept, NSEC_PER_SEC);
    engine_stop(b.engine, loop_wall(b.loop));
    pass(&b, "stops", kept, NSEC_PER_SEC);
    engine_destroy(b.engine, loop_wall(b.loop));
    timer_destroy(b.timer);
    timer_destroy(b.end);
    pool_destroy(b.pool, NSEC_PER_SEC);
    loop_destroy(b.loop);
    return b.has_failed;
}
