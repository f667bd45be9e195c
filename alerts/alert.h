/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One rule on one label set, now: the state machine, pure. The caller says what is true and when; out goes the next
 * state and whether there is something to tell. docs/alerting.md (States) is the semantics, three-valued: a held alert keeps its
 * state while nobody knows. Owned by the book (book.h), which is what evaluation moves.
 */
#ifndef HEALTHD_ALERTS_ALERT_H
#define HEALTHD_ALERTS_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/core/labels.h"

struct rule;

enum alert_state { ALERT_INACTIVE, ALERT_PENDING, ALERT_FIRING, ALERT_RESOLVED };
/* "inactive", "pending", "firing", "resolved" */
const char *alert_state_name(enum alert_state state);

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN };

enum change { /* what there is to tell after one observation */
              CHANGE_NONE,
              CHANGE_PENDING, /* journal only */
              CHANGE_FIRED,
              CHANGE_HELD, /* it fires, and nobody knows any more: for the journal only */
              CHANGE_RESOLVED,
              CHANGE_DROPPED /* was pending: journal only */
};
const char *change_name(enum change change);

struct alert_status { /* what moves */
    enum alert_state state;
    struct wall active_at; /* true since; pending's start */
    struct wall fired_at, resolved_at;
    struct wall keep_until;    /* false, but keep_firing_for has not passed; 0: not so */
    struct wall unknown_since; /* held since; 0: not held */
    /* pending time earned counts up to here: downtime is none of it */
    struct wall earned_at;
    nsec earned;
    double value;           /* of the expression when it was last true */
    bool is_unconfirmed;    /* restored from disk, not evaluated since */
    const char *end_reason; /* of resolved: "" or "removed", "no data" … (static) */
};

struct observation {
    enum truth truth;
    double value;     /* when true */
    bool may_resolve; /* resolve_when agrees (true when the rule has none) */
    struct wall at;
};
struct alert_timing { /* the rule's */
    nsec hold_for, keep_firing_for;
    int no_data; /* enum no_data */
    nsec no_data_after;
    /* The time between two observations counts towards hold_for up to this, so that a suspend or a step of the clock earns
     * nothing. 0: there is no bound. */
    nsec longest_step;
};

/* The one function that moves an alert. */
enum change alert_observe(struct alert_status *s, const struct alert_timing *timing,
                          const struct observation *o);
/* The alert's rule or target is gone: a firing alert resolves for that reason ("removed"; static), a pending one is
 * dropped. */
enum change alert_end(struct alert_status *s, struct wall at, const char *reason);

struct alert {               /* the book's; read by everybody else */
    const struct rule *rule; /* of the current generation; NULL once its rule is gone */
    const char *rule_id;
    const char *name;     /* alertname */
    struct labels labels; /* final, alertname included: identity together with rule_id */
    struct labels annotations; /* rendered when it last was true */
    /* of labels, as Prometheus computes it: 16 hex digits when shown */
    uint64_t fingerprint;
    /* rule_id + labels, hashed: 40 hex digits; the ledger's key, and a lane's seed */
    const char *key;
    struct alert_status status;
    struct arena *arena; /* labels, annotations and texts */
    size_t holds;        /* by groups that still have to tell something of it */
};

#endif
