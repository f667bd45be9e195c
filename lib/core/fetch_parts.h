/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of fetch share; nobody else includes it. libcurl's handles are void pointers here, as they are
 * in libcurl itself, so that only fetch*.c see its headers.
 */
#ifndef HEALTHD_CORE_FETCH_PARTS_H
#define HEALTHD_CORE_FETCH_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/list.h"
#include "lib/core/fetch.h"
#include "lib/core/loop.h"
#include "lib/core/tls_tap.h"

struct curl_slist;
struct curl_mime;

#define FETCH_MAX_IDLE 32
#define FETCH_ERROR_SIZE 256 /* CURL_ERROR_SIZE */
#define FETCH_GREETING_MAX 60

/* One multi handle with its timer; its sockets are watches on the loop. */
struct fetch_engine {
    struct fetcher *fetcher;
    void *multi;
    struct timer *timer;
};

struct fetcher {
    struct frame *frame;
    struct fetch_engine engines[2]; /* by enum fetch_reuse */
    struct list idle;               /* struct fetch.link, with their easy handles */
    size_t idle_count, in_use;
};

enum fetch_state {
    FETCH_IDLE,
    FETCH_WAITING_TRUST, /* for tls_when_ready */
    FETCH_RESOLVING,
    FETCH_UNDER_WAY, /* in the multi */
    FETCH_FAILED     /* before it began; done comes with the next turn */
};

struct fetch {
    struct list link;
    struct fetcher *fetcher;
    void *easy;
    enum fetch_state state;
    struct arena *arena;
    struct request request;
    /* what is asked for; where to connect: that, connect_to, or the proxy */
    struct url url, peer;
    bool has_proxy, is_signed;
    bool has_tls; /* the target's, from the start or by STARTTLS */
    void (*phase)(void *ctx, enum phase phase);
    void (*done)(void *ctx, const struct reply *reply);
    void *ctx;
    struct reply *reply;

    struct query *query;
    struct timer *dns_timer;
    struct mono started;
    nsec resolve_took;

    struct curl_slist *headers, *proxy_headers, *connect_to, *resolve, *recipients;
    struct curl_mime *mime;
    int fds[4];       /* a mail's open sockets; -1: none */
    size_t body_read; /* of the request's, by libcurl */
    struct buf body;
    struct pair *pairs;
    size_t pair_count, pair_size, header_bytes;
    bool is_transferring;   /* the first byte came */
    bool has_all_headers;   /* of the newest status line */
    bool is_body_of_answer; /* a final status line and its headers came */
    bool has_length;
    bool is_too_large, has_too_many_headers, has_two_lengths;
    bool is_let_go;           /* take said false */
    struct timer *head_timer; /* of an endless one, until its headers are there */
    char greeting[FETCH_GREETING_MAX]; /* what came instead of HTTP */
    size_t greeting_len;
    size_t socket_count;
    int socket_errno; /* why we had no socket */
    bool is_bind_error;
    bool is_connected;
    size_t proxy_handshakes;   /* still to come before the target's */
    struct tls_conf proxy_tls; /* without the target's server_name */
    struct tls_tap tap;
    struct err tls_error; /* our own configuration */
    char curl_error[FETCH_ERROR_SIZE];
};

/* fetch_multi.c */
bool fetch_engine_create(struct fetch_engine *g, struct fetcher *f, struct err *e);
void fetch_engine_destroy(struct fetch_engine *g);
bool fetch_engine_add(struct fetch_engine *g, struct fetch *x);
void fetch_engine_remove(struct fetch_engine *g, struct fetch *x);

/* fetch.c: the exchange is over in libcurl's eyes; it is out of the multi. */
void fetch_ended(struct fetch *x, int curl_code);
void fetch_enter(struct fetch *x, enum phase phase);
/* All headers are there. */
void fetch_has_head(struct fetch *x);

/* fetch_setup.c */
void *fetch_easy_create(void);
void fetch_easy_destroy(void *easy);
/* False after a system call failed in it: libcurl never forgets that, and the next exchange would be judged by it. */
bool fetch_easy_is_clean(void *easy);
bool fetch_set_up(struct fetch *x, const struct resolution *resolution, struct err *e);
void fetch_tear_down(struct fetch *x);

/* fetch_reply.c: libcurl's callbacks */
size_t fetch_on_header(char *ptr, size_t size, size_t count, void *fetch);
size_t fetch_on_body(char *ptr, size_t size, size_t count, void *fetch);
void fetch_fill_reply(struct fetch *x);

void fetch_keep_pair(struct fetch *x, struct bytes name, struct bytes value);

/* fetch_headers.c: what a header may not be is an error */
bool fetch_set_headers(struct fetch *x, struct err *e);
bool fetch_add_headers(struct fetch *x, struct err *e); /* a mail's */
bool fetch_is_token(const char *text); /* RFC 9110 §5.6.2: methods and header names */
/* Adds a copy of text to one of libcurl's lists, which starts as NULL. */
void fetch_list_add(struct curl_slist **list, const char *text);
/* fetch_mail.c */
bool fetch_mail_set_up(struct fetch *x, struct err *e);
void fetch_mail_opened(struct fetch *x, int fd);
void fetch_mail_tear_down(struct fetch *x);
size_t fetch_on_mail_line(char *ptr, size_t size, size_t count, void *fetch);
/* True when it is said what went wrong; else it is as with HTTP. */
bool fetch_mail_judge(struct fetch *x, int curl_code);

/* fetch_trouble.c */
void fetch_judge(struct fetch *x, int curl_code);

/* fetch_proxy.c: what NO_PROXY and its like mean: "*", names with their subdomains, ".only.subdomains",
 * addresses, networks (10.0.0.0/8), each with :port or without. */
bool no_proxy_covers(const char *no_proxy, const char *host, int port);

#endif
