/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `healthctl smoke`: runs flows once and says whether the deployment works. Needs no healthd, changes none, and keeps
 * nothing.
 */
#include <string.h>

#include "healthctl/against.h"
#include "healthctl/command.h"
#include "healthctl/flow_flags.h"
#include "healthctl/smoke_report.h"
#include "healthctl/smoke_text.h"
#include "lib/base/glob.h"
#include "lib/base/units.h"
#include "lib/flows/flow_scope.h"

struct smoking {
    struct invocation *in;
    struct flow_choice choice;
    struct smoke_plan plan;
    struct against against;
};

/* ---- how ---- */

static int read_how(struct smoking *s)
{
    struct invocation *in = s->in;
    struct smoke_plan *plan = &s->plan;
    plan->only = invocation_flags(in, "only");
    plan->skip = invocation_flags(in, "skip");
    plan->is_failing_fast = invocation_flag(in, "fail-fast") != NULL;
    plan->is_recording = invocation_flag(in, "accept") != NULL;
    plan->repeat = 1;
    int code = flow_choice_duration(in, "wait", &plan->wait);
    if (!code)
        code = flow_choice_count(in, "repeat", &plan->repeat);
    return code ? code : flow_choice_vars(in, &plan->vars);
}

/* A pattern that fits nothing is a slip. */
static int check_patterns(struct smoking *s, const char *const *patterns,
                          const char *flag)
{
    for (; patterns && *patterns; patterns++) {
        struct smoke_plan plan = s->plan;
        bool is_used = false;
        plan.only = (const char *const[]){*patterns, NULL};
        plan.skip = NULL;
        for (size_t i = 0; i < plan.count; i++) {
            for (size_t k = 0; k < plan.flows[i]->step_count; k++) {
                const struct flow_step *step = &plan.flows[i]->steps[k];
                is_used |= smoke_wants(&plan, plan.flows[i], step);
                for (size_t m = 0; m < step->step_count; m++)
                    is_used |= smoke_wants(&plan, plan.flows[i], &step->steps[m]);
            }
        }
        if (!is_used)
            return complain(s->in, CODE_USAGE, "--%s: no step is named '%s'", flag,
                            *patterns);
    }
    return CODE_PASS;
}

/* ---- --dry-run ---- */

static void plan_step(struct smoking *s, const struct flow *flow,
                      const struct flow_step *step, const char *indent)
{
    struct arena *arena = s->in->arena;
    struct buf text = BUF_MAX(1000);
    for (size_t i = 0; i < step->probe_count; i++)
        buf_printf(&text, "%s%s %s", i ? ", " : "", step->probes[i]->type->name,
                   strcmp(step->probes[i]->name, step->name) ? step->probes[i]->name
                                                             : "");
    if (step->when)
        buf_printf(&text, "  when %s", expr_text(step->when));
    for (const char *const *name = step->needs; name && *name; name++)
        buf_printf(&text, "  needs ${%s}", *name);
    for (size_t i = 0; i < step->capture_count; i++)
        buf_printf(&text, "  captures %s", step->captures[i].name);
    write_say(s->in->out,
              step->steps || smoke_wants(&s->plan, flow, step) ? TONE_PLAIN : TONE_FAINT,
              "%s%s  %s%s", indent, step->name, buf_text(&text),
              step->steps || smoke_wants(&s->plan, flow, step) ? ""
                                                               : "  (not asked for)");
    buf_finish(&text);
    for (size_t i = 0; i < step->step_count; i++)
        plan_step(s, flow, &step->steps[i], arena_printf(arena, "%s  ", indent));
}

static int dry_run(struct smoking *s)
{
    struct err e = {0};
    for (size_t i = 0; i < s->plan.count; i++) {
        const struct flow *flow = s->plan.flows[i];
        if (!flow_scope_create(s->in->arena, s->in->secrets, flow, &s->plan.vars,
                               wall_read(), &e))
            return complain(s->in, CODE_USAGE, "%s", e.text);
        write_say(s->in->out, TONE_STRONG, "%s  (deadline %s)", flow->name,
                  duration_text(s->in->arena, flow->deadline));
        for (size_t k = 0; k < flow->step_count; k++)
            plan_step(s, flow, &flow->steps[k], "  ");
        for (size_t k = 0; k < flow->finally_count; k++)
            plan_step(s, flow, &flow->finally[k], "  finally ");
    }
    write_say(s->in->out, TONE_FAINT, "nothing was sent (--dry-run)");
    return CODE_PASS;
}

static int report(void *ctx, const struct smoke *smoke)
{
    const struct smoking *s = ctx;
    const struct smoke with = against_compare(&s->against, smoke);
    return smoke_report(&with);
}

static int run(struct invocation *in)
{
    struct smoking s = {.in = in, .plan = {.in = in}};
    int code = flow_choice_read(in, in->operands, in->operand_count, &s.choice);
    smoke_choose(&s.plan, &s.choice);
    if (!code)
        code = read_how(&s);
    if (!code)
        code = check_patterns(&s, s.plan.only, "only");
    if (!code)
        code = check_patterns(&s, s.plan.skip, "skip");
    if (!code)
        code = smoke_report_check(in);
    if (!code)
        code = against_read(&s.against, in, &s.plan);
    if (code)
        return code;
    if (invocation_flag(in, "dry-run"))
        return dry_run(&s);
    struct smoke_progress progress = smoke_progress_start(in);
    s.plan.on_step = smoke_progress_step;
    s.plan.ctx = &progress;
    return smoke_run(&s.plan, report, &s);
}

static const char *const formats[] = {"text",   "json",   "junit", "tap",
                                      "nagios", "github", NULL};

static const struct flag flags[] = {
    FLOW_FLAGS,
    {.name = "wait",
     .operand = "DURATION",
     .doc =
         "Steps that fail are tried again until this long after the start: right after a "
         "deployment. Exits 3 when it was not enough."},
    {.name = "only",
     .operand = "STEP",
     .may_repeat = true,
     .doc = "Only steps of this name (a pattern), and those whose captures they need."},
    {.name = "skip",
     .operand = "STEP",
     .may_repeat = true,
     .doc = "All steps but these."},
    {.name = "fail-fast",
     .doc = "The first failure ends it; what always happens does happen."},
    {.name = "accept",
     .doc = "What is found is right from now on: steps with a `lock` write its file."},
    PROOF_FLAGS,
    {.name = "dry-run", .doc = "Checks everything and shows the steps; sends nothing."},
    {.name = "format",
     .operand = "FORMAT",
     .completes = COMPLETES_WORDS,
     .words = formats,
     .doc = "What standard output has: text for people; json, junit, tap, nagios (with "
            "its exit "
            "codes) or github for programs (default: text)."},
    {0}};

const struct command command_smoke = {
    .name = "smoke",
    .group = GROUP_DEPLOYING,
    .run = run,
    .summary = "Prove that a deployment works, by flows of steps",
    .operands = "[FILE] [FLOW...]",
    .most = FLOW_CHOICE_MAX,
    .completes = COMPLETES_FILES,
    .flags = flags,
    .doc = "Runs the flows of FILE (a configuration with `flows:`, or one flow alone), "
           "or those "
           "named, or all. A step asks one probe or several, checks what came, and keeps "
           "values for "
           "later steps; `finally` always happens. Needs no healthd.\n\n"
           "Exits 0 when all passed, 1 when an expectation failed, 3 when it was not "
           "ready in time, "
           "4 when a target gave no answer, 5 when it could not be asked, 6 when only "
           "the cleaning "
           "up failed, 130 after Ctrl-C.",
    .examples =
        (const struct example[]){
            {"healthctl smoke smoke.yml --wait 120s", "After docker compose up -d"},
            {"healthctl smoke checkout --var release=$SHA --report junit=smoke.xml",
             "A flow of the configuration, for CI"},
            {"healthctl smoke smoke.yml --repeat 5 --against smoke.baseline.json",
             "Is it as it was when all was well?"},
            {"docker compose exec healthd healthctl smoke",
             "Where the services' names resolve"},
            {0}},
};
