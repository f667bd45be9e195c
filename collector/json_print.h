/* SPDX-License-Identifier: Apache-2.0 */
/* Members of JSON objects, printed: for texts that are made often and are too large to be built as a tree first. */
#ifndef HEALTHD_COLLECTOR_JSON_PRINT_H
#define HEALTHD_COLLECTOR_JSON_PRINT_H

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/core/labels.h"

/* The name of what is printed next, after a comma unless an object has just begun. */
void json_print_name(struct buf *out, const char *name);
void json_print_text(struct buf *out, const char *name, const char *text); /* NULL: "" */
/* RFC 3339; 0: null. */
void json_print_time(struct buf *out, const char *name, struct wall at);
void json_print_flag(struct buf *out, const char *name, bool flag);
void json_print_labels(struct buf *out, const char *name, struct labels labels);

#endif
