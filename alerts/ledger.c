/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of commits: transactions wait in one queue, and all that wait go to the disk as one. What the disk refuses
 * stays at the head of the queue, is told on stderr, and its notices are let go nevertheless. Who is told of it, and when,
 * is ledger_landing.c's. Loop thread, but for the writing itself.
 */
#include "alerts/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "alerts/ledger_impl.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/core/loop.h"

#define RETRY_AFTER (5 * NSEC_PER_SEC)
#define HANGS_AFTER (10 * NSEC_PER_SEC)
enum { FLIGHT_MAX = 500, KEPT_MAX_BYTES = 64 << 20, DRAIN_ROUNDS = 20 };

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

/* Drops the oldest transactions beyond the bound: their notices have gone out, and stand on stderr. */
static void bound_waiting(struct ledger *l)
{
    while (!l->is_telling && l->waiting.bytes > KEPT_MAX_BYTES) {
        log_error(EV("commit given up"), STR("why", l->health.why));
        ledger_txn_free(txn_queue_take(&l->waiting));
    }
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
        const bool was_telling = l->is_telling;
        log_error(EV("commit given up"), STR("why", e->text));
        l->is_telling = true; /* who is told may commit more: not yet */
        ledger_tell(l, t);
        l->is_telling = was_telling;
        ledger_txn_free(t);
    }
    l->flight_max = fault == STORE_BUG ? 1 : FLIGHT_MAX;
    flight_back(l);
    ledger_tell_waiting(l);
}

void ledger_told(struct ledger *l)
{
    bound_waiting(l);
    if (l->health.fault == STORE_BUG)
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
    l->is_telling = false; /* what waits goes to the disk now */
    l->flight_max = FLIGHT_MAX;
    for (struct list *first; (first = list_take(&l->flight));)
        list_append(&l->landed, first);
    launch(l);
    if (!l->is_deferred)
        ledger_land(l);
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
    if (l->is_flying && l->is_hanging)
        ledger_tell_waiting(l);
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
        ledger_tell_waiting(l);
    }
    if (l->is_telling)
        return wall_add(now, RETRY_AFTER);
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
    ledger_tell_rest(l);
    launch(l); /* what was refused before */
    for (int i = 0; i < DRAIN_ROUNDS && l->is_flying; i++)
        store_drain(l->store, grace);
    ledger_land_all(l);
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
