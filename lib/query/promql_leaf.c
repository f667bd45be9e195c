/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where samples come in: selectors, which ask the source once for the whole span, and subqueries, which evaluate their
 * expression once over a grid of their own. Both are then read through windows that only move forward. Called by
 * promql_eval.c and the functions; stale markers end here.
 */
#include <string.h>

#include "lib/query/promql_evaluation.h"
#include "lib/query/rolled.h"

bool is_left_open(const struct evaluation *ev)
{
    return ev->opts.compat != PROMQL_COMPAT_2;
}

/* ---- times ---- */

int64_t read_time(const struct evaluation *ev, const struct promql_node *n, int64_t now)
{
    switch (n->pinned) {
    case AT_NONE:
        break;
    case AT_TIME:
        now = n->pinned_ms;
        break;
    case AT_START:
        now = ev->opts.start;
        break;
    case AT_END:
        now = ev->opts.end;
        break;
    }
    return now - n->offset_ms;
}

static int64_t subquery_step(const struct evaluation *ev, const struct promql_node *n)
{
    return n->step_ms ? n->step_ms : ev->opts.subquery_step / NSEC_PER_MSEC;
}

/* The instants of a subquery that lie in the range behind `from` and up to `to`: multiples of its step. */
static struct span subquery_span(const struct evaluation *ev, const struct promql_node *n,
                                 struct span outer)
{
    const int64_t step = subquery_step(ev, n);
    const int64_t from = read_time(ev, n, outer.start) - n->range_ms;
    int64_t first = from / step * step;
    if (first < from || (first == from && is_left_open(ev)))
        first += step;
    return (struct span){first, read_time(ev, n, outer.end)};
}

void spans_set(struct evaluation *ev, const struct promql_node *n, struct span span)
{
    ev->states[n->id].span = span;
    if (n->kind == PROMQL_SUBQUERY)
        span = subquery_span(ev, n, span);
    for (size_t i = 0; i < n->arg_count; i++)
        spans_set(ev, n->args[i], span);
}

/* ---- loading ---- */

/* Without stale markers; the same array when there is none. */
static void drop_stale(struct evaluation *ev, struct series *s)
{
    size_t kept = 0;
    while (kept < s->count && !is_stale(s->points[kept].value))
        kept++;
    if (kept == s->count)
        return;
    struct point *points = arena_memdup(ev->arena, s->points, s->count * sizeof(*points));
    for (size_t i = kept; i < s->count; i++) {
        if (!is_stale(s->points[i].value))
            points[kept++] = s->points[i];
    }
    s->points = points;
    s->count = kept;
}

static void drop_stale_past(struct evaluation *ev, struct series *s)
{
    const struct promql_past from = s->past;
    struct point *points = arena_alloc(ev->arena, (from.count + 1) * sizeof(*points));
    struct rolled *over = arena_alloc(ev->arena, (from.count + 1) * sizeof(*over));
    s->past = (struct promql_past){points, over, 0};
    for (size_t i = 0; i < from.count; i++) {
        if (is_stale(from.points[i].value))
            continue;
        points[s->past.count] = from.points[i];
        over[s->past.count++] = from.over[i];
    }
}

bool load_selector(struct evaluation *ev, const struct promql_node *n)
{
    struct node_state *state = &ev->states[n->id];
    struct promql_set found = {0};
    const int64_t back =
        n->range_ms ? n->range_ms : (int64_t)(ev->opts.lookback / NSEC_PER_MSEC);
    const int64_t from = read_time(ev, n, state->span.start) - back;
    const int64_t to = read_time(ev, n, state->span.end);
    if (!ev->source->select(ev->source->ctx, n->selector, from, to, ev->arena, &found,
                            ev->e))
        return false;
    state->series = arena_alloc(ev->arena, (found.count + 1) * sizeof(*state->series));
    state->series_count = found.count;
    state->is_loaded = true;
    size_t samples = 0;
    for (size_t i = 0; i < found.count; i++) {
        struct series *s = &state->series[i];
        s->set = set_make(ev, found.items[i].labels);
        s->points = found.items[i].points;
        s->count = found.items[i].count;
        s->past = found.items[i].past;
        samples += s->count + s->past.count;
        if (n->range_ms)
            drop_stale(ev, s);
        if (n->range_ms && s->past.count)
            drop_stale_past(ev, s);
    }
    return spend(ev, samples);
}

static bool load_subquery(struct evaluation *ev, const struct promql_node *n)
{
    struct node_state *state = &ev->states[n->id];
    const struct span span = subquery_span(ev, n, state->span);
    const int64_t step = subquery_step(ev, n);
    if (span.end - span.start >= step && !can_spend(ev, (span.end - span.start) / step))
        return false;
    struct gathering g = {.steps = span.end >= span.start
                                       ? (size_t)((span.end - span.start) / step) + 1
                                       : 0};
    for (int64_t at = span.start; at <= span.end; at += step) {
        struct answer a;
        if (!evaluate(ev, n->args[0], at, &a) || !spend(ev, a.count + 1))
            return false;
        for (size_t i = 0; i < a.count; i++)
            gather(ev, &g, set_known(ev, a.items[i].set), at, a.items[i].value);
    }
    state->series = arena_alloc(ev->arena, (g.count + 1) * sizeof(*state->series));
    state->series_count = g.count;
    state->is_loaded = true;
    for (size_t i = 0; i < g.count; i++) {
        state->series[i] = (struct series){.set = g.items[i].set,
                                           .points = g.items[i].points,
                                           .count = g.items[i].count};
    }
    return true;
}

/* ---- reading ---- */

/* The same before the samples: there a point may be as much older as it is long. */
static const struct point *past_newest(struct series *s, int64_t at, int64_t oldest)
{
    while (s->past_end < s->past.count && s->past.points[s->past_end].ms <= at)
        s->past_end++;
    if (s->past_end == 0)
        return NULL;
    const struct point *p = &s->past.points[s->past_end - 1];
    return p->ms < oldest - ROLLED_MS || is_stale(p->value) ? NULL : p;
}

const struct point *series_newest(const struct evaluation *ev, struct series *s,
                                  int64_t at)
{
    const int64_t oldest = at - (int64_t)(ev->opts.lookback / NSEC_PER_MSEC);
    while (s->end < s->count && s->points[s->end].ms <= at)
        s->end++;
    if (s->end == 0)
        return s->past.count ? past_newest(s, at, oldest) : NULL;
    const struct point *p = &s->points[s->end - 1];
    if (p->ms < oldest || (p->ms == oldest && is_left_open(ev)) || is_stale(p->value))
        return NULL;
    return p;
}

bool evaluate_selector(struct evaluation *ev, const struct promql_node *n, int64_t now,
                       struct answer *ret)
{
    struct node_state *state = &ev->states[n->id];
    if (!state->is_loaded && !load_selector(ev, n))
        return false;
    const int64_t at = read_time(ev, n, now);
    ret->items = room_for(ev, n, state->series_count);
    for (size_t i = 0; i < state->series_count; i++) {
        struct series *s = &state->series[i];
        const struct point *p = series_newest(ev, s, at);
        if (p)
            ret->items[ret->count++] = (struct element){s->set, p->value};
    }
    return true;
}

static void slide(const struct point *points, size_t count, int64_t from, int64_t to,
                  size_t *first, size_t *end)
{
    while (*end < count && points[*end].ms <= to)
        ++*end;
    while (*first < *end && points[*first].ms < from)
        ++*first;
}

static void series_slide(struct series *s, int64_t from, int64_t to)
{
    slide(s->points, s->count, from, to, &s->first, &s->end);
    slide(s->past.points, s->past.count, from, to, &s->past_first, &s->past_end);
    s->is_past = s->past.count > 0 && (s->count == 0 || from < s->points[0].ms);
}

void window_of(const struct series *s, struct window *w)
{
    w->over = NULL;
    w->former = NULL;
    w->points = s->points + s->first;
    w->count = s->end - s->first;
    if (!s->is_past)
        return;
    w->points = s->past.points + s->past_first;
    w->over = s->past.over + s->past_first;
    w->count = s->past_end - s->past_first;
    const bool has_former = w->count == 1 && s->past_first > 0 &&
                            w->points[0].ms - w->points[-1].ms < 2 * (int64_t)ROLLED_MS;
    w->former = has_former ? w->points - 1 : NULL;
}

bool evaluate_range(struct evaluation *ev, const struct promql_node *n, int64_t now,
                    struct series **ret_series, size_t *ret_count, struct window *ret)
{
    struct node_state *state = &ev->states[n->id];
    if (!state->is_loaded &&
        !(n->kind == PROMQL_SUBQUERY ? load_subquery(ev, n) : load_selector(ev, n)))
        return false;
    const int64_t to = read_time(ev, n, now), from = to - n->range_ms;
    for (size_t i = 0; i < state->series_count; i++)
        series_slide(&state->series[i], from + is_left_open(ev), to);
    *ret_series = state->series;
    *ret_count = state->series_count;
    *ret = (struct window){.from = from, .to = to, .now = now, .compat = ev->opts.compat};
    return true;
}
