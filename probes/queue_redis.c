/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Redis side of a queue probe: connects, logs in, asks, and says what an error means. A connection a run. Called by
 * the kinds that live in Redis. Knows no kind.
 */
#include <stdarg.h>
#include <string.h>

#include "lib/core/secret.h"
#include "probes/queue.h"

#define MAX_WORDS 16

struct asked { /* an answer counts only within the step that asked for it */
    struct run *run;
    redis_link_answer *answer;
    enum queue_step step;
};

static void on_answer(void *ctx, const struct resp_value *value)
{
    const struct asked *asked = ctx;
    const struct queue_state *state = run_state(asked->run);

    if (state->step == asked->step)
        asked->answer(asked->run, value);
}

void queue_redis_ask_words(struct run *run, redis_link_answer *answer,
                           const struct bytes *words, size_t count)
{
    const struct queue_state *state = run_state(run);
    struct asked *asked = arena_alloc(run_arena(run), sizeof(*asked));

    *asked = (struct asked){run, answer, state->step};
    redis_link_ask(state->link, on_answer, asked, words, count);
}

void queue_redis_ask(struct run *run, redis_link_answer *answer, ...)
{
    struct bytes words[MAX_WORDS];
    const char *word;
    size_t count = 0;
    va_list args;

    va_start(args, answer);
    while (count < MAX_WORDS && (word = va_arg(args, const char *)))
        words[count++] = bytes_of(word);
    va_end(args);
    queue_redis_ask_words(run, answer, words, count);
}

void queue_redis_flush(struct run *run)
{
    const struct queue_state *state = run_state(run);
    redis_link_flush(state->link);
}

const char *queue_own_time(struct run *run)
{
    const struct queue_state *state = run_state(run);
    const nsec time = 2 * state->budget + 2 * NSEC_PER_SEC;

    return arena_printf(run_arena(run), "%lld", (long long)(time / NSEC_PER_MSEC));
}

void queue_redis_ignore(void *run, const struct resp_value *value)
{
    (void)run, (void)value;
}

bool queue_redis_is_last(struct run *run)
{
    struct queue_state *state = run_state(run);
    return --state->waits == 0;
}

void queue_redis_fail(struct run *run, const char *command,
                      const struct resp_value *value)
{
    const char *said = resp_said(run, value);
    const struct resp_fault *fault =
        value->kind == RESP_ERROR ? resp_fault_find(value->text) : NULL;
    const char *advice = fault ? fault->advice : NULL;

    if (fault && fault->reason == REASON_FORBIDDEN && bytes_starts(value->text, "NOPERM"))
        advice = "allow this user what examples/privileges/redis-queue.acl lists";
    queue_fail(run,
               fault                       ? fault->reason
               : value->kind == RESP_ERROR ? REASON_REJECTED
                                           : REASON_PROTOCOL,
               "the server answered %s with %s%s%s", command, said, advice ? "; " : "",
               advice ? advice : "");
}

/* ---- logging in ---- */

static void on_logged_in(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;

    if (value->kind == RESP_STATUS) {
        if (queue_redis_is_last(run))
            queue_next(run);
        return;
    }
    queue_redis_fail(run, "AUTH", value);
}

static void on_selected(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;

    if (value->kind != RESP_STATUS)
        queue_redis_fail(run, "SELECT", value);
    else if (queue_redis_is_last(run))
        queue_next(run);
}

/* The server's word that it answers; NOAUTH when it wants a password that was not given. */
static void on_pong(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;

    if (!bytes_is(resp_text(value), "PONG"))
        queue_redis_fail(run, "PING", value);
    else if (queue_redis_is_last(run))
        queue_next(run);
}

static void note_peer(struct run *run)
{
    const struct queue_state *state = run_state(run);
    const struct conn *conn = redis_link_conn(state->link);
    const struct address *address = conn_address(conn);
    const struct resolution *resolution = conn_resolution(conn);
    char text[ADDRESS_TEXT_SIZE];

    if (state->dial.unix_path) {
        run_address(run, state->dial.unix_path);
        return;
    }
    run_resolved(run, resolution ? resolution->took : 0, address);
    if (address)
        run_address(run, address_format(address, text));
    if (conn_peer(conn))
        run_set_peer(run, conn_peer(conn));
}

static void on_open(void *ctx)
{
    struct run *run = ctx;
    const struct queue_conf *conf = run_conf(run);
    const struct redis_url *redis = &conf->redis;
    struct queue_state *state = run_state(run);

    note_peer(run);
    state->waits = 1 + (redis->password != NULL) + (redis->database != 0);
    if (redis->password && redis->user)
        queue_redis_ask(run, on_logged_in, "AUTH", redis->user, redis->password, NULL);
    else if (redis->password)
        queue_redis_ask(run, on_logged_in, "AUTH", redis->password, NULL);
    if (redis->database)
        queue_redis_ask(run, on_selected, "SELECT",
                        arena_printf(run_arena(run), "%lld", (long long)redis->database),
                        NULL);
    queue_redis_ask(run, on_pong, "PING", NULL);
    queue_redis_flush(run);
}

static void on_phase(void *ctx, enum phase phase)
{
    run_phase(ctx, phase);
}

static void on_end(void *ctx, const struct trouble *why)
{
    struct run *run = ctx;

    note_peer(run);
    queue_break(run, why);
}

void queue_redis_open(struct run *run)
{
    static const struct redis_link_events events = {
        .phase = on_phase, .open = on_open, .end = on_end};
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);
    struct err e = {0};

    queue_aim(conf, run_arena(run), &state->dial, &e); /* loading made sure of it */
    if (!state->dial.unix_path)
        run_asks(run, state->dial.host, state->dial.port);
    state->link =
        redis_link_open(run_frame(run), run_arena(run), &state->dial, &events, run);
}
