/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows on a schedule: each run's steps as series, its end as a line of healthd's log. Rules tell of a flow, not of its
 * steps. Made and told of generations by the daemon; runs are lib/flows'.
 */
#ifndef HEALTHD_COLLECTOR_CANARY_H
#define HEALTHD_COLLECTOR_CANARY_H

#include <stdbool.h>

#include "lib/config/generation.h"
#include "lib/core/frame.h"
#include "lib/core/json.h"
#include "lib/core/registry.h"
#include "lib/core/runner.h"

struct canaries;

extern const struct metric_rows canary_families[]; /* what they are, for the reference */
struct canaries *canaries_create(struct frame *f, struct runner *runner,
                                 struct registry *r);
/* A flow that is the same text keeps its slot and series; one that is gone is stopped, and its end still happens. */
void canaries_adopt(struct canaries *all, struct generation *g);
/* No further step begins anywhere, and nothing is told any more: the runner is about to cancel what is under way. */
void canaries_stop(struct canaries *all);
void canaries_destroy(struct canaries *all); /* after the runner; takes NULL */
/* Of every scheduled flow: its last run, step by step; when the next is due. */
json_t *canaries_json(const struct canaries *all);

#endif
