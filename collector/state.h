/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The confirmed health of one probe: `rise` good runs in a row confirm up (or degraded), `fall` bad ones
 * confirm down. Pure: a verdict comes in, a decision goes out. Unknown moves nothing.
 */
#ifndef HEALTHD_COLLECTOR_STATE_H
#define HEALTHD_COLLECTOR_STATE_H

#include <stdbool.h>

#include "lib/base/clock.h"
#include "lib/core/verdict.h"

struct state {
    enum health confirmed;     /* UNKNOWN until first confirmed */
    enum health candidate;     /* what the last runs say, when it differs */
    int streak;                /* how many in a row said so */
    struct wall since;         /* confirmed has held since; 0 before */
    struct wall unknown_since; /* runs have been unknown since; 0: the last was not */
};

/* Writes verdict's confirmed, changed and since, and moves s. The very first verdict confirms up or degraded at
 * once; a first down needs `fall` as any other. */
void state_confirm(struct state *s, struct verdict *v, int rise, int fall);
/* Some other health than the confirmed one is being counted: runs come at retry_interval. */
bool state_is_unconfirmed(const struct state *s);
/* How many runs in a row confirm the candidate. */
int state_runs_needed(const struct state *s, int rise, int fall);

#endif
