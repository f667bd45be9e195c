/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the history, for history*.c and series_*.c and nobody else.
 *
 *   history ─┬─ table: terms → timeseries ── finished chunks, and a head
 *            ├─ terms: label → timeseries                  who matches
 *            ├─ owners ── holdings ── timeseries           who writes, and ends it
 *            ├─ selections ── timeseries                   what rules read, and how far back
 *            └─ queues of finished chunks, oldest first     what goes when it is too much
 *
 * All of it is the loop's alone: a view copies what other threads read.
 */
#ifndef HEALTHD_QUERY_HISTORY_IMPL_H
#define HEALTHD_QUERY_HISTORY_IMPL_H

#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/query/chunk.h"
#include "lib/query/hash_table.h"
#include "lib/query/history.h"
#include "lib/query/rolled.h"

#define HISTORY_MAX_SERIES 200000
#define SERIES_MAX_LABELS 64
#define ROLLUP_POINTS 12 /* that wait to be written into chunks: an hour */

struct posting { /* every series that has one label */
    struct timeseries **items;
    size_t count, size;
    uint64_t version; /* moves when a series comes or goes */
};

struct term { /* one label: its text, kept once, and who has it */
    struct hash_link link;
    struct posting posting;
    struct timeseries *only; /* the posting's items while there is room for one */
    uint32_t
        holds; /* owners, selections and pinned series that need it, whether or not a series has it */
    uint32_t name_len, value_len;
    char text[]; /* name NUL value NUL */
};

struct rollup { /* a series before its oldest sample */
    struct rolled_chunk *first, *last;
    struct rolled_point points[ROLLUP_POINTS]; /* later than those chunks */
    size_t count;
    struct rolled_fold fold;
    int64_t newest_ms; /* what was folded last */
    nsec keep;
};

struct timeseries {
    struct hash_link link;
    struct labels labels;    /* sorted, __name__ included; the texts are their terms' */
    struct holding *holding; /* whose it is; NULL: nobody writes it now */
    struct chunk *first, *last;
    struct chunk_head head;
    struct rollup *rollup; /* NULL: no rule reads further back than samples are kept */
    struct point newest;
    uint32_t slot;   /* its place among all */
    uint32_t walked; /* the walk that has seen it last */
    uint32_t round;  /* of its holding's batch that named it last */
    uint32_t pins;   /* views that name it, more than once for some */
    /* The head is finished at so many samples: the first time earlier, so that series of one batch do it at different
     * times. */
    uint8_t head_most;
    bool has_newest, is_protected;
    bool is_leaving; /* ended, but not let go yet */
    bool is_queued;  /* among the leavers */
    bool is_gone;    /* forgotten, but for the views that name it */
    uint16_t moved;  /* history.moves, when its newest sample was another than before */
    /* Behind it: its labels, and its place in the posting of each. */
};

struct slot {                  /* the n-th series of a group's batches */
    struct timeseries *series; /* NULL: refused */
    uint32_t own;              /* labels of its own, with the name */
};

struct
    holding { /* series that end together: a group of an owner's batches, or what it puts one by one */
    struct history_owner *owner;
    char *name; /* NULL: put one by one */
    struct slot *slots;
    size_t count, size;
    struct slot
        *fresh; /* while a batch is published: its slots, once they differ; else NULL */
    size_t filled;  /* slots that the batch has filled so far */
    uint32_t round; /* of the batch */
    bool has_gap;   /* one of its samples has no series */
    uint64_t shape; /* of the slots (batch.h) */
    struct holding *next;
};

struct history_owner {
    struct list link; /* history's */
    struct history *history;
    struct arena *arena;
    struct labels labels;
    struct term **terms;                     /* of the labels */
    struct holding direct;                   /* next: the first group */
    struct history_publication *publication; /* under way; NULL: none */
    uint32_t question; /* of history_owners, that has come across it last */
};

struct named { /* own labels of a series, sorted by name, each name once */
    struct label labels[SERIES_MAX_LABELS];
    size_t count;
};

struct selection { /* who matches a selector that rules use, as long as it holds */
    const struct selector *selector;
    struct timeseries **items;
    size_t count;
    struct term *watched; /* NULL: all */
    uint64_t version;
    bool is_made;
};

struct history {
    struct history_limits limits;
    struct hash_table table; /* struct timeseries, by its terms */
    struct hash_table terms; /* struct term, by its text */
    struct posting all;      /* every series, by slot */
    struct list owners;
    struct timeseries **leavers; /* series that are no longer named */
    size_t leaver_count, leaver_size;
    struct list plain,
        wanted; /* struct chunk: what no rule reads, what some rule reads */
    struct list former_plain,
        former_wanted;  /* the same, of rules that were: to be sorted */
    size_t to_judge; /* series, from the first, by new rules */
    size_t to_find;  /* selections, from the first, whose series are not found yet */
    struct list rolled; /* struct rolled_chunk */
    struct selection *selections;
    size_t selection_count;
    struct map *readers;    /* metric, "" for any → struct readers: selections of it */
    int64_t rolled_save_ms; /* rollups were written at this time last */
    struct history_stats stats;
    size_t views;
    uint64_t next_file;
    uint32_t walks, questions;
    uint16_t moves; /* how often moves were seen: never 0 */
    uint64_t owners_ended;
};

/* history.c. NULL, and counted, when there are too many. */
struct timeseries *series_get(struct history *h, const struct label *sorted,
                              size_t count);
struct timeseries *series_of_terms(struct history *h, struct term *const *sorted,
                                   size_t count);
void series_append(struct history *h, struct timeseries *s, int64_t ms, double value);
/* Takes the series for a holding: false when another one writes it. */
bool series_take(struct history *h, struct timeseries *s, struct holding *holding);
void series_seal(struct history *h, struct timeseries *s);
void series_stale(struct history *h, struct timeseries *s, int64_t ms);
void series_keep(struct history *h, struct timeseries *s,
                 struct chunk *c); /* takes c; at its place in time */
/* When nobody writes it: what waits to be rolled up is, and it is forgotten when nothing is kept of it. */
void series_settle(struct history *h, struct timeseries *s);
void series_unpin(struct history *h, struct timeseries *s); /* a view lets go of it */

/* history_owner.c. Ends it at ms; its holding lets it go soon after, unless it is named again. */
void series_leave(struct history *h, struct timeseries *s, int64_t ms);
void leavers_tidy(struct history *h); /* some of them */

/* history_named.c */
void named_add(struct named *n, const char *name, const char *value);
void named_of_sample(struct named *n, const struct sample *x);
/* Finds or makes the series, with its owner's labels; NULL: there are too many. */
struct timeseries *named_get(const struct named *n, const struct history_owner *o);
/* Whether a slot's series is what this sample names: its own labels are there, and it has no more of its own. */
bool slot_is_named(const struct slot *slot, const struct sample *x);

/* history_budget.c */
bool budget_enforce(struct history *h); /* some of it; true when no more is due */
void chunk_drop(struct history *h, struct chunk *k);

/* history_rollup.c. Wanted for as far back as rules reach: ends when that is within `keep`. */
void rollup_want(struct history *h, struct timeseries *s, nsec reach);
void rollup_take(struct history *h, struct timeseries *s, const struct chunk *c);
void rollup_close(struct history *h, struct timeseries *s); /* takes one that has none */
void rollup_end(struct history *h, struct timeseries *s);   /* the same */
bool rollup_has_any(const struct timeseries *s);
int64_t rollup_first_ms(const struct timeseries *s); /* when it has any */
/* Takes k: false when it was not wanted, or came too late. */
bool rollup_restore(struct history *h, struct timeseries *s, struct rolled_chunk *k);
bool rollups_drop_one(struct history *h); /* false: none is due */
void rollups_destroy(struct history *h);

/* history_readers.c: a new series' place among what rules read. */
void readers_judge(struct history *h, struct timeseries *s);
void readers_clear(struct history *h);
/* Queues are not whole: what is in them is not the oldest. */
bool readers_are_sorting(const struct history *h);

/* series_terms.c */
struct term *term_find(const struct history *h, const char *name, const char *value);
/* Finds or makes; ends with its last series or hold, or when it settles without. */
struct term *term_take(struct history *h, const char *name, const char *value);
void term_settle(struct history *h, struct term *t);
/* Their texts stay, when a series goes that is still read, until they are let go. */
void terms_hold(struct labels of_series);
void terms_let_go(struct history *h, struct labels of_series);
struct label term_label(const struct term *t);
void index_add(struct history *h, struct timeseries *s);
void index_remove(struct history *h, struct timeseries *s);

/* series_index.c */
/* Who matches; valid until a series comes or goes. *ret_items is h's or arena's. */
size_t index_select(struct history *h, struct matchers m, struct arena *arena,
                    struct timeseries *const **ret_items);
/* The same for a selector, from what is remembered when it is a rule's. */
size_t index_select_cached(struct history *h, const struct selector *selector,
                           struct arena *arena, struct timeseries *const **ret_items);
void selections_clear(struct history *h);

#endif
