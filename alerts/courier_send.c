/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One sending, from the payload to what its judgement does to the row: read, recorded as begun, laid out by the notifier,
 * sent by the transport, judged by the notifier. Nothing here knows a vendor.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/courier_impl.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/core/failpoint.h"

#define LATE_FROM NSEC_PER_MINUTE

static struct sending *sending_create(struct courier *c, const struct receiver *r)
{
    struct arena *arena = arena_create(0);
    struct sending *s = arena_alloc(arena, sizeof(*s));
    s->courier = c;
    s->receiver = r;
    s->arena = arena;
    list_append(&c->sendings, &s->link);
    return s;
}

static void sending_leave(struct sending *s)
{
    list_remove(&s->link);
    if (s->desk) {
        s->desk->sending--;
        s->lane->is_busy = false;
    }
}

static void sending_end(struct sending *s)
{
    sending_leave(s);
    if (s->ret_ended)
        *s->ret_ended = true;
    arena_destroy(s->arena);
}

static void sending_cancel(struct sending *s)
{
    struct courier *c = s->courier;
    if (s->exchange)
        c->transport.cancel(c->transport.ctx, s->exchange);
    s->is_cancelled = s->is_waiting;
    if (s->is_cancelled)
        sending_leave(s);
    else
        sending_end(s);
}

void sendings_cancel(struct courier *c)
{
    while (!list_empty(&c->sendings))
        sending_cancel(LIST_ITEM(c->sendings.next, struct sending, link));
}

/* Gives up every sending, since it holds parts of the former generation; the new one sends the rows again. */
void sendings_restart(struct courier *c, struct wall now)
{
    while (!list_empty(&c->sendings)) {
        struct sending *s = LIST_ITEM(c->sendings.next, struct sending, link);
        struct waiting *w = s->desk ? lane_first(s->lane) : NULL;
        const bool has_begun = s->exchange != NULL;
        if (s->done)
            s->done(s->ctx, &(struct judgement){.outcome = OUTCOME_RETRY,
                                                .why = "the configuration was reloaded"});
        sending_cancel(s);
        if (w && w->row.state == ROW_SENDING) {
            w->row.is_in_doubt |= has_begun;
            row_retry(w, "the configuration was reloaded", now);
        }
    }
}

static void finish(struct sending *s, const struct judgement *j)
{
    struct courier *c = s->courier;
    if (s->done)
        s->done(s->ctx, j);
    else
        sending_judged(s, j);
    sending_end(s);
    courier_wake(c);
}

static void on_reply(void *ctx, const struct reply *reply)
{
    struct sending *s = ctx;
    struct judgement j = {.outcome = OUTCOME_RETRY, .why = ""};
    FAILPOINT("after_send");
    s->exchange = NULL;
    s->receiver->type->judge(s->conf, &s->notice, &s->attempt, reply, s->arena, &j);
    j.why = secrets_redacted(s->courier->secrets, s->arena, j.why ? j.why : "");
    s->reply = reply;
    finish(s, &j);
}

/* ---- sending ---- */

static void transmit(struct sending *s)
{
    struct courier *c = s->courier;
    const struct notifier_type *type = s->receiver->type;
    struct request request = {0};
    struct err e = {0};
    if (!template_fill(s->receiver->conf, NULL, NULL, s->arena, &s->conf, &e)) {
        finish(s, &(struct judgement){.outcome = OUTCOME_CONFIG, .why = e.text});
        return;
    }
    type->render(s->conf, &s->notice, &s->attempt, s->arena, &request);
    request.timeout = type->timeout;
    request.max_body = REPLY_MAX_BYTES;
    request.max_header = REPLY_MAX_BYTES;
    request.reuse = FETCH_REUSE;
    FAILPOINT("before_send");
    bool has_ended = false;
    s->ret_ended = &has_ended;
    void *exchange = c->transport.send(c->transport.ctx, s->arena, &request, on_reply, s);
    if (has_ended)
        return;
    s->ret_ended = NULL;
    s->exchange = exchange;
}

static void attempt_fill(struct sending *s, const struct waiting *w, struct wall now)
{
    const nsec late = now.ns - w->row.made.ns;
    s->attempt = (struct attempt){
        .number = w->row.attempts,
        .is_in_doubt = w->row.is_in_doubt,
        .is_degraded = w->row.is_degraded,
        .late = late > LATE_FROM ? late : 0,
        .late_why = *w->row.last_error ? arena_strdup(s->arena, w->row.last_error) : "",
        .remote = arena_strdup(s->arena, s->lane->remote),
        .merged_count = s->merged,
        .now = now,
    };
    if (s->merged && s->first.receiver)
        s->attempt.merged_first = &s->first;
}

/* A payload that cannot be read is told about nevertheless, by what is known of the row. */
static void notice_stand_in(struct sending *s, const struct waiting *w)
{
    const struct notice known = {
        .kind = w->row.kind,
        .receiver = w->row.receiver,
        .lane = w->row.lane,
        .dedup_key = w->row.lane,
        .severity = w->row.is_critical ? "critical" : "warning",
        .reason = "its details cannot be read from disk",
        .title = w->row.title,
        .timezone = "UTC",
        .made = w->row.made,
        .first_since = w->row.made,
    };
    s->notice = *notice_copy(s->arena, &known);
}

/* Returns true when nobody waits for the disk's answer any more. */
static bool wait_ended(struct sending *s)
{
    const bool is_over = s->is_cancelled;
    s->is_waiting = false;
    if (is_over)
        arena_destroy(s->arena); /* and s, which is in it */
    return is_over;
}

/* A disk that refuses stops no notice: then a repeat after a crash is not marked, and the fault is said. */
static void on_recorded(void *ctx, bool is_durable)
{
    struct sending *s = ctx;
    if (wait_ended(s))
        return;
    attempt_fill(s, lane_first(s->lane), ledger_clock(s->courier->outbox->ledger));
    transmit(s);
}

static void on_payload(void *ctx, struct bytes payload)
{
    struct sending *s = ctx;
    if (wait_ended(s))
        return;
    const struct wall now = ledger_clock(s->courier->outbox->ledger);
    struct waiting *w = lane_first(s->lane);
    struct err e = {0};
    if (!payload.ptr || !notice_from_json(s->arena, payload, &s->notice, &e)) {
        log_error(EV("notice not readable"), INT("outbox_id", (int64_t)w->row.id),
                  STR("why", e.text));
        notice_stand_in(s, w);
    }
    s->notice.id = w->row.id;
    notice_name_parts(&s->notice, w, s->arena);
    if (s->letter) {
        struct courier *c = s->courier;
        letter_end(s, w, now);
        sending_end(s);
        courier_wake(c);
        return;
    }
    s->is_waiting = true;
    row_sending(w, now, on_recorded, s);
}

static void on_first(void *ctx, struct bytes payload)
{
    struct sending *s = ctx;
    struct err e = {0};
    if (wait_ended(s))
        return;
    if (payload.ptr)
        notice_from_json(s->arena, payload, &s->first, &e);
    s->is_waiting = true;
    waiting_read(lane_first(s->lane), on_payload, s);
}

static struct sending *sending_begin(struct desk *d, struct lane *l)
{
    struct sending *s = sending_create(d->courier, d->receiver);
    s->desk = d;
    s->lane = l;
    d->sending++;
    l->is_busy = true;
    return s;
}

void lane_forward(struct desk *d, struct lane *l, const struct letter *letter)
{
    struct sending *s = sending_begin(d, l);
    s->letter = letter;
    s->is_waiting = true;
    waiting_read(lane_first(l), on_payload, s);
}

void lane_send(struct desk *d, struct lane *l, struct wall now)
{
    if (d->receiver->backlog == BACKLOG_COALESCE)
        lane_merge(l, now);
    struct waiting *w = lane_first(l);
    struct sending *s = sending_begin(d, l);
    const struct waiting *part = waiting_part(w);
    const bool is_backlog = part && part->lane == l;
    s->merged = is_backlog ? w->part_count : 0;
    s->is_waiting = true;
    if (is_backlog)
        waiting_read(waiting_part(w), on_first, s);
    else
        waiting_read(w, on_payload, s);
}

void courier_test(struct courier *c, const struct receiver *r, const struct notice *n,
                  void (*done)(void *ctx, const struct judgement *j), void *ctx)
{
    struct sending *s = sending_create(c, r);
    s->notice = *notice_copy(s->arena, n);
    s->attempt = (struct attempt){.number = 1,
                                  .late_why = "",
                                  .remote = "",
                                  .now = ledger_clock(c->outbox->ledger)};
    s->done = done;
    s->ctx = ctx;
    transmit(s);
}

/* ---- the real transport ---- */

static void *fetch_send(void *ctx, struct arena *arena, const struct request *request,
                        void (*done)(void *done_ctx, const struct reply *reply),
                        void *done_ctx)
{
    struct request *kept = arena_memdup(arena, request, sizeof(*request));
    return fetch_start(ctx, arena, kept, NULL, done, done_ctx);
}

static void fetch_stop(void *ctx, void *sending)
{
    fetch_cancel(sending);
}

struct transport transport_fetch(struct fetcher *f)
{
    return (struct transport){.ctx = f, .send = fetch_send, .cancel = fetch_stop};
}
