/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exact distribution of ranks for few samples, and the two questions that make "slower". Called by comparison.c.
 * Knows no step and no flow.
 */
#include "healthctl/rank_test.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = RANK_TEST_MOST };

static struct seconds latest(struct seconds s)
{
    const size_t skipped = s.count > MOST ? s.count - MOST : 0;
    return (struct seconds){s.items + skipped, s.count - skipped};
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

double seconds_p95(struct seconds s)
{
    if (!s.count)
        return 0;
    double *sorted = malloc(s.count * sizeof(*sorted));
    if (!sorted)
        abort();
    memcpy(sorted, s.items, s.count * sizeof(*sorted));
    qsort(sorted, s.count, sizeof(*sorted), compare);
    const double p95 = sorted[(s.count * 95 + 99) / 100 - 1];
    free(sorted);
    return p95;
}

/* Of all orders of n and m samples, how many put exactly u pairs the one way: the coefficients of Gauss's binomial. Those
 * up to `most` come from smaller ones alone, so that small counts are exact. */
static void count_orders(size_t n, size_t m, size_t most, double *ret_counts)
{
    memset(ret_counts, 0, (most + 1) * sizeof(*ret_counts));
    ret_counts[0] = 1;
    for (size_t i = 1; i <= n; i++) {
        for (size_t u = most + 1; u-- > m + i;)
            ret_counts[u] -= ret_counts[u - m - i];
        for (size_t u = i; u <= most; u++)
            ret_counts[u] += ret_counts[u - i];
    }
}

static double orders(size_t n, size_t m)
{
    double all = 1;
    for (size_t i = 1; i <= n; i++)
        all = all * (double)(m + i) / (double)i;
    return all;
}

/* Pairs in which the fresh one is not slower. */
static size_t pairs_against(struct seconds recorded, struct seconds fresh)
{
    size_t against = 0;
    for (size_t i = 0; i < fresh.count; i++) {
        for (size_t k = 0; k < recorded.count; k++)
            against += fresh.items[i] <= recorded.items[k];
    }
    return against;
}

double rank_test(struct seconds recorded, struct seconds fresh)
{
    double counts[MOST * MOST + 1], least = 0;
    recorded = latest(recorded);
    fresh = latest(fresh);
    if (!recorded.count || !fresh.count)
        return 1;
    const size_t against = pairs_against(recorded, fresh);
    count_orders(fresh.count, recorded.count, against, counts);
    for (size_t u = 0; u <= against; u++)
        least += counts[u];
    const double p = least / orders(fresh.count, recorded.count);
    return p < 1 ? p : 1;
}

double rank_test_least(size_t recorded, size_t fresh)
{
    return 1 / orders(fresh < MOST ? fresh : MOST, recorded < MOST ? recorded : MOST);
}

bool seconds_are_slower(struct seconds recorded, struct seconds fresh,
                        struct tolerance tolerance)
{
    if (!recorded.count || !fresh.count)
        return false;
    const double was = seconds_p95(recorded), is = seconds_p95(fresh);
    const double least = rank_test_least(recorded.count, fresh.count);
    /* Of the least itself only the clearest outcome is no more; the half is room for rounding. */
    const double level = least * 1.5 > RANK_TEST_LEVEL ? least * 1.5 : RANK_TEST_LEVEL;
    return is > was * (1 + tolerance.relative) && is > was + tolerance.absolute &&
           rank_test(recorded, fresh) <= level;
}
