/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One batch as a page, without a registry: /probe and `healthctl probe`. Called once per request, so it takes no
 * memory but the batch's arena.
 */
#include "lib/core/registry.h"

#include <stdlib.h>
#include <string.h>

#include "lib/core/meta.h"
#include "lib/core/series.h"

struct row {
    const struct metric *metric;
    const struct label *labels; /* sorted by name, none empty */
    size_t count;
    double value;
    size_t order; /* in the batch */
};

static void row_labels(struct row *row, const struct sample *sample, struct arena *arena)
{
    const struct identity id = {sample->metric, "", sample->values, sample->extra};
    const size_t most = METRIC_MAX_LABELS + sample->extra.count;
    struct label *list = arena_alloc(arena, most * sizeof(*list));
    size_t count = 0, size = most;

    labels_put_own(&list, &count, &size, &id);
    for (size_t i = 0; i < count; i++) {
        if (list[i].value[0])
            list[row->count++] = list[i];
    }
    row->labels = list;
}

/* As the Go client sorts a family's series: fewer labels first, then by their values. */
static int labels_order(const struct row *a, const struct row *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (size_t i = 0; i < a->count; i++) {
        const int order = strcmp(a->labels[i].value, b->labels[i].value);
        if (order != 0)
            return order;
    }
    for (size_t i = 0; i < a->count; i++) {
        const int order = strcmp(a->labels[i].name, b->labels[i].name);
        if (order != 0)
            return order;
    }
    return 0;
}

/* Among families of one name a declared one is first: the others are left out if they contradict it. Parts of a
 * histogram stay as they were read. */
static int row_order(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    int order = strcmp(metric_family(a->metric), metric_family(b->metric));
    if (order == 0)
        order = (int)a->metric->is_dynamic - (int)b->metric->is_dynamic;
    if (order == 0 && !a->metric->family && !b->metric->family)
        order = labels_order(a, b);
    if (order == 0)
        order = a->order < b->order ? -1 : 1;
    return order;
}

static bool is_same_line(const struct row *a, const struct row *b)
{
    return !labels_order(a, b) && !strcmp(a->metric->name, b->metric->name);
}

static void row_print(const struct row *row, struct buf *out)
{
    buf_add_text(out, row->metric->name);
    for (size_t i = 0; i < row->count; i++) {
        buf_add_byte(out, i ? ',' : '{');
        label_print(row->labels[i].name, row->labels[i].value, out);
    }
    buf_add_text(out, row->count ? "} " : " ");
    buf_add_double(out, row->value);
    buf_add_byte(out, '\n');
}

static size_t rows_fill(const struct batch *b, struct row *rows)
{
    size_t count = 0;
    for (const struct batch_group *g = b->first; g; g = g->next) {
        for (const struct sample *s = g->first; s; s = s->next) {
            rows[count] =
                (struct row){.metric = s->metric, .value = s->value, .order = count};
            row_labels(&rows[count], s, b->arena);
            count++;
        }
    }
    return count;
}

void page_of_batch(const struct batch *b, struct buf *out)
{
    if (!b->count)
        return;
    struct row *rows = arena_alloc(b->arena, b->count * sizeof(*rows));
    const size_t count = rows_fill(b, rows);
    const struct metric *family = NULL;
    const struct row *last = NULL;

    qsort(rows, count, sizeof(*rows), row_order);
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        if (!family || strcmp(metric_family(family), metric_family(row->metric)) != 0) {
            family = row->metric;
            last = NULL;
            meta_print(out, PAGE_TEXT,
                       &(struct meta){metric_family(family), family->help, family->unit,
                                      family->kind, false},
                       NULL);
        }
        if (row->metric->kind != family->kind || (last && is_same_line(last, row)))
            continue;
        row_print(row, out);
        last = row;
    }
}
