/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One evaluation from the inside: the tree is descended once for each instant of the grid, and each node keeps what it
 * has made between instants (promql_eval.c). Label sets are known by address: a node that makes new ones out of
 * old ones remembers which, so that labels are hashed once, whatever the number of instants (promql_sets.c). Series are
 * selected once for the whole span and read through windows that slide (promql_leaf.c). For promql_*.c and
 * nobody else.
 */
#ifndef HEALTHD_QUERY_PROMQL_EVALUATION_H
#define HEALTHD_QUERY_PROMQL_EVALUATION_H

#include "lib/query/promql_functions.h"

/* ---- label sets ---- */

struct label_set {
    struct labels labels;
    uint32_t id; /* dense within the evaluation */
    /* the one of all equal sets that stands for them; NULL: not looked for yet */
    struct label_set *known;
    struct label_set *next; /* in its bucket */
    uint64_t hash;
    /* One operation's notes: valid while the stamp is that operation's. */
    uint64_t stamp, seen;
    size_t slot;
};

struct set_map { /* from a set to what a node made of it */
    void **items;
    size_t size;
};

struct label_sets { /* all equal sets are one */
    struct label_set **buckets;
    size_t size, count;
};

/* ---- what a node answers ---- */

struct element {
    struct label_set *set;
    double value;
};

struct answer { /* the node's own memory: valid until it is asked again */
    double number;
    const char *text;
    struct element *items;
    size_t count;
};

struct
    series { /* a leaf's: all of its samples in the span, and a window that slides over them */
    struct label_set *set;
    const struct point *points;
    size_t count;
    size_t first, end; /* of the window: first..end-1 */
    struct promql_past past;
    size_t past_first, past_end; /* the same in the past */
    /* the window begins before the samples: it is read from the past whole */
    bool is_past;
};

struct span {
    int64_t start, end; /* the instants a node is evaluated at, first and last */
};

struct node_state { /* what a node keeps over the instants; indexed by its id */
    struct span span;
    struct element *items; /* its answer, grown as needed */
    size_t size;
    struct series *series; /* selectors and subqueries */
    size_t series_count;
    bool is_loaded;
    /* set → set it makes: for the left and for the right side of an operator */
    struct set_map made, made_other;
    struct set_map results; /* set → result, of a match */
    void *work;             /* the node's own */
    size_t work_size;
};

struct evaluation {
    const struct promql *query;
    const struct promql_source *source;
    struct promql_opts opts; /* with its defaults filled in */
    struct arena *arena;
    struct err *e;
    struct node_state *states;
    struct label_sets sets;
    struct label_set *empty;
    uint32_t set_count;
    uint64_t stamp;
    size_t samples; /* read, made or stepped over so far */
    uint64_t visits;
    const char **warnings;
    size_t warning_count;
};

/* ---- promql_eval.c ---- */

/* The answer of n at an instant; instants rise from call to call. False, and ev->e. */
bool evaluate(struct evaluation *ev, const struct promql_node *n, int64_t now,
              struct answer *ret);
/* Where the elements of n's answer go: room for count of them. */
struct element *room_for(struct evaluation *ev, const struct promql_node *n,
                         size_t count);
/* Zeroed memory of a node that is kept for the next instant. */
void *work_for(struct evaluation *ev, const struct promql_node *n, size_t size);
/* Counts towards max_samples; false, and ev->e, above it. */
bool spend(struct evaluation *ev, size_t samples);
bool can_spend(struct evaluation *ev, int64_t samples); /* the same, without counting */
/* Counts samples that functions look at, some of them many times. */
bool visit(struct evaluation *ev, size_t samples);
void warn(struct evaluation *ev, const char *text); /* once */
/* A scalar argument. */
bool evaluate_number(struct evaluation *ev, const struct promql_node *n, int64_t now,
                     double *ret);
bool is_left_open(const struct evaluation *ev); /* Prometheus 3's ranges */

struct gathering { /* points by label set, over the instants of a grid */
    struct gathered *items;
    size_t count, size;
    struct set_map places;
    size_t steps; /* most points of one */
};
struct gathered {
    struct label_set *set;
    struct point *points;
    size_t count, size;
};
void gather(struct evaluation *ev, struct gathering *g, struct label_set *set, int64_t ms,
            double value);

/* ---- promql_sets.c ---- */

struct label_set *set_make(struct evaluation *ev, struct labels labels);
/* The one set that stands for all equal ones. */
struct label_set *set_known(struct evaluation *ev, struct label_set *set);
/* What map holds for set; NULL the first time. */
void **set_map_at(struct evaluation *ev, struct set_map *map,
                  const struct label_set *set);
/* The labels that are among names, or those that are not. */
struct labels labels_filtered(struct evaluation *ev, struct labels from,
                              const struct names *names, bool wanted, bool drops_metric);
/* The set without names, or with nothing but names; remembered in map. */
struct label_set *set_without(struct evaluation *ev, struct set_map *map,
                              struct label_set *set, const struct names *names,
                              bool drops_metric);
struct label_set *set_with_only(struct evaluation *ev, struct set_map *map,
                                struct label_set *set, const struct names *names);
struct label_set *set_without_metric(struct evaluation *ev, struct set_map *map,
                                     struct label_set *set);
struct label_set *set_empty(struct evaluation *ev);
/* With name = value ("": without it); not remembered. */
struct label_set *set_with(struct evaluation *ev, struct label_set *set, const char *name,
                           const char *value);
uint64_t next_stamp(struct evaluation *ev);
/* False, and ev->e, when two elements have the same labels. */
bool elements_differ(struct evaluation *ev, const struct element *items, size_t count);

/* ---- promql_leaf.c ---- */

bool evaluate_selector(struct evaluation *ev, const struct promql_node *n, int64_t now,
                       struct answer *ret);
/* Series of a range, their windows moved to what now's range holds. */
bool evaluate_range(struct evaluation *ev, const struct promql_node *n, int64_t now,
                    struct series **ret_series, size_t *ret_count, struct window *ret);
/* Points what a window function reads at a series' window; its count may be 0. */
void window_of(const struct series *s, struct window *w);
/* The newest sample of each series of an instant selector, at its own time. */
const struct point *series_newest(const struct evaluation *ev, struct series *s,
                                  int64_t at);
/* The time n reads at. */
int64_t read_time(const struct evaluation *ev, const struct promql_node *n, int64_t now);
/* The spans of all nodes below n, which is evaluated in span. */
void spans_set(struct evaluation *ev, const struct promql_node *n, struct span span);
bool load_selector(struct evaluation *ev, const struct promql_node *n);

/* ---- operators, aggregations, functions ---- */

bool evaluate_binary(struct evaluation *ev, const struct promql_node *n, int64_t now,
                     struct answer *ret);
bool match_vectors(struct evaluation *ev, const struct promql_node *n,
                   const struct answer *left, const struct answer *right,
                   struct answer *ret);
bool match_sets(struct evaluation *ev, const struct promql_node *n,
                const struct answer *left, const struct answer *right,
                struct answer *ret);
/* The part of an element's labels that a match goes by. */
struct label_set *match_key(struct evaluation *ev, const struct promql_node *n,
                            struct set_map *map, struct label_set *set);
bool evaluate_aggregate(struct evaluation *ev, const struct promql_node *n, int64_t now,
                        struct answer *ret);
bool evaluate_call(struct evaluation *ev, const struct promql_node *n, int64_t now,
                   struct answer *ret);
/* f over each window of the range argument nth, with factors set. */
bool call_window(struct evaluation *ev, const struct promql_node *n, size_t nth,
                 int64_t now, const double *factors, struct answer *ret);

#endif
