/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client of SCRAM (RFC 5802, RFC 7677): what to say, whether the server proves that it knows the password too, and
 * the one slow computation apart, for a pool thread. Without channel binding. Knows no transport: probes carry the
 * messages. Neither errors nor anything else here quotes a password.
 */
#ifndef HEALTHD_CORE_SCRAM_H
#define HEALTHD_CORE_SCRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

enum scram_hash { SCRAM_SHA_1, SCRAM_SHA_256 };
const char *scram_name(enum scram_hash hash); /* "SCRAM-SHA-1", "SCRAM-SHA-256" */

#define SCRAM_MIN_ITERATIONS \
    4096 /* RFC 7677 §4: a smaller count gives the password away */
#define SCRAM_MAX_ITERATIONS 200000 /* what a server may make us compute: some 100 ms */
#define SCRAM_MAX_KEY 32

/* What the computation gave, for a session to keep: spares the next login the computation while the server asks with the
 * same salt and count and the password is the same. Zeroed: nothing kept. */
struct scram_key {
    unsigned char of[SCRAM_MAX_KEY]; /* hash of password, salt, count */
    unsigned char client[SCRAM_MAX_KEY], server[SCRAM_MAX_KEY];
    bool is_set;
};

struct scram_who {
    enum scram_hash hash;
    const char *user;
    /* as the mechanism wants it: prepared (saslprep.h), or hashed as the protocol says */
    const char *password;
    const char *nonce; /* NULL: random; a test gives its own */
};

struct scram;

/* Lives in arena, which wipes what is secret when it ends. False (and e): there is no randomness. */
bool scram_begin(struct arena *arena, const struct scram_who *who,
                 struct scram **ret_scram, struct err *e);
struct bytes scram_first(const struct scram *s); /* client-first-message */
/* Reads server-first-message. False (and e, a sentence's end that starts with a verb) when it is none, or asks for what
 * is refused. */
bool scram_take_challenge(struct scram *s, struct bytes message, struct err *e);
/* True when the kept key fits the challenge, and is used; else scram_compute is needed. */
bool scram_use_key(struct scram *s, const struct scram_key *key);
/* PBKDF2: 10 ms and more. ctx is the struct scram, and nothing else is touched: for run_offload. */
void scram_compute(void *ctx);
void scram_keep_key(const struct scram *s, struct scram_key *ret_key);
struct bytes scram_final(const struct scram *s); /* client-final-message */
/* Reads server-final-message. False (and e, as above) when the server refuses, or does not prove itself. */
bool scram_verify(const struct scram *s, struct bytes message, struct err *e);

#endif
