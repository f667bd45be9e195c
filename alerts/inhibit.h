/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry of `inhibit_rules:`, Alertmanager's: while an alert of the source fires, alerts of the target that agree with
 * it in some labels are held. Part of a generation, made by lib/config/route_conf.c; the overlay applies it.
 */
#ifndef HEALTHD_ALERTS_INHIBIT_H
#define HEALTHD_ALERTS_INHIBIT_H

#include "lib/query/matcher.h"

struct inhibit_rule {
    const char *name; /* "" unless written: for "inhibited by …" */
    struct matchers source, target;
    /* NULL-terminated label names that both must have alike; a label that is missing is "". An alert that matches
     * source and target is never inhibited by one that does so too (it would hide itself). */
    const char *const *equal;
};

#endif
