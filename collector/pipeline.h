/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one way that a finished run takes: state, registry, exporters, recent runs, history and rules. Called by the schedule for each
 * (daemon.c joins the two). Reads downwards; arrows never turn back.
 */
#ifndef HEALTHD_COLLECTOR_PIPELINE_H
#define HEALTHD_COLLECTOR_PIPELINE_H

#include "collector/publication.h"
#include "collector/schedule.h"
#include "lib/core/exporter.h"

struct pipeline {
    struct registry *registry;
    struct generation *generation; /* whose configuration the exporters use */
    struct exporter *exporters;
    size_t exporter_count;
    struct engine_host *engine_host; /* history and rules */
    struct publications publications;
};

/* Opens the exporters of a generation and closes the former ones: all or nothing (and e). */
bool pipeline_set_exporters(struct pipeline *p, struct generation *g, struct frame *f,
                            struct err *e);
/* The one that says how pages look; NULL: none does, and there are none. */
const struct exporter *pipeline_paging(const struct pipeline *p);
void pipeline_reopen(struct pipeline *p); /* SIGUSR1: files that were rotated */
void pipeline_close(struct pipeline *p);

void pipeline_publish(struct pipeline *p, struct tracked *t, struct verdict *v,
                      struct batch *b);

#endif
