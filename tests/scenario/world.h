/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world that a story is played in: a clock of its own, actors instead of probes' targets, receivers that are told
 * how to behave; between them the real configuration, states, rules, engine, ledger, outbox and courier. Every file of
 * the folder works on it: actor.c (probes), post.c (receivers), acts.c (what people do), disk.c (what befalls it), world.c
 * (time, life).
 */
#ifndef HEALTHD_TESTS_SCENARIO_WORLD_H
#define HEALTHD_TESTS_SCENARIO_WORLD_H

#include <stdio.h>

#include "alerts/engine.h"
#include "collector/seen.h"
#include "collector/state.h"
#include "collector/steady.h"
#include "lib/base/list.h"
#include "lib/config/generation.h"
#include "lib/core/frame.h"
#include "tests/scenario/story.h"

#define ACTORS_MAX 64
#define RECEIVERS_MAX 16
#define SAMPLES_MAX 16

struct actor_sample { /* what a probe finds besides */
    char text[200];   /* "orders_total{shop="a"}" */
    double value;
};

struct actor_item { /* a container, of a probe that has them */
    char name[64];
    enum health health;
    struct wall stopped; /* by hand; 0: never */
    bool is_back;
};
#define ACTOR_ITEMS_MAX 4

struct actor { /* a probe and what its target does */
    const struct probe *probe;
    struct history_owner *owner;
    struct state state;
    enum health health; /* what a run finds now */
    enum reason reason;
    char detail[200];
    enum health last; /* what the last one found */
    struct actor_sample samples[SAMPLES_MAX];
    size_t sample_count;
    struct actor_item items[ACTOR_ITEMS_MAX];
    size_t item_count;
    struct seen seen; /* healthd keeps it over a restart, beside its alerts */
    bool wants_run;
    struct mono due, retry_at;
    uint64_t seq;
};

struct answering { /* how a receiver answers now */
    char name[64]; /* the host in its URL */
    char how[32];  /* ok, 500, 429, timeout, lost, … */
    nsec retry_after;
    size_t tries; /* of requests that it has seen */
};

struct world {
    const struct story *story;
    struct arena *arena;
    struct secrets *secrets;
    struct frame frame; /* secrets only */
    struct generation *generation;
    struct engine *engine; /* NULL while healthd is down */
    char folder[256];
    size_t lives;
    struct mono mono; /* time of the world */
    nsec skew;        /* of the wall clock: somebody set it */
    struct steady steady;
    struct wall started;
    struct mono wake_at; /* INT64_MAX: not */
    struct actor actors[ACTORS_MAX];
    size_t actor_count;
    struct answering receivers[RECEIVERS_MAX];
    size_t receiver_count;
    struct list letters, knocks;       /* on their way */
    const char *silences[64], *deploy; /* ids that were given out */
    size_t silence_count;
    bool is_cut_off;
    bool has_rejected; /* a configuration that was not accepted is the newest */
    FILE *holder;      /* somebody else's connection; NULL: none */
    struct buf heard;  /* the transcript */
    struct buf log;    /* healthd's own */
    struct err e;
};

/* world.c: plays the whole story; false and w->e when it cannot be played. */
bool world_play(struct world *w, const struct story *s);
void world_finish(struct world *w);
struct wall world_wall(const struct world *w); /* what the machine's clock shows */
struct wall world_now(struct world *w);        /* alerting's time */
void world_begin(struct world *w);             /* healthd starts */
bool world_load(struct world *w, const char *config);
const char *world_state_path(struct world *w);
void world_say(struct world *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* actor.c */
struct actor *actor_find(struct world *w, const char *name);
void actors_adopt(struct world *w);  /* of w->generation */
void actors_forget(struct world *w); /* healthd has ended */
void actors_run(struct world *w);    /* those that are due */
struct mono actors_next(const struct world *w);
bool actor_play(struct world *w, struct actor *a, const struct step *s);
struct probes_view actors_view(struct world *w);

/* post.c */
struct answering *answering_find(struct world *w, const char *name);
bool answering_play(struct world *w, struct answering *r, const struct step *s);
struct transport post_transport(struct world *w);
struct mono post_next(const struct world *w);
void post_deliver(struct world *w); /* what has arrived by now */

/* knock.c */
struct knock knock_view(struct world *w);
struct mono knocks_next(const struct world *w);
void knocks_end(struct world *w); /* those whose time has come */

/* disk.c: false when it is none of its acts. */
bool disk_play(struct world *w, const struct step *s, bool *ret_ok);
void disk_release(struct world *w);

/* acts.c: false when it is no act. */
bool act_play(struct world *w, const struct step *s, bool *ret_ok);

#endif
