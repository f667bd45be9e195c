/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is due: one heap of all configured probes, run on an unmoving grid. Owns sessions, states and the
 * flight recorder over reloads; hands every finished run to the pipeline. Never judges.
 */
#ifndef HEALTHD_COLLECTOR_SCHEDULE_H
#define HEALTHD_COLLECTOR_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "collector/recent.h"
#include "collector/seen.h"
#include "collector/state.h"
#include "collector/watching.h"
#include "lib/base/heap.h"
#include "lib/base/list.h"
#include "lib/config/generation.h"
#include "lib/core/frame.h"
#include "lib/core/registry.h"
#include "lib/core/runner.h"

struct schedule;
struct history_owner;

/* Of each probe, beside what its runs give: for the reference. */
extern const struct metric_rows schedule_families[];
struct memos;

struct tracked {           /* one configured probe, as long as its name is configured */
    struct heap_item item; /* by the earliest of due, retry_at and event_at */
    struct list waiters;   /* for the run under way */
    const struct probe *probe; /* of the current generation */
    struct session *session;
    struct source *source; /* its series */
    struct state state;
    struct recent recent;
    struct schedule *schedule;
    struct run *run; /* to cancel it; NULL when none is under way */
    bool is_running, is_removed;
    bool is_kept;                  /* while a generation is adopted */
    bool is_adopted;               /* its generation has been: it may run */
    bool is_on_grid;               /* past its first run, which is not on the grid */
    size_t holds;                  /* the schedule's own, and one a run */
    struct series *state_series;   /* probe_state */
    struct series *unknown_series; /* probe_unknown */
    struct histogram *durations;   /* probe_duration_histogram_seconds */
    struct mono due;               /* next slot on the grid */
    struct mono retry_at;          /* while unconfirmed; 0: none */
    struct mono event_at;          /* something woke it; 0: nothing did */
    struct mono event_after;       /* no event run before this */
    /* one came while a run was under way that may have seen what was before */
    bool event_missed;
    nsec offset; /* of its grid: hash(name) mod interval */
    /* finished; still busy at their slot; slots slept through */
    uint64_t runs, skipped, missed;
    struct watching watching;
    struct history_owner *history; /* whose series in the history: engine_host.c's */
    struct seen seen;              /* what alerting is told of it: probes_seen.c's */
    bool is_news; /* a run was published that viewers have not been told of: stream.c's */
    bool is_public; /* asks somebody beyond private networks */
};

typedef void schedule_publish(void *ctx, struct tracked *t, struct verdict *v,
                              struct batch *b);

struct schedule *schedule_create(struct frame *f, struct runner *r,
                                 struct registry *registry, schedule_publish *publish,
                                 void *ctx);
/* From which new sessions recall; before the first adoption. */
void schedule_recall_from(struct schedule *s, const struct memos *memos);
void schedule_stop(struct schedule *s); /* no new runs; cancels those under way */
void schedule_destroy(struct schedule *s);

size_t schedule_count(const struct schedule *s);
/* In order of configuration. */
struct tracked *schedule_at(const struct schedule *s, size_t i);
struct tracked *const *schedule_all(const struct schedule *s);
struct tracked *schedule_find(const struct schedule *s, const char *name);
/* Runs one now (RUN_NOW, PARENT, SCRAPE); done is told when its verdict has been published. Joins a run under way. */
void schedule_run_now(struct schedule *s, struct tracked *t, enum origin origin,
                      void (*done)(void *ctx), void *ctx);
/* Nobody waits for it any more (the client has gone). */
void schedule_forget_waiter(struct tracked *t, void *ctx);

struct schedule_stats {
    uint64_t runs, skipped_busy, missed_slots;
    nsec worst_start_delay; /* since the last call */
};
struct schedule_stats schedule_stats_take(struct schedule *s);

#endif
