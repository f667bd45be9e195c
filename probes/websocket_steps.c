/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages of the websocket probe: what is said, what is waited for, and what came instead. Called by websocket.c for
 * each message. Sees no control frame and ends no run.
 */
#include <string.h>

#include "lib/base/buf.h"
#include "probes/websocket.h"

static bool is_waiting(const struct websocket_step *step)
{
    return step->expect || !step->send;
}

enum websocket_steps websocket_steps_go(struct run *run)
{
    const struct websocket_conf *conf = run_conf(run);
    struct websocket_state *state = run_state(run);

    for (; state->step < websocket_step_count(conf); state->step++) {
        const struct websocket_step step = websocket_step_at(conf, state->step);
        if (is_waiting(&step))
            return WEBSOCKET_STEPS_WAIT;
        websocket_say_text(run, step.send);
    }
    return WEBSOCKET_STEPS_DONE;
}

static void note_message(struct run *run, struct bytes message)
{
    struct websocket_state *state = run_state(run);

    state->messages++;
    state->last_len =
        message.len < WEBSOCKET_QUOTE_BYTES ? message.len : WEBSOCKET_QUOTE_BYTES;
    if (state->last_len)
        memcpy(state->last, message.ptr, state->last_len);
    run_trace_quoted(run, "received", message);
}

static void keep_message(struct run *run, struct bytes message)
{
    struct websocket_state *state = run_state(run);

    state->message = (struct bytes){
        arena_strndup(run_arena(run), message.ptr, message.len), message.len};
}

static void say_expanded(struct run *run, const struct websocket_step *step,
                         const struct bytes *groups, size_t count)
{
    struct buf out = BUF_MAX(WEBSOCKET_MAX_SENT);

    regex_expand(step->expect, step->send, groups, count, &out);
    websocket_say_text(run, buf_text(&out));
    buf_finish(&out);
}

static enum websocket_steps step_done(struct run *run, struct bytes message)
{
    struct websocket_state *state = run_state(run);

    keep_message(run, message);
    state->messages = 0;
    state->step++;
    return websocket_steps_go(run);
}

enum websocket_steps websocket_steps_hear(struct run *run, struct bytes message)
{
    const struct websocket_conf *conf = run_conf(run);
    struct websocket_state *state = run_state(run);
    struct bytes groups[REGEX_MAX_GROUPS];
    size_t count;

    note_message(run, message);
    if (state->place != WEBSOCKET_AT_STEPS)
        return WEBSOCKET_STEPS_WAIT; /* nobody waits for it any more */
    const struct websocket_step step = websocket_step_at(conf, state->step);
    if (!step.expect)
        return step_done(run, message);
    switch (regex_groups(step.expect, message, groups, &count)) {
    case REGEX_NO_MATCH:
        return WEBSOCKET_STEPS_WAIT;
    case REGEX_LIMIT:
        state->failed_by_regex = true;
        websocket_say_close(run, WEBSOCKET_CLOSE_NORMAL);
        run_down(run, REASON_BODY,
                 "/%s/ needs too many steps to be matched against %s: write it simpler",
                 regex_pattern(step.expect), run_quoted(run, message));
        return WEBSOCKET_STEPS_FAILED;
    case REGEX_MATCH:
        break;
    }
    if (step.send)
        say_expanded(run, &step, groups, count);
    return step_done(run, message);
}

/* What the steps still wait for, as a sentence's half; "" when they are done. */
const char *websocket_waited_for(struct run *run)
{
    const struct websocket_conf *conf = run_conf(run);
    const struct websocket_state *state = run_state(run);
    struct arena *arena = run_arena(run);
    const struct bytes last = {state->last, state->last_len};

    if (state->place == WEBSOCKET_AT_PONG)
        return "expected a pong to our ping";
    if (state->place == WEBSOCKET_AT_CLOSE)
        return "expected a close frame after ours (`close_wait: false` does without)";
    const struct websocket_step step = websocket_step_at(conf, state->step);
    if (!step.expect)
        return "expected a message";
    if (!state->messages)
        return arena_printf(arena, "expected a message that matches /%s/",
                            regex_pattern(step.expect));
    return arena_printf(
        arena, "expected a message that matches /%s/, the last of %zu was %s",
        regex_pattern(step.expect), state->messages, run_quoted(run, last));
}

void websocket_note_unmatched(struct run *run)
{
    const struct websocket_conf *conf = run_conf(run);
    struct websocket_state *state = run_state(run);

    if (state->place == WEBSOCKET_AT_STEPS && state->messages &&
        state->step < websocket_step_count(conf))
        state->failed_by_regex = true;
}
