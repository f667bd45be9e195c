/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a rule's silence is worth: which probes own the series that its selectors match, and whether
 * these were asked lately and long enough. Called by the book for alerts whose element is missing. Decides nothing
 * else, and changes nothing.
 */
#include <string.h>

#include "alerts/evaluation_impl.h"

/* Do these labels contradict the owner's? Then it does not cover them. What the rule itself sets says nothing. */
static bool is_covered(const struct rule *r, struct labels labels, struct labels owner)
{
    for (size_t i = 0; i < owner.count; i++) {
        const char *value = labels_get(labels, owner.items[i].name);
        bool is_own = false;
        for (size_t k = 0; k < r->labels.count; k++)
            is_own |= !strcmp(r->labels.items[k].name, owner.items[i].name);
        if (value && !is_own && strcmp(value, owner.items[i].value) != 0)
            return false;
    }
    return true;
}

struct question {
    const struct coverage *coverage;
    const struct rule *rule;
    struct labels labels;
    nsec range; /* the longest of the selector */
    bool is_known;
    size_t owners;
};

/* A range is empty until it had time for two samples. */
static bool is_warm(const struct question *q, struct labels owner, struct wall first_run)
{
    const struct evaluation *e = q->coverage->evaluation;
    nsec interval = e->hooks.interval ? e->hooks.interval(e->hooks.ctx, owner) : 0;
    interval = interval > 0 ? interval : q->rule->group->interval;
    const nsec needed = q->range < 2 * interval ? q->range : 2 * interval;
    return q->coverage->now.ns - first_run.ns >= needed;
}

static void ask_owner(void *ctx, struct history_owner *owner)
{
    struct question *q = ctx;
    const struct evaluation_hooks *hooks = &q->coverage->evaluation->hooks;
    const struct labels labels = history_owner_labels(owner);
    struct wall first_run = {0};
    q->owners++;
    if (!q->is_known || !is_covered(q->rule, q->labels, labels))
        return;
    q->is_known =
        hooks->is_known(hooks->ctx, labels, &first_run) && is_warm(q, labels, first_run);
}

static void ask_selectors(struct question *q, const struct promql *expr)
{
    size_t count = 0;
    const struct selector *const *selectors = promql_selectors(expr, &count);
    for (size_t i = 0; i < count && q->is_known; i++) {
        q->range = selectors[i]->range;
        history_owners(q->coverage->evaluation->history, &selectors[i], 1, ask_owner, q);
    }
}

bool coverage_is_known(void *ctx, const struct rule *rule, struct labels labels)
{
    const struct coverage *c = ctx;
    const struct evaluation_hooks *hooks = &c->evaluation->hooks;
    struct question q = {.coverage = c, .rule = rule, .labels = labels, .is_known = true};
    if (!hooks->is_known)
        return true;
    ask_selectors(&q, rule->expr);
    if (q.owners == 0 && hooks->is_settled)
        return hooks->is_settled(hooks->ctx);
    return q.is_known;
}

/* ---- ended series ---- */

struct search {
    const struct rule *rule;
    struct labels labels;
    bool is_found;
};

static void find_series(void *ctx, struct labels labels, struct point newest)
{
    struct search *s = ctx;
    s->is_found |= !is_stale(newest.value) && is_covered(s->rule, s->labels, labels);
}

bool coverage_is_gone(void *ctx, const struct rule *rule, struct labels labels)
{
    const struct coverage *c = ctx;
    const int64_t to = wall_to_ms(c->now);
    const int64_t from = to - PROMQL_LOOKBACK / NSEC_PER_MSEC;
    struct search s = {.rule = rule, .labels = labels};
    size_t count = 0;
    const struct selector *const *selectors =
        promql_selectors(rule->resolve_when, &count);
    for (size_t i = 0; i < count && !s.is_found; i++)
        history_each(c->evaluation->history, &selectors[i]->matchers, 1, from, to,
                     find_series, &s);
    return !s.is_found;
}
