/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between a server and libpq once it is logged in. libpq reads on as long as its socket has something, into a buffer of
 * whatever size a message's header claims: a server that sends as fast as it is read holds the loop, and fills the memory.
 * So libpq's descriptor is made one end of a socket pair, and what the server sends is put into the other in portions.
 * Called by pg.c and pg_ask.c. Looks into nothing that passes.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/core/pg_impl.h"

#define PORTION (32 << 10)

bool pg_relay_begin(struct pg_relay *r, int fd)
{
    int pair[2];

    r->server = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (r->server < 0)
        return false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) {
        close(r->server);
        return false;
    }
    const bool is_put = dup3(pair[1], fd, O_CLOEXEC) == fd;
    close(pair[1]);
    r->near = pair[0];
    r->is_open = true;
    if (!is_put)
        pg_relay_end(r);
    return is_put;
}

void pg_relay_end(struct pg_relay *r)
{
    if (!r->is_open)
        return;
    pg_relay_send(r); /* a goodbye */
    close(r->near);
    close(r->server);
    r->is_open = false;
}

static bool is_again(ssize_t result)
{
    return result < 0 && (errno == EAGAIN || errno == EINTR);
}

bool pg_relay_send(struct pg_relay *r)
{
    char portion[PORTION];
    ssize_t waiting = PORTION;

    while (waiting == PORTION &&
           (waiting = recv(r->near, portion, sizeof(portion), MSG_PEEK)) > 0) {
        const ssize_t sent = send(r->server, portion, (size_t)waiting, MSG_NOSIGNAL);
        if (is_again(sent))
            return false;
        /* A server that is gone may have said why: that is read before the end. */
        recv(r->near, portion, (size_t)(sent < 0 ? waiting : sent), 0);
        if (sent >= 0 && sent < waiting)
            return false;
    }
    return true;
}

size_t pg_relay_take(struct pg_relay *r)
{
    char portion[PORTION];
    const ssize_t len = recv(r->server, portion, sizeof(portion), 0);

    if (is_again(len))
        return 0;
    if (len > 0 && send(r->near, portion, (size_t)len, MSG_NOSIGNAL) == len)
        return (size_t)len;
    r->failed = len ? errno : 0;
    shutdown(r->near, SHUT_WR); /* libpq reads the end */
    return 0;
}

size_t pg_relay_untaken(const struct pg_relay *r, int fd)
{
    int waiting = 0;

    return r->is_open && ioctl(fd, FIONREAD, &waiting) == 0 && waiting > 0
               ? (size_t)waiting
               : 0;
}
