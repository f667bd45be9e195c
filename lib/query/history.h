/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The samples of every series, in memory, for some hours: Gorilla-compressed chunks under a byte budget, found by
 * labels. The loop appends and selects; any thread may read a view, which pins what it needs. Survives a restart
 * through files of its own (synchronous=never: a lost tail is a gap, not a fault). Beside history.c: chunk.c (one
 * series' bytes), series_index.c (who has a label), history_publish.c (who writes what), history_view.c (what other
 * threads read), history_budget.c (what goes first), history_readers.c (what rules read), history_rollup.c (what is older
 * than samples are kept), history_save.c and history_restore.c.
 */
#ifndef HEALTHD_QUERY_HISTORY_H
#define HEALTHD_QUERY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/batch.h"
#include "lib/core/labels.h"
#include "lib/core/metric.h"
#include "lib/query/matcher.h"
#include "lib/query/promql.h"
#include "lib/query/sample.h"

#define HISTORY_KEEP (6 * NSEC_PER_HOUR)
#define HISTORY_BUDGET ((size_t)24 << 20)
#define HISTORY_ROLLUP_KEEP (32 * NSEC_PER_DAY)

struct history;
struct history_owner; /* whose series: a configured probe, a rule group, healthd itself */

struct history_limits {
    size_t budget_bytes; /* of chunks, labels and index together; 24 MiB */
    nsec keep;           /* 6 h; older chunks go, some of them into rollups */
    size_t max_series;   /* above it new series are refused and counted; 0: 200,000 */
};

struct history *history_create(const struct history_limits *limits);
void history_destroy(struct history *h); /* no view may be left */
void history_set_limits(struct history *h, const struct history_limits *limits);
/* Drops what is too old or too much, for about budget (INT64_MAX: all of it); true when nothing is, any more. Each finished
 * chunk drops a few by itself; call it after new limits, and now and then. */
bool history_tidy(struct history *h, nsec budget);

/* labels are put on each of its series (probe, the user's, and the target labels job and instance); a series' own win. */
struct history_owner *history_owner(struct history *h, struct labels labels);
/* Ends all its series with a stale marker at ms. */
void history_owner_end(struct history_owner *o, int64_t ms);
/* Ends the series that m matches and nobody writes, right after their newest sample: those of an owner of the process
 * before, who is gone. */
void history_end_unowned(struct history *h, struct matchers m);
/* Appends one run's samples at ms. Per group: a series of that group that the batch does not name gets a stale marker;
 * a failed group ends what it does not name, too; absent groups stay as they are. Consecutive batches of one shape
 * cost no look-up, and no comparison of names when the registry has found them to be (batch.h). A time at or before the series' newest sample is refused (counted): times rise strictly. */
void history_publish(struct history_owner *o, int64_t ms, const struct batch *b);
/* The same in slices, for batches that name thousands of series for the first time. A reader in between sees what was there
 * before; in the last slice all of the batch is seen at once, and ends what it does not name. b and p live until then. Another
 * publication of the owner, and its end, finish this one first. */
struct history_publication {
    struct history_owner *owner; /* NULL: all is seen */
    int64_t ms;
    const struct batch *batch;
    const struct batch_group *group; /* from here on history_publish.c's own */
    const struct sample *sample;
    struct holding *holding;
};
void history_publication_begin(struct history_publication *p, struct history_owner *o,
                               int64_t ms, const struct batch *b);
void history_publication_move(struct history_publication *to,
                              struct history_publication *from);
/* For about budget, and at least some samples; true when all is seen. The last slice is an append a sample. */
bool history_publication_go(struct history_publication *p, nsec budget);
/* One sample of one series (rule results, `up`, healthd's own families). own is sorted and without __name__. */
void history_put(struct history_owner *o, const char *name, struct labels own, int64_t ms,
                 double value);
/* Stale markers for every series of the owner that was not put or published at exactly ms: the end of one evaluation
 * of a rule group, or of one look at healthd's own families. */
void history_end_others(struct history_owner *o, int64_t ms);
/* The same for at most so many of them; true when no more are left. */
bool history_end_some(struct history_owner *o, int64_t ms, size_t most);

/* What rules read is kept longest: series that none of these match lose their oldest chunks first. What a selector
 * reads further back than samples are kept stays as five-minute points (rolled.h), for as far as it reaches and at most
 * HISTORY_ROLLUP_KEEP; these have at most half of the budget. Also of series that come later. */
void history_protect(struct history *h, const struct selector *const *selectors,
                     size_t count);
/* The same in slices, for about budget each; true when all is done. Series are read and written meanwhile as ever. */
void history_protect_begin(struct history *h, const struct selector *const *selectors,
                           size_t count);
bool history_protect_go(struct history *h, nsec budget);

/* A view: the series that some selectors match, and their samples up to now, pinned. Made on the loop (match lists are
 * cached per selector until a series comes or goes), read anywhere, released on the loop. */
struct history_view;
struct history_view *history_view(struct history *h,
                                  const struct selector *const *selectors, size_t count);
/* The same for one evaluation: selectors reach back from its start, and instant ones as far as its look-back says. The
 * plain one is for now, or a grid slot at most a minute ago. */
struct history_view *history_view_for(struct history *h,
                                      const struct selector *const *selectors,
                                      size_t count, const struct promql_opts *opts);
/* How many series a view of these would have at most; one that several match counts for each. */
size_t history_matching(struct history *h, const struct selector *const *selectors,
                        size_t count);
/* One thread at a time. Selectors that are alike are read once for as long as the arena is the same and not reset. */
struct promql_source history_view_source(struct history_view *v);
void history_view_release(struct history_view *v);

/* Label sets of series that match any of sets and have a sample in from..to, each once. Loop. */
void history_each(struct history *h, const struct matchers *sets, size_t count,
                  int64_t from, int64_t to,
                  void (*fn)(void *ctx, struct labels labels, struct point newest),
                  void *ctx);

/* For the API: the same, and all when count is 0, in slices. What is there all the while is seen once; what comes or goes
 * may be seen. One walk at a time. */
struct history_walk {
    const struct matchers *sets;
    size_t count;
    int64_t from, to;
    size_t left; /* history_walk's own */
    uint32_t number;
};
void history_walk_begin(struct history *h, struct history_walk *w);
/* For about budget; true when all were seen. */
bool history_walk(struct history *h, struct history_walk *w, nsec budget,
                  void (*fn)(void *ctx, struct labels labels), void *ctx);

/* Which owners' series do these selectors match, or did within reach? Each is given once, with the first of the selectors
 * that does, until fn returns false. fn leaves the history as it is. For alerts/coverage.c. Loop. */
void history_owners(
    struct history *h, const struct selector *const *selectors, size_t count,
    bool (*fn)(void *ctx, struct history_owner *o, const struct selector *by), void *ctx);
struct labels history_owner_labels(const struct history_owner *o);
/* Has a series that one of these matches moved: come, ended, or another value than before? Of those that still have an
 * owner only his that is_wanted accepts count. Since history_moves_seen was called last, or a little longer. Loop. */
bool history_has_moved(struct history *h, const struct selector *const *selectors,
                       size_t count,
                       bool (*is_wanted)(void *ctx, const struct history_owner *o),
                       void *ctx);
void history_moves_seen(struct history *h);
/* How many have ended: while it stays, so does who was given. */
uint64_t history_owners_ended(const struct history *h);

struct history_stats {
    size_t series, chunks, bytes, budget_bytes;
    uint64_t samples, refused_samples, refused_series, dropped_chunks;
    size_t rolled_series, rolled_bytes; /* within series, bytes */
    int64_t oldest_ms, newest_ms;       /* of samples; 0: nothing kept */
};
struct history_stats history_stats(const struct history *h);

/* Writes what is not on disk yet: sealed chunks as a segment, or (is_final, at shutdown) the heads too. Segments are
 * immutable, checksummed files in folder; older than `keep` they are removed. Rollups are one file, written anew each hour
 * and at the end. Called on the pool through a job that
 * was prepared on the loop. */
struct history_job;
struct history_job *history_save_prepare(struct history *h, const char *folder,
                                         bool is_final);
void history_save_work(struct history_job *j);                /* any thread */
bool history_save_done(struct history_job *j, struct err *e); /* loop; frees */
/* Reads a folder's segments in the background: work on the pool, then merge on the loop in slices. A damaged
 * segment is renamed aside and said (e), the rest is used. */
struct history_job *history_restore_prepare(struct history *h, const char *folder);
/* Before work: chunks that go beyond ms are left out. A clock that was put back would else have a future in which no
 * sample of today finds room. */
void history_restore_until(struct history_job *j, int64_t ms);
void history_restore_work(struct history_job *j);
/* Merges for at most budget; true when all is in. Frees j then. */
bool history_restore_merge(struct history_job *j, nsec budget, struct err *e);

#endif
