/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic of the aggregations, element by element, as Prometheus does it: the order and the roundings are part of
 * the result. Called by promql_aggregate.c.
 */
#include "lib/query/promql_group.h"

#include <math.h>

static void add_average_2(struct group *g, double value)
{
    if (isinf(g->mean)) {
        const bool is_same = isinf(value) && (g->mean > 0) == (value > 0);
        if (is_same || isfinite(value))
            return;
    }
    g->mean += value / g->count - g->mean / g->count;
}

static void add_deviation(struct group *g, enum promql_compat compat, double value)
{
    if (g->count == 1) {
        g->mean = value;
        g->value = compat != PROMQL_COMPAT_2 && !isfinite(value) ? (double)NAN : 0;
        return;
    }
    const double delta = value - g->mean;
    g->mean += delta / g->count;
    g->value += delta * (value - g->mean);
}

static void add_sum(struct group *g, enum promql_compat compat, double value)
{
    if (g->count == 1)
        g->value = value;
    else if (compat == PROMQL_COMPAT_2)
        g->value += value;
    else
        sum_exactly(value, &g->value, &g->rest);
}

static void add_average(struct group *g, enum promql_compat compat, double value)
{
    if (compat != PROMQL_COMPAT_2)
        average_add(&g->average, g->count, value);
    else if (g->count == 1)
        g->mean = value;
    else
        add_average_2(g, value);
}

void group_add(struct group *g, enum promql_aggregation a, enum promql_compat compat,
               double value)
{
    const bool is_first = ++g->count == 1;
    switch (a) {
    case AGGREGATE_SUM:
        add_sum(g, compat, value);
        break;
    case AGGREGATE_AVG:
        add_average(g, compat, value);
        break;
    case AGGREGATE_MIN:
        if (is_first || g->value > value || isnan(g->value))
            g->value = value;
        break;
    case AGGREGATE_MAX:
        if (is_first || g->value < value || isnan(g->value))
            g->value = value;
        break;
    case AGGREGATE_STDDEV:
    case AGGREGATE_STDVAR:
        add_deviation(g, compat, value);
        break;
    case AGGREGATE_COUNT:
    case AGGREGATE_GROUP:
    case AGGREGATE_TOPK:
    case AGGREGATE_BOTTOMK:
    case AGGREGATE_QUANTILE:
    case AGGREGATE_COUNT_VALUES:
        break;
    }
}

double group_value(const struct group *g, enum promql_aggregation a,
                   enum promql_compat compat)
{
    switch (a) {
    case AGGREGATE_SUM:
        return g->value + g->rest;
    case AGGREGATE_AVG:
        return compat == PROMQL_COMPAT_2 ? g->mean : average_value(&g->average, g->count);
    case AGGREGATE_COUNT:
        return g->count;
    case AGGREGATE_GROUP:
        return 1;
    case AGGREGATE_STDDEV:
        return sqrt(g->value / g->count);
    case AGGREGATE_STDVAR:
        return g->value / g->count;
    case AGGREGATE_MIN:
    case AGGREGATE_MAX:
    case AGGREGATE_TOPK:
    case AGGREGATE_BOTTOMK:
    case AGGREGATE_QUANTILE:
    case AGGREGATE_COUNT_VALUES:
        break;
    }
    return g->value;
}
