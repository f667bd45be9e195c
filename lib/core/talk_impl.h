/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a dialogue, for talk.c, talk_open.c and talk_idle.c; nobody else includes it. */
#ifndef HEALTHD_CORE_TALK_IMPL_H
#define HEALTHD_CORE_TALK_IMPL_H

#include <stdbool.h>

#include "lib/core/conn.h"
#include "lib/core/run_impl.h"
#include "lib/core/session.h"
#include "lib/core/talk_places.h"

enum talk_place {
    TALK_AT_CONNECT,   /* until the connection is open */
    TALK_AT_DIALOGUE,  /* the probe is asked about every event */
    TALK_AT_HANDSHAKE, /* STARTTLS under way */
    TALK_AT_OFFLOAD,   /* a computation under way; what arrives waits */
    TALK_AT_END        /* answered, or nobody listens any more */
};

struct dialogue {
    struct run *run;
    const struct dial *dial; /* of the place that is asked now */
    struct places places;
    struct srv_query *srv; /* under way */
    struct timer *timer;   /* for a place that is not the last, until it is heard */
    struct conn *conn;     /* NULL while conn_open runs, and at the end */
    enum talk_place place; /* moved by talk_move alone */
    bool is_secure;        /* a handshake succeeded */
    bool has_heard;        /* a byte, in this run */
    bool is_reported;      /* address, peer and TLS families are with the run */
    /* the connection; handled at once unless conn_open or a computation runs */
    bool has_ended;
    bool has_told_end;             /* to the probe, by TALK_EOF */
    const struct trouble *trouble; /* how it ended; NULL: orderly */
};

/* ---- talk.c ---- */

void talk_move(struct dialogue *t, enum talk_place next);
void talk_end(struct dialogue *t, bool may_keep);
void talk_ended(struct dialogue *t); /* the connection has ended */
const struct conn_events *talk_events(const struct dialogue *t);

/* ---- talk_open.c ---- */

void talk_open(struct dialogue *t);   /* opens a connection to the current place */
void talk_reopen(struct dialogue *t); /* the kept one was dead */
/* Goes to the next place, with a word on the current one; answers when there is none. */
void talk_pass(struct dialogue *t, struct place_why why);
void talk_heard(struct dialogue *t);  /* the place speaks: it has all the time there is */
void talk_let_go(struct dialogue *t); /* of timer and question, at the end */

/* ---- talk_idle.c ---- */

/* The session's kept connection as this run's, or NULL. */
struct conn *idle_take(struct session *s, struct arena *arena,
                       const struct conn_events *events, void *ctx);
/* A run did not keep the connection: a watch over it has ended. */
void idle_lost(struct session *s);
/* Gives an open connection to the session for the next run; false when it must be closed instead. */
bool idle_keep(struct session *s, struct conn *conn);

#endif
