/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's beginning and end: the parts are made and told of each other, what the ledger has is read back, and at the
 * end everything is committed and let go. Called through engine.h.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/engine_impl.h"
#include "lib/base/log.h"
#include "lib/core/loop.h"

#define LEDGER_GRACE (1000 * NSEC_PER_MSEC)

/* ---- what evaluation asks for ---- */

static void on_result(void *ctx)
{
    work_go(ctx);
}

static void *hold_alerting(void *ctx)
{
    const struct engine *e = ctx;
    return e->io.hold ? e->io.hold(e->io.ctx) : NULL;
}

static void release_alerting(void *ctx, void *held)
{
    const struct engine *e = ctx;
    if (e->io.release)
        e->io.release(e->io.ctx, held);
}

/* A computation has ended, a notice was committed, a receiver has answered. */
static void on_something(void *ctx)
{
    struct engine *e = ctx;
    engine_wake(e, e->now);
}

/* It is known whether we are cut off. */
static void on_reach(void *ctx)
{
    struct engine *e = ctx;
    e->work.is_due = true;
    engine_wake(e, e->now);
}

/* ---- start ---- */

static bool on_alert_row(void *ctx, const char *key, const char *value)
{
    struct engine *e = ctx;
    struct err why = {0};
    if (!book_restore(e->book, key, value, &why))
        log_error(EV("alert row not understood"), STR("key", key), STR("why", why.text));
    return true;
}

static bool on_probe_row(void *ctx, const char *key, const char *value)
{
    struct engine *e = ctx;
    struct err why = {0};
    if (!roster_restore(e->roster, key, value, &why))
        log_error(EV("probe row not understood"), STR("key", key), STR("why", why.text));
    return true;
}

static bool on_group_row(void *ctx, const char *key, const char *value)
{
    struct engine *e = ctx;
    struct err why = {0};
    if (!dispatch_restore(e->dispatch, key, value, &why))
        log_error(EV("group row not understood"), STR("key", key), STR("why", why.text));
    return true;
}

struct overlay_rows {
    struct engine *engine;
    enum ledger_kind kind;
};

static bool on_overlay_row(void *ctx, const char *key, const char *value)
{
    const struct overlay_rows *rows = ctx;
    struct err why = {0};
    if (!overlay_restore(rows->engine->overlay, rows->kind, key, value, rows->engine->now,
                         &why))
        log_error(EV("overlay row not understood"), STR("key", key),
                  STR("why", why.text));
    return true;
}

static void load(struct engine *e, enum ledger_kind kind,
                 bool (*row)(void *ctx, const char *key, const char *value), void *ctx)
{
    struct err why = {0};
    if (!ledger_load(e->ledger, kind, row, ctx, &why))
        log_error(EV("ledger not read"), INT("kind", kind), STR("why", why.text));
}

/* Groups name alerts, so alerts come first; everything else is on its own. */
static void restore(struct engine *e)
{
    static const enum ledger_kind overlay_kinds[] = {LEDGER_SILENCE, LEDGER_ACK,
                                                     LEDGER_DEPLOY};
    load(e, LEDGER_ALERT, on_alert_row, e);
    load(e, LEDGER_PROBE, on_probe_row, e);
    for (size_t i = 0; i < ARRAY_LEN(overlay_kinds); i++) {
        struct overlay_rows rows = {e, overlay_kinds[i]};
        load(e, overlay_kinds[i], on_overlay_row, &rows);
    }
    load(e, LEDGER_GROUP, on_group_row, e);
}

static bool open_ledger(struct engine *e, struct err *err)
{
    struct buf path = BUF_MAX(4096);
    enum store_fault fault = STORE_OK;
    if (e->io.state_path)
        buf_printf(&path, "%s/alerts.db", e->io.state_path);
    else
        buf_add_text(&path, ":memory:");
    e->ledger = ledger_open(e->io.loop, buf_text(&path), e->io.loop == NULL, &fault, err);
    buf_finish(&path);
    if (!e->ledger)
        return false;
    if (fault != STORE_OK)
        log_error(EV("alerts.db damaged"), STR("why", err->text));
    e->outbox = outbox_open(e->ledger, &(struct outbox_limits){0}, err);
    return e->outbox != NULL;
}

static void make_parts(struct engine *e)
{
    const struct evaluation_hooks hooks = {
        .ctx = e,
        .came = on_result,
        .is_known = subject_is_known,
        .interval = subject_interval,
        .is_settled = subjects_are_settled,
        .is_removed = removed_has,
        .hold = hold_alerting,
        .release = release_alerting,
    };
    e->courier = courier_create(e->outbox, e->io.secrets, e->io.transport);
    courier_on_wake(e->courier, on_something, e);
    e->deadman = deadman_create(e->io.transport, e->io.secrets);
    deadman_on_wake(e->deadman, on_something, e);
    e->book = book_create(engine_changed, e);
    e->roster = roster_create();
    e->reach = reach_create(e->io.knock);
    reach_on_answer(e->reach, on_reach, e);
    e->overlay = overlay_create(e->book, e->io.probes);
    overlay_set_reach(e->overlay, e->reach);
    e->dispatch = dispatch_create(e->book, e->overlay);
    e->history = history_create(&(struct history_limits){0});
    e->evaluation = evaluation_create(e->history, e->book, e->io.offload, &hooks);
    evaluation_on_done(e->evaluation, on_something, e);
}

struct engine *engine_create(const struct engine_io *io, struct wall now, struct err *err)
{
    struct engine *e = calloc(1, sizeof(*e));
    if (!e)
        abort();
    e->io = *io;
    e->now = e->started = now;
    e->by_owner = map_create();
    e->by_labels = map_create();
    e->by_name = map_create();
    list_init(&e->drills);
    if (!open_ledger(e, err)) {
        engine_destroy(e, now);
        return NULL;
    }
    make_parts(e);
    restore(e);
    return e;
}

/* ---- the end ---- */

bool engine_is_idle(const struct engine *e)
{
    return evaluation_is_idle(e->evaluation) && !keeping_is_busy(e) && !e->work.txn &&
           e->commits == 0;
}

void engine_stop(struct engine *e, struct wall now)
{
    if (e->is_stopped)
        return;
    work_finish(e);
    struct ledger_txn *txn = engine_begin(e, now);
    book_save(e->book, now, txn);
    engine_commit(e, txn);
    e->is_stopped = true;
}

void engine_destroy(struct engine *e, struct wall now)
{
    if (!e)
        return;
    const bool is_busy =
        e->evaluation && (!evaluation_is_idle(e->evaluation) || keeping_is_busy(e));
    if (e->evaluation) {
        engine_stop(e, now);
        work_finish(e);
    }
    if (e->io.loop)
        loop_forget(e->io.loop, e);
    e->is_stopped = true;
    deadman_destroy(e->deadman);
    courier_destroy(e->courier);
    if (!is_busy && e->history)
        keeping_finish(e);
    ledger_close(e->ledger, LEDGER_GRACE);
    outbox_close(e->outbox);
    /* A thread that still computes reads these; they end with the process then. */
    if (!is_busy) {
        drills_destroy(e);
        subjects_destroy(e);
        evaluation_destroy(e->evaluation);
        if (e->history)
            history_destroy(e->history);
    }
    dispatch_destroy(e->dispatch);
    overlay_destroy(e->overlay);
    reach_destroy(e->reach);
    book_destroy(e->book);
    roster_destroy(e->roster);
    map_destroy(e->by_owner);
    map_destroy(e->by_labels);
    map_destroy(e->by_name);
    free(e->keeping.folder);
    free(e);
}
