/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine asks of its surroundings, each a small function: wake me, compute this, hold the generation, what
 * time is it; and the way back: verdicts shifted to the engine's clock. Made by daemon.c. Knows no rule and no route.
 */
#include "collector/engine_host.h"

#include <stdlib.h>
#include <string.h>

#include "collector/daemon.h"
#include "collector/engine_metrics.h"
#include "collector/knock.h"
#include "collector/probes_seen.h"
#include "collector/self_history.h"
#include "collector/steady.h"
#include "collector/target.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"

/* The clock may be set at any time: nothing is waited for longer than this without a look. */
#define LONGEST_SLEEP (5 * NSEC_PER_SEC)

struct owner_change { /* while a generation is taken over; owners NULL: none is */
    struct history_owner **owners;
    size_t made, looked_at; /* of them; of the former */
    struct wall at;
};

struct engine_host {
    struct daemon *daemon;
    struct engine *engine;
    struct timer *timer;
    struct mono armed; /* 0: it is not */
    struct steady steady;
    uint64_t clock_steps;
    struct history_owner **owners; /* of the adopted probes */
    size_t owner_count;
    struct owner_change change;
    const struct generation *prepared; /* about to be adopted; NULL: none is */
    bool is_paused;
    struct self_history *self;
    struct engine_metrics *metrics;
};

/* ---- time ---- */

struct wall engine_host_now(struct engine_host *h)
{
    const struct loop *l = h->daemon->frame.loop;
    nsec step = 0;
    const struct wall now = steady_now(&h->steady, loop_now(l), loop_wall(l), &step);
    if (step) {
        h->clock_steps++;
        log_warning(EV("clock was set"), DUR("by", step),
                    STR("effect", step < 0 ? "alerting waits for it at half speed"
                                           : "alerting follows it"));
    }
    return now;
}

uint64_t engine_host_clock_steps(const struct engine_host *h)
{
    return h->clock_steps;
}

static void wake(void *ctx, struct wall at)
{
    struct engine_host *h = ctx;
    const struct mono now = loop_now(h->daemon->frame.loop);
    nsec sleep = at.ns - engine_host_now(h).ns;
    sleep = sleep < 0 ? 0 : sleep > LONGEST_SLEEP ? LONGEST_SLEEP : sleep;
    const struct mono then = mono_add(now, sleep);
    if (h->armed.ns && h->armed.ns <= then.ns)
        return;
    h->armed = then;
    timer_at(h->timer, then);
}

static void on_timer(void *ctx)
{
    struct engine_host *h = ctx;
    h->armed = (struct mono){0};
    if (!h->is_paused)
        engine_advance(h->engine, engine_host_now(h));
}

/* ---- what the engine is given ---- */

static bool submit(void *ctx, const char *name, void (*work)(void *job),
                   void (*done)(void *job), void *job)
{
    const struct engine_host *h = ctx;
    return pool_submit(h->daemon->frame.pool, name, work, done, job) != NULL;
}

static void *hold(void *ctx)
{
    const struct engine_host *h = ctx;
    return generation_ref(h->daemon->generation);
}

static void release(void *ctx, void *held)
{
    generation_unref(held);
}

static bool is_config_accepted(void *ctx)
{
    const struct engine_host *h = ctx;
    return h->daemon->last_reload_ok;
}

struct engine_host *engine_host_create(struct daemon *d, const char *state_path,
                                       struct err *e)
{
    struct engine_host *h = calloc(1, sizeof(*h));
    if (!h)
        abort();
    h->daemon = d;
    h->timer = loop_timer_create(d->frame.loop, "alerting", on_timer, h);
    const struct engine_io io = {
        .loop = d->frame.loop,
        .state_path = state_path,
        .offload = {h, submit},
        .transport = transport_fetch(d->frame.fetcher),
        .knock = knock_dial(&d->frame),
        .secrets = d->frame.secrets,
        .probes = probes_seen(d),
        .wake = wake,
        .hold = hold,
        .release = release,
        .is_config_accepted = is_config_accepted,
        .ctx = h,
    };
    h->engine = engine_create(&io, engine_host_now(h), e);
    if (!h->engine) {
        engine_host_destroy(h);
        return NULL;
    }
    h->metrics = engine_metrics_create(h, d->registry);
    h->self = self_history_create(d, engine_history(h->engine), h);
    return h;
}

/* ---- probes ---- */

static int by_address(const void *a, const void *b)
{
    const uintptr_t x = (uintptr_t) * (void *const *)a,
                    y = (uintptr_t) * (void *const *)b;
    return x < y ? -1 : x > y;
}

static void change_begin(struct engine_host *h, size_t count)
{
    h->change = (struct owner_change){
        .owners = memory_take((count + 1) * sizeof(struct history_owner *)),
        .at = engine_host_now(h)};
}

static void change_end(struct engine_host *h, size_t count)
{
    free(h->owners);
    h->owners = h->change.owners;
    h->owner_count = count;
    h->change.owners = NULL;
}

static void own(struct engine_host *h, struct tracked *t, struct frame *f)
{
    struct arena *arena = arena_create(0);
    t->history = engine_owner(h->engine, target_labels(t->probe, f, arena));
    h->change.owners[h->change.made++] = t->history;
    arena_destroy(arena);
}

/* All of them end at one time, whatever they take. */
static void end_if_absent(struct engine_host *h, struct history_owner *owner,
                          size_t count)
{
    if (!bsearch(&owner, h->change.owners, count, sizeof(struct history_owner *),
                 by_address))
        engine_owner_end(h->engine, owner, h->change.at);
}

/* True when all owners are those of the probes. */
static bool change_go(struct engine_host *h, struct tracked *const *probes, size_t count,
                      struct frame *f, const struct slice *slice)
{
    struct owner_change *c = &h->change;
    for (; c->made < count; own(h, probes[c->made], f)) {
        if (slice_is_over(slice))
            return false;
    }
    if (c->looked_at == 0)
        qsort(c->owners, count, sizeof(struct history_owner *), by_address);
    while (c->looked_at < h->owner_count) {
        if (slice_is_over(slice))
            return false;
        end_if_absent(h, h->owners[c->looked_at++], count);
    }
    change_end(h, count);
    return true;
}

void engine_host_pause(struct engine_host *h)
{
    h->is_paused = true;
}

void engine_host_resume(struct engine_host *h)
{
    h->is_paused = false;
    wake(h, engine_host_now(h));
}

bool engine_host_is_quiet(const struct engine_host *h)
{
    return engine_is_quiet(h->engine);
}

bool engine_host_prepare(struct engine_host *h, const struct generation *g,
                         struct tracked *const *probes, struct frame *f,
                         const struct slice *slice)
{
    if (h->prepared != g) {
        change_begin(h, g->probe_count);
        h->prepared = g;
    }
    if (h->change.owners && !change_go(h, probes, g->probe_count, f, slice))
        return false;
    return engine_prepare(h->engine, &g->alerting, slice);
}

void engine_host_adopt(struct engine_host *h, const struct generation *g)
{
    h->prepared = NULL;
    engine_adopt(h->engine, &g->alerting, engine_host_now(h));
    engine_host_resume(h);
}

/* The verdict's times are the wall clock's; alerting's may be ahead of it. */
static struct verdict shifted_to(struct engine_host *h, const struct verdict *v,
                                 struct wall now)
{
    const nsec ahead = now.ns - loop_wall(h->daemon->frame.loop).ns;
    struct verdict shifted = *v;
    shifted.due = wall_add(v->due, ahead);
    shifted.started = wall_add(v->started, ahead);
    return shifted;
}

void engine_host_publish(struct engine_host *h, struct tracked *t,
                         const struct verdict *v, const struct batch *b,
                         struct history_publication *ret_samples)
{
    const struct verdict shifted = shifted_to(h, v, engine_host_now(h));
    engine_publish(h->engine, t->history, &shifted, b, ret_samples);
}

void engine_host_observe(struct engine_host *h, struct tracked *t,
                         const struct verdict *v, const struct batch *b)
{
    const struct wall now = engine_host_now(h);
    const struct verdict shifted = shifted_to(h, v, now);
    engine_observe(h->engine, t->history, &shifted, b, now);
}

/* ---- the end ---- */

void engine_host_stop(struct engine_host *h)
{
    engine_stop(h->engine, engine_host_now(h));
    timer_stop(h->timer);
}

bool engine_host_is_idle(const struct engine_host *h)
{
    return !h || engine_is_idle(h->engine);
}

void engine_host_destroy(struct engine_host *h)
{
    if (!h)
        return;
    self_history_destroy(h->self);
    if (h->engine)
        engine_destroy(h->engine, engine_host_now(h));
    engine_metrics_destroy(h->metrics);
    timer_destroy(h->timer);
    free(h->change.owners);
    free(h->owners);
    free(h);
}

void engine_host_refresh_metrics(struct engine_host *h)
{
    engine_metrics_refresh(h->metrics);
}

struct engine *engine_host_engine(struct engine_host *h)
{
    return h->engine;
}
