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

/* What the book says now, so that judging many alerts walks it once. */
struct alert_index {
    struct arena *arena;
    struct map *sources;  /* inhibit rule and equal labels → struct inhibitors */
    struct map *twins;    /* rule id and labels but severity → const struct alert */
    struct map *severity; /* probe → its worst alert's rank (int) */
    struct map *hidden;   /* "probe payload" or "alert <key>" → struct hidden_names */
    enum { INDEX_NONE, INDEX_PAIRS, INDEX_ALERTS, INDEX_WHOLE } state; /* how far it is */
    struct book_cursor looked;                                         /* in that state */
    bool has_hidden;
    struct wall hidden_at; /* hidden is of that instant: it depends on the time */
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
    uint64_t deploys_passed, deploys_failed; /* that ended since the start */
    struct map *parents;                     /* probe → struct asked_parent */
    struct alert_index index;
    struct reach *reach;      /* NULL: nobody tells */
    enum uplink uplink;       /* as seen last */
    struct wall last_cut_off; /* when we were seen cut off last; 0: not since start */
    struct wall wake;         /* the earliest time that a judgement depends on; 0: none */
    struct wall window_edge;  /* when a maintenance window begins or ends next; 0: none */
    struct wall window_from;  /* window_edge holds from here until it */
    unsigned made;            /* ids, so that two of one instant differ */
};

enum asking { ASKS_OTHERS, ASKS_NOBODY };

struct judging { /* one alert, now */
    struct overlay *overlay;
    const struct alert *alert;
    struct wall now;
    struct arena *arena;
    enum asking asking;
};

/* Each says whether it holds the alert; ret is written only then. */
typedef bool overlay_holds(const struct judging *j, struct overlay_verdict *ret);
overlay_holds silence_holds, maintenance_holds, deploy_holds, connectivity_holds,
    inhibit_holds, parent_holds, grace_holds;

struct overlay_verdict overlay_judge_as(const struct judging *j);

/* overlay.c: words and times */
void overlay_wake_at(struct overlay *o, struct wall at);
/* "15:00 CET", with its date when that is another day than now's. In arena. */
const char *overlay_clock(const struct overlay *o, struct wall at, struct wall now,
                          struct arena *arena);
const char *alert_words(const struct alert *a,
                        struct arena *arena);   /* "ProbeDown payload" */
const char *alert_probe(const struct alert *a); /* "" */
/* 8 hex digits that no other of these has. */
const char *overlay_new_id(struct overlay *o, const struct map *taken, struct wall now,
                           struct arena *arena);

/* overlay_row.c: rows of the ledger */
void row_save(struct ledger_txn *txn, enum ledger_kind kind, const char *key,
              json_t *row); /* takes the reference */
void row_put_text(json_t *row, const char *name, const char *value);
void row_put_number(json_t *row, const char *name, int64_t value);
void row_put_matchers(json_t *row, const char *name, struct matchers value);
bool row_matchers(const json_t *row, const char *name, struct arena *arena,
                  struct matchers *ret, struct err *e);
bool matchers_copy(struct matchers from, struct arena *arena, struct matchers *ret,
                   struct err *e);

/* overlay_index.c */
struct
    inhibitors { /* firing alerts that match the source of one rule, alike in its equal labels */
    const struct alert *any;
    const struct alert *pure; /* one that does not match the target, too; NULL: none */
};
const struct alert_index *overlay_index(struct overlay *o, struct wall now);
void overlay_index_drop(struct overlay *o);
void alert_index_finish(struct alert_index *x);
const struct inhibitors *index_inhibitors(const struct alert_index *x, size_t rule,
                                          const struct inhibit_rule *r,
                                          const struct alert *target,
                                          struct arena *arena);
const struct alert *index_twin(const struct alert_index *x, const struct rule *worse,
                               const struct alert *a, struct arena *arena);
int index_severity(const struct alert_index *x, const char *probe); /* -1: none */

/* silence.c, ack.c, deploy.c, maintenance.c, grace.c, connectivity.c, parent.c */
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
