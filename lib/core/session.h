/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a configured probe keeps between its runs: a connection, cached keys, previous counters. Carried over
 * a reload when the probe's canonical configuration is unchanged. Owned by the schedule; a run that has no
 * probe (/probe, healthctl probe) gets a fresh one that ends with it.
 */
#ifndef HEALTHD_CORE_SESSION_H
#define HEALTHD_CORE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/core/frame.h"
#include "lib/core/probe.h"

struct conn;

/* A connection that nobody talks on. */
struct idle {
    struct conn *conn;   /* NULL: none */
    struct arena *arena; /* what it recorded of its peer; ends with the session */
    struct mono since;
    size_t heard;   /* bytes that came unasked */
    bool has_ended; /* before conn_open returned */
};

enum wake { WAKE_WATCH_ENDED, WAKE_PUSHED, WAKE_PROBE }; /* why a run is wanted now */

/* How many groups a type may have; a unit test holds all types to it. */
#define SESSION_MAX_GROUPS 16

struct session {
    const struct probe_type *type;
    const char *name;
    struct frame *frame;
    struct arena *arena; /* ends with the session */
    void *state;         /* session_size bytes, zeroed; the type's own */
    uint64_t last_seq;   /* of its verdicts */
    struct idle kept;    /* of a type that keeps its connection; talk.c's */
    struct idle watched; /* of any other type, while `watch` holds one open; talk.c's */
    bool is_watched;     /* talk_watch was asked for, and its end not yet told */
    /* Whether the last watched connection was closed in order, and how long it had been held. The schedule backs off when such
     * ends are followed by up. */
    bool ended_orderly;
    nsec ended_after;
    struct mono next_due[SESSION_MAX_GROUPS]; /* of the type's groups, by index */
    const char *memo;  /* small text that survives restarts; "" at first */
    char *memo_owned;  /* what memo points to, once set; to be freed */
    bool memo_changed; /* since whoever writes it down looked, who then clears this */
    bool is_draining;  /* a run that hit its deadline still holds something */
    void (*on_wake)(void *ctx, struct session *s, enum wake why); /* the schedule's */
    void *wake_ctx;
};

/* NULL (and e) when the type's open refuses. */
struct session *session_create(struct frame *f, const struct probe_type *type,
                               const char *name, struct err *e);
void session_destroy(struct session *s); /* close, then free; takes NULL */
/* Asks for a run now, by on_wake; the schedule grants at most one per retry_interval. */
void session_wake(struct session *s, enum wake why);
#define SESSION_MEMO_MAX 4096
/* What an earlier process wrote down: before the first run. */
void session_recall(struct session *s, const char *memo);
/* Cut at SESSION_MEMO_MAX bytes. */
void session_set_memo(struct session *s, const char *text);
/* For a session inside something larger that owns arena and ends it: fresh ones of runs without a probe. */
bool session_init(struct session *s, struct frame *f, const struct probe_type *type,
                  const char *name, struct arena *arena, struct err *e);
/* Close, kept connections; frees what is not in the arena. */
void session_finish(struct session *s);

#endif
