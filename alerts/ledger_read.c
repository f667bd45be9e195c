/* SPDX-License-Identifier: Apache-2.0 */
/* What is read back from alerts.db: facts at start, the journal for people. On the caller's thread, waiting for the
 * disk. */
#include "alerts/ledger_impl.h"

struct reading {
    enum ledger_kind kind;
    size_t max;
    bool (*fact)(void *ctx, const char *key, const char *value);
    bool (*note)(void *ctx, struct wall at, const char *event, const char *json);
    void *ctx;
};

static bool fact_row(void *ctx, struct store_row *r)
{
    const struct reading *reading = ctx;
    return reading->fact(reading->ctx, store_text(r, 0), store_text(r, 1));
}

static bool read_facts(void *ctx, struct store_db *db, struct err *e)
{
    const struct reading *reading = ctx;
    return store_query(db, e, fact_row, ctx, "SELECT key, value FROM fact WHERE kind = ?",
                       "i", (int64_t)reading->kind);
}

bool ledger_load(struct ledger *l, enum ledger_kind kind,
                 bool (*row)(void *ctx, const char *key, const char *value), void *ctx,
                 struct err *e)
{
    struct reading reading = {.kind = kind, .fact = row, .ctx = ctx};
    return store_now(ledger_store(l), read_facts, &reading, e) == STORE_OK;
}

static bool note_row(void *ctx, struct store_row *r)
{
    const struct reading *reading = ctx;
    return reading->note(reading->ctx, (struct wall){store_int(r, 0)}, store_text(r, 1),
                         store_text(r, 2));
}

static bool read_notes(void *ctx, struct store_db *db, struct err *e)
{
    const struct reading *reading = ctx;
    return store_query(db, e, note_row, ctx,
                       "SELECT at, event, facts FROM journal ORDER BY id DESC LIMIT ?",
                       "i", (int64_t)reading->max);
}

bool ledger_journal(struct ledger *l, size_t max,
                    bool (*row)(void *ctx, struct wall at, const char *event,
                                const char *json),
                    void *ctx, struct err *e)
{
    struct reading reading = {.max = max, .note = row, .ctx = ctx};
    return store_now(ledger_store(l), read_notes, &reading, e) == STORE_OK;
}
