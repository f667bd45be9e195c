/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a message leaves in Redis beside itself: the ledger, a hash in which each message that goes into an application's
 * queue is written down first, so that a later run removes what a killed one left; and the reply that an application
 * makes. Called by lists and streams. The probe's own keys need no ledger: they expire.
 */
#include <string.h>

#include "lib/core/loop.h"
#include "probes/queue.h"

/* A healthd that does not come back leaves the ledger for this long: "604800000" ms. */
#define LEDGER_MS "604800000"

static const char *ledger_of(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);

    return arena_printf(run_arena(run), "%s:%sout", conf->own,
                        queue_tag_prefix(run) + strlen("healthd:"));
}

void queue_ledger_add(struct run *run, const char *note, redis_link_answer *answer)
{
    const struct queue_state *state = run_state(run);
    const char *ledger = ledger_of(run);

    queue_redis_ask(run, answer, "HSET", ledger, state->tag, note, NULL);
    queue_redis_ask(run, queue_redis_ignore, "PEXPIRE", ledger, LEDGER_MS, NULL);
}

bool queue_ledger_has(struct run *run, const struct resp_value *value)
{
    struct queue_state *state = run_state(run);

    if (value->kind == RESP_NUMBER) {
        state->is_refused = false;
        state->published = loop_now_exact(run_frame(run)->loop);
        return true;
    }
    state->is_out = false; /* neither the message nor its line */
    queue_redis_fail(run, arena_printf(run_arena(run), "HSET %s", ledger_of(run)), value);
    return false;
}

static void on_cleaned(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;

    if (value->kind == RESP_ERROR)
        queue_leave(run, "not all could be removed: the server said %s",
                    resp_said(run, value));
    queue_next(run);
}

void queue_ledger_close(struct run *run)
{
    const struct queue_state *state = run_state(run);
    const bool may_come = state->is_taken && !state->has_arrived && state->reply;

    if (state->reply)
        queue_redis_ask(run, may_come ? on_cleaned : queue_redis_ignore, "DEL",
                        state->reply, NULL);
    if (!may_come) /* else a later run looks for the reply, too */
        queue_redis_ask(run, on_cleaned, "HDEL", ledger_of(run), state->tag, NULL);
    queue_redis_flush(run);
}

void queue_own_remove(struct run *run)
{
    const struct queue_state *state = run_state(run);

    queue_redis_ask(run, on_cleaned, "DEL", state->place, NULL);
    queue_redis_flush(run);
}

/* ---- what earlier runs left ---- */

static void on_swept(void *ctx, const struct resp_value *value)
{
    (void)value;
    queue_next(ctx);
}

void queue_redis_count_swept(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    struct queue_session *session = run_session(run)->state;

    if (value->kind == RESP_NUMBER && value->number > 0)
        session->swept += (double)value->number;
}

static void sweep_one(struct run *run, const struct resp_value *key,
                      const struct resp_value *note)
{
    const struct queue_kind *kind = queue_kind_of(run_conf(run));
    struct bytes tag;
    struct wall made;

    if (!queue_tag_find(run, resp_text(key), &tag, &made) ||
        !queue_is_leftover(run, made))
        return;
    kind->remove(run, tag, made, resp_text(note));
    const char *reply = queue_reply_of(run, tag);
    if (reply)
        queue_redis_ask(run, queue_redis_count_swept, "DEL", reply, NULL);
    queue_redis_ask(run, queue_redis_ignore, "HDEL", ledger_of(run),
                    arena_strndup(run_arena(run), tag.ptr, tag.len), NULL);
}

static void on_ledger(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;

    if (value->kind != RESP_LIST) {
        queue_redis_fail(run, "HGETALL", value);
        return;
    }
    for (size_t i = 0; i + 1 < value->count && i < 2 * QUEUE_MAX_SWEPT; i += 2)
        sweep_one(run, value->items[i], value->items[i + 1]);
    /* Answers come in order: with this one all are there. */
    queue_redis_ask(run, on_swept, "PING", NULL);
    queue_redis_flush(run);
}

void queue_ledger_sweep(struct run *run)
{
    if (!queue_is_answered(run_conf(run))) {
        queue_next(run);
        return;
    }
    queue_redis_ask(run, on_ledger, "HGETALL", ledger_of(run), NULL);
    queue_redis_flush(run);
}

/* ---- the reply ---- */

static void on_reply(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);
    const struct bytes text = bytes_cut(resp_text(value), QUEUE_MAX_MESSAGE);

    if (value->kind == RESP_TEXT)
        state->reply_text = arena_strndup(run_arena(run), text.ptr, text.len);
    queue_arrived(run);
}

static void on_reply_type(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    const struct queue_state *state = run_state(run);
    const struct bytes type = resp_text(value);

    if (value->kind != RESP_STATUS) {
        queue_redis_fail(run, "TYPE", value);
        return;
    }
    if (bytes_is(type, "none")) {
        queue_look_again(run);
        return;
    }
    if (bytes_is(type, "string"))
        queue_redis_ask(run, on_reply, "GET", state->reply, NULL);
    else if (bytes_is(type, "list"))
        queue_redis_ask(run, on_reply, "LINDEX", state->reply, "0", NULL);
    else
        queue_redis_ask(run, on_reply, "PING", NULL); /* that it is there is enough */
    queue_redis_flush(run);
}

void queue_reply_look(struct run *run)
{
    const struct queue_state *state = run_state(run);

    queue_redis_ask(run, on_reply_type, "TYPE", state->reply, NULL);
    queue_redis_flush(run);
}
