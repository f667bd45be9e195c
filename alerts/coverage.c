/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a rule's silence is worth: which probes own the series that its selectors match, and whether
 * these were asked lately and long enough. Called by the book for alerts whose element is missing. Decides nothing
 * else, and changes nothing.
 */
#include <stdlib.h>
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

/* ---- owners ---- */

static bool add_owner(void *ctx, struct history_owner *owner, const struct selector *by)
{
    struct coverage *c = ctx;
    if (c->count == c->size) {
        struct covering *before = c->items;
        c->size = c->size ? 2 * c->size : 8;
        c->items = arena_alloc(c->arena, c->size * sizeof(*c->items));
        if (before)
            memcpy(c->items, before, c->count * sizeof(*c->items));
    }
    c->items[c->count++] = (struct covering){owner, by->range};
    return true;
}

static int longest_first(const void *a, const void *b)
{
    const nsec x = (*(const struct selector *const *)a)->range;
    const nsec y = (*(const struct selector *const *)b)->range;
    return (x < y) - (x > y);
}

/* Once for all alerts of the rule: there may be thousands, of a few owners. */
static void look_up(struct coverage *c, const struct rule *rule)
{
    size_t count = 0;
    const struct selector *const *selectors = promql_selectors(rule->expr, &count);
    const struct selector **sorted = arena_alloc(c->arena, (count + 1) * sizeof(*sorted));
    for (size_t i = 0; i < count; i++)
        sorted[i] = selectors[i];
    qsort(sorted, count, sizeof(*sorted), longest_first);
    c->count = 0;
    history_owners(c->evaluation->history, sorted, count, add_owner, c);
    c->rule = rule;
}

/* A range is empty until it had time for two samples. */
static bool is_warm(const struct coverage *c, const struct covering *by,
                    struct labels owner, struct wall first_run)
{
    const struct evaluation_hooks *hooks = &c->evaluation->hooks;
    nsec interval = hooks->interval ? hooks->interval(hooks->ctx, owner) : 0;
    interval = interval > 0 ? interval : c->rule->group->interval;
    const nsec needed = by->range < 2 * interval ? by->range : 2 * interval;
    return c->now.ns - first_run.ns >= needed;
}

bool coverage_is_known(void *ctx, const struct rule *rule, struct labels labels)
{
    struct coverage *c = ctx;
    const struct evaluation_hooks *hooks = &c->evaluation->hooks;
    if (!hooks->is_known)
        return true;
    if (c->rule != rule)
        look_up(c, rule);
    if (c->count == 0 && hooks->is_settled)
        return hooks->is_settled(hooks->ctx);
    for (size_t i = 0; i < c->count; i++) {
        const struct labels owner = history_owner_labels(c->items[i].owner);
        struct wall first_run = {0};
        if (is_covered(rule, labels, owner) &&
            (!hooks->is_known(hooks->ctx, owner, &first_run) ||
             !is_warm(c, &c->items[i], owner, first_run)))
            return false;
    }
    return true;
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
