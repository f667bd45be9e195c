/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What alerting is told of one probe: in which phase it is, and since when. Pure: from its confirmed state and what is
 * remembered besides, also over a restart. Used by the schedule's view (probes_seen.c) and by the stories' probes.
 */
#ifndef HEALTHD_COLLECTOR_SEEN_H
#define HEALTHD_COLLECTOR_SEEN_H

#include "alerts/overlay.h"
#include "collector/state.h"

struct seen {
    struct wall known_since; /* this process has it */
    struct wall was_down;    /* since then, as healthd was started; 0: it was not */
    bool was_up; /* confirmed once since it is tracked, or before healthd was started */
};

/* After each verdict that was confirmed. */
void seen_note(struct seen *seen, const struct state *state);
/* Before the first run: what was up before healthd was started is not new. down_since: ns 0 when it was not down. */
void seen_recall(struct seen *seen, struct wall down_since);
/* last: what the newest run found. */
enum probe_phase seen_phase(const struct seen *seen, const struct state *state,
                            enum health last);
struct wall seen_since(const struct seen *seen, const struct state *state);

#endif
