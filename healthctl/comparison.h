/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A smoke run beside a baseline: per step and as a whole the same, slower (rank_test.h says when), changed (the shape of
 * an answer: a key is gone, or of another type) or broken (it passed then, and fails now). Pure. Called by smoke and
 * deploy; shown by report_against.c.
 */
#ifndef HEALTHD_HEALTHCTL_COMPARISON_H
#define HEALTHD_HEALTHCTL_COMPARISON_H

#include "healthctl/baseline.h"

enum compared {               /* the worst is the largest */
                COMPARED_NOT, /* it is in one of the two only, or was not asked this time */
                COMPARED_SAME,
                COMPARED_SLOWER,
                COMPARED_CHANGED,
                COMPARED_BROKEN
};
const char *compared_name(enum compared c); /* "same", … */

struct compared_step { /* one probe of one step */
    const char *flow, *step, *probe;
    enum compared verdict;
    const char *why;  /* all that differs, "; " between; "" */
    const char *note; /* what is worth knowing and no fault: a key that is new; "" */
    size_t recorded, fresh; /* samples of the total */
    double was, is;         /* p95 of the total, seconds; 0: none */
};

struct comparison { /* in an arena */
    const char *path;
    const struct baseline *baseline;
    enum compared verdict;
    const struct compared_step *steps; /* in the order of the run */
    size_t count;
    struct tolerance tolerance;
};

#define TOLERANCE_RELATIVE 0.25
#define TOLERANCE_ABSOLUTE 0.010 /* seconds: less is no news to anybody */

const struct comparison *comparison_make(const struct baseline *recorded,
                                         const struct baseline *fresh,
                                         const struct smoke *smoke, const char *path,
                                         struct tolerance tolerance, struct arena *arena);

#endif
