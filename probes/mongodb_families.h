/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The families of the mongodb probe: one enumeration over the tables of mongodb_families_compat.h and _raw.h, whose
 * columns are: identifier, name without mongodb_, kind, unit, help, labels. Read by mongodb_families.c, by the files that
 * show them and by the reference.
 */
#ifndef HEALTHD_PROBES_MONGODB_FAMILIES_H
#define HEALTHD_PROBES_MONGODB_FAMILIES_H

#include "lib/core/metric.h"
#include "probes/mongodb_families_compat.h"
#include "probes/mongodb_families_raw.h"

/* clang-format off */
#define MONGODB_FAMILIES(X) \
    MONGODB_COMPAT_FAMILIES(X) \
    MONGODB_COMPAT_WIREDTIGER_FAMILIES(X) \
    MONGODB_COMPAT_REPLSET_FAMILIES(X) \
    MONGODB_RAW_FAMILIES(X) \
    MONGODB_RAW_WIREDTIGER_FAMILIES(X) \
    MONGODB_RAW_REPLSET_FAMILIES(X) \
    MONGODB_DATABASE_FAMILIES(X)
/* clang-format on */

enum mongodb_family {
#define X(id, ...) MONGODB_##id,
    MONGODB_FAMILIES(X)
#undef X
        MONGODB_FAMILY_COUNT,
    MONGODB_NO_FAMILY
};

extern const struct metric mongodb_families[MONGODB_FAMILY_COUNT];
extern const struct metric *const mongodb_metrics[]; /* all of them, ended by NULL */

#endif
