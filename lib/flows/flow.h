/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a flow is, as a configuration says it: steps in order, what each keeps for those after it, and what always
 * happens at the end. Made by lib/config/flow_conf.c, never written afterwards; run by flow_run.c, for healthctl smoke
 * and for healthd's canary alike.
 */
#ifndef HEALTHD_FLOWS_FLOW_H
#define HEALTHD_FLOWS_FLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/clock.h"
#include "lib/core/diag.h"
#include "lib/core/expr.h"
#include "lib/core/labels.h"
#include "lib/core/probe.h"

#define FLOW_MAX_STEPS 500 /* of one flow, included ones and those in parallel counted */
#define FLOW_MAX_DEPTH 8   /* of includes */

struct flow_capture { /* a value that later steps use as ${name} and vars.name */
    const char *name;
    const struct expr *value; /* over the variables of the step's type */
    bool is_secret;           /* redacted by value from then on */
};

struct flow_retry {
    bool is_set;
    const struct expr *until;  /* NULL: until the step passes */
    nsec within;               /* from the step's start */
    nsec backoff, max_backoff; /* the pause doubles, from the one to the other */
};

struct flow_step {
    const char *name; /* of this flow only */
    struct place at;
    const struct expr *when; /* over `vars`; NULL: always */
    /* One of the two: */
    const struct probe *const
        *probes; /* asked at once: one written in place, or those of `use` */
    size_t probe_count;
    const struct flow_step *steps; /* `parallel`: begun at once */
    size_t step_count;
    const struct flow_capture *captures; /* with one probe only */
    size_t capture_count;
    struct flow_retry retry;
    /* variables that an earlier step captures; NULL-terminated */
    const char *const *needs;
};

struct flow_var {
    const char *name;
    const char *value; /* NULL: whoever starts the flow has to say it */
    struct place at;
};

struct flow {
    const char *name;
    struct place at;
    /* of all steps together; what always happens has FLOW_FINALLY of its own */
    nsec deadline;
    nsec schedule;        /* how often healthd runs it; 0: never by itself */
    const char *severity; /* of its alert: critical, warning, none */
    struct labels labels; /* global ◁ flow's; workflow_id among them */
    const struct flow_var *vars;
    size_t var_count;
    const struct flow_step *steps;
    size_t step_count;
    const struct flow_step *finally;
    size_t finally_count;
    const char *canonical; /* equal text over a reload: the same flow */
};

#define FLOW_FINALLY (30 * NSEC_PER_SEC)

/* Names that every flow knows besides its own: ${uuid} (a new one each time), ${now} (RFC 3339), ${flow}, ${step},
 * ${run_id} (one for the whole run), ${task_id} (one for each asking). NULL-terminated. */
extern const char *const flow_builtins[];
/* What expressions may name in steps: `vars`, a map of the variables. */
extern const struct var flow_vars[];

#endif
