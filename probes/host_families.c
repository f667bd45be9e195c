/* SPDX-License-Identifier: Apache-2.0 */
/* The table of host_families.h as metric families. */
#include "probes/host_families.h"

const struct metric host_families[HOST_FAMILY_COUNT] = {
#define X(id, name_, kind_, unit_, help_, ...) \
    [HOST_##id] = {.name = "node_" name_,      \
                   .kind = METRIC_##kind_,     \
                   .unit = unit_,              \
                   .help = help_,              \
                   .labels = {__VA_ARGS__}},
    HOST_SYSTEM_FAMILIES(X) HOST_DEVICE_FAMILIES(X)
#undef X
};

const struct metric *const host_metrics[] = {
#define X(id, ...) &host_families[HOST_##id],
    HOST_SYSTEM_FAMILIES(X) HOST_DEVICE_FAMILIES(X)
#undef X
        NULL,
};
