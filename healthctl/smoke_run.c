/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows one after the other, on a loop of their own: how often, for how long, and what Ctrl-C does. See smoke.h; which
 * steps and what they are worth is smoke.c's.
 */
#include <signal.h>

#include "healthctl/frame_setup.h"
#include "healthctl/smoke.h"
#include "lib/core/loop.h"
#include "lib/core/runner.h"

enum { MAX_ACTIVE = 256 };
#define STEADY_PAUSE NSEC_PER_SEC

struct smoking_run {
    struct smoke smoke;
    struct frame frame;
    struct runner *runner;
    struct flow_run **runs; /* of this round */
    size_t total, next;     /* of this round: all flows, as often as is asked */
    struct flow_run *current;
    struct mono began, steady_since; /* ns 0: not all have passed yet */
    struct timer *pause;
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

static void on_answer(void *ctx, const struct flow_result *result,
                      const struct flow_step_result *step, size_t finding,
                      struct run *run)
{
    const struct smoke_plan *plan = ((const struct smoking_run *)ctx)->smoke.plan;
    if (plan->on_answer)
        plan->on_answer(plan->answer_ctx, result, step, finding, run);
}

/* ---- rounds ---- */

static void end_round(struct smoking_run *s)
{
    for (size_t i = 0; i < s->next; i++)
        flow_destroy(s->runs[i]);
    s->next = 0;
    s->smoke.count = 0;
}

static bool had_failed_try(const struct smoking_run *s)
{
    for (size_t i = 0; i < s->smoke.count; i++) {
        const struct flow_result *r = s->smoke.results[i];
        for (size_t k = 0; k < r->count; k++) {
            if (r->steps[k].failing_since.ns)
                return true;
        }
    }
    return false;
}

/* All have passed. True when it was for long enough, or the wait is over before it can be. */
static bool is_steady(struct smoking_run *s)
{
    const struct smoke_plan *plan = s->smoke.plan;
    const struct mono now = loop_now_exact(s->frame.loop);
    if (!s->steady_since.ns || had_failed_try(s))
        s->steady_since = now;
    s->smoke.steady = mono_since(now, s->steady_since);
    if (s->smoke.steady >= plan->steady)
        return true;
    const nsec left = plan->wait - mono_since(now, s->began);
    if (left > plan->steady - s->smoke.steady)
        return false;
    s->smoke.code = CODE_NOT_READY;
    return true;
}

static void begin_round(void *ctx)
{
    struct smoking_run *s = ctx;
    end_round(s);
    begin_next(s);
}

static void pause_round(struct smoking_run *s)
{
    const nsec left = s->smoke.plan->steady - s->smoke.steady;
    const struct mono now = loop_now_exact(s->frame.loop);
    timer_at(s->pause, mono_add(now, left < STEADY_PAUSE ? left : STEADY_PAUSE));
}

/* ---- one after the other ---- */

static bool is_over(const struct smoking_run *s)
{
    const struct smoke_plan *plan = s->smoke.plan;
    return s->is_stopped || s->next == s->total ||
           (s->smoke.code != CODE_PASS && plan->is_failing_fast) ||
           (s->smoke.code != CODE_PASS && s->next >= plan->count && plan->repeat > 1);
}

static void on_done(void *ctx, const struct flow_result *result)
{
    struct smoking_run *s = ctx;
    s->smoke.results[s->smoke.count++] = result;
    s->smoke.code = smoke_worse(s->smoke.code, smoke_code(result));
    s->current = NULL;
    if (!is_over(s))
        begin_next(s);
    else if (s->smoke.code != CODE_PASS || !s->smoke.plan->steady || is_steady(s))
        loop_stop(s->frame.loop);
    else
        pause_round(s);
}

/* Of the wait; at least a moment, which makes one try. */
static nsec time_left(const struct smoking_run *s)
{
    const nsec left =
        s->smoke.plan->wait - mono_since(loop_now_exact(s->frame.loop), s->began);
    return left > NSEC_PER_MSEC ? left : NSEC_PER_MSEC;
}

static void begin_next(void *ctx)
{
    struct smoking_run *s = ctx;
    const struct smoke_plan *plan = s->smoke.plan;
    if (s->is_stopped) {
        s->smoke.code = CODE_STOPPED;
        loop_stop(s->frame.loop);
        return;
    }
    const struct flow *flow = plan->flows[s->next++ % plan->count];
    const nsec left = plan->wait ? time_left(s) : 0;
    s->current = flow_start(&(struct flow_ask){.flow = flow,
                                               .frame = &s->frame,
                                               .runner = s->runner,
                                               .vars = plan->vars,
                                               .wait = left,
                                               .most = plan->is_wait_all ? left : 0,
                                               .is_failing_fast = plan->is_failing_fast,
                                               .is_recording = plan->is_recording,
                                               .is_wanted = wants,
                                               .on_step = on_step,
                                               .on_answer = on_answer,
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
    if (s->current) {
        flow_stop(s->current);
    } else if (s->smoke.count) { /* between two rounds */
        s->smoke.code = CODE_STOPPED;
        loop_stop(s->frame.loop);
    }
}

static void end(struct smoking_run *s)
{
    end_round(s);
    timer_destroy(s->pause);
    if (s->runner)
        runner_destroy(s->runner);
    frame_finish(&s->frame);
}

static void run_all(struct smoking_run *s, const sigset_t *signals)
{
    struct loop *loop = s->frame.loop;
    s->runner = runner_create(&s->frame, MAX_ACTIVE);
    s->pause = loop_timer_create(loop, "smoke round", begin_round, s);
    loop_on_signal(loop, SIGINT, on_signal, s);
    loop_on_signal(loop, SIGTERM, on_signal, s);
    s->began = loop_now_exact(loop);
    loop_defer(loop, "smoke", begin_next, s);
    sigprocmask(SIG_UNBLOCK, signals, NULL);
    loop_run(loop);
    sigprocmask(SIG_BLOCK, signals, NULL);
    s->smoke.duration = mono_since(loop_now_exact(loop), s->began);
}

int smoke_run(const struct smoke_plan *plan,
              int (*report)(void *ctx, const struct smoke *smoke), void *ctx)
{
    struct smoking_run s = {.smoke = {.plan = plan}, .total = plan->count * plan->repeat};
    struct arena *arena = plan->in->arena;
    sigset_t signals, former;
    int code = CODE_UNKNOWN;
    s.runs = arena_alloc(arena, (s.total + 1) * sizeof(*s.runs));
    s.smoke.results = arena_alloc(arena, (s.total + 1) * sizeof(*s.smoke.results));
    /* A signal before the loop hears them would end us without a word. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, &former);
    if (!frame_setup(&s.frame, FRAME_FLOWS, plan->generation, plan->in->secrets, &s.e)) {
        complain(plan->in, CODE_UNKNOWN, "%s", s.e.text);
    } else {
        run_all(&s, &signals);
        code = s.e.text[0] ? complain(plan->in, CODE_USAGE, "%s", s.e.text)
                           : report(ctx, &s.smoke);
    }
    end(&s);
    sigprocmask(SIG_SETMASK, &former, NULL);
    return code;
}
