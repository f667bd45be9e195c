/* SPDX-License-Identifier: Apache-2.0 */
/* See smoke.h. */
#include "healthctl/smoke.h"

#include <signal.h>
#include <string.h>

#include "healthctl/frame_setup.h"
#include "healthctl/outcome.h"
#include "lib/base/glob.h"
#include "lib/core/loop.h"
#include "lib/core/runner.h"

enum { MAX_ACTIVE = 256 };

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

static int worse(int a, int b)
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

/* ---- one after the other ---- */

struct smoking_run {
    struct smoke smoke;
    struct frame frame;
    struct runner *runner;
    struct flow_run **runs;
    size_t total, next;
    struct flow_run *current;
    bool is_stopped;
    struct err e; /* why the next could not begin */
};

static void begin_next(void *ctx);

static bool wants(void *ctx, const struct flow_step *step)
{
    const struct smoking_run *s = ctx;
    const struct smoke_plan *plan = s->smoke.plan;
    return smoke_wants(plan, plan->flows[(s->next - 1) % plan->count], step);
}

static void on_step(void *ctx, const struct flow_result *result,
                    const struct flow_step_result *step)
{
    const struct smoke_plan *plan = ((const struct smoking_run *)ctx)->smoke.plan;
    if (plan->on_step)
        plan->on_step(plan->ctx, result, step);
}

static void on_done(void *ctx, const struct flow_result *result)
{
    struct smoking_run *s = ctx;
    s->smoke.results[s->smoke.count++] = result;
    s->smoke.code = worse(s->smoke.code, smoke_code(result));
    s->current = NULL;
    const bool is_over = s->is_stopped || s->next == s->total ||
                         (s->smoke.code != CODE_PASS && s->smoke.plan->is_failing_fast) ||
                         (s->smoke.code != CODE_PASS && s->next >= s->smoke.plan->count &&
                          s->smoke.plan->repeat > 1);
    if (is_over)
        loop_stop(s->frame.loop);
    else
        begin_next(s);
}

static void begin_next(void *ctx)
{
    struct smoking_run *s = ctx;
    const struct smoke_plan *plan = s->smoke.plan;
    const struct flow *flow = plan->flows[s->next++ % plan->count];
    s->current = flow_start(&(struct flow_ask){.flow = flow,
                                               .frame = &s->frame,
                                               .runner = s->runner,
                                               .vars = plan->vars,
                                               .wait = plan->wait,
                                               .is_failing_fast = plan->is_failing_fast,
                                               .is_wanted = wants,
                                               .on_step = on_step,
                                               .on_done = on_done,
                                               .ctx = s},
                            &s->e);
    s->runs[s->next - 1] = s->current;
    if (!s->current)
        loop_stop(s->frame.loop);
}

/* Once is enough: what always happens is under way then. */
static void on_signal(void *ctx, int signal)
{
    struct smoking_run *s = ctx;
    s->is_stopped = true;
    if (s->current)
        flow_stop(s->current);
}

static void end(struct smoking_run *s)
{
    for (size_t i = 0; i < s->next; i++)
        flow_destroy(s->runs[i]);
    if (s->runner)
        runner_destroy(s->runner);
    frame_finish(&s->frame);
}

int smoke_run(const struct smoke_plan *plan,
              int (*report)(void *ctx, const struct smoke *smoke), void *ctx)
{
    struct smoking_run s = {.smoke = {.plan = plan}, .total = plan->count * plan->repeat};
    struct arena *arena = plan->in->arena;
    int code = CODE_UNKNOWN;
    s.runs = arena_alloc(arena, (s.total + 1) * sizeof(*s.runs));
    s.smoke.results = arena_alloc(arena, (s.total + 1) * sizeof(*s.smoke.results));
    if (!frame_setup(&s.frame, FRAME_WHOLE, plan->resolver, plan->in->secrets, &s.e)) {
        complain(plan->in, CODE_UNKNOWN, "%s", s.e.text);
    } else {
        s.runner = runner_create(&s.frame, MAX_ACTIVE);
        loop_on_signal(s.frame.loop, SIGINT, on_signal, &s);
        loop_on_signal(s.frame.loop, SIGTERM, on_signal, &s);
        loop_defer(s.frame.loop, "smoke", begin_next, &s);
        loop_run(s.frame.loop);
        code = s.e.text[0] ? complain(plan->in, CODE_USAGE, "%s", s.e.text)
                           : report(ctx, &s.smoke);
    }
    end(&s);
    return code;
}
