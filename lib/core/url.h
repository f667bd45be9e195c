/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs taken apart and joined, by libcurl's parser: what a probe says of a URL is what fetch will do with it.
 * Pure; any thread.
 */
#ifndef HEALTHD_CORE_URL_H
#define HEALTHD_CORE_URL_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

struct url {
    const char *text; /* normalised, without user, password and fragment: may be shown */
    const char *scheme;   /* lower case */
    const char *host;     /* ASCII (IDNA), lower case; an IPv6 literal without brackets */
    int port;             /* the scheme's default when not written; 0: it has none */
    bool has_port;        /* written, be it the default */
    bool is_tls;          /* https, smtps */
    bool is_literal;      /* host is an address */
    const char *path;     /* at least "/" */
    const char *username; /* decoded; NULL: none */
    const char *password; /* decoded; NULL: none */
};

#define URL_MAX_BYTES 16384

/* An absolute URL of any scheme; without one, http:// is put before it. Spaces and other bytes that may not stand
 * in a URL are encoded. False (and e) with what is wrong. */
bool url_parse(struct arena *arena, const char *text, struct url *ret_url, struct err *e);
/* What a Location header means at base (RFC 3986 §5). User and password never go along. */
bool url_join(struct arena *arena, const struct url *base, const char *location,
              struct url *ret_url, struct err *e);
/* Whether it is asked over HTTP: its scheme is http or https. */
bool url_is_http(const struct url *url);
/* The same scheme, host and port: credentials may go there. */
bool url_same_origin(const struct url *a, const struct url *b);
/* "host" or "host:port" as a Host header has it: no default port, brackets for IPv6. */
const char *url_authority(struct arena *arena, const struct url *url);

#endif
