/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All alerts of all rules: finds or makes the alert of each element that a rule's expression gave, observes it, says
 * what changed. Keeps what is resolved for 15 minutes and as long as somebody holds it. Rows go into the ledger
 * (LEDGER_ALERT) as JSON, and come back at start as unconfirmed. Loop thread only; knows no clock and no network.
 * Beside book.c: book_element.c (a result as alerts), book_apply.c (observing), book_shelf.c (the alerts of one rule),
 * book_row.c (JSON), alert_key.h (identity).
 */
#ifndef HEALTHD_ALERTS_BOOK_H
#define HEALTHD_ALERTS_BOOK_H

#include "alerts/alert.h"
#include "alerts/annotation.h"
#include "alerts/ledger.h"
#include "alerts/rule.h"
#include "alerts/slice.h"
#include "lib/base/err.h"
#include "lib/query/promql.h"

struct book;
typedef void book_change(void *ctx, struct alert *a, enum change change);

struct book *book_create(book_change *changed, void *ctx);
void book_destroy(struct book *b);
struct book_externals { /* what templates call $externalLabels and $externalURL */
    struct labels labels;
    const char *url;
};
/* The book copies both, and puts neither on alerts. */
void book_set_externals(struct book *b, struct labels labels, const char *url);
/* A copy. */
struct book_externals book_externals(const struct book *b, struct arena *arena);
/* Takes over a generation's rules: alerts keep their state by rule id and labels; those of a rule that is gone resolve
 * with reason "removed"; those of a changed rule keep firing, and pending ones start again. */
void book_adopt(struct book *b, const struct rules *rules, struct wall now,
                struct ledger_txn *txn);
/* Ends those of which fn says so, as when their rule is gone: what they are about is. After adopt. */
void book_end(struct book *b, bool (*fn)(void *ctx, const struct alert *a), void *ctx,
              struct wall now, struct ledger_txn *txn);
/* Takes in a row of the ledger, at start, before adopt. */
bool book_restore(struct book *b, const char *key, const char *json, struct err *e);

struct element {          /* of a rule's result, as the alert that it is */
    struct labels labels; /* final */
    struct annotation_data data;
    struct labels annotations;
    bool is_no_data; /* made because nobody knows, not by the expression */
};
struct elements { /* in order of labels */
    struct element *items;
    size_t count;
    const struct element *twin; /* has the labels of the one before it; NULL: none has */
};

struct rule_outcome { /* of one rule's evaluation, made on the pool: evaluation.h */
    const struct rule *rule;
    bool failed; /* nothing is observed; the rule's alerts stay */
    struct err why;
    /* elements that are true (labels without __name__; NaN is unknown) */
    struct promql_result result;
    struct promql_result resolve;        /* of resolve_when */
    struct elements elements, resolving; /* the same, by book_elements */
    bool has_elements;
    nsec duration;
};
/* Renders labels and annotations of an outcome's elements. On any thread, without the book: results may be large. In
 * arena. */
void book_elements(struct rule_outcome *o, const struct book_externals *externals,
                   struct arena *arena);
/* Whether absent instances are false, or nobody knows (coverage.c). */
struct coverage_view {
    void *ctx;
    /* Can the absence of an element with these labels be believed? false: a covering probe is unknown or warming up.
     * Without labels: of any element of the rule. */
    bool (*is_known)(void *ctx, const struct rule *rule, struct labels labels);
    /* Has every series that the rule could read for these labels ended? Then resolve_when can never agree, and need
     * not. Asked only when neither the expression nor resolve_when has the element. May be NULL: never. */
    bool (*is_gone)(void *ctx, const struct rule *rule, struct labels labels);
    /* Is what an element with these labels is about configured no more? Then it is none, whatever the rule still reads of
     * it. May be NULL: never. */
    bool (*is_removed)(void *ctx, const struct rule *rule, struct labels labels);
};
#define BOOK_MAX_ALERTS 50000
#define BOOK_KEEP_RESOLVED (15 * NSEC_PER_MINUTE)
/* Observes every alert of the rule; changed rows are put into txn. coverage may be NULL: all is known. False, and e,
 * when the rule failed: by itself, over its group's limit, with two elements of one label set, or because there
 * would be more than BOOK_MAX_ALERTS; its alerts stay as they are. External labels (site …) are not put here. txn may
 * be NULL, here and everywhere in the book: then nothing is kept (rule tests). */
bool book_apply(struct book *b, struct rule_outcome *o,
                const struct coverage_view *coverage, struct wall now,
                struct ledger_txn *txn, struct err *e);
/* Does the same in slices: begin returns NULL with e as above, go returns true when all is observed, or nothing is to be;
 * end is called then, or when the process ends, and returns false, with e, when there would be too many. Until then nothing
 * else may change the book, and o and coverage stay valid. */
struct book_pass;
struct book_pass *book_pass_begin(struct book *b, struct rule_outcome *o,
                                  const struct coverage_view *coverage, struct wall now,
                                  struct ledger_txn *txn, struct err *e);
bool book_pass_go(struct book_pass *p, const struct slice *slice);
bool book_pass_end(struct book_pass *p, struct err *e); /* takes NULL: false */
/* Writes what pending alerts have earned, at a clean stop. */
void book_save(struct book *b, struct wall now, struct ledger_txn *txn);

struct alert *book_find(const struct book *b, const char *key);
/* Hands fn all alerts but inactive ones, in order of rule and labels. fn may not change the book. */
void book_each(const struct book *b, void (*fn)(void *ctx, struct alert *a), void *ctx);
/* Does the same for one rule. */
void book_each_of(const struct book *b, const struct rule *r,
                  void (*fn)(void *ctx, struct alert *a), void *ctx);
/* Does the same in slices: c begins as {0}, and it returns true at the end. The book may not change until then. */
struct book_cursor {
    size_t shelf, item;
};
bool book_walk(const struct book *b, struct book_cursor *c,
               void (*fn)(void *ctx, struct alert *a), void *ctx,
               const struct slice *slice);
/* Does the same for one rule; *at begins as 0. */
bool book_walk_of(const struct book *b, const struct rule *r, size_t *at,
                  void (*fn)(void *ctx, struct alert *a), void *ctx,
                  const struct slice *slice);
size_t book_count(const struct book *b, enum alert_state state);
void alert_hold(struct alert *a);
void alert_release(struct book *b, struct alert *a);
/* Forgets alerts that have been resolved for 15 minutes and that nobody holds. When it returns false, call it again. */
bool book_expire(struct book *b, struct wall now, struct ledger_txn *txn,
                 const struct slice *slice);

#endif
