/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PostgreSQL, by libpq: a connection is made and logged in on a thread of its own (libpq computes and blocks there), then
 * asked on the loop, one question at a time. Whatever a server does costs at most the caps below. The one user of libpq;
 * there only when libpq was found. Loop thread only.
 */
#ifndef HEALTHD_CORE_PG_H
#define HEALTHD_CORE_PG_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/core/conn.h"
#include "lib/core/frame.h"
#include "lib/core/pg_url.h"
#include "lib/core/resolve.h"
#include "lib/core/tls.h"
#include "lib/core/verdict.h"

#define PG_MAX_COLUMNS 64
#define PG_MAX_ANSWER_BYTES (4u << 20) /* received for one question */
#define PG_MAX_SCRAM_ITERATIONS 1000000

struct pg_conf { /* copied by pg_open */
    const struct pg_words *words;
    const char *database; /* instead of the words'; NULL: theirs */
    const struct tls_conf *tls;
    nsec statement_timeout; /* of the server, for each question */
    bool is_bare;           /* no start-up options: a pooler refuses them */
    bool is_writing;        /* it is not made read-only */
    struct mono deadline;   /* of connecting and logging in */
};

/* Why a connection or a question failed. */
struct pg_trouble {
    struct trouble trouble; /* reason NONE: it did not */
    char sqlstate[6];       /* "28P01"; "" when the server did not say */
    bool is_broken;         /* the connection is of no use any more */
};

struct pg;

struct pg_events {                              /* of connecting */
    void (*phase)(void *ctx, enum phase phase); /* what it stands in now */
    /* The name of a host was looked up, or was a literal; address NULL: there is none. */
    void (*resolved)(void *ctx, nsec took, const struct address *address);
    /* The last call: connected, or why not. */
    void (*open)(void *ctx, struct pg *pg, const struct pg_trouble *why);
};

/* Starts to connect. None of events is called before this returns. NULL when no thread is free. */
struct pg *pg_open(struct frame *f, const struct pg_conf *conf,
                   const struct pg_events *events, void *ctx);
/* Ends it at any time, without further events; never waits for the server. Takes NULL. */
void pg_close(struct pg *pg);
/* The same; then gone is called once no thread of it is left, at once (before this returns) when there is none. Takes
 * NULL. */
void pg_drain(struct pg *pg, void (*gone)(void *ctx), void *ctx);
bool pg_is_open(const struct pg *pg); /* logged in, not broken, nobody is asking */

/* Of a connection that is open. */
const char *pg_address(const struct pg *pg); /* "127.0.0.1:5432", or the socket's path */
const char *pg_host(const struct pg *pg);    /* as it was written */
nsec pg_phase_took(const struct pg *pg,
                   enum phase phase);                /* CONNECT, TLS, WAIT: the login */
const struct tls_peer *pg_peer(const struct pg *pg); /* NULL: no TLS */
int pg_server_version(const struct pg *pg);          /* 150004; 0: unknown */
/* server_version …; "" */
const char *pg_parameter(const struct pg *pg, const char *name);

enum pg_kind { PG_TEXT, PG_NUMBER, PG_TRUTH };
struct pg_row {
    const struct pg_answer *answer;
    size_t columns; /* at most PG_MAX_COLUMNS; further ones are not shown */
};
const char *pg_row_name(const struct pg_row *row, size_t column);
enum pg_kind pg_row_kind(const struct pg_row *row, size_t column);
bool pg_row_is_null(const struct pg_row *row, size_t column);
struct bytes pg_row_text(const struct pg_row *row, size_t column); /* during the call */

struct pg_asking {
    void (*row)(void *ctx, const struct pg_row *row);
    /* All rows of a statement have come; for several in one text. May be NULL. */
    void (*answered)(void *ctx);
    /* The last call. Another question may be put, or pg_close called, from here. */
    void (*end)(void *ctx, const struct pg_trouble *why);
};

/* Asks one statement of a connection that is open; nothing of asking is called before this returns. */
void pg_ask(struct pg *pg, const char *sql, const struct pg_asking *asking, void *ctx);
/* Several statements in one text, in one trip: questions, or BEGIN and its like. An error ends them all. */
void pg_tell(struct pg *pg, const char *sql, const struct pg_asking *asking, void *ctx);

/* Watches a connection that is open and idle: ended is called once if the server ends it, orderly (it said goodbye or
 * closed) or not. Asking it or closing it ends the watch. */
void pg_watch(struct pg *pg, void (*ended)(void *ctx, bool orderly), void *ctx);

/* What NOTIFY said to a channel that this connection listens to. */
struct pg_notice {
    const char *channel;
    struct bytes payload;
};
/* Takes the oldest notice that came with an answer, or while the connection was watched; false when there is none. */
bool pg_take_notice(struct pg *pg, struct arena *arena, struct pg_notice *ret_notice);

/* pg_trouble.c: what a message of libpq or the server means. Pure; for tests. text as libpq gives it with
 * PQERRORS_VERBOSE; whom: for the sentence. */
void pg_trouble_read(const char *text, const char *whom, struct pg_trouble *ret_why);

#endif
