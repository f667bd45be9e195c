/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of a series at one time, and the mark that a series has ended: the smallest words that history and
 * PromQL share. Times are milliseconds since the Unix epoch, as in Prometheus.
 */
#ifndef HEALTHD_QUERY_SAMPLE_H
#define HEALTHD_QUERY_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/clock.h"

struct point {
    int64_t ms;
    double value;
};

/* What five minutes of a series came to, where its samples are gone (rolled.h); beside the last of them, a point. A stale
 * marker is one by itself, of count 0. */
struct rolled {
    double least, most; /* NaN when all are */
    double sum, count;
    double spread; /* squares of the differences from their mean, summed */
    /* Each also since the last sample of the point before. */
    double changes, resets; /* how often it changed, and fell */
    double fallen;          /* what a counter had reached each time it fell */
};

enum { /* its parts, where only some are wanted */
       ROLLED_LEAST = 1 << 1,
       ROLLED_MOST = 1 << 2,
       ROLLED_SUM = 1 << 3,
       ROLLED_COUNT = 1 << 4,
       ROLLED_SPREAD = 1 << 5,
       ROLLED_CHANGES = 1 << 6,
       ROLLED_RESETS = 1 << 7,
       ROLLED_FALLEN = 1 << 8,
       ROLLED_ALL = (1 << 9) - 2
};

/* Prometheus' stale marker: one NaN, known by its bits (value.StaleNaN). Any other NaN is a value. */
#define STALE_BITS UINT64_C(0x7ff0000000000002)

static inline double stale_marker(void)
{
    const uint64_t bits = STALE_BITS;
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline bool is_stale(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits == STALE_BITS;
}

static inline int64_t wall_to_ms(struct wall at)
{
    return at.ns / NSEC_PER_MSEC;
}

static inline struct wall wall_from_ms(int64_t ms)
{
    return (struct wall){ms * NSEC_PER_MSEC};
}

#endif
