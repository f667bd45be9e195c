/* SPDX-License-Identifier: Apache-2.0 */
/* The value of one group of an aggregation while its elements come in; for promql_aggregate.c. */
#ifndef HEALTHD_QUERY_PROMQL_GROUP_H
#define HEALTHD_QUERY_PROMQL_GROUP_H

#include "lib/query/promql_evaluation.h"

struct group {
    struct label_set *set; /* the labels of its result */
    double count, value,
        mean;    /* of the elements so far; value: what the aggregation makes */
    double rest; /* what the precision of a sum has lost: sum_exactly */
    struct average average;
};

/* Takes in an element. Prometheus 3 compensates its sums. */
void group_add(struct group *g, enum promql_aggregation a, enum promql_compat compat,
               double value);
/* The result once all elements are in. */
double group_value(const struct group *g, enum promql_aggregation a,
                   enum promql_compat compat);

#endif
