/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One step: its probes are asked at once, values are captured, and it is tried again as its `retry` says. Called by
 * flow_run.c. Never decides what comes after it.
 */
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/units.h"
#include "lib/core/secret.h"
#include "lib/flows/flow_run_impl.h"

#define WAIT_BACKOFF (250 * NSEC_PER_MSEC)
#define WAIT_MAX_BACKOFF (2 * NSEC_PER_SEC)

static struct mono now_of(const struct step_run *s)
{
    return loop_now(s->flow->ask.frame->loop);
}

static const char *kept(const struct step_run *s, const char *text)
{
    const struct secrets *secrets = s->flow->ask.frame->secrets;
    const char *copy = arena_strdup(s->flow->arena, text ? text : "");
    return secrets ? secrets_redacted(secrets, s->flow->arena, copy) : copy;
}

/* ---- the end of a step ---- */

void step_end(struct step_run *s, enum step_state state, enum reason reason,
              const char *why)
{
    struct flow_step_result *r = s->result;
    r->state = state;
    r->reason = reason;
    r->why = kept(s, why);
    r->ended = loop_wall(s->flow->ask.frame->loop);
    const struct mono now = loop_now_exact(s->flow->ask.frame->loop);
    r->duration = s->began.ns ? mono_since(now, s->began) : 0;
    timer_destroy(s->again);
    s->again = NULL;
    arena_destroy(s->arena);
    s->arena = NULL;
    flow_tell(s->flow, r);
    s->done(s);
}

/* ---- one try ---- */

struct outcome {
    enum step_state state;
    enum reason reason;
    const char *why;
};

static enum step_state state_of(enum health health)
{
    switch (health) {
    case HEALTH_UP:
        return STEP_PASSED;
    case HEALTH_DEGRADED:
        return STEP_DEGRADED;
    case HEALTH_DOWN:
        return STEP_FAILED;
    case HEALTH_UNKNOWN:
        break;
    }
    return STEP_UNKNOWN;
}

static int badness(enum step_state state)
{
    return state == STEP_FAILED ? 3 : state == STEP_UNKNOWN ? 2 : state == STEP_DEGRADED;
}

/* The worst probe speaks for the step. */
static struct outcome outcome_of(const struct step_run *s)
{
    struct outcome o = {.state = STEP_PASSED, .why = ""};
    for (size_t i = 0; i < s->result->step->probe_count; i++) {
        const struct flow_finding *f = &s->result->findings[i];
        const enum step_state state = state_of(f->health);
        if (badness(state) <= badness(o.state))
            continue;
        o = (struct outcome){state, f->reason, f->detail};
        if (s->result->step->probe_count > 1)
            o.why = arena_printf(s->flow->arena, "%s: %s", f->probe->name, f->detail);
    }
    if (badness(o.state) >= badness(STEP_UNKNOWN))
        return o;
    if (s->capture_why)
        return (struct outcome){STEP_FAILED, REASON_EXPECT_ERROR, s->capture_why};
    if (s->result->step->retry.until && !s->until_holds)
        return (struct outcome){STEP_FAILED, REASON_EXPECT, s->until_why};
    return o;
}

static void step_try(void *ctx);

/* Until when it is tried: as the step says, or the wait, whichever is later. */
static struct mono tries_end(const struct step_run *s)
{
    const struct flow_retry *retry = &s->result->step->retry;
    const struct flow_run *f = s->flow;
    struct mono end = retry->is_set ? mono_add(s->began, retry->within) : s->began;
    if (f->ask.wait && !f->is_finally && f->wait_until.ns > end.ns)
        end = f->wait_until;
    return end;
}

/* True when another try comes. When only the deadline stands against it, the flow is late. */
static bool try_again(struct step_run *s)
{
    const struct flow_retry *retry = &s->result->step->retry;
    struct flow_run *f = s->flow;
    const nsec most = retry->is_set ? retry->max_backoff : WAIT_MAX_BACKOFF;
    const struct mono at = mono_add(now_of(s), s->backoff), end = tries_end(s);
    if (f->ended_by)
        return false;
    if (at.ns >= f->deadline.ns && end.ns >= f->deadline.ns) {
        f->result.is_late |= !f->is_finally;
        s->is_out_of_time = true;
    }
    if (at.ns >= f->deadline.ns || at.ns >= end.ns)
        return false;
    timer_at(s->again, at);
    s->backoff = s->backoff * 2 < most ? s->backoff * 2 : most;
    return true;
}

static const char *with_tries(const struct step_run *s, const char *why)
{
    if (s->result->tries < 2)
        return why;
    return arena_printf(
        s->flow->arena, "%s (%zu tries in %s%s)", why, s->result->tries,
        duration_text_short(s->flow->arena, mono_since(now_of(s), s->began)),
        s->is_out_of_time ? ", and no time for another before the deadline" : "");
}

static void try_ended(struct step_run *s)
{
    const struct outcome o = outcome_of(s);
    const bool is_bad = badness(o.state) >= badness(STEP_UNKNOWN);
    struct flow_step_result *r = s->result;
    if (!is_bad) {
        step_end(s, o.state, o.reason, o.why);
        return;
    }
    if (!r->failing_since.ns)
        r->failing_since = r->started;
    r->why = kept(s, o.why);
    r->reason = o.reason;
    if (try_again(s)) {
        flow_tell(s->flow, r);
        return;
    }
    if (s->flow->ask.wait && !s->flow->is_finally)
        s->flow->result.is_late = true;
    step_end(s, o.state, o.reason, with_tries(s, r->why));
}

/* ---- what a run tells ---- */

/* What a value points to ends with the run: the scope keeps a copy of its own. */
static void read_captures(struct step_run *s, struct run *run, struct wall now)
{
    const struct flow_step *step = s->result->step;
    for (size_t i = 0; i < step->capture_count && !s->capture_why; i++) {
        const struct flow_capture *c = &step->captures[i];
        struct value value;
        struct err e = {0};
        if (expr_eval(c->value, run, now, run_arena(run), &value, &e))
            flow_scope_put(s->flow->scope, c->name, &value, c->is_secret);
        else
            s->capture_why = arena_printf(s->arena, "capture %s: %s", c->name, e.text);
    }
}

static void on_judged(void *ctx, struct run *run, const struct verdict *v)
{
    struct asking *a = ctx;
    struct step_run *s = a->of;
    const struct expr *until = s->result->step->retry.until;
    const char *why = "";
    const struct wall now = loop_wall(s->flow->ask.frame->loop);
    const struct flow_ask *ask = &s->flow->ask;
    if (ask->on_answer)
        ask->on_answer(ask->ctx, &s->flow->result, s->result, (size_t)(a - s->askings),
                       run);
    if (v->health == HEALTH_UNKNOWN || v->health == HEALTH_DOWN)
        return;
    s->until_holds = !until || expr_judge(until, run, now, s->arena, &why) == EXPR_HOLDS;
    s->until_why = arena_printf(s->arena, "until %s", why);
    if (s->until_holds)
        read_captures(s, run, now);
}

static void on_verdict(void *ctx, struct verdict *v, struct batch *b)
{
    struct asking *a = ctx;
    struct flow_finding *f = a->finding;
    a->run = NULL;
    f->is_done = true;
    f->health = v->health;
    f->reason = v->reason;
    f->detail = kept(a->of, v->detail);
    f->address = arena_strdup(a->of->flow->arena, v->address ? v->address : "");
    f->duration = v->duration;
    memcpy(f->phases, v->phases, sizeof(f->phases));
}

static void on_gone(void *ctx)
{
    struct asking *a = ctx;
    struct step_run *s = a->of;
    if (--s->under_way == 0)
        try_ended(s);
}

static void ask_probe(struct asking *a, const struct probe *p, nsec most)
{
    struct step_run *s = a->of;
    struct flow_run *f = s->flow;
    uuid_make(loop_wall(f->ask.frame->loop), a->finding->task_id);
    flow_view_init(&a->view, f->scope, s->result->step->name, a->finding->task_id);
    struct run *run =
        runner_start(f->ask.runner, &(struct ask){
                                        .probe = p,
                                        .origin = ORIGIN_FLOW,
                                        .due = loop_wall(f->ask.frame->loop),
                                        .timeout = p->timeout < most ? p->timeout : most,
                                        .scope = &a->view.scope,
                                        .task_id = a->finding->task_id,
                                        .is_recording = f->ask.is_recording,
                                        .judged = on_judged,
                                        .done = on_verdict,
                                        .gone = on_gone,
                                        .ctx = a,
                                    });
    if (!a->finding->is_done)
        a->run = run;
}

/* A try has at least a moment, so that its answer says more than that time was up. */
static nsec time_left(const struct step_run *s)
{
    const nsec left = mono_since(s->flow->deadline, now_of(s));
    return left > NSEC_PER_MSEC ? left : NSEC_PER_MSEC;
}

static void step_try(void *ctx)
{
    struct step_run *s = ctx;
    const struct flow_step *step = s->result->step;
    const nsec most = time_left(s);
    arena_reset(s->arena);
    s->capture_why = NULL;
    s->until_holds = false;
    s->until_why = "";
    s->result->tries++;
    s->under_way =
        step->probe_count + 1; /* one for this function: an answer may come at once */
    for (size_t i = 0; i < step->probe_count; i++) {
        s->result->findings[i] =
            (struct flow_finding){.probe = step->probes[i], .detail = "", .address = ""};
        ask_probe(&s->askings[i], step->probes[i], most);
    }
    if (--s->under_way == 0)
        try_ended(s);
}

void step_begin(struct step_run *s)
{
    const struct flow_step *step = s->result->step;
    struct flow_run *f = s->flow;
    s->arena = arena_create(0);
    s->askings = arena_alloc(f->arena, (step->probe_count + 1) * sizeof(*s->askings));
    s->result->findings =
        arena_alloc(f->arena, (step->probe_count + 1) * sizeof(*s->result->findings));
    for (size_t i = 0; i < step->probe_count; i++)
        s->askings[i] = (struct asking){.of = s, .finding = &s->result->findings[i]};
    s->again = loop_timer_create(f->ask.frame->loop, "flow step", step_try, s);
    s->backoff = step->retry.is_set ? step->retry.backoff : WAIT_BACKOFF;
    step_try(s);
}

void step_cancel(struct step_run *s, enum reason reason, const char *why)
{
    size_t cancelled = 0;
    if (s->result->state != STEP_RUNNING || s->result->step->steps)
        return;
    s->under_way++; /* of this function: nothing ends before all are told */
    for (size_t i = 0; i < s->result->step->probe_count; i++) {
        struct asking *a = &s->askings[i];
        if (!a->run)
            continue;
        struct run *run = a->run;
        cancelled++;
        runner_cancel(run);
        a->finding->health = HEALTH_DOWN;
        a->finding->reason = reason;
        a->finding->detail = why;
    }
    const bool was_pausing = !cancelled && s->under_way == 1;
    s->under_way--;
    if (was_pausing)
        step_end(s, STEP_FAILED, reason,
                 *s->result->why
                     ? arena_printf(s->flow->arena, "%s; %s", s->result->why, why)
                     : why);
    else if (s->under_way == 0)
        try_ended(s);
}
