/* SPDX-License-Identifier: Apache-2.0 */
/* A line over time, drawn with the dots of braille letters, or with stars where there is no UTF-8. Pure. Called by
 * `healthctl query`. */
#ifndef HEALTHD_HEALTHCTL_PLOT_H
#define HEALTHD_HEALTHCTL_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"

#define PLOT_COLUMNS_MAX 400
#define PLOT_ROWS_MAX 50

struct plot {
    const double *values; /* evenly spaced in time; NaN and infinities are gaps */
    size_t count;
    size_t columns, rows; /* of the drawing; clamped to the maxima, at least 1 */
    bool has_utf8;
};
struct plot_range {
    double low, high;
    bool is_empty; /* there is no finite value */
};

struct plot_range plot_range_of(const double *values, size_t count);
/* plot.rows lines, each ended by a line break, without blanks at the ends. A flat line is drawn in the middle. */
void plot_draw(const struct plot *p, struct plot_range range, struct buf *out);

#endif
