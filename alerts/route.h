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
#include "lib/core/diag.h"
#include "lib/core/labels.h"
#include "lib/core/secret.h"
#include "lib/query/matcher.h"

struct route {
    const char *key;          /* Alertmanager's: "{}/{severity=\"critical\"}" */
    struct matchers matchers; /* empty: all */
    bool has_continue;
    const struct receiver *const *receivers; /* NULL-terminated; empty: recorded only */
    /* NULL-terminated label names; {"...", NULL}: all labels */
    const char *const *group_by;
    nsec group_wait, group_interval, repeat_interval;   /* repeat 0: never */
    const struct interval *const *active, *const *mute; /* NULL-terminated */
    bool holds_while_inactive; /* on_inactive: queue (else as Alertmanager: not told) */
    const struct route *const *routes; /* NULL-terminated children */
    const struct route *parent;
    struct escalation {
        nsec after;
        const struct receiver *to;
    } const *escalate;       /* ended by to NULL */
    bool is_for_nobody;      /* `none` was written: its alerts are only recorded */
    bool is_paging_severity; /* made for critical alerts: digest rules apply */
    struct place at;         /* where it was written */
};

/* What routing.deadman.conf is filled to: the heartbeat somebody else misses. */
struct deadman_conf {
    struct secret url;
    nsec every;
};

struct routing {
    const struct receivers *receivers; /* all that are configured */
    const struct route *root;          /* NULL: nobody is told (a collector only) */
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
    /* NULL-terminated: besides receivers' hosts */
    const char *const *connectivity_probes;
};

#define ROUTES_TAKEN_MAX 64
#define LEFT_OUT_MAX 64 /* as many are shown */

/* Every route that takes an alert with these labels, in Alertmanager's order: the deepest ones, of siblings the first
 * and, while it says `continue`, those after it. Returns how many (at most max). */
size_t route_match(const struct route *root, struct labels labels,
                   const struct route **ret, size_t max);
/* Is it below the receiver's severity_floor? */
bool receiver_leaves_out(const struct receiver *r, struct labels labels);
/* The receivers of the routes that take it to which it is not told for that, each once. Returns how many (at most max). */
size_t route_left_out(const struct route *root, struct labels labels,
                      const struct receiver **ret, size_t max);
/* The labels that group it under this route: those of group_by that it has. */
struct labels route_group_labels(const struct route *r, struct labels labels,
                                 struct arena *arena);
/* Alertmanager's group key: {}/{severity="critical"}:{alertname="X"} */
const char *route_group_key(const struct route *r, struct labels group_labels,
                            struct arena *arena);

/* For `healthctl route test` and the API: what became of each route on the way, depth first. */
enum route_answer {
    ROUTE_TAKES,     /* the alert goes to its receivers */
    ROUTE_PASSES_ON, /* it matches, and one below takes it */
    ROUTE_DIFFERS, /* its matchers do not match: ret_matcher is the first that does not */
    ROUTE_NOT_ASKED /* one before it took the alert, without `continue` */
};
struct route_step {
    const struct route *route;
    size_t depth; /* 0: the root */
    enum route_answer answer;
    const struct matcher *differs; /* ROUTE_DIFFERS, else NULL */
};
void route_explain(const struct route *root, struct labels labels,
                   void (*step)(void *ctx, const struct route_step *s), void *ctx);

#endif
