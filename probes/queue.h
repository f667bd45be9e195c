/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the queue probe share; nobody else includes it. queue.c moves a run from step to step: connect,
 * sweep, measure, publish, look, clean. What each step does is the kind's: lists, streams and BullMQ over
 * queue_redis.c, tables and NOTIFY over queue_postgres.c.
 */
#ifndef HEALTHD_PROBES_QUEUE_H
#define HEALTHD_PROBES_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/attr.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/core/expr.h"
#include "lib/core/limit.h"
#include "lib/core/opt.h"
#include "lib/core/pg.h"
#include "lib/core/redis_link.h"
#include "lib/core/redis_url.h"
#include "lib/core/resp_fault.h"
#include "lib/core/run.h"
#include "lib/core/session.h"

#define QUEUE_MAX_MESSAGE (64u << 10)
#define QUEUE_MAX_FIELDS 32
#define QUEUE_MAX_COUNTED 100000 /* rows of a table are counted up to this */
#define QUEUE_MAX_SWEPT 100      /* leftovers looked at in one run */

enum queue_kind_id {
    QUEUE_LIST,
    QUEUE_STREAM,
    QUEUE_BULLMQ,
    QUEUE_TABLE,
    QUEUE_NOTIFY,
    QUEUE_KIND_COUNT
};
enum queue_end { QUEUE_LEFT, QUEUE_RIGHT };

struct queue_conf {
    struct secret url, password;
    const char *username, *database;
    struct tls_conf tls;
    const char *names[QUEUE_KIND_COUNT]; /* one row a kind; "" when left out */
    const char *own, *message, *field, *reply, *reply_field, *group, *id, *prefix;
    const char *waiting, *failed, *done, *created; /* SQL */
    struct pairs fields;
    nsec answered;
    int64_t max_length;
    int push;
    /* Of these, by validate: */
    enum queue_kind_id kind;
    const char *name; /* of the application's queue; "" none */
    bool is_postgres;
    struct redis_url redis;
    struct pg_words words;
};

enum queue_step {
    QUEUE_CONNECTING,
    QUEUE_SWEEPING,
    QUEUE_MEASURING,
    QUEUE_PUBLISHING,
    QUEUE_LOOKING,
    QUEUE_CLEANING,
    QUEUE_OVER
};

/* In what state messages are; the label `state`. */
enum queue_count {
    QUEUE_WAITING,
    QUEUE_ACTIVE,
    QUEUE_DELAYED,
    QUEUE_PRIORITIZED,
    QUEUE_CHILDREN,
    QUEUE_PAUSED,
    QUEUE_FAILED,
    QUEUE_COMPLETED,
    QUEUE_COUNT_COUNT
};

struct queue_session {
    struct pg *pg;     /* kept; NULL: none */
    bool is_pooled;    /* start-up options are refused */
    bool may_not_list; /* CLIENT LIST was refused: not asked again */
    bool is_swept;     /* nothing of an earlier process can be left */
    double swept;      /* leftovers that were removed */
};

struct queue_state { /* of a run; numbers that are not known are NaN */
    enum queue_step step;
    struct mono look_until; /* when waiting for the message ends */
    nsec look_pause;
    nsec budget; /* the run's timeout */
    struct timer *timer;
    bool is_cancelled;
    /* The message. */
    const char *tag, *message, *place; /* place: key, table or channel it is put into */
    const char *entry;                 /* its id, once it has one; NULL */
    const char *reply;                 /* key or channel; NULL */
    struct pairs fields;
    bool is_out;     /* something may have to be removed */
    bool is_refused; /* it is known that the server did not take it */
    bool is_taken;   /* somebody took it */
    bool has_arrived;
    struct mono published;
    nsec roundtrip; /* -1: it did not arrive */
    const char *reply_text;
    const char *leftover; /* what could not be removed; NULL */
    /* What was measured. */
    bool is_measured;
    double counts[QUEUE_COUNT_COUNT], oldest[QUEUE_COUNT_COUNT];
    double workers, is_paused, recent_failures, last_failure, usage;
    const char *failure_reason;
    /* Redis. */
    struct dial dial;
    struct redis_link *link;
    const struct resp_value *failed; /* the first error within MULTI */
    int waits; /* answers that are still to come before a step is over */
    /* PostgreSQL. */
    bool was_kept, was_reopened;
    bool has_young;        /* rows of this probe that somebody may still wait for */
    const char *leftovers; /* their ids, for IN (…); NULL: none */
    const char *row; /* the first cell of the last question's answer; NULL: no row */
    void (*row_taken)(struct run *run, const struct pg_row *row);
    void (*asked)(struct run *run, const struct pg_trouble *why);
    struct pg_trouble trouble;
};

/* ---- queue_steps.c: each step is ended by exactly one of these, or by queue_fail. ---- */

/* The step is over: on to the next. */
void queue_next(struct run *run);
/* Looking found nothing yet. */
void queue_look_again(struct run *run);
/* Answers, then cleans what is out. fmt as of run_down. */
void queue_fail(struct run *run, enum reason reason, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The connection is of no use any more: answers, and ends the run. */
void queue_break(struct run *run, const struct trouble *why);
void queue_arrived(struct run *run);
/* The application's queue could not be measured: a group that failed, never down. */
void queue_unmeasured(struct run *run, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Something could not be removed: degraded, when all else is well. */
void queue_leave(struct run *run, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Whether the message goes into the application's queue. */
bool queue_is_answered(const struct queue_conf *conf);
/* The end of a run, whatever happened: handles are let go. */
void queue_finish(struct run *run);
/* On to cleaning, which is passed over when nothing is out. */
void queue_clean(struct run *run);
/* At that time the step goes on: it looks again, or, of a run that is not wanted any more, ends. */
void queue_wait_until(struct run *run, struct mono at);
/* What of the run's time is for taking the message out again. */
nsec queue_reserve_of(const struct queue_state *state);
const char *queue_seconds(struct run *run, nsec time); /* for sentences; in its arena */

/* What a kind does in each step. A member that is NULL is passed over. */
struct queue_kind {
    const char *name; /* its row, and the label `kind` */
    bool is_postgres, is_read_only;
    void (*sweep)(struct run *run);
    void (*measure)(struct run *run);
    void (*publish)(struct run *run);
    void (*look)(struct run *run);
    void (*clean)(struct run *run);
    /* Asks for what removes another message, of which the ledger says note. */
    void (*remove)(struct run *run, struct bytes tag, struct wall made,
                   struct bytes note);
    /* Why it has not come, for the sentence of a run that gave up. */
    const char *(*tell)(struct run *run);
};
extern const struct queue_kind queue_list, queue_stream, queue_bullmq, queue_table,
    queue_notify;
const struct queue_kind *queue_kind_of(const struct queue_conf *conf);

/* ---- message: tags ---- */

/* Fills state's tag, message, fields and reply; false (and e) when a ${name} of them is not known. */
bool queue_message_make(struct run *run, struct err *e);
/* What tags of this probe begin with, whoever made them: "healthd:jobs:". */
const char *queue_tag_prefix(struct run *run);
/* The same for a prefix that is known; pure. */
bool queue_tag_read(const char *prefix, struct bytes text, struct bytes *ret_tag,
                    struct wall *ret_made);
/* The tag within text, and when it was made. False: there is none of this probe. */
bool queue_tag_find(struct run *run, struct bytes text, struct bytes *ret_tag,
                    struct wall *ret_made);
/* Nobody waits for a message of that age any more. */
bool queue_is_leftover(struct run *run, struct wall made);
/* The reply's place for another message's tag; NULL: there is none. */
const char *queue_reply_of(struct run *run, struct bytes tag);

/* ---- redis ---- */

void queue_redis_open(struct run *run);
/* Asks; further words until NULL. answer's ctx is the run. */
void queue_redis_ask(struct run *run, redis_link_answer *answer, ...);
void queue_redis_ask_words(struct run *run, redis_link_answer *answer,
                           const struct bytes *words, size_t count);
void queue_redis_flush(struct run *run);
/* The server said value where it should have said that all is well. */
void queue_redis_fail(struct run *run, const char *command,
                      const struct resp_value *value);
/* How long a key of the probe's own lives when nobody removes it, in milliseconds as text. */
const char *queue_own_time(struct run *run);
/* Answers that a step does not look at. */
void queue_redis_ignore(void *run, const struct resp_value *value);
/* Ledger: what goes into an application's queue is written down beside it first, so that a later run finds it. answer
 * asks queue_ledger_has, and puts the message in only then. */
void queue_ledger_add(struct run *run, const char *note, redis_link_answer *answer);
/* False: it is not written down, and the run has failed. */
bool queue_ledger_has(struct run *run, const struct resp_value *value);
/* The message is out again: takes the reply and the line in the ledger with it, then queue_next. */
void queue_ledger_close(struct run *run);
/* Removes the key of the probe's own, then queue_next. */
void queue_own_remove(struct run *run);
/* Each leftover is given to the kind's remove; then queue_next. */
void queue_ledger_sweep(struct run *run);
/* An answer that counts what was removed. */
void queue_redis_count_swept(void *run, const struct resp_value *value);
/* Whether the reply is there: takes it, then queue_arrived; else queue_look_again. */
void queue_reply_look(struct run *run);
/* Counts state->waits down; true for the last answer that a step waits for. */
bool queue_redis_is_last(struct run *run);

/* queue_group.c: how far a stream and its group are. */
void queue_stream_measure(struct run *run);
void queue_group_look(struct run *run);
bool queue_id_reached(struct bytes id, struct bytes wanted);

/* queue_workers.c: who works on a BullMQ queue, when the user may know. */
void queue_workers_ask(struct run *run);
double queue_workers_count(struct arena *arena, struct bytes clients, const char *prefix,
                           const char *name);

/* ---- postgres ---- */

void queue_postgres_open(struct run *run);
/* Asks one statement. row gets each row, and may be NULL; asked gets the end, and state->row the first cell of the last
 * row. Neither is called for a connection that broke. */
void queue_postgres_ask(struct run *run, const char *sql,
                        void (*row)(struct run *run, const struct pg_row *row),
                        void (*asked)(struct run *run, const struct pg_trouble *why));
/* what: "the message could not be put into jobs". */
void queue_postgres_fail(struct run *run, const char *what, const struct pg_trouble *why);
/* Keeps the connection for the next run, when it is good. */
void queue_postgres_close(struct run *run);
/* Gives it up; run_finish comes when no thread of it is left. */
void queue_postgres_drain(struct run *run);

/* queue_rows.c: rows that wait, and rows that were left. */
void queue_rows_measure(struct run *run);
void queue_rows_sweep(struct run *run);

/* ---- what the user says, and is shown ---- */

bool queue_validate(void *conf, struct arena *arena, struct err *e);
bool queue_aim(const void *conf, struct arena *arena, struct dial *ret_dial,
               struct err *e);
extern const struct opt queue_opts[];
extern const struct var queue_vars[];
extern const struct limit queue_limits[];
extern const struct metric *const queue_metrics[];
void queue_show(struct run *run);

#endif
