/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets for pings: those that Linux gives to everybody whose group may (net.ipv4.ping_group_range), else raw ones. Called
 * by icmp.c, which owns the descriptor. Never waits.
 */
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probes/icmp.h"

static bool is_v6(const struct address *a)
{
    return a->to.sa.sa_family == AF_INET6;
}

static bool set_int(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

/* Errors of the way come as errors of the socket, and tell who sent them. */
static bool set_options(int fd, const struct icmp_how *how, struct err *e)
{
    const bool v6 = is_v6(how->to);
    const int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;

    set_int(fd, level, v6 ? IPV6_RECVERR : IP_RECVERR, 1);
    set_int(fd, level, v6 ? IPV6_RECVHOPLIMIT : IP_RECVTTL, 1);
    if (how->ttl && !set_int(fd, level, v6 ? IPV6_UNICAST_HOPS : IP_TTL, (int)how->ttl))
        return err_errno(e, errno, "a time to live of %d cannot be set", (int)how->ttl);
    if (!how->dont_fragment)
        return true;
    return set_int(fd, level, v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER,
                   v6 ? IPV6_PMTUDISC_DO : IP_PMTUDISC_DO) ||
           err_errno(e, errno, "fragments cannot be forbidden");
}

static bool bind_source(int fd, const struct icmp_how *how, struct err *e)
{
    struct address source;

    if (!how->source[0])
        return true;
    if (!address_parse(how->source, 0, &source) ||
        source.to.sa.sa_family != how->to->to.sa.sa_family)
        return err_set(e, "the source address '%.60s' is none of the target's IP version",
                       how->source);
    return bind(fd, &source.to.sa, source.len) == 0 ||
           err_errno(e, errno, "cannot send from %.60s", how->source);
}

static int open_kind(const struct address *to, int kind)
{
    const int protocol = is_v6(to) ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP;

    return socket(to->to.sa.sa_family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

enum icmp_opened icmp_open(const struct icmp_how *how, struct icmp_socket *ret_socket,
                           struct err *e)
{
    struct icmp_socket s = {.fd = open_kind(how->to, SOCK_DGRAM)};

    if (s.fd < 0 && (errno == EACCES || errno == EPERM || errno == EPROTONOSUPPORT)) {
        s.fd = open_kind(how->to, SOCK_RAW);
        s.is_raw = true;
        if (s.fd < 0 && (errno == EPERM || errno == EACCES))
            return ICMP_NOT_ALLOWED;
    }
    if (s.fd < 0) {
        err_errno(e, errno, "no socket for pings");
        return ICMP_FAILED;
    }
    enum icmp_opened opened = ICMP_FAILED;
    if (set_options(s.fd, how, e) && bind_source(s.fd, how, e)) {
        opened = connect(s.fd, &how->to->to.sa, how->to->len) == 0 ? ICMP_OPENED
                                                                   : ICMP_NO_ROUTE;
        if (opened == ICMP_NO_ROUTE)
            err_errno(e, errno, "there is no way there");
    }
    if (opened == ICMP_OPENED)
        *ret_socket = s;
    else
        close(s.fd);
    return opened;
}

/* ---- receiving ---- */

static int ttl_of(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        const bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL;
        const bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT;
        int ttl;
        if (!v4 && !v6)
            continue;
        memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
        return ttl;
    }
    return -1;
}

static const struct sock_extended_err *error_of(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
            (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
            return (const struct sock_extended_err *)(const void *)CMSG_DATA(c);
    }
    return NULL;
}

/* Who on the way sent the error: its address is behind it. */
static void offender_text(const struct sock_extended_err *error, char *ret_text)
{
    const struct sockaddr *from = SO_EE_OFFENDER(error);
    struct address a = {.len = from->sa_family == AF_INET6 ? sizeof(a.to.in6)
                                                           : sizeof(a.to.in)};

    snprintf(ret_text, ADDRESS_TEXT_SIZE, "this machine");
    if (from->sa_family != AF_INET && from->sa_family != AF_INET6)
        return;
    memcpy(&a.to, from, a.len);
    if (a.to.sa.sa_family == AF_INET)
        a.to.in.sin_port = 0;
    else
        a.to.in6.sin6_port = 0;
    address_format(&a, ret_text);
}

static bool is_ttl_exceeded(const struct sock_extended_err *error)
{
    return (error->ee_origin == SO_EE_ORIGIN_ICMP &&
            error->ee_type == ICMP_TIME_EXCEEDED) ||
           (error->ee_origin == SO_EE_ORIGIN_ICMP6 &&
            error->ee_type == ICMP6_TIME_EXCEEDED);
}

static ptrdiff_t read_error(const struct icmp_socket *s, int error,
                            enum reason *ret_reason, struct err *e)
{
    char data[512], control[512], who[ADDRESS_TEXT_SIZE];
    struct iovec iov = {data, sizeof(data)};
    struct msghdr message = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};

    *ret_reason = REASON_UNREACHABLE;
    if (recvmsg(s->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0 ||
        !error_of(&message)) {
        err_errno(e, error, "the ping came to nothing");
        return -1;
    }
    const struct sock_extended_err *found = error_of(&message);
    offender_text(found, who);
    if (is_ttl_exceeded(found))
        err_set(e, "%s gave up: the time to live ended on the way", who);
    else if (found->ee_errno == EMSGSIZE)
        err_set(e,
                "%s cannot pass it on whole: at most %u bytes fit, and `dont_fragment` "
                "is set",
                who, found->ee_info);
    else
        err_errno(e, (int)found->ee_errno, "%s answered that it cannot be reached", who);
    return -1;
}

static bool is_from(const struct address *from, const struct address *target)
{
    if (from->to.sa.sa_family != target->to.sa.sa_family)
        return false;
    return is_v6(target) ? !memcmp(&from->to.in6.sin6_addr, &target->to.in6.sin6_addr,
                                   sizeof(target->to.in6.sin6_addr))
                         : from->to.in.sin_addr.s_addr == target->to.in.sin_addr.s_addr;
}

ptrdiff_t icmp_receive(const struct icmp_socket *s, const struct address *from,
                       char *into, size_t size, int *ret_ttl, enum reason *ret_reason,
                       struct err *e)
{
    for (;;) {
        char control[256];
        struct address sender = {.len = sizeof(sender.to)};
        struct iovec iov = {into, size};
        struct msghdr message = {.msg_name = &sender.to,
                                 .msg_namelen = sizeof(sender.to),
                                 .msg_iov = &iov,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof(control)};
        const ptrdiff_t got = recvmsg(s->fd, &message, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno == EAGAIN ? 0 : read_error(s, errno, ret_reason, e);
        if (got == 0 || !is_from(&sender, from))
            continue;
        *ret_ttl = ttl_of(&message);
        return got;
    }
}
