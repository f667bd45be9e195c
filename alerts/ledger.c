/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of commits: transactions wait in one queue, and all that wait go to the disk as one. What the disk refuses
 * stays at the head of the queue, is told on stderr, and its notices are let go nevertheless. Loop thread, but for the
 * writing itself.
 */
#include "alerts/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "alerts/ledger_impl.h"
#include "alerts/slice.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/core/loop.h"

#define RETRY_AFTER (5 * NSEC_PER_SEC)
#define HANGS_AFTER (10 * NSEC_PER_SEC)
#define SLICE (2 * NSEC_PER_MSEC)
enum { FLIGHT_MAX = 500, KEPT_MAX_BYTES = 64 << 20, DRAIN_ROUNDS = 20 };

struct ledger {
    struct loop *loop; /* NULL: inline */
    struct store *store;
    struct txn_queue waiting;
    struct list flight; /* of transactions */
    struct list landed; /* on disk, and not all of it is told */
    size_t flight_max;  /* 1 while looking for the one that cannot be written */
    bool is_flying, is_hanging, is_telling, is_closing;
    bool is_landing, is_deferred; /* the rest of it */
    struct wall flight_since, retry_at, now;
    uint64_t next_id; /* of the outbox */
    struct ledger_hooks hooks;
    struct ledger_health health;
};

/* ---- opening ---- */

static struct store *store_for(struct loop *l, const char *path, bool is_inline,
                               enum store_fault *ret_fault, struct err *e)
{
    return store_open(l,
                      &(struct store_conf){.path = path,
                                           .schema = ledger_schema,
                                           .is_durable = true,
                                           .is_inline = is_inline},
                      ret_fault, e);
}

static bool read_id(void *ctx, struct store_row *r)
{
    *(uint64_t *)ctx = (uint64_t)store_int(r, 0) + 1;
    return false;
}

static bool read_ids(void *ctx, struct store_db *db, struct err *e)
{
    struct ledger *l = ctx;
    return store_query(db, e, read_id, &l->next_id,
                       "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'", "");
}

struct ledger *ledger_open(struct loop *loop, const char *path, bool is_inline,
                           enum store_fault *ret_fault, struct err *e)
{
    struct ledger *l = memory_take(sizeof(*l));
    *l = (struct ledger){.loop = loop, .flight_max = FLIGHT_MAX, .next_id = 1};
    txn_queue_init(&l->waiting);
    list_init(&l->flight);
    list_init(&l->landed);
    l->store = store_for(loop, path, is_inline, ret_fault, e);
    l->health.fault = *ret_fault;
    l->health.was_corrupt = l->store && *ret_fault == STORE_CORRUPT;
    if (*ret_fault != STORE_OK)
        snprintf(l->health.why, sizeof(l->health.why), "%.255s", e->text);
    if (!l->store) {
        struct err again = {0};
        enum store_fault ignored;
        l->health.is_in_memory = true;
        l->store = store_for(loop, ":memory:", is_inline, &ignored, &again);
    }
    struct err why = {0};
    if (!l->store || store_now(l->store, read_ids, l, &why) != STORE_OK) {
        if (l->store)
            err_set(e, "%s", why.text);
        store_close(l->store, 0);
        free(l);
        return NULL;
    }
    return l;
}

void ledger_set_hooks(struct ledger *l, const struct ledger_hooks *hooks)
{
    l->hooks = *hooks;
}

struct store *ledger_store(struct ledger *l)
{
    return l->store;
}

struct wall ledger_clock(const struct ledger *l)
{
    return l->loop ? loop_wall(l->loop) : l->now;
}

/* ---- what a commit tells ---- */

static void tell_row(struct ledger *l, const struct ledger_op *op, bool is_durable)
{
    if (!is_durable)
        ledger_op_say(op, l->health.why);
    if (l->hooks.arrived)
        l->hooks.arrived(l->hooks.ctx, &(struct arrival){.row = &op->row,
                                                         .payload = bytes_of(op->text),
                                                         .is_durable = is_durable});
}

/* Tells of a transaction once, whether the disk took it or not: alerts do not wait for disks. */
static void tell(struct ledger *l, struct ledger_txn *t, bool is_durable)
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

/* Nothing is launched meanwhile: who is told may commit more, which is told as well. */
static void tell_all(struct ledger *l, struct list *transactions)
{
    if (l->is_telling)
        return;
    l->is_telling = true;
    for (struct ledger_txn *t; (t = first_untold(transactions));)
        tell(l, t, false);
    l->is_telling = false;
}

/* Drops the oldest transactions beyond the bound: their notices have gone out, and stand on stderr. */
static void bound_waiting(struct ledger *l)
{
    while (!l->is_telling && l->waiting.bytes > KEPT_MAX_BYTES) {
        log_error(EV("commit given up"), STR("why", l->health.why));
        ledger_txn_free(txn_queue_take(&l->waiting));
    }
}

/* ---- landing ---- */

static bool is_over(void *ctx)
{
    const struct ledger *l = ctx;
    return mono_since(loop_now_exact(l->loop), loop_now(l->loop)) > SLICE;
}

static void land(void *ctx);

static void land_later(struct ledger *l)
{
    if (!l->is_deferred)
        loop_defer(l->loop, "alerts.db, a slice", land, l);
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

static void land(void *ctx)
{
    struct ledger *l = ctx;
    const struct slice slice = {l, is_over};
    l->is_deferred = false;
    land_some(l, l->loop ? &slice : NULL);
}

/* ---- flights ---- */

static void launch(struct ledger *l);

static void note_fault(struct ledger *l, enum store_fault fault, const char *why)
{
    if (l->health.fault == STORE_OK)
        log_error(EV("store fault"), STR("fault", store_fault_name(fault)),
                  STR("why", why),
                  STR("hint", "alerts go out from memory; make room or repair the disk, "
                              "commits are tried again every 5 s"));
    l->health.fault = fault;
    snprintf(l->health.why, sizeof(l->health.why), "%.255s", why);
    l->retry_at = wall_add(ledger_clock(l), RETRY_AFTER);
}

static void forget_fault(struct ledger *l)
{
    if (l->health.fault != STORE_OK && !l->health.is_in_memory) {
        if (l->health.last_commit.ns)
            log_info(EV("store works again"), STR("was", l->health.why));
        l->health.fault = STORE_OK;
        l->health.why[0] = '\0';
    }
    l->retry_at = (struct wall){0};
    l->is_hanging = false;
    l->health.last_commit = ledger_clock(l);
}

/* Puts the flight back at the head of the queue, in order. */
static void flight_back(struct ledger *l)
{
    while (!list_empty(&l->flight)) {
        struct list *last = l->flight.prev;
        list_remove(last);
        txn_queue_prepend(&l->waiting, LIST_ITEM(last, struct ledger_txn, link));
    }
}

static void flight_failed(struct ledger *l, enum store_fault fault, const struct err *e)
{
    note_fault(l, fault, e->text);
    const bool is_single = l->flight.next == l->flight.prev;
    if (fault == STORE_BUG && is_single) { /* would stop all that come after it */
        struct ledger_txn *t = LIST_ITEM(list_take(&l->flight), struct ledger_txn, link);
        log_error(EV("commit given up"), STR("why", e->text));
        l->is_telling = true;
        tell(l, t, false);
        l->is_telling = false;
        ledger_txn_free(t);
    }
    l->flight_max = fault == STORE_BUG ? 1 : FLIGHT_MAX;
    flight_back(l);
    tell_all(l, &l->waiting.list);
    bound_waiting(l);
    if (fault == STORE_BUG)
        launch(l);
}

static void flight_done(void *ctx, enum store_fault fault, const struct err *e)
{
    struct ledger *l = ctx;
    l->is_flying = false;
    if (fault != STORE_OK) {
        flight_failed(l, fault, e);
        return;
    }
    forget_fault(l);
    l->flight_max = FLIGHT_MAX;
    for (struct list *first; (first = list_take(&l->flight));)
        list_append(&l->landed, first);
    launch(l);
    if (!l->is_deferred)
        land(l);
}

/* On the store's thread: the flight is not touched by the loop meanwhile, but for is_told. */
static bool flight_write(void *ctx, struct store_db *db, struct err *e)
{
    const struct ledger *l = ctx;
    LIST_EACH (it, &l->flight) {
        if (!ledger_write(LIST_ITEM(it, struct ledger_txn, link), db, e))
            return false;
    }
    return true;
}

static void launch(struct ledger *l)
{
    if (l->is_flying || l->is_telling || l->is_closing || list_empty(&l->waiting.list))
        return;
    for (size_t i = 0; i < l->flight_max && !list_empty(&l->waiting.list); i++)
        list_append(&l->flight, &txn_queue_take(&l->waiting)->link);
    l->is_flying = true;
    l->flight_since = ledger_clock(l);
    if (!store_submit(l->store, flight_write, flight_done, l))
        flight_done(l, STORE_IO, &(struct err){"too many pieces wait for the disk"});
}

/* ---- public ---- */

void ledger_commit(struct ledger_txn *t, void (*done)(void *ctx, bool is_durable),
                   void *ctx)
{
    struct ledger *l = t->ledger;
    t->done = done;
    t->done_ctx = ctx;
    for (struct ledger_op *op = t->first_row; op; op = op->next_row) {
        if (op->row.id == 0)
            op->row.id = l->next_id++;
    }
    txn_queue_append(&l->waiting, t);
    launch(l);
    if (l->is_flying && l->is_hanging) {
        tell_all(l, &l->waiting.list);
        bound_waiting(l);
    }
}

struct wall ledger_advance(struct ledger *l, struct wall now)
{
    l->now = now;
    if (l->is_flying && !l->is_hanging) {
        const struct wall limit = wall_add(l->flight_since, HANGS_AFTER);
        if (now.ns < limit.ns)
            return limit;
        l->is_hanging = true;
        note_fault(l, STORE_IO, "the disk has not answered for 10 s");
        tell_all(l, &l->flight);
        tell_all(l, &l->waiting.list);
        bound_waiting(l);
    }
    if (!l->is_flying && !list_empty(&l->waiting.list)) {
        const bool has_stepped = l->retry_at.ns - now.ns > RETRY_AFTER;
        if (now.ns < l->retry_at.ns && !has_stepped)
            return l->retry_at;
        launch(l);
    }
    return (struct wall){0};
}

void ledger_close(struct ledger *l, nsec grace)
{
    if (!l)
        return;
    launch(l); /* what was refused before */
    for (int i = 0; i < DRAIN_ROUNDS && l->is_flying; i++)
        store_drain(l->store, grace);
    land_some(l, NULL);
    l->is_closing = true;
    if (l->loop)
        loop_forget(l->loop, l);
    store_close(l->store, 0);
    if (l->hooks.closed)
        l->hooks.closed(l->hooks.ctx);
    if (l->is_flying)
        return; /* the store's thread still reads it, and may for ever */
    for (struct ledger_txn *t; (t = txn_queue_take(&l->waiting));)
        ledger_txn_free(t);
    free(l);
}

struct ledger_health ledger_health(const struct ledger *l)
{
    struct ledger_health health = l->health;
    health.waiting =
        list_count(&l->waiting.list) + list_count(&l->flight) + list_count(&l->landed);
    return health;
}
