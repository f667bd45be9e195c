/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `watch: true`: an idle connection held between runs, whose end starts a run at once. An orderly close
 * that is followed by an up verdict was benign (an idle time-out); after three of those in a row the watch
 * rests for a while. Called by the schedule alone.
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
    struct mono rests_until; /* 0: it does not rest */
    struct arena *arena;     /* where the held connection goes to; ends with it */
    struct dial dial;
};

#define WATCHING_BENIGN_ENDS 3
#define WATCHING_REST (10 * NSEC_PER_MINUTE)

/* The held connection has ended. */
void watching_ended(struct watching *w);
/* A verdict has come: judges the last end. True when a connection should be held from now on. Pure. */
bool watching_wants(struct watching *w, const struct verdict *v, struct mono now);
/* Opens what watching_wants asked for. False when the probe has no address to watch. */
bool watching_hold(struct watching *w, const struct probe *probe,
                   struct session *session);
void watching_release(struct watching *w, struct session *session);

#endif
