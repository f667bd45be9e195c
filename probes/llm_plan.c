/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a completion is due, what it may cost, and what today's budget makes of it. Called by llm.c and llm_memory.c;
 * pure. The counting itself is lib/core/budget.c's.
 */
#include "probes/llm.h"

/* What providers put around a prompt (roles, turns, a template) before they count. */
#define FRAME_TOKENS 64
/* So many failures in a row are asked again with the next run, so that they are confirmed soon. */
#define FAILURES_AT_ONCE 3
#define FIRST_PAUSE NSEC_PER_MINUTE
#define MOST_DOUBLINGS 16

nsec llm_plan_until_tomorrow(struct wall now)
{
    return NSEC_PER_DAY - now.ns % NSEC_PER_DAY;
}

/* A token is a byte of the prompt at least. */
int64_t llm_plan_need(const struct llm_conf *conf)
{
    return (int64_t)bytes_of(conf->prompt).len + FRAME_TOKENS + conf->max_tokens;
}

bool llm_plan_is_due(const struct llm_session *s, const struct llm_conf *conf,
                     struct mono now, struct wall wall)
{
    if (conf->level != LLM_COMPLETE || !mono_reached(now, s->not_before))
        return false;
    const nsec since = wall.ns - s->asked_at * NSEC_PER_SEC;
    const bool has_stepped_back = since < 0;
    return s->held != REASON_NONE || !s->asked_at || has_stepped_back ||
           since >= conf->every;
}

enum llm_plan llm_plan(bool is_due, enum budget_state budget)
{
    if (!is_due)
        return LLM_PLAN_KEY;
    switch (budget) {
    case BUDGET_GRANTED:
        return LLM_PLAN_COMPLETE;
    case BUDGET_SPENT:
        return LLM_PLAN_SPENT;
    case BUDGET_UNKNOWN:
        break;
    }
    return LLM_PLAN_UNCOUNTED;
}

nsec llm_plan_pause(const struct llm_conf *conf, size_t failures, nsec asked_to_wait)
{
    nsec pause = 0;
    const size_t beyond = failures > FAILURES_AT_ONCE ? failures - FAILURES_AT_ONCE : 0;
    if (beyond)
        pause =
            FIRST_PAUSE << (beyond - 1 < MOST_DOUBLINGS ? beyond - 1 : MOST_DOUBLINGS);
    if (pause > conf->every)
        pause = conf->every;
    if (asked_to_wait > pause)
        pause = asked_to_wait;
    return pause < NSEC_PER_DAY ? pause : NSEC_PER_DAY;
}
