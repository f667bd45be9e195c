/* SPDX-License-Identifier: Apache-2.0 */
/* What pg_url.c and pg_words.c share: words being read. Nobody else's. */
#ifndef HEALTHD_CORE_PG_WORDS_H
#define HEALTHD_CORE_PG_WORDS_H

#include "lib/base/bytes.h"
#include "lib/core/pg_url.h"

struct pg_reader {
    struct arena *arena;
    struct pg_words *words;
    const char *hosts, *ports,
        *addresses; /* comma-separated parameters; NULL: not said */
};

/* A host; port is empty when it was not said. */
bool pg_reader_host(struct pg_reader *r, const char *name, struct bytes port,
                    struct err *e);
/* A parameter: kept, translated, or dropped with a note. */
bool pg_reader_word(struct pg_reader *r, const char *name, const char *value,
                    struct err *e);
/* Pairs hosts with the parameters `host`, `port` and `hostaddr`; fills in default ports. */
bool pg_reader_end(struct pg_reader *r, struct err *e);

#endif
