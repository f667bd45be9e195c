/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether one set of times is slower than another, for the few samples that a deployment has. Pure. Called by
 * comparison.c.
 *
 * Slower means two things at once. It matters: the fresh p95 is above the recorded one by a tolerance, relative and
 * absolute, so that neither 1 ms becoming 2 ms nor 10 s becoming 10.1 s is news. And it is no chance: the one-sided test
 * of Mann and Whitney (Annals of Mathematical Statistics 18, 1947), which asks only how the samples rank among each
 * other. Latencies are skewed and have outliers, so that means and standard deviations of ten of them say little; ranks
 * do not care, and with few samples their distribution is known exactly. A single slow answer among ten moves the p95 and
 * not the ranks.
 *
 * With very few samples even the clearest outcome (every fresh one above every recorded one) could be chance: of 1 run
 * against 10 once in 11 times. That outcome is what is asked for then.
 */
#ifndef HEALTHD_HEALTHCTL_RANK_TEST_H
#define HEALTHD_HEALTHCTL_RANK_TEST_H

#include <stdbool.h>
#include <stddef.h>

#define RANK_TEST_MOST 50    /* samples of a side that are ranked: the latest */
#define RANK_TEST_LEVEL 0.01 /* how often chance alone may pass for slower */

struct seconds { /* in the order in which they came */
    const double *items;
    size_t count;
};

struct tolerance {
    double relative; /* 0.25 */
    double absolute; /* seconds */
};

/* By nearest rank: of fewer than 20 samples the largest. 0 of none. */
double seconds_p95(struct seconds s);
/* How probable it is that chance alone puts the fresh samples so far above the recorded ones; equal ones count for the
 * recorded. 1 when a side is empty. */
double rank_test(struct seconds recorded, struct seconds fresh);
/* The least that rank_test can say of so many. */
double rank_test_least(size_t recorded, size_t fresh);
bool seconds_are_slower(struct seconds recorded, struct seconds fresh,
                        struct tolerance tolerance);

#endif
