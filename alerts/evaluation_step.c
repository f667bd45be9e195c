/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Some rules of a group on their way through the pool: what they select is pinned on the loop, computed on a thread, and
 * applied on the loop in the rules' order (evaluation_apply.c). A step ends before a rule that reads what an earlier one
 * of its group records. Called by evaluation.c.
 */
#include "alerts/evaluation_impl.h"

/* Rules in one step: what is applied in one turn of the loop stays short. */
#define STEP_MAX_RULES 50
/* The same for what is pinned: a step that would read more has one rule. */
#define STEP_MAX_SERIES 5000

/* ---- on the loop, before ---- */

static size_t series_of(const struct evaluation *e, const struct promql *q)
{
    size_t count = 0;
    const struct selector *const *selectors = q ? promql_selectors(q, &count) : NULL;
    return history_matching(e->history, selectors, count);
}

static size_t step_length(const struct evaluation *e, const struct group_state *g,
                          size_t *ret_series)
{
    size_t count = 0, series = 0;
    while (g->at + count < g->group->count && count < STEP_MAX_RULES) {
        const struct rule *r = g->group->rules[g->at + count];
        const size_t more = series_of(e, r->expr) + series_of(e, r->resolve_when);
        if (count > 0 && series + more > STEP_MAX_SERIES)
            break;
        series += more;
        count++;
        if (g->rules[g->at + count - 1].is_step_end)
            break;
    }
    *ret_series = series;
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
    s->view = history_view_for(e->history, list, count, &s->opts);
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
        if (!o->failed && !o->rule->is_recording)
            book_elements(o, &s->externals, s->arena);
        o->duration = mono_since(mono_read(), started);
    }
}

/* ---- on the loop, after ---- */

void step_destroy(struct step *s)
{
    struct evaluation *e = s->evaluation;
    step_forget(s);
    list_remove(&s->link);
    list_remove(&s->ready);
    history_view_release(s->view);
    if (e->hooks.release)
        e->hooks.release(e->hooks.ctx, s->held);
    arena_destroy(s->arena);
}

void step_finish(struct step *s)
{
    struct evaluation *e = s->evaluation;
    struct group_state *g = s->group;
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

static void done(void *job)
{
    struct step *s = job;
    struct evaluation *e = s->evaluation;
    if (e->hooks.came) {
        list_append(&e->ready, &s->ready);
        e->hooks.came(e->hooks.ctx);
        return;
    }
    if (s->group) {
        struct ledger_txn *txn = e->hooks.begin(e->hooks.ctx);
        (void)step_apply(s, txn, NULL);
        e->hooks.end(e->hooks.ctx, txn);
    }
    step_finish(s);
}

bool step_start(struct evaluation *e, struct group_state *g)
{
    struct arena *arena = arena_create(0);
    struct step *s = arena_alloc(arena, sizeof(*s));
    size_t series;
    const int64_t at = wall_to_ms(g->evaluated) - g->group->query_offset / NSEC_PER_MSEC;
    s->evaluation = e;
    s->group = g;
    s->arena = arena;
    s->at = g->evaluated;
    s->opts = (struct promql_opts){.start = at, .end = at, .compat = e->compat};
    s->first = g->at;
    s->count = step_length(e, g, &series);
    g->read += series;
    s->outcomes = arena_alloc(arena, (s->count + 1) * sizeof(*s->outcomes));
    s->wants_resolve = arena_alloc(arena, s->count + 1);
    s->externals = book_externals(e->book, arena);
    pin(s, e, g);
    s->held = e->hooks.hold ? e->hooks.hold(e->hooks.ctx) : NULL;
    list_append(&e->steps, &s->link);
    if (e->offload.submit(e->offload.ctx, "evaluation", work, done, s))
        return true;
    step_destroy(s);
    return false;
}
