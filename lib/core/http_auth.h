/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a probe that asks over HTTP proves who it is: Prometheus' option rows, and what they make of a request. Used by
 * the probe types that ask with fetch; those decide themselves which hosts may see credentials.
 */
#ifndef HEALTHD_CORE_HTTP_AUTH_H
#define HEALTHD_CORE_HTTP_AUTH_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/core/fetch.h"
#include "lib/core/opt.h"
#include "lib/core/secret.h"

struct http_basic {
    const char *username, *username_file, *password_file;
    struct secret password;
};
struct http_authorization {
    const char *type, *credentials_file;
    struct secret credentials;
};
struct http_auth {
    struct http_basic basic;
    struct http_authorization authorization;
    struct secret bearer_token;
    const char *bearer_token_file;
};
extern const struct opt http_basic_opts[], http_authorization_opts[];
/* Rows of a table whose struct has `struct http_auth auth`. */
#define HTTP_AUTH_ROWS                                                                  \
    OPT_ROW_SECTION("basic_auth", auth.basic, struct http_basic, http_basic_opts,       \
                    "Basic authentication."),                                           \
        OPT_ROW_SECTION("authorization", auth.authorization, struct http_authorization, \
                        http_authorization_opts, "The Authorization header."),          \
        OPT_ROW_SECRET("bearer_token", auth.bearer_token, "",                           \
                       "Sent as Authorization: Bearer."),                               \
        OPT_ROW_TEXT("bearer_token_file", auth.bearer_token_file, "",                   \
                     "A file that holds the bearer token; read again when it changes.")

/* How many of the ways are used; more than one is for the caller to refuse. */
int http_auth_ways(const struct http_auth *auth);
/* Faults within one way: a value and its file both given. */
bool http_auth_validate(const struct http_auth *auth, struct err *e);
/* Sets username, password or bearer of the request, or ret_header: the value of an Authorization header (NULL: none). The
 * user and password in the URL count where the rows have none; texts are those of auth and at, or in arena. Reads files
 * through the secrets, which notice when they change. False (and e) when one cannot be read. */
bool http_auth_fill(const struct http_auth *auth, const struct url *at,
                    struct secrets *secrets, struct arena *arena, struct request *q,
                    const char **ret_header, struct err *e);
/* A file's content through the secrets. */
bool http_auth_file(struct secrets *secrets, struct arena *arena, const char *path,
                    const char **ret_text, struct err *e);

#endif
