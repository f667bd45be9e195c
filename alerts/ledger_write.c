/* SPDX-License-Identifier: Apache-2.0 */
/* The schema of alerts.db and the statements of one transaction. On the store's thread; called by ledger.c alone. */
#include "alerts/ledger_impl.h"
#include "lib/core/failpoint.h"

const char *const ledger_schema[] = {
    "CREATE TABLE fact(kind INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY(kind, key)) WITHOUT ROWID;"
    "CREATE TABLE outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, receiver TEXT NOT NULL,"
    " lane TEXT NOT NULL, kind INTEGER NOT NULL, state INTEGER NOT NULL,"
    " is_critical INTEGER NOT NULL, is_in_doubt INTEGER NOT NULL DEFAULT 0,"
    " is_degraded INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,"
    " made INTEGER NOT NULL, next_at INTEGER NOT NULL DEFAULT 0,"
    " first_at INTEGER NOT NULL DEFAULT 0, merged_into INTEGER NOT NULL DEFAULT 0,"
    " last_error TEXT NOT NULL DEFAULT '', title TEXT NOT NULL, payload TEXT NOT NULL);"
    "CREATE INDEX outbox_merged ON outbox(merged_into) WHERE merged_into <> 0;"
    "CREATE INDEX outbox_settled ON outbox(id) WHERE payload = '';"
    "CREATE TABLE journal(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"
    " event TEXT NOT NULL, facts TEXT NOT NULL);",
    NULL,
};

static bool write_note(const struct ledger_op *op, struct store_db *db, struct err *e)
{
    return store_run(db, e, "INSERT INTO journal(at, event, facts) VALUES(?, ?, ?)",
                     "itt", op->at.ns, op->key, op->text) &&
           store_run(db, e, "DELETE FROM journal WHERE id <= ?", "i",
                     store_last_id(db) - LEDGER_KEPT_NOTES);
}

static bool write_new(const struct ledger_op *op, struct store_db *db, struct err *e)
{
    const struct outbox_row *row = &op->row;
    return store_run(
        db, e,
        "INSERT INTO outbox(id, receiver, lane, kind, state, is_critical, made, next_at,"
        " title, payload) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "ittiiiiitt", (int64_t)row->id, row->receiver, row->lane, (int64_t)row->kind,
        (int64_t)row->state, (int64_t)row->is_critical, row->made.ns, row->next_at.ns,
        row->title, op->text);
}

static bool write_set(const struct outbox_row *row, struct store_db *db, struct err *e)
{
    if (row->state == ROW_SENDING)
        FAILPOINT("before_sending");
    return store_run(db, e,
                     "UPDATE outbox SET state = ?, is_in_doubt = ?, is_degraded = ?,"
                     " attempts = ?, next_at = ?, first_at = ?, last_error = ?"
                     " WHERE id = ?",
                     "iiiiiiti", (int64_t)row->state, (int64_t)row->is_in_doubt,
                     (int64_t)row->is_degraded, (int64_t)row->attempts, row->next_at.ns,
                     row->first_at.ns, row->last_error, (int64_t)row->id);
}

static bool write_merge(const struct outbox_row *row, struct store_db *db, struct err *e)
{
    return store_run(db, e, "UPDATE outbox SET merged_into = ? WHERE merged_into = ?",
                     "ii", (int64_t)row->merged_into, (int64_t)row->id) &&
           store_run(db, e, "UPDATE outbox SET state = ?, merged_into = ? WHERE id = ?",
                     "iii", (int64_t)ROW_MERGED, (int64_t)row->merged_into,
                     (int64_t)row->id);
}

static bool write_settle(const struct outbox_row *row, struct store_db *db, struct err *e)
{
    FAILPOINT("mid_done");
    return store_run(db, e, "UPDATE outbox SET payload = '' WHERE id = ?", "i",
                     (int64_t)row->id) &&
           store_run(db, e, "UPDATE outbox SET payload = '' WHERE merged_into = ?", "i",
                     (int64_t)row->id);
}

static bool write_trim(struct store_db *db, struct err *e)
{
    return store_run(db, e,
                     "DELETE FROM outbox WHERE payload = '' AND id <="
                     " (SELECT id FROM outbox WHERE payload = '' ORDER BY id DESC"
                     " LIMIT 1 OFFSET ?)",
                     "i", (int64_t)LEDGER_KEPT_ROWS);
}

static bool write_op(const struct ledger_op *op, struct store_db *db, struct err *e)
{
    switch (op->kind) {
    case OP_PUT:
        return store_run(db, e,
                         "INSERT INTO fact(kind, key, value) VALUES(?, ?, ?)"
                         " ON CONFLICT(kind, key) DO UPDATE SET value = excluded.value",
                         "itt", (int64_t)op->row_kind, op->key, op->text);
    case OP_DROP:
        return store_run(db, e, "DELETE FROM fact WHERE kind = ? AND key = ?", "it",
                         (int64_t)op->row_kind, op->key);
    case OP_NOTE:
        return write_note(op, db, e);
    case OP_ROW_NEW:
        return write_new(op, db, e);
    case OP_ROW_SET:
        return write_set(&op->row, db, e);
    case OP_ROW_MERGE:
        return write_merge(&op->row, db, e);
    case OP_ROW_SETTLE:
        return write_settle(&op->row, db, e);
    case OP_ROW_TRIM:
        return write_trim(db, e);
    }
    return false;
}

bool ledger_write(const struct ledger_txn *t, struct store_db *db, struct err *e)
{
    for (const struct ledger_op *op = t->first; op; op = op->next) {
        if (!write_op(op, db, e))
            return false;
    }
    return true;
}
