/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a configured probe asks, as Prometheus would name it: the target labels `job` and `instance`. */
#ifndef HEALTHD_COLLECTOR_TARGET_H
#define HEALTHD_COLLECTOR_TARGET_H

#include "lib/base/arena.h"
#include "lib/core/frame.h"
#include "lib/core/labels.h"
#include "lib/core/probe.h"

/* HOST:PORT or a socket's path; "" for one that asks nobody in particular. */
const char *target_instance(const struct probe *probe, struct frame *f,
                            struct arena *arena);
/* What its series carry on /metrics (type, the user's labels; task_id is unique per run, so left out), with job and
 * instance besides, and with probe also where its page leaves it out: an alert has to say whose it is. */
struct labels target_labels(const struct probe *probe, struct frame *f,
                            struct arena *arena);

#endif
