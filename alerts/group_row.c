/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group as a row of the ledger (LEDGER_GROUP), and back: JSON, times in nanoseconds since the epoch. Members keep their
 * labels in it, so that an end is told even of an alert that the book has lost. Called by dispatch.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/dispatch_impl.h"
#include "alerts/ledger_row.h"
#include "lib/core/json.h"
#include "lib/core/verdict_json.h"

#define ROW_MAX_BYTES ((size_t)64 << 20)

/* ---- out ---- */

static json_t *time_to_json(struct wall at)
{
    return json_integer(at.ns);
}

static json_t *member_to_json(const struct member *m)
{
    json_t *row = json_object();
    json_object_set_new(row, "alert", json_string(m->key));
    if (*m->pair)
        json_object_set_new(row, "pair", json_string(m->pair));
    json_object_set_new(row, "labels", labels_to_json(m->labels));
    json_object_set_new(row, "fired_at", time_to_json(m->fired_at));
    json_object_set_new(row, "told", json_boolean(m->is_told));
    json_object_set_new(row, "severity", json_string(m->severity));
    if (m->is_missed)
        json_object_set_new(row, "missed", json_true());
    if (m->is_renewed)
        json_object_set_new(row, "renewed", json_true());
    if (m->held != OVERLAY_NONE)
        json_object_set_new(row, "held", json_integer(m->held));
    return row;
}

static json_t *group_to_json(const struct alert_group *g)
{
    json_t *row = json_object();
    json_t *members = json_array();
    LIST_EACH (it, &g->members)
        json_array_append_new(members, member_to_json(MEMBER_OF(it)));
    json_object_set_new(row, "kind", json_integer(g->kind));
    json_object_set_new(row, "receiver", json_string(g->receiver_name));
    json_object_set_new(row, "lane", json_string(g->lane));
    json_object_set_new(row, "route", json_string(g->route_key));
    json_object_set_new(row, "labels", labels_to_json(g->labels));
    json_object_set_new(row, "open", json_boolean(g->is_open));
    json_object_set_new(row, "opened_at", time_to_json(g->opened_at));
    json_object_set_new(row, "flush_at", time_to_json(g->flush_at));
    json_object_set_new(row, "last_told", time_to_json(g->last_told));
    json_object_set_new(row, "escalated", json_integer((json_int_t)g->escalated));
    if (g->is_escalation)
        json_object_set_new(row, "escalation", json_true());
    json_object_set_new(row, "members", members);
    return row;
}

void group_save(const struct alert_group *g, struct ledger_txn *txn)
{
    json_t *row = group_to_json(g);
    char *text = json_dumps(row, JSON_COMPACT);
    json_decref(row);
    if (text)
        ledger_put(txn, LEDGER_GROUP, g->id, text);
    free(text);
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
