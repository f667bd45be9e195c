/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a run may use tokens: when a call is due, and whether today's budget has room for it. Called once a run by
 * llm.c; pure but for the session it moves.
 */
#include "probes/llm.h"

nsec llm_plan_until_tomorrow(struct wall now)
{
    return NSEC_PER_DAY - now.ns % NSEC_PER_DAY;
}

static bool is_due(const struct llm_session *s, const struct llm_conf *conf,
                   struct mono now, struct wall wall)
{
    if (!mono_reached(now, s->not_before))
        return false;
    const nsec since = wall.ns - s->budget.asked_at * NSEC_PER_SEC;
    const bool has_stepped_back = since < 0;
    return s->held != REASON_NONE || !s->budget.asked_at || has_stepped_back ||
           since >= conf->every;
}

/* Nothing of these is written down: one run, one call. */
static bool is_alone(enum origin origin)
{
    return origin == ORIGIN_ONCE || origin == ORIGIN_FLOW;
}

enum llm_plan llm_plan(struct llm_session *s, const struct llm_conf *conf,
                       enum origin origin, struct mono now, struct wall wall)
{
    struct llm_budget *b = &s->budget;
    llm_budget_roll(b, wall);
    if (conf->level != LLM_COMPLETE || !is_due(s, conf, now, wall))
        return LLM_PLAN_KEY;
    const bool is_ready = b->aside > 0 && b->spent + b->aside <= conf->daily_tokens;
    if (is_ready)
        return LLM_PLAN_COMPLETE;
    b->aside = 0;
    if (!llm_budget_set_aside(b, conf))
        return LLM_PLAN_SPENT;
    return is_alone(origin) ? LLM_PLAN_COMPLETE : LLM_PLAN_PREPARE;
}
