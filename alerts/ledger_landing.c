/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who hears of a commit: the outbox of its rows, the caller of its end, in order, and a little at a time when there is much.
 * Called by ledger.c once the disk has taken a flight, refused it, or not answered. Writes nothing.
 */
#include "alerts/ledger_impl.h"
#include "alerts/slice.h"
#include "lib/core/loop.h"

#define SLICE (2 * NSEC_PER_MSEC)

static void tell_row(struct ledger *l, const struct ledger_op *op, bool is_durable)
{
    if (!is_durable)
        ledger_op_say(op, l->health.why);
    if (l->hooks.arrived)
        l->hooks.arrived(l->hooks.ctx, &(struct arrival){.row = &op->row,
                                                         .payload = bytes_of(op->text),
                                                         .is_durable = is_durable});
}

void ledger_tell(struct ledger *l, struct ledger_txn *t, bool is_durable)
{
    if (t->is_told)
        return;
    t->is_told = true;
    for (const struct ledger_op *op = t->first_row; op; op = op->next_row)
        tell_row(l, op, is_durable);
    if (t->done)
        t->done(t->done_ctx, is_durable);
}

static void settle_op(struct ledger *l, const struct ledger_txn *t,
                      const struct ledger_op *op)
{
    if (!t->is_told)
        tell_row(l, op, true);
    else if (l->hooks.saved)
        l->hooks.saved(l->hooks.ctx, op->row.id);
}

/* Tells of what is on disk. Returns false when it goes on in another turn. */
static bool settle(struct ledger *l, struct ledger_txn *t, const struct slice *slice)
{
    if (!t->is_landing)
        t->at = t->first_row;
    t->is_landing = true;
    while (t->at) {
        const struct ledger_op *op = t->at;
        t->at = op->next_row;
        settle_op(l, t, op);
        if (slice_is_over(slice))
            return false;
    }
    if (!t->is_told && t->done)
        t->done(t->done_ctx, true);
    return true;
}

static struct ledger_txn *first_untold(const struct list *transactions)
{
    LIST_EACH (it, transactions) {
        struct ledger_txn *t = LIST_ITEM(it, struct ledger_txn, link);
        if (!t->is_told)
            return t;
    }
    return NULL;
}

void ledger_tell_all(struct ledger *l, struct list *transactions)
{
    if (l->is_telling)
        return;
    l->is_telling = true;
    for (struct ledger_txn *t; (t = first_untold(transactions));)
        ledger_tell(l, t, false);
    l->is_telling = false;
}

/* ---- on disk ---- */

static bool is_over(void *ctx)
{
    const struct ledger *l = ctx;
    return mono_since(loop_now_exact(l->loop), loop_now(l->loop)) > SLICE;
}

static void land_later(struct ledger *l)
{
    if (!l->is_deferred)
        loop_defer(l->loop, "alerts.db, a slice", ledger_land, l);
    l->is_deferred = true;
}

/* Tells in order of commits; who is told may commit more, which lands after. */
static void land_some(struct ledger *l, const struct slice *slice)
{
    if (l->is_landing)
        return;
    l->is_landing = true;
    while (!list_empty(&l->landed)) {
        struct ledger_txn *t = LIST_ITEM(l->landed.next, struct ledger_txn, link);
        if (!settle(l, t, slice)) {
            land_later(l);
            break;
        }
        list_remove(&t->link);
        ledger_txn_free(t);
    }
    l->is_landing = false;
}

void ledger_land(void *ctx)
{
    struct ledger *l = ctx;
    const struct slice slice = {l, is_over};
    l->is_deferred = false;
    land_some(l, l->loop ? &slice : NULL);
}

void ledger_land_all(struct ledger *l)
{
    land_some(l, NULL);
}
