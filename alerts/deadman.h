/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dead-man ping (`notify.deadman`): somebody outside is asked at a steady pace as long as alerting works, and tells
 * people when that stops (docs/alerting.md, The dead-man ping). It is withheld when anything between a rule and a receiver stands still: a
 * ping that goes out whatever happens says only that a process is there. Decides from facts that the engine gathers;
 * reads no other part, and does no I/O but through its transport. Loop thread only.
 */
#ifndef HEALTHD_ALERTS_DEADMAN_H
#define HEALTHD_ALERTS_DEADMAN_H

#include <stdbool.h>
#include <stdint.h>

#include "alerts/courier.h"
#include "alerts/ledger.h"
#include "alerts/outbox.h"
#include "lib/base/clock.h"
#include "lib/core/opt.h"
#include "lib/core/registry.h"
#include "lib/core/secret.h"

struct deadman;

enum deadman_state {
    DEADMAN_OFF, /* none is configured */
    DEADMAN_WAITING, /* not known yet whether all is well: just started, or a commit is under way */
    DEADMAN_PINGING,  /* all is well */
    DEADMAN_REJECTED, /* withheld: the configuration on disk is not the one that runs */
    DEADMAN_STALE,    /* withheld: rules are not evaluated */
    DEADMAN_UNSTORED, /* withheld: alerts.db is not written */
    DEADMAN_UNTOLD    /* withheld: something critical does not reach a receiver */
};
const char *deadman_state_name(enum deadman_state state);

struct deadman_facts {       /* what holds now */
    bool is_config_accepted; /* the last configuration that was offered */
    bool has_looked;         /* all rules were evaluated once since the start */
    /* Of the group of rules that is furthest behind: see deadman_saw_group. interval 0: there are no rules. */
    struct wall last_evaluation;
    nsec interval;
    struct ledger_health ledger; /* best after a write: deadman_wants_write */
    struct wall oldest_critical; /* undelivered, of any receiver; 0: none */
};
/* Puts one group of rules into the facts, which keep the one furthest behind. last: its evaluation; 0: none yet, it is
 * counted from `since` (when it was adopted). */
void deadman_saw_group(struct deadman_facts *f, struct wall last, struct wall since,
                       nsec interval);
/* True when nothing was written lately, so that nobody knows whether it can be: commit something first. */
bool deadman_wants_write(const struct ledger_health *h, struct wall now);

/* secrets redact what is logged. Both, and wake's ctx, outlive it. */
struct deadman *deadman_create(struct transport t, struct secrets *secrets);
void deadman_destroy(struct deadman *d); /* cancels what is under way; takes NULL */
/* Called when an answer has come: call deadman_advance soon. May come from within deadman_advance. */
void deadman_on_wake(struct deadman *d, void (*wake)(void *ctx), void *ctx);
/* Where its metrics go; without it there are none. r and s outlive it. */
void deadman_expose(struct deadman *d, struct registry *r, struct source *s);
extern const struct metric_rows deadman_families[]; /* what they are, for the reference */
/* Takes over a generation's ping, a template of struct deadman_conf that lives until the next one; NULL: none. */
void deadman_adopt(struct deadman *d, const struct template *conf, nsec every,
                   struct wall now);

/* When deadman_advance has something to do, so that facts are gathered only then; 0: when woken. */
struct wall deadman_next(const struct deadman *d);
/* Pings, or withholds it and logs why, once. Returns deadman_next. */
struct wall deadman_advance(struct deadman *d, const struct deadman_facts *f,
                            struct wall now);

struct deadman_status { /* the API's */
    enum deadman_state state;
    struct wall last_ping; /* that was answered well; 0: none */
    const char *why;       /* it is withheld, or the last ping failed; "" */
    unsigned failures;     /* pings in a row */
    bool is_misconfigured; /* whoever serves the URL does not know it */
};
struct deadman_status deadman_status(const struct deadman *d);

#endif
