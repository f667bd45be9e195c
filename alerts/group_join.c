/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an alert belongs: the routes that take it, the receivers they name, and in each of these its group. An alert is
 * in one place with each receiver; where it is already, or its warn/crit pair is, it stays, so that its end goes where
 * its beginning went. Called by dispatch and by escalation.
 */
#include <string.h>

#include "alerts/dispatch_impl.h"

static struct labels full_labels(const struct dispatch *d, const struct alert *a,
                                 struct arena *arena)
{
    return labels_merge(arena, d->words.external_labels, a->labels);
}

static struct alert_group *group_for(struct dispatch *d, struct alert *a,
                                     const char *pair, const struct route *r,
                                     const struct receiver *to)
{
    char lane[LANE_SIZE];
    struct arena *arena = arena_create(0);
    struct labels labels = {0};
    enum group_kind kind = GROUP_ALERT;
    if (to->type->is_paging) {
        lane_of_parts((const char *const[]){"alert", *pair ? pair : a->key}, 2, lane);
    } else {
        kind = GROUP_LABELS;
        labels = route_group_labels(r, full_labels(d, a, arena), arena);
        const char *key = route_group_key(r, labels, arena);
        lane_of_parts((const char *const[]){"group", key}, 2, lane);
    }
    struct alert_group *g = group_find(d, to->name, lane);
    if (!g)
        g = group_create(d, kind, to->name, lane, r->key, labels);
    arena_destroy(arena);
    return g;
}

/* Of a pair whose halves go different ways the more urgent one decides. */
static void set_route(struct alert_group *g, const struct route *r,
                      const struct receiver *to)
{
    g->receiver = to;
    if (g->route == r || (g->route && g->route->is_paging_severity))
        return;
    g->route = r;
    if (strcmp(g->route_key, r->key) != 0)
        g->route_key = arena_strdup(g->arena, r->key);
}

static void attach(struct member *m, struct alert *a)
{
    if (!m->alert) {
        m->alert = a;
        m->present_severity = severity_of(a->labels);
        alert_hold(a);
    }
    m->is_routed = true;
    if (m->is_told)
        return;
    m->fired_at = a->status.fired_at;
    m->is_missed = false;
}

struct alert_group *alert_join_receiver(struct dispatch *d, struct alert *a,
                                        const struct route *r, const struct receiver *to)
{
    char text[LANE_SIZE];
    const char *pair = alert_pair(a, text);
    struct member *m = member_find(d, to->name, a->key);
    const struct member *partner = pair_find(d, to->name, pair);
    if (receiver_leaves_out(to, a->labels))
        return NULL;
    if (!m) {
        struct arena *arena = arena_create(0);
        struct alert_group *g = partner ? partner->group : group_for(d, a, pair, r, to);
        m = member_add(d, g, a->key, pair, full_labels(d, a, arena), a);
        arena_destroy(arena);
    }
    attach(m, a);
    set_route(m->group, r, to);
    m->group->is_changed = true;
    return m->group;
}

void alert_join(struct dispatch *d, struct alert *a)
{
    const struct route *taken[ROUTES_TAKEN_MAX];
    const struct route *root = d->routing ? d->routing->root : NULL;
    struct arena *arena = arena_create(0);
    const size_t count =
        route_match(root, full_labels(d, a, arena), taken, ROUTES_TAKEN_MAX);
    for (size_t i = 0; i < count; i++) {
        for (const struct receiver *const *to = taken[i]->receivers; *to; to++)
            (void)alert_join_receiver(d, a, taken[i], *to);
    }
    arena_destroy(arena);
}

/* Nothing was told of it here: it goes where it would go now. */
static bool is_misplaced(struct dispatch *d, const struct member *m,
                         const struct route *r, const struct receiver *to)
{
    return !m->is_told && m->group->kind == GROUP_LABELS && m->alert &&
           group_for(d, m->alert, m->pair, r, to) != m->group;
}

static void rejoin_receiver(struct dispatch *d, struct alert *a, const struct route *r,
                            const struct receiver *to)
{
    struct member *m = member_find(d, to->name, a->key);
    if (m && !m->is_routed && is_misplaced(d, m, r, to))
        member_remove(d, m);
    (void)alert_join_receiver(d, a, r, to);
}

void alert_rejoin(struct dispatch *d, struct alert *a)
{
    const struct route *taken[ROUTES_TAKEN_MAX];
    const struct route *root = d->routing->root;
    struct arena *arena = arena_create(0);
    const size_t count =
        route_match(root, full_labels(d, a, arena), taken, ROUTES_TAKEN_MAX);
    for (size_t i = 0; i < count; i++) {
        for (const struct receiver *const *to = taken[i]->receivers; *to; to++)
            rejoin_receiver(d, a, taken[i], *to);
        for (const struct escalation *e = taken[i]->escalate; e && e->to; e++) {
            if (member_find(d, e->to->name, a->key))
                (void)alert_join_receiver(d, a, taken[i], e->to);
        }
    }
    arena_destroy(arena);
}
