/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Histograms: one object for its owner, a line a bucket for everybody else. Called by those who measure
 * durations; never seen by the page, which finds ordinary series.
 */
#include "lib/core/series.h"

#include <assert.h>
#include <math.h>
#include <string.h>

struct histogram {
    const double *bounds; /* count of them, the last +Inf */
    size_t count;
    struct series **buckets; /* cumulative, as they are shown */
    struct series *sum, *total;
};

/* Bounds as OpenMetrics wants them ("1.0"), in both formats: a series is called the same in each. */
static const char *bound_text(struct arena *arena, double bound)
{
    struct buf text = BUF_MAX(64);
    buf_add_double(&text, bound);
    if (!strpbrk(buf_text(&text), ".eIN"))
        buf_add_text(&text, ".0");
    return arena_keep(arena, &text);
}

static struct series *bucket_series(struct registry *r, struct source *s,
                                    const struct metric *metric,
                                    const char *const *values, double bound)
{
    const struct label le = {"le", bound_text(s->arena, bound)};
    return series_direct(
        r, s, &(struct identity){metric, "_bucket", values, (struct labels){&le, 1}});
}

static size_t bounds_count(const double *bounds)
{
    size_t count = 1;
    while (!isinf(bounds[count - 1]))
        count++;
    return count;
}

struct histogram *registry_histogram(struct registry *r, struct source *s,
                                     const struct metric *metric,
                                     const char *const *values)
{
    assert(metric->kind == METRIC_HISTOGRAM && metric->buckets);

    struct histogram *h = arena_alloc(s->arena, sizeof(*h));
    h->count = bounds_count(metric->buckets);
    h->bounds = arena_memdup(s->arena, metric->buckets, h->count * sizeof(*h->bounds));
    h->buckets = arena_alloc(s->arena, h->count * sizeof(struct series *));
    for (size_t i = 0; i < h->count; i++)
        h->buckets[i] = bucket_series(r, s, metric, values, h->bounds[i]);
    h->sum = series_direct(r, s, &(struct identity){metric, "_sum", values, {0}});
    h->total = series_direct(r, s, &(struct identity){metric, "_count", values, {0}});
    return h;
}

void histogram_observe(struct histogram *h, double value)
{
    if (isnan(value))
        return; /* it is in no bucket, and would spoil the sum for ever */
    for (size_t i = 0; i < h->count; i++) {
        if (value <= h->bounds[i])
            series_add(h->buckets[i], 1);
    }
    series_add(h->sum, value);
    series_add(h->total, 1);
}

void histogram_observe_as(struct histogram *h, double value, struct labels labels,
                          struct wall at)
{
    size_t i = 0;
    histogram_observe(h, value);
    while (i < h->count && !(value <= h->bounds[i]))
        i++;
    if (i < h->count)
        exemplar_put(h->buckets[i], labels, value, at);
}
