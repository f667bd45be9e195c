/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Series as tests write them down, in promtool's notation: metric{label="value"} and "0+10x5 _x3 7 stale". Pure; used
 * by rule tests and by the tests of queries.
 */
#ifndef HEALTHD_QUERY_SERIES_NOTATION_H
#define HEALTHD_QUERY_SERIES_NOTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/core/labels.h"
#include "lib/query/sample.h"

#define SERIES_NOTATION_MAX_POINTS 1000000

/* metric{a="b"}, metric, or {a="b"}: sorted labels, with __name__ when there is a metric. Each label is given with `=`. */
bool series_notation_labels(struct arena *arena, const char *text, struct labels *ret,
                            struct err *e);

struct points {
    struct point *items;
    size_t count;
};
/* Samples that begin at start and are step apart, both in milliseconds: 1 · 1x4 (five of them) · 1+2x3 (1 3 5 7) ·
 * 10-1x2 · _ and _x3 (gaps) · stale · NaN, Inf. No native histograms. */
bool series_notation_points(struct arena *arena, const char *text, int64_t start,
                            int64_t step, struct points *ret, struct err *e);

#endif
