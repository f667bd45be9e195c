/* SPDX-License-Identifier: Apache-2.0 */
/* The table of postgres_families.h as metric families. */
#include "probes/postgres_families.h"

#include <stddef.h>

const struct metric postgres_families[POSTGRES_FAMILY_COUNT] = {
#define X(id, name_, kind_, unit_, help_, ...) \
    [POSTGRES_##id] = {.name = "pg_" name_,    \
                       .kind = METRIC_##kind_, \
                       .unit = unit_,          \
                       .help = help_,          \
                       .labels = {__VA_ARGS__}},
    POSTGRES_SERVER_FAMILIES(X) POSTGRES_OBJECT_FAMILIES(X)
#undef X
};

const struct metric *const postgres_metrics[] = {
#define X(id, ...) &postgres_families[POSTGRES_##id],
    POSTGRES_SERVER_FAMILIES(X) POSTGRES_OBJECT_FAMILIES(X)
#undef X
        NULL,
};
