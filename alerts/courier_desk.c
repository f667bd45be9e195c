/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The receivers' desks: made by name, taken over from a generation to the next, and, while a receiver fails, from a
 * process to the next, so that a restart hammers nobody who asked for a pause. Called by the courier.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/courier_impl.h"
#include "alerts/ledger_row.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"

#define MEMO_KEY "receiver/"
#define MEMO_MAX_BYTES ((size_t)16 << 10)

struct desk *courier_desk(struct courier *c, const char *receiver)
{
    struct desk *d = map_get(c->desks, bytes_of(receiver));
    if (d)
        return d;
    d = memory_take(sizeof(*d));
    *d = (struct desk){.courier = c,
                       .name = memory_strdup(receiver),
                       .last_error = memory_strdup(""),
                       .box = outbox_box(c->outbox, receiver)};
    map_put(c->desks, bytes_of(receiver), d);
    return d;
}

void desk_destroy(struct desk *d)
{
    free(d->name);
    free(d->last_error);
    free(d);
}

void desk_say(struct desk *d, const char *error)
{
    free(d->last_error);
    d->last_error = memory_strdup(error);
}

/* ---- what outlives the process ---- */

static void memo_write(const struct desk *d, struct buf *out)
{
    buf_printf(out,
               "{\"conf\":\"%s\",\"failures\":%u,\"pause_until\":%lld,"
               "\"circuit_until\":%lld,\"last_success\":%lld,\"error\":",
               d->conf, d->failures, (long long)d->pause_until.ns,
               (long long)d->circuit_until.ns, (long long)d->last_success.ns);
    buf_add_json(out, bytes_of(d->last_error));
    buf_add_byte(out, '}');
}

void desk_save(struct desk *d)
{
    const bool is_failing = d->failures > 0 && !d->is_misconfigured;
    if (!is_failing && !d->is_saved)
        return;
    struct ledger_txn *txn = ledger_begin(d->courier->outbox->ledger);
    struct buf key = BUF_MAX(64 << 10), value = BUF_MAX(MEMO_MAX_BYTES);
    buf_printf(&key, MEMO_KEY "%s", d->name);
    memo_write(d, &value);
    d->is_saved = is_failing && !value.overflow;
    if (d->is_saved)
        ledger_put(txn, LEDGER_MEMO, buf_text(&key), buf_text(&value));
    else
        ledger_drop(txn, LEDGER_MEMO, buf_text(&key));
    ledger_commit(txn, NULL, NULL);
    buf_finish(&key);
    buf_finish(&value);
}

static bool memo_read(void *ctx, const char *key, const char *value)
{
    struct arena *arena = arena_create(0);
    struct err ignored = {0};
    const json_t *row = row_object(arena, value, MEMO_MAX_BYTES, &ignored);
    if (row && bytes_starts(bytes_of(key), MEMO_KEY)) {
        struct desk *d = courier_desk(ctx, key + strlen(MEMO_KEY));
        snprintf(d->conf, sizeof(d->conf), "%s", row_text(row, "conf"));
        d->failures = (unsigned)row_number(row, "failures");
        d->pause_until = row_time(row, "pause_until");
        d->circuit_until = row_time(row, "circuit_until");
        d->last_success = row_time(row, "last_success");
        d->is_saved = true;
        desk_say(d, row_text(row, "error"));
    }
    arena_destroy(arena);
    return true;
}

void desks_load(struct courier *c)
{
    struct err e = {0};
    if (!ledger_load(c->outbox->ledger, LEDGER_MEMO, memo_read, c, &e))
        log_error(EV("receivers' memos not read"), STR("why", e.text));
}

/* ---- generations ---- */

static void desk_reset(struct desk *d, struct wall now)
{
    d->pause_until = d->circuit_until = (struct wall){0};
    d->failures = 0;
    d->is_misconfigured = false;
    LIST_EACH (it, &d->box->live) {
        struct waiting *w = lane_first(LIST_ITEM(it, struct lane, link));
        if (w && !w->is_standing)
            w->row.next_at = now;
    }
    desk_save(d);
}

/* One that is configured otherwise than before, or of which nothing is known, is tried at once. */
static void desk_adopt(struct desk *d, const struct receiver *r, struct wall now)
{
    char conf[DIGEST_TEXT_SIZE];
    digest_bytes(bytes_of(r->canonical ? r->canonical : ""), conf);
    const bool is_same = !strcmp(d->conf, conf);
    d->receiver = r;
    memcpy(d->conf, conf, sizeof(conf));
    if (is_same)
        return;
    d->tokens = r->burst;
    d->tokens_at = now;
    desk_reset(d, now);
}

/* The receiver is not configured any more: what it was owed is told to others, never dropped in silence. */
static void desk_retire(struct desk *d)
{
    d->receiver = NULL;
    d->failures = 0;
    d->pause_until = d->circuit_until = (struct wall){0};
    desk_save(d);
    if (list_empty(&d->box->live))
        return;
    log_error(EV("receiver is gone"), STR("receiver", d->name),
              INT("notices", (int64_t)d->box->pending),
              STR("hint", "its notices go to `fallback:`, and stay as dead letters"));
    courier_wake(d->courier);
}

static void fallback_copy(struct courier *c, const struct texts *fallback)
{
    arena_reset(c->arena);
    const char **items = arena_alloc(c->arena, (fallback->count + 1) * sizeof(*items));
    for (size_t i = 0; i < fallback->count; i++)
        items[i] = arena_strdup(c->arena, fallback->items[i]);
    c->fallback = (struct texts){items, fallback->count};
}

void courier_adopt(struct courier *c, const struct receivers *receivers,
                   const struct texts *fallback, struct wall now)
{
    c->now = now;
    sendings_restart(c, now);
    fallback_copy(c, fallback);
    for (size_t i = 0; i < receivers->count; i++)
        desk_adopt(courier_desk(c, receivers->items[i]->name), receivers->items[i], now);
    /* Boxes that only the file knows have no desk yet. */
    for (const struct map_entry *x = map_next(c->outbox->boxes, NULL); x;
         x = map_next(c->outbox->boxes, x))
        courier_desk(c, x->key);
    for (const struct map_entry *x = map_next(c->desks, NULL); x;
         x = map_next(c->desks, x)) {
        struct desk *d = x->value;
        if (!receivers_find(receivers, d->name))
            desk_retire(d);
    }
}
