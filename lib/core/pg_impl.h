/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of pg.h, shared by pg*.c. A struct login is the thread's alone while its job runs, but for the atomics; a
 * struct pg is the loop's.
 */
#ifndef HEALTHD_CORE_PG_IMPL_H
#define HEALTHD_CORE_PG_IMPL_H

#include <stdatomic.h>

#include <libpq-fe.h>

#include "lib/core/pg.h"

#define PG_MAX_ATTEMPTS 16
#define PG_MAX_KEYS (PG_MAX_WORDS + 24)
#define PG_MAX_FILES 3

struct pg_attempt { /* one address of one host */
    const char *host;
    const char *address; /* as text; NULL: a Unix socket's folder is the host */
    int port;
    struct address to; /* len 0: a Unix socket */
};

struct pg_relay { /* all zero: none */
    int server;   /* the socket to it, to be watched */
    int near;     /* our end of the pair; libpq has the other */
    int failed;   /* errno of the server's socket; 0: none, or it closed in order */
    bool is_open;
};

struct pg_login {
    struct arena *arena;
    struct pg_attempt attempts[PG_MAX_ATTEMPTS];
    size_t attempt_count;
    const char *keys[PG_MAX_KEYS], *values[PG_MAX_KEYS]; /* common to all attempts */
    size_t key_count;
    const char *session_attrs;
    const char *server_name; /* to verify instead of the host's; "" none */
    int files[PG_MAX_FILES]; /* PEM texts as files; closed with the login */
    size_t file_count;
    const char *root_file; /* what is trusted; "" none */
    struct mono deadline;
    atomic_bool is_unwanted;
    atomic_int at; /* enum phase */
    /* Results. */
    PGconn *conn;                     /* NULL: failed */
    struct pg_relay relay;            /* of conn */
    const struct pg_attempt *reached; /* connected to, or tried last */
    nsec took[PHASE_COUNT];
    struct pg_trouble why;
    bool is_unexplained; /* libpq only says that the certificate was not accepted */
    /* The loop's. */
    struct pg *owner;
    void (*gone)(void *ctx);
    void *gone_ctx;
};

enum pg_state {
    PG_RESOLVING,
    PG_LOGGING_IN,
    PG_EXPLAINING,
    PG_IDLE,
    PG_ASKING,
    PG_BROKEN
};

struct pg_answer { /* of the question under way */
    const struct pg_asking *asking;
    void *ctx;
    PGresult *rows; /* that are being handed on; NULL: none */
    int row;        /* the next of them */
    size_t received;
    struct pg_trouble why;
    bool is_over; /* the last result was taken; end is due */
};

struct pg {
    struct frame *frame;
    struct arena *arena;
    enum pg_state state;
    struct pg_words words; /* texts are in the arena */
    struct pg_conf conf;
    struct tls_conf tls;
    const struct pg_events *events;
    void *ctx;
    /* Connecting. */
    size_t host; /* being looked up */
    struct query *query;
    struct mono since;
    struct trouble lookup; /* the first that failed */
    struct pg_login *login;
    struct job *job;
    struct timer *timer; /* looks where the thread stands */
    enum phase shown;
    struct conn *explaining;
    bool is_past_explaining;
    /* Connected. */
    PGconn *conn;
    const char *address, *host_name;
    nsec took[PHASE_COUNT];
    const struct tls_peer *peer;
    struct pg_relay relay;
    struct watch *watch; /* of relay.server */
    struct pg_answer answer;
    void (*ended)(void *ctx, bool orderly);
    void *ended_ctx;
};

/* pg.c: the one place where state moves. */
void pg_move(struct pg *pg, enum pg_state next);
/* The end of connecting. why reason NONE: it worked. */
void pg_opened(struct pg *pg, const struct pg_trouble *why);

/* pg_keys.c: everything that libpq is told, for all attempts. False (and why): files that cannot be made. */
bool pg_login_fill(struct pg_login *l, const struct pg *pg, struct pg_trouble *ret_why);
void pg_login_destroy(struct pg_login *l);

/* pg_login.c, on a thread: tries attempt after attempt until one is logged in, or the deadline. */
void pg_login_work(void *login);

/* pg_guard.c: whether libpq may read what waits in its socket while it logs in. */
enum pg_guard { PG_GUARD_GO, PG_GUARD_WAIT, PG_GUARD_REFUSE };
enum pg_guard pg_guard_judge(struct bytes waiting, struct pg_trouble *ret_why);
enum pg_guard pg_guard_amount(size_t received, struct pg_trouble *ret_why);
enum pg_guard pg_guard(PGconn *conn, size_t *received, struct pg_trouble *ret_why);

/* pg_relay.c. begin: fd is libpq's; false with errno when there is no descriptor. */
bool pg_relay_begin(struct pg_relay *r, int fd);
void pg_relay_end(struct pg_relay *r);  /* after libpq's */
bool pg_relay_send(struct pg_relay *r); /* true: all that libpq wrote is sent */
/* Puts a portion of what the server sent before libpq; 0: nothing there, or its end, which libpq now reads. */
size_t pg_relay_take(struct pg_relay *r);
/* Bytes before libpq that it has not read. To be 0 before the next take. */
size_t pg_relay_untaken(const struct pg_relay *r, int fd);

/* pg_explain.c: asks the server for its certificate once more, to say what is wrong with it. */
void pg_explain(struct pg *pg);

/* pg_ask.c */
void pg_ask_stop(struct pg *pg); /* no event of it comes any more */

/* pg_trouble.c */
void pg_trouble_set(struct pg_trouble *why, enum reason reason, bool is_unknown,
                    const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Of a result that is an error. */
void pg_trouble_result(const PGresult *result, struct pg_trouble *ret_why);

#endif
