/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions that wait for the disk, with what they hold in bytes, and how one of their notices is told to people while it
 * is nowhere but in memory. Decides nothing: called by ledger.c.
 */
#include "alerts/ledger_impl.h"
#include "lib/base/log.h"

#define LINE_MAX_BYTES \
    ((size_t)24 << 10) /* of a notice in a line of the log, where quotes double */

void txn_queue_init(struct txn_queue *q)
{
    list_init(&q->list);
    q->bytes = 0;
}

void txn_queue_append(struct txn_queue *q, struct ledger_txn *t)
{
    list_append(&q->list, &t->link);
    q->bytes += ledger_txn_bytes(t);
}

void txn_queue_prepend(struct txn_queue *q, struct ledger_txn *t)
{
    list_prepend(&q->list, &t->link);
    q->bytes += ledger_txn_bytes(t);
}

struct ledger_txn *txn_queue_take(struct txn_queue *q)
{
    struct list *first = list_take(&q->list);
    if (!first)
        return NULL;
    struct ledger_txn *t = LIST_ITEM(first, struct ledger_txn, link);
    q->bytes -= ledger_txn_bytes(t);
    return t;
}

/* The whole notice, in as many lines as it needs: together they are its JSON. */
void ledger_op_say(const struct ledger_op *op, const char *why)
{
    struct bytes rest = bytes_of(op->text);
    struct buf part = BUF_MAX(LINE_MAX_BYTES);
    for (int64_t number = 1; rest.len > 0; number++) {
        const struct bytes piece = bytes_cut(rest, LINE_MAX_BYTES);
        rest = bytes_slice(rest, piece.len, rest.len);
        buf_clear(&part);
        buf_add_bytes(&part, piece);
        log_error(EV("notice not on disk"), STR("why", why),
                  INT("outbox_id", (int64_t)op->row.id), INT("part", number),
                  INT("bytes_left", (int64_t)rest.len), STR("notice", buf_text(&part)));
    }
    buf_finish(&part);
}
