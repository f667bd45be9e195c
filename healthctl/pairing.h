/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two runs laid side by side, line by line, with what differs marked. Pure. Called by explain.
 */
#ifndef HEALTHD_HEALTHCTL_PAIRING_H
#define HEALTHD_HEALTHCTL_PAIRING_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/core/json.h"

struct pair_row {
    const char *name;       /* "status", "header Content-Type", "connect" */
    const char *good, *bad; /* NULL: it has none */
    bool differs;           /* times, and headers that always differ, are never said to */
    bool is_phase;          /* a part of what it took */
};
struct pairing {
    struct pair_row *rows;
    size_t count;
};

/* Of two verdicts as the API gives them; either may be null. The order is the good one's, with what
 * only the bad one has where it belongs by kind. */
struct pairing pairing_make(struct arena *arena, const json_t *good, const json_t *bad);

#endif
