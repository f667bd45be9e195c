/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of evaluation, for evaluation.c, evaluation_touch.c, evaluation_step.c, evaluation_apply.c and coverage.c alone. */
#ifndef HEALTHD_ALERTS_EVALUATION_IMPL_H
#define HEALTHD_ALERTS_EVALUATION_IMPL_H

#include <stdbool.h>
#include <stddef.h>

#include "alerts/evaluation.h"
#include "lib/base/list.h"
#include "lib/base/map.h"

struct rule_state {
    uint64_t canonical; /* hashed */
    struct rule_health health;
    char *error;      /* owned: health.last_error */
    bool is_step_end; /* a later rule of the group reads what this one records */
};

struct group_state {
    const struct rule_group *
        group; /* may be gone while the next configuration is adopted: the copies below are not */
    size_t rule_count;
    nsec interval, phase; /* its slots: phase + n * interval */
    char *key;            /* file and name: over reloads */
    struct history_owner *owner;
    struct wall next;      /* the slot that is due next */
    struct wall evaluated; /* of the newest evaluation */
    bool is_touched;
    struct wall begun;  /* the newest evaluation */
    struct wall rested; /* since then one may be out of turn again */
    bool is_running;
    bool has_ended;           /* and nobody has seen it yet: group_rest */
    bool has_failed;          /* in this evaluation */
    size_t at;                /* the rule that comes next in this evaluation */
    size_t read;              /* series of the newest evaluation */
    struct rule_state *rules; /* one each of group->rules */
    const struct selector **selectors;
    size_t selector_count;
};

struct step { /* some rules of a group, computed on the pool and applied on the loop */
    struct list link; /* of evaluation.steps */
    struct evaluation *evaluation;
    struct group_state *group; /* NULL: the group is gone; what came is thrown away */
    struct arena *arena;
    struct history_view *view;
    struct promql_source source;
    struct promql_opts opts;
    struct wall at;
    struct rule_outcome *outcomes;
    bool *wants_resolve; /* one each: something of the rule fires */
    size_t count, first; /* rules first … first + count - 1 */
    void *held;
    struct book_externals externals;
    struct list ready;         /* of evaluation.ready: computed, not applied in whole */
    struct applying *applying; /* NULL: not begun */
    bool is_applied;
};

struct evaluation {
    struct history *history;
    struct book *book;
    struct offload offload;
    struct evaluation_hooks hooks;
    enum promql_compat compat;
    struct group_state *groups;
    size_t group_count;
    size_t turn;         /* the group that comes first, when not all had theirs */
    struct map *by_rule; /* rule id → struct rule_state * */
    struct map *touched; /* owners, by address */
    struct list steps;
    struct list ready; /* of steps, in the order in which they came back */
    struct evaluation_stats stats;
    void (*on_done)(void *ctx);
    void *on_done_ctx;
};

/* evaluation_step.c: begins the next step of g, at g->at; false when the pool takes no more. */
bool step_start(struct evaluation *e, struct group_state *g);
void step_finish(struct step *s); /* and begins what comes after it */
void step_destroy(struct step *s);
/* evaluation_apply.c: true when all of the step is applied. */
bool step_apply(struct step *s, struct ledger_txn *txn, const struct slice *slice);
void step_forget(struct step *s); /* applies no more of it */
/* evaluation.c: the group's evaluation has ended. */
void group_done(struct evaluation *e, struct group_state *g);

/* evaluation_touch.c */
void touches_spread(struct evaluation *e); /* to the groups that read what was touched */
/* After an evaluation, once: how long it took tells how long g rests. */
void group_rest(struct group_state *g, struct wall now);
/* When a group that is touched may be evaluated; now: at once. */
struct wall group_rested(const struct group_state *g, struct wall now);

/* coverage.c */
struct covering { /* an owner of series that the rule reads */
    struct history_owner *owner;
    nsec range;                  /* the longest in which it reads them */
    const struct covering *next; /* with the same probe, or also without one */
};
struct coverage { /* of one rule, at one time */
    const struct evaluation *evaluation;
    struct wall now;
    struct arena *arena;     /* of items and maps */
    const struct rule *rule; /* that items were looked up for */
    uint64_t owners_ended;   /* of the history, then */
    struct covering *items;
    size_t count, size;
    struct map *by_probe; /* the first with each, "" for none */
};
bool coverage_is_known(void *ctx, const struct rule *rule, struct labels labels);
bool coverage_is_gone(void *ctx, const struct rule *rule, struct labels labels);
bool coverage_is_removed(void *ctx, const struct rule *rule, struct labels labels);

#endif
