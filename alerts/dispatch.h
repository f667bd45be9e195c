/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From changes to notices: groups by route, receiver and labels; waits group_wait, group_interval, repeat_interval;
 * asks the overlay at each flush; makes the notices and puts them, with the group's new memory, into one transaction. A
 * paging receiver has one group (and lane) per alert. Pure but for the ledger: time comes in. Beside dispatch.c:
 * dispatch_pass.c, group.c, group_row.c, group_review.c, group_flush.c, storm.c, escalate.c, notice_make.c, also.c.
 */
#ifndef HEALTHD_ALERTS_DISPATCH_H
#define HEALTHD_ALERTS_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "alerts/book.h"
#include "alerts/ledger.h"
#include "alerts/overlay.h"
#include "alerts/route.h"

struct dispatch;

struct
    dispatch_words { /* what notices say besides the alert itself; given by the engine */
    void *ctx;
    const char *site, *external_url, *timezone;
    struct labels
        external_labels; /* of struct alerting: on every alert unless it has them */
    /* The last hour of the alert's expression or of its probe, at most 60 values; 0: none. */
    size_t (*spark)(void *ctx, const struct alert *a, double *ret, size_t max);
    const char *(*detail)(void *ctx, const struct alert *a,
                          struct arena *arena); /* the probe's sentence, "" */
    const char *(*last_log)(void *ctx, const struct alert *a, struct arena *arena);
};

struct dispatch *dispatch_create(struct book *book, struct overlay *overlay);
void dispatch_destroy(struct dispatch *d);
/* Takes over a generation. Groups whose route or receiver is gone tell what they owe (a resolve of what was told) to
 * the receiver while it exists; alerts that fire are routed anew, and told only where they were not told yet. */
void dispatch_adopt(struct dispatch *d, const struct routing *routing,
                    const struct dispatch_words *words, struct ledger_txn *txn);
bool dispatch_restore(struct dispatch *d, const char *key, const char *json,
                      struct err *e);

/* Lets nothing go out before `until`, so that after a start what inhibits is known before what it hides is told. The
 * engine calls it again with an earlier time when every rule has been evaluated once. */
void dispatch_wait(struct dispatch *d, struct wall until);
/* An alert fired or resolved: it joins its groups, or is marked as ended there. What is due at once becomes due now:
 * the caller then calls dispatch_advance with the same txn, after all changes of one evaluation, so that inhibition and
 * storms are seen whole, and both are one transaction. */
void dispatch_change(struct dispatch *d, struct alert *a, enum change change,
                     struct wall now, struct ledger_txn *txn);
/* Flushes what is due, and what the overlay lets go. A group whose former transaction has not committed waits for it.
 * Returns when to call again; 0: when told. */
struct wall dispatch_advance(struct dispatch *d, struct wall now, struct ledger_txn *txn);
/* Does the same in slices: go returns true when all is told, end says when to call again. Until then nothing else may
 * change groups or the book. */
struct dispatch_pass;
struct dispatch_pass *dispatch_pass_begin(struct dispatch *d, struct wall now,
                                          struct ledger_txn *txn);
bool dispatch_pass_go(struct dispatch_pass *p, const struct slice *slice);
struct wall dispatch_pass_end(struct dispatch_pass *p);
/* Lets txn's groups go on: it is on disk. */
void dispatch_committed(struct dispatch *d, struct ledger_txn *txn);
/* Tells the receivers of a that somebody has acknowledged it. */
void dispatch_ack(struct dispatch *d, const struct alert *a, const struct ack *ack,
                  struct wall now, struct ledger_txn *txn);
void dispatch_deploy(struct dispatch *d, const struct deploy *deploy, struct wall now,
                     struct ledger_txn *txn);

struct told { /* where an alert stands with one receiver: API and pages */
    const char *receiver, *lane, *route;
    bool was_told; /* a trigger was committed */
    struct wall last_told, next_flush;
    struct overlay_verdict held;   /* kind NONE: not held */
    const struct interval *window; /* its route or rule waits for it; NULL: no */
};
void dispatch_each(const struct dispatch *d, const struct alert *a,
                   void (*fn)(void *ctx, const struct told *t), void *ctx);

#endif
