/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a range's samples move: rate and its kin, trends, and how often they change. Pure functions of a window, from the
 * table in promql_functions.c. A counter that falls was reset: it began again from 0.
 */
#include <math.h>

#include "lib/query/promql_functions.h"

/* ---- rate, increase, delta ---- */

struct slope {
    bool is_counter, is_per_second;
};

static double difference(const struct window *w, bool is_counter)
{
    double sum = w->points[w->count - 1].value - w->points[0].value;
    for (size_t i = 1; is_counter && i < w->count; i++) {
        if (w->over)
            sum += w->over[i].fallen;
        else if (w->points[i].value < w->points[i - 1].value)
            sum += w->points[i - 1].value;
    }
    return sum;
}

/*
 * The time from the range's begin to the first sample that the difference is stretched over: all of it when that sample
 * is about where one is due, else half a gap; and never to before a counter was 0. Prometheus 2 asks in another order.
 */
static double reach_to_start(const struct window *w, double covered, double threshold,
                             double gap, double sum, bool is_counter)
{
    double reach = (double)(w->points[0].ms - w->from) / 1000;
    const bool is_late = reach >= threshold;
    if (w->compat != PROMQL_COMPAT_2 && is_late)
        reach = gap / 2;
    if (is_counter && sum > 0 && w->points[0].value >= 0) {
        const double to_zero = covered * (w->points[0].value / sum);
        if (to_zero < reach)
            reach = to_zero;
    }
    if (w->compat == PROMQL_COMPAT_2 && reach >= threshold)
        reach = gap / 2;
    return reach;
}

/* A range that holds one rolled point: what it moved since the point before it, as if it did so all along. */
static bool since_former(const struct window *w, struct slope slope, double *ret)
{
    const double seconds = (double)(w->points[0].ms - w->former->ms) / 1000;
    double moved = w->points[0].value - w->former->value;
    if (slope.is_counter)
        moved += w->over[0].fallen;
    *ret = moved / seconds;
    if (!slope.is_per_second)
        *ret *= (double)(w->to - w->from) / 1000;
    return true;
}

static bool extrapolate(const struct window *w, struct slope slope, double *ret)
{
    if (w->count == 1 && w->former)
        return since_former(w, slope, ret);
    if (w->count < 2)
        return false;
    const int64_t first = w->points[0].ms, last = w->points[w->count - 1].ms;
    const double sum = difference(w, slope.is_counter);
    const double covered = (double)(last - first) / 1000;
    const double gap = covered / (double)(w->count - 1);
    const double threshold = gap * 1.1;
    const double before =
        reach_to_start(w, covered, threshold, gap, sum, slope.is_counter);
    double behind = (double)(w->to - last) / 1000;
    if (behind >= threshold)
        behind = gap / 2;
    double factor = (covered + before + behind) / covered;
    if (slope.is_per_second)
        factor /= (double)(w->to - w->from) / 1000;
    *ret = sum * factor;
    return true;
}

bool window_rate(const struct window *w, double *ret)
{
    return extrapolate(w, (struct slope){.is_counter = true, .is_per_second = true}, ret);
}

bool window_increase(const struct window *w, double *ret)
{
    return extrapolate(w, (struct slope){.is_counter = true}, ret);
}

bool window_delta(const struct window *w, double *ret)
{
    return extrapolate(w, (struct slope){0}, ret);
}

/* ---- the last two ---- */

static bool last_two(const struct window *w, bool is_counter, double *ret)
{
    if (w->count < 2)
        return false;
    const struct point *last = &w->points[w->count - 1], *former = last - 1;
    const bool is_reset = is_counter && last->value < former->value;
    const double moved = is_reset ? last->value : last->value - former->value;
    *ret = is_counter ? moved / ((double)(last->ms - former->ms) / 1000) : moved;
    return true;
}

bool window_irate(const struct window *w, double *ret)
{
    return last_two(w, true, ret);
}

bool window_idelta(const struct window *w, double *ret)
{
    return last_two(w, false, ret);
}

/* ---- the line through them ---- */

struct sum {
    double value, rest;
};

static double total(const struct sum *s)
{
    return s->value + s->rest;
}

/* Least squares; x is in seconds from `origin`. A rolled point has the weight of its samples. */
static void fit_line(const struct window *w, int64_t origin, double *ret_slope,
                     double *ret_intercept)
{
    struct sum x = {0}, y = {0}, xy = {0}, xx = {0};
    bool is_flat = true;
    double n = 0;
    for (size_t i = 0; i < w->count; i++) {
        double ms = (double)w->points[i].ms, value = w->points[i].value, weight = 1;
        if (w->over)
            rolled_middle(w, i, &ms, &value, &weight);
        const double at = (ms - (double)origin) / 1e3;
        is_flat &= i == 0 || (w->points[i].value == w->points[0].value &&
                              (!w->over || value == w->points[0].value));
        n += weight;
        sum_exactly(weight * at, &x.value, &x.rest);
        sum_exactly(weight * value, &y.value, &y.rest);
        sum_exactly(weight * at * value, &xy.value, &xy.rest);
        sum_exactly(weight * at * at, &xx.value, &xx.rest);
    }
    if (is_flat) {
        const bool is_endless = isinf(w->points[0].value) != 0;
        *ret_slope = is_endless ? (double)NAN : 0;
        *ret_intercept = is_endless ? (double)NAN : w->points[0].value;
        return;
    }
    const double covariance = total(&xy) - total(&x) * total(&y) / n;
    const double variance = total(&xx) - total(&x) * total(&x) / n;
    *ret_slope = covariance / variance;
    *ret_intercept = total(&y) / n - *ret_slope * total(&x) / n;
}

bool window_deriv(const struct window *w, double *ret)
{
    double intercept;
    if (w->count < 2)
        return false;
    fit_line(w, w->points[0].ms, ret, &intercept);
    return true;
}

bool window_predict_linear(const struct window *w, double *ret)
{
    double slope, intercept;
    if (w->count < 2)
        return false;
    fit_line(w, w->now, &slope, &intercept);
    *ret = slope * w->factors[0] + intercept;
    return true;
}

/* ---- how often ---- */

bool window_changes(const struct window *w, double *ret)
{
    *ret = 0;
    for (size_t i = 1; i < w->count; i++) {
        const double former = w->points[i - 1].value, value = w->points[i].value;
        *ret += value != former && !(isnan(value) && isnan(former));
    }
    return true;
}

bool window_resets(const struct window *w, double *ret)
{
    *ret = 0;
    for (size_t i = 1; i < w->count; i++)
        *ret += w->points[i].value < w->points[i - 1].value;
    return true;
}
