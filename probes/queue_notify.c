/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PostgreSQL's NOTIFY as a queue. By itself the probe listens to a channel of its own and notifies it. With `answered` it
 * notifies the application's channel and waits for the tag on the channel `reply`. Nothing is left by nature: a notice is
 * gone when all have read it.
 */
#include <string.h>

#include "lib/core/pg_quote.h"
#include "probes/queue.h"

static bool is_own(struct run *run)
{
    return !queue_is_answered(run_conf(run));
}

static const char *heard_channel(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    const struct queue_state *state = run_state(run);

    return is_own(run) ? conf->own : state->reply;
}

/* ---- putting it in ---- */

static void on_notified(struct run *run, const struct pg_trouble *why)
{
    const struct queue_state *state = run_state(run);

    if (why->trouble.reason == REASON_NONE)
        queue_next(run);
    else
        queue_postgres_fail(
            run, arena_printf(run_arena(run), "%s could not be notified", state->place),
            why);
}

static void on_listening(struct run *run, const struct pg_trouble *why)
{
    const struct queue_state *state = run_state(run);
    struct arena *arena = run_arena(run);

    if (why->trouble.reason != REASON_NONE) {
        queue_postgres_fail(run, "healthd could not listen", why);
        return;
    }
    queue_postgres_ask(run,
                       arena_printf(arena, "SELECT pg_notify(%s, %s)",
                                    pg_quote_text(arena, bytes_of(state->place)),
                                    pg_quote_text(arena, bytes_of(state->message))),
                       NULL, on_notified);
}

static void notify_publish(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    const struct queue_session *session = run_session(run)->state;
    struct queue_state *state = run_state(run);

    state->place = is_own(run) ? conf->own : conf->name;
    if (session->is_pooled) {
        queue_fail(run, REASON_PROTOCOL,
                   "a pooler stands before the server, and hands no notices on: give the "
                   "server's own address");
        return;
    }
    state->is_out = true;
    queue_postgres_ask(run,
                       arena_printf(run_arena(run), "LISTEN %s",
                                    pg_quote_channel(run_arena(run), heard_channel(run))),
                       NULL, on_listening);
}

/* ---- seeing it arrive ---- */

static bool is_ours(struct run *run, const struct pg_notice *notice)
{
    struct queue_state *state = run_state(run);

    if (strcmp(notice->channel, heard_channel(run)) != 0)
        return false;
    if (is_own(run))
        return bytes_is(notice->payload, state->message);
    if (bytes_find(notice->payload, bytes_of(state->tag)) < 0)
        return false;
    state->reply_text = notice->payload.ptr;
    return true;
}

static void on_listened(void *ctx, bool orderly)
{
    struct run *run = ctx;
    const struct trouble why = {
        .reason = REASON_CLOSED,
        .detail = "the server ended the connection while a notice was waited for"};
    (void)orderly;

    queue_break(run, &why);
}

static void notify_look(struct run *run)
{
    const struct queue_session *session = run_session(run)->state;
    struct pg_notice notice;

    while (pg_take_notice(session->pg, run_arena(run), &notice)) {
        if (is_ours(run, &notice)) {
            queue_arrived(run);
            return;
        }
    }
    pg_watch(session->pg, on_listened, run);
    queue_look_again(run);
}

static const char *notify_tell(struct run *run)
{
    const struct queue_state *state = run_state(run);

    if (is_own(run))
        return NULL;
    return arena_printf(run_arena(run),
                        "the notice to %s was not answered on the channel %s",
                        state->place, state->reply);
}

/* ---- leaving nothing ---- */

static void on_unlistened(struct run *run, const struct pg_trouble *why)
{
    (void)why; /* the connection listens on, and what it hears is passed over */
    queue_next(run);
}

static void notify_clean(struct run *run)
{
    queue_postgres_ask(run, "UNLISTEN *", NULL, on_unlistened);
}

/* ---- measuring ---- */

static void on_usage(struct run *run, const struct pg_trouble *why)
{
    struct queue_state *state = run_state(run);

    if (why->trouble.reason != REASON_NONE)
        queue_unmeasured(run, "%s", why->trouble.detail);
    else if (state->row)
        bytes_to_double(bytes_of(state->row), &state->usage);
    queue_next(run);
}

static void notify_measure(struct run *run)
{
    queue_postgres_ask(run, "SELECT pg_notification_queue_usage()", NULL, on_usage);
}

const struct queue_kind queue_notify = {
    .name = "notify",
    .is_postgres = true,
    .measure = notify_measure,
    .publish = notify_publish,
    .look = notify_look,
    .clean = notify_clean,
    .tell = notify_tell,
};
