/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which proof the flags mean, its flow or its probes found beforehand; then run, shown, and its first failure put into
 * words. Called by cmd_deploy.c. Runs no command of the deployment.
 */
#include "healthctl/deploy_proof.h"

#include <string.h>

#include "alerts/deploy.h"
#include "healthctl/config_file.h"
#include "healthctl/report.h"
#include "healthctl/smoke_report.h"
#include "healthctl/writer.h"
#include "lib/base/units.h"

#define WAIT_DEFAULT (2 * NSEC_PER_MINUTE)

/* ---- before ---- */

static bool has_var(const struct flow *flow, const char *name)
{
    for (size_t i = 0; i < flow->var_count; i++) {
        if (!strcmp(flow->vars[i].name, name))
            return true;
    }
    return false;
}

/* --release is the variable `release`, where all flows have one and --var says nothing else. */
static void add_release(struct deploy_proof *p)
{
    const char *release = invocation_flag(p->in, "release");
    struct pairs *vars = &p->plan.vars;
    for (size_t i = 0; i < vars->count; i++) {
        if (!strcmp(vars->items[i].key, "release"))
            return;
    }
    for (size_t i = 0; i < p->choice.count; i++) {
        if (!has_var(p->choice.flows[i], "release"))
            return;
    }
    if (!release)
        return;
    struct pair *items = arena_alloc(p->in->arena, (vars->count + 1) * sizeof(*items));
    for (size_t i = 0; i < vars->count; i++)
        items[i] = vars->items[i];
    items[vars->count] = (struct pair){"release", release};
    *vars = (struct pairs){items, vars->count + 1};
}

static int read_smoke(struct deploy_proof *p, const char *smoke, nsec wait)
{
    struct invocation *in = p->in;
    int code = flow_choice_read(in, &smoke, 1, &p->choice);
    if (code)
        return code;
    p->kind = PROOF_SMOKE;
    p->plan = (struct smoke_plan){.in = in,
                                  .repeat = 1,
                                  .wait = wait,
                                  .on_step = smoke_progress_step,
                                  .ctx = &p->progress};
    smoke_choose(&p->plan, &p->choice);
    code = flow_choice_vars(in, &p->plan.vars);
    if (!code)
        code = flow_choice_count(in, "repeat", &p->plan.repeat);
    if (code)
        return code;
    add_release(p);
    code = flow_choice_check(in, &p->choice, &p->plan.vars);
    if (!code)
        code = smoke_report_check(in);
    return code ? code : against_read(&p->against, in, &p->plan);
}

static bool is_of(const struct probe *probe, const char *what)
{
    return !*what || !strcmp(probe->name, what) || deploy_is_of(what, probe->labels);
}

static int read_wait(struct deploy_proof *p, nsec wait)
{
    const char *given = invocation_flag(p->in, "what");
    const char *what = given ? given : "";
    struct readiness *r = &p->readiness;
    size_t read;
    const int code = flow_choice_load(p->in, NULL, 0, &p->choice, &read);
    if (code)
        return code;
    const struct generation *g = p->choice.generation;
    p->kind = PROOF_WAIT;
    *r = (struct readiness){.in = p->in, .generation = g, .timeout = wait};
    r->probes = arena_alloc(p->in->arena, (g->probe_count + 1) * sizeof(struct probe *));
    for (size_t i = 0; i < g->probe_count; i++) {
        if (readiness_can_ask(g->probes[i]) && is_of(g->probes[i], what))
            r->probes[r->probe_count++] = g->probes[i];
    }
    if (r->probe_count)
        return CODE_PASS;
    return complain(p->in, CODE_USAGE,
                    "--wait: %s has no probe that is called '%s' or has such a label; "
                    "--smoke names a flow instead",
                    config_name(g), what);
}

/* 0s is a time, too: what fails is not tried again. */
static int wait_of(const struct invocation *in, nsec *ret_wait)
{
    const char *text = invocation_flag(in, "wait");
    struct err e = {0};
    if (text && !duration_parse(bytes_of(text), ret_wait, &e))
        return complain(in, CODE_USAGE, "--wait: %s", e.text);
    return CODE_PASS;
}

int deploy_proof_read(struct deploy_proof *p, struct invocation *in)
{
    const char *smoke = invocation_flag(in, "smoke");
    nsec wait = smoke ? WAIT_DEFAULT : 0;
    *p = (struct deploy_proof){.in = in, .why = ""};
    const int code = wait_of(in, &wait);
    if (code)
        return code;
    if (smoke)
        return read_smoke(p, smoke, wait);
    for (const char *const *flag =
             (const char *const[]){"var", "report", "repeat", "against", "tolerance",
                                   "fail-slower", NULL};
         *flag; flag++) {
        if (invocation_flag(in, *flag))
            return complain(in, CODE_USAGE, "--%s is for --smoke", *flag);
    }
    return wait ? read_wait(p, wait) : CODE_PASS;
}

/* ---- after ---- */

static const char *first_difference(const struct smoke *smoke)
{
    const struct comparison *c = smoke->comparison;
    for (size_t i = 0; c && i < c->count; i++) {
        const struct compared_step *s = &c->steps[i];
        if (report_against_is_failure(smoke, s->verdict))
            return arena_printf(smoke->plan->in->arena, "%s, %s is %s: %.200s", s->flow,
                                s->step, compared_name(s->verdict), s->why);
    }
    return "";
}

static const char *first_failure(const struct smoke *smoke)
{
    struct arena *arena = smoke->plan->in->arena;
    for (size_t i = 0; i < smoke->count; i++) {
        const struct flow_result *r = smoke->results[i];
        const struct flow_step_result *s = r->failed ? r->failed : r->finally_failed;
        if (s)
            return arena_printf(arena, "%s, %s: %.200s", r->flow->name,
                                report_step_name(s, arena), s->why);
    }
    return smoke->code == CODE_STOPPED ? "stopped by hand" : first_difference(smoke);
}

static int report(void *ctx, const struct smoke *smoke)
{
    struct deploy_proof *p = ctx;
    const struct smoke with = against_compare(&p->against, smoke);
    p->code = with.code;
    p->why = first_failure(&with);
    return smoke_report(&with);
}

static int smoke(struct deploy_proof *p)
{
    p->progress = smoke_progress_start(p->in);
    p->code = CODE_UNKNOWN; /* until report says what it is */
    write_begin(p->in->out, "smoke", NULL);
    const int code = smoke_run(&p->plan, report, p);
    write_end(p->in->out);
    return code;
}

static int wait_until_ready(struct deploy_proof *p)
{
    write_begin(p->in->out, "wait", NULL);
    const struct readiness_end end = readiness_wait(&p->readiness);
    write_end(p->in->out);
    p->code = end.code;
    p->why = end.why;
    return end.code;
}

int deploy_proof_run(struct deploy_proof *p)
{
    switch (p->kind) {
    case PROOF_NONE:
        break;
    case PROOF_WAIT:
        return wait_until_ready(p);
    case PROOF_SMOKE:
        return smoke(p);
    }
    return CODE_PASS;
}
