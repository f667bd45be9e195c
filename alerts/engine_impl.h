/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the engine, for engine.c (order of calls, transactions) and its parts: engine_subjects.c (whose series, and
 * what is known of them), engine_work.c (results and telling, in slices), engine_change.c (what became of alerts), engine_words.c (what notices say),
 * engine_keeping.c (history on disk), engine_removed.c (probes that are gone), engine_drill.c. Nobody else includes it.
 */
#ifndef HEALTHD_ALERTS_ENGINE_IMPL_H
#define HEALTHD_ALERTS_ENGINE_IMPL_H

#include "alerts/engine.h"
#include "alerts/roster.h"
#include "lib/base/list.h"
#include "lib/base/map.h"

struct
    finding { /* what the newest verdict said of one item, for those who are told of it */
    const char *key;
    struct labels labels;
    const char *detail, *last_log; /* "" for none */
};

struct subject { /* a probe, as alerting knows it; lives as long as its owner */
    struct history_owner *owner;
    struct arena *arena;
    struct labels labels;    /* the owner's */
    const char *name, *type; /* "" before the first verdict */
    const char *pack;        /* that tells of whatever is wrong with it; NULL: none */
    const char *severity;
    nsec interval;
    struct wall first_run, last_known; /* 0: never */
    int64_t last_ms;                   /* of its newest sample */
    enum health health;                /* of the newest verdict that knew */
    bool has_run;
    char *detail;          /* of the newest verdict that had one; owned */
    struct wall detail_at; /* when that was */
    struct arena
        *found_arena;     /* of last_log, findings and all they name; NULL: none yet */
    const char *last_log; /* of the newest verdict that knew */
    const struct finding *findings;
    size_t finding_count;
};

struct drill {
    struct list link;
    struct arena *arena;
    const char *id, *probe;
    struct history_owner *owner;
    const char *type, *severity;
    struct wall next, ends;
};

struct keeping {             /* of the history on disk */
    char *folder;            /* NULL: in memory */
    struct history_job *job; /* under way; NULL: none */
    enum { KEEPING_NOTHING, KEEPING_RESTORE, KEEPING_MERGE, KEEPING_SAVE } state;
    bool is_waiting; /* the pool took nothing: asked again */
    struct wall next_save;
};

struct work {               /* one transaction that may take several turns of the loop */
    struct ledger_txn *txn; /* NULL: nothing is under way */
    enum { WORK_APPLY, WORK_EXPIRE, WORK_TELL } state;
    struct dispatch_pass *pass; /* in WORK_TELL */
    bool is_due;                /* dispatch has to look */
    bool
        is_moved; /* the same, unless a rule's result comes soon, with which it looks anyway */
    struct wall looked; /* when the newest pass began */
    struct wall next;   /* when time alone asks for another; 0: not known */
    uint64_t passes;    /* so far */
    bool is_going, is_deferred;
    struct slice slice;
};

struct engine {
    struct engine_io io;
    const struct alerting *alerting;
    const struct alerting *prepared; /* about to be adopted; NULL: none */
    struct history *history;
    struct ledger *ledger;
    struct outbox *outbox;
    struct courier *courier;
    struct deadman *deadman;
    struct book *book;
    struct roster *roster;
    struct reach *reach;
    struct overlay *overlay;
    struct dispatch *dispatch;
    struct evaluation *evaluation;
    struct ledger_txn *txn; /* being gathered; NULL: none */
    struct work work;
    struct wall started, adopted;
    struct wall now; /* of the call under way, or the last */
    struct wall expired;
    struct wall looking_since; /* the first evaluation of all rules; 0: not begun */
    bool has_looked;           /* and it has ended */
    size_t commits;            /* not on disk yet */
    bool is_stopped;
    struct map *by_owner, *by_labels, *by_name; /* of subjects */
    size_t not_run;                             /* subjects that never had a verdict */
    struct list drills;
    unsigned drill_count, drills_made;
    struct keeping keeping;
};

/* engine.c */
void engine_wake(struct engine *e, struct wall at);
void engine_put(struct engine *e, struct ledger_txn *txn); /* to the disk, unless empty */

/* engine_change.c: the book's callback */
void engine_changed(void *ctx, struct alert *a, enum change change);

/* engine_work.c */
const struct slice *
work_slice(struct engine *e);   /* of the callback under way; NULL: there is no loop */
void work_go(struct engine *e); /* a result has come, or work.is_due */
/* Time has passed: is_due is set when that asks for a pass. Returns when it will; 0: it does now, or never. */
struct wall work_look(struct engine *e, struct wall now);
void work_finish(struct engine *e); /* what is under way, at once */

/* engine_subjects.c */
struct subject *subject_of(const struct engine *e, const struct history_owner *owner);
struct subject *subject_named(const struct engine *e, const char *probe); /* NULL */
struct subject *subject_make(struct engine *e, struct labels labels);
void subject_end(struct engine *e, struct subject *s, struct wall now);
/* Its samples, into the history. */
void subject_publish(struct subject *s, const struct verdict *v, const struct batch *b,
                     struct history_publication *ret_samples);
/* Call it when they are in it. Returns true when the rules that read it should run at once. */
bool subject_observe(struct engine *e, struct subject *s, const struct verdict *v,
                     const struct batch *b, struct wall now);
void subjects_destroy(struct engine *e);
/* For evaluation: see its hooks. */
bool subject_is_known(void *ctx, struct labels owner, struct wall *ret_first_run);
nsec subject_interval(void *ctx, struct labels owner);
bool subjects_are_settled(void *ctx);

/* engine_words.c */
struct dispatch_words engine_words(struct engine *e, const struct alerting *a);

/* engine_keeping.c */
void keeping_start(struct engine *e, struct wall now);
struct wall keeping_advance(struct engine *e, struct wall now);
bool keeping_is_ready(const struct engine *e, struct wall now); /* rules may look */
bool keeping_is_busy(const struct engine *e); /* a thread has a job of it */
void keeping_finish(struct engine *e);

/* engine_removed.c */
void removed_adopt(struct engine *e, const struct alerting *a, struct ledger_txn *txn);
void removed_end_series(struct engine *e); /* what came back from disk */
/* For evaluation: see its hooks. */
bool removed_has(void *ctx, const struct rule *rule, struct labels labels);

/* engine_deadman.c */
struct wall engine_deadman_advance(struct engine *e, struct wall now);

/* engine_drill.c */
struct wall drills_advance(struct engine *e, struct wall now);
void drills_destroy(struct engine *e);

#endif
