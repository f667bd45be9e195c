/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop itself: made, run, ended; the time of a callback; and the measure of every callback, so
 * that one that holds the loop too long has a name. Called by main, healthctl and tests.
 * Timers, watches and queues are in loop_timer.c, loop_watch.c and loop_queue.c.
 */
#include "lib/core/loop.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>

#include "lib/base/memory.h"
#include "lib/core/loop_impl.h"

void loop_begin_at(struct loop *l, struct mono now)
{
    l->now = now;
    l->is_inside = true;
    if (mono_since(now, l->wall_at) >= NSEC_PER_MSEC) {
        l->wall = wall_read();
        /* Not `now`, which may be long ago: the thread can have been put aside in between. */
        l->wall_at = mono_read();
    }
}

void loop_begin(struct loop *l)
{
    loop_begin_at(l, mono_read());
}

struct mono loop_end(struct loop *l, const char *name)
{
    const struct mono end = mono_read();
    const nsec took = mono_since(end, l->now);
    if (took > l->stats.worst_callback) {
        l->stats.worst_callback = took;
        l->stats.worst_name = name;
    }
    if (took > LOOP_SLOW_CALLBACK)
        l->stats.slow_callbacks++;
    l->is_inside = false;
    return end;
}

/* The one referenced handle is the wake-up, so libuv asks only whether our count is zero. */
void loop_alive(struct loop *l, int change)
{
    const bool was = l->alive > 0;
    assert(change > 0 || l->alive >= (size_t)-change);
    l->alive += (size_t)change;
    if (l->is_closing || was == (l->alive > 0))
        return;
    if (was)
        uv_unref((uv_handle_t *)&l->wake);
    else
        uv_ref((uv_handle_t *)&l->wake);
}

void loop_hold(struct loop *l)
{
    loop_alive(l, 1);
}

void loop_release(struct loop *l)
{
    loop_alive(l, -1);
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct loop *l = prepare->data;
    l->stats.turns++;
    loop_timers_arm(l);
}

struct loop *loop_create(struct err *e)
{
    struct loop *l = memory_take(sizeof(*l));
    *l = (struct loop){0};
    const int failed = uv_loop_init(&l->uv);
    if (failed) {
        err_set(e, "cannot make an event loop: %s (is the limit of open files reached?)",
                uv_strerror(failed));
        free(l);
        return NULL;
    }
    /* A peer that is gone is an error code of the write, not the end of the process. */
    signal(SIGPIPE, SIG_IGN);
    l->wall = wall_read();
    l->wall_at = mono_read();
    uv_prepare_init(&l->uv, &l->prepare);
    l->prepare.data = l;
    uv_prepare_start(&l->prepare, on_prepare);
    uv_unref((uv_handle_t *)&l->prepare);
    if (!loop_queue_init(l, e) || !loop_watches_init(l, e) || !loop_timers_init(l, e)) {
        loop_destroy(l);
        return NULL;
    }
    return l;
}

void loop_run(struct loop *l)
{
    uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *l)
{
    uv_stop(&l->uv);
}

static void close_handle(uv_handle_t *handle, void *ctx)
{
    (void)ctx;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void loop_destroy(struct loop *l)
{
    if (!l)
        return;
    l->is_closing = true;
    uv_walk(&l->uv, close_handle, NULL);
    /* A loop_stop that no loop_run has seen ends the first of these. */
    while (uv_run(&l->uv, UV_RUN_DEFAULT))
        continue;
    const int busy = uv_loop_close(&l->uv);
    assert(busy == 0);
    (void)busy;
    loop_timers_finish(l);
    loop_watches_finish(l);
    loop_queue_finish(l);
    free(l);
}

struct uv_loop_s *loop_uv(struct loop *l)
{
    return &l->uv;
}

struct mono loop_now(const struct loop *l)
{
    return l->is_inside ? l->now : mono_read();
}

struct wall loop_wall(const struct loop *l)
{
    return l->is_inside ? wall_add(l->wall, mono_since(l->now, l->wall_at)) : wall_read();
}

struct mono loop_now_exact(struct loop *l)
{
    (void)l;
    return mono_read();
}

struct loop_stats loop_stats_peek(const struct loop *l)
{
    return l->stats;
}

struct loop_stats loop_stats_take(struct loop *l)
{
    const struct loop_stats taken = l->stats;
    l->stats.worst_callback = 0;
    l->stats.worst_name = NULL;
    l->stats.worst_lag = 0;
    return taken;
}
