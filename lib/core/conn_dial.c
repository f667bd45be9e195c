/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a dial to a connected descriptor: the name is asked for, then each address is tried; the next
 * one begins when one failed or has been silent for 250 ms, and the first to answer wins (a lighter
 * RFC 8305). Called by conn.c.
 */
#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/core/conn_impl.h"

#define HEAD_START (250 * NSEC_PER_MSEC)
#define BACKLOG_RETRY (20 * NSEC_PER_MSEC)

static void attempts_go_on(struct conn *c);

static const char *attempt_text(const struct attempt *a, char *ret_text)
{
    return a->address ? address_format(a->address, ret_text) : a->conn->dial->unix_path;
}

static void attempt_finish(struct attempt *a)
{
    if (a->fd < 0)
        return;
    watch_destroy(a->watch);
    a->watch = NULL;
    close(a->fd); /* not connected: nothing lingers */
    a->fd = -1;
    a->conn->attempt_live--;
}

void dial_finish(struct conn *c)
{
    query_cancel(c->query);
    c->query = NULL;
    timer_destroy(c->timer);
    c->timer = NULL;
    for (size_t i = 0; c->attempt_live > 0 && i < c->attempt_next; i++)
        attempt_finish(&c->attempts[i]);
}

static void attempt_won(struct attempt *a)
{
    struct conn *c = a->conn;
    c->fd = a->fd;
    c->watch = a->watch;
    if (c->watch)
        watch_redirect(c->watch, "conn", conn_on_ready, c);
    if (a->address)
        c->address = *a->address;
    c->has_address = a->address != NULL;
    a->fd = -1;
    a->watch = NULL;
    c->attempt_live--;
    dial_finish(c);
    if (c->dial->is_tls)
        conn_tls_start(c);
    else
        conn_opened(c);
}

static void attempt_failed(struct attempt *a, int error)
{
    struct conn *c = a->conn;
    char where[ADDRESS_TEXT_SIZE];
    struct trouble why;
    trouble_of_connect(&why, error, attempt_text(a, where), c->dial->source);
    if (c->events.note)
        conn_note(c, "connect failed", why.detail);
    if (!c->worst)
        c->worst = arena_memdup(c->arena, &why, sizeof(why));
    else if (trouble_says_more(&why, c->worst))
        *c->worst = why;
    attempt_finish(a);
}

/* 0: connected. EINPROGRESS: not yet. Else: failed. */
static int attempt_state(struct attempt *a)
{
    int error = 0;
    socklen_t len = sizeof(error);
    if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        return errno;
    return error;
}

static void on_ready(void *ctx, int events)
{
    struct attempt *a = ctx;
    struct conn *c = a->conn;
    (void)events;
    conn_enter(c);
    const int error = attempt_state(a);
    if (error == 0) {
        attempt_won(a);
    } else {
        attempt_failed(a, error);
        attempts_go_on(c);
    }
    conn_leave(c);
}

static int source_bind(const struct conn *c, int fd, int family)
{
    struct address source;
    if (!c->dial->source || !c->dial->source[0])
        return 0;
    if (!address_parse(c->dial->source, 0, &source))
        return EADDRNOTAVAIL;
    if (source.to.sa.sa_family != family)
        return EAFNOSUPPORT;
    const int on = 1; /* the port is chosen at connect: as many as there are peers */
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    return bind(fd, &source.to.sa, source.len) == 0 ? 0 : errno;
}

static int unix_connect(const struct conn *c, int fd)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const char *path = c->dial->unix_path;
    const size_t len = strlen(path);
    if (len >= sizeof(to.sun_path))
        return ENAMETOOLONG;
    memcpy(to.sun_path, path, len);
    if (path[0] == '@') /* abstract: a name without a file */
        to.sun_path[0] = '\0';
    const socklen_t size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (path[0] != '@'));
    return connect(fd, (const struct sockaddr *)&to, size) == 0 ? 0 : errno;
}

/* On loopback the answer is there when connect returns EINPROGRESS: asking again tells it, and spares
 * the poll set two system calls and the loop a turn. */
static int tcp_connect(const struct attempt *a)
{
    const struct address *to = a->address;
    if (connect(a->fd, &to->to.sa, to->len) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    const bool is_loopback = to->to.sa.sa_family == AF_INET
                                 ? (ntohl(to->to.in.sin_addr.s_addr) >> 24) == 127
                                 : memcmp(&to->to.in6.sin6_addr, &in6addr_loopback,
                                          sizeof(in6addr_loopback)) == 0;
    if (!is_loopback || connect(a->fd, &to->to.sa, to->len) == 0)
        return is_loopback ? 0 : EINPROGRESS;
    return errno == EALREADY ? EINPROGRESS : errno == EISCONN ? 0 : errno;
}

/* Begins one; 0: connected, EINPROGRESS: under way, else it failed. */
static int attempt_start(struct attempt *a)
{
    struct conn *c = a->conn;
    const int family = a->address ? a->address->to.sa.sa_family : AF_UNIX;
    const int kind = c->dial->is_datagram ? SOCK_DGRAM : SOCK_STREAM;
    a->fd = socket(family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (a->fd < 0)
        return errno;
    c->attempt_live++;
    int error = a->address ? source_bind(c, a->fd, family) : 0;
    if (!error)
        error = a->address ? tcp_connect(a) : unix_connect(c, a->fd);
    if (error == EINPROGRESS) {
        a->watch = loop_watch_create(c->frame->loop, "connect", a->fd, on_ready, a);
        watch_set(a->watch, WATCH_WRITE);
    }
    return error;
}

static void on_timer(void *ctx)
{
    struct conn *c = ctx;
    conn_enter(c);
    attempts_go_on(c);
    conn_leave(c);
}

static void timer_in(struct conn *c, nsec wait)
{
    if (!c->timer)
        c->timer = loop_timer_create(c->frame->loop, "connect", on_timer, c);
    timer_at(c->timer, mono_add(loop_now_exact(c->frame->loop), wait));
}

static void all_failed(struct conn *c)
{
    char more[64] = "";
    if (c->dial->host && !c->dial->only)
        resolver_drop(c->frame->resolver, c->dial->host);
    if (c->address_count > 1)
        snprintf(more, sizeof(more), " (none of %zu addresses answers)",
                 c->address_count);
    conn_fail(c, c->worst->reason, c->worst->is_unknown, "%s%s", c->worst->detail, more);
}

/* Tries addresses until one is under way or connected. */
static void attempts_go_on(struct conn *c)
{
    while (c->attempt_next < c->address_count) {
        struct attempt *a = &c->attempts[c->attempt_next++];
        char where[ADDRESS_TEXT_SIZE];
        *a = (struct attempt){.conn = c, .fd = -1, .address = NULL};
        if (c->addresses)
            a->address = &c->addresses[c->attempt_next - 1];
        if (a->address) {
            c->address = *a->address;
            c->has_address = true;
        }
        if (c->events.note)
            conn_note(c, "connect", attempt_text(a, where));
        const int error = attempt_start(a);
        if (error == 0) {
            attempt_won(a);
            return;
        }
        if (error == EINPROGRESS) {
            if (c->attempt_next < c->address_count)
                timer_in(c, HEAD_START);
            return;
        }
        if (error == EAGAIN &&
            !a->address) { /* the listener's backlog is full: wait as TCP does */
            attempt_finish(a);
            c->attempt_next--;
            timer_in(c, BACKLOG_RETRY);
            return;
        }
        attempt_failed(a, error);
    }
    if (c->attempt_live == 0)
        all_failed(c);
}

static void connect_start(struct conn *c, const struct address *addresses, size_t count)
{
    c->state = CONN_CONNECTING;
    c->addresses = addresses;
    c->address_count = count;
    c->attempts =
        count == 1 ? &c->one : arena_alloc(c->arena, count * sizeof(c->attempts[0]));
    conn_phase(c, PHASE_CONNECT);
    attempts_go_on(c);
}

/* The addresses that are there, not the whole array. */
static struct resolution *resolution_keep(struct arena *arena,
                                          const struct resolution *res)
{
    struct resolution *copy = arena_alloc(arena, sizeof(*copy));
    copy->reason = res->reason;
    copy->is_unknown = res->is_unknown;
    copy->cached = res->cached;
    copy->took = res->took;
    copy->count = res->count;
    memcpy(copy->addresses, res->addresses, res->count * sizeof(res->addresses[0]));
    memcpy(copy->detail, res->detail, sizeof(copy->detail));
    return copy;
}

static void on_resolved(void *ctx, const struct resolution *res)
{
    struct conn *c = ctx;
    c->query = NULL;
    c->resolution = resolution_keep(c->arena, res);
    conn_enter(c);
    if (res->reason != REASON_NONE)
        conn_fail(c, res->reason, res->is_unknown, "%s", res->detail);
    else
        connect_start(c, c->resolution->addresses, res->count);
    conn_leave(c);
}

void dial_start(struct conn *c)
{
    const struct dial *d = c->dial;
    if (d->unix_path) {
        connect_start(c, NULL, 1);
    } else if (d->only) {
        connect_start(c, d->only, 1);
    } else {
        c->state = CONN_RESOLVING;
        conn_phase(c, PHASE_RESOLVE);
        struct query *query =
            resolve(c->frame->resolver, d->host, d->port, d->family, on_resolved, c);
        if (query)
            c->query = query;
    }
}
