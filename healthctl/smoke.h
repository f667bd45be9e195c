/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows run from the command line: which steps, how long, and what came of it. Called by smoke, wait, baseline and
 * deploy; shown by smoke_text.c and report_*.c. Needs no healthd.
 */
#ifndef HEALTHD_HEALTHCTL_SMOKE_H
#define HEALTHD_HEALTHCTL_SMOKE_H

#include "healthctl/command.h"
#include "healthctl/flow_choice.h"
#include "lib/flows/flow_run.h"

#define CODE_STOPPED 130 /* Ctrl-C, as shells have it */

struct smoke_plan {
    const struct invocation *in;
    const struct generation *generation; /* that the flows are of */
    const struct flow *const *flows;
    size_t count;
    const char *source; /* the file, as it was named; NULL: the default configuration */
    struct pairs vars;
    /* patterns of step names; NULL-terminated; NULL: all, none */
    const char *const *only, *const *skip;
    nsec wait;        /* of all flows together; 0: what fails is not tried again */
    bool is_wait_all; /* the end of the wait ends what is under way, too */
    /* with wait: all of them have to pass again and again for so long, without a failed try between */
    nsec steady;
    size_t repeat;
    bool is_failing_fast, is_recording;
    /* Told of every change while it runs; may be NULL. */
    void (*on_step)(void *ctx, const struct flow_result *result,
                    const struct flow_step_result *step);
    /* An answer, while its values can be asked. May be NULL. */
    void (*on_answer)(void *ctx, const struct flow_result *result,
                      const struct flow_step_result *step, size_t finding,
                      struct run *run);
    void *ctx, *answer_ctx; /* of the two */
};

struct comparison;
struct smoke { /* what came of it */
    const struct smoke_plan *plan;
    const struct flow_result **results; /* in order; repeated flows again */
    size_t count;
    int code;
    nsec steady; /* for how long all had passed at the end, when the plan asks for that */
    nsec duration;
    const struct comparison *comparison; /* with a baseline; NULL: none was asked for */
    bool is_slower_failure;
};

void smoke_choose(struct smoke_plan *plan, const struct flow_choice *c);

/* Runs them one after the other, then calls report, while the results are there. Returns report's answer; CODE_USAGE or
 * CODE_UNKNOWN after complaining when nothing could be asked. */
int smoke_run(const struct smoke_plan *plan,
              int (*report)(void *ctx, const struct smoke *smoke), void *ctx);

/* What a flow's end is worth as an exit code. */
int smoke_code(const struct flow_result *r);
/* The one of two exit codes that stands for both. */
int smoke_worse(int a, int b);
/* True when the plan's --only and --skip want the step, or another wanted step of the flow needs what it captures. */
bool smoke_wants(const struct smoke_plan *plan, const struct flow *flow,
                 const struct flow_step *step);

struct smoke_counts {
    size_t passed, degraded, failed, unknown, skipped;
};
/* Steps that ask, without their groups. */
struct smoke_counts smoke_count(const struct flow_result *r);

#endif
