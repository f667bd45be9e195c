/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an application's REDIS_URL says, whatever client it was written for: redis://, rediss://, valkey://, unix:// and
 * plain host:port. Pure; any thread. Errors never quote what may be a password.
 */
#ifndef HEALTHD_CORE_REDIS_URL_H
#define HEALTHD_CORE_REDIS_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

#define REDIS_PORT 6379

struct redis_url {
    const char *host, *unix_path, *user, *password; /* NULL: not said */
    int port;                                       /* 0: not said */
    int64_t database;                               /* 0 when it was not said */
    bool is_tls;
};

/* Texts of ret_url live as long as arena and text. False (and e) when it cannot be read. */
bool redis_url_parse(struct arena *arena, const char *text, struct redis_url *ret_url,
                     struct err *e);
/* Whether it begins with one of the schemes: else it may be any other server's. */
bool redis_url_has_scheme(const char *text);

#endif
