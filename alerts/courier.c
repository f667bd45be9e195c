/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See courier.h. Whose turn it is: every receiver has a desk with its rate, pauses and circuit; a lane is sent when its
 * first row is due. Judges nothing (courier_send.c) and moves no row (outbox_move.c).
 */
#include "alerts/courier.h"

#include <stdlib.h>
#include <string.h>

#include "alerts/courier_impl.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"

/* xorshift64*: spread, not secrecy. */
static double random_unit(struct courier *c)
{
    c->seed ^= c->seed >> 12;
    c->seed ^= c->seed << 25;
    c->seed ^= c->seed >> 27;
    return (double)((c->seed * UINT64_C(2685821657736338717)) >> 11) / 9007199254740992.0;
}

nsec courier_backoff(struct courier *c, unsigned failures)
{
    nsec most = BACKOFF_FIRST;
    for (unsigned i = 1; i < failures && most < BACKOFF_LAST; i++)
        most *= 2;
    if (most > BACKOFF_LAST)
        most = BACKOFF_LAST;
    return (nsec)(random_unit(c) * (double)most) + 100 * NSEC_PER_MSEC;
}

/* ---- whose turn ---- */

/* A clock that was set back would hold things for as long: what is further off than any wait is due. */
static bool is_due(struct wall at, struct wall now)
{
    return now.ns >= at.ns || at.ns - now.ns > PAUSE_LAST + NSEC_PER_MINUTE;
}

static bool is_paused(const struct desk *d, struct wall now, struct wall *ret_until)
{
    const struct wall until =
        d->pause_until.ns > d->circuit_until.ns ? d->pause_until : d->circuit_until;
    *ret_until = until;
    return until.ns && !is_due(until, now);
}

static bool token_take(struct desk *d, struct wall now, struct wall *ret_at)
{
    const double rate = d->receiver->rate;
    if (rate <= 0)
        return true;
    const nsec passed = now.ns - d->tokens_at.ns;
    if (passed > 0)
        d->tokens += nsec_to_sec(passed) * rate;
    if (d->tokens > d->receiver->burst)
        d->tokens = d->receiver->burst;
    d->tokens_at = now;
    if (d->tokens >= 1) {
        d->tokens -= 1;
        return true;
    }
    *ret_at = wall_add(now, nsec_from_sec((1 - d->tokens) / rate) + NSEC_PER_MSEC);
    return false;
}

/* The oldest of the last STORM_NOTICES is younger than STORM_SPAN: the receiver has had its share. */
static bool has_stormed(const struct desk *d, struct wall now)
{
    const struct wall oldest = d->recent[d->recent_at];
    return oldest.ns && now.ns - oldest.ns < STORM_SPAN && now.ns >= oldest.ns;
}

static bool is_too_old(const struct desk *d, const struct waiting *w, struct wall now)
{
    return d->receiver->max_age && now.ns - w->row.made.ns > d->receiver->max_age;
}

/* ---- what its receiver will not hear ---- */

static const struct letter
    too_old = {.why = "older than its max_age",
               .end = row_dead,
               .end_why = "older than the receiver's max_age"},
    ended_elsewhere = {.why = "its trigger was told here",
                       .end = row_void,
                       .end_why = "nobody was told that it fires"},
    ended_with_dead = {.why = "its trigger was told here",
                       .end = row_dead,
                       .end_why = "its beginning is a dead letter, and goes first"},
    retired = {.why = "its receiver is not configured any more",
               .end = row_dead,
               .end_why = "its receiver is not configured any more"};

static bool is_mere_end(const struct waiting *w)
{
    return w->row.kind == NOTICE_RESOLVE && !w->lane->was_told && !w->row.is_in_doubt &&
           !w->part_count && !w->is_standing;
}

/* A receiver that was not told that it fires is not told that it ended; a fallback that was told instead is. An end
 * whose beginning is a dead letter stays as one, so that a person who sends the beginning again does not open what
 * nothing ends. */
static void end_untold(struct desk *d, struct waiting *w, struct wall now)
{
    const bool is_dead = lane_has_dead_beginning(w->lane);
    const struct letter *letter = is_dead ? &ended_with_dead : &ended_elsewhere;
    if (letter_is_open(d->courier, w))
        lane_forward(d, w->lane, letter);
    else
        letter->end(w, letter->end_why, now);
}

#define LETTERS_A_TURN 100

/* Gives the rows of a receiver that is gone to others, a few at a time. */
static struct wall letters_turn(struct desk *d, struct wall now)
{
    int left = LETTERS_A_TURN;
    LIST_EACH (it, &d->box->live) {
        struct lane *l = LIST_ITEM(it, struct lane, link);
        if (l->is_busy || l->settling || l->part)
            continue;
        if (left-- == 0 || d->sending >= DESK_MAX_SENDING)
            return now;
        if (lane_first(l)->is_standing)
            row_void(lane_first(l), retired.end_why, now);
        else
            lane_forward(d, l, &retired);
    }
    return (struct wall){0};
}

/* Sends the lane's first row if it may go; else says when it may. */
static struct wall lane_turn(struct desk *d, struct lane *l, struct wall now)
{
    struct wall at = {0};
    struct waiting *w = lane_first(l);
    if (l->is_busy || l->settling || l->part)
        return at;
    if (w->is_standing && w->link.next != &l->rows)
        row_void(w, "the lane has gone on", now);
    w = lane_first(l);
    if (!w)
        return at;
    if (!is_due(w->row.next_at, now))
        return w->row.next_at;
    if (is_too_old(d, w, now)) {
        lane_forward(d, l, &too_old);
        return now;
    }
    if (is_mere_end(w)) {
        end_untold(d, w, now);
        return at;
    }
    if (!w->row.is_critical && has_stormed(d, now))
        return wall_add(d->recent[d->recent_at], STORM_SPAN);
    if (!token_take(d, now, &at))
        return at;
    lane_send(d, l, now);
    return (struct wall){0};
}

/* Those that are critical go first. */
static struct wall lanes_turn(struct desk *d, bool are_critical, size_t most,
                              struct wall now)
{
    struct wall next = {0};
    LIST_EACH (it, &d->box->live) {
        struct lane *l = LIST_ITEM(it, struct lane, link);
        struct wall until;
        if (d->sending >= most)
            return next;
        if (lane_first(l)->row.is_critical == are_critical)
            next = wall_earlier(next, lane_turn(d, l, now));
        if (is_paused(d, now, &until))
            return until;
    }
    return next;
}

static struct wall desk_turn(struct desk *d, struct wall now)
{
    struct wall next = {0};
    if (list_empty(&d->box->live))
        return next;
    if (!d->receiver)
        return letters_turn(d, now);
    if (is_paused(d, now, &next))
        return next;
    const bool is_merged = !has_stormed(d, now) || desk_merge(d, now);
    const size_t most = d->failures >= CIRCUIT_FAILURES ? 1 : DESK_MAX_SENDING;
    next = lanes_turn(d, true, most, now);
    next = wall_earlier(next, lanes_turn(d, false, most, now));
    return is_merged ? next : now;
}

struct wall courier_advance(struct courier *c, struct wall now)
{
    struct wall next = ledger_advance(c->outbox->ledger, now);
    c->now = now;
    for (const struct map_entry *x = map_next(c->desks, NULL); x;
         x = map_next(c->desks, x))
        next = wall_earlier(next, desk_turn(x->value, now));
    return next;
}

void courier_wake(struct courier *c)
{
    if (c->wake)
        c->wake(c->wake_ctx);
}

void courier_on_wake(struct courier *c, void (*wake)(void *ctx), void *ctx)
{
    c->wake = wake;
    c->wake_ctx = ctx;
}

/* ---- generations ---- */

static void on_arrived(void *ctx, struct waiting *w)
{
    courier_wake(ctx);
}

struct courier *courier_create(struct outbox *o, struct secrets *secrets,
                               struct transport t)
{
    struct courier *c = memory_take(sizeof(*c));
    *c = (struct courier){.outbox = o,
                          .secrets = secrets,
                          .transport = t,
                          .desks = map_create(),
                          .arena = arena_create(0),
                          .seed = UINT64_C(0x9e3779b97f4a7c15)};
    list_init(&c->sendings);
    o->arrived = on_arrived;
    o->ctx = c;
    desks_load(c);
    return c;
}

void courier_seed(struct courier *c, uint64_t seed)
{
    c->seed = seed | 1;
}

void courier_destroy(struct courier *c)
{
    if (!c)
        return;
    sendings_cancel(c);
    c->outbox->arrived = NULL;
    for (const struct map_entry *x = map_next(c->desks, NULL); x;
         x = map_next(c->desks, x)) {
        desk_destroy(x->value);
    }
    map_destroy(c->desks);
    arena_destroy(c->arena);
    free(c);
}

/* ---- what is said of receivers ---- */

void courier_each(const struct courier *c,
                  void (*fn)(void *ctx, const struct courier_receiver *r), void *ctx)
{
    for (const struct map_entry *x = map_next(c->desks, NULL); x;
         x = map_next(c->desks, x)) {
        const struct desk *d = x->value;
        const struct outbox_stats stats = outbox_stats(c->outbox, d->name);
        if (!d->receiver && !stats.pending && !stats.dead)
            continue;
        fn(ctx, &(struct courier_receiver){
                    .name = d->name,
                    .type = d->receiver ? d->receiver->type->name : "",
                    .pending = stats.pending,
                    .dead = stats.dead,
                    .oldest_pending = stats.oldest_pending,
                    .last_success = d->last_success,
                    .paused_until = d->pause_until,
                    .circuit_until = d->circuit_until,
                    .failures = d->failures,
                    .last_error = d->last_error,
                    .is_misconfigured = d->is_misconfigured,
                    .delivered = d->delivered,
                    .retried = d->retried,
                    .rejected = d->rejected,
                });
    }
}

bool courier_was_told(const struct courier *c, const char *receiver, const char *lane)
{
    const struct box *b = map_get(c->outbox->boxes, bytes_of(receiver));
    const struct lane *l = b ? map_get(b->lanes, bytes_of(lane)) : NULL;
    return l && l->was_told;
}
