/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See knock.h. The connection is closed as soon as it is open, and a refusal is an answer too: somebody is there. What
 * ends within its own start is told a turn later.
 */
#include "collector/knock.h"

#include "lib/core/conn.h"
#include "lib/core/loop.h"

struct knocking {
    struct frame *frame;
    struct arena *arena; /* this is in it */
    struct dial dial;
    struct conn *conn;
    struct timer *timer;
    bool was_answered;
    void (*done)(void *ctx, bool was_answered);
    void *ctx;
};

static void knocking_free(struct knocking *k)
{
    loop_forget(k->frame->loop, k);
    timer_destroy(k->timer);
    conn_close(k->conn);
    arena_destroy(k->arena);
}

static void tell(void *ctx)
{
    struct knocking *k = ctx;
    void (*const done)(void *ctx, bool was_answered) = k->done;
    void *const done_ctx = k->ctx;
    const bool was_answered = k->was_answered;
    knocking_free(k);
    done(done_ctx, was_answered);
}

static void end_soon(struct knocking *k, bool was_answered)
{
    timer_stop(k->timer);
    k->was_answered = was_answered;
    loop_defer(k->frame->loop, "knock", tell, k);
}

static void on_timeout(void *ctx)
{
    struct knocking *k = ctx;
    k->was_answered = false;
    tell(k);
}

static void on_phase(void *ctx, enum phase phase)
{
}

static void on_open(void *ctx)
{
    end_soon(ctx, true);
}

static void on_data(void *ctx, struct bytes *in)
{
    in->len = 0;
}

static void on_end(void *ctx, const struct trouble *why)
{
    struct knocking *k = ctx;
    if (!k->was_answered) /* it is not told already */
        end_soon(k, !why || why->reason == REASON_REFUSED || why->reason == REASON_RESET);
}

static void *knock_start(void *ctx, const char *host, int port,
                         void (*done)(void *done_ctx, bool was_answered), void *done_ctx)
{
    static const struct conn_events events = {
        .phase = on_phase, .open = on_open, .data = on_data, .end = on_end};
    struct frame *f = ctx;
    struct arena *arena = arena_create(0);
    struct knocking *k = arena_alloc(arena, sizeof(*k));
    *k = (struct knocking){
        .frame = f,
        .arena = arena,
        .dial = {.host = arena_strdup(arena, host), .port = port, .family = IP_ANY},
        .done = done,
        .ctx = done_ctx};
    k->timer = loop_timer_create(f->loop, "knock", on_timeout, k);
    timer_at(k->timer, mono_add(loop_now(f->loop), KNOCK_TIMEOUT));
    k->conn = conn_open(f, arena, &k->dial, &events, k);
    return k;
}

static void knock_cancel(void *ctx, void *knocking)
{
    knocking_free(knocking);
}

struct knock knock_dial(struct frame *f)
{
    return (struct knock){.ctx = f, .start = knock_start, .cancel = knock_cancel};
}
