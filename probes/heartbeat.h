/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the heartbeat probe: heartbeat.c (the type and its runs), heartbeat_session.c (pings),
 * heartbeat_memory.c (what is kept of them, as a memo), heartbeat_stand.c (what is true of it now) and
 * heartbeat_show.c (the same for people). Nobody else includes it but their tests.
 */
#ifndef HEALTHD_PROBES_HEARTBEAT_H
#define HEALTHD_PROBES_HEARTBEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/core/cron.h"
#include "lib/core/expr.h"
#include "lib/core/json.h"
#include "lib/core/probe.h"
#include "lib/core/secret.h"
#include "lib/core/session.h"
#include "lib/core/zone.h"

#define HEARTBEAT_MAX_WORDS 1500 /* bytes of a body that are kept: its end */
#define HEARTBEAT_MAX_ID 100
#define HEARTBEAT_MAX_PLAN 250
#define HEARTBEAT_NO_STATUS (-1) /* `/fail`: nobody said which */

struct heartbeat_conf {
    const char *cron, *tz;
    nsec every, grace, max_run_time, early;
    struct secret token;
    /* derived */
    struct cron schedule;
    const struct zone *zone;
};

enum heartbeat_kind { HEARTBEAT_START, HEARTBEAT_END };

struct heartbeat_ping { /* one message, understood */
    enum heartbeat_kind kind;
    int status;         /* of an end: 0 is well */
    nsec took;          /* as the sender measured it; -1: it did not */
    const char *run_id; /* "" when it said none */
    struct wall at;
};

struct heartbeat_memory { /* times are 0 when it never was */
    struct wall first;    /* it is configured since */
    struct wall since;    /* the plan is as it is since */
    char plan[HEARTBEAT_MAX_PLAN + 1];
    struct wall last_ping, last_start, last_end, last_success;
    /* a run has begun; the last that ended did not end well */
    bool is_running, has_failed;
    char run_id[HEARTBEAT_MAX_ID + 1];
    int status; /* of the last end */
    nsec took;  /* of the last run; -1: nobody knows */
    int64_t starts, successes, failures;
    char words[HEARTBEAT_MAX_WORDS + 1]; /* the end of what the last run said */
};

struct heartbeat_session {
    struct heartbeat_memory memory;
    /* this process would have heard a ping since; 0: not asked yet */
    struct wall listening;
};

/* heartbeat_session.c */
/* The memo is read at the first use, and the plan is the configured one from then on. */
struct heartbeat_memory *
heartbeat_recall(struct session *s, const struct heartbeat_conf *c, struct wall now);
enum receipt heartbeat_receive(struct session *s, const void *conf,
                               const struct message *message, struct err *e);

/* heartbeat_show.c */
void heartbeat_show(struct session *s, const void *conf, struct wall now, json_t *object);
void heartbeat_preview(const void *conf, struct wall now, struct buf *out);
extern const struct var heartbeat_vars[];

/* heartbeat_memory.c */
void heartbeat_note(struct heartbeat_memory *m, const struct heartbeat_ping *ping);
/* The end of a text that somebody sent, without secrets. */
void heartbeat_keep_words(struct heartbeat_memory *m, struct bytes text);
/* The plan is this from `now` on, unless it was before. */
void heartbeat_plan(struct heartbeat_memory *m, const char *plan, struct wall now);
/* JSON, at most max bytes: words are cut before anything else. */
void heartbeat_memo_write(const struct heartbeat_memory *m, size_t max, struct buf *out);
/* What is wrong in a memo is as if it had never been. */
void heartbeat_memo_read(const char *memo, struct heartbeat_memory *ret_memory);

/* heartbeat_stand.c */
enum heartbeat_stand {
    HEARTBEAT_WAITS, /* nothing has come yet, and nothing had to */
    HEARTBEAT_ON_TIME,
    HEARTBEAT_LATE,
    HEARTBEAT_FAILED,
    HEARTBEAT_OVERRUN /* a run goes on for longer than max_run_time */
};
struct heartbeat_view {
    enum heartbeat_stand stand;
    struct wall due, latest; /* the next that is expected, and with its grace */
    bool is_late, is_overrun;
};
/* The first slot after an instant. */
struct wall heartbeat_next(const struct heartbeat_conf *c, struct wall after);
struct heartbeat_view heartbeat_look(const struct heartbeat_conf *c,
                                     const struct heartbeat_memory *m, struct wall now);
/* The sentence for a view that is not well. listening: since when this process would have heard a ping. */
const char *heartbeat_sentence(const struct heartbeat_conf *c,
                               const struct heartbeat_memory *m,
                               const struct heartbeat_view *view, struct wall listening,
                               struct wall now, struct arena *arena);
/* "03:20", or "2026-11-26 03:20" of another day than now's; in arena. */
const char *heartbeat_time(const struct heartbeat_conf *c, struct wall at,
                           struct wall now, struct arena *arena);

#endif
