/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The variables of one run of a flow: given, captured, built in. Fills in ${names} of steps and answers `vars.name` in
 * expressions. Owned by the flow's run, in its arena.
 */
#ifndef HEALTHD_FLOWS_FLOW_SCOPE_H
#define HEALTHD_FLOWS_FLOW_SCOPE_H

#include "lib/core/opt.h"
#include "lib/core/secret.h"
#include "lib/core/tmpl.h"
#include "lib/flows/flow.h"

struct flow_scope;

/* given: variables by whoever starts the flow. False (and e): one is missing, or not of this flow. secrets may be NULL:
 * then nothing captured is redacted. */
struct flow_scope *flow_scope_create(struct arena *arena, struct secrets *secrets,
                                     const struct flow *flow, const struct pairs *given,
                                     struct wall now, struct err *e);
void flow_scope_put(struct flow_scope *s, const char *name, const struct value *value,
                    bool is_secret);
bool flow_scope_has(const struct flow_scope *s, const char *name);
const char *flow_scope_run_id(const struct flow_scope *s);

/* For one asking: ${step} and ${task_id} are its own. */
struct flow_view {
    struct scope scope;
    struct flow_scope *of;
    const char *step, *task_id;
};
void flow_view_init(struct flow_view *view, struct flow_scope *s, const char *step,
                    const char *task_id);

#endif
