/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metric families as their owners declare them: const tables beside the code that fills them.
 */
#ifndef HEALTHD_CORE_METRIC_H
#define HEALTHD_CORE_METRIC_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/attr.h"

enum metric_kind {
    METRIC_GAUGE,
    METRIC_COUNTER,
    METRIC_HISTOGRAM,
    METRIC_SUMMARY, /* of others only: read elsewhere, in parts */
    METRIC_UNTYPED
};
const char *metric_kind_name(enum metric_kind kind); /* "gauge", …, as after # TYPE */
/* [a-zA-Z_:][a-zA-Z0-9_:]* */
bool metric_name_valid(const char *name);

#define METRIC_MAX_LABELS 8

struct metric {
    const char *name; /* full: base unit and _total suffix included */
    enum metric_kind kind;
    const char *unit; /* "seconds", "bytes", "" */
    const char *help; /* one sentence without a full stop needed */
    const char *labels[METRIC_MAX_LABELS + 1]; /* its own label names, NULL-terminated */
    const double *buckets; /* METRIC_HISTOGRAM: upper bounds ended by +Inf */
    /* of a part (x_bucket of the histogram x): the whole's name; NULL: name */
    const char *family;
    /* known only at run time (batch_metric): gives way to a declared one */
    bool is_dynamic;
};

/* Families that stand in one array, for the reference: its elements begin with their struct metric. Lists end with {0}. */
struct metric_rows {
    const struct metric *first;
    size_t count, step; /* step: bytes from one to the next */
};
#define METRIC_ROWS(array)                                                 \
    {                                                                      \
        (const struct metric *)(array), ARRAY_LEN(array), sizeof(*(array)) \
    }
#define METRIC_ROW(metric)           \
    {                                \
        &(metric), 1, sizeof(metric) \
    }

/* What its family is called. */
static inline const char *metric_family(const struct metric *m)
{
    return m->family ? m->family : m->name;
}

#endif
