/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection to a Redis server for probes that have handles of their own: commands go out in order, each answer goes to
 * who asked. Over conn.h and resp.h; the redis probe itself is a dialogue and needs none. Never logs in, never judges an
 * answer, has no deadline. There only when hiredis was found. Loop thread only.
 */
#ifndef HEALTHD_CORE_REDIS_LINK_H
#define HEALTHD_CORE_REDIS_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/core/conn.h"
#include "lib/core/frame.h"
#include "lib/core/resp.h"
#include "lib/core/verdict.h"

struct redis_link;

struct redis_link_events {
    void (*phase)(void *ctx, enum phase phase);
    void (*open)(void *ctx);
    /* The last call: why it is of no use any more. An orderly close is one, too. */
    void (*end)(void *ctx, const struct trouble *why);
};

/* value lives as long as the link's arena. The link may be closed, and the arena ended, from here. */
typedef void redis_link_answer(void *ctx, const struct resp_value *value);

/* Starts to connect; open and end are never called before this returns. dial stays valid until the link is closed. */
struct redis_link *redis_link_open(struct frame *f, struct arena *arena,
                                   const struct dial *dial,
                                   const struct redis_link_events *events, void *ctx);
/* Appends a command, of an open link; sent by redis_link_flush. answer gets what comes back, an error too. */
void redis_link_ask(struct redis_link *link, redis_link_answer *answer, void *ctx,
                    const struct bytes *words, size_t count);
void redis_link_flush(struct redis_link *link);
bool redis_link_is_open(const struct redis_link *link); /* takes NULL: false */
/* The first word of the command whose answer is waited for; NULL: none. */
const char *redis_link_waits(const struct redis_link *link);
const struct conn *redis_link_conn(const struct redis_link *link);
/* Ends it at any time, without further events or answers. Takes NULL. */
void redis_link_close(struct redis_link *link);

#endif
