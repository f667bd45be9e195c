/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When rules are evaluated, and with what: groups on the grid of their interval, and out of turn when a verdict moved
 * what their selectors match. One evaluation of a group at a time: selected on the loop, computed on the pool,
 * applied on the loop, in slices when there is much. Recording rules go back into history, in order, within their group's evaluation; so do ALERTS
 * series. Beside evaluation.c: evaluation_touch.c (whom a verdict concerns), evaluation_step.c (one turn of a group on the pool
 * and back), coverage.c.
 */
#ifndef HEALTHD_ALERTS_EVALUATION_H
#define HEALTHD_ALERTS_EVALUATION_H

#include <stdbool.h>
#include <stddef.h>

#include "alerts/book.h"
#include "alerts/ledger.h"
#include "alerts/rule.h"
#include "lib/query/history.h"
#include "lib/query/promql.h"

struct evaluation;

struct offload { /* how work leaves the loop: pool_submit, or at once in tests */
    void *ctx;
    bool (*submit)(void *ctx, const char *name, void (*work)(void *job),
                   void (*done)(void *job), void *job);
};

struct evaluation_hooks {
    void *ctx;
    /* Called when a result waits for evaluation_apply. NULL: it is applied at once, in a transaction that begin and
     * end make. */
    void (*came)(void *ctx);
    struct ledger_txn *(*begin)(void *ctx);
    void (*end)(void *ctx, struct ledger_txn *txn);
    /* Is this probe's state known (asked within three intervals, not unknown)? since: its first run. Coverage. An
     * owner that is no probe (a rule group, healthd itself) is known. */
    bool (*is_known)(void *ctx, struct labels owner, struct wall *ret_first_run);
    /* The rest may be NULL. */
    nsec (*interval)(
        void *ctx,
        struct labels owner); /* of that probe; 0: not known. NULL: the group's */
    /* Has every probe run once, or had time to? Until then a rule that reads no series yet knows nothing. NULL: yes. */
    bool (*is_settled)(void *ctx);
    /* See coverage_view. NULL: never. */
    bool (*is_removed)(void *ctx, const struct rule *rule, struct labels labels);
    /* A computation that reads the adopted rules begins, and has ended: they have to live until then. NULL: whoever
     * adopts sees to it (evaluation_is_idle). */
    void *(*hold)(void *ctx);
    void (*release)(void *ctx, void *held);
};

struct evaluation *evaluation_create(struct history *h, struct book *book,
                                     struct offload offload,
                                     const struct evaluation_hooks *hooks);
/* Call it when nothing is under way any more, or the pool has ended. Takes NULL. */
void evaluation_destroy(struct evaluation *e);
void evaluation_adopt(struct evaluation *e, const struct rules *rules,
                      enum promql_compat compat, struct wall now);
/* Has groups with alerting rules run in the next turn that read a series of the owner's which has moved lately (history_has_moved):
 * a probe's health has changed. What reads only what stayed as it was would find what it found before. */
void evaluation_touch(struct evaluation *e, struct history_owner *owner);
/* Has every group run in the next turn, after a start. */
void evaluation_touch_all(struct evaluation *e);
/* Starts what is due, at most until the slice is over: starting pins what rules read. Returns when to call again. */
struct wall evaluation_advance(struct evaluation *e, struct wall now,
                               const struct slice *slice);
/* A rule's result came back, and something may be due: called from the loop within a done of the offload; the engine's
 * chance to advance. May be NULL. */
void evaluation_on_done(struct evaluation *e, void (*fn)(void *ctx), void *ctx);
bool evaluation_is_idle(const struct evaluation *e);
/* Where came is told: a result waits. evaluation_apply applies the oldest one into txn; false when it goes on in another
 * slice, into the same txn, and nobody else may change the book meanwhile. */
bool evaluation_has_come(const struct evaluation *e);
bool evaluation_apply(struct evaluation *e, struct ledger_txn *txn,
                      const struct slice *slice);

struct rule_health { /* GET /api/v1/rules */
    bool was_evaluated;
    bool is_ok;
    const char *last_error; /* "" */
    struct wall last;
    nsec duration;
    size_t held; /* alerts kept because nobody knows */
};
struct rule_health evaluation_rule(const struct evaluation *e, const struct rule *r);
struct evaluation_stats {
    uint64_t evaluations, failures, missed;
    nsec worst_lag; /* of a group behind its grid, since the last call */
    struct wall last;
};
struct evaluation_stats evaluation_stats_take(struct evaluation *e);

#endif
