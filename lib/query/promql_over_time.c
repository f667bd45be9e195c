/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a range's samples come to: the *_over_time functions and double exponential smoothing. Pure functions of a
 * window, from the table in promql_functions.c; also the sums, averages and quantiles that aggregations share.
 */
#include <math.h>
#include <stdlib.h>

#include "lib/query/promql_evaluation.h"

/* ---- sums ---- */

void sum_exactly(double add, double *sum, double *rest)
{
    const double total = *sum + add;
    if (isinf(total))
        *rest = 0;
    else if (fabs(*sum) >= fabs(add))
        *rest += (*sum - total) + add;
    else
        *rest += (add - total) + *sum;
    *sum = total;
}

void average_add(struct average *a, double count, double value)
{
    if (count == 1) {
        a->sum = value;
        return;
    }
    if (!a->is_incremental) {
        double sum = a->sum, rest = a->rest;
        sum_exactly(value, &sum, &rest);
        if (!isinf(sum)) {
            a->sum = sum;
            a->rest = rest;
            return;
        }
        a->is_incremental = true;
        a->mean = a->sum / (count - 1);
        a->rest /= count - 1;
    }
    const double share = (count - 1) / count;
    a->mean *= share;
    a->rest *= share;
    sum_exactly(value / count, &a->mean, &a->rest);
}

double average_value(const struct average *a, double count)
{
    return a->is_incremental ? a->mean + a->rest : a->sum / count + a->rest / count;
}

bool window_sum(const struct window *w, double *ret)
{
    double sum = 0, rest = 0;
    for (size_t i = 0; i < w->count; i++)
        sum_exactly(w->points[i].value, &sum, &rest);
    *ret = isinf(sum) ? sum : sum + rest;
    return true;
}

static double average_2(const struct window *w)
{
    double mean = 0, rest = 0;
    for (size_t i = 0; i < w->count; i++) {
        const double value = w->points[i].value, count = (double)(i + 1);
        const bool is_same = isinf(value) && (mean > 0) == (value > 0);
        if (isinf(mean) && (is_same || isfinite(value)))
            continue;
        sum_exactly(value / count - mean / count, &mean, &rest);
    }
    return isinf(mean) ? mean : mean + rest;
}

bool window_avg(const struct window *w, double *ret)
{
    struct average a = {0};
    if (w->compat == PROMQL_COMPAT_2) {
        *ret = average_2(w);
        return true;
    }
    for (size_t i = 0; i < w->count; i++)
        average_add(&a, (double)(i + 1), w->points[i].value);
    *ret = average_value(&a, (double)w->count);
    return true;
}

/* ---- one of them ---- */

bool window_min(const struct window *w, double *ret)
{
    double least = w->points[0].value;
    for (size_t i = 1; i < w->count; i++) {
        if (w->points[i].value < least || isnan(least))
            least = w->points[i].value;
    }
    *ret = least;
    return true;
}

bool window_max(const struct window *w, double *ret)
{
    double most = w->points[0].value;
    for (size_t i = 1; i < w->count; i++) {
        if (w->points[i].value > most || isnan(most))
            most = w->points[i].value;
    }
    *ret = most;
    return true;
}

bool window_count(const struct window *w, double *ret)
{
    *ret = (double)w->count;
    return true;
}

bool window_first(const struct window *w, double *ret)
{
    *ret = w->points[0].value;
    return true;
}

bool window_last(const struct window *w, double *ret)
{
    *ret = w->points[w->count - 1].value;
    return true;
}

bool window_present(const struct window *w UNUSED, double *ret)
{
    *ret = 1;
    return true;
}

/* ---- how they are spread ---- */

static int number_order(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    if (isnan(a) || isnan(b))
        return (isnan(b) != 0) - (isnan(a) != 0);
    return (a > b) - (a < b);
}

double quantile_of(double phi, double *values, size_t count)
{
    if (count == 0 || isnan(phi))
        return (double)NAN;
    if (phi < 0)
        return -(double)INFINITY;
    if (phi > 1)
        return (double)INFINITY;
    qsort(values, count, sizeof(*values), number_order);
    const double rank = phi * (double)(count - 1);
    const size_t low = (size_t)floor(rank);
    const size_t high = low + 1 < count ? low + 1 : count - 1;
    const double weight = rank - floor(rank);
    return values[low] * (1 - weight) + values[high] * weight;
}

static double *values_of(const struct window *w)
{
    double *values = w->room;
    for (size_t i = 0; i < w->count; i++)
        values[i] = w->points[i].value;
    return values;
}

bool window_quantile(const struct window *w, double *ret)
{
    *ret = quantile_of(w->factors[0], values_of(w), w->count);
    return true;
}

/* Half of the values are nearer to the median than this. */
bool window_mad(const struct window *w, double *ret)
{
    double *values = values_of(w);
    const double median = quantile_of(0.5, values, w->count);
    bool has_nan = false;
    for (size_t i = 0; i < w->count; i++) {
        has_nan |= isnan(values[i]) != 0;
        values[i] = fabs(values[i] - median);
    }
    *ret = has_nan ? (double)NAN : quantile_of(0.5, values, w->count);
    return true;
}

static double variance(const struct window *w)
{
    double count = 0, mean = 0, mean_rest = 0, sum = 0, sum_rest = 0;
    for (size_t i = 0; i < w->count; i++) {
        const double value = w->points[i].value;
        const double delta = value - (mean + mean_rest);
        count++;
        sum_exactly(delta / count, &mean, &mean_rest);
        sum_exactly(delta * (value - (mean + mean_rest)), &sum, &sum_rest);
    }
    return (sum + sum_rest) / count;
}

bool window_stdvar(const struct window *w, double *ret)
{
    *ret = variance(w);
    return true;
}

bool window_stddev(const struct window *w, double *ret)
{
    *ret = sqrt(variance(w));
    return true;
}

/* ---- smoothing ---- */

bool window_smooth(const struct window *w, double *ret)
{
    const double level_factor = w->factors[0], trend_factor = w->factors[1];
    if (w->count < 2)
        return false;
    double former = 0, level = w->points[0].value;
    double trend = w->points[1].value - w->points[0].value;
    for (size_t i = 1; i < w->count; i++) {
        if (i > 1)
            trend = trend_factor * (level - former) + (1 - trend_factor) * trend;
        const double share = level_factor * w->points[i].value;
        const double rest = (1 - level_factor) * (level + trend);
        former = level;
        level = share + rest;
    }
    *ret = level;
    return true;
}

bool call_smooth(struct evaluation *ev, const struct promql_node *n, int64_t now,
                 struct answer *ret)
{
    static const char *const names[] = {"smoothing", "trend"};
    double factors[2];
    for (size_t i = 0; i < 2; i++) {
        if (!evaluate_number(ev, n->args[i + 1], now, &factors[i]))
            return false;
        if (!(factors[i] > 0 && factors[i] < 1))
            return err_set(ev->e, "%s() needs a %s factor between 0 and 1, and got %g",
                           n->function->name, names[i], factors[i]);
    }
    return call_window(ev, n, 0, now, factors, ret);
}
