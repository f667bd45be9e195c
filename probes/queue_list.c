/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redis lists as queues. By itself the probe pushes onto a key of its own, which expires, and pops it again. With
 * `answered` it pushes onto the application's list and waits until a worker has taken the message, or has replied.
 */
#include "probes/queue.h"

static bool is_own(struct run *run)
{
    return !queue_is_answered(run_conf(run));
}

static const char *push_of(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    return conf->push == QUEUE_LEFT ? "LPUSH" : "RPUSH";
}

/* ---- putting it in ---- */

static void on_queued(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);

    if (value->kind == RESP_ERROR && !state->failed)
        state->failed = value;
}

static void on_executed(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    const struct queue_state *state = run_state(run);

    if (value->kind == RESP_LIST && value->count && !state->failed)
        queue_next(run);
    else
        queue_redis_fail(run, push_of(run), state->failed ? state->failed : value);
}

static void publish_own(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);

    state->place = arena_printf(run_arena(run), "%s:%s", conf->own,
                                state->tag + sizeof("healthd:") - 1);
    queue_redis_ask(run, on_queued, "MULTI", NULL);
    queue_redis_ask(run, on_queued, push_of(run), state->place, state->message, NULL);
    queue_redis_ask(run, on_queued, "PEXPIRE", state->place, queue_own_time(run), NULL);
    queue_redis_ask(run, on_executed, "EXEC", NULL);
}

static void on_pushed(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);

    state->is_refused = value->kind != RESP_NUMBER;
    if (state->is_refused)
        queue_redis_fail(run, push_of(run), value);
    else
        queue_next(run);
}

static void on_noted(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    const struct queue_state *state = run_state(run);

    if (!queue_ledger_has(run, value))
        return;
    queue_redis_ask(run, on_pushed, push_of(run), state->place, state->message, NULL);
    queue_redis_flush(run);
}

static void list_publish(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);

    state->is_out = true;
    state->place = conf->name;
    if (is_own(run)) {
        publish_own(run);
    } else {
        state->is_refused = true; /* until it is asked for */
        queue_ledger_add(run, state->message, on_noted);
    }
    queue_redis_flush(run);
}

/* ---- seeing it arrive ---- */

static void on_popped(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    const struct queue_state *state = run_state(run);

    if (value->kind == RESP_NIL)
        queue_look_again(run);
    else if (value->kind != RESP_TEXT)
        queue_redis_fail(run, "RPOP", value);
    else if (!bytes_is(value->text, state->message))
        queue_fail(run, REASON_BODY, "%s went into %s, and %s came out",
                   run_quoted(run, bytes_of(state->message)), state->place,
                   resp_said(run, value));
    else
        queue_arrived(run);
}

static void on_position(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);

    state->is_taken = value->kind == RESP_NIL;
    if (state->reply)
        return; /* a server that does not know LPOS can still have the reply */
    if (state->is_taken)
        queue_arrived(run);
    else if (value->kind == RESP_NUMBER)
        queue_look_again(run);
    else
        queue_redis_fail(run, "LPOS", value);
}

static void list_look(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    const struct queue_state *state = run_state(run);
    const bool is_left = conf->push == QUEUE_LEFT;

    if (is_own(run)) {
        queue_redis_ask(run, on_popped, is_left ? "RPOP" : "LPOP", state->place, NULL);
        queue_redis_flush(run);
        return;
    }
    /* From the end where it was put: there it is found soon. That it is gone takes the whole list (with MAXLEN it might
     * only be further down), and is asked no more once it is known. */
    if (!state->is_taken)
        queue_redis_ask(run, on_position, "LPOS", conf->name, state->message, "RANK",
                        is_left ? "1" : "-1", NULL);
    if (state->reply)
        queue_reply_look(run);
    else
        queue_redis_flush(run);
}

static const char *list_tell(struct run *run)
{
    const struct queue_state *state = run_state(run);

    if (is_own(run))
        return NULL;
    return arena_printf(run_arena(run),
                        state->is_taken
                            ? "the message was taken from %s, but there was no reply %s"
                            : "nobody took the message from %s",
                        state->place, state->reply ? state->reply : "");
}

/* ---- leaving nothing ---- */

static void on_removed(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);

    if (value->kind != RESP_NUMBER) {
        queue_leave(run, "the message could not be removed from %s: the server said %s",
                    state->place, resp_said(run, value));
        queue_next(run);
        return;
    }
    state->is_taken = value->number == 0;
    queue_ledger_close(run);
}

static void list_clean(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    const struct queue_state *state = run_state(run);

    if (is_own(run))
        queue_own_remove(run);
    else if (state->is_refused || state->is_taken)
        queue_ledger_close(run);
    else
        queue_redis_ask(run, on_removed, "LREM", conf->name,
                        conf->push == QUEUE_LEFT ? "1" : "-1", state->message, NULL);
    queue_redis_flush(run);
}

static void list_remove_other(struct run *run, struct bytes tag, struct wall made,
                              struct bytes note)
{
    const struct queue_conf *conf = run_conf(run);
    const struct bytes words[] = {bytes_of("LREM"), bytes_of(conf->name), bytes_of("0"),
                                  note};
    (void)tag, (void)made;

    queue_redis_ask_words(run, queue_redis_count_swept, words, 4);
}

/* ---- measuring ---- */

static void on_length(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);

    if (value->kind == RESP_NUMBER)
        state->counts[QUEUE_WAITING] = (double)value->number;
    else
        queue_unmeasured(run, "the server answered LLEN with %s", resp_said(run, value));
    queue_next(run);
}

static void list_measure(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);

    if (!conf->name[0]) {
        queue_next(run);
        return;
    }
    queue_redis_ask(run, on_length, "LLEN", conf->name, NULL);
    queue_redis_flush(run);
}

const struct queue_kind queue_list = {
    .name = "list",
    .sweep = queue_ledger_sweep,
    .measure = list_measure,
    .publish = list_publish,
    .look = list_look,
    .clean = list_clean,
    .remove = list_remove_other,
    .tell = list_tell,
};
