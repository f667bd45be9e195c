/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans of local time: Alertmanager's time_intervals, and maintenance windows (weekday or date, start, duration). In
 * an IANA zone (lib/core/zone.h), right across both changes of the clock. Pure.
 */
#ifndef HEALTHD_ALERTS_INTERVAL_H
#define HEALTHD_ALERTS_INTERVAL_H

#include <stdbool.h>

#include "lib/base/clock.h"

struct interval; /* part of a generation */

bool interval_holds(const struct interval *i, struct wall at);
/* The next instant after `after` at which interval_holds changes; 0 when not within 400 days. */
struct wall interval_next(const struct interval *i, struct wall after);
const char *interval_name(const struct interval *i);
/* By name in a NULL-terminated list (struct routing's); NULL: none. */
const struct interval *interval_find(const struct interval *const *list,
                                     const char *name);

#endif
