/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Out of turn: which groups a verdict concerns, and how soon each may be evaluated again. Called by evaluation.c, and
 * through evaluation.h by the engine. Evaluates nothing.
 */
#include "alerts/evaluation_impl.h"

/* Out of turn, an evaluation that reads much has a rest after it, so that a thousand verdicts in a row do not have it
 * made a thousand times. A series costs 2 to 5 µs: an outage of many probes takes about a tenth of a core, not all of it. */
#define READ_WITHOUT_REST 200
#define REST_PER_SERIES (50 * NSEC_PER_USEC)
#define LONGEST_REST NSEC_PER_SEC

void evaluation_touch(struct evaluation *e, struct history_owner *owner, struct wall now)
{
    map_put(e->touched, (struct bytes){(const char *)&owner, sizeof(owner)}, e);
}

void evaluation_touch_all(struct evaluation *e)
{
    for (size_t i = 0; i < e->group_count; i++)
        e->groups[i].is_touched = true;
}

struct meeting {
    const struct map *touched;
    bool is_met;
};

static bool meet_owner(void *ctx, struct history_owner *owner, const struct selector *by)
{
    struct meeting *m = ctx;
    m->is_met =
        map_get(m->touched, (struct bytes){(const char *)&owner, sizeof(owner)}) != NULL;
    return !m->is_met;
}

static bool has_alerts(const struct rule_group *g)
{
    for (size_t i = 0; i < g->count; i++) {
        if (!g->rules[i]->is_recording)
            return true;
    }
    return false;
}

void touches_spread(struct evaluation *e)
{
    if (map_count(e->touched) == 0)
        return;
    for (size_t i = 0; i < e->group_count; i++) {
        struct group_state *g = &e->groups[i];
        struct meeting m = {.touched = e->touched};
        if (g->is_touched || !has_alerts(g->group))
            continue;
        history_owners(e->history, g->selectors, g->selector_count, meet_owner, &m);
        g->is_touched = m.is_met;
    }
    map_destroy(e->touched);
    e->touched = map_create();
}

struct wall group_rested(const struct group_state *g, struct wall now)
{
    const nsec rest = (nsec)g->read * REST_PER_SERIES;
    if (g->read <= READ_WITHOUT_REST || g->evaluated.ns > now.ns)
        return now;
    return wall_add(g->evaluated, rest < LONGEST_REST ? rest : LONGEST_REST);
}
