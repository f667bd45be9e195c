/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schedule takes over a generation, in slices, because a thousand probes may be others. Identity is the probe's name and
 * canonical text: equal keeps session, due and state; anything else starts afresh, unconfirmed; what is gone ends. Called
 * by reload.c, and all at once by the daemon's start. Starts no run.
 *
 *   make    sessions of the new: may fail, is seen by nobody, and loses nothing
 *   turn    series of the registry, of who goes and who comes: pages may not be looked at before the end of it
 *   take    at once: from now on the schedule's probes are the new ones
 *   tidy    what is left over, of those that went or of what failed
 */
#ifndef HEALTHD_COLLECTOR_ADOPTION_H
#define HEALTHD_COLLECTOR_ADOPTION_H

#include "alerts/slice.h"
#include "collector/schedule.h"

struct adoption;

struct adoption *adoption_begin(struct schedule *s, struct generation *g);
/* True when all is made, or a session cannot be opened, which adoption_fault says then. */
bool adoption_make(struct adoption *a, const struct slice *slice);
const struct err *adoption_fault(const struct adoption *a);        /* NULL: none */
bool adoption_turn(struct adoption *a, const struct slice *slice); /* true: all of it */
void adoption_take(struct adoption *a);
/* Before take, what was made goes again. True when nothing is left over. */
bool adoption_tidy(struct adoption *a, const struct slice *slice);
void adoption_destroy(struct adoption *a); /* tidies what is not yet; takes NULL */
/* The probes of its generation, in that order, when they are made. */
struct tracked *const *adoption_probes(const struct adoption *a);

/* All of it at once. False (and e) when a session cannot be opened: nothing has changed. */
bool schedule_adopt(struct schedule *s, struct generation *g, struct err *e);

#endif
