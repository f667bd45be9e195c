/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deployments in numbers: when each thing was deployed last, as which release, and whether that was good, so that a graph
 * can mark it. Made from the overlay's deploys when a page or the history wants them. Called by collector/engine_metrics.c.
 * Stops by hand, which are only seen, are none.
 */
#ifndef HEALTHD_ALERTS_DEPLOY_METRICS_H
#define HEALTHD_ALERTS_DEPLOY_METRICS_H

#include "alerts/overlay.h"
#include "lib/core/registry.h"

#define DEPLOY_METRICS_MAX 50 /* things with series of their own: those deployed last */

struct deploy_metrics;

extern const struct metric_rows deploy_families[]; /* what they are, for the reference */
struct deploy_metrics *deploy_metrics_create(struct registry *r);
void deploy_metrics_destroy(struct deploy_metrics *m); /* takes NULL */
void deploy_metrics_refresh(struct deploy_metrics *m, const struct overlay *o,
                            struct wall now);

#endif
