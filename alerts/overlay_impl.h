/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the overlay, for overlay.c and the files of its nouns: silence.c, maintenance.c, inhibit.c, parent.c,
 * connectivity.c, grace.c, deploy.c, ack.c, overlay_index.c. Nobody else includes it.
 */
#ifndef HEALTHD_ALERTS_OVERLAY_IMPL_H
#define HEALTHD_ALERTS_OVERLAY_IMPL_H

#include "alerts/ledger_row.h"
#include "alerts/overlay.h"
#include "lib/base/map.h"
#include "lib/core/json.h"

#define OVERLAY_ROW_MAX_BYTES ((size_t)1 << 20)

/* What the book says now, so that judging many alerts walks it once. It is worked out in slices; overlay_index_drop forgets
 * it when an alert changes. */
struct alert_index {
    struct arena *arena;  /* of what the maps hold */
    struct map *sources;  /* inhibit rule and equal labels → struct inhibitors */
    struct map *twins;    /* rule id and labels but severity → const struct alert */
    struct map *severity; /* probe → the rank of its worst alert (int) */
    struct map *hidden;   /* "probe payload" or "alert <key>" → struct hidden_names */
    /* How far it is: not begun; in the walk that finds pairs of rules; in the walk over all alerts; done. */
    enum { INDEX_NONE, INDEX_PAIRS, INDEX_ALERTS, INDEX_WHOLE } state;
    struct book_cursor looked; /* where the walk of that state goes on */
    bool has_hidden;           /* hidden is worked out, as of hidden_at */
    struct wall hidden_at;     /* what hides what depends on the time */
    struct book_cursor hidden_looked;
};

struct overlay {
    const struct book *book;
    struct probes_view probes;
    const struct routing *routing;           /* NULL before the first adopt */
    const struct zone *zone;                 /* NULL: UTC */
    struct map *silences;                    /* id → struct kept_silence */
    struct map *acks;                        /* alert key → struct kept_ack */
    struct map *deploys;                     /* id → struct kept_deploy */
    uint64_t deploys_passed, deploys_failed; /* how many have ended since the start */
    struct map *parents;                     /* probe → struct asked_parent */
    struct alert_index index;
    struct reach *reach; /* NULL: nobody asks whether hosts can be reached */
    enum uplink uplink;  /* as it was found last */
    struct wall
        last_cut_off;        /* when we were found cut off last; 0: not since the start */
    struct wall wake;        /* the earliest time that a judgement depends on; 0: none */
    struct wall window_edge; /* when a maintenance window begins or ends next; 0: never */
    struct wall window_from; /* window_edge was worked out for times from here on */
    unsigned made;           /* ids made so far, so that two of one instant differ */
};

/* Whether a judgement may have a parent asked, which takes its time; a page may not. */
enum asking { ASKS_OTHERS, ASKS_NOBODY };

struct judging { /* one alert that is judged now */
    struct overlay *overlay;
    const struct alert *alert;
    struct wall now;
    struct arena *arena;
    enum asking asking;
};

/* One reason to hold an alert back. True when it applies; ret is written only then, its texts in j->arena. */
typedef bool overlay_holds(const struct judging *j, struct overlay_verdict *ret);
overlay_holds silence_holds, maintenance_holds, deploy_holds, connectivity_holds,
    inhibit_holds, parent_holds, grace_holds;

/* The first reason that applies; OVERLAY_NONE when none does. What people said (silence, maintenance, deploy) goes before
 * what is only found. */
struct overlay_verdict overlay_judge_as(const struct judging *j);

/* overlay.c: words and times */
/* A judgement depends on this time: all held alerts are judged again then, if not before. */
void overlay_wake_at(struct overlay *o, struct wall at);
/* "15:00 CET", with its date when that is another day than now's. In arena. */
const char *overlay_clock(const struct overlay *o, struct wall at, struct wall now,
                          struct arena *arena);
/* The alert's name and what it is about, for a sentence: "ProbeDown payload". In arena. */
const char *alert_words(const struct alert *a, struct arena *arena);
/* The value of its label `probe`; "" when it has none. */
const char *alert_probe(const struct alert *a);
/* 8 hex digits that are no key of taken. In arena. */
const char *overlay_new_id(struct overlay *o, const struct map *taken, struct wall now,
                           struct arena *arena);

/* overlay_row.c: rows of the ledger, which are JSON objects */
/* Writes row with the transaction, and drops the reference to it. */
void row_save(struct ledger_txn *txn, enum ledger_kind kind, const char *key,
              json_t *row);
void row_put_text(json_t *row, const char *name, const char *value);
void row_put_number(json_t *row, const char *name, int64_t value);
void row_put_matchers(json_t *row, const char *name, struct matchers value);
/* Reads back what row_put_matchers wrote, into arena. False, with what is wrong, for anything else. */
bool row_matchers(const json_t *row, const char *name, struct arena *arena,
                  struct matchers *ret, struct err *e);
/* A copy in arena that needs nothing of from. False when one of its expressions cannot be compiled again. */
bool matchers_copy(struct matchers from, struct arena *arena, struct matchers *ret,
                   struct err *e);

/* overlay_index.c */
/* Firing alerts that match the source of one rule, alike in its equal labels. */
struct inhibitors {
    const struct alert *any;
    const struct alert *pure; /* one that does not match the rule's target; NULL: none */
};
/* The index, worked out whole if it is not yet; valid until overlay_index_drop. */
const struct alert_index *overlay_index(struct overlay *o, struct wall now);
/* An alert has changed: what was worked out is forgotten. */
void overlay_index_drop(struct overlay *o);
void alert_index_finish(struct alert_index *x);
/* What may inhibit target by rule number `rule` of the routing, which is r; NULL: nothing does. arena: for the look-up. */
const struct inhibitors *index_inhibitors(const struct alert_index *x, size_t rule,
                                          const struct inhibit_rule *r,
                                          const struct alert *target,
                                          struct arena *arena);
/* The alert of the rule `worse` with the labels of a, severity aside, when it fires; NULL: it does not. */
const struct alert *index_twin(const struct alert_index *x, const struct rule *worse,
                               const struct alert *a, struct arena *arena);
/* The rank of the worst alert of a probe that fires or is pending; -1: there is none. */
int index_severity(const struct alert_index *x, const char *probe);

/* silence.c, ack.c, deploy.c, maintenance.c, grace.c, connectivity.c, parent.c: each of these has some of four functions.
 * _restore takes in a row of the ledger at start; false, with what is wrong, when it cannot be read. _forget drops, with the
 * transaction, what ended long enough ago. _next is the next time at which it may change a judgement by itself; 0: never.
 * _finish frees what is kept. */
bool silence_restore(struct overlay *o, const char *key, const char *json,
                     struct wall now, struct err *e);
bool ack_restore(struct overlay *o, const char *key, const char *json, struct err *e);
bool deploy_restore(struct overlay *o, const char *key, const char *json, struct wall now,
                    struct err *e);
void silence_forget(struct overlay *o, struct wall now, struct ledger_txn *txn);
void ack_forget(struct overlay *o, struct wall now, struct ledger_txn *txn);
void deploy_forget(struct overlay *o, struct wall now, struct ledger_txn *txn);
struct wall silence_next(const struct overlay *o, struct wall now);
struct wall deploy_next(const struct overlay *o, struct wall now);
struct wall maintenance_next(struct overlay *o, struct wall now);
struct wall grace_next(const struct overlay *o, struct wall now);
struct wall connectivity_next(struct overlay *o, struct wall now);
void silences_finish(struct overlay *o);
void acks_finish(struct overlay *o);
void deploys_finish(struct overlay *o);
void parents_finish(struct overlay *o);

#endif
