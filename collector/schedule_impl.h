/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the schedule, for schedule.c (when to run), tracked.c (one probe) and adoption.c (who is tracked);
 * nobody else includes it. */
#ifndef HEALTHD_COLLECTOR_SCHEDULE_IMPL_H
#define HEALTHD_COLLECTOR_SCHEDULE_IMPL_H

#include "collector/schedule.h"
#include "lib/core/loop.h"

struct schedule {
    struct frame *frame;
    struct runner *runner;
    struct registry *registry;
    schedule_publish *publish;
    void *ctx;
    const struct memos *memos; /* may be NULL */
    struct generation *generation;
    struct tracked **tracked; /* in order of configuration */
    size_t count;
    struct map *by_name; /* the same */
    struct heap heap;
    struct timer *timer;
    struct mono started; /* zero of every grid */
    struct schedule_stats stats;
    bool is_stopped;
};

struct pinned { /* what one run keeps alive: its configuration and its probe's session */
    struct generation *generation;
    struct tracked *tracked;
};

struct tracked *tracked_create(struct schedule *s, const struct probe *probe,
                               struct err *e);
void tracked_hold(struct tracked *t);
void tracked_release(struct tracked *t);  /* the last one frees it */
void tracked_set_grid(struct tracked *t); /* when it is adopted: from now on */
/* Its own series: those of a changed probe of the same name have ended before. */
void tracked_open_series(struct tracked *t);
/* Cancels its run, ends its series; nothing is published of it any more. */
void tracked_end(struct tracked *t);
/* The same, and out of the schedule; freed when nothing holds it any more. */
void tracked_remove(struct tracked *t);
void tracked_place(struct tracked *t); /* into the heap, by its earliest reason to run */
struct mono tracked_next_slot(const struct tracked *t, struct mono now); /* after now */
void tracked_on_wake(void *ctx, struct session *session, enum wake why);

#endif
