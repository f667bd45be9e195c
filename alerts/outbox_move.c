/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a row moves: in memory and in the ledger, in one transaction each, with a line in the journal and the log. The
 * only place where a row's state changes. Called by the courier, and by outbox.c for people.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/outbox_impl.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"

static const char *const state_names[] = {
    [ROW_PENDING] = "pending", [ROW_SENDING] = "sending", [ROW_DONE] = "done",
    [ROW_DEAD] = "dead",       [ROW_MERGED] = "merged",
};

const char *row_state_name(enum row_state state)
{
    return state_names[state];
}

static void journal(struct ledger_txn *txn, const struct waiting *w, const char *event,
                    const char *why, struct wall now)
{
    struct buf facts = BUF_MAX(4096);
    buf_printf(&facts,
               "{\"outbox_id\":%llu,\"receiver\":", (unsigned long long)w->row.id);
    buf_add_json(&facts, bytes_of(w->row.receiver));
    buf_add_text(&facts, ",\"kind\":");
    buf_add_json(&facts, bytes_of(notice_kind_name(w->row.kind)));
    buf_add_text(&facts, ",\"title\":");
    buf_add_json(&facts, bytes_of(w->row.title));
    buf_add_text(&facts, ",\"why\":");
    buf_add_json(&facts, bytes_of(why));
    buf_add_byte(&facts, '}');
    ledger_note(txn, now, event, facts.overflow ? "{}" : buf_text(&facts));
    buf_finish(&facts);
}

static void say(const struct waiting *w, enum log_level level, const char *event,
                const char *why, struct wall next_at)
{
    char next[WALL_TEXT_SIZE] = "";
    if (next_at.ns)
        wall_format(next_at, next);
    log_write(level,
              LOG_FIELDS(EV(event), INT("outbox_id", (int64_t)w->row.id),
                         STR("receiver", w->row.receiver),
                         STR("kind", notice_kind_name(w->row.kind)),
                         STR("title", w->row.title), INT("attempt", w->row.attempts),
                         STR("reason", why), STR("next_at", next)));
}

static void keep_settled(struct outbox *o, struct waiting *w)
{
    waiting_forget_payload(w);
    list_append(&o->settled, &w->link);
    if (++o->settled_count > OUTBOX_SETTLED) {
        o->settled_count--;
        waiting_destroy(LIST_ITEM(o->settled.next, struct waiting, link));
    }
}

/* Takes the row out of its lane. */
static void leave(struct waiting *w)
{
    struct lane *lane = w->lane;
    list_remove(&w->link);
    if (list_empty(&lane->rows))
        list_remove(&lane->link);
    lane->box->pending--;
    lane->box->outbox->count--;
    lane->box->outbox->bytes -= w->size;
}

/* Moves a row that waits no more, and its parts, to the list that is kept a while for people. */
static void settle(struct waiting *w)
{
    struct outbox *o = w->lane->box->outbox;
    leave(w);
    w->row.state = ROW_DONE;
    for (struct waiting *part; (part = waiting_part(w));) {
        list_remove(&part->link);
        part->carrier = NULL;
        if (part->lane->part == part)
            part->lane->part = NULL;
        keep_settled(o, part);
    }
    keep_settled(o, w);
}

/* Makes the row a dead letter, which stays until somebody retries or drops it. */
static void bury(struct waiting *w)
{
    struct box *box = w->lane->box;
    leave(w);
    w->row.state = ROW_DEAD;
    w->lane->dead++;
    box->dead++;
    box->outbox->count++;
    box->outbox->bytes += w->size;
    list_append(&box->outbox->dead, &w->link);
}

struct ending { /* the end of a row, on its way to the disk */
    struct outbox *outbox;
    size_t count;
    struct lane *lanes[]; /* that wait for it */
};

static void on_end_committed(void *ctx, bool is_durable)
{
    struct ending *e = ctx;
    struct outbox *o = e->outbox;
    for (size_t i = 0; i < e->count; i++) {
        e->lanes[i]->settling--;
        lane_forget(e->lanes[i]);
    }
    free(e);
    if (o->arrived)
        o->arrived(o->ctx, NULL);
}

/* The row's lane, and each that it goes out for, go on when this is on disk: a process that is killed before would send
 * the row again, after its successor. */
static void commit_end(struct waiting *w, struct ledger_txn *txn)
{
    const size_t most = list_count(&w->parts) + 1;
    struct ending *e = memory_take(sizeof(*e) + most * sizeof(e->lanes[0]));
    *e = (struct ending){.outbox = w->lane->box->outbox};
    e->lanes[e->count++] = w->lane;
    LIST_EACH (it, &w->parts) {
        struct lane *l = LIST_ITEM(it, struct waiting, link)->lane;
        if (l != w->lane)
            e->lanes[e->count++] = l;
    }
    for (size_t i = 0; i < e->count; i++)
        e->lanes[i]->settling++;
    ledger_commit(txn, on_end_committed, e);
}

void row_sending(struct waiting *w, struct wall now,
                 void (*done)(void *ctx, bool is_durable), void *ctx)
{
    struct outbox *o = w->lane->box->outbox;
    struct ledger_txn *txn = ledger_begin(o->ledger);
    w->row.state = ROW_SENDING;
    w->row.attempts++;
    if (!w->row.first_at.ns)
        w->row.first_at = now;
    ledger_row_set(txn, &w->row);
    ledger_commit(txn, done, ctx);
}

/* What the lane has become by an accepted notice. */
static void lane_told(const struct waiting *w, const char *remote, struct ledger_txn *txn)
{
    struct lane *l = w->lane;
    if (w->row.id > l->accepted)
        l->accepted = w->row.id;
    switch (w->row.kind) {
    case NOTICE_TRIGGER:
    case NOTICE_UPDATE:
    case NOTICE_REMINDER:
        l->was_told = true;
        break;
    case NOTICE_RESOLVE:
        l->was_told = false;
        break;
    case NOTICE_ACK:
    case NOTICE_DEPLOY:
    case NOTICE_TEST:
        break;
    }
    if (remote) {
        free(l->remote);
        l->remote = memory_strdup(remote);
    }
    lane_save(l, txn);
}

void row_delivered(struct waiting *w, const char *remote, struct wall now)
{
    struct outbox *o = w->lane->box->outbox;
    struct ledger_txn *txn = ledger_begin(o->ledger);
    w->row.state = ROW_DONE;
    waiting_say(w, "");
    ledger_row_set(txn, &w->row);
    ledger_row_settle(txn, w->row.id);
    ledger_row_trim(txn);
    LIST_EACH (it, &w->parts)
        lane_told(LIST_ITEM(it, struct waiting, link), NULL, txn);
    lane_told(w, remote, txn);
    journal(txn, w, "delivered", "", now);
    say(w, LOG_LEVEL_INFO, "notify.delivered", "", (struct wall){0});
    commit_end(w, txn);
    settle(w);
}

void row_retry(struct waiting *w, const char *why, struct wall next_at)
{
    struct outbox *o = w->lane->box->outbox;
    struct ledger_txn *txn = ledger_begin(o->ledger);
    w->row.state = ROW_PENDING;
    w->row.next_at = next_at;
    waiting_say(w, why);
    ledger_row_set(txn, &w->row);
    say(w, LOG_LEVEL_WARNING, w->row.is_degraded ? "notify.degraded" : "notify.retry",
        why, next_at);
    ledger_commit(txn, NULL, NULL);
}

void row_dead(struct waiting *w, const char *why, struct wall now)
{
    struct outbox *o = w->lane->box->outbox;
    struct ledger_txn *txn = ledger_begin(o->ledger);
    w->row.state = ROW_DEAD;
    waiting_say(w, why);
    ledger_row_set(txn, &w->row);
    journal(txn, w, "dead", why, now);
    say(w, LOG_LEVEL_ERROR, "notify.dead", why, (struct wall){0});
    commit_end(w, txn);
    bury(w);
}

void row_merge(struct waiting *w, struct waiting *into, const char *why, struct wall now)
{
    struct outbox *o = w->lane->box->outbox;
    struct ledger_txn *txn = ledger_begin(o->ledger);
    w->row.merged_into = into->row.id;
    into->row.is_in_doubt |= w->row.is_in_doubt;
    into->row.is_critical |= w->row.is_critical;
    ledger_row_merge(txn, w->row.id, into->row.id);
    journal(txn, w, "merged", why, now);
    say(w, LOG_LEVEL_INFO, "notify.merged", why, (struct wall){0});
    ledger_commit(txn, NULL, NULL);
    leave(w);
    w->row.state = ROW_MERGED;
    waiting_absorb(into, w);
}

void row_void(struct waiting *w, const char *why, struct wall now)
{
    struct outbox *o = w->lane->box->outbox;
    struct ledger_txn *txn = ledger_begin(o->ledger);
    w->row.state = ROW_DONE;
    waiting_say(w, why);
    ledger_row_set(txn, &w->row);
    ledger_row_settle(txn, w->row.id);
    lane_save(w->lane, txn);
    journal(txn, w, "nothing to tell", why, now);
    commit_end(w, txn);
    settle(w);
}
