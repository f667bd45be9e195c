/* SPDX-License-Identifier: Apache-2.0 */
/* Alerting's families on /metrics: rules, alerts, history, ledger, clock. Read when a page or the history wants them. */
#ifndef HEALTHD_COLLECTOR_ENGINE_METRICS_H
#define HEALTHD_COLLECTOR_ENGINE_METRICS_H

#include "lib/core/registry.h"

struct engine_host;
struct engine_metrics;

extern const struct metric_rows engine_families[]; /* what they are, for the reference */
struct engine_metrics *engine_metrics_create(struct engine_host *h, struct registry *r);
/* After the engine, whose courier has its families here, too. Takes NULL. */
void engine_metrics_destroy(struct engine_metrics *m);
void engine_metrics_refresh(struct engine_metrics *m);

#endif
