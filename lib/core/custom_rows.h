/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a question that only the user knows was answered with: rows of named cells, copied and capped, whatever the
 * database. Filled by a probe while the answer comes; read by custom_metric.c and by expectations. Loop thread only.
 */
#ifndef HEALTHD_CORE_CUSTOM_ROWS_H
#define HEALTHD_CORE_CUSTOM_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/core/json.h"

enum cell_type { CELL_NULL, CELL_TRUTH, CELL_NUMBER, CELL_TEXT };
struct cell {
    struct bytes column; /* its name */
    enum cell_type type;
    double number;     /* of a NUMBER; of a TRUTH 0 or 1 */
    struct bytes text; /* of a TEXT */
};

#define CUSTOM_MAX_COLUMNS 64       /* of all rows together */
#define CUSTOM_MAX_BYTES (1u << 20) /* of all rows together, as they are kept */
#define CUSTOM_MAX_CELL_BYTES 1024  /* longer texts are cut */

struct custom_rows;
struct custom_rows *custom_rows_create(size_t max_rows);
void custom_rows_destroy(struct custom_rows *r); /* takes NULL */
/* Copies a row; rows need not have the same columns. False when a cap forbids it: then it only counts as left out. */
bool custom_rows_add(struct custom_rows *r, const struct cell *cells, size_t count);

size_t custom_rows_count(const struct custom_rows *r);
size_t custom_rows_left_out(const struct custom_rows *r);
/* Columns in the order in which they were first seen. */
size_t custom_rows_columns(const struct custom_rows *r);
const char *custom_rows_column(const struct custom_rows *r, size_t column);
/* CELL_NULL also for what the row does not have. text is NUL-terminated. */
struct cell custom_rows_cell(const struct custom_rows *r, size_t row, size_t column);
/* A list of objects, released with arena. */
const json_t *custom_rows_json(const struct custom_rows *r, struct arena *arena);

#endif
