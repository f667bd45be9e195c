/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel says about a connection, as a reason and a sentence: whose fault it is, and what to
 * look at. Pure; called by conn and its parts.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/conn_impl.h"

static void tell(struct trouble *why, enum reason reason, bool is_unknown,
                 const char *where, const char *text, int error)
{
    why->reason = reason;
    why->is_unknown = is_unknown;
    if (error)
        snprintf(why->detail, sizeof(why->detail), "%s %s: %s", where, text,
                 strerror(error));
    else
        snprintf(why->detail, sizeof(why->detail), "%s %s", where, text);
}

/* Descriptors, memory, ports: ours, whoever was to be asked. */
static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void tell_shortage(struct trouble *why, int error, const char *where)
{
    const bool is_files = error == EMFILE || error == ENFILE;
    tell(why, REASON_SELF, true, where,
         is_files ? "was not asked, healthd has no descriptor left (raise LimitNOFILE or "
                    "ulimit -n)"
                  : "was not asked, the kernel has no memory for a connection",
         error);
}

static void tell_no_address(struct trouble *why, const char *where, const char *source)
{
    why->reason = REASON_SELF;
    why->is_unknown = true;
    if (source)
        snprintf(why->detail, sizeof(why->detail),
                 "%s was not asked: the source address %s is not one of this machine's",
                 where, source);
    else
        snprintf(why->detail, sizeof(why->detail),
                 "%s was not asked: no local address or port is free to reach it from",
                 where);
}

void trouble_of_connect(struct trouble *why, int error, const char *where,
                        const char *source)
{
    const bool is_path = where[0] == '/' || where[0] == '@';
    if (is_shortage(error)) {
        tell_shortage(why, error, where);
        return;
    }
    switch (error) {
    case ECONNREFUSED:
        tell(why, REASON_REFUSED, false, where,
             "refuses connections: nothing listens there", 0);
        return;
    case ENOENT:
        tell(why, REASON_UNREACHABLE, false, where,
             "does not exist: no socket has been made there", 0);
        return;
    case ENOTSOCK:
    case EPROTOTYPE:
        tell(why, REASON_UNREACHABLE, false, where, "is not a stream socket", 0);
        return;
    case EACCES:
    case EPERM:
        tell(why, REASON_SELF, true, where,
             is_path ? "may not be used by healthd's user (give it the socket's group)"
                     : "may not be reached from here, our own firewall forbids it",
             error);
        return;
    case EADDRNOTAVAIL:
    case EADDRINUSE:
        tell_no_address(why, where, source);
        return;
    case ECONNRESET:
    case ECONNABORTED:
        tell(why, REASON_RESET, false, where,
             "broke the connection off while it was made", 0);
        return;
    case ETIMEDOUT:
        tell(why, REASON_TIMEOUT, false, where,
             "did not answer: the kernel gave up connecting", 0);
        return;
    default:
        tell(why, REASON_UNREACHABLE, false, where, "cannot be reached", error);
        return;
    }
}

void trouble_of_stream(struct trouble *why, int error, const char *where, bool is_writing)
{
    if (is_shortage(error)) {
        tell_shortage(why, error, where);
        return;
    }
    switch (error) {
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
        tell(why, REASON_RESET, false, where,
             is_writing ? "broke the connection off while it was written to"
                        : "broke the connection off (reset)",
             0);
        return;
    case ECONNREFUSED: /* of a datagram: its host answered that nobody is there */
        tell(why, REASON_REFUSED, false, where,
             "refused the datagram: nothing listens there", 0);
        return;
    case ETIMEDOUT:
        tell(why, REASON_TIMEOUT, false, where,
             "stopped acknowledging: the connection timed out", 0);
        return;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
        tell(why, REASON_UNREACHABLE, false, where, "became unreachable", error);
        return;
    default:
        tell(why, REASON_RESET, false, where, "lost the connection", error);
        return;
    }
}

static int weight(const struct trouble *t)
{
    return t->is_unknown ? 0 : t->reason == REASON_UNREACHABLE ? 1 : 2;
}

bool trouble_says_more(const struct trouble *a, const struct trouble *b)
{
    return weight(a) > weight(b);
}
