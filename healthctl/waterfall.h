/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time drawn on a line: the phases of a run one below the other, each where it began; and how long
 * it takes until a death is seen. Pure. Called by the text writer and by explain.
 */
#ifndef HEALTHD_HEALTHCTL_WATERFALL_H
#define HEALTHD_HEALTHCTL_WATERFALL_H

#include <stdbool.h>

#include "healthctl/writer.h"

/* One bar of `width` columns that stands for `total`: from start, at least a hairline long. */
void bar_draw(struct buf *out, nsec start, nsec length, nsec total, size_t width,
              bool has_utf8);

struct timing { /* of a probe */
    nsec interval, timeout, retry_interval;
    int rise, fall;
};
struct detection { /* the worst case, counted from the moment it died (or came back) */
    nsec seen, confirmed;
};
/* answers_at_once: the failure shows at once (refused); else each run lasts until its timeout. */
struct detection detection_of_death(const struct timing *t, bool answers_at_once);
struct detection detection_of_return(const struct timing *t);
/* A line from 0 to d.confirmed at the scale of `longest` = width columns, with a mark at the start, at each
 * of the runs that it takes, and at the end. */
void detection_draw(struct buf *out, struct detection d, int runs, nsec longest,
                    size_t width, bool has_utf8);

#endif
