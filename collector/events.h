/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What workflow engines tell of their tasks: read from JSON (events_read.c, pure), then a line in the log and two families
 * of metrics each (events.c). Made by the daemon; fed by api_events.c. However many names there are, the series are not:
 * those over the caps are counted as "_other".
 */
#ifndef HEALTHD_COLLECTOR_EVENTS_H
#define HEALTHD_COLLECTOR_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/core/registry.h"

#define EVENTS_MAX_BATCH 5000 /* events of one request */
#define EVENTS_MAX_NAME 128   /* bytes of a label's value */
#define EVENTS_MAX_FAULTS 100 /* that are told one by one */
#define EVENTS_MAX_NODES \
    300 /* pairs of workflow_id and node_id with series of their own */
#define EVENTS_MAX_STATUSES 16 /* that are told apart */

struct event { /* texts are "" when it did not say */
    const char *workflow_id, *node_id, *task_id, *status, *component, *environment,
        *message;
    bool has_duration;
    double duration_ms;
    struct wall at; /* 0: it did not say */
};

struct event_fault {
    size_t line; /* of NDJSON, or place in the list; from 1 on */
    const char *text;
};

struct event_batch {
    struct event *items;
    size_t count, rejected;
    struct event_fault faults[EVENTS_MAX_FAULTS];
    size_t fault_count;
};

/* One object, a list of them, or one a line (is_lines says that it can only be that). Everything lives in arena. */
void events_read(struct bytes text, bool is_lines, struct arena *arena,
                 struct event_batch *ret_batch);

extern const struct metric_rows events_families[]; /* what they are, for the reference */
struct events;
struct events *events_create(struct registry *r);
void events_destroy(struct events *e); /* takes NULL */
void events_take(struct events *e, const struct event *event, struct wall now);
void events_reject(struct events *e, size_t count);

#endif
