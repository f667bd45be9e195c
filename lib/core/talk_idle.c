/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections that nobody talks on: kept for a session's next run, or held open by `watch` so that their end
 * is noticed at once. Called by talk.c and the schedule. Never judges an end: it wakes the session and says
 * how it was.
 */
#include "lib/core/talk.h"

#include "lib/core/loop.h"
#include "lib/core/talk_impl.h"

/* A watched server may greet or chatter; one that floods is not worth holding. */
#define IDLE_MAX_CHATTER (64u << 10)

static void idle_close(struct idle *idle)
{
    conn_close(idle->conn);
    idle->conn = NULL;
}

static void idle_ended(struct session *s, struct idle *idle, bool is_orderly)
{
    const nsec held = mono_since(loop_now(s->frame->loop), idle->since);

    idle_close(idle);
    if (!s->is_watched)
        return;
    s->is_watched = false;
    s->ended_orderly = is_orderly;
    s->ended_after = held;
    session_wake(s, WAKE_WATCH_ENDED);
}

static void on_kept_end(void *ctx, const struct trouble *why)
{
    struct session *s = ctx;
    idle_ended(s, &s->kept, !why);
}

/* Between runs a server has nothing to say; what it does say is often why it hangs up. */
static void on_kept_data(void *ctx, struct bytes *in)
{
    struct session *s = ctx;

    *in = bytes_slice(*in, in->len, in->len);
    idle_ended(s, &s->kept, true);
}

static const struct conn_events kept_events = {.data = on_kept_data, .end = on_kept_end};

static void on_watched_phase(void *ctx, enum phase phase)
{
}

static void on_watched_open(void *ctx)
{
    struct session *s = ctx;
    s->watched.since = loop_now(s->frame->loop);
}

static void on_watched_data(void *ctx, struct bytes *in)
{
    struct session *s = ctx;

    s->watched.heard += in->len;
    *in = bytes_slice(*in, in->len, in->len);
    if (s->watched.heard > IDLE_MAX_CHATTER)
        idle_ended(s, &s->watched, false);
}

static void on_watched_end(void *ctx, const struct trouble *why)
{
    struct session *s = ctx;

    if (!s->watched.conn)
        s->watched.has_ended = true; /* conn_open still runs */
    else
        idle_ended(s, &s->watched, !why);
}

static const struct conn_events watched_events = {
    .phase = on_watched_phase,
    .open = on_watched_open,
    .data = on_watched_data,
    .end = on_watched_end,
};

static struct arena *idle_arena(struct idle *idle)
{
    if (idle->arena)
        arena_reset(idle->arena);
    else
        idle->arena = arena_create(0);
    return idle->arena;
}

struct conn *idle_take(struct session *s, struct arena *arena,
                       const struct conn_events *events, void *ctx)
{
    struct conn *conn = s->kept.conn;

    if (!conn)
        return NULL;
    s->kept.conn = NULL;
    conn_hand_over(conn, arena, events, ctx);
    return conn;
}

bool idle_keep(struct session *s, struct conn *conn)
{
    if (s->kept.conn || !conn_is_open(conn))
        return false;
    s->kept.conn = conn;
    s->kept.since = loop_now(s->frame->loop);
    conn_hand_over(conn, idle_arena(&s->kept), &kept_events, s);
    return true;
}

void idle_lost(struct session *s)
{
    if (s->type->keeps_connection && !s->kept.conn)
        idle_ended(s, &s->kept, false);
}

void talk_watch(struct session *s, const struct dial *dial)
{
    if (s->is_watched)
        return;
    if (s->type->keeps_connection) {
        s->is_watched = s->kept.conn != NULL;
        return;
    }
    s->is_watched = true;
    s->watched.has_ended = false;
    s->watched.heard = 0;
    s->watched.since = loop_now(s->frame->loop);
    s->watched.conn =
        conn_open(s->frame, idle_arena(&s->watched), dial, &watched_events, s);
    if (s->watched.has_ended)
        idle_ended(s, &s->watched, false);
}

void talk_unwatch(struct session *s)
{
    s->is_watched = false;
    idle_close(&s->watched);
}
