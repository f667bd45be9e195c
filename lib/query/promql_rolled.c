/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a range comes to that is known as five-minute points (sample.h): functions whose result follows from sums, counts
 * and extremes of parts. Pure functions of a window, from the table in promql_functions.c.
 */
#include <math.h>

#include "lib/query/promql_functions.h"
#include "lib/query/rolled.h"

bool rolled_sum(const struct window *w, double *ret)
{
    double sum = 0, rest = 0;
    for (size_t i = 0; i < w->count; i++)
        sum_exactly(w->over[i].sum, &sum, &rest);
    *ret = isinf(sum) ? sum : sum + rest;
    return true;
}

bool rolled_count(const struct window *w, double *ret)
{
    *ret = 0;
    for (size_t i = 0; i < w->count; i++)
        *ret += w->over[i].count;
    return true;
}

bool rolled_avg(const struct window *w, double *ret)
{
    double count;
    rolled_count(w, &count);
    rolled_sum(w, ret);
    *ret /= count;
    return true;
}

bool rolled_min(const struct window *w, double *ret)
{
    *ret = w->over[0].least;
    for (size_t i = 1; i < w->count; i++) {
        if (w->over[i].least < *ret || isnan(*ret))
            *ret = w->over[i].least;
    }
    return true;
}

bool rolled_max(const struct window *w, double *ret)
{
    *ret = w->over[0].most;
    for (size_t i = 1; i < w->count; i++) {
        if (w->over[i].most > *ret || isnan(*ret))
            *ret = w->over[i].most;
    }
    return true;
}

bool rolled_changes(const struct window *w, double *ret)
{
    *ret = 0;
    for (size_t i = 1; i < w->count; i++)
        *ret += w->over[i].changes;
    return true;
}

bool rolled_resets(const struct window *w, double *ret)
{
    *ret = 0;
    for (size_t i = 1; i < w->count; i++)
        *ret += w->over[i].resets;
    return true;
}

/* Parts' spreads, and those of their means (Chan, Golub, LeVeque). */
bool rolled_stdvar(const struct window *w, double *ret)
{
    double count = 0, mean = 0, spread = 0;
    for (size_t i = 0; i < w->count; i++) {
        const struct rolled *part = &w->over[i];
        const double total = count + part->count;
        const double apart = part->sum / part->count - mean;
        spread += part->spread + apart * apart * count * part->count / total;
        mean += apart * part->count / total;
        count = total;
    }
    *ret = spread / count;
    return true;
}

bool rolled_stddev(const struct window *w, double *ret)
{
    rolled_stdvar(w, ret);
    *ret = sqrt(*ret);
    return true;
}

/* Samples are taken to be evenly spread behind the point before. */
void rolled_middle(const struct window *w, size_t at, double *ret_ms, double *ret_value,
                   double *ret_weight)
{
    const double count = w->over[at].count, last = (double)w->points[at].ms;
    double span = ROLLED_MS;
    if (at > 0 && last - (double)w->points[at - 1].ms < span)
        span = last - (double)w->points[at - 1].ms;
    *ret_ms = last - span / count * (count - 1) / 2;
    *ret_value = w->over[at].sum / count;
    *ret_weight = count;
}
