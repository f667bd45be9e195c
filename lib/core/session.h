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

enum wake { WAKE_WATCH_ENDED, WAKE_PUSHED, WAKE_PROBE }; /* why a run is wanted now */

struct session {
    const struct probe_type *type;
    const char *name;
    struct frame *frame;
    struct arena *arena;      /* ends with the session */
    void *state;              /* session_size bytes, zeroed; the type's own */
    uint64_t last_seq;        /* of its verdicts */
    struct conn *kept;        /* a dialogue's idle connection, or NULL; talk.c's */
    struct mono next_due[8];  /* of the type's groups, by index */
    const char *memo;         /* small text that survives restarts; "" at first */
    bool is_draining;         /* a run that hit its deadline still holds something */
    void (*on_wake)(void *ctx, struct session *s, enum wake why); /* the schedule's */
    void *wake_ctx;
};

/* NULL (and e) when the type's open refuses. */
struct session *session_create(struct frame *f, const struct probe_type *type, const char *name,
                               struct err *e);
void session_destroy(struct session *s); /* close, then free; takes NULL */
/* Asks for a run now; at most one per retry_interval is granted. */
void session_wake(struct session *s, enum wake why);
void session_set_memo(struct session *s, const char *text); /* at most 4 KiB */

#endif
