/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdicts.db: changes and hours of every probe for 90 days, on a store thread of its own (synchronous=NORMAL: a power cut
 * may take the last minutes). Used by verdict_history.c alone. Rows are capped; the oldest go first.
 */
#ifndef HEALTHD_COLLECTOR_VERDICT_FILE_H
#define HEALTHD_COLLECTOR_VERDICT_FILE_H

#include "collector/verdict_history.h"
#include "lib/base/map.h"

#define VERDICT_DAYS 90
#define VERDICT_CHANGES_MAX 100000 /* rows of all probes */
#define VERDICT_HOURS_MAX 1000000  /* the same: 460 probes for 90 days */

struct verdict_file;

struct hour_row {
    char *name; /* owned */
    int64_t hour;
    struct tally tally;
};

/* NULL (and e) when not even a new file can be made. Without a loop, in tests, all is done within the calls. */
struct verdict_file *verdict_file_open(struct loop *l, const char *state_path,
                                       struct err *e);
void verdict_file_close(struct verdict_file *f); /* takes NULL */

/* The last confirmed health of each probe, and whether it was good once; waits for the disk (start only). */
typedef void verdict_file_state(void *ctx, const char *name, enum health health,
                                struct wall since, bool was_good);
void verdict_file_states(struct verdict_file *f, verdict_file_state *fn, void *ctx);
/* What is on file of the last 30 days: name → struct availability *, both done's to free; NULL when it cannot be read. */
void verdict_file_load(struct verdict_file *f, struct wall now,
                       void (*done)(void *ctx, struct map *by_name), void *ctx);

void verdict_file_put_change(struct verdict_file *f, const char *name,
                             const struct health_change *c);
/* Replaces these hours. Takes the rows. */
void verdict_file_put_hours(struct verdict_file *f, struct hour_row *rows, size_t count);
/* Removes what is too old or too much. */
void verdict_file_prune(struct verdict_file *f, struct wall now);
/* Adds "changes":[…],"hours":[…] of one probe to text, then calls done on the loop. */
void verdict_file_read(struct verdict_file *f, const char *name, struct wall from,
                       struct buf *taken, verdict_history_done *done, void *ctx);

#endif
