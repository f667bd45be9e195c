/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerting as a whole, from verdicts to notices: history, evaluation, book, overlay, dispatch, ledger, outbox, courier,
 * in the one order in which they call each other. healthd drives it with its loop and pool; scenario tests drive it with
 * a virtual clock and a transport of their own. Loop thread only.
 */
#ifndef HEALTHD_ALERTS_ENGINE_H
#define HEALTHD_ALERTS_ENGINE_H

#include <stdbool.h>

#include "alerts/alerting.h"
#include "alerts/book.h"
#include "alerts/courier.h"
#include "alerts/deadman.h"
#include "alerts/dispatch.h"
#include "alerts/evaluation.h"
#include "alerts/ledger.h"
#include "alerts/outbox.h"
#include "alerts/overlay.h"
#include "lib/core/batch.h"
#include "lib/core/verdict.h"
#include "lib/query/history.h"

struct engine;

struct engine_io {          /* what differs between healthd and a test */
    struct loop *loop;      /* NULL: the ledger works inline */
    const char *state_path; /* folder; NULL: in memory */
    struct offload offload;
    struct transport transport;
    struct knock knock; /* start NULL: nobody looks whether receivers can be reached */
    struct secrets *secrets;
    struct probes_view probes;
    void (*wake)(void *ctx, struct wall at); /* call engine_advance then, at the latest */
    /* A computation reads the adopted alerting, and has ended: it has to live until then. NULL: the caller sees to it. */
    void *(*hold)(void *ctx);
    void (*release)(void *ctx, void *held);
    /* Was the last configuration that was offered accepted? The dead-man ping asks. NULL: it was. */
    bool (*is_config_accepted)(void *ctx);
    void *ctx; /* of wake and all after it */
};

/* Opens the ledger, reads what it has, and begins to read the history back. NULL when not even an empty ledger can be
 * made; what was damaged is renamed aside and logged. */
struct engine *engine_create(const struct engine_io *io, struct wall now, struct err *e);
/* Commits what is not on disk, and saves the history. Best when engine_is_idle; takes NULL. */
void engine_destroy(struct engine *e, struct wall now);
/* Tells whether no pool thread works for it and no commit waits. */
bool engine_is_idle(const struct engine *e);
/* Lets no evaluation and no delivery begin any more; what was decided is still committed. */
void engine_stop(struct engine *e, struct wall now);
/* Whether no evaluation and no telling is under way: when engine_advance is not called meanwhile, none begins. */
bool engine_is_quiet(const struct engine *e);
/* What takes long before engine_adopt, in slices (true: all is done): the history is told what the new rules read. Rules may
 * not be evaluated between the two. */
bool engine_prepare(struct engine *e, const struct alerting *a,
                    const struct slice *slice);
/* Takes over a generation. This cannot fail: loading has decided all or nothing. a stays valid until the next adopt,
 * or the end, has returned. */
void engine_adopt(struct engine *e, const struct alerting *a, struct wall now);

/* Returns the owner of a probe's series under these labels (probe, the user's, job and instance); equal labels give
 * the same owner. */
struct history_owner *engine_owner(struct engine *e, struct labels labels);
/* One published verdict with its samples; its times are of the same clock as now. unknown writes no value. At once, or
 * first its samples in slices (history.h), and what follows from it when all are seen; no other verdict of the owner comes
 * in between. */
void engine_verdict(struct engine *e, struct history_owner *owner,
                    const struct verdict *v, const struct batch *b, struct wall now);
void engine_publish(struct engine *e, struct history_owner *owner,
                    const struct verdict *v, const struct batch *b,
                    struct history_publication *ret_samples);
void engine_observe(struct engine *e, struct history_owner *owner,
                    const struct verdict *v, const struct batch *b, struct wall now);
/* Ends the series of a probe that is gone; what its rules say of it is known from now on. */
void engine_owner_end(struct engine *e, struct history_owner *owner, struct wall now);
void engine_parent_ran(struct engine *e, const char *probe, struct wall now);
/* Moves everything that time moves; call at wake's time, and after anything else here. */
void engine_advance(struct engine *e, struct wall now);

/* Begin and commit what somebody does: what they put into the transaction is committed with what follows from it.
 * They do not nest. */
struct ledger_txn *engine_begin(struct engine *e, struct wall now);
void engine_commit(struct engine *e, struct ledger_txn *txn);

/* A fake outage of a probe, marked by the label drill="true", through rules, routes and the real receivers; it ends by
 * itself. Returns its id; NULL and err when there is no such probe or too many drills. duration 0: DRILL_DEFAULT. */
const char *engine_drill_start(struct engine *e, const char *probe, nsec duration,
                               struct wall now, struct err *err);
#define DRILL_DEFAULT (60 * NSEC_PER_SEC)
#define DRILL_LONGEST NSEC_PER_HOUR
#define DRILL_LABEL "drill"

/* The sentence that the alert's probe had for what it found, of the item that the alert is about; "" when there is none.
 * Valid until the next verdict. */
const char *engine_found(struct engine *e, const struct alert *a);

struct history *engine_history(struct engine *e);
struct book *engine_book(struct engine *e);
struct overlay *engine_overlay(struct engine *e);
struct dispatch *engine_dispatch(struct engine *e);
struct evaluation *engine_evaluation(struct engine *e);
struct outbox *engine_outbox(struct engine *e);
struct courier *engine_courier(struct engine *e);
struct deadman *engine_deadman(struct engine *e);
struct ledger *engine_ledger(struct engine *e);
const struct alerting *engine_alerting(
    const struct engine *e); /* of the generation in force; NULL before the first */
bool engine_is_restored(
    const struct engine *e); /* the history of the last process is in */

#endif
