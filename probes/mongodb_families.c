/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of mongodb_families.h as metric families. */
#include "probes/mongodb_families.h"

#include <stddef.h>

const struct metric mongodb_families[MONGODB_FAMILY_COUNT] = {
#define X(id, name_, kind_, unit_, help_, ...)  \
    [MONGODB_##id] = {.name = "mongodb_" name_, \
                      .kind = METRIC_##kind_,   \
                      .unit = unit_,            \
                      .help = help_,            \
                      .labels = {__VA_ARGS__}},
    MONGODB_FAMILIES(X)
#undef X
};

const struct metric *const mongodb_metrics[] = {
#define X(id, ...) &mongodb_families[MONGODB_##id],
    MONGODB_FAMILIES(X)
#undef X
        NULL,
};
