/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a containers probe keeps between its runs: the engine's client and event stream, the book, and what the scan is
 * lent. Part of the containers probe; on the loop only.
 */
#ifndef HEALTHD_PROBES_CONTAINERS_SESSION_H
#define HEALTHD_PROBES_CONTAINERS_SESSION_H

#include "lib/core/errand.h"
#include "lib/core/session.h"
#include "probes/containers_book.h"

struct run;

struct containers_watch { /* on one engine; made by the first run */
    struct session *session;
    struct arena *arena;
    struct containers_conf conf;
    struct docker *docker; /* NULL: there is none */
    bool is_auto;          /* it was found, not configured */
    struct docker_events *events;
    struct timer *settling; /* until an end that Podman told of is settled */
    struct docker_call *listing;
    struct containers_last *last; /* lines are being asked for; NULL: none are */
    bool has_said_refusal; /* that whoever stands before the engine allows no lines */
    struct book book;
    bool is_dirty;   /* something happened since the list was asked for */
    bool has_failed; /* the newest list did not come: why */
    struct trouble why;
    struct mono asked; /* when; of the newest list */
    void (*listed)(void *ctx);
    void *ctx;
};

struct containers_session {
    struct containers_watch *watch; /* NULL before the first run */
    struct containers_kept *kept;   /* NULL before the first run */
    struct errand errand;
    struct containers_scan *scan; /* while the errand is out */
};

struct containers_watch *containers_watch_create(struct session *s,
                                                 const struct containers_conf *conf);
void containers_watch_destroy(struct containers_watch *w); /* takes NULL */
/* Whether the engine has to be asked before this run can answer; looks for one when it is to be found. */
bool containers_watch_is_due(struct containers_watch *w, struct mono now);
/* Asks it; listed is called once, unless watch_forget is before. */
void containers_watch_list(struct containers_watch *w, nsec timeout, struct mono now,
                           void (*listed)(void *ctx), void *ctx);
void containers_watch_forget(struct containers_watch *w);
/* Follows events from now on, once the engine has answered. */
void containers_watch_follow(struct containers_watch *w);

/* containers_last.c: whether there are lines to ask for before the run goes on. */
bool containers_last_is_due(const struct containers_watch *w, struct wall now);
/* Asks for them when they are due; asked is called once, unless last_forget is before. Not before this returns. */
void containers_last_ask(struct containers_watch *w, nsec timeout, struct wall now,
                         void (*asked)(void *ctx), void *ctx);
void containers_last_forget(struct containers_watch *w);

extern const struct var containers_vars[];
extern const struct limit containers_limits[];

#endif
