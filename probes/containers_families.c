/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of containers_families.h as metric families. */
#include "probes/containers_families.h"

#define FAMILY(name_, kind_, unit_, help_, ...)                                    \
    {                                                                              \
        .name = (name_), .kind = METRIC_##kind_, .unit = (unit_), .help = (help_), \
        .labels = {                                                                \
            __VA_ARGS__                                                            \
        }                                                                          \
    }

const struct metric containers_families[CONTAINERS_FAMILY_COUNT] = {
#define X(id, name, kind, unit, help) \
    [CONTAINERS_##id] = FAMILY(name, kind, unit, help, "id", "image", "name"),
    CONTAINERS_NUMBER_FAMILIES(X)
#undef X
#define X(id, name, kind, unit, help, ...) \
    [CONTAINERS_##id] =                    \
        FAMILY(name, kind, unit, help, "id", "image", "name", __VA_ARGS__),
        CONTAINERS_OTHER_FAMILIES(X)
#undef X
#define X(id, name, kind, unit, help, ...) \
    [CONTAINERS_##id] = FAMILY(name, kind, unit, help, __VA_ARGS__),
            CONTAINERS_PLAIN_FAMILIES(X)
#undef X
};

const struct metric *const containers_metrics[] = {
#define X(id, ...) &containers_families[CONTAINERS_##id],
    CONTAINERS_NUMBER_FAMILIES(X) CONTAINERS_OTHER_FAMILIES(X)
        CONTAINERS_PLAIN_FAMILIES(X)
#undef X
            NULL,
};
