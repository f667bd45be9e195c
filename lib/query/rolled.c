/* SPDX-License-Identifier: Apache-2.0 */
/* See rolled.h. Samples to points, points to columns; knows no series, budget or clock. */
#include "lib/query/rolled.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- folding ---- */

static int64_t slot_of(int64_t ms)
{
    return ms / ROLLED_MS - (ms % ROLLED_MS < 0);
}

static double least_of(double a, double b)
{
    return isnan(a) || b < a ? b : a;
}

static double most_of(double a, double b)
{
    return isnan(a) || b > a ? b : a;
}

static void point_begin(struct rolled_fold *f, struct point sample)
{
    const bool is_end = is_stale(sample.value);
    f->has_open = true;
    f->open = (struct rolled_point){.last = sample};
    if (!is_end)
        f->open.over = (struct rolled){
            .least = sample.value, .most = sample.value, .sum = sample.value, .count = 1};
}

static void point_extend(struct rolled_point *p, struct point sample)
{
    p->last = sample;
    p->over.least = least_of(p->over.least, sample.value);
    p->over.most = most_of(p->over.most, sample.value);
    const double from_before = sample.value - p->over.sum / p->over.count;
    p->over.sum += sample.value;
    p->over.count++;
    p->over.spread += from_before * (sample.value - p->over.sum / p->over.count);
}

/* As window_changes and window_resets have it, and difference: over ends, too. */
static void compare(struct rolled_fold *f, double value)
{
    struct rolled *over = &f->open.over;
    if (f->has_before) {
        over->changes += value != f->before && !(isnan(value) && isnan(f->before));
        over->resets += value < f->before;
    }
    f->before = value;
    f->has_before = true;
    if (!isfinite(value))
        return;
    if (f->has_finite && value < f->finite)
        over->fallen += f->finite;
    f->finite = value;
    f->has_finite = true;
}

bool rolled_add(struct rolled_fold *f, struct point sample,
                struct rolled_point *ret_closed)
{
    const bool closes =
        f->has_open && (slot_of(f->open.last.ms) != slot_of(sample.ms) ||
                        is_stale(f->open.last.value) || is_stale(sample.value));
    if (closes)
        *ret_closed = f->open;
    if (closes || !f->has_open)
        point_begin(f, sample);
    else
        point_extend(&f->open, sample);
    if (!is_stale(sample.value))
        compare(f, sample.value);
    return closes;
}

/* ---- columns ---- */

/* In the order that files have them. */
static const size_t places[ROLLED_COLUMNS] = {
    offsetof(struct rolled_point, last.value),
    offsetof(struct rolled_point, over.least),
    offsetof(struct rolled_point, over.most),
    offsetof(struct rolled_point, over.sum),
    offsetof(struct rolled_point, over.count),
    offsetof(struct rolled_point, over.spread),
    offsetof(struct rolled_point, over.changes),
    offsetof(struct rolled_point, over.resets),
    offsetof(struct rolled_point, over.fallen),
};

struct rolled_chunk *rolled_chunk_make(const struct rolled_point *points, size_t count)
{
    struct rolled_chunk *k = calloc(1, sizeof(*k));
    assert(k && count > 0 && count <= CHUNK_MAX_SAMPLES);
    for (size_t column = 0; column < ROLLED_COLUMNS; column++) {
        struct chunk_head head = {0};
        for (size_t i = 0; i < count; i++) {
            double value;
            memcpy(&value, (const char *)&points[i] + places[column], sizeof(value));
            chunk_append(&head, points[i].last.ms, value);
        }
        k->columns[column] = chunk_seal(&head);
    }
    return k;
}

struct rolled_chunk *rolled_chunk_of(struct chunk *const *columns)
{
    bool is_one = true;
    struct rolled_chunk *k = calloc(1, sizeof(*k));
    assert(k);
    for (size_t i = 0; i < ROLLED_COLUMNS; i++) {
        k->columns[i] = columns[i];
        is_one &= columns[i]->first_ms == columns[0]->first_ms &&
                  columns[i]->last_ms == columns[0]->last_ms &&
                  columns[i]->count == columns[0]->count;
    }
    if (is_one)
        return k;
    rolled_chunk_destroy(k);
    return NULL;
}

void rolled_chunk_destroy(struct rolled_chunk *k)
{
    for (size_t i = 0; i < ROLLED_COLUMNS; i++)
        chunk_unref(k->columns[i]);
    free(k);
}

int64_t rolled_chunk_first(const struct rolled_chunk *k)
{
    return k->columns[0]->first_ms;
}

int64_t rolled_chunk_last(const struct rolled_chunk *k)
{
    return k->columns[0]->last_ms;
}

size_t rolled_chunk_size(const struct rolled_chunk *k)
{
    size_t size = sizeof(*k);
    for (size_t i = 0; i < ROLLED_COLUMNS; i++)
        size += chunk_size(k->columns[i]);
    return size;
}

static size_t column_read(const struct chunk *c, size_t place, size_t most,
                          struct rolled_point *ret_points)
{
    struct chunk_reader r;
    struct point p;
    size_t count = 0;
    chunk_read(&r, c);
    while (count < most && chunk_next(&r, &p)) {
        ret_points[count].last.ms = p.ms;
        memcpy((char *)&ret_points[count++] + place, &p.value, sizeof(p.value));
    }
    return count;
}

size_t rolled_read(struct chunk *const *columns, unsigned wanted,
                   struct rolled_point *ret_points)
{
    size_t count = CHUNK_MAX_SAMPLES;
    for (size_t i = 0; i < ROLLED_COLUMNS; i++) {
        if (i == 0 || wanted & (1u << i))
            count = column_read(columns[i], places[i], count, ret_points);
    }
    return count;
}
