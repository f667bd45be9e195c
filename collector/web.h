/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP server: libmicrohttpd under our loop, one daemon per listen entry. Knows listeners, limits, rights and
 * deadlines; what the paths mean is in the endpoint tables (api.c and neighbours). Never blocks: an answer that
 * takes time suspends its exchange.
 */
#ifndef HEALTHD_COLLECTOR_WEB_H
#define HEALTHD_COLLECTOR_WEB_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/json.h"

struct daemon;
struct generation;
struct web;
struct exchange; /* one request and its answer */

enum right {
    RIGHT_READ,
    RIGHT_ACT,
    RIGHT_OWN /* the handler judges by itself: exchange_may_act, or a token of what it is about */
};
enum cost {             /* how often one address or token may ask: `web.limits` */
            COST_USUAL, /* acts for RIGHT_ACT, else as often as it likes */
            COST_PROBES,
            COST_QUERIES,
            COST_SCRAPES /* from the loopback address not even wrong credentials are counted */
};

struct endpoint_param {
    const char *name, *doc;
    bool is_required;
};
struct endpoint_field { /* of a JSON object */
    const char *name;
    const char *type; /* of JSON Schema; "time": a string, RFC 3339 */
    const char *doc;
    bool is_required;
};
#define FORM_TYPE "application/x-www-form-urlencoded"
struct endpoint {
    const char *method; /* "GET" (HEAD comes free), "POST", "DELETE" */
    /* "/api/probes/{name}": {x} is one segment; the last one takes the rest */
    const char *path;
    enum right right;
    const struct endpoint_param *params; /* query parameters; {0}-terminated or NULL */
    const char *doc; /* a sentence; the OpenAPI document and docs come from here */
    void (*handle)(struct exchange *x, struct daemon *d);
    enum cost cost;
    const struct endpoint_field *body; /* a JSON object is sent; {0}-terminated or NULL */
    const char *body_types; /* what else is sent, by media type; a form has the params */
    const char *types;      /* media types of the answer; NULL: application/json */
    const struct endpoint_field *answer; /* a JSON object's, or of each of a list */
    bool is_list;                        /* the answer is a list of such objects */
    /* besides 200 and what body, right and limit bring: "404 503" */
    const char *statuses;
};

/* Opens new listeners, keeps those whose entry is unchanged, closes the rest: all or nothing. endpoints: tables,
 * NULL-terminated. */
struct web *web_create(struct daemon *d, const struct endpoint *const *endpoints);
bool web_listen(struct web *w, const struct generation *g, struct err *e);
/* From now on requests wait and no listener closes, until it is released: what they ask for is being replaced. */
void web_hold(struct web *w);
void web_release(struct web *w);
/* Closes every listener, soon; what is suspended is told 503. */
void web_stop(struct web *w);
void web_destroy(struct web *w);
bool web_has_act_token(const struct web *w); /* there is a token that lets one act */
/* The first listener's, as URL: what people are told. */
const char *web_address(const struct web *w);

/* In a handler. */
struct arena *exchange_arena(struct exchange *x);
/* Query; NULL: absent. */
const char *exchange_param(struct exchange *x, const char *name);
/* The same, or a field of a body that is a form (application/x-www-form-urlencoded). */
const char *exchange_form(struct exchange *x, const char *name);
/* Every value of a name that may be given often, of the query and of a form. */
void exchange_form_each(struct exchange *x, const char *name,
                        void (*fn)(void *ctx, const char *value), void *ctx);
/* {name} of the path, decoded. */
const char *exchange_segment(struct exchange *x, const char *name);
const char *exchange_header(struct exchange *x, const char *name);
struct bytes exchange_body(struct exchange *x);
/* The body as a JSON object, of the exchange's arena; NULL after answering 400. */
const json_t *exchange_json(struct exchange *x);
const char *exchange_bearer(struct exchange *x); /* of Authorization; "" for none */
/* This peer may see what is RIGHT_READ; false after answering 401 or 403. */
bool exchange_may_read(struct exchange *x);
bool exchange_may_act(struct exchange *x); /* this peer may call what is RIGHT_ACT */
/* The same for /api/events: also with a token for events, as bearer or `?token=`. */
bool exchange_may_send_events(struct exchange *x);
/* By what it has shown: "token ci", "user eve"; else exchange_peer. */
const char *exchange_who(struct exchange *x);
/* For the line of an act: whom the caller says it acts for, and on what it acts. */
void exchange_note_as(struct exchange *x, const char *name);
void exchange_note_what(struct exchange *x, const char *what);
const char *exchange_scheme(struct exchange *x); /* "http" or "https" */
const char *exchange_peer(struct exchange *x);   /* "127.0.0.1:4711", "uid 1000" */
bool exchange_accepts_gzip(struct exchange *x);
/* Answers; the memory is copied or, for a stolen buf, taken over. Exactly once per exchange, now or later. */
void exchange_reply(struct exchange *x, int status, const char *type, struct bytes body);
void exchange_reply_buf(struct exchange *x, int status, const char *type,
                        struct buf *taken);
/* body stays valid until release(owner) is called, once the client has it: pages that are shared. */
void exchange_reply_shared(struct exchange *x, int status, const char *type,
                           struct bytes body, void (*release)(void *owner), void *owner);
void exchange_reply_json(struct exchange *x, int status, struct buf *taken);
/* Takes the reference. What jansson could not make (NULL) is answered with 500, more than 32 MiB with 422. */
void exchange_reply_value(struct exchange *x, int status, json_t *value);
/* {"error": …} or plain text, by Accept. */
void exchange_error(struct exchange *x, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void exchange_add_header(struct exchange *x, const char *name, const char *value);
/* The answer comes later: gone(ctx) is called when the client leaves or the deadline passes before it. */
void exchange_suspend(struct exchange *x, void (*gone)(void *ctx), void *ctx);
/* The same for one who has nothing else to do then: *ret_exchange is x, and NULL from when the client has left. It stays
 * where it is until it is answered. */
void exchange_suspend_as(struct exchange *x, struct exchange **ret_exchange);

/* An answer that goes on. read copies what there is, at most room bytes; when that is nothing it is asked again after
 * exchange_feed_more. gone is called once, when the client has left, reads too slowly, or the listener closes. */
struct feed {
    size_t (*read)(void *ctx, char *to, size_t room);
    void (*gone)(void *ctx);
    void *ctx;
};
void exchange_reply_feed(struct exchange *x, const char *type, const struct feed *feed);
void exchange_feed_more(struct exchange *x);
void exchange_feed_end(struct exchange *x); /* gone follows, soon */

#endif
