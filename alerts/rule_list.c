/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All rules of a configuration together, once each is read: their identities, what they select, how far back they
 * read. Called by rule_list_finish's callers, once; reads no YAML.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/rule_build.h"
#include "lib/base/map.h"

/* The severity of a rule, when it is no template; else NULL. */
static const char *fixed_severity(const struct rule *r)
{
    const struct annotation *a = rule_texts_get(r->labels, "severity");
    return a && annotation_is_fixed(a) ? annotation_source(a) : NULL;
}

/* The two levels of a rule, and alerts of one name in one group, are told apart by severity; else by number. */
static const char *make_id(struct arena *arena, const struct map *taken,
                           const struct rule *r, bool has_severity)
{
    const char *severity = has_severity ? fixed_severity(r) : NULL;
    const char *id =
        arena_printf(arena, "%s/%s/%s", r->group->file, r->group->name, r->name);
    if (severity)
        id = arena_printf(arena, "%s:%s", id, severity);
    const char *base = id;
    for (int i = 2; map_get(taken, bytes_of(id)); i++)
        id = arena_printf(arena, "%s#%d", base, i);
    return id;
}

/* Name → the first rule of that name; in twice, those that a second one has. */
static void find_names(const struct group_build *g, struct map *once, struct map *twice)
{
    for (struct rule_link *link = g->first; link; link = link->next) {
        const struct bytes name = bytes_of(link->rule->name);
        (void)map_put(map_get(once, name) ? twice : once, name, link->rule);
    }
}

static void finish_group(struct rule_list *l, struct group_build *g)
{
    struct arena *arena = l->reader.arena;
    struct map *once = map_create(), *twice = map_create(), *taken = map_create();
    const struct rule **rules =
        arena_alloc(arena, (g->group->count + 1) * sizeof(*rules));
    size_t count = 0;
    find_names(g, once, twice);
    for (struct rule_link *link = g->first; link; link = link->next) {
        struct rule *r = link->rule;
        r->id =
            make_id(arena, taken, r, link->is_level || map_get(twice, bytes_of(r->name)));
        map_put(taken, bytes_of(r->id), r);
        if (r->no_data_after == 0)
            r->no_data_after = 3 * g->group->interval;
        rules[count++] = r;
    }
    g->group->rules = rules;
    map_destroy(once);
    map_destroy(twice);
    map_destroy(taken);
}

/* A pack is plain Prometheus and cannot say warn: and crit:. Its alerts of one name and two severities are such a
 * pair all the same. */
static void pair_levels(struct group_build *g)
{
    for (struct rule_link *a = g->first; a; a = a->next) {
        const char *severity = fixed_severity(a->rule);
        for (struct rule_link *b = g->first; b; b = b->next) {
            const char *worse = fixed_severity(b->rule);
            if (severity && worse && !strcmp(severity, "warning") &&
                !strcmp(worse, "critical") && !strcmp(a->rule->name, b->rule->name))
                a->rule->worse = b->rule;
        }
    }
}

struct selector_list {
    const struct selector **items;
    size_t count;
};

static size_t selector_count(const struct promql *q)
{
    size_t count = 0;
    if (q)
        (void)promql_selectors(q, &count);
    return count;
}

static void add_selectors(struct selector_list *list, const struct promql *q)
{
    size_t count = 0;
    const struct selector *const *items = q ? promql_selectors(q, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        list->items[list->count++] = items[i];
}

static nsec reach_of(const struct rule *r)
{
    const nsec expr = promql_reach(r->expr);
    const nsec resolve = r->resolve_when ? promql_reach(r->resolve_when) : 0;
    return (expr > resolve ? expr : resolve) + r->group->query_offset;
}

static void collect(struct rule_list *l, struct rules *ret)
{
    struct selector_list list = {0};
    size_t most = 0;
    for (const struct group_build *g = l->first; g; g = g->next) {
        for (const struct rule_link *link = g->first; link; link = link->next)
            most += selector_count(link->rule->expr) +
                    selector_count(link->rule->resolve_when);
    }
    list.items = arena_alloc(l->reader.arena, (most + 1) * sizeof(struct selector *));
    for (const struct group_build *g = l->first; g; g = g->next) {
        for (const struct rule_link *link = g->first; link; link = link->next) {
            const nsec reach = reach_of(link->rule);
            add_selectors(&list, link->rule->expr);
            add_selectors(&list, link->rule->resolve_when);
            ret->reach = reach > ret->reach ? reach : ret->reach;
        }
    }
    ret->selectors = list.items;
    ret->selector_count = list.count;
}

void rule_list_finish(struct rule_list *l, struct rules *ret)
{
    const struct rule_group **groups =
        arena_alloc(l->reader.arena, (l->group_count + 1) * sizeof(*groups));
    size_t count = 0;
    for (struct group_build *g = l->first; g; g = g->next) {
        finish_group(l, g);
        if (g->source->is_bundled)
            pair_levels(g);
        groups[count++] = g->group;
    }
    *ret = (struct rules){.groups = groups, .count = count};
    collect(l, ret);
}
