/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The samples of one rule test: what the test writes down, and what its rules record. A source for queries. Called by
 * rule_test.c. Keeps all in the test's arena.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/rule_test_impl.h"

enum { KEY_MAX = 1 << 20 };

struct test_store *test_store_create(struct arena *arena)
{
    struct test_store *s = arena_alloc(arena, sizeof(*s));
    s->arena = arena;
    s->by_labels = map_create();
    s->newest = INT64_MAX;
    arena_cleanup(arena, (void (*)(void *))map_destroy, s->by_labels);
    return s;
}

static struct test_series *series_add(struct test_store *s, struct labels labels)
{
    if (s->count == s->size) {
        const size_t size = s->size ? 2 * s->size : 64;
        struct test_series **items =
            arena_alloc(s->arena, size * sizeof(struct test_series *));
        if (s->count)
            memcpy(items, s->items, s->count * sizeof(struct test_series *));
        s->items = items;
        s->size = size;
    }
    struct test_series *x = arena_alloc(s->arena, sizeof(*x));
    x->labels = labels_copy(s->arena, labels);
    s->items[s->count++] = x;
    return x;
}

static struct test_series *series_get(struct test_store *s, struct labels labels)
{
    struct buf key = BUF_MAX(KEY_MAX);
    labels_print(labels, &key);
    struct test_series *x = map_get(s->by_labels, buf_bytes(&key));
    if (!x) {
        x = series_add(s, labels);
        map_put(s->by_labels, buf_bytes(&key), x);
    }
    buf_finish(&key);
    return x;
}

void test_store_input(struct test_store *s, struct labels labels, struct points points)
{
    struct test_series *x = series_get(s, labels);
    x->points = points.items;
    x->count = x->size = points.count;
}

static void append(struct test_store *s, struct test_series *x, struct point p)
{
    if (x->count > 0 && x->points[x->count - 1].ms >= p.ms)
        return; /* out of order, as Prometheus has it: refused */
    if (x->count == x->size) {
        const size_t size = x->size ? 2 * x->size : 16;
        struct point *points = arena_alloc(s->arena, size * sizeof(*points));
        if (x->count)
            memcpy(points, x->points, x->count * sizeof(*points));
        x->points = points;
        x->size = size;
    }
    x->points[x->count++] = p;
}

void test_store_put(struct test_store *s, const void *owner, struct labels labels,
                    int64_t ms, double value)
{
    struct test_series *x = series_get(s, labels);
    x->owner = owner;
    x->put_at = ms;
    append(s, x, (struct point){ms, value});
}

void test_store_end_others(struct test_store *s, const void *owner, int64_t ms)
{
    for (size_t i = 0; i < s->count; i++) {
        struct test_series *x = s->items[i];
        const bool is_live =
            x->owner == owner && x->count > 0 && !is_stale(x->points[x->count - 1].value);
        if (is_live && x->put_at != ms)
            append(s, x, (struct point){ms, stale_marker()});
    }
}

/* The first point at or after ms. */
static size_t first_from(const struct test_series *x, int64_t ms)
{
    size_t low = 0, high = x->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (x->points[middle].ms < ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool store_select(void *ctx, const struct selector *selector, int64_t from,
                         int64_t to, struct arena *arena, struct promql_set *ret,
                         struct err *e)
{
    const struct test_store *s = ctx;
    struct promql_series *items = arena_alloc(arena, (s->count + 1) * sizeof(*items));
    size_t count = 0;
    const int64_t last = to < s->newest ? to : s->newest;
    for (size_t i = 0; i < s->count; i++) {
        const struct test_series *x = s->items[i];
        if (!matchers_match(selector->matchers, x->labels))
            continue;
        const size_t first = first_from(x, from);
        const size_t end = first_from(x, last + 1);
        if (end > first)
            items[count++] =
                (struct promql_series){x->labels, &x->points[first], end - first};
    }
    *ret = (struct promql_set){items, count};
    return true;
}

struct promql_source test_store_source(struct test_store *s)
{
    return (struct promql_source){s, store_select};
}
