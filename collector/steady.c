/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function: from both clocks the time to live by, and the step that the wall clock has just made. Called by
 * engine_host.c. Reads no clock.
 */
#include "collector/steady.h"

static bool is_step(nsec d)
{
    return d > STEADY_STEP || d < -STEADY_STEP;
}

struct wall steady_now(struct steady *s, struct mono mono, struct wall wall,
                       nsec *ret_step)
{
    const nsec offset = wall.ns - mono.ns;
    const nsec moved = s->shown.ns ? offset - s->offset : 0;
    const nsec elapsed = s->shown.ns ? mono.ns - s->mono.ns : 0;
    const struct wall slow = wall_add(s->shown, (elapsed + 1) / 2);
    *ret_step = is_step(moved) ? moved : 0;
    s->mono = mono;
    s->offset = offset;
    s->shown = wall.ns >= slow.ns ? wall : slow;
    return s->shown;
}
