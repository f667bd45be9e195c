/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a judgement does: to the row (delivered, tried again, a dead letter) and to its desk (back-off, pauses, circuit,
 * what is said and counted). Called by courier_send.c for each attempt; knows no vendor.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/courier_impl.h"
#include "lib/base/log.h"

#define ANEW_MOST 3 /* in a row, at once */

static void desk_succeeded(struct desk *d, struct wall now)
{
    d->failures = 0;
    d->is_misconfigured = false;
    d->circuit_until = (struct wall){0};
    d->last_success = now;
    d->delivered++;
    desk_say(d, "");
    desk_save(d);
}

static void note_recent(struct desk *d, const struct waiting *w, struct wall now)
{
    if (w->row.is_critical)
        return;
    d->recent[d->recent_at] = now;
    d->recent_at = (d->recent_at + 1) % STORM_NOTICES;
}

/* Alertmanager forgets what is not told again: the row stands until its lane goes on. */
static bool stands(const struct sending *s, struct waiting *w, struct wall now)
{
    const struct notifier_type *type = s->receiver->type;
    const bool is_over = w->row.kind == NOTICE_RESOLVE &&
                         now.ns - w->row.first_at.ns > 15 * NSEC_PER_MINUTE;
    if (!type->is_state_sync || is_over || w->row.kind == NOTICE_TEST)
        return false;
    w->is_standing = true;
    w->row.state = ROW_PENDING;
    w->row.next_at = wall_add(now, type->resend_every);
    s->lane->was_told = true;
    return true;
}

static void on_ok(struct sending *s, struct waiting *w, const struct judgement *j,
                  struct wall now)
{
    desk_succeeded(s->desk, now);
    if (j->warning)
        log_warning(EV("notify.warning"), INT("outbox_id", (int64_t)w->row.id),
                    STR("receiver", w->row.receiver), STR("reason", j->warning));
    if (stands(s, w, now))
        return;
    note_recent(s->desk, w, now);
    row_delivered(w, j->remote, now);
}

static void on_retry(struct sending *s, struct waiting *w, const struct judgement *j,
                     struct wall now)
{
    struct desk *d = s->desk;
    d->failures++;
    d->retried++;
    if (!j->never_arrived) /* it may have, and only the answer got lost */
        w->row.is_in_doubt = true;
    desk_say(d, j->why);
    nsec wait = courier_backoff(s->courier, w->row.attempts);
    if (j->retry_after) {
        nsec pause = j->retry_after < NSEC_PER_SEC ? NSEC_PER_SEC : j->retry_after;
        pause = pause > PAUSE_LAST ? PAUSE_LAST : pause;
        d->pause_until = wall_add(now, pause);
        wait = pause;
    }
    if (d->failures >= CIRCUIT_FAILURES)
        d->circuit_until = wall_add(now, courier_backoff(s->courier, d->failures));
    desk_save(d);
    row_retry(w, j->why, wall_add(now, wait));
}

static void on_config(struct sending *s, struct waiting *w, const struct judgement *j,
                      struct wall now)
{
    struct desk *d = s->desk;
    if (!d->is_misconfigured)
        log_error(
            EV("receiver misconfigured"), STR("receiver", d->name), STR("reason", j->why),
            STR("hint", "correct it in `receivers:` and reload; its notices are kept, "
                        "and tried every 5 min"));
    d->failures++;
    d->is_misconfigured = true;
    desk_say(d, j->why);
    d->pause_until = wall_add(now, CONFIG_RETRY);
    desk_save(d);
    row_retry(w, j->why, wall_add(now, CONFIG_RETRY));
}

static void on_reject(struct sending *s, struct waiting *w, const struct judgement *j,
                      struct wall now)
{
    struct desk *d = s->desk;
    desk_say(d, j->why);
    if (!w->row.is_degraded) {
        w->row.is_degraded = true;
        row_retry(w, j->why, now);
        return;
    }
    d->rejected++;
    letter_forward(s->courier, w, &s->notice, j->why, now);
    row_dead(w, j->why, now);
}

static void on_anew(struct sending *s, struct waiting *w, const struct judgement *j,
                    struct wall now)
{
    lane_remember(s->lane, j->remote ? j->remote : "");
    /* A receiver that says so again and again is treated as one that fails. */
    if (w->anew > ANEW_MOST)
        on_retry(s, w, j, now);
    else
        row_retry(w, j->why, now);
}

/* A line each; what stands at an Alertmanager is told it every minute. */
static void say_attempt(const struct sending *s, const struct waiting *w,
                        enum outcome outcome, const char *reason, struct wall now)
{
    log_write(w->is_standing ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
              LOG_FIELDS(EV("notify.attempt"), INT("outbox_id", (int64_t)w->row.id),
                         STR("receiver", w->row.receiver),
                         STR("notifier", s->receiver->type->name),
                         STR("kind", notice_kind_name(w->row.kind)),
                         STR("lane", w->row.lane), INT("attempt", w->row.attempts),
                         STR("result", delivery_result(outcome)), STR("reason", reason),
                         INT("status", s->reply ? s->reply->status : 0),
                         DUR("duration", now.ns - s->attempt.now.ns)));
}

void sending_judged(struct sending *s, const struct judgement *j)
{
    struct courier *c = s->courier;
    const struct wall now = ledger_clock(c->outbox->ledger);
    struct waiting *w = lane_first(s->lane);
    const char *reason = delivery_reason(s->reply, j->outcome);
    metrics_count(s->desk, j->outcome, reason);
    say_attempt(s, w, j->outcome, reason, now);
    w->anew = j->outcome == OUTCOME_ANEW ? w->anew + 1 : 0;
    switch (j->outcome) {
    case OUTCOME_OK:
        on_ok(s, w, j, now);
        break;
    case OUTCOME_RETRY:
        on_retry(s, w, j, now);
        break;
    case OUTCOME_CONFIG:
        on_config(s, w, j, now);
        break;
    case OUTCOME_REJECT:
        on_reject(s, w, j, now);
        break;
    case OUTCOME_ANEW:
        on_anew(s, w, j, now);
        break;
    }
}
