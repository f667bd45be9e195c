/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether this machine reaches the hosts that its receivers are on: each is knocked at, by a connection that carries
 * nothing, when somebody asks, and not more often than every REACH_EVERY. Asked by the connectivity gate
 * (connectivity.c) while a probe of somebody outside fails; owned by the engine. Decides nothing, sends nothing.
 */
#ifndef HEALTHD_ALERTS_REACH_H
#define HEALTHD_ALERTS_REACH_H

#include <stdbool.h>

#include "alerts/notify.h"
#include "lib/base/clock.h"

#define REACH_EVERY (10 * NSEC_PER_SEC)
#define REACH_HOSTS_MAX 16

enum uplink {
    UPLINK_NOT_KNOWN, /* there is no host to tell by */
    UPLINK_ASKING,    /* none has answered yet, and not all have failed */
    UPLINK_UP,
    UPLINK_DOWN /* the last time that all were tried; until one answers */
};

struct knock { /* one connection; what differs between healthd and a test */
    void *ctx;
    /* done is called once unless cancelled, never before this returns. was_answered: the host is there, even if it
     * refuses. It has to give up by itself. */
    void *(*start)(void *ctx, const char *host, int port,
                   void (*done)(void *done_ctx, bool was_answered), void *done_ctx);
    void (*cancel)(void *ctx, void *knocking);
};

struct reach;
struct reach *reach_create(struct knock k);
void reach_destroy(struct reach *r); /* takes NULL */
/* Calls fn when something was learnt: ask again. */
void reach_on_answer(struct reach *r, void (*fn)(void *ctx), void *ctx);
/* receivers has to stay valid until the next adopt; what was learnt of others is forgotten. */
void reach_adopt(struct reach *r, const struct receivers *receivers);
/* Returns what is known, and begins to try the hosts when the last time is REACH_EVERY ago. */
enum uplink reach_ask(struct reach *r, struct wall now);
/* The hosts tried last, for people: "events.pagerduty.com, mail.example.com". In arena. */
const char *reach_hosts(const struct reach *r, struct arena *arena);

#endif
