/* SPDX-License-Identifier: Apache-2.0 */
/* See ack.h. Each has an arena of its own; the map owns them. */
#include "alerts/ack.h"

#include <string.h>

#include "alerts/overlay_impl.h"
#include "alerts/severity.h"

enum { ACK_TEXT_MAX = 1024 };

struct kept_ack {
    struct ack ack;
    struct arena *arena;
};

static void keep(struct overlay *o, const struct ack *a)
{
    struct arena *arena = arena_create(0);
    struct kept_ack *k = arena_alloc(arena, sizeof(*k));
    *k = (struct kept_ack){.arena = arena,
                           .ack = {.alert_key = arena_strdup(arena, a->alert_key),
                                   .at = a->at,
                                   .until = a->until,
                                   .who = arena_strdup(arena, a->who),
                                   .comment = arena_strdup(arena, a->comment),
                                   .severity = arena_strdup(arena, a->severity)}};
    struct kept_ack *former = map_put(o->acks, bytes_of(a->alert_key), k);
    if (former)
        arena_destroy(former->arena);
}

static void save(const struct ack *a, struct ledger_txn *txn)
{
    json_t *row = json_object();
    row_put_number(row, "at", a->at.ns);
    row_put_number(row, "until", a->until.ns);
    row_put_text(row, "who", a->who);
    row_put_text(row, "comment", a->comment);
    row_put_text(row, "severity", a->severity);
    row_save(txn, LEDGER_ACK, a->alert_key, row);
}

static const char *text_or(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

bool ack_put(struct overlay *o, const struct ack *a, struct ledger_txn *txn,
             struct err *e)
{
    const struct alert *alert = book_find(o->book, a->alert_key);
    if (!alert || alert->status.state != ALERT_FIRING)
        return err_set(e, "no such alert fires; `healthctl alerts` shows those that do");
    struct ack full = *a;
    full.who = text_or(a->who, "");
    full.comment = text_or(a->comment, "");
    full.severity = text_or(a->severity, labels_get(alert->labels, "severity"));
    full.severity = text_or(full.severity, "");
    if (!full.until.ns)
        full.until = wall_add(full.at, ACK_DEFAULT);
    if (full.until.ns <= full.at.ns)
        return err_set(e, "an acknowledgement has to end in the future");
    if (strlen(full.who) > ACK_TEXT_MAX || strlen(full.comment) > ACK_TEXT_MAX)
        return err_set(e, "comment and name have at most %d bytes each", ACK_TEXT_MAX);
    keep(o, &full);
    save(&full, txn);
    return true;
}

static void forget(struct overlay *o, const char *key, struct ledger_txn *txn)
{
    struct kept_ack *k = map_remove(o->acks, bytes_of(key));
    if (!k)
        return;
    ledger_drop(txn, LEDGER_ACK, k->ack.alert_key);
    arena_destroy(k->arena);
}

void ack_clear(struct overlay *o, const char *alert_key, struct ledger_txn *txn)
{
    forget(o, alert_key, txn);
}

/* Does it still hold? An alert that fired anew, or worse, is another matter than the one that somebody took. */
static bool is_valid(const struct ack *k, const struct alert *a, struct wall now)
{
    return k->until.ns > now.ns && a->status.state == ALERT_FIRING &&
           a->status.fired_at.ns <= k->at.ns &&
           severity_rank(labels_get(a->labels, "severity")) <= severity_rank(k->severity);
}

const struct ack *ack_of(const struct overlay *o, const struct alert *a, struct wall now)
{
    if (map_count(o->acks) == 0)
        return NULL;
    const struct kept_ack *k = map_get(o->acks, bytes_of(a->key));
    return k && is_valid(&k->ack, a, now) ? &k->ack : NULL;
}

void ack_forget(struct overlay *o, struct wall now, struct ledger_txn *txn)
{
    const struct map_entry *next;
    for (const struct map_entry *it = map_next(o->acks, NULL); it; it = next) {
        next = map_next(o->acks, it);
        const struct ack *k = &((const struct kept_ack *)it->value)->ack;
        const struct alert *a = book_find(o->book, k->alert_key);
        if (!a || !is_valid(k, a, now))
            forget(o, k->alert_key, txn);
    }
}

bool ack_restore(struct overlay *o, const char *key, const char *json, struct err *e)
{
    struct arena *arena = arena_create(0);
    const json_t *row = row_object(arena, json, OVERLAY_ROW_MAX_BYTES, e);
    const struct ack a = {.alert_key = key,
                          .at = row_time(row, "at"),
                          .until = row_time(row, "until"),
                          .who = row_text(row, "who"),
                          .comment = row_text(row, "comment"),
                          .severity = row_text(row, "severity")};
    if (row)
        keep(o, &a);
    arena_destroy(arena);
    return row || err_wrap(e, "acknowledgement of alert '%.40s'", key);
}

void acks_finish(struct overlay *o)
{
    for (const struct map_entry *it = NULL; (it = map_next(o->acks, it));)
        arena_destroy(((const struct kept_ack *)it->value)->arena);
    map_destroy(o->acks);
}
