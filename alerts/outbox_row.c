/* SPDX-License-Identifier: Apache-2.0 */
/* One row in memory, and its payload: kept while there is room, else read from disk when it is sent. */
#include <stdlib.h>
#include <string.h>

#include "alerts/outbox_impl.h"
#include "lib/base/memory.h"

static char *text_take(const char *text)
{
    const size_t size = strlen(text ? text : "") + 1;
    char *copy = memory_take(size);
    memcpy(copy, text ? text : "", size);
    return copy;
}

struct waiting *waiting_create(struct lane *lane, const struct outbox_row *row)
{
    struct waiting *w = memory_take(sizeof(*w));
    *w = (struct waiting){.lane = lane, .row = *row};
    w->row.receiver = lane->box->name;
    w->row.lane = lane->name;
    w->row.title = text_take(row->title);
    w->row.last_error = text_take(row->last_error);
    list_init(&w->parts);
    lane->row_count++;
    return w;
}

void waiting_forget_payload(struct waiting *w)
{
    if (w->payload)
        w->lane->box->outbox->in_memory -= w->size;
    free(w->payload);
    w->payload = NULL;
}

void waiting_destroy(struct waiting *w)
{
    struct lane *lane = w->lane;
    for (struct list *part; (part = list_take(&w->parts));)
        waiting_destroy(LIST_ITEM(part, struct waiting, link));
    if (lane->part == w)
        lane->part = NULL;
    lane->dead -= w->row.state == ROW_DEAD;
    list_remove(&w->link);
    waiting_forget_payload(w);
    free((char *)w->row.title);
    free((char *)w->row.last_error);
    free(w);
    lane->row_count--;
    lane_forget(lane);
}

void rows_destroy(struct list *rows)
{
    for (struct list *row; (row = list_take(rows));)
        waiting_destroy(LIST_ITEM(row, struct waiting, link));
}

static void waiting_forget_title(struct waiting *w)
{
    free((char *)w->row.title);
    w->row.title = text_take("");
}

void waiting_say(struct waiting *w, const char *error)
{
    free((char *)w->row.last_error);
    w->row.last_error = text_take(error);
}

/* ---- parts ---- */

struct waiting *waiting_part(const struct waiting *w)
{
    return list_empty(&w->parts) ? NULL : LIST_ITEM(w->parts.next, struct waiting, link);
}

/* Of a lane that goes out with another's row its last state alone matters; what came before it was counted. */
static void part_take(struct waiting *w, struct waiting *part)
{
    struct lane *l = part->lane;
    struct waiting *before = l->part;
    part->carrier = w;
    list_append(&w->parts, &part->link);
    l->part = l == w->lane ? NULL : part;
    if (before && before != part && before->carrier == w)
        waiting_destroy(before);
}

void waiting_absorb(struct waiting *w, struct waiting *part)
{
    w->part_count += part->part_count + 1;
    for (struct list *first; (first = list_take(&part->parts));)
        part_take(w, LIST_ITEM(first, struct waiting, link));
    part->part_count = 0;
    if (part->is_durable)
        waiting_forget_payload(part);
    if (part->lane != w->lane && w->part_count > PARTS_NAMED_MAX)
        waiting_forget_title(part);
    part_take(w, part);
}

/* ---- payloads on disk ---- */

struct reading {
    struct outbox *outbox;
    uint64_t id;
    char *text; /* NULL: not found */
    void (*done)(void *ctx, struct bytes payload);
    void *ctx;
};

static bool payload_row(void *ctx, struct store_row *r)
{
    struct reading *reading = ctx;
    reading->text = text_take(store_text(r, 0));
    return false;
}

static bool payload_work(void *ctx, struct store_db *db, struct err *e)
{
    struct reading *reading = ctx;
    free(reading->text);
    reading->text = NULL;
    return store_query(db, e, payload_row, reading,
                       "SELECT payload FROM outbox WHERE id = ?", "i",
                       (int64_t)reading->id);
}

static void payload_done(void *ctx, enum store_fault fault, const struct err *e)
{
    struct reading *reading = ctx;
    reading->done(reading->ctx,
                  reading->text ? bytes_of(reading->text) : (struct bytes){0});
    free(reading->text);
    free(reading);
}

void waiting_read(struct waiting *w, void (*done)(void *ctx, struct bytes payload),
                  void *ctx)
{
    if (w->payload) {
        done(ctx, (struct bytes){w->payload, w->size});
        return;
    }
    struct outbox *o = w->lane->box->outbox;
    struct reading *reading = memory_take(sizeof(*reading));
    *reading = (struct reading){.outbox = o, .id = w->row.id, .done = done, .ctx = ctx};
    if (!store_submit(ledger_store(o->ledger), payload_work, payload_done, reading)) {
        done(ctx, (struct bytes){0});
        free(reading);
    }
}
