/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes notices from the outbox to their receivers: per lane in order, per receiver within its rate, with back-off,
 * Retry-After, a circuit breaker and dead letters (docs/alerting.md, When a receiver fails). The only one who does I/O for notifiers, through a
 * transport that tests replace. Says of itself what is wrong (the meta-alerts are rules over its metrics).
 */
#ifndef HEALTHD_ALERTS_COURIER_H
#define HEALTHD_ALERTS_COURIER_H

#include <stdbool.h>
#include <stddef.h>

#include "alerts/notify.h"
#include "alerts/outbox.h"
#include "lib/base/clock.h"
#include "lib/core/fetch.h"
#include "lib/core/registry.h"
#include "lib/core/secret.h"

struct courier;

/* One exchange; done is called exactly once, later or at once, unless cancelled. */
struct transport {
    void *ctx;
    void *(*send)(void *ctx, struct arena *arena, const struct request *request,
                  void (*done)(void *done_ctx, const struct reply *reply),
                  void *done_ctx);
    void (*cancel)(void *ctx, void *sending);
};
struct transport transport_fetch(struct fetcher *f); /* the real one */

struct courier *courier_create(struct outbox *o, struct secrets *secrets,
                               struct transport t);
void courier_destroy(struct courier *c);
/* The courier calls wake when something came that no time stands for (a commit, a reply): call courier_advance soon. */
void courier_on_wake(struct courier *c, void (*wake)(void *ctx), void *ctx);
/* Seeds the jitter; tests give their own. */
void courier_seed(struct courier *c, uint64_t seed);
/* Says where the courier's metrics go; without this call there are none. r and s outlive the courier. */
void courier_expose(struct courier *c, struct registry *r, struct source *s);
extern const struct metric_rows courier_families[]; /* what they are, for the reference */
/* Takes over a generation's receivers. Rows of a receiver that is gone go to the fallback, or become dead letters,
 * loudly. Receivers whose canonical text changed are tried at once. */
void courier_adopt(struct courier *c, const struct receivers *receivers,
                   const struct texts *fallback, struct wall now);
/* Sends what may be sent, after a commit or when time has passed. Returns when to call again (0: when wake is
 * called). */
struct wall courier_advance(struct courier *c, struct wall now);
/* Sends one notice outside the outbox to one receiver (`healthctl receiver test`). done gets the judgement. */
void courier_test(struct courier *c, const struct receiver *r, const struct notice *n,
                  void (*done)(void *ctx, const struct judgement *j), void *ctx);

struct courier_receiver { /* how one receiver does */
    const char *name, *type;
    size_t pending, dead;
    struct wall oldest_pending, last_success, paused_until, circuit_until;
    unsigned failures;      /* in a row */
    const char *last_error; /* "" */
    bool is_misconfigured;
    uint64_t delivered, retried, rejected;
};
void courier_each(const struct courier *c,
                  void (*fn)(void *ctx, const struct courier_receiver *r), void *ctx);
/* Tells whether this lane's receiver has accepted an alert's trigger: G4, and what the status page shows. */
bool courier_was_told(const struct courier *c, const char *receiver, const char *lane);
/* What fallback receivers were told in the place of one: the newest notice of each, one a call; NULL when there are no more.
 * at begins with 0, and is the courier's. Valid as outbox_newest's. */
const struct outbox_row *courier_instead(const struct courier *c, const char *receiver,
                                         const char *lane, size_t *at);
/* Metrics healthd_outbox_*, healthd_deliveries_total, …: set before a page and each evaluation. */
void courier_refresh_metrics(struct courier *c, struct wall now);

#endif
