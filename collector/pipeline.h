/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one way that a finished run takes: state, registry, exporters. Reads downwards; arrows never turn back.
 */
#ifndef HEALTHD_COLLECTOR_PIPELINE_H
#define HEALTHD_COLLECTOR_PIPELINE_H

#include "collector/schedule.h"
#include "lib/core/exporter.h"

struct pipeline {
    struct registry *registry;
    struct exporter *exporters;
    size_t exporter_count;
};

void pipeline_publish(struct pipeline *p, struct tracked *t, struct verdict *v, struct batch *b);

#endif
