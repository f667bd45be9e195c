/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a step's rules were found to be goes into the book, and into history (recorded series, ALERTS), rule by rule on the
 * loop, in slices when there is much. Called by evaluation.c; computes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/alert_key.h"
#include "alerts/evaluation_impl.h"

#include "lib/base/memory.h"

struct applying {
    struct coverage coverage;
    struct coverage_view view;
    size_t rule;            /* of the step's */
    bool is_begun;          /* that rule is */
    struct book_pass *pass; /* of that rule; NULL: it has none */
    struct err why;         /* it failed */
    bool has_failed;
    size_t put, held; /* its ALERTS series: how far; alerts that nobody knows of */
};

/* ---- recording rules ---- */

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

/* ---- alerting rules ---- */

/* Prometheus' ALERTS: who looks for it finds it. */
static void put_alert(void *ctx, struct alert *a)
{
    struct step *s = ctx;
    const enum alert_state state = a->status.state;
    const struct label mark = {"alertstate", alert_state_name(state)};
    s->applying->held += a->status.unknown_since.ns != 0;
    if (state == ALERT_PENDING || state == ALERT_FIRING)
        history_put(s->group->owner, "ALERTS",
                    labels_merge(s->arena, a->labels, (struct labels){&mark, 1}),
                    s->opts.end, 1);
}

static bool apply_alerts(struct step *s, struct rule_outcome *o, struct ledger_txn *txn,
                         const struct slice *slice)
{
    struct applying *a = s->applying;
    if (!a->is_begun) {
        a->is_begun = true;
        a->pass = book_pass_begin(s->evaluation->book, o, &a->view, s->at, txn, &a->why);
        a->has_failed = !a->pass;
    }
    if (a->pass && !book_pass_go(a->pass, slice))
        return false;
    if (a->pass)
        a->has_failed = !book_pass_end(a->pass, &a->why);
    a->pass = NULL;
    return book_walk_of(s->evaluation->book, o->rule, &a->put, put_alert, s, slice);
}

/* ---- each of them ---- */

static void set_error(struct rule_state *r, const char *text)
{
    free(r->error);
    r->error = memory_strdup(text);
    r->health.last_error = r->error ? r->error : "";
}

static void note_health(struct step *s, const struct rule_outcome *o,
                        struct rule_state *state)
{
    const struct applying *a = s->applying;
    set_error(state, a->has_failed ? a->why.text : "");
    state->health.was_evaluated = true;
    state->health.is_ok = !a->has_failed;
    state->health.last = s->at;
    state->health.duration = o->duration;
    state->health.held = a->held;
    s->evaluation->stats.failures += a->has_failed;
    s->group->has_failed |= a->has_failed;
}

static bool apply_rule(struct step *s, struct rule_outcome *o, struct ledger_txn *txn,
                       const struct slice *slice)
{
    struct applying *a = s->applying;
    if (!o->rule->is_recording)
        return apply_alerts(s, o, txn, slice);
    a->has_failed =
        o->failed ? !err_set(&a->why, "%s", o->why.text) : !record(s, o, &a->why);
    return true;
}

static struct applying *applying_begin(struct step *s)
{
    struct applying *a = arena_alloc(s->arena, sizeof(*a));
    a->coverage =
        (struct coverage){.evaluation = s->evaluation, .now = s->at, .arena = s->arena};
    a->view = (struct coverage_view){&a->coverage, coverage_is_known, coverage_is_gone,
                                     coverage_is_removed};
    return a;
}

#define ENDS_AT_A_TIME 100

/* With the group's last rule: what no rule of it gives any more has ended. */
static bool end_series(const struct step *s, const struct slice *slice)
{
    struct group_state *g = s->group;
    if (s->first + s->count < g->group->count || g->has_failed)
        return true;
    while (!history_end_some(g->owner, s->opts.end, ENDS_AT_A_TIME)) {
        if (slice_is_over(slice))
            return false;
    }
    return true;
}

bool step_apply(struct step *s, struct ledger_txn *txn, const struct slice *slice)
{
    struct applying *a = s->applying ? s->applying : applying_begin(s);
    s->applying = a;
    while (a->rule < s->count) {
        struct rule_outcome *o = &s->outcomes[a->rule];
        if (!apply_rule(s, o, txn, slice))
            return false;
        note_health(s, o, &s->group->rules[s->first + a->rule]);
        *a = (struct applying){
            .coverage = a->coverage, .view = a->view, .rule = a->rule + 1};
        if (slice_is_over(slice))
            return false;
    }
    return end_series(s, slice);
}

void step_forget(struct step *s)
{
    struct err ignored;
    if (s->applying)
        (void)book_pass_end(s->applying->pass, &ignored);
    s->applying = NULL;
}
