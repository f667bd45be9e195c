/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `watch: true`: an idle connection held between runs, whose end starts a run at once. An orderly close
 * that is followed by an up verdict was benign (an idle time-out); after three of those in a row the watch
 * rests for a while. A server that dies closes its connections before its listening socket: the run that follows at once may
 * still find it up. So an end soon after another is asked about again after a moment, which grows, and all of these
 * are one end. Called by the schedule alone.
 */
#ifndef HEALTHD_COLLECTOR_WATCHING_H
#define HEALTHD_COLLECTOR_WATCHING_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/core/conn.h"
#include "lib/core/session.h"
#include "lib/core/verdict.h"

struct watching {
    bool is_held;            /* a connection is being held */
    bool ended;              /* it ended; the next verdict says what that meant */
    int benign_ends;         /* in a row */
    int burst;               /* ends since one that came alone */
    struct mono last_end;    /* 0: none yet */
    struct mono rests_until; /* 0: it does not rest */
    struct arena *arena;     /* where the held connection goes to; ends with it */
    struct dial dial;
};

#define WATCHING_BENIGN_ENDS 3
#define WATCHING_REST (10 * NSEC_PER_MINUTE)
#define WATCHING_FIRST_PAUSE \
    (2 * NSEC_PER_MSEC) /* each further one is five times as long */

/* The held connection has ended: when to ask what that means. patience: the longest pause, and what two ends have
 * between them that are not one. Pure. */
struct mono watching_ended(struct watching *w, nsec patience, struct mono now);
/* A verdict has come: judges the last end. True when a connection should be held from now on. Pure. */
bool watching_wants(struct watching *w, const struct verdict *v, nsec patience,
                    struct mono now);
/* Opens what watching_wants asked for. False when the probe has no address to watch. */
bool watching_hold(struct watching *w, const struct probe *probe,
                   struct session *session);
void watching_release(struct watching *w, struct session *session);

#endif
