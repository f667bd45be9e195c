/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lets alerting (alerts/engine.h) live in healthd: its timer, its clock, the pool, the network, and its view of the
 * probes. Made by daemon.c; told of each verdict by the pipeline; read by the API. Decides nothing.
 */
#ifndef HEALTHD_COLLECTOR_ENGINE_HOST_H
#define HEALTHD_COLLECTOR_ENGINE_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "alerts/engine.h"
#include "lib/base/err.h"

struct daemon;
struct frame;
struct generation;
struct tracked;
struct engine_host;

/* After the schedule, before the first adopt. */
struct engine_host *engine_host_create(struct daemon *d, const char *state_path,
                                       struct err *e);
/* Takes over a generation. Paused, no rule is looked at and nobody told, until it is adopted or resumed; quiet, nothing of
 * that is under way any more. Then prepared, in slices (true: all is done), whose series are whose and what rules read:
 * probes are those of g, and f is what they are aimed with. Adopted last, at once. */
void engine_host_pause(struct engine_host *h);
void engine_host_resume(struct engine_host *h);
bool engine_host_is_quiet(const struct engine_host *h);
bool engine_host_prepare(struct engine_host *h, const struct generation *g,
                         struct tracked *const *probes, struct frame *f,
                         const struct slice *slice);
void engine_host_adopt(struct engine_host *h, const struct generation *g);
/* A verdict: first its samples, in slices when there are many; engine_host_observe when all are in. */
void engine_host_publish(struct engine_host *h, struct tracked *t,
                         const struct verdict *v, const struct batch *b,
                         struct history_publication *ret_samples);
void engine_host_observe(struct engine_host *h, struct tracked *t,
                         const struct verdict *v, const struct batch *b);
void engine_host_stop(struct engine_host *h);
bool engine_host_is_idle(const struct engine_host *h); /* takes NULL: idle */
/* While pool and loop are still there, best when idle. Takes NULL. */
void engine_host_destroy(struct engine_host *h);

void engine_host_refresh_metrics(struct engine_host *h); /* before a page */
struct engine *engine_host_engine(struct engine_host *h);
/* Alerting's time: never goes back (steady.h). */
struct wall engine_host_now(struct engine_host *h);
uint64_t engine_host_clock_steps(const struct engine_host *h);

#endif
