/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a verdict's enumerations. Called by whatever shows one. */
#include "lib/core/verdict.h"

const char *health_name(enum health health)
{
    static const char *const names[] = {
        [HEALTH_UNKNOWN] = "unknown",
        [HEALTH_UP] = "up",
        [HEALTH_DEGRADED] = "degraded",
        [HEALTH_DOWN] = "down",
    };
    return names[health];
}

const char *phase_name(enum phase phase)
{
    static const char *const names[PHASE_COUNT] = {
        [PHASE_RESOLVE] = "resolve", [PHASE_CONNECT] = "connect",   [PHASE_TLS] = "tls",
        [PHASE_WAIT] = "wait",       [PHASE_TRANSFER] = "transfer",
    };
    return names[phase];
}

const char *origin_name(enum origin origin)
{
    static const char *const names[] = {
        [ORIGIN_SCHEDULED] = "scheduled", [ORIGIN_EVENT] = "event",
        [ORIGIN_RUN_NOW] = "run now",     [ORIGIN_PARENT] = "parent",
        [ORIGIN_FLOW] = "flow",           [ORIGIN_ONCE] = "once",
    };
    return names[origin];
}

bool origin_moves_state(enum origin origin)
{
    switch (origin) {
    case ORIGIN_SCHEDULED:
    case ORIGIN_EVENT:
    case ORIGIN_RUN_NOW:
    case ORIGIN_PARENT:
        return true;
    case ORIGIN_FLOW:
    case ORIGIN_ONCE:
        return false;
    }
    return false;
}
