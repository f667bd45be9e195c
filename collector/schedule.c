/* SPDX-License-Identifier: Apache-2.0 */
/* See schedule.h. Slots are `start + offset + k * interval` for ever: a late run does not move the next. */
#include "collector/schedule.h"

#include <assert.h>

#include "collector/schedule_impl.h"
#include "lib/core/loop.h"

/* One turn starts at most this many runs, so that a herd cannot hold the loop. */
#define STARTS_PER_TURN 32

struct waiter {
    struct list link;
    void (*done)(void *ctx);
    void *ctx;
};

static void arm(struct schedule *s)
{
    const struct heap_item *first = heap_first(&s->heap);
    if (first && !s->is_stopped)
        timer_at(s->timer, (struct mono){first->key});
    else
        timer_stop(s->timer);
}

static int64_t earliest(const struct tracked *t)
{
    int64_t key = t->due.ns;
    if (t->retry_at.ns && t->retry_at.ns < key)
        key = t->retry_at.ns;
    if (t->event_at.ns && t->event_at.ns < key)
        key = t->event_at.ns;
    return key;
}

void tracked_place(struct tracked *t)
{
    if (!t->is_removed && t->is_adopted)
        heap_put(&t->schedule->heap, &t->item, earliest(t));
    arm(t->schedule);
}

struct mono tracked_next_slot(const struct tracked *t, struct mono now)
{
    const nsec interval = t->probe->interval;
    const int64_t base = t->schedule->started.ns + t->offset;
    const int64_t passed = now.ns < base ? -1 : (now.ns - base) / interval;
    return (struct mono){base + (passed + 1) * interval};
}

static void tell_waiters(struct tracked *t)
{
    struct list told;
    list_init(&told);
    LIST_EACH (link, &t->waiters) {
        list_remove(link);
        list_append(&told, link);
    }
    LIST_EACH (link, &told) {
        struct waiter *w = LIST_ITEM(link, struct waiter, link);
        list_remove(link);
        w->done(w->ctx);
        free(w);
    }
}

/* The runner has let go of everything of a run: only now may its configuration end. */
static void on_gone(void *ctx)
{
    struct pinned *pinned = ctx;
    struct tracked *t = pinned->tracked;
    generation_unref(pinned->generation);
    free(pinned);
    tracked_release(t);
}

static void on_done(void *ctx, struct verdict *v, struct batch *b)
{
    struct tracked *t = ((struct pinned *)ctx)->tracked;
    struct schedule *s = t->schedule;
    const struct mono now = loop_now_exact(s->frame->loop);

    t->is_running = false;
    if (!t->is_removed && !s->is_stopped) {
        t->runs++;
        s->stats.runs++;
        s->publish(s->ctx, t, v, b);
        if (t->probe->watch &&
            watching_wants(&t->watching, v, t->probe->retry_interval, now))
            watching_hold(&t->watching, t->probe, t->session);
        if (t->event_missed && v->health == HEALTH_UP)
            t->event_at = now;
        t->event_missed = false;
        t->retry_at = state_is_unconfirmed(&t->state) || v->health == HEALTH_UNKNOWN
                          ? mono_add(now, t->probe->retry_interval)
                          : (struct mono){0};
        tracked_place(t);
    }
    t->run = NULL;
    tell_waiters(t);
}

/* A steady probe is traced now and then, so that there is a last good run to compare with: twice a minute, and one that
 * is asked more seldom each time, since what is shown as the last good run must not be long before the end of it. */
#define TRACED_WITHIN (30 * NSEC_PER_SEC)
#define TRACED_EVERY 16

static bool wants_trace(const struct tracked *t)
{
    const nsec slots = TRACED_WITHIN / t->probe->interval;
    const uint64_t every = slots < 1              ? 1
                           : slots < TRACED_EVERY ? (uint64_t)slots
                                                  : TRACED_EVERY;
    return t->state.confirmed != HEALTH_UP || state_is_unconfirmed(&t->state) ||
           t->runs % every == 0;
}

static void start_run(struct tracked *t, enum origin origin, struct mono slot)
{
    struct schedule *s = t->schedule;
    const struct mono now = loop_now(s->frame->loop);
    struct pinned *pinned = malloc(sizeof(*pinned));
    assert(pinned);
    *pinned = (struct pinned){.generation = generation_ref(s->generation), .tracked = t};

    tracked_hold(t);
    t->is_running = true;
    struct run *run = runner_start(
        s->runner, &(struct ask){
                       .probe = t->probe,
                       .session = t->session,
                       .origin = origin,
                       .due = wall_add(loop_wall(s->frame->loop), slot.ns - now.ns),
                       .timeout = t->probe->timeout,
                       .is_traced = wants_trace(t),
                       .done = on_done,
                       .gone = on_gone,
                       .ctx = pinned,
                   });
    if (t->is_running)
        t->run = run;
}

static bool is_busy(const struct tracked *t)
{
    return t->is_running || t->session->is_draining;
}

/* Passes over slots that went by while nobody looked: a suspend, a stopped clock. */
static void move_due(struct tracked *t, struct mono now)
{
    const struct mono next = tracked_next_slot(t, now);
    const uint64_t slots = (uint64_t)((next.ns - t->due.ns) / t->probe->interval);
    if (t->is_on_grid && slots > 1) {
        t->missed += slots - 1;
        t->schedule->stats.missed_slots += slots - 1;
    }
    t->is_on_grid = true;
    t->due = next;
}

static void note_delay(struct schedule *s, nsec delay)
{
    if (delay > s->stats.worst_start_delay)
        s->stats.worst_start_delay = delay;
}

static void fire(struct tracked *t, struct mono now)
{
    const bool is_slot = mono_reached(now, t->due);
    const bool is_retry = t->retry_at.ns && mono_reached(now, t->retry_at);
    const bool is_event = t->event_at.ns && mono_reached(now, t->event_at);
    const struct mono slot = is_slot ? t->due : is_retry ? t->retry_at : now;

    if (is_slot) {
        note_delay(t->schedule, now.ns - t->due.ns);
        move_due(t, now);
    }
    t->retry_at = (struct mono){0};
    t->event_at = (struct mono){0};
    tracked_place(t);
    if (is_busy(t)) {
        /* A retry that finds a run under way has what it wants. */
        t->event_missed |= is_event;
        t->skipped += is_slot;
        t->schedule->stats.skipped_busy += is_slot;
        return;
    }
    if (!is_slot && !is_retry)
        t->event_after = mono_add(now, t->probe->retry_interval);
    start_run(t, is_slot || is_retry ? ORIGIN_SCHEDULED : ORIGIN_EVENT, slot);
}

static void on_timer(void *ctx)
{
    struct schedule *s = ctx;
    const struct mono now = loop_now(s->frame->loop);
    for (int started = 0; started < STARTS_PER_TURN && !s->is_stopped; started++) {
        struct heap_item *first = heap_first(&s->heap);
        if (!first || first->key > now.ns)
            break;
        fire(CONTAINER_OF(first, struct tracked, item), now);
    }
    arm(s);
}

void tracked_on_wake(void *ctx, struct session *session, enum wake why)
{
    struct tracked *t = ctx;
    const struct mono now = loop_now(session->frame->loop);
    if (why == WAKE_WATCH_ENDED)
        t->event_at = watching_ended(&t->watching, t->probe->retry_interval, now);
    else
        t->event_at = mono_reached(now, t->event_after) ? now : t->event_after;
    tracked_place(t);
}

void schedule_run_now(struct schedule *s, struct tracked *t, enum origin origin,
                      void (*done)(void *ctx), void *ctx)
{
    const struct mono now = loop_now(s->frame->loop);
    if (done) {
        struct waiter *w = malloc(sizeof(*w));
        assert(w);
        *w = (struct waiter){.done = done, .ctx = ctx};
        list_append(&t->waiters, &w->link);
    }
    if (t->is_running)
        return;
    if (s->is_stopped || t->is_removed || t->session->is_draining) {
        tell_waiters(t);
        return;
    }
    start_run(t, origin, now);
}

void schedule_forget_waiter(struct tracked *t, void *ctx)
{
    LIST_EACH (link, &t->waiters) {
        struct waiter *w = LIST_ITEM(link, struct waiter, link);
        if (w->ctx == ctx) {
            list_remove(link);
            free(w);
        }
    }
}

struct schedule *schedule_create(struct frame *f, struct runner *r,
                                 struct registry *registry, schedule_publish *publish,
                                 void *ctx)
{
    struct schedule *s = calloc(1, sizeof(*s));
    assert(s);
    s->frame = f;
    s->runner = r;
    s->registry = registry;
    s->publish = publish;
    s->ctx = ctx;
    s->by_name = map_create();
    s->started = loop_now(f->loop);
    s->timer = loop_timer_create(f->loop, "schedule", on_timer, s);
    return s;
}

void schedule_recall_from(struct schedule *s, const struct memos *memos)
{
    s->memos = memos;
}

void schedule_stop(struct schedule *s)
{
    s->is_stopped = true;
    arm(s);
    for (size_t i = 0; i < s->count; i++) {
        struct tracked *t = s->tracked[i];
        watching_release(&t->watching, t->session);
        if (t->run)
            runner_cancel(t->run);
    }
}

void schedule_destroy(struct schedule *s)
{
    if (!s)
        return;
    schedule_stop(s);
    for (size_t i = 0; i < s->count; i++)
        tracked_remove(s->tracked[i]);
    timer_destroy(s->timer);
    heap_finish(&s->heap);
    generation_unref(s->generation);
    map_destroy(s->by_name);
    free(s->tracked);
    free(s);
}

struct tracked *const *schedule_all(const struct schedule *s)
{
    return s->tracked;
}

struct tracked *schedule_find(const struct schedule *s, const char *name)
{
    return map_get(s->by_name, bytes_of(name));
}

size_t schedule_count(const struct schedule *s)
{
    return s->count;
}

struct tracked *schedule_at(const struct schedule *s, size_t i)
{
    assert(i < s->count);
    return s->tracked[i];
}

struct schedule_stats schedule_stats_take(struct schedule *s)
{
    const struct schedule_stats stats = s->stats;
    s->stats.worst_start_delay = 0;
    return stats;
}
