/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocking work that may never come back, such as asking a file system: one piece at a time for a session, on a thread of
 * its own. A run that waits no more leaves it alone with its memory; until it is back, later runs see that it is out.
 * Part of a type's session. Loop thread, but for work.
 */
#ifndef HEALTHD_CORE_ERRAND_H
#define HEALTHD_CORE_ERRAND_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"

struct frame;
struct run;
struct trip;

struct errand {
    const char *name;
    struct frame *frame;
    struct trip *trip; /* NULL: nobody is out */
};

/* In the type's open. name is the type's, for reports of slow callbacks. */
void errand_init(struct errand *e, const char *name, struct frame *f);
/* In the type's close: whoever is still out comes back to nobody, and its arena ends then. end(kept) is called when no
 * thread can use what the session lent to it any more: at once, or then. end and kept may be NULL. */
void errand_finish(struct errand *e, void (*end)(void *kept), void *kept);

bool errand_is_out(const struct errand *e);
/* Whether this run waits for it. */
bool errand_is_for(const struct errand *e, const struct run *run);
/* How long ago it was sent; 0: nobody is out. */
nsec errand_out_for(const struct errand *e, struct mono now);

/* True when an earlier run's errand is still at path: the run is answered with down, and `hung`. */
bool errand_hangs(const struct errand *e, struct run *run, const char *path);
/* Sends work(ctx) away; back(run, ctx) is called once on the loop unless the run stops waiting before. arena holds ctx
 * and all that work touches: it becomes the run's when back is called, and ends when work does otherwise. Nobody may be
 * out. False: there is no thread; the run is answered with unknown, and arena has ended. */
bool errand_send(struct errand *e, struct run *run, struct arena *arena,
                 void (*work)(void *ctx), void (*back)(struct run *run, void *ctx),
                 void *ctx);
/* In the type's cancel: this run waits no more. Nothing when it does not wait for this errand. */
void errand_forsake(struct errand *e, const struct run *run);

#endif
