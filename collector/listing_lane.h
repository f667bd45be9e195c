/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of series, of label names and of label values on their way: the history is walked in slices on the loop, one list
 * at a time, and what is found is sorted and written by the pool. A few wait, the rest is refused.
 */
#ifndef HEALTHD_COLLECTOR_LISTING_LANE_H
#define HEALTHD_COLLECTOR_LISTING_LANE_H

#include "collector/web.h"
#include "lib/query/history.h"

struct daemon;
struct listing_lane;

enum listing_kind { LISTING_SERIES, LISTING_NAMES, LISTING_VALUES };

struct listing {
    struct arena *arena; /* the lane's from then on; holds all that is named here */
    enum listing_kind kind;
    const char *label; /* LISTING_VALUES: of which */
    struct history_walk walk;
    size_t limit;
};

struct listing_lane *listing_lane_create(struct daemon *d);
bool listing_lane_is_idle(const struct listing_lane *l); /* takes NULL: idle */
void listing_lane_destroy(struct listing_lane *l);       /* when idle; takes NULL */
/* Answers x, later. */
void listing_lane_run(struct listing_lane *l, struct exchange *x,
                      const struct listing *asked);

#endif
