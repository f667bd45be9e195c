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
    struct secrets *secrets;
    struct probes_view probes;
    void (*wake)(void *ctx, struct wall at); /* call engine_advance then, at the latest */
    void *wake_ctx;
};

struct engine *engine_create(const struct engine_io *io, struct wall now, struct err *e);
void engine_destroy(struct engine *e, struct wall now);
/* All or nothing was decided when the generation was loaded: this cannot fail. */
void engine_adopt(struct engine *e, const struct alerting *a, struct wall now);

/* One published verdict with its samples. owner is the probe's, made by engine_owner. */
struct history_owner *engine_owner(struct engine *e, struct labels labels);
void engine_verdict(struct engine *e, struct history_owner *owner,
                    const struct verdict *v, const struct batch *b, struct wall now);
void engine_owner_end(struct engine *e, struct history_owner *owner, struct wall now);
void engine_parent_ran(struct engine *e, const char *probe, struct wall now);
/* Moves everything that time moves; call at wake's time, and after anything else here. */
void engine_advance(struct engine *e, struct wall now);

/* For the API; each acts in one transaction and advances. */
struct history *engine_history(struct engine *e);
struct book *engine_book(struct engine *e);
struct overlay *engine_overlay(struct engine *e);
struct dispatch *engine_dispatch(struct engine *e);
struct evaluation *engine_evaluation(struct engine *e);
struct outbox *engine_outbox(struct engine *e);
struct courier *engine_courier(struct engine *e);
struct ledger *engine_ledger(struct engine *e);

#endif
