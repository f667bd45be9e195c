/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the courier: courier.c (receivers, turns, what is said of them), courier_send.c (one sending, from the
 * payload to the judgement), courier_merge.c (what goes out as one), courier_metrics.c.
 */
#ifndef HEALTHD_ALERTS_COURIER_IMPL_H
#define HEALTHD_ALERTS_COURIER_IMPL_H

#include "alerts/courier.h"
#include "alerts/outbox_impl.h"
#include "lib/core/registry.h"

#define DESK_MAX_SENDING 4 /* lanes of one receiver at a time */
#define CIRCUIT_FAILURES 5 /* in a row: then one sending a back-off */
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
    char *canonical;
    struct box *box;
    size_t sending;
    double tokens;
    struct wall tokens_at;
    struct wall pause_until, circuit_until, last_success;
    unsigned failures;
    bool is_misconfigured;
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
struct desk *courier_desk(struct courier *c, const char *receiver);
nsec courier_backoff(struct courier *c, unsigned failures);
void courier_wake(struct courier *c);
void desk_say(struct desk *d, const char *error);

/* courier_send.c */
void lane_send(struct desk *d, struct lane *l, struct wall now);
void sendings_cancel(struct courier *c);
void sendings_restart(struct courier *c, struct wall now);

/* courier_merge.c. Makes one row of what waits in a lane, where the receiver wants one message. */
void lane_merge(struct lane *l, struct wall now);
/* A row that goes out for others of other lanes names them. */
void notice_name_parts(struct notice *n, const struct waiting *w, struct arena *arena);
/* The receiver has had its share: all that is not critical and waits goes into one row. */
void desk_merge(struct desk *d, struct wall now);
/* A fallback receiver was told, or will be, of what fires in the row's lane: it is owed the end of it. */
bool letter_is_open(const struct courier *c, const struct waiting *w);
/* A dead letter is told to the fallback receivers, as they would be told of it. */
void letter_forward(struct courier *c, const struct waiting *w, const struct notice *n,
                    const char *why, struct wall now);

/* courier_metrics.c */
void metrics_count(struct desk *d, const char *result, const char *reason);

#endif
