/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time that alerting lives by: the wall clock, but never going back. A clock that is put back is waited for at half
 * speed, so that samples, `for` and repeats neither stop nor happen twice; one that is put forward is followed. Pure.
 */
#ifndef HEALTHD_COLLECTOR_STEADY_H
#define HEALTHD_COLLECTOR_STEADY_H

#include "lib/base/clock.h"

struct steady { /* zeroed: not begun */
    struct mono mono;
    struct wall shown;
    nsec offset; /* of the wall clock to the monotonic one, when last looked */
};

/* What counts as somebody setting the clock, and not as it drifting. */
#define STEADY_STEP (5 * NSEC_PER_SEC)

/* The time now. ret_step gets how far the wall clock was set since the last call, 0 when it was not. */
struct wall steady_now(struct steady *s, struct mono mono, struct wall wall,
                       nsec *ret_step);

#endif
