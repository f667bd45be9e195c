/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers: a heap of absolute instants served by one uv_timer that is set anew before each poll.
 * Starting, moving and stopping one is a heap operation, no libuv call. Never fires early: libuv's
 * milliseconds only decide when to look, our nanoseconds decide what is due.
 */
#include <assert.h>

#include "lib/core/loop_impl.h"

struct timer {
    struct heap_item item; /* key: nanoseconds of struct mono */
    struct loop *loop;
    const char *name;
    void (*fn)(void *ctx);
    void *ctx;
};

struct timer *loop_timer_create(struct loop *l, const char *name, void (*fn)(void *ctx),
                                void *ctx)
{
    struct timer *t = slab_take(&l->timer_slab);
    t->loop = l;
    t->name = name;
    t->fn = fn;
    t->ctx = ctx;
    return t;
}

void timer_at(struct timer *t, struct mono at)
{
    if (!t->item.place)
        loop_alive(t->loop, 1);
    heap_put(&t->loop->timers, &t->item, at.ns);
}

void timer_stop(struct timer *t)
{
    if (!t->item.place)
        return;
    heap_remove(&t->loop->timers, &t->item);
    loop_alive(t->loop, -1);
}

void timer_destroy(struct timer *t)
{
    if (!t)
        return;
    timer_stop(t);
    slab_return(&t->loop->timer_slab, t);
}

/* Timers that are due now, but no longer than a slice: what is left has its turn after the I/O. */
static void timers_fire(struct loop *l)
{
    struct mono now = mono_read();
    const struct mono started = now;
    for (size_t budget = l->timers.count; budget > 0; budget--) {
        struct heap_item *first = heap_first(&l->timers);
        if (!first || first->key > now.ns || mono_since(now, started) > LOOP_SLICE)
            return;
        struct timer *t = CONTAINER_OF(first, struct timer, item);
        const char *name = t->name;
        const nsec late = now.ns - first->key;
        if (late > l->stats.worst_lag)
            l->stats.worst_lag = late;
        timer_stop(t);
        loop_begin_at(l, now);
        t->fn(t->ctx);
        now = loop_end(l, name);
    }
}

static void on_uv_timer(uv_timer_t *uv_timer)
{
    timers_fire(uv_timer->data);
}

void loop_timers_arm(struct loop *l)
{
    const struct heap_item *first = heap_first(&l->timers);
    if (!first) {
        uv_timer_stop(&l->uv_timer);
        return;
    }
    const nsec left = first->key - mono_read().ns;
    const uint64_t ms =
        left > 0 ? (uint64_t)((left + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC) : 0;
    uv_timer_start(&l->uv_timer, on_uv_timer, ms, 0);
}

bool loop_timers_init(struct loop *l, struct err *e)
{
    (void)e;
    l->timer_slab.item_size = sizeof(struct timer);
    uv_timer_init(&l->uv, &l->uv_timer);
    l->uv_timer.data = l;
    uv_unref((uv_handle_t *)&l->uv_timer);
    return true;
}

void loop_timers_finish(struct loop *l)
{
    heap_finish(&l->timers);
    slab_finish(&l->timer_slab);
}
