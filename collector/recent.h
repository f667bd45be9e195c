/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flight recorder: the last good and the last bad run of a probe, whole, for `explain`; and the last of
 * any. Copies what it keeps.
 */
#ifndef HEALTHD_COLLECTOR_RECENT_H
#define HEALTHD_COLLECTOR_RECENT_H

#include "lib/base/arena.h"
#include "lib/core/verdict.h"

struct recent {
    struct arena *good_arena, *bad_arena, *last_arena;
    /* NULL: none yet. good: up or degraded, traced if any was */
    const struct verdict *good, *bad;
    const struct verdict *last; /* the newest of all */
};

void recent_keep(struct recent *r, const struct verdict *v);
void recent_finish(struct recent *r);
struct verdict *verdict_copy(struct arena *arena, const struct verdict *v);

#endif
