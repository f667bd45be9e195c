/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an application's DATABASE_URL says, whatever driver it was written for: hosts, login, database, and those of its
 * parameters that libpq knows. Pure; any thread. Errors never quote what may be a password.
 */
#ifndef HEALTHD_CORE_PG_URL_H
#define HEALTHD_CORE_PG_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/core/opt.h"

#define PG_MAX_HOSTS 8
#define PG_MAX_WORDS 32
#define PG_MAX_URL_BYTES 8192
#define PG_PORT 5432

struct pg_host {
    const char *
        name; /* a name, an address, or a folder of Unix sockets (starts with '/' or '@') */
    const char *address; /* `hostaddr`: to connect to instead; "": look name up */
    int port;
};

struct pg_words {
    struct pg_host hosts[PG_MAX_HOSTS];
    size_t host_count;                      /* 0: none was said */
    const char *user, *password, *database; /* "": not said */
    struct pair words[PG_MAX_WORDS]; /* libpq's, with its names: sslmode, options … */
    size_t word_count;
    const char
        *dropped; /* "schema, pgbouncer": names of what libpq does not know; "" none */
};

/* A URL of any driver (postgres://, postgresql+asyncpg://, jdbc:postgresql://), libpq's "host=… user=…", or
 * host[:port][/database]. False (and e) when it cannot be read. */
bool pg_words_parse(struct arena *arena, const char *text, struct pg_words *ret_words,
                    struct err *e);
/* NULL when it was not said. */
const char *pg_word(const struct pg_words *words, const char *name);
/* Adds or replaces; false when there are too many. */
bool pg_word_set(struct pg_words *words, const char *name, const char *value);

#endif
