/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows run from the command line: which steps, how long, and what came of it. Called by cmd_smoke.c and cmd_wait.c;
 * shown by smoke_text.c and report_*.c. Needs no healthd.
 */
#ifndef HEALTHD_HEALTHCTL_SMOKE_H
#define HEALTHD_HEALTHCTL_SMOKE_H

#include "healthctl/command.h"
#include "lib/config/generation.h"
#include "lib/flows/flow_run.h"

#define CODE_STOPPED 130 /* Ctrl-C, as shells have it */

struct smoke_plan {
    const struct invocation *in;
    const struct resolver_conf *resolver;
    const struct flow *const *flows;
    size_t count;
    const char *source; /* the file, as it was named; NULL: the default configuration */
    struct pairs vars;
    const char *const *only,
        *const *skip; /* patterns of step names; NULL-terminated; NULL: all, none */
    nsec wait;
    size_t repeat;
    bool is_failing_fast;
    /* Told of every change while it runs; may be NULL. */
    void (*on_step)(void *ctx, const struct flow_result *result,
                    const struct flow_step_result *step);
    void *ctx;
};

struct smoke { /* what came of it */
    const struct smoke_plan *plan;
    const struct flow_result **results; /* in order; repeated flows again */
    size_t count;
    int code;
};

/* Runs them one after the other, then calls report, while the results are there. Returns report's answer; CODE_USAGE or
 * CODE_UNKNOWN after complaining when nothing could be asked. */
int smoke_run(const struct smoke_plan *plan,
              int (*report)(void *ctx, const struct smoke *smoke), void *ctx);

/* What a flow's end is worth as an exit code. */
int smoke_code(const struct flow_result *r);
/* True when the plan's --only and --skip want the step, or another wanted step of the flow needs what it captures. */
bool smoke_wants(const struct smoke_plan *plan, const struct flow *flow,
                 const struct flow_step *step);

struct smoke_counts {
    size_t passed, degraded, failed, unknown, skipped;
};
/* Steps that ask, without their groups. */
struct smoke_counts smoke_count(const struct flow_result *r);

#endif
