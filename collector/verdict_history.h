/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each probe's health was: changes, time in each health by hour, and the last hour's latency. Told of every
 * published verdict by the daemon; read by the status page's API. A small part is in memory (bars, the last changes);
 * 90 days are in verdicts.db, a file of its own, whose loss is no fault. Never judges. Of alerting only probes_seen.c reads it,
 * once, as healthd starts: which probes were up before.
 */
#ifndef HEALTHD_COLLECTOR_VERDICT_HISTORY_H
#define HEALTHD_COLLECTOR_VERDICT_HISTORY_H

#include <stdbool.h>

#include "alerts/slice.h"
#include "collector/availability.h"
#include "collector/latency.h"
#include "lib/base/buf.h"
#include "lib/core/loop.h"
#include "lib/core/verdict.h"

struct generation;
struct verdict_history;

#define CHANGES_KEPT 32 /* in memory, for each probe */

struct health_change {
    struct wall at;
    enum health health;
    enum reason reason;
    char *detail; /* at most 300 bytes */
};

/* Whether what is on file of a probe is in its record. Before that nothing of it is written: an hour that began earlier
 * would lose its beginning. */
enum recall { RECALL_WANTED, RECALL_ASKED, RECALL_DONE };

struct verdict_record { /* of one probe, by name: outlives changes of its configuration */
    char *name;
    struct availability availability;
    struct latency latency;
    struct health_change changes[CHANGES_KEPT]; /* a ring; change_count counts all */
    size_t change_count;
    enum health health; /* confirmed, and since when: also over restarts of healthd */
    struct wall since;
    bool was_good; /* before this process: up or degraded, as far as the file goes back */
    struct wall counted; /* time up to here is in availability; 0: nothing yet */
    struct wall seen;    /* the last run that gave an answer */
    nsec patience;       /* after seen, this much longer the health is still known */
    int64_t dirty_from;  /* first hour that differs from the file's; 0: none does */
    enum recall recall;
};

/* state_path NULL: memory only, as when no file can be made (which is logged). */
struct verdict_history *verdict_history_create(struct loop *l, const char *state_path);
/* Writes what waits; takes NULL. */
void verdict_history_destroy(struct verdict_history *h);
/* Probes that a generation does not have leave the memory; their rows stay until they are too old, and are read again
 * when a probe of that name runs. In slices; true when all have left. */
bool verdict_history_retain(struct verdict_history *h, const struct generation *g,
                            const struct slice *slice);
/* v was published; confirmed, changed and since are set. interval: of its probe. */
void verdict_history_observe(struct verdict_history *h, const char *name,
                             const struct verdict *v, nsec interval);
/* Counts time up to now for every probe whose health is still known; before reading availability. */
void verdict_history_settle(struct verdict_history *h, struct wall now);
/* NULL: no verdict yet, and none on file. */
const struct verdict_record *verdict_history_find(const struct verdict_history *h,
                                                  const char *name);

/* The JSON text of what /api/probes/{probe}/history answers, from `from` on. done may be called within the call. text
 * is done's to take or leave; NULL with e when the file could not be read. */
typedef void verdict_history_done(void *ctx, struct buf *text, const struct err *e);
void verdict_history_read(struct verdict_history *h, const char *name, struct wall from,
                          struct wall now, verdict_history_done *done, void *ctx);

#endif
