/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows as they are kept: cells in an arena with a cap, names of columns once. Called by probes while an answer comes, and
 * by custom_metric.c. Judges nothing.
 */
#include "lib/core/custom_rows.h"

#include <assert.h>
#include <math.h>
#include <string.h>

struct kept_cell {
    size_t column;
    enum cell_type type;
    double number;
    const char *text;
    size_t len;
};
struct kept_row {
    const struct kept_cell *cells;
    size_t count;
};
struct custom_rows {
    struct arena *arena;
    const char *columns[CUSTOM_MAX_COLUMNS];
    size_t column_count;
    struct kept_row *rows; /* max_rows */
    size_t max_rows, count, left_out;
};

struct custom_rows *custom_rows_create(size_t max_rows)
{
    struct arena *arena = arena_create(CUSTOM_MAX_BYTES);
    struct custom_rows *r = arena_alloc(arena, sizeof(*r));

    r->arena = arena;
    r->max_rows = max_rows;
    r->rows = arena_alloc(arena, (max_rows + 1) * sizeof(*r->rows));
    return r;
}

void custom_rows_destroy(struct custom_rows *r)
{
    if (r)
        arena_destroy(r->arena);
}

static char *text_copy(struct custom_rows *r, struct bytes text)
{
    char *copy = arena_try_alloc(r->arena, text.len + 1);

    if (copy && text.len)
        memcpy(copy, text.ptr, text.len);
    return copy;
}

/* False above a cap. Rows of one table name their columns in one order: guess is where the name was last time. */
static bool find_column(struct custom_rows *r, struct bytes name, size_t guess,
                        size_t *ret_column)
{
    if (guess < r->column_count && bytes_is(name, r->columns[guess])) {
        *ret_column = guess;
        return true;
    }
    for (size_t i = 0; i < r->column_count; i++) {
        if (bytes_is(name, r->columns[i])) {
            *ret_column = i;
            return true;
        }
    }
    const char *copy = r->column_count < CUSTOM_MAX_COLUMNS ? text_copy(r, name) : NULL;
    if (!copy)
        return false;
    *ret_column = r->column_count;
    r->columns[r->column_count++] = copy;
    return true;
}

static bool keep_cell(struct custom_rows *r, const struct cell *cell, size_t column,
                      struct kept_cell *ret_cell)
{
    struct kept_cell kept = {
        .column = column, .type = cell->type, .number = cell->number, .text = ""};

    if (cell->type == CELL_TEXT) {
        const struct bytes text = bytes_cut(cell->text, CUSTOM_MAX_CELL_BYTES);
        kept.text = text_copy(r, text);
        kept.len = text.len;
        if (!kept.text)
            return false;
    }
    *ret_cell = kept;
    return true;
}

static bool keep_row(struct custom_rows *r, const struct cell *cells, size_t count)
{
    struct kept_cell *kept =
        arena_try_alloc(r->arena, count * sizeof(*kept) + sizeof(*kept));
    size_t column;

    for (size_t i = 0; kept && i < count; i++) {
        if (!find_column(r, cells[i].column, i, &column) ||
            !keep_cell(r, &cells[i], column, &kept[i]))
            return false;
    }
    if (kept)
        r->rows[r->count++] = (struct kept_row){kept, count};
    return kept != NULL;
}

bool custom_rows_add(struct custom_rows *r, const struct cell *cells, size_t count)
{
    if (r->count < r->max_rows && count <= CUSTOM_MAX_COLUMNS &&
        keep_row(r, cells, count))
        return true;
    r->left_out++;
    return false;
}

size_t custom_rows_count(const struct custom_rows *r)
{
    return r->count;
}

size_t custom_rows_left_out(const struct custom_rows *r)
{
    return r->left_out;
}

size_t custom_rows_columns(const struct custom_rows *r)
{
    return r->column_count;
}

const char *custom_rows_column(const struct custom_rows *r, size_t column)
{
    assert(column < r->column_count);
    return r->columns[column];
}

struct cell custom_rows_cell(const struct custom_rows *r, size_t row, size_t column)
{
    struct cell cell = {.column = bytes_of(custom_rows_column(r, column))};

    assert(row < r->count);
    for (size_t i = 0; i < r->rows[row].count; i++) {
        const struct kept_cell *kept = &r->rows[row].cells[i];
        if (kept->column != column)
            continue;
        cell.type = kept->type;
        cell.number = kept->number;
        cell.text = (struct bytes){kept->text, kept->len};
        break;
    }
    return cell;
}

/* ---- as JSON ---- */

static json_t *number_json(double number)
{
    const double exact = 9007199254740992.0; /* 2^53 */

    if (!isfinite(number))
        return json_null();
    if (number == trunc(number) && fabs(number) < exact)
        return json_integer((json_int_t)number);
    return json_real(number);
}

static json_t *cell_json(const struct kept_cell *cell)
{
    switch (cell->type) {
    case CELL_NULL:
        return json_null();
    case CELL_TRUTH:
        return json_boolean(cell->number != 0);
    case CELL_NUMBER:
        return number_json(cell->number);
    case CELL_TEXT:
        break;
    }
    json_t *text = json_stringn(cell->text, cell->len);
    return text ? text : json_null(); /* no UTF-8 */
}

static void release(void *value)
{
    json_decref(value);
}

const json_t *custom_rows_json(const struct custom_rows *r, struct arena *arena)
{
    json_t *list = json_array();

    arena_cleanup(arena, release, list);
    for (size_t i = 0; i < r->count; i++) {
        json_t *row = json_object();
        for (size_t k = 0; k < r->rows[i].count; k++) {
            const struct kept_cell *cell = &r->rows[i].cells[k];
            json_object_set_new(row, r->columns[cell->column], cell_json(cell));
        }
        json_array_append_new(list, row);
    }
    return list;
}
