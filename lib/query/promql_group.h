/* SPDX-License-Identifier: Apache-2.0 */
/* The value of one group of an aggregation while its elements come in; for promql_aggregate.c. */
#ifndef HEALTHD_QUERY_PROMQL_GROUP_H
#define HEALTHD_QUERY_PROMQL_GROUP_H

#include "lib/query/promql_evaluation.h"

struct group {
    struct label_set *set;
    double count, value, mean;
    double rest; /* what a compensated sum has left over */
    struct average average;
};

/* By Prometheus 2's arithmetic (compat 2) or 3's, which compensates its sums. */
void group_add(struct group *g, enum promql_aggregation a, int compat, double value);
double group_value(const struct group *g, enum promql_aggregation a, int compat);

#endif
