/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RESP2, the protocol of Redis, Valkey and KeyDB: commands as bytes, and answers as values. The only user of hiredis, of
 * which it takes the reader and the formatter. Pure: the connection is the caller's. What a peer decides is capped.
 */
#ifndef HEALTHD_CORE_RESP_H
#define HEALTHD_CORE_RESP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"

enum resp_kind {
    RESP_STATUS, /* +OK */
    RESP_ERROR,  /* -ERR … */
    RESP_TEXT,   /* a bulk */
    RESP_NUMBER,
    RESP_NIL,
    RESP_LIST
};

struct resp_value {
    enum resp_kind kind;
    struct bytes text;               /* STATUS, ERROR, TEXT */
    int64_t number;                  /* NUMBER */
    struct resp_value *const *items; /* LIST: count of them, none NULL */
    size_t count;
};

#define RESP_HEAD_BYTES 80
/* One answer, whatever is in it, is at most this large. */
#define RESP_MAX_BYTES (16u << 20)   /* of a text, and of all texts together */
#define RESP_MAX_LINE (64u << 10)    /* of a status, an error or a number */
#define RESP_MAX_ELEMENTS (1u << 18) /* of all lists together */
#define RESP_MAX_DEPTH 7             /* lists in lists */

struct resp;

/* A reader of answers; ends with the arena, in which its values live. */
struct resp *resp_create(struct arena *arena);

enum resp_next {
    RESP_WAITING, /* no whole answer yet */
    RESP_ANSWER,  /* ret_value is one */
    RESP_NO_RESP, /* this is another protocol: see resp_head. The reader is of no more use after it */
    RESP_TOO_LARGE /* a cap was passed, or is announced to be: see resp_why. As above */
};

/* Takes all of in, and gives the next whole answer. Call with an empty in until it waits. */
enum resp_next resp_next(struct resp *r, struct bytes *in,
                         const struct resp_value **ret_value);
/* How the answer under way began: at most RESP_HEAD_BYTES of it. */
struct bytes resp_head(const struct resp *r);
const char *resp_why(const struct resp *r); /* "a text of 1 GiB", … */
/* True when bytes of an answer that is not whole are held: the connection is not worth keeping. */
bool resp_is_within(const struct resp *r);

/* Appends a command of count words. */
void resp_command(struct buf *out, const struct bytes *words, size_t count);

/* The value behind a name in a list of names and values, as XINFO and SENTINEL answer; NULL: none. */
const struct resp_value *resp_field(const struct resp_value *list, const char *name);
/* A number, also one that is written as text. */
bool resp_number(const struct resp_value *value, double *ret_number);
/* The text of a TEXT or STATUS; empty for anything else and for NULL. */
struct bytes resp_text(const struct resp_value *value);

#endif
