/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP exchange (or mail, or gRPC call) by libcurl on the loop: fresh connection, own name resolution,
 * capped body or a stream of it, phases, certificates. Redirects are the caller's business. The one user of libcurl.
 */
#ifndef HEALTHD_CORE_FETCH_H
#define HEALTHD_CORE_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/core/conn.h"
#include "lib/core/frame.h"
#include "lib/core/opt.h"
#include "lib/core/resolve.h"
#include "lib/core/tls.h"
#include "lib/core/url.h"
#include "lib/core/verdict.h"

enum http_version {
    HTTP_VERSION_AUTO,
    HTTP_VERSION_11,
    HTTP_VERSION_2
}; /* AUTO: h2 by ALPN, else 1.1 */
enum fetch_reuse {
    FETCH_FRESH,
    FETCH_REUSE
}; /* probes: fresh; webhooks, Docker: keep connections */

enum mail_tls {
    MAIL_STARTTLS, /* or nothing is sent */
    MAIL_TLS,      /* from the first byte: smtps */
    MAIL_PLAIN
};
enum mail_auth { MAIL_AUTH_ANY, MAIL_AUTH_PLAIN, MAIL_AUTH_LOGIN };

/* One message by SMTP (RFC 5321). The request's headers are the message's; its username and password log in. */
struct mail {
    const char *from; /* envelope: bare addresses */
    struct texts to;
    const char *text, *html; /* UTF-8; html "": text alone */
    enum mail_tls tls;
    enum mail_auth auth;
};

struct request {
    const char *method; /* "GET" */
    /* absolute, http or https; of a mail smtp://HOST:PORT/OUR-NAME, or smtps */
    const char *url;
    const struct mail *mail; /* instead of method and body; NULL: HTTP */
    const struct url *at;    /* url taken apart already (url.h), or NULL */
    /* sent as given; "Host" sets Host and, unless tls says else, SNI */
    struct pairs headers;
    struct bytes body;
    const char *unix_path; /* instead of TCP, or NULL */
    const char *username;  /* basic authentication, or NULL */
    struct secret password, bearer;
    /* "aws:amz:REGION:SERVICE" with username/password as key pair, or NULL */
    const char *aws_sigv4;
    struct tls_conf tls;
    const char *proxy; /* URL, or "" */
    struct pairs proxy_headers;
    const char *no_proxy;
    const char *connect_to;     /* "host:port" to connect to instead, or NULL */
    const struct address *only; /* this address instead of asking for one, or NULL */
    const char *source;         /* local address, or NULL */
    enum ip_family family;
    enum http_version version;
    enum fetch_reuse reuse;
    bool is_decoded;   /* undo Content-Encoding gzip, deflate, br as announced */
    size_t max_body;   /* decoded bytes kept; above it: TOO_LARGE */
    size_t max_header; /* all header bytes; 64 KiB */
    nsec timeout;      /* absolute budget of this exchange */
    bool has_trailers; /* ask for them: te: trailers */
    /* A stream: is handed each decoded piece of the body as it comes (valid during the call), instead of its being
     * kept, and before them an empty one when the headers are there; max_body says nothing then. False ends the
     * exchange, which is no trouble. NULL: the body is kept. */
    bool (*take)(void *ctx, struct bytes piece);
    bool is_endless; /* timeout bounds what comes before the body alone */
};

struct reply {
    struct trouble trouble; /* reason NONE when an answer came, whatever its status */
    enum phase reached;     /* the phase it ended in */
    int status;             /* 0: none; of a mail the server's last code */
    int version;            /* 10, 11, 20; 0: none */
    /* Of the last response, in order, names as sent; of a mail the server's answers: code and text, the last line of each. */
    struct pairs headers;
    struct bytes body;             /* decoded, NUL-terminated after len */
    int64_t content_length;        /* as declared; -1: absent or chunked */
    uint64_t body_bytes;           /* decoded bytes seen, also of a body that was cut */
    nsec phases[PHASE_COUNT];      /* durations; 0: not reached */
    const struct tls_peer *tls;    /* NULL: no TLS, or no handshake yet */
    struct address address;        /* connected to; len 0: none */
    struct resolution *resolution; /* NULL: nothing was asked (literal, unix, proxy) */
    bool is_proxied;               /* address and resolution are the proxy's */
};

struct fetcher;
struct fetch;
struct fetcher *fetcher_create(struct frame *f, struct err *e);
void fetcher_destroy(struct fetcher *f); /* nothing may be under way */

/* Starts. done is called exactly once unless cancelled, never before this returns; reply lives in arena. What request
 * points to stays until then. phase (may be NULL) is told of each phase that starts, RESOLVE
 * before this returns; of CONNECT again for each address that is gone for. */
struct fetch *fetch_start(struct fetcher *f, struct arena *arena,
                          const struct request *request,
                          void (*phase)(void *ctx, enum phase phase),
                          void (*done)(void *ctx, const struct reply *reply), void *ctx);
/* done is not called; takes NULL. Not from within done. */
void fetch_cancel(struct fetch *x);
/* While it is under way: what has come so far, without the body (body_bytes counts it). Its deadline came, say. */
const struct reply *fetch_so_far(struct fetch *x);
/* While it is under way: the address gone for last; NULL: none yet. */
const struct address *fetch_address(const struct fetch *x);
/* First, without case; NULL: absent. */
const char *reply_header(const struct reply *r, const char *name);

#endif
