/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection's life and its bytes. Called by talk.c. Whatever the peer does ends in exactly one end
 * event; conn_close may come inside any event, so the memory goes when the last event has returned.
 */
#include "lib/core/conn.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/memory.h"
#include "lib/core/conn_impl.h"

#define READ_SIZE 16384  /* one TLS record */
#define READS_PER_TURN 4 /* then others have their turn */

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

/* ---- writing ---- */

static ptrdiff_t stream_write(struct conn *c, const void *ptr, size_t len)
{
    if (c->ssl)
        return conn_tls_write(c, ptr, len);
    return send(c->fd, ptr, len, MSG_NOSIGNAL);
}

void conn_watch_update(struct conn *c)
{
    if (c->state != CONN_OPEN && c->state != CONN_HANDSHAKING)
        return;
    if (!c->watch)
        c->watch = loop_watch_create(c->frame->loop, "conn", c->fd, conn_on_ready, c);
    const bool is_writing = c->wants_write || (c->out.len > 0 && !c->write_error);
    watch_set(c->watch, WATCH_READ | (is_writing ? WATCH_WRITE : 0));
}

/* A failed write is not the end: what the peer said before it went is still to be read. */
static void out_flush(struct conn *c)
{
    while (c->out.len > 0 && !c->write_error) {
        const ptrdiff_t sent = stream_write(c, c->out.ptr, c->out.len);
        if (sent > 0)
            buf_consume(&c->out, (size_t)sent);
        else if (sent < 0 && errno == EINTR)
            continue;
        else if (sent < 0 && errno == EAGAIN)
            return;
        else
            c->write_error = sent < 0 ? errno : EPIPE;
    }
}

static void flooded(struct conn *c)
{
    char where[ADDRESS_TEXT_SIZE];
    conn_fail(c, REASON_PROTOCOL, false,
              "%s does not read what it is sent: more than %zu bytes wait for it",
              conn_peer_text(c, where), CONN_MAX_UNSENT);
}

void conn_write(struct conn *c, struct bytes out)
{
    if (c->state != CONN_OPEN || c->write_error || c->out.overflow || out.len == 0)
        return;
    if (c->has_written && c->has_address &&
        !c->is_datagram) { /* the first write never waits for an acknowledgement */
        const int on = 1;
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    c->has_written = true;
    ptrdiff_t sent = 0;
    if (c->out.len == 0 && c->was_open) {
        sent = stream_write(c, out.ptr, out.len);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            c->write_error = errno;
        if (sent < 0)
            sent = 0;
    }
    buf_add(&c->out, out.ptr + sent, c->write_error ? 0 : out.len - (size_t)sent);
    if (c->out.overflow)
        conn_go_on_later(c); /* whoever writes may not be told of an end within that */
    conn_watch_update(c);
}

/* ---- reading ---- */

static ptrdiff_t stream_read(struct conn *c, void *ptr, size_t size,
                             struct trouble *ret_why)
{
    if (c->ssl)
        return conn_tls_read(c, ptr, size, ret_why);
    return recv(c->fd, ptr, size, 0);
}

/* Tells what came. False when the conn is gone or has ended. */
static bool data_tell(struct conn *c)
{
    if (!c->has_data_come) {
        c->has_data_come = true;
        conn_phase(c, PHASE_TRANSFER);
        if (c->state != CONN_OPEN)
            return false;
    }
    struct bytes in = buf_bytes(&c->in);
    const size_t before = in.len;
    c->events.data(c->ctx, &in);
    if (c->state == CONN_ENDED)
        return false;
    buf_consume(&c->in, before - in.len);
    return true;
}

static void stream_failed(struct conn *c, int error, const struct trouble *tls_why)
{
    char where[ADDRESS_TEXT_SIZE];
    struct trouble why;
    if (error == EPROTO && c->ssl) {
        conn_end(c, tls_why);
        return;
    }
    trouble_of_stream(&why, error, conn_peer_text(c, where), false);
    conn_end(c, &why);
}

static void stream_ended(struct conn *c)
{
    char where[ADDRESS_TEXT_SIZE];
    struct trouble why;
    if (!c->write_error) {
        conn_end(c, NULL);
        return;
    }
    trouble_of_stream(&why, c->write_error, conn_peer_text(c, where), true);
    conn_end(c, &why);
}

static void in_add(struct conn *c, const char *ptr, size_t len)
{
    char where[ADDRESS_TEXT_SIZE];
    const size_t max = c->in.max;
    c->in.max = max + READ_SIZE; /* the cap is on what stays unread */
    buf_add(&c->in, ptr, len);
    c->in.max = max;
    if (!data_tell(c))
        return;
    if (c->is_datagram)
        buf_clear(&c->in);
    else if (c->in.len > max)
        conn_fail(c, REASON_TOO_LARGE, false,
                  "%s sent more than %zu bytes without what was waited for",
                  conn_peer_text(c, where), max);
}

/* One read a time: what it tells may start TLS, close, or hand over. */
static void stream_drain(struct conn *c)
{
    char bytes[READ_SIZE];
    for (int i = 0; i < READS_PER_TURN && c->state == CONN_OPEN; i++) {
        struct trouble why;
        const ptrdiff_t got = stream_read(c, bytes, sizeof(bytes), &why);
        if (got > 0) {
            in_add(c, bytes, (size_t)got);
            if (!c->ssl && !c->is_datagram && (size_t)got < sizeof(bytes))
                return; /* that was all; the end, if there is one, makes it readable again */
        } else if (got == 0 && !c->is_datagram) {
            stream_ended(c);
            return;
        } else if (got < 0 && errno == EAGAIN) {
            return;
        } else if (got < 0 && errno != EINTR) {
            stream_failed(c, errno, &why);
            return;
        }
    }
    if (c->state == CONN_OPEN && c->ssl)
        conn_go_on_later(
            c); /* there may be more inside TLS that no descriptor tells of */
}

void conn_on_ready(void *ctx, int events)
{
    struct conn *c = ctx;
    conn_enter(c);
    if (c->state == CONN_HANDSHAKING) {
        conn_tls_go_on(c);
    } else if (c->state == CONN_OPEN) {
        if ((events & WATCH_WRITE) || c->ssl)
            out_flush(c);
        if ((events & (WATCH_READ | WATCH_ERROR)) || c->wants_write)
            stream_drain(c);
        if (c->state == CONN_OPEN)
            conn_watch_update(c);
    }
    conn_leave(c);
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
    out_flush(c);
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
        flooded(c);
    } else if (c->state == CONN_OPEN && !c->was_open) {
        open_tell(c);
    } else if (c->state == CONN_OPEN) {
        stream_drain(c);
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
    out_flush(c);
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
