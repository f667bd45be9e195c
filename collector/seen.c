/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cases of a probe's phase, by what is confirmed, what the last run found and what was known before a restart.
 * Called by probes_seen.c. Moves no state.
 */
#include "collector/seen.h"

void seen_note(struct seen *seen, const struct state *state)
{
    seen->was_up |= state->confirmed == HEALTH_UP || state->confirmed == HEALTH_DEGRADED;
}

void seen_recall(struct seen *seen, struct wall down_since)
{
    seen->was_up = true;
    seen->was_down = down_since;
}

enum probe_phase seen_phase(const struct seen *seen, const struct state *state,
                            enum health last)
{
    if (!seen->was_up)
        return PROBE_NEVER_UP;
    if (state->unknown_since.ns)
        return PROBE_UNKNOWN;
    switch (state->confirmed) {
    case HEALTH_UP:
        return last == HEALTH_DOWN ? PROBE_FALLING : PROBE_UP;
    case HEALTH_DEGRADED:
        return last == HEALTH_DOWN ? PROBE_FALLING : PROBE_DEGRADED;
    case HEALTH_DOWN:
        return PROBE_DOWN;
    case HEALTH_UNKNOWN: /* since healthd was started */
        return seen->was_down.ns     ? PROBE_DOWN
               : last == HEALTH_DOWN ? PROBE_FALLING
                                     : PROBE_UNKNOWN;
    }
    return PROBE_UNKNOWN;
}

struct wall seen_since(const struct seen *seen, const struct state *state)
{
    if (!seen->was_up)
        return seen->known_since;
    return state->confirmed == HEALTH_UNKNOWN ? seen->was_down : state->since;
}
