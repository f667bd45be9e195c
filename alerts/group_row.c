/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group as a row of the ledger (LEDGER_GROUP), and back: JSON, times in nanoseconds since the epoch. Members keep their
 * labels in it, so that an end is told even of an alert that the book has lost. Called by dispatch.
 */
#include <inttypes.h>

#include "alerts/dispatch_impl.h"
#include "alerts/ledger_row.h"
#include "lib/core/json.h"
#include "lib/query/promql_json.h"

#define ROW_MAX_BYTES ((size_t)64 << 20)

/* ---- out ---- */

static void add_text(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "\"%s\":", name);
    buf_add_json(out, bytes_of(value));
}

static void add_labels(struct buf *out, struct labels labels)
{
    buf_add_text(out, ",\"labels\":");
    promql_json_labels(labels, out);
}

static void add_number(struct buf *out, const char *name, int64_t value)
{
    buf_printf(out, ",\"%s\":%" PRId64, name, value);
}

static void add_flag(struct buf *out, const char *name, bool value)
{
    buf_printf(out, ",\"%s\":%s", name, value ? "true" : "false");
}

void group_row_begin(const struct alert_group *g, struct buf *out)
{
    *out = BUF_MAX(ROW_MAX_BYTES);
    buf_add_byte(out, '{');
    add_text(out, "receiver", g->receiver_name);
    buf_add_byte(out, ',');
    add_text(out, "lane", g->lane);
    buf_add_byte(out, ',');
    add_text(out, "route", g->route_key);
    add_number(out, "kind", g->kind);
    add_labels(out, g->labels);
    add_flag(out, "open", g->is_open);
    add_number(out, "opened_at", g->opened_at.ns);
    add_number(out, "flush_at", g->flush_at.ns);
    add_number(out, "last_told", g->last_told.ns);
    add_number(out, "escalated", (int64_t)g->escalated);
    if (g->is_escalation)
        add_flag(out, "escalation", true);
    buf_add_text(out, ",\"members\":[");
}

void group_row_add(const struct member *m, struct buf *out)
{
    buf_add_text(out, m->link.prev == &m->group->members ? "{" : ",{");
    add_text(out, "alert", m->key);
    if (*m->pair) {
        buf_add_byte(out, ',');
        add_text(out, "pair", m->pair);
    }
    add_labels(out, m->labels);
    add_number(out, "fired_at", m->fired_at.ns);
    add_flag(out, "told", m->is_told);
    buf_add_byte(out, ',');
    add_text(out, "severity", m->severity);
    if (m->is_missed)
        add_flag(out, "missed", true);
    if (m->is_renewed)
        add_flag(out, "renewed", true);
    if (m->held != OVERLAY_NONE)
        add_number(out, "held", m->held);
    buf_add_byte(out, '}');
}

void group_row_end(const struct alert_group *g, struct buf *out, struct ledger_txn *txn)
{
    buf_add_text(out, "]}");
    size_t len;
    if (!out->overflow) {
        char *json = buf_steal(out, &len);
        ledger_put_taken(txn, LEDGER_GROUP, g->id, json, len);
    }
    buf_finish(out);
}

void group_save(const struct alert_group *g, struct ledger_txn *txn)
{
    struct buf row;
    group_row_begin(g, &row);
    LIST_EACH (it, &g->members)
        group_row_add(MEMBER_OF(it), &row);
    group_row_end(g, &row, txn);
}

void group_forget(const struct alert_group *g, struct ledger_txn *txn)
{
    ledger_drop(txn, LEDGER_GROUP, g->id);
}

/* ---- back ---- */

/* Labels that are not as healthd writes them are none. */
static struct labels labels_or_none(const json_t *row, struct arena *arena)
{
    struct labels labels = {0};
    (void)row_labels(row, "labels", arena, &labels);
    return labels;
}

static void member_read(struct dispatch *d, struct alert_group *g, const json_t *row,
                        struct arena *arena)
{
    const char *key = row_text(row, "alert");
    if (!*key || member_find(d, g->receiver_name, key))
        return;
    const int64_t held = row_number(row, "held");
    struct member *m = member_add(d, g, key, row_text(row, "pair"),
                                  labels_or_none(row, arena), book_find(d->book, key));
    m->fired_at = row_time(row, "fired_at");
    m->is_told = row_flag(row, "told");
    m->is_missed = row_flag(row, "missed");
    m->is_renewed = row_flag(row, "renewed");
    if (held > OVERLAY_NONE && held <= OVERLAY_DEPLOY)
        m->held = (enum overlay_kind)held;
    snprintf(m->severity, sizeof(m->severity), "%s", row_text(row, "severity"));
}

static bool row_read(struct dispatch *d, const char *key, const json_t *row,
                     struct arena *arena, struct err *e)
{
    const int64_t kind = row_number(row, "kind");
    const char *receiver = row_text(row, "receiver"), *lane = row_text(row, "lane");
    const json_t *members = json_object_get(row, "members");
    if (kind < GROUP_LABELS || kind > GROUP_DIGEST || !*receiver || !*lane ||
        group_find(d, receiver, lane))
        return err_set(e, "group '%.100s' is not as healthd writes it", key);
    struct alert_group *g =
        group_create(d, (enum group_kind)kind, receiver, lane, row_text(row, "route"),
                     labels_or_none(row, arena));
    g->is_open = row_flag(row, "open");
    g->opened_at = row_time(row, "opened_at");
    g->flush_at = row_time(row, "flush_at");
    g->last_told = row_time(row, "last_told");
    g->escalated = (size_t)row_number(row, "escalated");
    g->is_escalation = row_flag(row, "escalation");
    for (size_t i = 0; i < json_array_size(members); i++)
        member_read(d, g, json_array_get(members, i), arena);
    return true;
}

bool group_read(struct dispatch *d, const char *key, const char *json, struct err *e)
{
    struct arena *arena = arena_create(0);
    const json_t *row = row_object(arena, json, ROW_MAX_BYTES, e);
    const bool ok =
        row ? row_read(d, key, row, arena, e) : err_wrap(e, "group '%.100s'", key);
    arena_destroy(arena);
    return ok;
}
