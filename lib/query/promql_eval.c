/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluates an expression at one instant or at each of a grid: descends the tree, counts what it costs, and puts the
 * answers together. Called by rules on a pool thread, by the API and by rule tests. Pure but for the source it reads.
 */
#include <string.h>

#include "lib/query/promql_evaluation.h"

#define MAX_SAMPLES 50000000
#define VISITS_PER_SAMPLE \
    40 /* windows overlap: a sample may be looked at that many times, on average */
#define MAX_WARNINGS 8
#define MAX_MS INT64_C(9000000000000000) /* times and steps: no sum of a few overflows */

const struct selector *const *promql_selectors(const struct promql *q, size_t *ret_count)
{
    *ret_count = q->selector_count;
    return q->selectors;
}

enum promql_type promql_type_of(const struct promql *q)
{
    return q->root->type;
}

nsec promql_reach(const struct promql *q)
{
    return q->reach;
}

/* ---- what it costs ---- */

bool can_spend(struct evaluation *ev, int64_t samples)
{
    if (samples >= 0 && (uint64_t)samples <= ev->opts.max_samples - ev->samples)
        return true;
    return err_set(ev->e,
                   "the query needs more than %zu samples; ask for a shorter time, fewer "
                   "series or larger steps",
                   ev->opts.max_samples);
}

bool spend(struct evaluation *ev, size_t samples)
{
    if (samples > INT64_MAX || !can_spend(ev, (int64_t)samples))
        return false;
    ev->samples += samples;
    return true;
}

bool visit(struct evaluation *ev, size_t samples)
{
    ev->visits += samples;
    if (ev->visits <= (uint64_t)ev->opts.max_samples * VISITS_PER_SAMPLE)
        return true;
    return err_set(ev->e, "the query's ranges and steps are too many together; ask for a "
                          "shorter range, fewer series or larger steps");
}

void warn(struct evaluation *ev, const char *text)
{
    for (size_t i = 0; i < ev->warning_count; i++) {
        if (!strcmp(ev->warnings[i], text))
            return;
    }
    if (!ev->warnings)
        ev->warnings = arena_alloc(ev->arena, (MAX_WARNINGS + 1) * sizeof(char *));
    if (ev->warning_count < MAX_WARNINGS)
        ev->warnings[ev->warning_count++] = arena_strdup(ev->arena, text);
}

/* ---- memory of nodes ---- */

struct element *room_for(struct evaluation *ev, const struct promql_node *n, size_t count)
{
    struct node_state *state = &ev->states[n->id];
    if (state->size < count || !state->items) {
        const size_t size = state->size ? state->size + state->size / 2 : 0;
        state->size = size > count ? size : count;
        state->items = arena_alloc(ev->arena, (state->size + 1) * sizeof(*state->items));
    }
    return state->items;
}

void *work_for(struct evaluation *ev, const struct promql_node *n, size_t size)
{
    struct node_state *state = &ev->states[n->id];
    if (state->work_size < size || !state->work) {
        state->work_size = size + size / 2 + 16;
        state->work = arena_alloc(ev->arena, state->work_size);
    } else {
        memset(state->work, 0, size);
    }
    return state->work;
}

/* ---- the tree ---- */

bool evaluate_number(struct evaluation *ev, const struct promql_node *n, int64_t now,
                     double *ret)
{
    struct answer a = {0};
    if (!evaluate(ev, n, now, &a))
        return false;
    *ret = a.number;
    return true;
}

static bool evaluate_negate(struct evaluation *ev, const struct promql_node *n,
                            int64_t now, struct answer *ret)
{
    struct answer a = {0};
    if (!evaluate(ev, n->args[0], now, &a))
        return false;
    ret->number = -a.number;
    ret->items = room_for(ev, n, a.count);
    ret->count = a.count;
    for (size_t i = 0; i < a.count; i++)
        ret->items[i] = (struct element){
            set_without_metric(ev, &ev->states[n->id].made, a.items[i].set),
            -a.items[i].value};
    return elements_differ(ev, ret->items, ret->count);
}

bool evaluate(struct evaluation *ev, const struct promql_node *n, int64_t now,
              struct answer *ret)
{
    *ret = (struct answer){0};
    switch (n->kind) {
    case PROMQL_NUMBER:
        ret->number = n->number;
        return true;
    case PROMQL_TEXT:
        ret->text = n->text;
        return true;
    case PROMQL_SELECTOR:
        return evaluate_selector(ev, n, now, ret);
    case PROMQL_SUBQUERY:
        return err_set(ev->e, "a range has no value at one time");
    case PROMQL_CALL:
        return evaluate_call(ev, n, now, ret);
    case PROMQL_AGGREGATE:
        return evaluate_aggregate(ev, n, now, ret);
    case PROMQL_BINARY:
        return evaluate_binary(ev, n, now, ret);
    case PROMQL_NEGATE:
        return evaluate_negate(ev, n, now, ret);
    case PROMQL_PLUS:
        return evaluate(ev, n->args[0], now, ret);
    }
    return false;
}

/* ---- points by label set ---- */

#define FIRST_POINTS 64

static void gather_more(struct evaluation *ev, struct gathering *g, struct gathered *x)
{
    size_t size = x->size ? x->size * 2 : FIRST_POINTS;
    if (size > g->steps && g->steps > x->size)
        size = g->steps;
    struct point *points = arena_alloc(ev->arena, size * sizeof(*points));
    if (x->count)
        memcpy(points, x->points, x->count * sizeof(*points));
    x->points = points;
    x->size = size;
}

static struct gathered *gather_new(struct evaluation *ev, struct gathering *g,
                                   struct label_set *set)
{
    if (g->count == g->size) {
        const size_t size = g->size ? g->size * 2 : 16;
        struct gathered *items = arena_alloc(ev->arena, size * sizeof(*items));
        if (g->count)
            memcpy(items, g->items, g->count * sizeof(*items));
        g->items = items;
        g->size = size;
    }
    g->items[g->count].set = set;
    return &g->items[g->count++];
}

void gather(struct evaluation *ev, struct gathering *g, struct label_set *set, int64_t ms,
            double value)
{
    void **place = set_map_at(ev, &g->places, set);
    struct gathered *x;
    if (*place) {
        x = &g->items[(uintptr_t)*place - 1];
    } else {
        x = gather_new(ev, g, set);
        *place = (void *)(uintptr_t)g->count;
    }
    if (x->count == x->size)
        gather_more(ev, g, x);
    x->points[x->count++] = (struct point){ms, value};
}

/* ---- results ---- */

static struct promql_series *series_room(struct evaluation *ev, size_t count,
                                         struct promql_result *ret)
{
    ret->items = arena_alloc(ev->arena, (count + 1) * sizeof(*ret->items));
    ret->count = count;
    return ret->items;
}

static struct promql_series one_point(struct labels labels, struct point *place,
                                      int64_t ms, double value)
{
    *place = (struct point){ms, value};
    return (struct promql_series){.labels = labels, .points = place, .count = 1};
}

/* A range itself as the answer: what its windows hold. */
static bool result_of_range(struct evaluation *ev, struct promql_result *ret)
{
    struct series *series;
    struct window w;
    size_t count, kept = 0;
    if (!evaluate_range(ev, ev->query->root, ev->opts.start, &series, &count, &w))
        return false;
    struct promql_series *items = series_room(ev, count, ret);
    for (size_t i = 0; i < count; i++) {
        window_of(&series[i], &w);
        if (w.count > 0)
            items[kept++] = (struct promql_series){
                .labels = series[i].set->labels, .points = w.points, .count = w.count};
    }
    ret->count = kept;
    return true;
}

static bool result_of_instant(struct evaluation *ev, struct promql_result *ret)
{
    const int64_t now = ev->opts.start;
    struct answer a = {0};
    ret->type = ev->query->root->type;
    if (ret->type == PROMQL_MATRIX)
        return result_of_range(ev, ret);
    if (!evaluate(ev, ev->query->root, now, &a))
        return false;
    ret->text = a.text;
    if (ret->type == PROMQL_STRING)
        return true;
    const bool is_number = ret->type == PROMQL_SCALAR;
    struct promql_series *items = series_room(ev, is_number ? 1 : a.count, ret);
    struct point *points = arena_alloc(ev->arena, (ret->count + 1) * sizeof(*points));
    if (is_number)
        items[0] = one_point((struct labels){0}, points, now, a.number);
    for (size_t i = 0; i < a.count; i++)
        items[i] = one_point(a.items[i].set->labels, &points[i], now, a.items[i].value);
    return true;
}

static bool result_of_grid(struct evaluation *ev, struct promql_result *ret)
{
    const struct promql_node *root = ev->query->root;
    const struct promql_opts *o = &ev->opts;
    struct gathering g = {.steps = (size_t)((o->end - o->start) / o->step) + 1};
    struct label_set *none = set_empty(ev);
    for (int64_t now = o->start; now <= o->end; now += o->step) {
        struct answer a;
        if (!evaluate(ev, root, now, &a) || !spend(ev, a.count + 1))
            return false;
        if (root->type == PROMQL_SCALAR)
            gather(ev, &g, none, now, a.number);
        for (size_t i = 0; i < a.count; i++)
            gather(ev, &g, set_known(ev, a.items[i].set), now, a.items[i].value);
    }
    struct promql_series *items = series_room(ev, g.count, ret);
    for (size_t i = 0; i < g.count; i++)
        items[i] = (struct promql_series){.labels = g.items[i].set->labels,
                                          .points = g.items[i].points,
                                          .count = g.items[i].count};
    ret->type = PROMQL_MATRIX;
    return true;
}

static struct promql_opts with_defaults(const struct promql_opts *given)
{
    struct promql_opts o = *given;
    if (o.lookback == 0)
        o.lookback = PROMQL_LOOKBACK;
    if (o.subquery_step < NSEC_PER_MSEC)
        o.subquery_step = NSEC_PER_MINUTE;
    if (o.max_samples == 0)
        o.max_samples = MAX_SAMPLES;
    if (o.step > MAX_MS)
        o.step = MAX_MS;
    return o;
}

static bool judge_opts(const struct promql_opts *o, enum promql_type type, struct err *e)
{
    if (o->start < -MAX_MS || o->start > MAX_MS || o->end < -MAX_MS || o->end > MAX_MS)
        return err_set(e, "the time lies too far from ours");
    if (!o->is_grid && o->start == o->end)
        return true;
    if (type == PROMQL_MATRIX || type == PROMQL_STRING)
        return err_set(e,
                       "a query over a time needs a vector or a number, and this is a %s",
                       type == PROMQL_MATRIX ? "range" : "text");
    if (o->end < o->start)
        return err_set(e, "the end lies before the start");
    return o->step > 0 || err_set(e, "the step must be longer than 0");
}

bool promql_eval(const struct promql *q, const struct promql_source *source,
                 const struct promql_opts *opts, struct arena *arena,
                 struct promql_result *ret, struct err *e)
{
    struct evaluation ev = {.query = q,
                            .source = source,
                            .opts = with_defaults(opts),
                            .arena = arena,
                            .e = e};
    struct promql_result result = {0};
    if (!judge_opts(&ev.opts, q->root->type, e))
        return false;
    const bool is_grid = ev.opts.is_grid || ev.opts.start != ev.opts.end;
    ev.states = arena_alloc(arena, (q->node_count + 1) * sizeof(*ev.states));
    spans_set(&ev, q->root, (struct span){ev.opts.start, ev.opts.end});
    if (!(is_grid ? result_of_grid(&ev, &result) : result_of_instant(&ev, &result)))
        return false;
    result.warnings = ev.warnings;
    *ret = result;
    return true;
}
