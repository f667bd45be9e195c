/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The latest value of every series, and the one place where families of one name meet: type and help
 * are merged, a conflicting dynamic family is dropped and counted. Each series keeps its label text
 * ready, so that a page is copied rather than printed. Owns copies of all it names but declared metrics, which are const
 * tables. Loop thread only.
 * Beside registry.c: series.c, family.c and histogram.c (what it keeps), page.c and page_batch.c (page_…), registry_each.c.
 */
#ifndef HEALTHD_CORE_REGISTRY_H
#define HEALTHD_CORE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/core/batch.h"
#include "lib/core/labels.h"
#include "lib/core/metric.h"

struct registry;
struct source; /* who owns series: a configured probe, or healthd itself */

struct registry *registry_create(void);
void registry_destroy(struct registry *r);

/* A new owner. name is its label `probe` on the big page when is_repeatable (its type can occur twice), and on the
 * families that every probe has (probe_…) in any case;
 * labels are put on each of its series (task_id is left out). */
struct source *registry_source(struct registry *r, const char *name, bool is_repeatable,
                               struct labels labels);
/* Ends all its series. */
void registry_source_end(struct registry *r, struct source *s);

/* Makes a batch visible at once: per group, series named in it are set, and series of that group that it
 * does not name end. Groups that are absent stay as they are. Consecutive batches of the same shape cost
 * no look-up: the n-th sample is tried against the n-th series first. Numbers the shapes of b's groups. */
void registry_publish(struct registry *r, struct source *s, struct batch *b);

/* One series for direct use (own counters and gauges): found or made; stays valid until its source ends. Sources that
 * ask for the same series share it: a counter goes on when a reload opens the new before it closes the old. */
struct series;
struct series *registry_series(struct registry *r, struct source *s,
                               const struct metric *metric, const char *const *values);
void series_set(struct series *s, double value);
void series_add(struct series *s, double delta); /* counters: delta >= 0 */
double series_value(const struct series *s);
/* A histogram with the metric's buckets: one object, rendered as _bucket, _sum, _count. Ask once and keep it, until
 * its source ends. NaN is not counted. */
struct histogram;
struct histogram *registry_histogram(struct registry *r, struct source *s,
                                     const struct metric *metric,
                                     const char *const *values);
void histogram_observe(struct histogram *h, double value);
/* The same, and leaves an exemplar at the value's bucket, unless labels are longer than 128 bytes. */
void histogram_observe_as(struct histogram *h, double value, struct labels labels,
                          struct wall at);

size_t registry_series_count(const struct registry *r);
size_t registry_family_count(const struct registry *r);
/* Dynamic families dropped so far, each name once. */
uint64_t registry_conflicts(const struct registry *r);
uint64_t registry_duplicates(
    const struct registry *r); /* samples dropped so far: the series had an
                                                             * owner already, or its line is over 64 KB */

/* Visits every family that has series, by name: help and unit may be "" or NULL. */
void registry_families(const struct registry *r,
                       void (*fn)(void *ctx, const char *name, enum metric_kind kind,
                                  const char *help, const char *unit),
                       void *ctx);

enum page_format { PAGE_TEXT, PAGE_OPENMETRICS }; /* 0.0.4, OpenMetrics 1.0.0 */

/* A page being rendered in slices. only: one source (then without its probe label), or NULL for all.
 * Families are sorted by name, series in the order they were made. */
struct page;
struct page *page_start(struct registry *r, enum page_format format,
                        const struct source *only);
/* Renders until done or until budget has passed on the monotonic clock; true when done. What a slice
 * shows of one source is always from one batch: a publication that comes while a page is being copied completes
 * that page first. */
bool page_continue(struct page *p, nsec budget);
/* The text so far; may be stolen when done; overflow: above 1 GiB. */
struct buf *page_buf(struct page *p);
void page_destroy(struct page *p); /* takes NULL */
/* A batch that never entered the registry, as a page: /probe and `healthctl probe`. As text 0.0.4, series sorted by
 * their labels' values, as blackbox_exporter's client does. */
void page_of_batch(const struct batch *b, struct buf *out);
/* Visits every series of the families that are wanted by their names (NULL: all): history, API, tests. family is the name
 * on the line (with a histogram's _bucket, _sum or _count), label_text what stands between its braces; both are valid
 * during the call. */
void registry_each(const struct registry *r, bool (*is_wanted)(const char *family),
                   void (*fn)(void *ctx, const struct source *s, const char *family,
                              const char *label_text, double value),
                   void *ctx);

#endif
