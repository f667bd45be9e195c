/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See outbox.h. What comes: the ledger's commits become rows that wait, by receiver and lane, within bounds that lose no
 * first trigger and no last state.
 */
#include "alerts/outbox.h"

#include <string.h>

#include "alerts/outbox_impl.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"

struct waiting *row_take(struct outbox *o, const struct outbox_row *row, size_t size)
{
    struct box *b = outbox_box(o, row->receiver);
    struct lane *l = box_lane(b, row->lane);
    struct waiting *w = waiting_create(l, row);
    w->size = size;
    o->count++;
    o->bytes += size;
    if (row->state == ROW_DEAD) {
        b->dead++;
        l->dead++;
        list_append(&o->dead, &w->link);
        return w;
    }
    b->pending++;
    list_append(&l->rows, &w->link);
    if (!list_linked(&l->link))
        list_append(&b->live, &l->link);
    return w;
}

static void payload_keep(struct outbox *o, struct waiting *w, struct bytes payload)
{
    if (w->is_durable && o->in_memory + payload.len > OUTBOX_MEMORY_BYTES)
        return;
    w->payload = memory_take(payload.len + 1);
    memcpy(w->payload, payload.ptr, payload.len);
    w->payload[payload.len] = '\0';
    o->in_memory += payload.len;
}

static bool is_full(const struct outbox *o, unsigned percent)
{
    return o->count * 100 >= o->limits.max_rows * percent ||
           o->bytes * 100 >= o->limits.max_bytes * percent;
}

static bool may_go(enum notice_kind kind)
{
    return kind == NOTICE_UPDATE || kind == NOTICE_REMINDER || kind == NOTICE_DEPLOY;
}

/* Full: the newest of a lane says all that an older update or reminder said. */
static void lane_compact(struct lane *l, struct waiting *newest, struct wall now)
{
    LIST_EACH (it, &l->rows) {
        struct waiting *w = LIST_ITEM(it, struct waiting, link);
        const bool is_first = w == lane_first(l) && l->is_busy;
        if (w != newest && !is_first && may_go(w->row.kind))
            row_merge(w, newest, "the outbox is nearly full", now);
    }
}

static struct waiting *row_to_join(const struct lane *except)
{
    LIST_EACH (it, &except->box->live) {
        const struct lane *l = LIST_ITEM(it, struct lane, link);
        if (l != except && !l->is_busy && !l->part)
            return LIST_ITEM(l->rows.prev, struct waiting, link);
    }
    return NULL;
}

/* Over the bound: what adds nothing new goes into what its lane, or its receiver, tells anyway. */
static void fold(struct outbox *o, struct waiting *w, struct wall now)
{
    struct lane *l = w->lane;
    struct waiting *before =
        w->link.prev != &l->rows ? LIST_ITEM(w->link.prev, struct waiting, link) : NULL;
    log_error(EV("outbox full"), INT("rows", (int64_t)o->count),
              STR("receiver", w->row.receiver), STR("title", w->row.title),
              STR("hint", "see why its receiver takes nothing: healthctl outbox list"));
    if (may_go(w->row.kind) && before) {
        row_merge(w, before, "the outbox is full", now);
        return;
    }
    if (before && !l->is_busy && may_go(before->row.kind)) {
        row_merge(before, w, "the outbox is full", now);
        return;
    }
    /* A first trigger, or a last state: the receiver is told of it together with what it is told first, or with what its
     * lane goes out with already. */
    if (l->settling)
        return;
    struct waiting *into = before ? NULL : l->part ? l->part->carrier : row_to_join(l);
    if (into && into->lane->is_busy)
        return;
    if (into)
        row_merge(w, into, "the outbox is full", now);
}

static void on_arrived(void *ctx, const struct arrival *a)
{
    struct outbox *o = ctx;
    const struct wall now = ledger_clock(o->ledger);
    struct waiting *w = row_take(o, a->row, a->payload.len);
    w->is_durable = a->is_durable;
    payload_keep(o, w, a->payload);
    log_info(EV("notify.enqueued"), INT("outbox_id", (int64_t)w->row.id),
             STR("receiver", w->row.receiver), STR("kind", notice_kind_name(w->row.kind)),
             STR("title", w->row.title));
    if (is_full(o, 80))
        lane_compact(w->lane, w, now);
    if (is_full(o, 100))
        fold(o, w, now);
    if (o->arrived)
        o->arrived(o->ctx, NULL);
}

static void on_saved(void *ctx, uint64_t id)
{
    struct waiting *w = row_find(ctx, id);
    if (w)
        w->is_durable = true;
}

static void on_closed(void *ctx)
{
    struct outbox *o = ctx;
    o->ledger = NULL;
}

void outbox_listen(struct outbox *o)
{
    ledger_set_hooks(o->ledger, &(struct ledger_hooks){.ctx = o,
                                                       .arrived = on_arrived,
                                                       .saved = on_saved,
                                                       .closed = on_closed});
}

/* ---- rows by id ---- */

static bool is_other(void *ctx, struct waiting *w)
{
    return w->row.id != *(const uint64_t *)ctx;
}

struct waiting *row_find(const struct outbox *o, uint64_t id)
{
    for (const struct map_entry *b = map_next(o->boxes, NULL); b;
         b = map_next(o->boxes, b)) {
        struct waiting *w = rows_each(b->value, is_other, &id);
        if (w)
            return w;
    }
    LIST_EACH (it, &o->dead) {
        struct waiting *w = LIST_ITEM(it, struct waiting, link);
        if (w->row.id == id)
            return w;
    }
    return NULL;
}
