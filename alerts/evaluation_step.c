/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Some rules of a group on their way through the pool: what they select is pinned on the loop, computed on a thread, and
 * applied on the loop in the rules' order. A step ends before a rule that reads what an earlier one of its group
 * records. Called by evaluation.c.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/alert_key.h"
#include "alerts/evaluation_impl.h"

/* Rules in one step: what is applied in one turn of the loop stays short. */
#define STEP_MAX_RULES 50

/* ---- on the loop, before ---- */

static size_t step_length(const struct group_state *g)
{
    size_t count = 0;
    while (g->at + count < g->group->count && count < STEP_MAX_RULES) {
        count++;
        if (g->rules[g->at + count - 1].is_step_end)
            break;
    }
    return count;
}

static void find_firing(void *ctx, struct alert *a)
{
    *(bool *)ctx |= a->status.state == ALERT_FIRING;
}

static void add_selectors(const struct promql *q, const struct selector **list,
                          size_t *count)
{
    size_t more = 0;
    const struct selector *const *items = promql_selectors(q, &more);
    for (size_t i = 0; i < more; i++)
        list[(*count)++] = items[i];
}

/* What the step's rules read, pinned. */
static void pin(struct step *s, struct evaluation *e, const struct group_state *g)
{
    const struct selector **list =
        arena_alloc(s->arena, (g->selector_count + 1) * sizeof(*list));
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct rule *r = g->group->rules[s->first + i];
        s->outcomes[i].rule = r;
        add_selectors(r->expr, list, &count);
        if (r->resolve_when)
            book_each_of(e->book, r, find_firing, &s->wants_resolve[i]);
        if (s->wants_resolve[i])
            add_selectors(r->resolve_when, list, &count);
    }
    s->view = history_view(e->history, list, count);
    s->source = history_view_source(s->view);
}

/* ---- on the pool ---- */

static bool evaluate(const struct step *s, const struct promql *q,
                     struct promql_result *ret, struct err *e)
{
    return promql_eval(q, &s->source, &s->opts, s->arena, ret, e);
}

static void work(void *job)
{
    struct step *s = job;
    for (size_t i = 0; i < s->count; i++) {
        struct rule_outcome *o = &s->outcomes[i];
        const struct mono started = mono_read();
        o->failed = !evaluate(s, o->rule->expr, &o->result, &o->why) ||
                    (s->wants_resolve[i] &&
                     !evaluate(s, o->rule->resolve_when, &o->resolve, &o->why));
        o->duration = mono_since(mono_read(), started);
    }
}

/* ---- on the loop, after ---- */

static struct labels recorded_labels(const struct rule *r, struct labels element,
                                     struct arena *arena)
{
    struct labels own = labels_without(arena, element, "__name__");
    for (size_t i = 0; i < r->labels.count; i++) {
        const struct label over = {r->labels.items[i].name,
                                   annotation_source(r->labels.items[i].value)};
        own = labels_merge(arena, own, (struct labels){&over, 1});
    }
    return own;
}

struct recorded { /* label sets of one rule's samples, for finding two alike */
    struct labels labels;
    double value;
};

static int recorded_order(const void *a, const void *b)
{
    return alert_labels_order(((const struct recorded *)a)->labels,
                              ((const struct recorded *)b)->labels);
}

static bool record(struct step *s, const struct rule_outcome *o, struct err *e)
{
    const struct rule *r = o->rule;
    const size_t limit = r->group->limit;
    struct recorded *list = arena_alloc(s->arena, (o->result.count + 1) * sizeof(*list));
    size_t count = 0;
    for (size_t i = 0; i < o->result.count; i++) {
        const struct promql_series *x = &o->result.items[i];
        if (x->count > 0)
            list[count++] = (struct recorded){recorded_labels(r, x->labels, s->arena),
                                              x->points[x->count - 1].value};
    }
    if (limit && count > limit)
        return err_set(e, "the rule gives %zu series, and its group allows %zu", count,
                       limit);
    qsort(list, count, sizeof(*list), recorded_order);
    for (size_t i = 1; i < count; i++) {
        if (!recorded_order(&list[i - 1], &list[i]))
            return err_set(e, "two elements have the same labels once the rule's labels "
                              "are put over them");
    }
    for (size_t i = 0; i < count; i++)
        history_put(s->group->owner, r->name, list[i].labels, s->opts.end, list[i].value);
    return true;
}

struct alerts_series { /* Prometheus' ALERTS: who looks for it finds it */
    struct step *step;
    size_t held;
};

static void put_alert(void *ctx, struct alert *a)
{
    struct alerts_series *x = ctx;
    const enum alert_state state = a->status.state;
    const struct label mark = {"alertstate", alert_state_name(state)};
    x->held += a->status.unknown_since.ns != 0;
    if (state == ALERT_PENDING || state == ALERT_FIRING)
        history_put(x->step->group->owner, "ALERTS",
                    labels_merge(x->step->arena, a->labels, (struct labels){&mark, 1}),
                    x->step->opts.end, 1);
}

static void set_error(struct rule_state *r, const char *text)
{
    free(r->error);
    r->error = strdup(text);
    r->health.last_error = r->error ? r->error : "";
}

static void apply_one(struct step *s, struct rule_outcome *o, struct rule_state *state,
                      struct ledger_txn *txn)
{
    struct evaluation *e = s->evaluation;
    struct coverage coverage = {e, s->group, s->at};
    const struct coverage_view view = {&coverage, coverage_is_known, coverage_is_gone};
    struct alerts_series series = {.step = s};
    struct err why = {0};
    bool ok;
    if (o->rule->is_recording)
        ok = o->failed ? err_set(&why, "%s", o->why.text) : record(s, o, &why);
    else
        ok = book_apply(e->book, o, &view, s->at, txn, &why);
    if (!o->rule->is_recording)
        book_each_of(e->book, o->rule, put_alert, &series);
    set_error(state, ok ? "" : why.text);
    state->health.was_evaluated = true;
    state->health.is_ok = ok;
    state->health.last = s->at;
    state->health.duration = o->duration;
    state->health.held = series.held;
    e->stats.failures += !ok;
    s->group->has_failed |= !ok;
}

static void apply(struct step *s)
{
    struct evaluation *e = s->evaluation;
    struct ledger_txn *txn = e->hooks.begin(e->hooks.ctx);
    for (size_t i = 0; i < s->count; i++)
        apply_one(s, &s->outcomes[i], &s->group->rules[s->first + i], txn);
    e->hooks.end(e->hooks.ctx, txn);
}

void step_destroy(struct step *s)
{
    struct evaluation *e = s->evaluation;
    list_remove(&s->link);
    history_view_release(s->view);
    if (e->hooks.release)
        e->hooks.release(e->hooks.ctx, s->held);
    arena_destroy(s->arena);
}

static void done(void *job)
{
    struct step *s = job;
    struct evaluation *e = s->evaluation;
    struct group_state *g = s->group;
    if (g)
        apply(s);
    if (g)
        g->at = s->first + s->count;
    step_destroy(s);
    if (g && g->at < g->group->count && step_start(e, g))
        return;
    if (g)
        group_done(e, g);
    if (e->on_done)
        e->on_done(e->on_done_ctx);
}

bool step_start(struct evaluation *e, struct group_state *g)
{
    struct arena *arena = arena_create(0);
    struct step *s = arena_alloc(arena, sizeof(*s));
    const int64_t at = wall_to_ms(g->evaluated) - g->group->query_offset / NSEC_PER_MSEC;
    s->evaluation = e;
    s->group = g;
    s->arena = arena;
    s->at = g->evaluated;
    s->opts = (struct promql_opts){.start = at, .end = at, .compat = e->compat};
    s->first = g->at;
    s->count = step_length(g);
    s->outcomes = arena_alloc(arena, (s->count + 1) * sizeof(*s->outcomes));
    s->wants_resolve = arena_alloc(arena, s->count + 1);
    pin(s, e, g);
    s->held = e->hooks.hold ? e->hooks.hold(e->hooks.ctx) : NULL;
    list_append(&e->steps, &s->link);
    if (e->offload.submit(e->offload.ctx, work, done, s))
        return true;
    step_destroy(s);
    return false;
}
