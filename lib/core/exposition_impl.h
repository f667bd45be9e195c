/* SPDX-License-Identifier: Apache-2.0 */
/* What exposition.c (lines and families) and exposition_line.c (the inside of one line) share. */
#ifndef HEALTHD_CORE_EXPOSITION_IMPL_H
#define HEALTHD_CORE_EXPOSITION_IMPL_H

#include "lib/base/buf.h"
#include "lib/core/exposition.h"

/* One sample's line, taken apart. */
struct exposition_row {
    struct bytes name;
    struct exposition_label labels[EXPOSITION_MAX_LABELS];
    size_t label_count;
    double value;
    bool has_time;
    double time;
    bool is_over_cap; /* why it could not be read */
    struct buf text;  /* what escapes became; labels point into it */
};

/* False, and e says the column and what was expected. */
bool exposition_row_read(struct exposition_row *row, struct bytes line,
                         enum exposition_format format,
                         const struct exposition_caps *caps, struct err *e);
bool exposition_name_valid(struct bytes name); /* of a metric: [a-zA-Z_:][a-zA-Z0-9_:]* */
/* \\, \n and (as OpenMetrics has it) \" undone; another backslash stays as it is. Returns the length; out holds at least
 * text.len bytes. */
size_t exposition_unescape(struct bytes text, char *out);

#endif
