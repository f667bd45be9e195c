/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of each element's value alone, and those between numbers and vectors. From the table in
 * promql_functions.c.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/query/promql_evaluation.h"

double value_sgn(double v)
{
    return v < 0 ? -1 : (v > 0 ? 1 : v);
}

double value_deg(double v)
{
    return v * 180 / M_PI;
}

double value_rad(double v)
{
    return v * M_PI / 180;
}

/* ---- limits ---- */

/* As Go's: the limit wins over a NaN only when it is infinite. */
static double at_least(double limit, double v)
{
    if (isinf(limit) && limit > 0)
        return limit;
    if (isnan(limit) || isnan(v))
        return isinf(v) && v > 0 ? v : (double)NAN;
    return v > limit ? v : limit;
}

static double at_most(double limit, double v)
{
    return -at_least(-limit, -v);
}

struct limits {
    double least, most;
    bool has_least, has_most;
};

static double limited(const struct limits *l, double v)
{
    if (l->has_most)
        v = at_most(l->most, v);
    return l->has_least ? at_least(l->least, v) : v;
}

/* Elements of the vector `in`, without the metric's name, for values to be put in. */
static bool unnamed(struct evaluation *ev, const struct promql_node *n,
                    const struct answer *in, struct answer *ret)
{
    ret->items = room_for(ev, n, in->count);
    ret->count = in->count;
    for (size_t i = 0; i < in->count; i++)
        ret->items[i] = (struct element){
            set_without_metric(ev, &ev->states[n->id].made, in->items[i].set),
            in->items[i].value};
    return elements_differ(ev, ret->items, ret->count);
}

static bool limit_all(struct evaluation *ev, const struct promql_node *n, int64_t now,
                      const struct limits *l, struct answer *ret)
{
    struct answer in;
    if (!evaluate(ev, n->args[0], now, &in) || !unnamed(ev, n, &in, ret))
        return false;
    for (size_t i = 0; i < ret->count; i++)
        ret->items[i].value = limited(l, ret->items[i].value);
    return true;
}

bool call_clamp(struct evaluation *ev, const struct promql_node *n, int64_t now,
                struct answer *ret)
{
    struct limits l = {.has_least = true, .has_most = true};
    if (!evaluate_number(ev, n->args[1], now, &l.least) ||
        !evaluate_number(ev, n->args[2], now, &l.most))
        return false;
    return l.most < l.least || limit_all(ev, n, now, &l, ret);
}

bool call_clamp_min(struct evaluation *ev, const struct promql_node *n, int64_t now,
                    struct answer *ret)
{
    struct limits l = {.has_least = true};
    return evaluate_number(ev, n->args[1], now, &l.least) &&
           limit_all(ev, n, now, &l, ret);
}

bool call_clamp_max(struct evaluation *ev, const struct promql_node *n, int64_t now,
                    struct answer *ret)
{
    struct limits l = {.has_most = true};
    return evaluate_number(ev, n->args[1], now, &l.most) &&
           limit_all(ev, n, now, &l, ret);
}

/* Half is rounded up; by the inverse, which keeps 0.1 and the like exact more often. */
bool call_round(struct evaluation *ev, const struct promql_node *n, int64_t now,
                struct answer *ret)
{
    struct answer in;
    double unit = 1;
    if (n->arg_count > 1 && !evaluate_number(ev, n->args[1], now, &unit))
        return false;
    if (!evaluate(ev, n->args[0], now, &in) || !unnamed(ev, n, &in, ret))
        return false;
    const double inverse = 1.0 / unit;
    for (size_t i = 0; i < ret->count; i++)
        ret->items[i].value = floor(ret->items[i].value * inverse + 0.5) / inverse;
    return true;
}

/* ---- numbers and vectors ---- */

bool call_pi(struct evaluation *ev UNUSED, const struct promql_node *n UNUSED,
             int64_t now UNUSED, struct answer *ret)
{
    ret->number = M_PI;
    return true;
}

bool call_scalar(struct evaluation *ev, const struct promql_node *n, int64_t now,
                 struct answer *ret)
{
    struct answer in;
    if (!evaluate(ev, n->args[0], now, &in))
        return false;
    ret->number = in.count == 1 ? in.items[0].value : (double)NAN;
    return true;
}

bool call_vector(struct evaluation *ev, const struct promql_node *n, int64_t now,
                 struct answer *ret)
{
    double number;
    if (!evaluate_number(ev, n->args[0], now, &number))
        return false;
    ret->items = room_for(ev, n, 1);
    ret->items[0] = (struct element){set_empty(ev), number};
    ret->count = 1;
    return true;
}

/* ---- order ---- */

/* NaN comes last, both ways. */
static int rising(const void *left, const void *right)
{
    const double a = ((const struct element *)left)->value;
    const double b = ((const struct element *)right)->value;
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    return (a > b) - (a < b);
}

static int falling(const void *left, const void *right)
{
    const double a = ((const struct element *)left)->value;
    const double b = ((const struct element *)right)->value;
    return isnan(a) || isnan(b) ? rising(left, right) : -rising(left, right);
}

static bool sort(struct evaluation *ev, const struct promql_node *n, int64_t now,
                 int (*order)(const void *, const void *), struct answer *ret)
{
    struct answer in;
    if (!evaluate(ev, n->args[0], now, &in))
        return false;
    ret->items = room_for(ev, n, in.count);
    ret->count = in.count;
    if (in.count == 0)
        return true;
    memcpy(ret->items, in.items, in.count * sizeof(*in.items));
    qsort(ret->items, ret->count, sizeof(*ret->items), order);
    return true;
}

bool call_sort(struct evaluation *ev, const struct promql_node *n, int64_t now,
               struct answer *ret)
{
    return sort(ev, n, now, rising, ret);
}

bool call_sort_desc(struct evaluation *ev, const struct promql_node *n, int64_t now,
                    struct answer *ret)
{
    return sort(ev, n, now, falling, ret);
}
