/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Out of turn: which groups a verdict concerns, and how soon each may be evaluated again. Called by evaluation.c, and
 * through evaluation.h by the engine. Evaluates nothing.
 */
#include "alerts/evaluation_impl.h"

/* Out of turn, a group rests after an evaluation, in proportion to what that took, so that many verdicts in a row do not
 * take a core: not more than a twentieth for each group. A probe that changes while nothing else does is not kept waiting. */
#define REST_PER_WORK 19
#define LONGEST_REST NSEC_PER_SEC

void evaluation_touch(struct evaluation *e, struct history_owner *owner)
{
    map_put(e->touched, (struct bytes){(const char *)&owner, sizeof(owner)}, e);
}

void evaluation_touch_all(struct evaluation *e)
{
    for (size_t i = 0; i < e->group_count; i++)
        e->groups[i].is_touched = true;
}

static bool is_touched(void *ctx, const struct history_owner *owner)
{
    const struct evaluation *e = ctx;
    return map_get(e->touched, (struct bytes){(const char *)&owner, sizeof(owner)}) !=
           NULL;
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
        if (!g->is_touched && has_alerts(g->group))
            g->is_touched = history_has_moved(e->history, g->selectors, g->selector_count,
                                              is_touched, e);
    }
    history_moves_seen(e->history);
    map_destroy(e->touched);
    e->touched = map_create();
}

void group_rest(struct group_state *g, struct wall now)
{
    const nsec took = now.ns - g->begun.ns;
    if (!g->has_ended)
        return;
    g->has_ended = false;
    /* A clock that was set says nothing. */
    g->rested =
        took > 0 && took < NSEC_PER_MINUTE
            ? wall_add(now, took < LONGEST_REST / REST_PER_WORK ? took * REST_PER_WORK
                                                                : LONGEST_REST)
            : now;
}

struct wall group_rested(const struct group_state *g, struct wall now)
{
    const bool rests = g->rested.ns > now.ns && g->rested.ns - now.ns <= LONGEST_REST;
    return rests ? g->rested : now;
}
