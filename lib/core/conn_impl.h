/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection's inside, shared by conn.c (its life), conn_stream.c (its bytes), conn_dial.c (how it comes to be),
 * conn_tls.c and conn_trouble.c (errno in words); nobody else includes it.
 */
#ifndef HEALTHD_CORE_CONN_IMPL_H
#define HEALTHD_CORE_CONN_IMPL_H

#include "lib/base/buf.h"
#include "lib/core/conn.h"
#include "lib/core/loop.h"

#define CONN_MAX_UNSENT ((size_t)16 << 20)
#define CONN_FIRST_SIZE 48

enum conn_state {
    CONN_RESOLVING,
    CONN_CONNECTING,
    CONN_AWAITING_TRUST, /* for tls_when_ready */
    CONN_HANDSHAKING,
    CONN_OPEN,
    CONN_ENDED /* end was called, or conn_close */
};

struct attempt { /* one address that is being connected to */
    struct conn *conn;
    const struct address *address; /* NULL: the Unix socket */
    struct watch *watch;
    int fd; /* -1: not under way */
};

struct conn {
    struct frame *frame;
    struct arena *arena;     /* the run's; not touched by conn_close */
    const struct dial *dial; /* the run's; NULL after a hand-over */
    struct conn_events events;
    void *ctx;
    enum conn_state state;
    int depth;        /* events being told */
    bool is_closed;   /* conn_close was called inside one */
    bool is_opening;  /* inside conn_open: open must wait */
    bool is_deferred; /* go_on will be called */
    bool is_datagram; /* as the dial says; that is gone after a hand-over */
    bool is_plain;    /* nothing but plain bytes so far: ends by RST */
    bool was_open;    /* open was told: a handshake from here on is told by tls */
    bool has_data_come;
    bool is_orderly_eof;
    bool wants_write; /* TLS does, to shake hands or to read on */

    /* conn_dial.c */
    struct query *query;
    struct resolution *resolution; /* in arena */
    const struct address *addresses;
    /* In arena: address_count of them, or one for a Unix socket. */
    struct attempt *attempts;
    struct attempt one; /* attempts, when one is enough */
    size_t address_count, attempt_next, attempt_live;
    struct timer *timer;   /* the next address's turn; NULL when there is one address */
    struct trouble *worst; /* in arena: what to say when all fail */
    bool has_address;
    struct address address;

    /* The stream */
    int fd;
    struct watch *watch;
    struct buf in, out;
    int write_error;
    bool has_written;
    SSL *ssl;
    unsigned char first[CONN_FIRST_SIZE]; /* bytes of the answer to our hello */
    size_t first_len;
    struct tls_peer *peer; /* in arena */
};

/* conn.c */
void conn_phase(struct conn *c, enum phase phase);
void conn_note(struct conn *c, const char *key, const char *text);
/* Ends it with a trouble (NULL: an orderly close) unless it has ended. Last touch of c by the caller. */
void conn_end(struct conn *c, const struct trouble *why);
void conn_fail(struct conn *c, enum reason reason, bool is_unknown, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* The handshake or the connect is done: tells open (or tls), later if it must. */
void conn_opened(struct conn *c);
/* "127.0.0.1:80", "/run/x.sock" or the host's name: whoever is talked to. */
const char *conn_peer_text(const struct conn *c, char *ret_text /* ADDRESS_TEXT_SIZE */);
void conn_go_on_later(struct conn *c);
/* Around what may end in conn_close: leave returns false when c is gone. */
void conn_enter(struct conn *c);
bool conn_leave(struct conn *c);

/* conn_stream.c */
void conn_on_ready(void *ctx, int events); /* of its watch, once it is connected */
void conn_watch_update(struct conn *c);
/* Writes what waits, as far as the peer takes it now. */
void conn_flush(struct conn *c);
/* Reads what is there, one read a time: what it tells may start TLS, close, or hand over. */
void conn_drain(struct conn *c);
/* Ends it: more waits to be read by the peer than is kept for it. */
void conn_flooded(struct conn *c);

/* conn_dial.c */
void dial_start(struct conn *c);
void dial_finish(struct conn *c); /* forgets all attempts but the one that won */

/* conn_tls.c */
void conn_tls_start(struct conn *c);
void conn_tls_go_on(struct conn *c); /* the handshake */
void conn_tls_finish(struct conn *c, bool is_polite);
/* As recv and send: bytes, 0 at the end, -1 with errno; EAGAIN when it has to wait; EPROTO when TLS itself
 * failed, with *ret_why filled in. */
ptrdiff_t conn_tls_read(struct conn *c, void *ptr, size_t size, struct trouble *ret_why);
ptrdiff_t conn_tls_write(struct conn *c, const void *ptr, size_t len);

/* conn_trouble.c: pure */
void trouble_of_connect(struct trouble *ret_why, int error, const char *where,
                        const char *source);
void trouble_of_stream(struct trouble *ret_why, int error, const char *where,
                       bool is_writing);
/* Which of two to tell: a peer's own refusal says more than a missing route, that more than our own. */
bool trouble_says_more(const struct trouble *a, const struct trouble *b);

#endif
