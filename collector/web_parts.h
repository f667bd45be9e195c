/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the web server share: web.c (dispatch), web_listener.c (microhttpd) with web_socket.c (its socket),
 * web_exchange.c (one request), web_rights.c (who may), web_limits.c (how often), web_audit.c (who did). Nobody else
 * includes it.
 */
#ifndef HEALTHD_COLLECTOR_WEB_PARTS_H
#define HEALTHD_COLLECTOR_WEB_PARTS_H

#include <microhttpd.h>

#include "collector/daemon.h"
#include "collector/web.h"
#include "lib/base/list.h"
#include "lib/core/loop.h"

#define WEB_MAX_BODY (1u << 20)
#define WEB_MAX_SEGMENTS 4

struct web {
    struct daemon *daemon;
    struct loop *loop;
    const struct endpoint *const *endpoints;
    struct list listeners, closing;
    struct list spare; /* exchanges to be used again */
    size_t spare_count;
    struct list held; /* exchanges whose handlers are not called yet */
    bool is_held;
    struct timer *sweep;  /* deadlines, and clients that left while they waited */
    struct mono sweep_at; /* when that is next; {0}: not set */
    nsec request_timeout;
    struct web_limits limits;
    struct limiter *limiter;
    struct token *tokens;
    size_t token_count;
    bool is_stopping;
};

struct token {
    char *name, *secret; /* neither is empty */
    enum token_right right;
};

struct caller { /* who asks, by what it has shown */
    /* "token ci", "user eve"; "" when it has shown nothing that counts */
    const char *who;
    bool may_read, may_act, may_send_events;
    bool has_shown; /* credentials, right or wrong */
};

struct listener {
    struct list link;
    struct web *web;
    char *key; /* canonical text of its configuration: equal keeps it over a reload */
    /* as configured: the next listener at the same one takes its socket over */
    char *address;
    char *url, *unix_path; /* unix_path NULL for TCP */
    /* the socket's file is still that of the listener it was taken over from */
    bool has_borrowed;
    char *username, *password, *bearer; /* "" for none */
    bool may_read, may_act;             /* whoever is let in */
    bool is_kept, is_quiet, wants_client_cert;
    unsigned max_clients, client_count;
    int fd;
    struct MHD_Daemon *mhd;
    struct watch *watch;
    struct timer *timer;
    int idle_turns; /* in a row in which microhttpd wanted to be called at once */
    bool pump_is_wanted;
    struct list clients;
};

struct client { /* one connection */
    struct list link;
    struct listener *listener;
    struct exchange *exchange; /* under way, or NULL */
    int fd;
    bool is_vouched; /* its certificate has been verified */
    struct mono deadline;
};

struct segment {
    const char *name, *value;
};

struct exchange {
    struct list link; /* among the spare ones, or those held */
    struct listener *listener;
    struct client *client;
    struct MHD_Connection *connection;
    struct arena *arena;
    struct buf body;
    struct pairs form; /* fields of the body, once asked for */
    bool has_form;
    const char *method, *path;
    const struct endpoint *endpoint; /* NULL: no handler was found yet, or none */
    struct caller caller;
    const char *peer;      /* NULL: not asked for yet */
    const char *as, *what; /* of an act, or NULL */
    struct segment segments[WEB_MAX_SEGMENTS];
    size_t segment_count;
    struct MHD_Response *response;
    int status;
    bool is_handled, is_suspended, is_abandoned;
    /* microhttpd knows of the suspension: only after the handler has returned */
    bool is_parked;
    void (*gone)(void *ctx);
    void *gone_ctx;
    struct pairs headers_out;
    struct feed feed; /* read NULL: the answer has an end */
    bool feed_waits;  /* microhttpd has it suspended: there is nothing to send */
    bool feed_ends;
};

/* former (or NULL) listens at the same address, and goes on doing so until it is closed. */
struct listener *listener_open(struct web *w, const struct listener *former,
                               const struct listen_conf *conf,
                               const struct web_conf *limits, const char *key,
                               struct err *e);
/* Accepts nobody any more: whoever waits is left to its heir. */
void listener_quiet(struct listener *l);
void listener_close(struct listener *l); /* not from within one of its handlers */
void listener_pump(struct listener *l);  /* soon: after a resume */
/* When this client is cut off unless it is told anew. */
void client_due_in(struct client *c, nsec wait);
/* c waits, and no deadline says when it has left: it is looked at soon, and again while it does. */
void client_waits(struct client *c);

/* web_socket.c: sets l's fd, url and, of a Unix socket, its path. */
bool listener_bind(struct listener *l, const struct listener *former,
                   const struct listen_conf *conf, bool is_tls, struct err *e);

bool web_client_is_vouched(struct exchange *x);

/* web_rights.c: takes copies of the tokens, in place of former ones; NULL: of none. */
void web_set_tokens(struct web *w, const struct web_conf *conf);
/* Who asks, for exchange->caller; and whether that one may: false after answering 401 or 403. */
struct caller web_caller(struct exchange *x);
bool web_may(struct exchange *x);
/* web_limits.c: false after answering 429. The first before credentials are looked at, the second after. */
bool web_may_show(struct exchange *x);
bool web_is_within_limits(struct exchange *x);
/* Wrong credentials are counted, and the line of an act is written, once it is known what came of the request. */
void web_count_refusal(struct exchange *x);
/* False for most of many refusals for being too often: a flood of requests is none of lines. */
bool web_tells_refusal(struct exchange *x);
void web_tell_act(struct exchange *x); /* web_audit.c */

/* microhttpd asks: may be called several times for one request. */
enum MHD_Result web_handle(void *ctx, struct MHD_Connection *connection, const char *path,
                           const char *method, const char *version, const char *upload,
                           size_t *upload_size, void **exchange);

struct exchange *exchange_create(struct listener *l, struct MHD_Connection *connection,
                                 const char *method, const char *path);
/* The one place where an exchange gets its answer; takes the response. */
void exchange_reply_made(struct exchange *x, int status, const char *type,
                         struct MHD_Response *response);
void exchange_end(struct exchange *x);     /* the answer is out, or never will be */
void exchange_abandon(struct exchange *x); /* the client left while it was suspended */
/* A handler may be called now that was not while it was suspended; exchange_resume when that has answered. */
void exchange_unsuspend(struct exchange *x);
void exchange_resume(struct exchange *x);
/* A feed's client left: only a look at the socket shows it while nothing is sent. */
bool exchange_feed_waits(const struct exchange *x);

#endif
