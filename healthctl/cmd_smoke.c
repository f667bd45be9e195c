/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `healthctl smoke`: runs flows once and says whether the deployment works. Needs no healthd, changes none, and keeps
 * nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "healthctl/command.h"
#include "healthctl/config_file.h"
#include "healthctl/flow_export.h"
#include "healthctl/report.h"
#include "healthctl/smoke_text.h"
#include "lib/base/glob.h"
#include "lib/base/units.h"
#include "lib/flows/flow_scope.h"

enum { FLOWS_MAX = 1000 };

struct smoking {
    struct invocation *in;
    const struct generation *generation;
    struct smoke_plan plan;
    const struct flow *flows[FLOWS_MAX];
};

/* ---- what is meant ---- */

static bool is_file(const char *operand)
{
    return strchr(operand, '/') || strchr(operand, '.') || access(operand, R_OK) == 0;
}

static int load(struct smoking *s, const char *path)
{
    struct diag *d = diag_create(s->in->arena);
    struct generation *g = generation_load(path, s->in->secrets, d);
    if (diag_first(d))
        config_faults(s->in, d);
    if (!g)
        return CODE_USAGE;
    arena_cleanup(s->in->arena, config_release, g);
    s->generation = g;
    return CODE_PASS;
}

static int unknown_flow(struct smoking *s, const char *name)
{
    const struct generation *g = s->generation;
    const char **names = arena_alloc(s->in->arena, (g->flow_count + 1) * sizeof(*names));
    for (size_t i = 0; i < g->flow_count; i++)
        names[i] = g->flows[i].name;
    const char *near = nearest_word(name, names);
    return complain(s->in, CODE_USAGE, "%s has no flow '%s'%s%s%s",
                    g->path ? g->path : "the built-in configuration", name,
                    near            ? "; did you mean '"
                    : g->flow_count ? ""
                                    : ": it has none at all; see `healthctl help smoke`",
                    near ? near : "", near ? "'?" : "");
}

static int pick_flows(struct smoking *s, size_t first)
{
    const struct generation *g = s->generation;
    struct invocation *in = s->in;
    s->plan.flows = s->flows;
    for (size_t i = first; i < in->operand_count; i++) {
        const struct flow *flow = generation_flow(g, in->operands[i]);
        if (!flow)
            return unknown_flow(s, in->operands[i]);
        s->flows[s->plan.count++] = flow;
    }
    for (size_t i = 0; first == in->operand_count && i < g->flow_count && i < FLOWS_MAX;
         i++)
        s->flows[s->plan.count++] = &g->flows[i];
    if (!s->plan.count)
        return complain(in, CODE_USAGE,
                        "%s has no flows; `healthctl help smoke` shows one",
                        g->path ? g->path : "the built-in configuration");
    return CODE_PASS;
}

/* A file first, then flows; or flows of the default configuration. */
static int find_flows(struct smoking *s)
{
    struct invocation *in = s->in;
    const char *config = invocation_flag(in, "config");
    const bool has_file = !config && in->operand_count && is_file(in->operands[0]);
    const char *path = has_file ? in->operands[0] : config ? config : config_default();
    int code = CODE_PASS;
    if (has_file)
        code = flow_export_refused(in, path);
    if (!code)
        code = load(s, path);
    s->plan.source = has_file ? path : NULL;
    return code ? code : pick_flows(s, has_file ? 1 : 0);
}

/* ---- how ---- */

static const char *const *all_given(const struct invocation *in, const char *flag)
{
    const char **list = arena_alloc(in->arena, (in->given_count + 1) * sizeof(*list));
    size_t count = 0;
    for (size_t i = 0; i < in->given_count; i++) {
        if (flag_is(in->given[i].flag, flag))
            list[count++] = in->given[i].value;
    }
    return count ? list : NULL;
}

static int read_vars(struct smoking *s)
{
    const char *const *given = all_given(s->in, "var");
    struct pair *items =
        arena_alloc(s->in->arena, (s->in->given_count + 1) * sizeof(*items));
    for (size_t i = 0; given && given[i]; i++) {
        const char *equals = strchr(given[i], '=');
        if (!equals || equals == given[i])
            return complain(s->in, CODE_USAGE, "--var is name=value, not '%s'", given[i]);
        items[s->plan.vars.count++] = (struct pair){
            arena_strndup(s->in->arena, given[i], (size_t)(equals - given[i])),
            equals + 1};
    }
    s->plan.vars.items = items;
    return CODE_PASS;
}

static int read_how(struct smoking *s)
{
    struct invocation *in = s->in;
    struct smoke_plan *plan = &s->plan;
    const char *wait = invocation_flag(in, "wait"),
               *repeat = invocation_flag(in, "repeat");
    struct err e = {0};
    uint64_t times = 1;
    plan->only = all_given(in, "only");
    plan->skip = all_given(in, "skip");
    plan->is_failing_fast = invocation_flag(in, "fail-fast") != NULL;
    if (wait && (!duration_parse(bytes_of(wait), &plan->wait, &e) || plan->wait <= 0))
        return complain(in, CODE_USAGE, "--wait: %s",
                        *e.text ? e.text : "expected a time such as 120s");
    if (repeat && (!bytes_to_u64(bytes_of(repeat), &times) || !times || times > 10000))
        return complain(in, CODE_USAGE, "--repeat is a number from 1 to 10000, not '%s'",
                        repeat);
    plan->repeat = times;
    return read_vars(s);
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
        struct buf deadline = BUF_MAX(64);
        if (!flow_scope_create(s->in->arena, s->in->secrets, flow, &s->plan.vars,
                               wall_read(), &e))
            return complain(s->in, CODE_USAGE, "%s", e.text);
        duration_format(&deadline, flow->deadline);
        write_say(s->in->out, TONE_STRONG, "%s  (deadline %s)", flow->name,
                  buf_text(&deadline));
        buf_finish(&deadline);
        for (size_t k = 0; k < flow->step_count; k++)
            plan_step(s, flow, &flow->steps[k], "  ");
        for (size_t k = 0; k < flow->finally_count; k++)
            plan_step(s, flow, &flow->finally[k], "  finally ");
    }
    write_say(s->in->out, TONE_FAINT, "nothing was sent (--dry-run)");
    return CODE_PASS;
}

/* ---- reports ---- */

static int write_file(const struct smoking *s, const struct smoke *smoke,
                      const char *given)
{
    const char *equals = strchr(given, '=');
    const char *path = equals ? equals + 1 : given;
    const struct report_format *f =
        equals ? report_find(arena_strndup(s->in->arena, given, (size_t)(equals - given)))
               : report_of_file(given);
    struct buf text = BUF_MAX(64 << 20);
    if (!f)
        return complain(
            s->in, CODE_USAGE,
            "--report %s: write FORMAT=FILE, with json, junit, tap, nagios or github",
            given);
    f->write(smoke, &text);
    secrets_redact(s->in->secrets, &text);
    FILE *file = fopen(path, "we");
    bool ok = file && fwrite(buf_text(&text), 1, text.len, file) == text.len;
    const int error = errno;
    ok = file && fclose(file) == 0 && ok;
    buf_finish(&text);
    return ok ? CODE_PASS
              : complain(s->in, CODE_UNKNOWN, "%s: %s", path, strerror(error));
}

static bool is_degraded(const struct smoke *smoke)
{
    for (size_t i = 0; i < smoke->count; i++) {
        if (smoke->results[i]->is_degraded)
            return true;
    }
    return false;
}

static int report(void *ctx, const struct smoke *smoke)
{
    const struct smoking *s = ctx;
    const char *format = invocation_flag(s->in, "format");
    const char *const *files = all_given(s->in, "report");
    const struct report_format *f = format ? report_find(format) : NULL;
    int code = smoke->code;
    if (f && strcmp(f->name, "json") != 0) {
        struct buf text = BUF_MAX(64 << 20);
        f->write(smoke, &text);
        write_page(s->in->out, buf_text(&text));
        buf_finish(&text);
    } else {
        smoke_write(smoke);
        write_json(s->in->out, NULL, report_json_value(smoke));
    }
    if (f && !strcmp(f->name, "nagios"))
        code = report_nagios_code(code, is_degraded(smoke));
    for (; files && *files; files++) {
        const int failed = write_file(s, smoke, *files);
        code = code ? code : failed;
    }
    return code;
}

static int run(struct invocation *in)
{
    struct smoking s = {.in = in, .plan = {.in = in}};
    int code = find_flows(&s);
    if (!code)
        code = read_how(&s);
    if (!code)
        code = check_patterns(&s, s.plan.only, "only");
    if (!code)
        code = check_patterns(&s, s.plan.skip, "skip");
    if (code)
        return code;
    if (invocation_flag(in, "dry-run"))
        return dry_run(&s);
    struct smoke_progress progress = smoke_progress_start(in);
    s.plan.resolver = &s.generation->resolver;
    s.plan.on_step = smoke_progress_step;
    s.plan.ctx = &progress;
    return smoke_run(&s.plan, report, &s);
}

static const char *const formats[] = {"text",   "json",   "junit", "tap",
                                      "nagios", "github", NULL};

static const struct flag flags[] = {
    {.name = "config",
     .operand = "FILE",
     .completes = COMPLETES_FILES,
     .doc = "The configuration whose flows are named (default: " CONFIG_DEFAULT ")."},
    {.name = "wait",
     .operand = "DURATION",
     .doc =
         "Steps that fail are tried again until this long after the start: right after a "
         "deployment. Exits 3 when it was not enough."},
    {.name = "var",
     .operand = "NAME=VALUE",
     .may_repeat = true,
     .doc = "A variable of the flow, as in --var release=$SHA."},
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
    {.name = "repeat",
     .operand = "N",
     .doc = "Runs it so often, as long as it passes: for what fails now and then."},
    {.name = "dry-run", .doc = "Checks everything and shows the steps; sends nothing."},
    {.name = "report",
     .operand = "[FORMAT=]FILE",
     .may_repeat = true,
     .completes = COMPLETES_FILES,
     .doc = "Writes a report besides: junit=out.xml, or a name that ends in .xml, .json "
            "or .tap."},
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
    .most = FLOWS_MAX,
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
            {"docker compose exec healthd healthctl smoke",
             "Where the services' names resolve"},
            {0}},
};
