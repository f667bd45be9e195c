/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the courier: courier.c (turns, what is said of receivers), courier_desk.c
 * (receivers), courier_send.c (one sending, from the payload to the
 * judgement), courier_judge.c, courier_letter.c, courier_merge.c (what goes out as one), courier_metrics.c.
 */
#ifndef HEALTHD_ALERTS_COURIER_IMPL_H
#define HEALTHD_ALERTS_COURIER_IMPL_H

#include "alerts/courier.h"
#include "alerts/outbox_impl.h"
#include "lib/core/digest.h"
#include "lib/core/registry.h"

#define DESK_MAX_SENDING 4 /* lanes of one receiver at a time */
#define CIRCUIT_FAILURES 5 /* in a row; then the desk sends one notice a back-off */
#define BACKOFF_FIRST NSEC_PER_SEC
#define BACKOFF_LAST (5 * NSEC_PER_MINUTE)
#define CONFIG_RETRY (5 * NSEC_PER_MINUTE)
#define PAUSE_LAST NSEC_PER_HOUR
#define STORM_SPAN (5 * NSEC_PER_MINUTE)
#define STORM_NOTICES 30 /* of one receiver in STORM_SPAN, critical ones not counted */
#define REPLY_MAX_BYTES ((size_t)64 << 10)

struct desk { /* one receiver's turn-taking */
    struct courier *courier;
    char *name;
    const struct receiver *receiver; /* of the generation in force; NULL: it is gone */
    char conf[DIGEST_TEXT_SIZE];     /* of its canonical text; "": not known */
    struct box *box;
    size_t sending;
    double tokens;
    struct wall tokens_at;
    struct wall pause_until, circuit_until, last_success;
    unsigned failures;
    bool is_misconfigured;
    bool is_saved; /* the ledger has a memo of it */
    char *last_error;
    struct wall recent[STORM_NOTICES]; /* when the last ones went, a ring */
    size_t recent_at;
    uint64_t delivered, retried, rejected;
    struct series *series[8]; /* courier_metrics.c's */
};

struct courier {
    struct outbox *outbox;
    struct secrets *secrets;
    struct transport transport;
    struct map *desks; /* name → struct desk */
    struct texts fallback;
    struct arena *arena; /* of fallback; anew at each adopt */
    struct list sendings;
    uint64_t seed;   /* of the jitter */
    struct wall now; /* of the turn under way, or the last */
    void (*wake)(void *ctx);
    void *wake_ctx;
    struct registry *registry;
    struct source *source;
    struct series *dead;
};

/* courier.c */
nsec courier_backoff(struct courier *c, unsigned failures);
void courier_wake(struct courier *c);

/* courier_desk.c */
struct desk *courier_desk(struct courier *c, const char *receiver); /* found or made */
void desk_destroy(struct desk *d);
void desk_say(struct desk *d, const char *error);
void desk_save(struct desk *d); /* what the next process has to know; commits */
void desks_load(struct courier *c);

/* courier_send.c */
struct sending {
    struct list link; /* courier->sendings */
    struct courier *courier;
    struct desk *desk; /* NULL: a test, outside the outbox */
    struct lane *lane;
    const struct receiver *receiver; /* NULL: a letter of one that is gone */
    struct arena *arena;
    struct notice notice, first; /* first: of what was merged */
    struct attempt attempt;
    const void *conf;
    void *exchange; /* the transport's; NULL: none under way */
    size_t merged;
    bool is_waiting; /* for the disk: to read the payload, or to record that it begins */
    bool is_cancelled; /* while it waits: it is freed when the disk has answered */
    const struct letter *letter; /* it goes to the fallback, not to its receiver; NULL */
    const struct reply *reply;   /* during its judgement; NULL: none came */
    bool *ret_ended;             /* of a send that has not returned yet */
    void (*done)(void *ctx, const struct judgement *j); /* a test's */
    void *ctx;
};
void lane_send(struct desk *d, struct lane *l, struct wall now);
/* Reads the lane's first row, which its receiver is not told any more, and tells it to the fallback receivers. */
void lane_forward(struct desk *d, struct lane *l, const struct letter *letter);
void sendings_cancel(struct courier *c);
void sendings_restart(struct courier *c, struct wall now);

/* courier_merge.c. Makes one row of what waits in a lane, where the receiver wants one message. */
void lane_merge(struct lane *l, struct wall now);
/* Has the notice of w name the rows of other lanes that go out with it. */
void notice_name_parts(struct notice *n, const struct waiting *w, struct arena *arena);
/* Merges all rows that wait and are not critical into one, once the receiver has had its share. When it returns
 * false, call it again. */
bool desk_merge(struct desk *d, struct wall now);

/* courier_letter.c */
struct letter { /* what a lane's first row is told to others for, and how it ends then */
    const char *why;
    void (*end)(struct waiting *w, const char *why, struct wall now);
    const char *end_why;
};
/* Tells whether a fallback receiver has been or will be told of what fires in w's lane, so that it must hear the end. */
bool letter_is_open(const struct courier *c, const struct waiting *w);
/* Tells the fallback receivers of a dead letter, with all that n says. */
void letter_forward(struct courier *c, const struct waiting *w, const struct notice *n,
                    const char *why, struct wall now);
/* Ends a letter whose payload was read. */
void letter_end(struct sending *s, struct waiting *w, struct wall now);

/* courier_judge.c: what a judgement does to the row and the desk. */
void sending_judged(struct sending *s, const struct judgement *j);

/* courier_metrics.c */
/* Returns one of a closed set: the words of core/reason.h, "throttled" and "server_error"; "" for what was accepted. */
const char *delivery_reason(const struct reply *reply, enum outcome outcome);
const char *delivery_result(enum outcome outcome);
void metrics_count(struct desk *d, enum outcome outcome, const char *reason);

#endif
