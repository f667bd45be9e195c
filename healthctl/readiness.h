/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting until probes and flows are ready: each is asked again until it passes, as `smoke --wait` does it, and shown as
 * it does. Called by wait and deploy. Needs no healthd.
 */
#ifndef HEALTHD_HEALTHCTL_READINESS_H
#define HEALTHD_HEALTHCTL_READINESS_H

#include "healthctl/smoke.h"

struct readiness { /* what to wait for; lives as long as the invocation */
    const struct invocation *in;
    const struct generation *generation;
    const struct probe **probes;
    size_t probe_count;
    const struct flow **flows;
    size_t flow_count;
    struct pairs vars; /* of the flows */
    nsec timeout;      /* for all of them; then what is under way is cancelled */
    nsec steady; /* ready means: for so long without a failed try; 0: once is enough */
};

struct readiness_end {
    int code; /* CODE_PASS, CODE_NOT_READY, CODE_STOPPED; CODE_UNKNOWN after complaining */
    /* what is not ready, in one line; "" when all is. In the invocation's arena */
    const char *why;
};

/* Nothing but probes that can be asked: what only hears from its peers (heartbeat) has nothing to say here. */
bool readiness_can_ask(const struct probe *p);
/* Waits, with progress on a terminal, and writes to in->out what came of it. */
struct readiness_end readiness_wait(const struct readiness *r);

#endif
