/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schedule as alerting sees it: the overlay's view of probes (phase, parents, "ask this one now", whether we are cut
 * off ourselves). Reads tracked probes; the only act is to start a run.
 */
#ifndef HEALTHD_COLLECTOR_PROBES_SEEN_H
#define HEALTHD_COLLECTOR_PROBES_SEEN_H

#include "alerts/overlay.h"

struct daemon;
struct tracked;
struct verdict;

struct probes_view probes_seen(struct daemon *d);
/* Before the first run of any: what was up before healthd was started is not new, however it is found. */
void probes_seen_recall(struct daemon *d);
/* Remembers of each published verdict what the view asks for. */
void probes_seen_note(struct tracked *t, const struct verdict *v);

#endif
