/* SPDX-License-Identifier: Apache-2.0 */
/* Series written as promtool does, as a source of samples, and answers as one line of text. For tests and fuzzing. */
#ifndef HEALTHD_TESTS_PROMQL_FIXTURE_H
#define HEALTHD_TESTS_PROMQL_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "lib/query/promql.h"
#include "lib/query/promql_functions.h"
#include "lib/query/series_notation.h"

struct fixture_series {
    const char *labels, *values;
};

struct fixture_source {
    struct promql_series items[64];
    size_t count;
};

/* Rows end with {0}. False for a row that is no series. */
static inline bool fixture_load(struct arena *arena, const struct fixture_series *rows,
                                int64_t step, struct fixture_source *ret)
{
    struct err e = {0};
    for (size_t i = 0; rows[i].labels && ret->count < 64; i++) {
        struct promql_series *s = &ret->items[ret->count++];
        struct points p = {0};
        if (!series_notation_labels(arena, rows[i].labels, &s->labels, &e) ||
            !series_notation_points(arena, rows[i].values, 0, step, &p, &e))
            return false;
        s->points = p.items;
        s->count = p.count;
    }
    return true;
}

static inline bool fixture_select(void *ctx, const struct selector *selector,
                                  int64_t from, int64_t to, struct arena *arena,
                                  struct promql_set *ret, struct err *e UNUSED)
{
    const struct fixture_source *source = ctx;
    struct promql_series *items = arena_alloc(arena, 64 * sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < source->count; i++) {
        struct promql_series s = source->items[i];
        if (!matchers_match(selector->matchers, s.labels))
            continue;
        while (s.count > 0 && s.points->ms < from) {
            s.points++;
            s.count--;
        }
        while (s.count > 0 && s.points[s.count - 1].ms > to)
            s.count--;
        if (s.count > 0)
            items[count++] = s;
    }
    *ret = (struct promql_set){items, count};
    return true;
}

static inline void fixture_print_points(const struct promql_series *s, bool with_times,
                                        struct buf *out)
{
    for (size_t i = 0; i < s->count; i++) {
        buf_add_text(out, i ? " " : "");
        promql_add_value(s->points[i].value, out);
        if (with_times)
            buf_printf(out, "@%g", (double)s->points[i].ms / 1000);
    }
}

static inline int fixture_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* {a="b"} 3; {} 1@0 2@60: elements in the order of their text; a name stands among the labels. */
static inline const char *fixture_print(const struct promql_result *r,
                                        struct arena *arena)
{
    const char **lines = arena_alloc(arena, (r->count + 1) * sizeof(*lines));
    struct buf out = BUF_MAX(1 << 20);
    if (r->type == PROMQL_STRING)
        return r->text;
    for (size_t i = 0; i < r->count; i++) {
        buf_clear(&out);
        if (r->type != PROMQL_SCALAR) {
            buf_add_byte(&out, '{');
            labels_print(r->items[i].labels, &out);
            buf_add_text(&out, "} ");
        }
        fixture_print_points(&r->items[i], r->type == PROMQL_MATRIX, &out);
        lines[i] = arena_strdup(arena, buf_text(&out));
    }
    buf_clear(&out);
    qsort(lines, r->count, sizeof(*lines), fixture_order);
    for (size_t i = 0; i < r->count; i++)
        buf_printf(&out, "%s%s", i ? "; " : "", lines[i]);
    const char *text = arena_strdup(arena, buf_text(&out));
    buf_finish(&out);
    return text;
}

#endif
