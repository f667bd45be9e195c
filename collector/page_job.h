/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One rendering of a metrics page, shared by every scrape that asks for the same page while it is being made:
 * rendered in slices on the loop, compressed on the pool when it is large. Freed when the last client has it.
 */
#ifndef HEALTHD_COLLECTOR_PAGE_JOB_H
#define HEALTHD_COLLECTOR_PAGE_JOB_H

#include <stdbool.h>

#include "collector/daemon.h"
#include "collector/web.h"
#include "lib/core/registry.h"

/* Answers x with the page of one source, or of all when only is NULL; now or later. */
void page_job_answer(struct exchange *x, struct daemon *d, enum page_format format,
                     const struct source *only);

#endif
