/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deployments. They are announced by `healthctl deploy` or the API, or seen in container events, when somebody stops a
 * container by hand (deploy_seen.c makes a deployment of that, until the container is back). What stops during one is held
 * for as long as a start takes; then it is told, with the words that it never came back. Deployments are part of the overlay,
 * which keeps them in the ledger (LEDGER_DEPLOY). Loop thread only.
 */
#ifndef HEALTHD_ALERTS_DEPLOY_H
#define HEALTHD_ALERTS_DEPLOY_H

#include <stdbool.h>

#include "alerts/alert.h"
#include "alerts/ledger.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/labels.h"
#include "lib/query/matcher.h"

struct overlay;

#define DEPLOY_HOLD_MAX (5 * NSEC_PER_MINUTE)      /* no alert is held for longer */
#define DEPLOY_START_DEFAULT (2 * NSEC_PER_MINUTE) /* start_period when none is given */
#define DEPLOY_LONGEST \
    NSEC_PER_HOUR           /* one that is under way for longer has lost its end */
#define DEPLOYS_MAX 200     /* so many are kept: the oldest that ended go first */
#define DEPLOY_TEXT_MAX 256 /* bytes of each of what, release, who and why */

struct deploy {
    const char *id; /* 8 hex digits */
    /* What is deployed, by the value of one of the labels that deploy_is_of looks at: "shop"; "" for everything. */
    const char *what;
    const char *release;      /* "a1b2c3"; "" when nobody said */
    struct matchers scope;    /* the alerts that it holds; empty: those of `what` */
    struct wall begun, ended; /* ended 0: it is under way */
    nsec start_period;        /* how long a start takes; 0: DEPLOY_START_DEFAULT */
    /* Until when it holds alerts: start_period after its end, or its end when it failed. Set by deploy_end. */
    struct wall hold_until;
    bool has_failed;
    /* how it ended, in one line: "login: HTTP 500"; "" for nothing to say */
    const char *why;
    const char *who; /* who announced it; "" when nobody said */
    /* It was seen in events: `what` is a container's name then, and it concerns what is labelled with that name or with
     * service, and probes whose target is called so. */
    bool is_seen;
    const char *service; /* the container's compose service; "" for none */
};

/* Notes that a deployment has begun, at d->begun or, when that is 0, now. d's id, ended, hold_until, has_failed and why are
 * not read; everything else is copied. Returns its id, which lives as long as the deployment. NULL and e when a text is too
 * long, or DEPLOYS_MAX are under way. */
const char *deploy_begin(struct overlay *o, const struct deploy *d, struct wall now,
                         struct ledger_txn *txn, struct err *e);
/* Notes that it has ended, and how; why is copied, and cut at DEPLOY_TEXT_MAX. False and e when there is no deployment of
 * that id, or it has ended already. */
bool deploy_end(struct overlay *o, const char *id, bool has_failed, const char *why,
                struct wall now, struct ledger_txn *txn, struct err *e);
/* How many have passed or, with has_failed, failed since healthd started, without those that are only seen. */
uint64_t deploys_ended(const struct overlay *o, bool has_failed);
/* True when one of the labels that say what something is (probe, component, container, name, service, workflow_id) has this
 * value, or what is "". */
bool deploy_is_of(const char *what, struct labels labels);
/* The newest one that concerns an alert with these labels, for "40 s after deploy"; NULL: none. */
const struct deploy *deploy_last(const struct overlay *o, struct labels labels);
/* "deploy a1b2c3 of shop", "stop of web by hand"; in arena. */
const char *deploy_words(const struct deploy *d, struct arena *arena);
/* Calls fn for each that is kept, in the order in which they began. fn may begin and end none. */
void deploy_each(const struct overlay *o, void (*fn)(void *ctx, const struct deploy *d),
                 void *ctx);
/* NULL when there is none of that id. */
const struct deploy *deploy_find(const struct overlay *o, const char *id);
/* What to add to an alert that began during a deploy and is told now: "stopped 14:02 CET during the deploy of shop a1b2c3,
 * never came back"; "" for others. In arena. */
const char *deploy_story(const struct overlay *o, const struct alert *a, struct wall now,
                         struct arena *arena);

/* ---- deploy_seen.c ---- */

struct verdict;
/* Whether the items of a verdict tell that a container was stopped by hand, or is back: then deploys_see is to be called,
 * which needs a transaction. */
bool deploys_are_seen(const struct overlay *o, const struct verdict *v, struct wall now);
/* Begins and ends deployments as the verdict's items tell of them. */
void deploys_see(struct overlay *o, const struct verdict *v, struct wall now,
                 struct ledger_txn *txn);

#endif
