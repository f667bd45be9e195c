/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `healthctl wait`: returns when probes and flows are ready, or says at the end of the time which are not, and why. Needs
 * no healthd, and tells none.
 */
#include "healthctl/command.h"
#include "healthctl/config_file.h"
#include "healthctl/readiness.h"
#include "lib/base/glob.h"

#define TIMEOUT_DEFAULT (2 * NSEC_PER_MINUTE)

static int unknown(const struct invocation *in, const struct generation *g,
                   const char *name)
{
    const char **names =
        arena_alloc(in->arena, (g->probe_count + g->flow_count + 1) * sizeof(*names));
    size_t count = 0;
    for (size_t i = 0; i < g->probe_count; i++)
        names[count++] = g->probes[i]->name;
    for (size_t i = 0; i < g->flow_count; i++)
        names[count++] = g->flows[i].name;
    const char *near = nearest_word(name, names);
    return complain(in, CODE_USAGE, "%s has no probe or flow '%s'%s%s%s", config_name(g),
                    name, near ? "; did you mean '" : "", near ? near : "",
                    near ? "'?" : "");
}

static int add_named(struct readiness *r, const struct generation *g, const char *name)
{
    const struct probe *probe = generation_probe(g, name);
    const struct flow *flow = generation_flow(g, name);
    if (!probe && !flow)
        return unknown(r->in, g, name);
    if (probe && !readiness_can_ask(probe))
        return complain(r->in, CODE_USAGE,
                        "'%s' hears from its peers (%s) and can be asked by nobody: "
                        "`healthctl status` says how it is",
                        name, probe->type->name);
    if (probe)
        r->probes[r->probe_count++] = probe;
    else
        r->flows[r->flow_count++] = flow;
    return CODE_PASS;
}

/* All probes; flows only where there are no probes, since a flow may write. */
static int add_all(struct readiness *r, const struct generation *g)
{
    for (size_t i = 0; i < g->probe_count; i++) {
        if (readiness_can_ask(g->probes[i]))
            r->probes[r->probe_count++] = g->probes[i];
    }
    for (size_t i = 0; !r->probe_count && i < g->flow_count; i++)
        r->flows[r->flow_count++] = &g->flows[i];
    if (!r->probe_count && !r->flow_count)
        return complain(r->in, CODE_USAGE,
                        "%s has no probes that can be asked, and no flows",
                        config_name(g));
    return CODE_PASS;
}

static int add_targets(struct readiness *r, struct invocation *in)
{
    struct flow_choice c;
    size_t first;
    int code = flow_choice_load(in, in->operands, in->operand_count, &c, &first);
    if (code)
        return code;
    const struct generation *g = c.generation;
    r->generation = g;
    r->probes = arena_alloc(in->arena, (g->probe_count + in->operand_count + 1) *
                                           sizeof(struct probe *));
    r->flows = arena_alloc(in->arena, (g->flow_count + in->operand_count + 1) *
                                          sizeof(struct flow *));
    if (first == in->operand_count)
        code = add_all(r, g);
    for (size_t i = first; !code && i < in->operand_count; i++)
        code = add_named(r, g, in->operands[i]);
    if (code)
        return code;
    c.flows = (const struct flow *const *)r->flows;
    c.count = r->flow_count;
    code = flow_choice_vars(in, &r->vars);
    return code || !c.count ? code : flow_choice_check(in, &c, &r->vars);
}

static int run(struct invocation *in)
{
    struct readiness r = {.in = in, .timeout = TIMEOUT_DEFAULT};
    int code = flow_choice_duration(in, "timeout", &r.timeout);
    if (!code)
        code = flow_choice_duration(in, "for", &r.steady);
    if (!code && r.steady >= r.timeout)
        code = complain(in, CODE_USAGE,
                        "--for has to be shorter than --timeout: nothing can be ready "
                        "for longer than it is waited for");
    if (!code)
        code = add_targets(&r, in);
    return code ? code : readiness_wait(&r).code;
}

static const struct flag flags[] = {
    {.name = "config",
     .operand = "FILE",
     .completes = COMPLETES_FILES,
     .doc = "The configuration that has the probes (default: " CONFIG_DEFAULT ")."},
    {.name = "timeout",
     .operand = "DURATION",
     .doc = "How long to wait for all of them together (default: 2m)."},
    {.name = "for",
     .operand = "DURATION",
     .doc = "Ready means that all pass for so long, asked every second, without a try "
            "that fails: for what comes up, and goes down again."},
    {.name = "var",
     .operand = "NAME=VALUE",
     .may_repeat = true,
     .doc = "A variable of the flows."},
    {0}};

const struct command command_wait = {
    .name = "wait",
    .group = GROUP_DEPLOYING,
    .run = run,
    .summary = "Wait until probes and flows are ready",
    .operands = "[FILE] [PROBE|FLOW...]",
    .most = FLOW_CHOICE_MAX,
    .completes = COMPLETES_FILES,
    .flags = flags,
    .doc =
        "Asks the probes and flows that are named again and again, until each has "
        "passed; without names all probes of the configuration (of one without probes, "
        "its "
        "flows). Needs no healthd.\n\n"
        "Exits 0 when all are ready, 3 when the time is over, with what is not ready yet "
        "and why, 2 when a name or the configuration is wrong, 130 after Ctrl-C.",
    .examples =
        (const struct example[]){
            {"healthctl wait orders-db cache --timeout 60s", "Before a migration"},
            {"healthctl wait --for 10s", "All of it, and it stays"},
            {"docker compose exec healthd healthctl wait",
             "Where the services' names resolve"},
            {0}},
};
