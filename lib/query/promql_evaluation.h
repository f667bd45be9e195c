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
    uint32_t id; /* the evaluation counts them from 0 */
    /* The one set that stands for all equal ones; NULL: nobody has looked for it yet. */
    struct label_set *known;
    struct label_set *next; /* in its bucket */
    uint64_t hash;          /* of labels; there once known is */
    /* What one operation notes of the set; it holds while stamp is that operation's (next_stamp). */
    uint64_t stamp, seen;
    size_t slot;
};

struct set_map { /* from a set, by its id, to what a node made of it */
    void **items;
    size_t size;
};

struct label_sets { /* the sets that stand for their equals, by hash */
    struct label_set **buckets;
    size_t size, count;
};

/* ---- what a node answers ---- */

struct element {
    struct label_set *set;
    double value;
};

struct
    answer { /* what it points to is the node's memory, and valid until the node is asked again */
    double number;    /* a scalar's */
    const char *text; /* a string's */
    struct element *items;
    size_t count;
};

/* A leaf's: all of its samples in the span, and a window that slides over them. */
struct series {
    struct label_set *set;
    const struct point *points;
    size_t count;
    size_t first, end; /* the window is points[first] to points[end - 1] */
    struct promql_past past;
    size_t past_first, past_end; /* the window in past.points, in the same way */
    /* The window begins before the first sample: then all of it is read from past. */
    bool is_past;
};

struct span {
    int64_t start, end; /* the instants a node is evaluated at, first and last */
};

struct
    node_state { /* what a node keeps over the instants; evaluation.states has one for each node, by its id */
    struct span span;
    struct element *items; /* room for its answer; grows as needed */
    size_t size;           /* of items */
    struct series *series; /* of selectors and subqueries */
    size_t series_count;
    bool is_loaded; /* series are there */
    /* From a set of the left, or of the right, side of an operator to the set that it makes of it. */
    struct set_map made, made_other;
    struct set_map results; /* of a match: from the set it goes by to the result's set */
    void *work;             /* for the node's own use: work_for */
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

/* The answer of n at the instant now (milliseconds), which rises from call to call. False, and ev->e, when it fails. */
bool evaluate(struct evaluation *ev, const struct promql_node *n, int64_t now,
              struct answer *ret);
/* Memory for count elements of n's answer; it is kept and used again. */
struct element *room_for(struct evaluation *ev, const struct promql_node *n,
                         size_t count);
/* Zeroed memory of size bytes for n's use at this instant; the next instant gets the same memory. */
void *work_for(struct evaluation *ev, const struct promql_node *n, size_t size);
/* Counts towards max_samples; false, and ev->e, above it. */
bool spend(struct evaluation *ev, size_t samples);
bool can_spend(struct evaluation *ev, int64_t samples); /* asks, and counts nothing */
/* Counts how often functions look at samples, which may be many times each. False, and ev->e, when it is too often. */
bool visit(struct evaluation *ev, size_t samples);
/* Adds a warning to the result, unless it has that one, or many, already. text is copied. */
void warn(struct evaluation *ev, const char *text);
/* As evaluate, of an argument whose type is scalar. */
bool evaluate_number(struct evaluation *ev, const struct promql_node *n, int64_t now,
                     double *ret);
/* Whether ranges leave their left end out, as Prometheus 3's do. */
bool is_left_open(const struct evaluation *ev);

struct gathering { /* points by label set, over the instants of a grid */
    struct gathered *items;
    size_t count, size;
    struct set_map places;
    size_t steps; /* how many points one set has at most */
};
struct gathered {
    struct label_set *set;
    struct point *points;
    size_t count, size;
};
/* Adds a point to those of a set; ms rises from call to call. */
void gather(struct evaluation *ev, struct gathering *g, struct label_set *set, int64_t ms,
            double value);

/* ---- promql_sets.c ---- */

/* A new set of these labels, which are sorted and not copied. */
struct label_set *set_make(struct evaluation *ev, struct labels labels);
/* The one set that stands for all equal ones. */
struct label_set *set_known(struct evaluation *ev, struct label_set *set);
/* What map holds for set; NULL the first time. */
void **set_map_at(struct evaluation *ev, struct set_map *map,
                  const struct label_set *set);
/* The labels of from that are among names (wanted), or those that are not; drops_metric: without __name__, too. */
struct labels labels_filtered(struct evaluation *ev, struct labels from,
                              const struct names *names, bool wanted, bool drops_metric);
/* The set without names, or with nothing but names. map remembers it, so that it is made once for all instants. */
struct label_set *set_without(struct evaluation *ev, struct set_map *map,
                              struct label_set *set, const struct names *names,
                              bool drops_metric);
struct label_set *set_with_only(struct evaluation *ev, struct set_map *map,
                                struct label_set *set, const struct names *names);
struct label_set *set_without_metric(struct evaluation *ev, struct set_map *map,
                                     struct label_set *set);
struct label_set *set_empty(struct evaluation *ev);
/* A new set in which the label name has this value, or is left out when that is "". */
struct label_set *set_with(struct evaluation *ev, struct label_set *set, const char *name,
                           const char *value);
/* A number that no set has as its stamp yet: one operation's. */
uint64_t next_stamp(struct evaluation *ev);
/* False, and ev->e, when two elements have the same labels. */
bool elements_differ(struct evaluation *ev, const struct element *items, size_t count);

/* ---- promql_leaf.c ---- */

bool evaluate_selector(struct evaluation *ev, const struct promql_node *n, int64_t now,
                       struct answer *ret);
/* The series of n, whose type is matrix, with their windows moved to what its range holds at now. ret tells the range's ends. */
bool evaluate_range(struct evaluation *ev, const struct promql_node *n, int64_t now,
                    struct series **ret_series, size_t *ret_count, struct window *ret);
/* Sets w to the samples in the window of s; there may be none. */
void window_of(const struct series *s, struct window *w);
/* The newest sample of a series of an instant selector at `at` (milliseconds), which has the sample's own time; NULL: none
 * within the lookback, or a stale marker. */
const struct point *series_newest(const struct evaluation *ev, struct series *s,
                                  int64_t at);
/* The time at which n reads when it is evaluated at now: `offset` and `@` are taken into account. */
int64_t read_time(const struct evaluation *ev, const struct promql_node *n, int64_t now);
/* Sets the spans of n, which is evaluated in span, and of all nodes below it. */
void spans_set(struct evaluation *ev, const struct promql_node *n, struct span span);
/* Asks the source for the series of n, once for its whole span. */
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
/* Calls the window function of n for each series of its argument number nth, a range, with these factors. */
bool call_window(struct evaluation *ev, const struct promql_node *n, size_t nth,
                 int64_t now, const double *factors, struct answer *ret);

#endif
