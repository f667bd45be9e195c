/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which alerts go where: Alertmanager's route tree, or the short form `notify:`, which becomes one. Part of a
 * generation; matching is pure.
 */
#ifndef HEALTHD_ALERTS_ROUTE_H
#define HEALTHD_ALERTS_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "alerts/interval.h"
#include "alerts/notify.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/core/labels.h"
#include "lib/query/matcher.h"

struct route {
    const char *key;          /* Alertmanager's: "{}/{severity=\"critical\"}" */
    struct matchers matchers; /* empty: all */
    bool has_continue;
    const struct receiver *const *receivers; /* NULL-terminated; empty: recorded only */
    const char *const
        *group_by; /* NULL-terminated label names; {"...", NULL}: all labels */
    nsec group_wait, group_interval, repeat_interval;   /* repeat 0: never */
    const struct interval *const *active, *const *mute; /* NULL-terminated */
    bool holds_while_inactive; /* on_inactive: queue (else as Alertmanager: not told) */
    const struct route *const *routes; /* NULL-terminated children */
    const struct route *parent;
    struct escalation {
        nsec after;
        const struct receiver *to;
    } const *escalate;       /* ended by to NULL */
    bool is_paging_severity; /* critical: digest rules apply */
};

struct routing {
    const struct route *root; /* NULL: nobody is told (a collector only) */
    const struct receiver *const
        *fallback;                      /* NULL-terminated: dead letters, meta-alerts */
    const struct inhibit_rule *inhibit; /* overlay.h */
    size_t inhibit_count;
    const struct maintenance *maintenance;
    size_t maintenance_count;
    const struct interval *const *intervals; /* NULL-terminated: all that are named */
    struct {
        const struct receiver *receiver;
        nsec every;
        struct template *conf;
    } deadman;                  /* conf NULL: none */
    bool has_connectivity_gate; /* on by default */
};

/* Every route that takes an alert with these labels, in Alertmanager's order. Returns how many (at most max). */
size_t route_match(const struct route *root, struct labels labels,
                   const struct route **ret, size_t max);
/* The labels that group it under this route. */
struct labels route_group_labels(const struct route *r, struct labels labels,
                                 struct arena *arena);

#endif
