/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See outbox.h. What waits, by receiver and lane: filled by the ledger's commits and, at start, from the file; bounded
 * without losing a first trigger or a last state.
 */
#include "alerts/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "alerts/outbox_impl.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/core/json.h"

/* ---- boxes and lanes ---- */

struct box *outbox_box(struct outbox *o, const char *receiver)
{
    struct box *b = map_get(o->boxes, bytes_of(receiver));
    if (b)
        return b;
    b = memory_take(sizeof(*b));
    *b = (struct box){.outbox = o, .name = strdup(receiver), .lanes = map_create()};
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
    *l = (struct lane){.box = b, .name = strdup(name), .remote = strdup("")};
    list_init(&l->rows);
    map_put(b->lanes, bytes_of(name), l);
    return l;
}

struct waiting *lane_first(const struct lane *l)
{
    return list_empty(&l->rows) ? NULL : LIST_ITEM(l->rows.next, struct waiting, link);
}

static const char *lane_key(const struct lane *l, struct buf *key)
{
    buf_printf(key, "%s\x1f%s", l->box->name, l->name);
    return buf_text(key);
}

void lane_save(struct lane *l, struct ledger_txn *txn)
{
    struct buf key = BUF_MAX(64 << 10), value = BUF_MAX(64 << 10);
    if (l->was_told || *l->remote) {
        buf_printf(&value,
                   "{\"was_told\":%s,\"remote\":", l->was_told ? "true" : "false");
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

void lane_forget(struct lane *l)
{
    if (l->row_count || l->settling || l->was_told || *l->remote || l->is_busy ||
        l->box->outbox->is_closing)
        return;
    map_remove(l->box->lanes, bytes_of(l->name));
    lane_free(l);
}

static bool lane_load(void *ctx, const char *key, const char *value)
{
    struct outbox *o = ctx;
    struct arena *arena = arena_create(0);
    struct err e = {0};
    const char *cut = strchr(key, '\x1f');
    json_t *json = json_read(arena, bytes_of(value), 64 << 10, &e);
    if (cut && json) {
        struct lane *l = box_lane(
            outbox_box(o, arena_strndup(arena, key, (size_t)(cut - key))), cut + 1);
        const char *remote = json_string_value(json_object_get(json, "remote"));
        l->was_told = json_is_true(json_object_get(json, "was_told"));
        free(l->remote);
        l->remote = strdup(remote ? remote : "");
    }
    arena_destroy(arena);
    return true;
}

/* ---- rows that come ---- */

static struct waiting *row_take(struct outbox *o, const struct outbox_row *row,
                                size_t size)
{
    struct box *b = outbox_box(o, row->receiver);
    struct lane *l = box_lane(b, row->lane);
    struct waiting *w = waiting_create(l, row);
    w->size = size;
    o->count++;
    o->bytes += size;
    if (row->state == ROW_DEAD) {
        b->dead++;
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
        if (l != except && !l->is_busy)
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
    /* A first trigger, or a last state: the receiver is told of it together with what it is told first. */
    struct waiting *into = before ? NULL : row_to_join(l);
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
    struct outbox *o = ctx;
    for (const struct map_entry *b = map_next(o->boxes, NULL); b;
         b = map_next(o->boxes, b)) {
        LIST_EACH (it, &((struct box *)b->value)->live) {
            LIST_EACH (row, &LIST_ITEM(it, struct lane, link)->rows) {
                struct waiting *w = LIST_ITEM(row, struct waiting, link);
                if (w->row.id == id)
                    w->is_durable = true;
            }
        }
    }
}

static void on_closed(void *ctx)
{
    struct outbox *o = ctx;
    o->ledger = NULL;
}

/* ---- opening ---- */

static struct waiting *row_find(struct outbox *o, uint64_t id)
{
    for (const struct map_entry *b = map_next(o->boxes, NULL); b;
         b = map_next(o->boxes, b)) {
        LIST_EACH (it, &((struct box *)b->value)->live) {
            LIST_EACH (row, &LIST_ITEM(it, struct lane, link)->rows) {
                struct waiting *w = LIST_ITEM(row, struct waiting, link);
                if (w->row.id == id)
                    return w;
            }
        }
    }
    LIST_EACH (it, &o->dead) {
        struct waiting *w = LIST_ITEM(it, struct waiting, link);
        if (w->row.id == id)
            return w;
    }
    return NULL;
}

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
    }; /* next_at is not kept: what waited for its turn is tried at once by a new process */
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
                       " length(payload) FROM outbox WHERE state IN (0, 1, 3)"
                       " ORDER BY id",
                       "") &&
           store_query(db, e, part_load, ctx,
                       "SELECT id, receiver, lane, kind, made, title, merged_into,"
                       " length(payload) FROM outbox WHERE state = 4 AND payload <> ''"
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
    ledger_set_hooks(
        l, &(struct ledger_hooks){
               .ctx = o, .arrived = on_arrived, .saved = on_saved, .closed = on_closed});
    return o;
}

static void rows_free(struct list *rows)
{
    while (!list_empty(rows))
        waiting_destroy(LIST_ITEM(rows->next, struct waiting, link));
}

static void box_free(struct box *b)
{
    for (const struct map_entry *x = map_next(b->lanes, NULL); x;
         x = map_next(b->lanes, x)) {
        struct lane *l = x->value;
        rows_free(&l->rows);
        lane_free(l);
    }
    map_destroy(b->lanes);
    free(b->name);
    free(b);
}

void outbox_close(struct outbox *o)
{
    if (!o)
        return;
    if (o->ledger)
        ledger_set_hooks(o->ledger, &(struct ledger_hooks){0});
    o->is_closing = true;
    rows_free(&o->dead);
    rows_free(&o->settled);
    for (const struct map_entry *b = map_next(o->boxes, NULL); b;
         b = map_next(o->boxes, b))
        box_free(b->value);
    map_destroy(o->boxes);
    free(o);
}

/* ---- for people ---- */

static void box_each(const struct box *b,
                     void (*fn)(void *ctx, const struct outbox_row *r), void *ctx)
{
    LIST_EACH (it, &b->live) {
        LIST_EACH (row, &LIST_ITEM(it, struct lane, link)->rows)
            fn(ctx, &LIST_ITEM(row, struct waiting, link)->row);
    }
}

void outbox_each(const struct outbox *o,
                 void (*fn)(void *ctx, const struct outbox_row *r), void *ctx)
{
    for (const struct map_entry *b = map_next(o->boxes, NULL); b;
         b = map_next(o->boxes, b))
        box_each(b->value, fn, ctx);
    LIST_EACH (it, &o->dead)
        fn(ctx, &LIST_ITEM(it, struct waiting, link)->row);
    LIST_EACH (it, &o->settled)
        fn(ctx, &LIST_ITEM(it, struct waiting, link)->row);
}

static bool is_in_flight(const struct waiting *w)
{
    return w->lane->is_busy && lane_first(w->lane) == w;
}

/* A dead row goes back to the front of its lane: it is older than what waits there. */
static void row_revive(struct outbox *o, struct waiting *w)
{
    struct lane *l = w->lane;
    list_remove(&w->link);
    l->box->dead--;
    l->box->pending++;
    w->row.state = ROW_PENDING;
    w->row.is_degraded = false;
    struct list *after = &l->rows;
    if (l->is_busy && !list_empty(&l->rows))
        after = l->rows.next;
    list_prepend(after, &w->link);
    if (!list_linked(&l->link))
        list_append(&l->box->live, &l->link);
}

bool outbox_retry(struct outbox *o, uint64_t id, struct wall now, struct err *e)
{
    struct waiting *w = row_find(o, id);
    if (!w)
        return err_set(e, "no notice %llu waits, and none of the dead letters is it",
                       (unsigned long long)id);
    if (is_in_flight(w))
        return err_set(e, "notice %llu is being sent now", (unsigned long long)id);
    if (w->row.state == ROW_DEAD)
        row_revive(o, w);
    w->row.made = w->row.made.ns ? w->row.made : now;
    row_retry(w, "asked for by hand", now);
    if (o->arrived)
        o->arrived(o->ctx, w);
    return true;
}

bool outbox_drop(struct outbox *o, uint64_t id, const char *who, struct wall now,
                 struct err *e)
{
    struct waiting *w = row_find(o, id);
    if (!w)
        return err_set(e, "no notice %llu waits, and none of the dead letters is it",
                       (unsigned long long)id);
    if (is_in_flight(w))
        return err_set(e, "notice %llu is being sent now; try again",
                       (unsigned long long)id);
    if (w->row.state == ROW_DEAD)
        row_revive(o, w);
    struct arena *arena = arena_create(0);
    row_void(w, arena_printf(arena, "dropped by %s", who), now);
    arena_destroy(arena);
    return true;
}

struct outbox_stats outbox_stats(const struct outbox *o, const char *receiver)
{
    struct outbox_stats stats = {.bytes = o->bytes};
    for (const struct map_entry *x = map_next(o->boxes, NULL); x;
         x = map_next(o->boxes, x)) {
        const struct box *b = x->value;
        if (receiver && strcmp(receiver, b->name) != 0)
            continue;
        stats.dead += b->dead;
        LIST_EACH (it, &b->live) {
            LIST_EACH (row, &LIST_ITEM(it, struct lane, link)->rows) {
                const struct waiting *w = LIST_ITEM(row, struct waiting, link);
                if (w->is_standing)
                    continue;
                stats.pending++;
                if (!stats.oldest_pending.ns || w->row.made.ns < stats.oldest_pending.ns)
                    stats.oldest_pending = w->row.made;
                if (w->row.is_critical && (!stats.oldest_critical.ns ||
                                           w->row.made.ns < stats.oldest_critical.ns))
                    stats.oldest_critical = w->row.made;
            }
        }
    }
    return stats;
}
