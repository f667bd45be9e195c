/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows to samples. Called by the types that have custom metrics, in their runs. Never asks anybody anything, and never
 * decides what a probe's health is: what is wrong with rows is a failed group.
 */
#include "lib/core/custom_metric.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/map.h"
#include "lib/base/words.h"
#include "lib/core/labels.h"
#include "lib/core/metric.h"
#include "lib/core/run.h"

const struct opt_choice custom_kinds[] = {
    {"gauge", METRIC_GAUGE, "goes up and down"},
    {"counter", METRIC_COUNTER, "only grows: read with rate() and increase()"},
    {"untyped", METRIC_UNTYPED, "unknown"},
    {0}};

const struct custom_metric *custom_metric_at(const struct sections *list, size_t row_size,
                                             size_t i)
{
    return (const void *)((const char *)list->items + i * row_size);
}

/* ---- configuration ---- */

static bool is_named(const struct texts *names, const char *name, size_t before)
{
    for (size_t i = 0; i < before; i++) {
        if (!strcmp(names->items[i], name))
            return true;
    }
    return false;
}

static bool check_one(const struct custom_metric *m, struct err *e)
{
    if (!metric_name_valid(m->name))
        return err_set(e,
                       "'%s' cannot be the name of a metric: letters, digits and '_', "
                       "not starting with a digit",
                       m->name);
    if (m->labels.count > METRIC_MAX_LABELS)
        return err_set(e, "%s has %zu labels; at most %d fit", m->name, m->labels.count,
                       METRIC_MAX_LABELS);
    for (size_t i = 0; i < m->labels.count; i++) {
        const char *label = m->labels.items[i];
        if (!label_name_valid(bytes_of(label)))
            return err_set(e,
                           "%s: '%s' cannot be a label: name the column otherwise (… AS "
                           "other_name), with letters, digits and '_'",
                           m->name, label);
        if (is_named(&m->labels, label, i))
            return err_set(e, "%s: the label '%s' is there twice", m->name, label);
        if (is_named(&m->values, label, m->values.count))
            return err_set(e, "%s: '%s' is in `labels` and in `values`", m->name, label);
    }
    return true;
}

bool custom_may_make(const struct sections *list, size_t row_size, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *own = custom_metric_at(list, row_size, i)->name;
        const size_t len = strlen(own);
        if (!strncmp(name, own, len) && (!name[len] || name[len] == '_'))
            return true;
    }
    return false;
}

bool custom_metrics_check(const struct sections *list, size_t row_size, struct err *e)
{
    if (list->count > CUSTOM_MAX_METRICS)
        return err_set(e, "%zu custom metrics; at most %d fit in one probe", list->count,
                       CUSTOM_MAX_METRICS);
    for (size_t i = 0; i < list->count; i++) {
        const struct custom_metric *m = custom_metric_at(list, row_size, i);
        if (!check_one(m, e))
            return false;
        for (size_t k = 0; k < i; k++) {
            if (!strcmp(custom_metric_at(list, row_size, k)->name, m->name))
                return err_set(e, "two custom metrics are named %s", m->name);
        }
    }
    return true;
}

/* ---- one answer ---- */

struct emission { /* of one custom metric */
    const struct custom_metric *m;
    const struct custom_rows *rows;
    struct run *run;
    size_t labels[METRIC_MAX_LABELS]; /* columns, in the order of m->labels */
    size_t values[CUSTOM_MAX_COLUMNS];
    size_t value_count;
    const struct metric *families[CUSTOM_MAX_COLUMNS];
    struct map *seen; /* label values of rows so far */
    struct err *why;  /* the first thing that is wrong */
    bool is_well;
};

static void complain(struct emission *x, const struct err *what)
{
    if (x->is_well)
        *x->why = *what;
    x->is_well = false;
}

static bool find_column(struct emission *x, const char *name, size_t *ret_column)
{
    const size_t count = custom_rows_columns(x->rows);
    struct buf there = BUF_MAX(300);
    struct err e;

    for (size_t i = 0; i < count; i++) {
        if (!strcmp(custom_rows_column(x->rows, i), name)) {
            *ret_column = i;
            buf_finish(&there);
            return true;
        }
        buf_printf(&there, "%s%s", i ? ", " : "", custom_rows_column(x->rows, i));
    }
    err_set(&e, "there is no column '%s'; there %s %s", name, count == 1 ? "is" : "are",
            buf_text(&there));
    complain(x, &e);
    buf_finish(&there);
    return false;
}

static bool is_label(const struct emission *x, size_t column)
{
    for (size_t i = 0; i < x->m->labels.count; i++) {
        if (x->labels[i] == column)
            return true;
    }
    return false;
}

static bool find_columns(struct emission *x)
{
    for (size_t i = 0; i < x->m->labels.count; i++) {
        if (!find_column(x, x->m->labels.items[i], &x->labels[i]))
            return false;
    }
    for (size_t i = 0; i < x->m->values.count && i < CUSTOM_MAX_COLUMNS; i++) {
        size_t column;
        if (find_column(x, x->m->values.items[i], &column))
            x->values[x->value_count++] = column;
    }
    for (size_t i = 0; !x->m->values.count && i < custom_rows_columns(x->rows); i++) {
        if (!is_label(x, i))
            x->values[x->value_count++] = i;
    }
    return true;
}

/* A column's own family: only what may stand in a name is taken over. */
static const char *family_name(const struct emission *x, const char *column)
{
    char *name = arena_printf(run_arena(x->run), "%s_%s", x->m->name, column);

    for (char *at = name; *at; at++) {
        if (!metric_name_valid((const char[]){'_', *at, '\0'}) || *at == ':')
            *at = '_';
    }
    return name;
}

static void make_families(struct emission *x)
{
    const char *labels[METRIC_MAX_LABELS + 1] = {0};
    const bool is_alone =
        x->m->values.count ? x->m->values.count == 1 : x->value_count == 1;

    for (size_t i = 0; i < x->m->labels.count; i++)
        labels[i] = x->m->labels.items[i];
    for (size_t i = 0; i < x->value_count; i++) {
        const char *column = custom_rows_column(x->rows, x->values[i]);
        const char *help = x->m->help[0] ? x->m->help : "Custom metric";
        x->families[i] = batch_metric(
            run_batch(x->run), is_alone ? x->m->name : family_name(x, column),
            (enum metric_kind)x->m->kind,
            is_alone ? help : arena_printf(run_arena(x->run), "%s: %s", help, column),
            labels);
    }
}

static const char *label_text(const struct emission *x, size_t row, size_t column)
{
    const struct cell cell = custom_rows_cell(x->rows, row, column);
    struct buf number = BUF_MAX(64);
    const char *text = "";

    switch (cell.type) {
    case CELL_NULL:
        break;
    case CELL_TRUTH:
        text = cell.number != 0 ? "true" : "false";
        break;
    case CELL_NUMBER:
        buf_add_double(&number, cell.number);
        text = arena_strdup(run_arena(x->run), buf_text(&number));
        break;
    case CELL_TEXT:
        text = words_label(run_arena(x->run), cell.text);
        break;
    }
    buf_finish(&number);
    return text;
}

/* True unless an earlier row has these labels. */
static bool is_new(struct emission *x, const char *const *labels)
{
    struct labels named = {0};
    struct label items[METRIC_MAX_LABELS];
    struct buf key = BUF_MAX(METRIC_MAX_LABELS * (CUSTOM_MAX_CELL_BYTES + 256) * 2);
    struct err e;

    for (size_t i = 0; i < x->m->labels.count; i++)
        items[i] = (struct label){x->m->labels.items[i], labels[i]};
    named = (struct labels){items, x->m->labels.count};
    labels_print(named, &key);
    const bool is_first = !map_put(x->seen, buf_bytes(&key), x);
    if (!is_first) {
        err_set(&e,
                "two rows have {%.300s}: name in `labels` the column that tells them "
                "apart, or GROUP BY",
                buf_text(&key));
        complain(x, &e);
    }
    buf_finish(&key);
    return is_first;
}

static bool cell_number(struct emission *x, size_t row, size_t column, double *ret_number)
{
    const struct cell cell = custom_rows_cell(x->rows, row, column);
    struct err e;

    if (cell.type == CELL_NULL)
        return false;
    if (cell.type != CELL_TEXT) {
        *ret_number = cell.number;
        return true;
    }
    if (bytes_to_double(cell.text, ret_number))
        return true;
    err_set(
        &e,
        "row %zu, column '%s': expected a number, got %s; name it in `labels`, or the "
        "numbers in `values`",
        row + 1, custom_rows_column(x->rows, column), run_quoted(x->run, cell.text));
    complain(x, &e);
    return false;
}

static void emit_row(struct emission *x, size_t row)
{
    const char *labels[METRIC_MAX_LABELS + 1] = {0};
    double number;

    for (size_t i = 0; i < x->m->labels.count; i++)
        labels[i] = label_text(x, row, x->labels[i]);
    if (!is_new(x, labels))
        return;
    for (size_t i = 0; i < x->value_count; i++) {
        if (x->families[i] && cell_number(x, row, x->values[i], &number))
            run_sample_with(x->run, x->families[i], labels, number);
    }
}

static bool emit(const struct custom_metric *m, const struct custom_rows *rows,
                 struct run *run, struct err *why)
{
    struct emission x = {.m = m, .rows = rows, .run = run, .why = why, .is_well = true};
    struct err e;

    if (!custom_rows_count(rows))
        return true;
    if (!find_columns(&x))
        return false;
    make_families(&x);
    x.seen = map_create();
    for (size_t i = 0; i < custom_rows_count(rows); i++)
        emit_row(&x, i);
    map_destroy(x.seen);
    if (custom_rows_left_out(rows)) {
        err_set(&e, "%zu rows are shown and %zu left out: GROUP BY, or raise `max_rows`",
                custom_rows_count(rows), custom_rows_left_out(rows));
        complain(&x, &e);
    }
    return x.is_well;
}

/* ---- between runs ---- */

void custom_kept_finish(struct custom_kept *kept)
{
    for (size_t i = 0; i < CUSTOM_MAX_METRICS; i++) {
        custom_rows_destroy(kept->rows[i]);
        kept->rows[i] = NULL;
    }
}

bool custom_is_due(const struct custom_kept *kept, size_t i,
                   const struct custom_metric *m, const struct run *run)
{
    return run_is_due(run, kept->due[i], m->interval);
}

static const char *begin(struct custom_kept *kept, size_t i,
                         const struct custom_metric *m, struct run *run)
{
    const char *group = arena_printf(run_arena(run), "custom %s", m->name);

    kept->due[i] = run_next_due(run, kept->due[i], m->interval);
    custom_rows_destroy(kept->rows[i]);
    kept->rows[i] = NULL;
    run_group(run, group);
    return group;
}

bool custom_answer(struct custom_kept *kept, size_t i, const struct custom_metric *m,
                   struct custom_rows *rows, struct run *run, struct err *why)
{
    const char *group = begin(kept, i, m, run);
    const bool is_well = emit(m, rows, run, why);

    kept->rows[i] = rows;
    if (!is_well)
        run_group_failed(run, group, "%s", why->text);
    run_group(run, "");
    return is_well;
}

void custom_fail(struct custom_kept *kept, size_t i, const struct custom_metric *m,
                 struct run *run, const char *why)
{
    const char *group = begin(kept, i, m, run);

    run_group_failed(run, group, "%s", why);
    run_group(run, "");
}

static void release(void *value)
{
    json_decref(value);
}

const json_t *custom_json(const struct custom_kept *kept, const struct sections *list,
                          size_t row_size, struct arena *arena)
{
    json_t *all = json_object();

    arena_cleanup(arena, release, all);
    for (size_t i = 0; i < list->count; i++) {
        if (!kept->rows[i])
            continue;
        json_t *rows = json_incref((json_t *)custom_rows_json(kept->rows[i], arena));
        json_object_set_new(all, custom_metric_at(list, row_size, i)->name, rows);
    }
    return all;
}
