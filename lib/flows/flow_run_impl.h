/* SPDX-License-Identifier: Apache-2.0 */
/* What a run of a flow is made of, for flow_run.c (order, deadline, end) and flow_step.c (one step's tries). */
#ifndef HEALTHD_FLOWS_FLOW_RUN_IMPL_H
#define HEALTHD_FLOWS_FLOW_RUN_IMPL_H

#include "lib/core/loop.h"
#include "lib/core/runner.h"
#include "lib/flows/flow_run.h"
#include "lib/flows/flow_scope.h"

struct step_run;

struct asking { /* one probe of a step, being asked */
    struct step_run *of;
    struct flow_finding *finding;
    struct flow_view view;
    struct run *run; /* to cancel; NULL: it has answered */
};

struct step_run {
    struct flow_run *flow;
    struct flow_step_result *result;
    struct asking *askings;
    size_t under_way;
    struct arena *arena; /* of the try */
    bool until_holds;
    bool is_out_of_time; /* another try would have come after the deadline */
    const char *until_why, *capture_why; /* capture_why NULL: nothing went wrong */
    struct mono began;
    nsec backoff;
    struct timer *again;
    void (*done)(struct step_run *s); /* flow_run.c's: the step has ended */
};

struct flow_run {
    struct flow_ask ask;
    struct arena *arena;
    struct flow_scope *scope;
    struct flow_result result;
    struct step_run *runs; /* one each of result.steps */
    bool is_finally;       /* which section: the steps, or what always happens */
    const char *ended_by;  /* why no further step of the section begins; NULL: they do */
    bool is_advancing, is_over;
    size_t next;      /* index into result.steps of the next to begin */
    size_t under_way; /* steps, a group counted once and its members each */
    struct mono began, deadline, wait_until;
    struct timer *timer; /* the deadline's */
};

/* Begins a step that has probes; done(s) is called once, maybe before this returns. */
void step_begin(struct step_run *s);
/* Cancels what is under way; the step ends with why. */
void step_cancel(struct step_run *s, enum reason reason, const char *why);
/* Ends a step that asked nobody. */
void step_end(struct step_run *s, enum step_state state, enum reason reason,
              const char *why);
void flow_tell(struct flow_run *f, const struct flow_step_result *r);

#endif
