/* SPDX-License-Identifier: Apache-2.0 */
/* `--against BASELINE` of smoke and deploy: read before anything is asked, compared afterwards. */
#ifndef HEALTHD_HEALTHCTL_AGAINST_H
#define HEALTHD_HEALTHCTL_AGAINST_H

#include "healthctl/comparison.h"

struct against {
    const struct invocation *in;
    const char *path; /* NULL: nothing is compared */
    const struct baseline *baseline;
    struct baseline_watch *watch;
    struct tolerance tolerance;
    bool is_slower_failure;
};

/* By --against, --tolerance and --fail-slower; makes the plan look on. 0, or CODE_USAGE after complaining. */
int against_read(struct against *a, const struct invocation *in, struct smoke_plan *plan);
/* The run with its comparison, and the exit code that it is worth now. A run that was stopped is not compared. */
struct smoke against_compare(const struct against *a, const struct smoke *smoke);

#endif
