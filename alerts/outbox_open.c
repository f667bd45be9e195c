/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outbox's beginning and end: what the file has of it is read back, on the caller's thread. Called through outbox.h.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/outbox_impl.h"
#include "lib/base/memory.h"

static bool row_load(void *ctx, struct store_row *r)
{
    struct outbox *o = ctx;
    const struct outbox_row row = {
        .id = (uint64_t)store_int(r, 0),
        .receiver = store_text(r, 1),
        .lane = store_text(r, 2),
        .kind = (enum notice_kind)store_int(r, 3),
        .state = store_int(r, 4) == ROW_DEAD ? ROW_DEAD : ROW_PENDING,
        .is_critical = store_int(r, 5),
        .is_in_doubt = store_int(r, 6) || store_int(r, 4) == ROW_SENDING,
        .is_degraded = store_int(r, 7),
        .attempts = (unsigned)store_int(r, 8),
        .made = {store_int(r, 9)},
        .first_at = {store_int(r, 10)},
        .last_error = store_text(r, 11),
        .title = store_text(r, 12),
        .next_at = {store_int(r, 14)},
    };
    struct waiting *w = row_take(o, &row, (size_t)store_int(r, 13));
    w->is_durable = true;
    return true;
}

/* What had been merged goes out with the row that it was merged into. */
static bool part_load(void *ctx, struct store_row *r)
{
    struct outbox *o = ctx;
    const struct outbox_row row = {
        .id = (uint64_t)store_int(r, 0),
        .receiver = store_text(r, 1),
        .lane = store_text(r, 2),
        .kind = (enum notice_kind)store_int(r, 3),
        .state = ROW_MERGED,
        .made = {store_int(r, 4)},
        .title = store_text(r, 5),
        .last_error = "",
        .merged_into = (uint64_t)store_int(r, 6),
    };
    struct waiting *into = row_find(o, row.merged_into);
    if (!into)
        return true;
    into->row.is_in_doubt |= store_int(r, 8) != 0;
    struct waiting *w =
        waiting_create(box_lane(outbox_box(o, row.receiver), row.lane), &row);
    w->size = (size_t)store_int(r, 7);
    w->is_durable = true;
    waiting_absorb(into, w);
    return true;
}

static bool rows_load(void *ctx, struct store_db *db, struct err *e)
{
    return store_query(db, e, row_load, ctx,
                       "SELECT id, receiver, lane, kind, state, is_critical, is_in_doubt,"
                       " is_degraded, attempts, made, first_at, last_error, title,"
                       " length(payload), next_at FROM outbox WHERE state IN (0, 1, 3)"
                       " ORDER BY id",
                       "") &&
           store_query(db, e, part_load, ctx,
                       "SELECT id, receiver, lane, kind, made, title, merged_into,"
                       " length(payload), is_in_doubt FROM outbox WHERE state = 4 AND "
                       "payload <> ''"
                       " ORDER BY id",
                       "");
}

struct outbox *outbox_open(struct ledger *l, const struct outbox_limits *limits,
                           struct err *e)
{
    struct outbox *o = memory_take(sizeof(*o));
    *o = (struct outbox){.ledger = l, .boxes = map_create()};
    o->limits.max_rows = limits && limits->max_rows ? limits->max_rows : 10000;
    o->limits.max_bytes =
        limits && limits->max_bytes ? limits->max_bytes : (size_t)64 << 20;
    list_init(&o->dead);
    list_init(&o->settled);
    if (!ledger_load(l, LEDGER_LANE, lane_load, o, e) ||
        store_now(ledger_store(l), rows_load, o, e) != STORE_OK) {
        outbox_close(o);
        return NULL;
    }
    outbox_listen(o);
    return o;
}

void outbox_close(struct outbox *o)
{
    if (!o)
        return;
    if (o->ledger)
        ledger_set_hooks(o->ledger, &(struct ledger_hooks){0});
    o->is_closing = true;
    rows_destroy(&o->dead);
    rows_destroy(&o->settled);
    for (const struct map_entry *b = map_next(o->boxes, NULL); b;
         b = map_next(o->boxes, b))
        box_destroy(b->value);
    map_destroy(o->boxes);
    free(o);
}
