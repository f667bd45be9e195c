/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A verdict on its way into history and rules: at once, or when its batch names thousands of new series in slices over several
 * turns of the loop. The history shows all of its samples at once, in the last slice, and only then are the rules told of the
 * verdict; the registry's page has it before. Until then the probe does not run again. Called by pipeline.c.
 */
#ifndef HEALTHD_COLLECTOR_PUBLICATION_H
#define HEALTHD_COLLECTOR_PUBLICATION_H

#include "collector/engine_host.h"
#include "collector/schedule.h"

struct publication;

/* Those under way; all zero: none. */
struct publications {
    struct publication *first;
};

/* v and b are what t's run was just found to be (its done is being called). */
void publications_add(struct publications *p, struct engine_host *host, struct tracked *t,
                      const struct verdict *v, const struct batch *b);
/* At once, before the engine stops. */
void publications_finish(struct publications *p);

#endif
