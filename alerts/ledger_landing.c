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

static bool is_over(void *ctx)
{
    const struct ledger *l = ctx;
    return mono_since(loop_now_exact(l->loop), loop_now(l->loop)) > SLICE;
}

/* ---- not on disk ---- */

/* False when it goes on in another turn: what was told until then is not told again, wherever the transaction goes. */
static bool tell_some(struct ledger *l, struct ledger_txn *t, const struct slice *slice)
{
    if (!t->is_half_told)
        t->at = t->first_row;
    t->is_half_told = true;
    while (t->at) {
        struct ledger_op *op = t->at;
        t->at = op->next_row;
        op->is_told = true;
        tell_row(l, op, false);
        if (slice_is_over(slice))
            return false;
    }
    t->is_told = true;
    if (t->done)
        t->done(t->done_ctx, false);
    return true;
}

void ledger_tell(struct ledger *l, struct ledger_txn *t)
{
    if (!t->is_told)
        (void)tell_some(l, t, NULL);
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

static struct ledger_txn *next_untold(const struct ledger *l)
{
    const bool hangs = l->is_flying && l->is_hanging;
    struct ledger_txn *t = hangs ? first_untold(&l->flight) : NULL;
    return t ? t : first_untold(&l->waiting.list);
}

static void tell_later(void *ctx);

static void tell_go(struct ledger *l, const struct slice *slice)
{
    for (struct ledger_txn *t; (t = next_untold(l));) {
        if (tell_some(l, t, slice))
            continue;
        if (!l->is_tell_deferred)
            loop_defer(l->loop, "alerts.db, a slice", tell_later, l);
        l->is_tell_deferred = true;
        return;
    }
    l->is_telling = false;
    ledger_told(l);
}

static void tell_later(void *ctx)
{
    struct ledger *l = ctx;
    const struct slice slice = {l, is_over};
    l->is_tell_deferred = false;
    if (l->is_telling)
        tell_go(l, &slice);
}

void ledger_tell_waiting(struct ledger *l)
{
    const struct slice slice = {l, is_over};
    if (l->is_telling)
        return;
    l->is_telling = true;
    tell_go(l, l->loop ? &slice : NULL);
}

void ledger_tell_rest(struct ledger *l)
{
    if (l->is_telling)
        tell_go(l, NULL);
}

/* ---- on disk ---- */

static void settle_op(struct ledger *l, struct ledger_op *op)
{
    const bool was_told = op->is_told;
    op->is_told = true;
    if (!was_told)
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
        struct ledger_op *op = t->at;
        t->at = op->next_row;
        settle_op(l, op);
        if (slice_is_over(slice))
            return false;
    }
    if (!t->is_told && t->done)
        t->done(t->done_ctx, true);
    return true;
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
