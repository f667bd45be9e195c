/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which steps are wanted (by name, and those that they need), how many passed, and which exit code that is. Called by
 * smoke_run.c and by what shows a run. Starts none.
 */
#include "healthctl/smoke.h"

#include <string.h>

#include "healthctl/outcome.h"
#include "lib/base/glob.h"

/* ---- which steps ---- */

static bool matches(const char *const *patterns, const char *name)
{
    for (; patterns && *patterns; patterns++) {
        if (glob_match(bytes_of(*patterns), bytes_of(name)))
            return true;
    }
    return false;
}

static bool is_named(const struct smoke_plan *plan, const struct flow_step *step)
{
    return (!plan->only || matches(plan->only, step->name)) &&
           !matches(plan->skip, step->name);
}

static bool captures(const struct flow_step *step, const char *name)
{
    for (size_t i = 0; i < step->capture_count; i++) {
        if (!strcmp(step->captures[i].name, name))
            return true;
    }
    return false;
}

static bool is_needed_by(const struct smoke_plan *plan, const struct flow *flow,
                         const struct flow_step *steps, size_t count,
                         const struct flow_step *step)
{
    for (size_t i = 0; i < count; i++) {
        const struct flow_step *other = &steps[i];
        if (other == step)
            return false; /* only later ones can need it */
        if (is_needed_by(plan, flow, other->steps, other->step_count, step))
            return true;
        for (const char *const *name = other->needs; name && *name; name++) {
            if (captures(step, *name) && smoke_wants(plan, flow, other))
                return true;
        }
    }
    return false;
}

/* Those behind it in the flow. */
static bool is_needed(const struct smoke_plan *plan, const struct flow *flow,
                      const struct flow_step *step)
{
    for (size_t i = 0; step->capture_count && i < flow->step_count; i++) {
        const struct flow_step *at = &flow->steps[i];
        const bool is_here = at == step || (step >= at->steps && at->steps &&
                                            step < at->steps + at->step_count);
        if (is_here)
            return is_needed_by(plan, flow, at + 1, flow->step_count - i - 1, step);
    }
    return false;
}

bool smoke_wants(const struct smoke_plan *plan, const struct flow *flow,
                 const struct flow_step *step)
{
    return is_named(plan, step) || (plan->only && is_needed(plan, flow, step));
}

/* ---- what it is worth ---- */

int smoke_code(const struct flow_result *r)
{
    if (r->is_stopped)
        return CODE_STOPPED;
    if (r->failed && r->is_late)
        return CODE_NOT_READY;
    if (r->failed)
        return (int)outcome_code(r->failed->state == STEP_UNKNOWN ? HEALTH_UNKNOWN
                                                                  : HEALTH_DOWN,
                                 r->failed->reason);
    return r->finally_failed ? CODE_TEARDOWN : CODE_PASS;
}

int smoke_worse(int a, int b)
{
    if (a == CODE_STOPPED || b == CODE_STOPPED)
        return CODE_STOPPED;
    return (int)outcome_worse((enum exit_code)a, (enum exit_code)b);
}

struct smoke_counts smoke_count(const struct flow_result *r)
{
    struct smoke_counts c = {0};
    for (size_t i = 0; i < r->count; i++) {
        const struct flow_step_result *s = &r->steps[i];
        if (s->step->steps)
            continue;
        c.passed += s->state == STEP_PASSED;
        c.degraded += s->state == STEP_DEGRADED;
        c.failed += s->state == STEP_FAILED;
        c.unknown += s->state == STEP_UNKNOWN;
        c.skipped += s->state == STEP_SKIPPED || s->state == STEP_WAITING;
    }
    return c;
}

void smoke_choose(struct smoke_plan *plan, const struct flow_choice *c)
{
    plan->generation = c->generation;
    plan->flows = c->flows;
    plan->count = c->count;
    plan->source = c->source;
}
