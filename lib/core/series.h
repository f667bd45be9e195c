/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the registry, shared by registry.c, family.c, series.c, histogram.c, registry_each.c and page.c and by nobody
 * else: everything outside goes through registry.h.
 *
 *   registry ─┬─ families, sorted by name ── chunks ── series   the page reads downwards
 *             ├─ table: line prefix → series                    no two series alike
 *             └─ sources ── holdings ── series                  who owns what, and ends it
 *
 * A chunk is up to 32 KiB of finished page text, a line a series. Setting a value only marks; the text is
 * brought up to date when a page passes, so that a page without changes is a few hundred memcpy.
 */
#ifndef HEALTHD_CORE_SERIES_H
#define HEALTHD_CORE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/core/labels.h"
#include "lib/core/metric.h"
#include "lib/core/registry.h"

#define CHUNK_MAX_BYTES (32u << 10)
#define LINE_MAX_BYTES 65000u /* a longer line is dropped and counted */

struct series {
    struct chunk *chunk;
    struct holding *holding; /* its owner */
    struct series *next;     /* in its bucket of the table */
    double value;
    uint32_t hash;            /* of the prefix */
    uint32_t offset;          /* of its line in the chunk */
    uint32_t round;           /* the publication that named it last */
    uint16_t prefix_len;      /* `name{labels} ` */
    uint16_t cut_at, cut_len; /* the probe label in it, which its own page leaves out */
    uint8_t value_len;        /* of the text, not of the value when that has changed */
    uint8_t shares;           /* sources besides the owner that use it directly */
    uint32_t own_len;         /* of own */
    bool is_changed : 1;      /* the text is behind the value */
    bool is_ended : 1;     /* the line goes when the chunk is next brought up to date */
    bool has_exemplar : 1; /* in its family's exemplars */
    bool is_sample : 1;    /* made for a batch's sample: own says which */
    /* what tells it from others of its family: values, then extra names and values, each with its NUL */
    char own[];
};

struct chunk {
    struct family *family;
    char *text;
    struct series **series;
    uint32_t len, text_size;
    uint32_t count, series_size;
    uint32_t ended; /* of count */
    bool is_changed;
};

struct family {
    const char *name, *help, *unit; /* the declared metric's, or in own */
    char *own;                      /* NULL when declared */
    bool is_help_plain;             /* nothing in it is escaped */
    const struct metric *metric;    /* as declared; NULL for a dynamic one */
    enum metric_kind kind;
    size_t live; /* series that have not ended */
    struct chunk **chunks;
    size_t chunk_count, chunk_size;
    size_t rank; /* scratch of page_start */
    /* by series: what follows its line in OpenMetrics; NULL: nothing */
    struct map *exemplars;
};

/* Series that end together: one group of a source's batches, or those it uses directly. */
struct holding {
    struct source *source;
    char *name; /* NULL: direct use */
    /* in the order of the last batch; NULL: that sample was dropped */
    struct series **slots;
    size_t count, size;
    /* while a batch is published: its slots, once they differ; else NULL */
    struct series **fresh;
    size_t filled;  /* slots that the batch has filled so far */
    uint64_t shape; /* of the batch's group; 0: not all of it has series */
    struct holding *next;
};

struct source {
    struct list link; /* registry's */
    struct arena *arena;
    const char *name;
    bool is_repeatable;
    struct labels labels;
    struct holding direct; /* next: the first group */
};

struct registry {
    struct family **families;
    size_t family_count, family_size;
    struct series **table;
    size_t table_size, series_count;
    struct list sources, pages;
    struct map *refused; /* names of dynamic families that were dropped */
    uint64_t conflicts, duplicates, shapes;
    uint32_t round;
    /* Scratch: */
    struct label *labels;
    size_t label_count, label_size;
    struct buf prefix, number, text;
};

/* A line's start, as built in the registry's scratch. */
struct prefix {
    struct bytes text;
    uint16_t cut_at, cut_len;
};

/* What a series is called. */
struct identity {
    const struct metric *metric;
    const char *suffix; /* "_bucket" …, or "" */
    const char *const *values;
    struct labels extra;
};

/* family.c */
struct family *family_find(const struct registry *r, const char *name);
/* Finds or makes; NULL when a dynamic family conflicts (counted). Declared ones displace dynamic ones. */
struct family *family_for(struct registry *r, const struct metric *metric);
void family_add(struct family *f, struct series *s, struct bytes prefix);
/* Takes an ended series' line away, soon; s and f may be gone afterwards. */
void family_remove(struct registry *r, struct series *s);
void family_destroy(struct family *f);
void chunk_refresh(struct registry *r, struct chunk *c);

/* series.c */
/* Puts a label in its place in list, sorted by name; the first of a name stays. Returns whether it was put. */
bool label_put(struct label **list, size_t *count, size_t *size, const char *name,
               const char *value);
/* Own labels, then extra; an empty value keeps the name free of those that come later. */
void labels_put_own(struct label **list, size_t *count, size_t *size,
                    const struct identity *id);
/* False when it would be too long. */
bool prefix_build(struct registry *r, const struct source *s, const struct identity *id,
                  struct prefix *ret_prefix);
bool prefix_is(const struct prefix *p, const struct series *s);
struct series *series_find(const struct registry *r, const struct prefix *p);
struct series *series_make(struct registry *r, struct family *f, struct holding *h,
                           const struct identity *id, const struct prefix *p);
/* Whether these are the values and extra labels that it was made with. */
bool series_has_own(const struct series *s, const struct identity *id);
bool series_has_own_of(const struct series *s, const struct series *other);
/* s is gone afterwards; its owner's slot is not touched. */
void series_end(struct registry *r, struct series *s);
struct bytes series_prefix(const struct series *s);
/* Finds or makes one for direct use: takes it from a batch that named it first, shares it with another source that
 * uses it directly (a reload opens the new before it closes the old). Never NULL. */
struct series *series_direct(struct registry *r, struct source *s,
                             const struct identity *id);

/* exemplar.c */
void exemplar_put(struct series *s, struct labels labels, double value, struct wall at);
const char *exemplar_text(const struct series *s); /* "" when it has none */
void exemplar_forget(struct series *s);
void exemplars_destroy(struct family *f);

/* registry.c */
void holding_forget(struct holding *h, const struct series *s);
void holding_put(struct holding *h, struct series *s);
bool holding_has(const struct holding *h, const struct series *s);
void registry_end_family(struct registry *r, struct family *f);

/* page.c */
/* Completes pages that are being copied, before a line is added or chunks go. Values may change at any time: text
 * follows them only in a page's first pass, and none begins while another page is copied. */
void pages_settle(struct registry *r);
/* The same when a page of one source is among them: its list of series does not outlive a publication. */
void pages_settle_only(struct registry *r);
/* Completes all, because the registry ends. */
void pages_detach(struct registry *r);

#endif
