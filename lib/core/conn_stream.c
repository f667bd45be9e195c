/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes in and out of an open connection, plain or through TLS, in turns that leave time for others. Called by conn.c and by
 * the loop when the descriptor is ready. Begins and frees nothing.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "lib/core/conn_impl.h"

#define READ_SIZE 16384  /* one TLS record */
#define READS_PER_TURN 4 /* then others have their turn */

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
void conn_flush(struct conn *c)
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

void conn_flooded(struct conn *c)
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

void conn_drain(struct conn *c)
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
            conn_flush(c);
        if ((events & (WATCH_READ | WATCH_ERROR)) || c->wants_write)
            conn_drain(c);
        if (c->state == CONN_OPEN)
            conn_watch_update(c);
    }
    conn_leave(c);
}
