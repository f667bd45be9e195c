/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop, on libuv. Timers at absolute monotonic instants, readiness of
 * descriptors, signals, wake-ups from other threads; and the watch over itself: how long callbacks take.
 * Everything runs on the thread that calls loop_run; only loop_post may be called from others.
 */
#ifndef HEALTHD_CORE_LOOP_H
#define HEALTHD_CORE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"

struct uv_loop_s; /* libuv's, which only loop.c includes */
struct loop;

struct loop *loop_create(struct err *e);
void loop_run(struct loop *l); /* until loop_stop, or nothing keeps it alive */
void loop_stop(struct loop *l);
void loop_destroy(struct loop *l); /* closes what is left, then frees; takes NULL */
/* For loop.c's neighbours pool.c and spawn.c. */
struct uv_loop_s *loop_uv(struct loop *l);

/* The time of this callback: read once when it starts, cheap to ask for. */
struct mono loop_now(const struct loop *l);
struct wall loop_wall(const struct loop *l);
/* Reads the clock now: after long work, and for measuring phases. */
struct mono loop_now_exact(struct loop *l);

/* Fires once at an instant (to within 1 ms, never early). Created stopped. destroy may be called in any
 * callback, its own too. name is for lag reports and must be static. */
struct timer;
struct timer *loop_timer_create(struct loop *l, const char *name, void (*fn)(void *ctx),
                                void *ctx);
void timer_at(struct timer *t, struct mono at); /* starts or moves */
void timer_stop(struct timer *t);
void timer_destroy(struct timer *t); /* takes NULL */

enum watch_event { WATCH_READ = 1, WATCH_WRITE = 2, WATCH_ERROR = 4 };
/* Readiness of a descriptor the caller owns. Destroy before closing it. POLLERR arrives as WATCH_ERROR
 * together with whatever was asked for. */
struct watch;
struct watch *loop_watch_create(struct loop *l, const char *name, int fd,
                                void (*fn)(void *ctx, int events), void *ctx);
void watch_set(struct watch *w, int events); /* 0 stops */
/* The same descriptor has a new owner. */
void watch_redirect(struct watch *w, const char *name, void (*fn)(void *ctx, int events),
                    void *ctx);
void watch_destroy(struct watch *w); /* takes NULL */

/* Calls fn on the loop, later in this turn or the next: for leaving a deep stack. */
void loop_defer(struct loop *l, const char *name, void (*fn)(void *ctx), void *ctx);
/* The same from any thread. */
void loop_post(struct loop *l, const char *name, void (*fn)(void *ctx), void *ctx);
/* What was deferred or posted with this ctx will not be called; for destructors. */
void loop_forget(struct loop *l, const void *ctx);
/* Keeps loop_run going while something is under way that no timer or watch stands for. */
void loop_hold(struct loop *l);
void loop_release(struct loop *l);
/* Signals, delivered on the loop; several functions may ask for one. Making a loop ignores SIGPIPE. */
void loop_on_signal(struct loop *l, int signal, void (*fn)(void *ctx, int signal),
                    void *ctx);

#define LOOP_SLOW_CALLBACK (5 * NSEC_PER_MSEC)
struct loop_stats {
    nsec worst_callback; /* since the last loop_stats_take */
    const char *worst_name;
    uint64_t slow_callbacks; /* over LOOP_SLOW_CALLBACK, ever */
    nsec worst_lag;          /* the latest timer, since the last take */
    uint64_t turns;
};
struct loop_stats loop_stats_peek(const struct loop *l);
struct loop_stats loop_stats_take(struct loop *l); /* and starts new worst values */

#endif
