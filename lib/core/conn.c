/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection's life. Called by talk.c; its bytes are conn_stream.c's. Whatever the peer does ends in exactly one end
 * event; conn_close may come inside any event, so the memory goes when the last event has returned.
 */
#include "lib/core/conn.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/memory.h"
#include "lib/core/conn_impl.h"

static void on_go_on(void *ctx);

void conn_enter(struct conn *c)
{
    c->depth++;
}

bool conn_leave(struct conn *c)
{
    if (--c->depth > 0 || !c->is_closed)
        return !c->is_closed;
    buf_finish(&c->in);
    buf_finish(&c->out);
    free(c);
    return false;
}

void conn_phase(struct conn *c, enum phase phase)
{
    if (c->state != CONN_ENDED && c->events.phase)
        c->events.phase(c->ctx, phase);
}

void conn_note(struct conn *c, const char *key, const char *text)
{
    if (c->state != CONN_ENDED && c->events.note)
        c->events.note(c->ctx, key, text);
}

const char *conn_peer_text(const struct conn *c, char *ret_text)
{
    if (c->has_address)
        return address_format(&c->address, ret_text);
    if (c->dial && c->dial->unix_path)
        return c->dial->unix_path;
    return c->dial && c->dial->host ? c->dial->host : "the peer";
}

/* Lets go of the descriptor and of all that waits. How decides what the peer and our ports see. */
static void conn_release(struct conn *c, bool is_polite)
{
    const bool was_connecting = c->state == CONN_CONNECTING;
    c->state = CONN_ENDED;
    dial_finish(c);
    if (was_connecting && c->dial->host && !c->dial->only && !c->dial->unix_path)
        resolver_drop(c->frame->resolver, c->dial->host);
    if (c->is_deferred)
        loop_forget(c->frame->loop, c);
    c->is_deferred = false;
    conn_tls_finish(c, is_polite);
    if (c->fd < 0)
        return;
    watch_destroy(c->watch);
    c->watch = NULL;
    if (c->is_plain && c->has_address && !c->is_orderly_eof) {
        /* RST: no TIME_WAIT, so that 2,000 probes a second do not use up the ports. */
        const struct linger at_once = {.l_onoff = 1};
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    }
    close(c->fd);
    c->fd = -1;
}

void conn_end(struct conn *c, const struct trouble *why)
{
    if (c->state == CONN_ENDED)
        return;
    c->is_orderly_eof = why == NULL;
    assert(c->depth > 0); /* whoever called in has entered: end may close, not free */
    conn_release(c, false);
    c->events.end(c->ctx, why);
}

void conn_fail(struct conn *c, enum reason reason, bool is_unknown, const char *fmt, ...)
{
    struct trouble why = {.reason = reason, .is_unknown = is_unknown};
    va_list args;
    va_start(args, fmt);
    vsnprintf(why.detail, sizeof(why.detail), fmt, args);
    va_end(args);
    conn_end(c, &why);
}

void conn_go_on_later(struct conn *c)
{
    if (c->is_deferred)
        return;
    c->is_deferred = true;
    loop_defer(c->frame->loop, "conn", on_go_on, c);
}

/* ---- life ---- */

static void open_tell(struct conn *c)
{
    const bool is_first = !c->was_open;
    c->was_open = true;
    c->has_data_come = false;
    conn_phase(c, PHASE_WAIT);
    if (c->state != CONN_OPEN)
        return;
    if (is_first)
        c->events.open(c->ctx);
    else
        c->events.tls(c->ctx);
    if (c->state != CONN_OPEN)
        return;
    conn_flush(c);
    conn_watch_update(c);
    if (c->ssl && c->state == CONN_OPEN)
        conn_go_on_later(c); /* what came along with the handshake */
}

void conn_opened(struct conn *c)
{
    c->state = CONN_OPEN;
    if (c->is_opening)
        conn_go_on_later(c);
    else
        open_tell(c);
}

static void on_go_on(void *ctx)
{
    struct conn *c = ctx;
    c->is_deferred = false;
    conn_enter(c);
    if (c->state == CONN_OPEN && c->out.overflow) {
        conn_flooded(c);
    } else if (c->state == CONN_OPEN && !c->was_open) {
        open_tell(c);
    } else if (c->state == CONN_OPEN) {
        conn_drain(c);
        if (c->state == CONN_OPEN)
            conn_watch_update(c);
    } else if (c->state == CONN_HANDSHAKING) {
        conn_tls_start(c);
    }
    conn_leave(c);
}

struct conn *conn_open(struct frame *f, struct arena *arena, const struct dial *dial,
                       const struct conn_events *events, void *ctx)
{
    struct conn *c = memory_take(sizeof(*c));
    *c = (struct conn){.frame = f,
                       .arena = arena,
                       .dial = dial,
                       .events = *events,
                       .ctx = ctx,
                       .is_plain = true,
                       .is_datagram = dial->is_datagram,
                       .fd = -1,
                       .in = BUF_MAX(CONN_MAX_UNREAD),
                       .out = BUF_MAX(CONN_MAX_UNSENT)};
    c->is_opening = true;
    conn_enter(c);
    dial_start(c);
    c->is_opening = false;
    c->depth--; /* never freed here: the caller gets it, closed or not */
    return c;
}

/* In the next turn: what the event that asks for it leaves unread is only known then. */
void conn_start_tls(struct conn *c)
{
    assert(c->dial && c->state == CONN_OPEN && !c->ssl);
    conn_flush(c);
    c->state = CONN_HANDSHAKING;
    c->is_plain = false;
    if (c->watch)
        watch_set(c->watch, 0);
    conn_go_on_later(c);
}

void conn_set_max_unread(struct conn *c, size_t max)
{
    c->in.max = max;
}

void conn_hand_over(struct conn *c, struct arena *arena, const struct conn_events *events,
                    void *ctx)
{
    c->peer = tls_peer_copy(c->peer, arena);
    c->arena = arena;
    c->events = *events;
    c->ctx = ctx;
    c->dial = NULL;
    c->resolution = NULL;
    c->worst = NULL;
    c->addresses = NULL;
    c->has_data_come = false;
}

void conn_close(struct conn *c)
{
    if (!c || c->is_closed)
        return;
    if (c->state != CONN_ENDED)
        conn_release(c, true);
    c->is_closed = true;
    conn_enter(c);
    conn_leave(c);
}

const struct tls_peer *conn_peer(const struct conn *c)
{
    return c->peer;
}

const struct address *conn_address(const struct conn *c)
{
    return c->has_address ? &c->address : NULL;
}

const struct resolution *conn_resolution(const struct conn *c)
{
    return c->resolution;
}

bool conn_is_open(const struct conn *c)
{
    return c->state == CONN_OPEN;
}

struct bytes conn_unread(const struct conn *c)
{
    return buf_bytes(&c->in);
}

void conn_consume(struct conn *c, size_t n)
{
    buf_consume(&c->in, n);
}
