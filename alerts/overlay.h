/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why an alert that fires is not told now: silences, maintenance windows, inhibition, a parent that is down
 * (`depends_on`), the connectivity gate, start grace, a deploy hold. Never touches evaluation, never stops a resolve of
 * what was told (alerting.md §3, contract). Owns silences, acknowledgements and deploys, which live in the ledger.
 */
#ifndef HEALTHD_ALERTS_OVERLAY_H
#define HEALTHD_ALERTS_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "alerts/book.h"
#include "alerts/interval.h"
#include "alerts/ledger.h"
#include "alerts/route.h"
#include "lib/query/matcher.h"

struct overlay;

enum overlay_kind {
    OVERLAY_NONE,
    OVERLAY_SILENCED,
    OVERLAY_MAINTENANCE,
    OVERLAY_INHIBITED,
    OVERLAY_PARENT,       /* a probe that it depends on is down, or is being asked */
    OVERLAY_CONNECTIVITY, /* we are cut off ourselves */
    OVERLAY_GRACE,        /* never seen up since start, within 2 min */
    OVERLAY_DEPLOY        /* a deployment of it is under way */
};
const char *
overlay_kind_name(enum overlay_kind kind); /* "silenced", … : alert.suppressed{by} */

struct overlay_verdict {
    enum overlay_kind kind;
    const char
        *by; /* for people: "silence 4f2a by ana until 15:00: migration" (in arena) */
    struct wall until;         /* 0: not known */
    const struct alert *cause; /* the inhibiting alert; NULL */
    const char *parent;        /* OVERLAY_PARENT: the probe's name */
};

/* What the overlay knows of probes; given by the engine. */
enum probe_phase { PROBE_UP, PROBE_DEGRADED, PROBE_DOWN, PROBE_UNKNOWN, PROBE_NEVER_UP };
struct probes_view {
    void *ctx;
    enum probe_phase (*phase)(void *ctx, const char *probe, struct wall *ret_since);
    /* NULL-terminated; NULL: none, or no such probe */
    const char *const *(*depends_on)(void *ctx, const char *probe);
    /* An intent: ask this probe now (ORIGIN_PARENT). When its verdict is there, the engine calls overlay_parent_ran. */
    void (*run)(void *ctx, const char *probe);
    /* Any probe of an own receiver's host or of `connectivity:` that answered within the last two intervals? */
    bool (*is_connected)(void *ctx);
    struct wall started; /* of this process */
};

struct overlay *overlay_create(const struct book *book, struct probes_view probes);
void overlay_destroy(struct overlay *o);
void overlay_adopt(struct overlay *o, const struct routing *routing, struct wall now);
bool overlay_restore(struct overlay *o, enum ledger_kind kind, const char *key,
                     const char *json, struct err *e);

/* Whether a is held back now, and by what; pure but for the intent to ask a parent. */
struct overlay_verdict overlay_judge(struct overlay *o, const struct alert *a,
                                     struct wall now, struct arena *arena);
void overlay_parent_ran(struct overlay *o, const char *probe, struct wall now);
/* Which alerts this one hides (children by depends_on, and what it inhibits): names for the page. NULL-terminated. */
const char *const *overlay_hidden_by(struct overlay *o, const struct alert *a,
                                     struct wall now, struct arena *arena);
/* When something may change by itself next (a silence ends, a window begins, grace runs out); 0: never. */
struct wall overlay_next(const struct overlay *o, struct wall now);

struct silence {
    const char *id; /* 8 hex digits */
    struct matchers matchers;
    struct wall starts, ends;
    const char *creator, *comment;
};
/* Makes or replaces (id given). At most 1,000; e says what is wrong. Returns its id. */
const char *silence_put(struct overlay *o, const struct silence *s, struct wall now,
                        struct ledger_txn *txn, struct err *e);
bool silence_expire(struct overlay *o, const char *id, struct wall now,
                    struct ledger_txn *txn, struct err *e);
void silence_each(const struct overlay *o, void (*fn)(void *ctx, const struct silence *s),
                  void *ctx);

struct ack {
    const char *alert_key;
    struct wall at, until; /* default 4 h */
    const char *who, *comment;
    const char *severity; /* it was taken at: a rise clears it */
};
/* Stops repeats and escalation of one alert until it resolves, gets worse, or the ack expires. */
bool ack_put(struct overlay *o, const struct ack *a, struct ledger_txn *txn,
             struct err *e);
void ack_clear(struct overlay *o, const char *alert_key, struct ledger_txn *txn);
const struct ack *ack_of(const struct overlay *o, const struct alert *a,
                         struct wall now); /* NULL: none */

struct deploy {
    const char *id, *what,
        *release;             /* what: "shop", a component or probe name, or "" for all */
    struct matchers scope;    /* alerts it holds */
    struct wall begun, ended; /* ended 0: under way */
    struct wall
        hold_until; /* at most 5 min after the end: then "stopped 14:02, never came back" */
    bool has_failed;
    const char *who;
};
const char *deploy_begin(struct overlay *o, const struct deploy *d, struct wall now,
                         struct ledger_txn *txn, struct err *e); /* its id */
bool deploy_end(struct overlay *o, const char *id, bool has_failed, struct wall now,
                struct ledger_txn *txn, struct err *e);
const struct deploy *
deploy_last(const struct overlay *o,
            struct labels labels); /* for "40 s after deploy"; NULL */
void deploy_each(const struct overlay *o, void (*fn)(void *ctx, const struct deploy *d),
                 void *ctx);

#endif
