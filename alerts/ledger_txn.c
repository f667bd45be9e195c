/* SPDX-License-Identifier: Apache-2.0 */
/* What one transaction of the ledger gathers, in order, in its own arena. No SQL here (ledger_write.c), no queue
 * (ledger.c). Called by everybody who changes something that must survive. */
#include <stdlib.h>
#include <string.h>

#include "alerts/ledger_impl.h"
#include "alerts/severity.h"
#include "lib/base/buf.h"
#include "lib/base/memory.h"

struct ledger_txn *ledger_begin(struct ledger *l)
{
    struct arena *arena = arena_create(0);
    struct ledger_txn *t = arena_alloc(arena, sizeof(*t));
    *t = (struct ledger_txn){
        .arena = arena, .ledger = l, .last = &t->first, .last_row = &t->first_row};
    return t;
}

void ledger_txn_free(struct ledger_txn *t)
{
    arena_destroy(t->arena);
}

void ledger_abandon(struct ledger_txn *t)
{
    if (t)
        ledger_txn_free(t);
}

bool ledger_is_empty(const struct ledger_txn *t)
{
    return t->first == NULL;
}

struct ledger_op *ledger_op_add(struct ledger_txn *t, enum ledger_op_kind kind)
{
    struct ledger_op *op = arena_alloc(t->arena, sizeof(*op));
    op->kind = kind;
    *t->last = op;
    t->last = &op->next;
    return op;
}

void ledger_put(struct ledger_txn *t, enum ledger_kind kind, const char *key,
                const char *json)
{
    struct ledger_op *op = ledger_op_add(t, OP_PUT);
    op->row_kind = kind;
    op->key = arena_strdup(t->arena, key);
    op->text = arena_strdup(t->arena, json);
}

void ledger_put_taken(struct ledger_txn *t, enum ledger_kind kind, const char *key,
                      char *json, size_t len)
{
    struct ledger_op *op = ledger_op_add(t, OP_PUT);
    op->row_kind = kind;
    op->key = arena_strdup(t->arena, key);
    op->text = json;
    arena_cleanup(t->arena, free, json);
    t->taken += len + 1;
}

size_t ledger_txn_bytes(const struct ledger_txn *t)
{
    return arena_used(t->arena) + t->taken;
}

void ledger_drop(struct ledger_txn *t, enum ledger_kind kind, const char *key)
{
    struct ledger_op *op = ledger_op_add(t, OP_DROP);
    op->row_kind = kind;
    op->key = arena_strdup(t->arena, key);
}

void ledger_note(struct ledger_txn *t, struct wall at, const char *event,
                 const char *json)
{
    struct ledger_op *op = ledger_op_add(t, OP_NOTE);
    op->at = at;
    op->key = arena_strdup(t->arena, event);
    op->text = arena_strdup(t->arena, json);
}

/* ---- rows of the outbox ---- */

static struct outbox_row row_copy(struct arena *arena, const struct outbox_row *row)
{
    struct outbox_row copy = *row;
    copy.receiver = arena_strdup(arena, row->receiver);
    copy.lane = arena_strdup(arena, row->lane);
    copy.title = arena_strdup(arena, row->title ? row->title : "");
    copy.last_error = arena_strdup(arena, row->last_error ? row->last_error : "");
    return copy;
}

void ledger_payload(struct ledger_txn *t, const struct outbox_row *row,
                    struct bytes payload)
{
    struct ledger_op *op = ledger_op_add(t, OP_ROW_NEW);
    op->row = row_copy(t->arena, row);
    op->text = arena_strndup(t->arena, payload.ptr, payload.len);
    *t->last_row = op;
    t->last_row = &op->next_row;
}

void ledger_notice(struct ledger_txn *t, const struct notice *n)
{
    struct buf json = BUF_MAX(NOTICE_MAX_BYTES);
    notice_to_json(n, &json);
    const struct outbox_row row = {
        .receiver = n->receiver,
        .lane = n->lane,
        .kind = n->kind,
        .state = ROW_PENDING,
        .is_critical = severity_is_critical(n->severity),
        .made = n->made,
        .title = n->title,
    };
    ledger_payload(t, &row, buf_bytes(&json));
    buf_finish(&json);
}

void ledger_row_set(struct ledger_txn *t, const struct outbox_row *row)
{
    ledger_op_add(t, OP_ROW_SET)->row = row_copy(t->arena, row);
}

void ledger_row_merge(struct ledger_txn *t, uint64_t id, uint64_t into)
{
    struct ledger_op *op = ledger_op_add(t, OP_ROW_MERGE);
    op->row = (struct outbox_row){.id = id, .merged_into = into};
}

void ledger_row_settle(struct ledger_txn *t, uint64_t id)
{
    ledger_op_add(t, OP_ROW_SETTLE)->row.id = id;
}

void ledger_row_trim(struct ledger_txn *t)
{
    ledger_op_add(t, OP_ROW_TRIM);
}
