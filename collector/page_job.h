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

struct page_kind {
    enum page_format format;
    int gzip_level;            /* gzip_text's; 0: as it is */
    const struct source *only; /* NULL: all */
};

/* Answers x with such a page, now or later. */
void page_job_answer(struct exchange *x, struct daemon *d, const struct page_kind *kind);

#endif
