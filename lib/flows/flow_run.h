/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of a flow: its steps in order, each with its conditions, captures and tries; one deadline over all; then what
 * always happens. On the loop, by the runner; never prints, never publishes. Called by healthctl (smoke, wait, deploy)
 * and by healthd's canary.
 */
#ifndef HEALTHD_FLOWS_FLOW_RUN_H
#define HEALTHD_FLOWS_FLOW_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/frame.h"
#include "lib/core/uuid.h"
#include "lib/core/verdict.h"
#include "lib/flows/flow.h"

struct run;
struct runner;
struct flow_run;

enum step_state {
    STEP_WAITING,
    STEP_RUNNING,
    STEP_PASSED,
    STEP_DEGRADED, /* it passed, and a `should` did not hold */
    STEP_FAILED,
    STEP_UNKNOWN, /* we could not ask */
    STEP_SKIPPED
};
const char *step_state_name(enum step_state state); /* "waiting", "passed", … */

struct flow_finding { /* what the last asking of one probe found */
    const struct probe *probe;
    bool is_done;
    enum health health;
    enum reason reason;
    const char *detail; /* redacted */
    const char *address;
    nsec duration;
    nsec phases[PHASE_COUNT];
    char task_id[UUID_SIZE];
};

struct flow_step_result {
    const struct flow_step *step;
    /* of a step in parallel: the one it belongs to */
    const struct flow_step_result *group;
    bool is_finally;
    enum step_state state;
    enum reason reason; /* of FAILED and UNKNOWN */
    /* the sentence of what failed, degraded, or why it was skipped; "" */
    const char *why;
    struct flow_finding *findings; /* of step->probe_count */
    struct wall started, ended;
    struct wall failing_since; /* ns 0: no try of this run failed */
    nsec duration;
    size_t tries;
};

struct flow_result {
    const struct flow *flow;
    const char *run_id;
    struct flow_step_result *steps; /* in order; those in parallel behind their group */
    size_t count;
    const struct flow_step_result *failed; /* the first step that failed or was unknown */
    const struct flow_step_result *finally_failed; /* the same of what always happens */
    bool is_late;     /* the deadline, or the wait's end, came before it passed */
    bool is_stopped;  /* flow_stop */
    bool is_degraded; /* passed, but a step was degraded */
    struct wall started;
    nsec duration;
};

struct flow_ask {
    const struct flow *flow; /* kept valid by the caller until flow_destroy */
    struct frame *frame;
    struct runner *runner;
    struct pairs vars; /* given by whoever starts it */
    /* every step that fails is tried again until this long after the start; 0: no */
    nsec wait;
    nsec most; /* a deadline over all steps, when it comes before the flow's; 0: none */
    bool is_recording; /* of each run (run_is_recording) */
    /* the first step that fails ends it (but for what always happens) */
    bool is_failing_fast;
    /* Which steps are wanted; NULL: all. */
    bool (*is_wanted)(void *ctx, const struct flow_step *step);
    /* A step began, was tried, or ended. May be NULL. */
    void (*on_step)(void *ctx, const struct flow_result *result,
                    const struct flow_step_result *step);
    /* A probe of a step answered, and its values can be asked; before on_step. May be NULL. */
    void (*on_answer)(void *ctx, const struct flow_result *result,
                      const struct flow_step_result *step, size_t finding,
                      struct run *run);
    /* once, never before flow_start returns */
    void (*on_done)(void *ctx, const struct flow_result *result);
    void *ctx;
};

/* NULL (and e) when a variable is missing: nothing has been asked then. */
struct flow_run *flow_start(const struct flow_ask *ask, struct err *e);
/* No further step begins; what is under way is cancelled; then what always happens, once, and on_done. */
void flow_stop(struct flow_run *f);
/* The process ends: no further step begins, not even of what always happens, and nothing is told any more. The runner may
 * cancel what is under way; flow_destroy follows. */
void flow_abandon(struct flow_run *f);
/* After on_done, or before it when the runner is destroyed first. Takes NULL. */
void flow_destroy(struct flow_run *f);

#endif
