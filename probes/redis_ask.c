/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to a Redis server: commands go out together, answers come back in the same order, and each goes to who asked.
 * Called by the other files of this probe. Never judges an answer.
 */
#include <assert.h>
#include <string.h>

#include "probes/redis.h"

#define OUT_MAX_BYTES (256u << 10)
#define OUT_FLUSH_BYTES \
    (64u << 10) /* a command has at most REDIS_MAX_KEY_BYTES and some */
#define COMMAND_WORDS 8

struct redis_question {
    redis_answer *answer;
    void *ctx;
    const char *command; /* for sentences: its first words */
    struct redis_question *next;
};

static void buf_end(void *buf)
{
    buf_finish(buf);
}

static struct buf *out_of(struct run *run)
{
    struct redis_state *state = run_state(run);

    if (!state->out) {
        state->out = arena_alloc(run_arena(run), sizeof(*state->out));
        *state->out = BUF_MAX(OUT_MAX_BYTES);
        arena_cleanup(run_arena(run), buf_end, state->out);
    }
    return state->out;
}

static void enqueue(struct run *run, redis_answer *answer, void *ctx, const char *command)
{
    struct redis_state *state = run_state(run);
    struct redis_question *q = arena_alloc(run_arena(run), sizeof(*q));

    *q = (struct redis_question){.answer = answer, .ctx = ctx, .command = command};
    if (state->last)
        state->last->next = q;
    else
        state->first = q;
    state->last = q;
}

static void ask(struct run *run, redis_answer *answer, void *ctx, const char *command,
                const struct bytes *words, size_t count)
{
    struct buf *out = out_of(run);

    resp_command(out, words, count);
    assert(!out->overflow);
    enqueue(run, answer, ctx, command);
    if (out->len > OUT_FLUSH_BYTES)
        redis_ask_flush(run);
}

void redis_ask(struct run *run, redis_answer *answer, void *ctx,
               const struct bytes *words, size_t count)
{
    const char *command = arena_strndup(run_arena(run), words[0].ptr, words[0].len);

    ask(run, answer, ctx, command, words, count);
}

void redis_ask_text(struct run *run, redis_answer *answer, void *ctx, const char *command,
                    const char *argument)
{
    struct bytes words[COMMAND_WORDS], rest = bytes_of(command);
    size_t count = 0;

    while (bytes_token(&rest, ' ', &words[count])) {
        count++;
        assert(count < COMMAND_WORDS);
    }
    if (argument)
        words[count++] = bytes_of(argument);
    ask(run, answer, ctx, command, words, count);
}

static void on_selected(struct run *run, const struct resp_value *value, void *ctx)
{
    if (value->kind != RESP_STATUS)
        redis_fault(run, "SELECT", value);
}

void redis_ask_in(struct run *run, int64_t database)
{
    struct redis_state *state = run_state(run);

    if (state->database == database)
        return;
    state->database = database;
    redis_ask_text(run, on_selected, NULL, "SELECT",
                   arena_printf(run_arena(run), "%lld", (long long)database));
}

void redis_ask_flush(struct run *run)
{
    struct redis_state *state = run_state(run);

    if (!state->out || !state->out->len)
        return;
    run_say(run, buf_bytes(state->out));
    buf_clear(state->out);
}

bool redis_ask_answer(struct run *run, const struct resp_value *value)
{
    struct redis_state *state = run_state(run);
    struct redis_question *q = state->first;

    if (!q)
        return false;
    state->first = q->next;
    if (!state->first)
        state->last = NULL;
    q->answer(run, value, q->ctx);
    return true;
}

const char *redis_ask_waits(struct run *run)
{
    const struct redis_state *state = run_state(run);

    return state->first ? state->first->command : NULL;
}
