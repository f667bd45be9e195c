/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket of a listener: made at a TCP address or a Unix path, or taken over from the listener that has it. Called by
 * web_listener.c before the HTTP server behind it starts. Accepts nobody.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "collector/web_parts.h"
#include "lib/base/memory.h"
#include "lib/core/resolve.h"

static bool open_unix(struct listener *l, const char *path, mode_t mode, struct err *e)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(at.sun_path))
        return err_set(e, "cannot listen on unix:%s: the path is longer than %zu bytes",
                       path, sizeof(at.sun_path) - 1);
    memcpy(at.sun_path, path, strlen(path) + 1);
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0)
        return err_errno(e, errno, "cannot make a socket");
    /* A socket that a crash left behind refuses; a living healthd answers and keeps its place. */
    if (connect(l->fd, (struct sockaddr *)&at, sizeof(at)) == 0)
        return err_set(e, "cannot listen on unix:%s: another process listens there",
                       path);
    if (errno == ECONNREFUSED)
        unlink(path);
    close(l->fd);
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const mode_t before = umask(0777 & ~mode);
    const bool ok = bind(l->fd, (struct sockaddr *)&at, sizeof(at)) == 0;
    const int error = errno;
    umask(before);
    if (!ok)
        return err_errno(e, error, "cannot listen on unix:%s", path);
    l->unix_path = memory_strdup(path);
    return true;
}

/* "HOST:PORT", ":PORT" for every address, "[V6]:PORT". */
static bool read_address(const char *text, struct address *ret_address, struct err *e)
{
    struct bytes host = bytes_of(text), port_text = {0};
    uint64_t port;
    const char *colon = strrchr(text, ':');
    if (colon) {
        port_text = bytes_of(colon + 1);
        host.len = (size_t)(colon - text);
    }
    if (!colon || !bytes_to_u64(port_text, &port) || port > 65535)
        return err_set(
            e,
            "cannot listen on '%s': expected HOST:PORT, :PORT, [IPv6]:PORT or unix:/path",
            text);
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = bytes_slice(host, 1, host.len - 1);
    char name[ADDRESS_TEXT_SIZE] = "::";
    if (bytes_is(host, "localhost"))
        host = bytes_of("127.0.0.1");
    if (host.len >= sizeof(name))
        return err_set(
            e, "cannot listen on '%s': the host is an IP address of this machine", text);
    if (host.len > 0)
        snprintf(name, sizeof(name), "%.*s", (int)host.len, host.ptr);
    if (!address_parse(name, (int)port, ret_address))
        return err_set(e,
                       "cannot listen on '%s': the host is an IP address of this "
                       "machine, not a name",
                       text);
    return true;
}

static bool bind_tcp(struct listener *l, const char *text, struct address *at,
                     struct err *e)
{
    const int yes = 1, no = 0;
    l->fd = socket(at->to.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0 && at->to.sa.sa_family == AF_INET6 && text[0] == ':') {
        /* No IPv6 here: every address means every IPv4 one. */
        address_parse("0.0.0.0", ntohs(at->to.in6.sin6_port), at);
        l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    }
    if (l->fd < 0)
        return err_errno(e, errno, "cannot make a socket for %s", text);
    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    /* Clients speak first: a connection comes with its request, for one wake-up instead of two; a silent one later. */
    setsockopt(l->fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &yes, sizeof(yes));
    if (at->to.sa.sa_family == AF_INET6)
        setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
    if (bind(l->fd, &at->to.sa, at->len) == 0)
        return true;
    if (errno == EADDRINUSE)
        return err_set(e,
                       "cannot listen on %s: the port is in use; stop what uses it (`ss "
                       "-ltnp` shows it) or choose "
                       "another in `web: {listen: […]}`",
                       text);
    return err_errno(e, errno, "cannot listen on %s", text);
}

/* The same place under other conditions: whoever connects meanwhile is not turned away. */
static bool borrow(struct listener *l, const struct listener *former, mode_t mode,
                   struct err *e)
{
    l->fd = fcntl(former->fd, F_DUPFD_CLOEXEC, 0);
    if (l->fd < 0)
        return err_errno(e, errno, "cannot take over %s", former->address);
    if (!former->unix_path)
        return true;
    l->unix_path = memory_strdup(former->unix_path);
    l->has_borrowed = true;
    return chmod(l->unix_path, mode) == 0 ||
           err_errno(e, errno, "cannot change the mode of unix:%s", l->unix_path);
}

static bool open_tcp(struct listener *l, const char *text, bool is_tls, struct err *e)
{
    struct address at = {0};
    if (l->fd < 0 && (!read_address(text, &at, e) || !bind_tcp(l, text, &at, e)))
        return false;
    at.len = sizeof(at.to);
    getsockname(l->fd, &at.to.sa, &at.len);
    char shown[ADDRESS_TEXT_SIZE];
    struct buf url = BUF_MAX(256);
    buf_printf(&url, "%s://%s", is_tls ? "https" : "http", address_format(&at, shown));
    l->url = buf_steal(&url, NULL);
    return true;
}

/* Octal digits as a person writes them: 660 is rw-rw----. */
static mode_t mode_of(int64_t digits)
{
    mode_t mode = 0;
    for (unsigned shift = 0; digits > 0; digits /= 10, shift += 3)
        mode |= (mode_t)(digits % 10) << shift;
    return mode & 0777;
}

bool listener_bind(struct listener *l, const struct listener *former,
                   const struct listen_conf *conf, bool is_tls, struct err *e)
{
    const bool is_unix = !strncmp(conf->address, "unix:", 5);
    if (former && !borrow(l, former, mode_of(conf->socket_mode), e))
        return false;
    if (!is_unix)
        return open_tcp(l, conf->address, is_tls, e);
    l->url = memory_strdup(conf->address);
    return former || open_unix(l, conf->address + 5, mode_of(conf->socket_mode), e);
}
