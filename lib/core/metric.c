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

static bool is_name_byte(char c, bool is_first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (!is_first && c >= '0' && c <= '9');
}

bool metric_name_valid(const char *name)
{
    for (const char *at = name; *at; at++) {
        if (!is_name_byte(*at, at == name))
            return false;
    }
    return name[0] != '\0';
}
