/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long one probe was in which health, over the last day, week and month, in cells that are aligned to UTC. Time in
 * which nothing was known is in no cell. Pure: kept by verdict_history.c, filled again from its file after a restart.
 */
#ifndef HEALTHD_COLLECTOR_AVAILABILITY_H
#define HEALTHD_COLLECTOR_AVAILABILITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/core/verdict.h"

struct tally { /* of one cell */
    uint32_t up_ms, degraded_ms, down_ms;
    uint32_t runs, failed;        /* runs that gave an answer; those that said down */
    float total_sec, slowest_sec; /* of the durations of runs */
};

enum window { WINDOW_DAY, WINDOW_WEEK, WINDOW_MONTH, WINDOW_COUNT };

struct window_shape {
    const char *name;      /* "24h" */
    nsec cell;             /* 1 h, 6 h, 1 d */
    unsigned count, first; /* first: of its cells among all */
};
extern const struct window_shape window_shapes[WINDOW_COUNT];
#define AVAILABILITY_CELLS (24 + 28 + 30)

struct availability {
    struct tally cells[AVAILABILITY_CELLS];
    int64_t newest[WINDOW_COUNT]; /* cell number since 1970; 0: none yet */
};

/* From one instant to another it was in this health; unknown counts nowhere. Backwards is nothing. */
void availability_add(struct availability *a, struct wall from, struct wall to,
                      enum health health);
void availability_run(struct availability *a, struct wall at, bool has_failed,
                      nsec duration);
/* What is known of an hour (its number since 1970) from elsewhere is added. */
void availability_add_hour(struct availability *a, int64_t hour, const struct tally *t);
/* b is added to a. */
void availability_merge(struct availability *a, const struct availability *b);
/* One cell; NULL when it is before the window, or nothing was ever put there. */
const struct tally *availability_cell(const struct availability *a, enum window w,
                                      int64_t number);
int64_t availability_number(enum window w, struct wall at); /* of the cell at that time */
/* Time up or degraded, of the time in which it was known, in the window that ends now; NAN when nothing is known. */
double availability_ratio(const struct availability *a, enum window w, struct wall now);

#endif
