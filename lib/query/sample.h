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
