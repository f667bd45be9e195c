/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop's inside, shared by loop.c, loop_timer.c, loop_watch.c and loop_queue.c; nobody else
 * includes it. One uv_timer serves all timers (a heap of our own), one nested epoll descriptor
 * serves all watches, so that a probe costs no libuv handle and no system call for one.
 */
#ifndef HEALTHD_CORE_LOOP_IMPL_H
#define HEALTHD_CORE_LOOP_IMPL_H

#include <pthread.h>
#include <uv.h>

#include "lib/base/heap.h"
#include "lib/core/loop.h"
#include "lib/core/slab.h"

/* One turn gives timers, watches or posts at most this long before the others have theirs. */
#define LOOP_SLICE (2 * NSEC_PER_MSEC)

struct deferred;
struct signal_handler;

struct loop {
    uv_loop_t uv;
    bool is_inside; /* one of our callbacks runs */
    bool is_closing;
    /* what keeps loop_run going: armed timers, set watches, deferred, holds */
    size_t alive;
    struct mono now; /* of the running callback */
    struct mono wall_at;
    struct wall wall; /* read at wall_at */
    struct loop_stats stats;

    uv_prepare_t prepare; /* arms the one timer, counts turns */
    uv_timer_t uv_timer;
    struct heap timers;
    struct slab timer_slab;

    int epoll_fd;
    uv_poll_t poll; /* of epoll_fd */
    struct slab watch_slab;
    /* destroyed while events that may name them are being handed out */
    struct watch *dead;
    bool is_dispatching;

    uv_idle_t idle; /* active while something is deferred */
    struct slab deferred_slab;
    struct deferred *deferred_first, **deferred_last;

    int wake_fd;
    uv_poll_t wake; /* of wake_fd; referenced while alive > 0 */
    pthread_mutex_t posts_lock;
    struct post *posts_first, **posts_last; /* under posts_lock */
    struct signal_handler *signals;
};

/* Around every callback: sets the time, then measures. begin_at starts where the last one ended. */
void loop_begin(struct loop *l);
void loop_begin_at(struct loop *l, struct mono now);
struct mono loop_end(struct loop *l, const char *name);
void loop_alive(struct loop *l, int change);

bool loop_timers_init(struct loop *l, struct err *e);
void loop_timers_arm(struct loop *l); /* before each poll */
void loop_timers_finish(struct loop *l);
bool loop_watches_init(struct loop *l, struct err *e);
void loop_watches_finish(struct loop *l);
bool loop_queue_init(struct loop *l, struct err *e);
void loop_queue_finish(struct loop *l);

#endif
