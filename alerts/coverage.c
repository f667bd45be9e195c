/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a rule's silence is worth: which probes own the series that its selectors match, and whether
 * these were asked lately and long enough. Called by the book for alerts whose element is missing. Decides nothing
 * else, and changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "alerts/evaluation_impl.h"

static bool is_set_by(const struct rule *r, const char *name)
{
    for (size_t i = 0; i < r->labels.count; i++) {
        if (!strcmp(r->labels.items[i].name, name))
            return true;
    }
    return false;
}

/* Do these labels contradict the owner's? Then it does not cover them. What the rule itself sets says nothing. */
static bool is_covered(const struct rule *r, struct labels labels, struct labels owner)
{
    for (size_t i = 0; i < owner.count; i++) {
        const char *name = owner.items[i].name;
        const char *value = labels_get(labels, name);
        if (value && strcmp(value, owner.items[i].value) != 0 && !is_set_by(r, name))
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
    c->items[c->count++] = (struct covering){.owner = owner, .range = by->range};
    return true;
}

static int longest_first(const void *a, const void *b)
{
    const nsec x = (*(const struct selector *const *)a)->range;
    const nsec y = (*(const struct selector *const *)b)->range;
    return (x < y) - (x > y);
}

static const char *probe_of(struct labels labels)
{
    const char *probe = labels_get(labels, "probe");
    return probe ? probe : "";
}

/* There may be thousands of alerts, and of probes: each alert is judged by its own. */
static void sort_by_probe(struct coverage *c)
{
    c->by_probe = map_create();
    arena_cleanup(c->arena, (void (*)(void *))map_destroy, c->by_probe);
    for (size_t i = 0; i < c->count; i++) {
        struct covering *by = &c->items[i];
        by->next =
            map_put(c->by_probe, bytes_of(probe_of(history_owner_labels(by->owner))), by);
    }
}

/* Once for all alerts of the rule, as long as no owner ends. */
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
    c->owners_ended = history_owners_ended(c->evaluation->history);
    sort_by_probe(c);
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

static bool is_known_by(const struct coverage *c, const struct covering *by,
                        struct labels labels)
{
    const struct evaluation_hooks *hooks = &c->evaluation->hooks;
    const struct labels owner = history_owner_labels(by->owner);
    struct wall first_run = {0};
    return !is_covered(c->rule, labels, owner) ||
           (hooks->is_known(hooks->ctx, owner, &first_run) &&
            is_warm(c, by, owner, first_run));
}

static bool is_known_by_all(const struct coverage *c, struct labels labels)
{
    for (size_t i = 0; i < c->count; i++) {
        if (!is_known_by(c, &c->items[i], labels))
            return false;
    }
    return true;
}

static bool is_known_by_those_of(const struct coverage *c, const char *probe,
                                 struct labels labels)
{
    for (const struct covering *by = map_get(c->by_probe, bytes_of(probe)); by;
         by = by->next) {
        if (!is_known_by(c, by, labels))
            return false;
    }
    return true;
}

bool coverage_is_known(void *ctx, const struct rule *rule, struct labels labels)
{
    struct coverage *c = ctx;
    const struct evaluation_hooks *hooks = &c->evaluation->hooks;
    const char *probe = labels_get(labels, "probe");
    if (!hooks->is_known)
        return true;
    if (c->rule != rule ||
        c->owners_ended != history_owners_ended(c->evaluation->history))
        look_up(c, rule);
    if (c->count == 0 && hooks->is_settled)
        return hooks->is_settled(hooks->ctx);
    if (!probe || !*probe || is_set_by(rule, "probe"))
        return is_known_by_all(c, labels);
    return is_known_by_those_of(c, probe, labels) && is_known_by_those_of(c, "", labels);
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

/* ---- what is configured no more ---- */

bool coverage_is_removed(void *ctx, const struct rule *rule, struct labels labels)
{
    const struct evaluation_hooks *hooks =
        &((const struct coverage *)ctx)->evaluation->hooks;
    return hooks->is_removed && hooks->is_removed(hooks->ctx, rule, labels);
}
