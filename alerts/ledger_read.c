/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is read back from alerts.db: facts at start, on the caller's thread, waiting for the disk; the journal for people, on
 * the store's.
 */
#include <stdlib.h>

#include "alerts/ledger_impl.h"
#include "lib/base/memory.h"

#define JOURNAL_MAX_BYTES (16 << 20)

struct reading {
    enum ledger_kind kind;
    bool (*fact)(void *ctx, const char *key, const char *value);
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

/* ---- the journal ---- */

struct journal_read {
    uint64_t before;
    size_t max;
    struct buf text;
    ledger_journal_done *done;
    void *ctx;
};

/* Facts are an object, whose members follow ours. */
static bool note_row(void *ctx, struct store_row *r)
{
    struct buf *out = ctx;
    char at[WALL_TEXT_SIZE];
    const char *facts = store_text(r, 3);
    buf_printf(out, "%s{\"id\":%lld,\"at\":\"%s\",\"event\":", out->len > 1 ? ",\n" : "",
               (long long)store_int(r, 0),
               wall_format((struct wall){store_int(r, 1)}, at));
    buf_add_json(out, bytes_of(store_text(r, 2)));
    if (facts[0] == '{' && facts[1] == '"') {
        buf_add_byte(out, ',');
        buf_add_text(out, facts + 1);
    } else {
        buf_add_byte(out, '}');
    }
    return true;
}

static bool journal_work(void *ctx, struct store_db *db, struct err *e)
{
    struct journal_read *read = ctx;
    buf_clear(&read->text);
    buf_add_byte(&read->text, '[');
    const bool ok = store_query(db, e, note_row, &read->text,
                                "SELECT id, at, event, facts FROM journal WHERE id < ?"
                                " ORDER BY id DESC LIMIT ?",
                                "ii", (int64_t)read->before, (int64_t)read->max);
    buf_add_text(&read->text, "]\n");
    if (read->text.overflow)
        return err_set(e, "it is too much for one answer; ask for fewer rows");
    return ok;
}

static void journal_done(void *ctx, enum store_fault fault, const struct err *e)
{
    struct journal_read *read = ctx;
    read->done(read->ctx, fault == STORE_OK ? &read->text : NULL, e);
    buf_finish(&read->text);
    free(read);
}

void ledger_journal(struct ledger *l, uint64_t before, size_t max,
                    ledger_journal_done *done, void *ctx)
{
    static const struct err busy = {.text = "the disk is too slow: reads pile up"};
    struct journal_read *read = memory_take(sizeof(*read));
    *read = (struct journal_read){
        .before = before && before < INT64_MAX ? before : INT64_MAX,
        .max = max < LEDGER_JOURNAL_MAX ? max : LEDGER_JOURNAL_MAX,
        .text = BUF_MAX(JOURNAL_MAX_BYTES),
        .done = done,
        .ctx = ctx,
    };
    if (!store_submit(ledger_store(l), journal_work, journal_done, read))
        journal_done(read, STORE_IO, &busy);
}
