/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A series as five-minute points: samples are folded into points, points into chunks of one column each (chunk.h). What a
 * point holds makes averages, sums, counts, extremes, counters and lines come out as of the samples themselves, but
 * for the ends of a range; docs/decisions/history-rollups.md. Pure: which series has some, and for how long, is
 * history_rollup.c's.
 */
#ifndef HEALTHD_QUERY_ROLLED_H
#define HEALTHD_QUERY_ROLLED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/list.h"
#include "lib/query/chunk.h"
#include "lib/query/sample.h"

#define ROLLED_MS 300000
#define ROLLED_COLUMNS 9 /* the last value, and the eight of struct rolled */

struct rolled_point {
    struct point last;
    struct rolled over;
};

struct rolled_fold { /* the point that is being made */
    struct rolled_point open;
    bool has_open;
    double before, finite; /* the newest value so far, and that which is a number */
    bool has_before, has_finite;
};
/* One more sample; times rise. True, and *ret_closed, when the point before it is complete. */
bool rolled_add(struct rolled_fold *f, struct point sample,
                struct rolled_point *ret_closed);

struct rolled_chunk {          /* finished: up to CHUNK_MAX_SAMPLES points */
    struct list link;          /* the history's queue */
    struct timeseries *series; /* the history's */
    struct rolled_chunk *next; /* of the series, later in time */
    struct chunk *columns[ROLLED_COLUMNS];
};

struct rolled_chunk *rolled_chunk_make(const struct rolled_point *points, size_t count);
/* Takes six columns as a file has them: NULL, and they are let go, when they do not belong together. */
struct rolled_chunk *rolled_chunk_of(struct chunk *const *columns);
void rolled_chunk_destroy(struct rolled_chunk *k); /* who has pinned a column keeps it */
int64_t rolled_chunk_first(const struct rolled_chunk *k);
int64_t rolled_chunk_last(const struct rolled_chunk *k);
size_t rolled_chunk_size(const struct rolled_chunk *k);
/* Those of wanted (ROLLED_…), and always the last values; the rest stays as it is. Room for CHUNK_MAX_SAMPLES; how many
 * there are. */
size_t rolled_read(struct chunk *const *columns, unsigned wanted,
                   struct rolled_point *ret_points);

#endif
