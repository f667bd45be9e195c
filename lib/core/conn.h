/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One byte stream to a peer: TCP (several addresses, one after another), Unix socket, TLS from the start or
 * later. Owned by talk.c: of this file a probe sees struct dial (in its aim) and struct trouble only. Never retries,
 * never times out: the runner does.
 */
#ifndef HEALTHD_CORE_CONN_H
#define HEALTHD_CORE_CONN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/core/frame.h"
#include "lib/core/resolve.h"
#include "lib/core/tls.h"
#include "lib/core/verdict.h"

struct dial_place {
    const char *host;
    int port;
};
struct dial {         /* where, and how */
    const char *host; /* a name or literal; NULL with unix_path */
    int port;
    const char *unix_path;
    enum ip_family family;
    /* talk.c's alone: places that are asked in this order when host is not the one, and the service ("_mongodb._tcp")
     * of host whose SRV records are the places instead. NULL: none. */
    const struct dial_place *others;
    size_t other_count;
    const char *srv;
    const struct address *only; /* this address instead of asking for one, or NULL */
    const char *source;         /* local address to bind, or NULL */
    bool is_datagram;           /* UDP: told a datagram at a time, whole or not at all */
    bool is_tls;                /* from the first byte; not with is_datagram */
    struct tls_conf tls;        /* also for STARTTLS */
    /* for the type, which judges verification itself: what insecure_skip_verify was */
    bool is_trust_optional;
};

struct trouble { /* a peer's failure, as data */
    enum reason reason;
    bool is_unknown;  /* it is ours, not the peer's */
    char detail[512]; /* names the address and what came */
};

struct conn;
struct conn_events {
    /* The phase that starts now: RESOLVE (unless there is nothing to ask), CONNECT, TLS, WAIT (just before open
     * or tls), TRANSFER (just before the first data after that). */
    void (*phase)(void *ctx, enum phase phase);
    void (*open)(void *ctx); /* connected (and handshaken when is_tls) */
    void (*tls)(void *ctx);  /* a later handshake is done */
    /* consume what you can; the rest comes again with more */
    void (*data)(void *ctx, struct bytes *in);
    /* NULL: an orderly close. Last call. */
    void (*end)(void *ctx, const struct trouble *why);
    /* For the trace: addresses tried, cipher …; NULL when nobody reads it (then format nothing). */
    void (*note)(void *ctx, const char *key, const char *text);
};

#define CONN_MAX_UNREAD (1u << 20) /* default cap of unconsumed input */

/* Starts. phase, note and end may be called before this returns, open, tls and data never. arena: for what is
 * recorded of the peer. dial and what it names stay valid until open or end. After end the conn is dead but
 * still the caller's: its peer, address and unread bytes can be read until conn_close. */
struct conn *conn_open(struct frame *f, struct arena *arena, const struct dial *dial,
                       const struct conn_events *events, void *ctx);
/* Queued in order; one write per call when it fits. */
void conn_write(struct conn *c, struct bytes out);
/* Handshakes now, with dial's tls_conf, then tls (never before this returns). Only in the run that opened it. What
 * the peer sent before it and is still unread then is an error: it is not protected. */
void conn_start_tls(struct conn *c);
void conn_set_max_unread(struct conn *c, size_t max);
/* Moves a kept connection to another run: new events, and an arena that what it recorded of its peer is copied to. */
void conn_hand_over(struct conn *c, struct arena *arena, const struct conn_events *events,
                    void *ctx);
/* Ends it, without further events; RST for plain TCP so that ports are not used up. May be called inside any
 * event; nothing of its arena is touched afterwards. Takes NULL. */
void conn_close(struct conn *c);

/* NULL before a handshake; kept when it failed. */
const struct tls_peer *conn_peer(const struct conn *c);
/* Connected to, or tried last; NULL: none. */
const struct address *conn_address(const struct conn *c);
/* NULL: nothing was asked. */
const struct resolution *conn_resolution(const struct conn *c);
bool conn_is_open(const struct conn *c);
/* Received and not consumed; after an orderly end: the rest. */
struct bytes conn_unread(const struct conn *c);
/* Of conn_unread, outside of the data event. */
void conn_consume(struct conn *c, size_t n);

#endif
