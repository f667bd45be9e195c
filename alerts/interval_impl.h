/* SPDX-License-Identifier: Apache-2.0 */
/* Between interval.c and lib/config/interval_conf.c, which makes them: what a span of local time is. */
#ifndef HEALTHD_ALERTS_INTERVAL_IMPL_H
#define HEALTHD_ALERTS_INTERVAL_IMPL_H

#include <stddef.h>

#include "alerts/interval.h"
#include "lib/core/zone.h"

struct span {
    int begin, end; /* both in it */
};
struct spans {
    const struct span *items;
    size_t count; /* 0: any */
};

/* A part holds on days that match all four, either within `times`, or, when it has a duration, for so long from
 * `start` on each of these days: such a window may reach into days that do not match. */
struct interval_part {
    const struct zone *zone;
    struct spans weekdays; /* 0 = Sunday */
    struct spans days;     /* 1-31, or -31 to -1 from the month's end */
    struct spans months;   /* 1-12 */
    struct spans years;
    struct spans times; /* seconds after midnight; 86399 is the last */
    int start;          /* seconds after midnight */
    nsec duration;      /* of elapsed time; 0: no window */
};
#define INTERVAL_MAX_DURATION (7 * NSEC_PER_DAY)

struct interval {
    const char *name;
    const struct interval_part *parts; /* holds when any does */
    size_t part_count;
};

#endif
