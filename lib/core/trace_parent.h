/* SPDX-License-Identifier: Apache-2.0 */
/* How a target is told over HTTP which asking this is, so that its own logs and traces can be found. Pure. */
#ifndef HEALTHD_CORE_TRACE_PARENT_H
#define HEALTHD_CORE_TRACE_PARENT_H

#include "lib/base/arena.h"

/* The value of a `traceparent` header (https://www.w3.org/TR/trace-context/) for a run_task_id, a UUID: its digits are the
 * trace's, the last half of them the parent's. */
const char *trace_parent(struct arena *arena, const char *task_id);

#endif
