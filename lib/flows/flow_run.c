/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of a flow: one step after another, those of a group at once; the deadline over all; then what always
 * happens, with a time of its own. See flow_run.h; one step is flow_step.c's.
 */
#include "lib/flows/flow_run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/units.h"
#include "lib/flows/flow_run_impl.h"

const char *step_state_name(enum step_state state)
{
    static const char *const names[] = {
        [STEP_WAITING] = "waiting", [STEP_RUNNING] = "running",
        [STEP_PASSED] = "passed",   [STEP_DEGRADED] = "degraded",
        [STEP_FAILED] = "failed",   [STEP_UNKNOWN] = "unknown",
        [STEP_SKIPPED] = "skipped",
    };
    return names[state];
}

void flow_tell(struct flow_run *f, const struct flow_step_result *r)
{
    if (f->ask.on_step)
        f->ask.on_step(f->ask.ctx, &f->result, r);
}

static struct step_run *run_of(struct flow_run *f, const struct flow_step_result *r)
{
    return &f->runs[r - f->result.steps];
}

static bool is_bad(const struct flow_step_result *r)
{
    return r->state == STEP_FAILED || r->state == STEP_UNKNOWN;
}

/* ---- the end of a section ---- */

static void tell_end(void *ctx)
{
    struct flow_run *f = ctx;
    f->ask.on_done(f->ask.ctx, &f->result);
}

static void finish(struct flow_run *f)
{
    f->is_over = true;
    timer_stop(f->timer);
    f->result.duration = mono_since(loop_now_exact(f->ask.frame->loop), f->began);
    loop_defer(f->ask.frame->loop, "flow done", tell_end, f);
}

static void begin_finally(struct flow_run *f)
{
    f->is_finally = true;
    f->ended_by = NULL;
    f->deadline = mono_add(loop_now_exact(f->ask.frame->loop), FLOW_FINALLY);
    timer_at(f->timer, f->deadline);
}

/* No further step of this section begins, and what is under way is cancelled. */
static void end_section(struct flow_run *f, enum reason reason, const char *why)
{
    if (f->ended_by)
        return;
    const bool was_advancing = f->is_advancing;
    f->ended_by = why;
    f->is_advancing = true; /* what comes next must not be cancelled with it */
    for (size_t i = 0; i < f->result.count; i++)
        step_cancel(&f->runs[i], reason, why);
    f->is_advancing = was_advancing;
}

/* ---- steps ---- */

static void skip(struct step_run *s, const char *why)
{
    s->result->started = loop_wall(s->flow->ask.frame->loop);
    step_end(s, STEP_SKIPPED, REASON_NONE, why);
}

/* NULL: nothing is missing. */
static const char *missing_variable(const struct step_run *s)
{
    for (const char *const *name = s->result->step->needs; name && *name; name++) {
        if (!flow_scope_has(s->flow->scope, *name))
            return arena_printf(s->flow->arena, "needs ${%s}, which was not captured",
                                *name);
    }
    return NULL;
}

/* True when its `when` says yes; else it has ended. */
static bool is_the_time(struct step_run *s)
{
    struct flow_run *f = s->flow;
    struct flow_view view;
    const char *why = "";
    if (!s->result->step->when)
        return true;
    flow_view_init(&view, f->scope, s->result->step->name, "");
    struct run *blank = runner_blank(f->arena, f->ask.frame, &view.scope);
    switch (expr_judge(s->result->step->when, blank, loop_wall(f->ask.frame->loop),
                       f->arena, &why)) {
    case EXPR_HOLDS:
        return true;
    case EXPR_FAILS:
        skip(s, arena_printf(f->arena, "when %s", why));
        return false;
    case EXPR_ERROR:
        break;
    }
    step_end(s, STEP_FAILED, REASON_EXPECT_ERROR, arena_printf(f->arena, "when %s", why));
    return false;
}

static void begin(struct step_run *s);

static void begin_members(struct step_run *s)
{
    for (size_t i = 0; i < s->result->step->step_count; i++)
        begin(&s[1 + i]);
}

static void begin(struct step_run *s)
{
    struct flow_run *f = s->flow;
    const struct flow_step *step = s->result->step;
    const char *missing = missing_variable(s);
    f->under_way++;
    if (f->ended_by)
        skip(s, f->ended_by);
    else if (f->ask.is_wanted && !s->result->is_finally && !step->steps &&
             !f->ask.is_wanted(f->ask.ctx, step))
        skip(s, "not asked for");
    else if (missing)
        skip(s, missing);
    else if (is_the_time(s)) {
        s->result->state = STEP_RUNNING;
        s->result->started = loop_wall(f->ask.frame->loop);
        s->began = loop_now_exact(f->ask.frame->loop);
        flow_tell(f, s->result);
        if (step->steps)
            begin_members(s);
        else
            step_begin(s);
        return;
    }
    if (step->steps) /* its members are skipped with it */
        begin_members(s);
}

/* ---- from one step to the next ---- */

static void advance(void *ctx)
{
    struct flow_run *f = ctx;
    if (f->is_advancing || f->is_over)
        return;
    f->is_advancing = true;
    while (!f->under_way && !f->is_over) {
        const bool is_at_end = f->next == f->result.count ||
                               f->result.steps[f->next].is_finally != f->is_finally;
        if (is_at_end && f->is_finally) {
            finish(f);
        } else if (is_at_end) {
            begin_finally(f);
        } else {
            struct step_run *s = &f->runs[f->next];
            f->next += 1 + s->result->step->step_count;
            begin(s);
        }
    }
    f->is_advancing = false;
}

/* The group is as its worst member. */
static void member_ended(struct flow_run *f, struct step_run *group)
{
    enum step_state worst = STEP_PASSED;
    const struct flow_step_result *bad = NULL;
    if (group->result->state != STEP_RUNNING)
        return;
    for (size_t i = 1; i <= group->result->step->step_count; i++) {
        const struct flow_step_result *r = &group->result[i];
        if (r->state == STEP_WAITING || r->state == STEP_RUNNING)
            return;
        if (is_bad(r) && (!bad || r->state == STEP_FAILED))
            bad = r;
        if (r->state == STEP_DEGRADED)
            worst = STEP_DEGRADED;
    }
    step_end(group, bad ? bad->state : worst, bad ? bad->reason : REASON_NONE,
             bad ? arena_printf(f->arena, "%s: %s", bad->step->name, bad->why) : "");
}

static void step_done(struct step_run *s)
{
    struct flow_run *f = s->flow;
    const struct flow_step_result *r = s->result;
    const struct flow_step_result **first =
        r->is_finally ? &f->result.finally_failed : &f->result.failed;
    f->under_way--;
    if (is_bad(r) && !r->step->steps && !*first)
        *first = r;
    if (r->state == STEP_DEGRADED)
        f->result.is_degraded = true;
    if (r->group)
        member_ended(f, run_of(f, r->group));
    else if (is_bad(r) && f->ask.is_failing_fast && !f->is_finally)
        end_section(f, REASON_SELF, "an earlier step failed");
    advance(f);
}

/* ---- start and stop ---- */

static nsec longest(const struct flow_run *f)
{
    const nsec own = f->ask.flow->deadline;
    return f->ask.most && f->ask.most < own ? f->ask.most : own;
}

static void on_deadline(void *ctx)
{
    struct flow_run *f = ctx;
    const char *most =
        duration_text_short(f->arena, f->is_finally ? FLOW_FINALLY : longest(f));
    const char *why =
        arena_printf(f->arena,
                     f->is_finally ? "what always happens has %s, and they are over"
                                   : "the deadline of %s came first",
                     most);
    if (!f->is_finally)
        f->result.is_late = true;
    end_section(f, REASON_TIMEOUT, why);
    advance(f);
}

static size_t count_steps(const struct flow_step *steps, size_t count)
{
    size_t total = count;
    for (size_t i = 0; i < count; i++)
        total += steps[i].step_count;
    return total;
}

static size_t lay_out(struct flow_run *f, size_t at, const struct flow_step *steps,
                      size_t count, bool is_finally)
{
    for (size_t i = 0; i < count; i++) {
        struct flow_step_result *group = &f->result.steps[at];
        *group = (struct flow_step_result){
            .step = &steps[i], .is_finally = is_finally, .why = ""};
        at++;
        for (size_t k = 0; k < steps[i].step_count; k++)
            f->result.steps[at++] = (struct flow_step_result){.step = &steps[i].steps[k],
                                                              .group = group,
                                                              .is_finally = is_finally,
                                                              .why = ""};
    }
    return at;
}

static void lay_out_all(struct flow_run *f)
{
    const struct flow *flow = f->ask.flow;
    f->result.count = count_steps(flow->steps, flow->step_count) +
                      count_steps(flow->finally, flow->finally_count);
    f->result.steps =
        arena_alloc(f->arena, (f->result.count + 1) * sizeof(*f->result.steps));
    f->runs = arena_alloc(f->arena, (f->result.count + 1) * sizeof(*f->runs));
    const size_t at = lay_out(f, 0, flow->steps, flow->step_count, false);
    lay_out(f, at, flow->finally, flow->finally_count, true);
    for (size_t i = 0; i < f->result.count; i++)
        f->runs[i] = (struct step_run){
            .flow = f, .result = &f->result.steps[i], .done = step_done};
}

struct flow_run *flow_start(const struct flow_ask *ask, struct err *e)
{
    struct arena *arena = arena_create(0);
    struct flow_run *f = arena_alloc(arena, sizeof(*f));
    struct loop *loop = ask->frame->loop;
    *f = (struct flow_run){.ask = *ask, .arena = arena};
    f->scope = flow_scope_create(arena, ask->frame->secrets, ask->flow, &ask->vars,
                                 loop_wall(loop), e);
    if (!f->scope) {
        arena_destroy(arena);
        return NULL;
    }
    f->began = loop_now_exact(loop);
    f->deadline = mono_add(f->began, longest(f));
    f->wait_until = mono_add(f->began, ask->wait);
    f->result.flow = ask->flow;
    f->result.run_id = flow_scope_run_id(f->scope);
    f->result.started = loop_wall(loop);
    lay_out_all(f);
    f->timer = loop_timer_create(loop, "flow deadline", on_deadline, f);
    timer_at(f->timer, f->deadline);
    loop_defer(loop, "flow", advance, f);
    return f;
}

void flow_stop(struct flow_run *f)
{
    if (f->is_over || f->is_finally || f->result.is_stopped)
        return;
    f->result.is_stopped = true;
    end_section(f, REASON_SELF, "it was stopped");
    advance(f);
}

void flow_abandon(struct flow_run *f)
{
    f->ended_by = "healthd ends";
    f->is_over = true;
    f->ask.on_step = NULL;
    f->ask.on_answer = NULL;
    timer_stop(f->timer);
    loop_forget(f->ask.frame->loop, f);
}

void flow_destroy(struct flow_run *f)
{
    if (!f)
        return;
    loop_forget(f->ask.frame->loop, f);
    timer_destroy(f->timer);
    for (size_t i = 0; i < f->result.count; i++) {
        timer_destroy(f->runs[i].again);
        arena_destroy(f->runs[i].arena);
    }
    arena_destroy(f->arena);
}
