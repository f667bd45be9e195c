/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deployments, by `healthctl deploy`, the API, or seen in container events: somebody stopped a container (deploy_seen.c
 * makes one of it, until it is back). What stops during one is held for as long as
 * a start takes; then it is told, with the words that it never came back. Kept in the ledger (LEDGER_DEPLOY).
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

#define DEPLOY_HOLD_MAX (5 * NSEC_PER_MINUTE)      /* of one alert, whatever happens */
#define DEPLOY_START_DEFAULT (2 * NSEC_PER_MINUTE) /* start period, when none is given */
#define DEPLOY_LONGEST NSEC_PER_HOUR /* under way for longer: its end was lost */
#define DEPLOYS_MAX 200              /* the oldest that are over are forgotten */
#define DEPLOY_TEXT_MAX 256          /* bytes of what, release and who, each */

struct deploy {
    const char *id; /* 8 hex digits */
    /* what: "shop", the value of a probe, component, container, name, service or workflow_id label; "" for all.
     * release: "a1b2c3" or "". */
    const char *what, *release;
    struct matchers scope;    /* alerts it holds; empty: what says it */
    struct wall begun, ended; /* ended 0: under way */
    nsec start_period;        /* how long a start takes; 0: DEPLOY_START_DEFAULT */
    /* set by deploy_end: ended + start_period, or ended when it failed */
    struct wall hold_until;
    bool has_failed;
    /* how it ended, in a line: "login: HTTP 500"; "" for nothing to say */
    const char *why;
    const char *who;
    /* Seen in events: what is a container's name. It concerns what is labelled with that name or with service, and
     * probes whose target is called so. */
    bool is_seen;
    const char *service; /* its compose service; "" for none */
};

/* id, ended, hold_until, has_failed and why of d are not read; begun 0: now. Everything is copied. Returns its id, which lives
 * as long as the deploy. NULL and e when a text is too long, or DEPLOYS_MAX are under way. */
const char *deploy_begin(struct overlay *o, const struct deploy *d, struct wall now,
                         struct ledger_txn *txn, struct err *e);
/* why is cut at DEPLOY_TEXT_MAX. False and e when there is none of that id, or it has ended. */
bool deploy_end(struct overlay *o, const char *id, bool has_failed, const char *why,
                struct wall now, struct ledger_txn *txn, struct err *e);
/* How many have ended since the start, without those that are only seen. */
uint64_t deploys_ended(const struct overlay *o, bool has_failed);
/* True when one of the labels that say what something is (probe, component, container, name, service, workflow_id) has this
 * value, or what is "". */
bool deploy_is_of(const char *what, struct labels labels);
/* The newest one that concerns an alert with these labels, for "40 s after deploy"; NULL: none. */
const struct deploy *deploy_last(const struct overlay *o, struct labels labels);
/* "deploy a1b2c3 of shop", "stop of web by hand"; in arena. */
const char *deploy_words(const struct deploy *d, struct arena *arena);
/* In the order in which they began. */
void deploy_each(const struct overlay *o, void (*fn)(void *ctx, const struct deploy *d),
                 void *ctx);
const struct deploy *deploy_find(const struct overlay *o, const char *id); /* NULL */
/* What to add to an alert that began during a deploy and is told now: "stopped 14:02 CET during the deploy of shop a1b2c3,
 * never came back"; "" for others. In arena. */
const char *deploy_story(const struct overlay *o, const struct alert *a, struct wall now,
                         struct arena *arena);

/* ---- deploy_seen.c ---- */

struct verdict;
/* Whether a verdict's items begin or end a stop by hand; then deploys_see writes that down. */
bool deploys_are_seen(const struct overlay *o, const struct verdict *v, struct wall now);
void deploys_see(struct overlay *o, const struct verdict *v, struct wall now,
                 struct ledger_txn *txn);

#endif
