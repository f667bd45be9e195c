/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram_quantile over the buckets that classic histograms have: series with a label le, each counting what
 * is not above it. From the table in promql_functions.c.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/query/promql_evaluation.h"

#define TOLERANCE 1e-12 /* relative: by less than this a bucket may shrink unnoticed */

struct bucket {
    size_t group;
    double le, count;
};

struct histograms {
    struct label_set **sets; /* of each, without le and name */
    struct bucket *buckets;
    size_t count, bucket_count;
};

static int bucket_order(const void *left, const void *right)
{
    const struct bucket *a = left, *b = right;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    return (a->le > b->le) - (a->le < b->le);
}

/* ---- one histogram ---- */

/* Those of one bound become one. */
static size_t merge_equal(struct bucket *b, size_t count)
{
    size_t last = 0;
    for (size_t i = 1; i < count; i++) {
        if (b[i].le == b[last].le)
            b[last].count += b[i].count;
        else
            b[++last] = b[i];
    }
    return last + 1;
}

static bool is_almost(double a, double b)
{
    const double sum = fabs(a) + fabs(b), apart = fabs(a - b);
    if (a == 0 || b == 0 || sum < 2.2250738585072014e-308)
        return apart < TOLERANCE * 2.2250738585072014e-308;
    return apart / (sum < 1.7976931348623157e308 ? sum : 1.7976931348623157e308) <
           TOLERANCE;
}

/* Buckets that were read at different times may shrink: none counts less than the one before. */
static bool make_rising(struct bucket *b, size_t count, enum promql_compat compat)
{
    double most = b[0].count;
    bool is_forced = false;
    for (size_t i = 1; i < count; i++) {
        const bool is_same = compat != PROMQL_COMPAT_2 && is_almost(most, b[i].count);
        is_forced |= b[i].count < most && !is_same;
        if (b[i].count > most && !is_same)
            most = b[i].count;
        else
            b[i].count = most;
    }
    return is_forced;
}

static double interpolate(const struct bucket *b, size_t nth, double rank)
{
    double start = 0, count = b[nth].count;
    if (nth > 0) {
        start = b[nth - 1].le;
        count -= b[nth - 1].count;
        rank -= b[nth - 1].count;
    }
    return start + (b[nth].le - start) * (rank / count);
}

static double quantile_of_buckets(struct evaluation *ev, double phi, struct bucket *b,
                                  size_t count)
{
    if (isnan(phi))
        return (double)NAN;
    if (phi < 0 || phi > 1)
        return phi < 0 ? -(double)INFINITY : (double)INFINITY;
    if (!isinf(b[count - 1].le) || b[count - 1].le < 0)
        return (double)NAN;
    count = merge_equal(b, count);
    if (make_rising(b, count, ev->opts.compat))
        warn(ev, "histogram_quantile() saw buckets that count less than smaller ones");
    const double observations = b[count - 1].count;
    if (count < 2 || observations == 0)
        return (double)NAN;
    const double rank = phi * observations;
    size_t nth = 0;
    while (nth < count - 1 && !(b[nth].count >= rank))
        nth++;
    if (nth == count - 1)
        return b[count - 2].le;
    if (nth == 0 && b[0].le <= 0)
        return b[0].le;
    return interpolate(b, nth, rank);
}

/* ---- all of them ---- */

static struct histograms collect(struct evaluation *ev, const struct promql_node *n,
                                 const struct answer *in)
{
    static const char *items[] = {"le"};
    const struct names le = {items, 1};
    const uint64_t stamp = next_stamp(ev);
    struct histograms h = {
        .sets = work_for(ev, n, in->count * (sizeof(*h.sets) + sizeof(*h.buckets)))};
    h.buckets = (struct bucket *)(void *)(h.sets + in->count);
    for (size_t i = 0; i < in->count; i++) {
        const char *bound = labels_get(in->items[i].set->labels, "le");
        double value;
        if (!bound || !bytes_to_double(bytes_of(bound), &value) || isnan(value))
            continue;
        struct label_set *set =
            set_without(ev, &ev->states[n->id].made, in->items[i].set, &le, true);
        if (set->stamp != stamp) {
            set->stamp = stamp;
            set->slot = h.count;
            h.sets[h.count++] = set;
        }
        h.buckets[h.bucket_count++] =
            (struct bucket){set->slot, value, in->items[i].value};
    }
    return h;
}

bool call_histogram_quantile(struct evaluation *ev, const struct promql_node *n,
                             int64_t now, struct answer *ret)
{
    struct answer in;
    double phi;
    if (!evaluate_number(ev, n->args[0], now, &phi) ||
        !evaluate(ev, n->args[1], now, &in))
        return false;
    if (isnan(phi) || phi < 0 || phi > 1)
        warn(ev, "histogram_quantile() has a first argument outside 0..1");
    const struct histograms h = collect(ev, n, &in);
    if (h.bucket_count > 0)
        qsort(h.buckets, h.bucket_count, sizeof(*h.buckets), bucket_order);
    ret->items = room_for(ev, n, h.count);
    for (size_t first = 0, end; first < h.bucket_count; first = end) {
        for (end = first + 1; end < h.bucket_count; end++) {
            if (h.buckets[end].group != h.buckets[first].group)
                break;
        }
        ret->items[ret->count++] = (struct element){
            h.sets[h.buckets[first].group],
            quantile_of_buckets(ev, phi, h.buckets + first, end - first)};
    }
    return true;
}
