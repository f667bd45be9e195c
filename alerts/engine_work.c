/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may take longer than a turn of the loop: results of rules go into the book, and what follows from them, or from
 * time, is told. One transaction at a time, gathered over as many turns as it takes and committed as a whole: a process
 * that ends before leaves no half of it, and a group's first notice has all that fired together. Nobody else changes the
 * book or dispatch meanwhile: what people do joins the transaction (engine_begin), a new configuration finishes it first.
 */
#include "alerts/engine_impl.h"
#include "lib/core/loop.h"

#define SLICE (2 * NSEC_PER_MSEC)
#define EXPIRE_EVERY NSEC_PER_MINUTE
/* Whoever wakes the engine for something else has dispatch look this often: what was told is judged again. */
#define LOOK_EVERY NSEC_PER_SEC

static bool is_over(void *ctx)
{
    const struct engine *e = ctx;
    return mono_since(loop_now_exact(e->io.loop), loop_now(e->io.loop)) > SLICE;
}

static bool has_more(const struct engine *e)
{
    return e->work.txn || evaluation_has_come(e->evaluation) || e->work.is_due;
}

static void begin(struct engine *e)
{
    struct work *w = &e->work;
    if (w->txn)
        return;
    w->txn = ledger_begin(e->ledger);
    w->state = evaluation_has_come(e->evaluation) ? WORK_APPLY : WORK_EXPIRE;
}

static bool expire(struct engine *e, const struct slice *slice)
{
    if (e->now.ns - e->expired.ns < EXPIRE_EVERY)
        return true;
    if (!book_expire(e->book, e->now, e->work.txn, slice))
        return false;
    e->expired = e->now;
    overlay_expire(e->overlay, e->now, e->work.txn);
    return true;
}

static void pass_begin(struct engine *e)
{
    struct work *w = &e->work;
    w->is_due = w->is_moved = false;
    w->looked = e->now;
    w->next = (struct wall){0};
    w->passes++;
    w->pass = dispatch_pass_begin(e->dispatch, e->now, w->txn);
}

/* What the rules of a group changed is told in the same transaction, all of it at once: one may inhibit another. */
static bool tell(struct engine *e, const struct slice *slice)
{
    struct work *w = &e->work;
    if (!w->pass)
        pass_begin(e);
    if (!dispatch_pass_go(w->pass, slice))
        return false;
    struct ledger_txn *txn = w->txn;
    w->next = dispatch_pass_end(w->pass);
    w->pass = NULL;
    w->txn = NULL;
    e->txn = NULL;
    engine_put(e, txn);
    if (w->next.ns)
        engine_wake(e, w->next);
    return true;
}

/* True when the transaction is whole. */
static bool go_on(struct engine *e, const struct slice *slice)
{
    struct work *w = &e->work;
    e->txn = w->txn;
    if (w->state == WORK_APPLY) {
        if (!evaluation_apply(e->evaluation, w->txn, slice))
            return false;
        w->state = WORK_EXPIRE;
    }
    if (w->state == WORK_EXPIRE && !expire(e, slice))
        return false;
    w->state = WORK_TELL;
    return tell(e, slice);
}

static void on_turn(void *ctx)
{
    struct engine *e = ctx;
    e->work.is_deferred = false;
    work_go(e);
}

static void defer(struct engine *e)
{
    if (!e->work.is_deferred)
        loop_defer(e->io.loop, "alerting, a slice", on_turn, e);
    e->work.is_deferred = true;
}

const struct slice *work_slice(struct engine *e)
{
    e->work.slice = (struct slice){e, is_over};
    return e->io.loop ? &e->work.slice : NULL;
}

void work_go(struct engine *e)
{
    const struct slice *s = work_slice(e);
    if (e->work.is_going || e->work.is_deferred)
        return;
    e->work.is_going = true;
    while (has_more(e)) {
        begin(e);
        if (!go_on(e, s) || (slice_is_over(s) && has_more(e))) {
            defer(e);
            break;
        }
    }
    e->work.is_going = false;
}

struct wall work_look(struct engine *e, struct wall now)
{
    struct work *w = &e->work;
    const nsec since = now.ns - w->looked.ns;
    const bool is_awaited = !evaluation_is_idle(e->evaluation);
    if ((w->next.ns && now.ns >= w->next.ns) || since >= LOOK_EVERY || since < 0 ||
        (w->is_moved && !is_awaited))
        w->is_due = true;
    if (w->is_due)
        return (struct wall){0};
    return w->is_moved ? wall_earlier(w->next, wall_add(w->looked, LOOK_EVERY)) : w->next;
}

void work_finish(struct engine *e)
{
    if (e->work.txn)
        (void)go_on(e, NULL);
}
