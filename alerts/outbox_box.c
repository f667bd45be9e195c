/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boxes and their lanes: found or made by name, what a lane was told and what its notifier remembers of it kept in the
 * ledger, forgotten when nothing is known of them. Called by the outbox's other files and the courier.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/ledger_row.h"
#include "alerts/outbox_impl.h"
#include "lib/base/memory.h"

struct box *outbox_box(struct outbox *o, const char *receiver)
{
    struct box *b = map_get(o->boxes, bytes_of(receiver));
    if (b)
        return b;
    b = memory_take(sizeof(*b));
    *b =
        (struct box){.outbox = o, .name = memory_strdup(receiver), .lanes = map_create()};
    list_init(&b->live);
    map_put(o->boxes, bytes_of(receiver), b);
    return b;
}

struct lane *box_lane(struct box *b, const char *name)
{
    struct lane *l = map_get(b->lanes, bytes_of(name));
    if (l)
        return l;
    l = memory_take(sizeof(*l));
    *l =
        (struct lane){.box = b, .name = memory_strdup(name), .remote = memory_strdup("")};
    list_init(&l->rows);
    map_put(b->lanes, bytes_of(name), l);
    return l;
}

struct waiting *lane_first(const struct lane *l)
{
    return list_empty(&l->rows) ? NULL : LIST_ITEM(l->rows.next, struct waiting, link);
}

struct waiting *rows_each(const struct box *b, bool (*fn)(void *ctx, struct waiting *w),
                          void *ctx)
{
    LIST_EACH (it, &b->live) {
        LIST_EACH (row, &LIST_ITEM(it, struct lane, link)->rows) {
            struct waiting *w = LIST_ITEM(row, struct waiting, link);
            if (!fn(ctx, w))
                return w;
        }
    }
    return NULL;
}

static const char *lane_key(const struct lane *l, struct buf *key)
{
    buf_printf(key, "%s\x1f%s", l->box->name, l->name);
    return buf_text(key);
}

void lane_save(struct lane *l, struct ledger_txn *txn)
{
    struct buf key = BUF_MAX(64 << 10), value = BUF_MAX(64 << 10);
    if (l->was_told || *l->remote || (l->accepted && l->dead)) {
        buf_printf(&value, "{\"was_told\":%s,\"accepted\":%llu,\"remote\":",
                   l->was_told ? "true" : "false", (unsigned long long)l->accepted);
        buf_add_json(&value, bytes_of(l->remote));
        buf_add_byte(&value, '}');
        ledger_put(txn, LEDGER_LANE, lane_key(l, &key), buf_text(&value));
    } else {
        ledger_drop(txn, LEDGER_LANE, lane_key(l, &key));
    }
    buf_finish(&key);
    buf_finish(&value);
}

static void lane_free(struct lane *l)
{
    free(l->name);
    free(l->remote);
    free(l);
}

void lane_remember(struct lane *l, const char *remote)
{
    struct ledger_txn *txn = ledger_begin(l->box->outbox->ledger);
    free(l->remote);
    l->remote = memory_strdup(remote);
    lane_save(l, txn);
    ledger_commit(txn, NULL, NULL);
}

void lane_forget(struct lane *l)
{
    if (l->row_count || l->settling || l->was_told || *l->remote || l->is_busy ||
        l->box->outbox->is_closing)
        return;
    map_remove(l->box->lanes, bytes_of(l->name));
    lane_free(l);
}

bool lane_load(void *ctx, const char *key, const char *value)
{
    struct outbox *o = ctx;
    struct arena *arena = arena_create(0);
    struct err e = {0};
    const char *cut = strchr(key, '\x1f');
    const json_t *row = row_object(arena, value, 64 << 10, &e);
    if (cut && row) {
        struct lane *l = box_lane(
            outbox_box(o, arena_strndup(arena, key, (size_t)(cut - key))), cut + 1);
        l->was_told = row_flag(row, "was_told");
        l->accepted = (uint64_t)row_number(row, "accepted");
        free(l->remote);
        l->remote = memory_strdup(row_text(row, "remote"));
    }
    arena_destroy(arena);
    return true;
}

void box_destroy(struct box *b)
{
    for (const struct map_entry *x = map_next(b->lanes, NULL); x;
         x = map_next(b->lanes, x)) {
        struct lane *l = x->value;
        rows_destroy(&l->rows);
        lane_free(l);
    }
    map_destroy(b->lanes);
    free(b->name);
    free(b);
}
