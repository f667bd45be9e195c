/* SPDX-License-Identifier: Apache-2.0 */
/* The words of metric.h. */
#include "lib/core/metric.h"

#include <assert.h>

const char *metric_kind_name(enum metric_kind kind)
{
    switch (kind) {
    case METRIC_GAUGE:
        return "gauge";
    case METRIC_COUNTER:
        return "counter";
    case METRIC_HISTOGRAM:
        return "histogram";
    case METRIC_SUMMARY:
        return "summary";
    case METRIC_UNTYPED:
        return "untyped";
    }
    assert(0);
    return "untyped";
}
