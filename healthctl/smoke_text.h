/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Smoke runs for people: a line a step, which on a terminal appears as the step begins and settles into its result; then
 * each failure with what was expected and how to do it again. Called by cmd_smoke.c and cmd_wait.c.
 */
#ifndef HEALTHD_HEALTHCTL_SMOKE_TEXT_H
#define HEALTHD_HEALTHCTL_SMOKE_TEXT_H

#include "healthctl/smoke.h"
#include "healthctl/writer.h"

/* Lines on standard error while it runs; does nothing unless that is a terminal. For smoke_plan.on_step. */
struct smoke_progress {
    const struct invocation *in;
    bool is_shown;
    size_t open; /* columns of the line that is not settled */
};
struct smoke_progress smoke_progress_start(const struct invocation *in);
void smoke_progress_step(void *progress, const struct flow_result *result,
                         const struct flow_step_result *step);

void smoke_write(const struct smoke *smoke);

#endif
