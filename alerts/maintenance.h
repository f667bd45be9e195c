/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry of `maintenance:`: a planned window in which alerts with some labels are held, as by a silence that comes
 * again. Part of a generation, made by lib/config/interval_conf.c; the overlay applies it.
 */
#ifndef HEALTHD_ALERTS_MAINTENANCE_H
#define HEALTHD_ALERTS_MAINTENANCE_H

#include "alerts/interval.h"
#include "lib/query/matcher.h"

struct maintenance {
    const char *name;         /* for "maintenance backup until 03:00" */
    struct matchers matchers; /* empty: everything */
    const struct interval *when;
};

#endif
