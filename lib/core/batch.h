/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run found, in numbers: samples in named groups, alive in the run's arena until published.
 * A probe adds to it through run.h; the registry consumes it.
 */
#ifndef HEALTHD_CORE_BATCH_H
#define HEALTHD_CORE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/core/labels.h"
#include "lib/core/metric.h"

struct sample {
    const struct metric *metric;
    const char *const
        *values;         /* of metric->labels, in that order; NULL when it has none */
    struct labels extra; /* labels beyond the declared ones (an item's, a rule's) */
    double value;
    struct sample *next;
};

struct batch_group {
    const char *name; /* "" is the default group */
    bool failed;      /* its collection failed: series that it does not name end */
    struct sample *first, *last;
    size_t count;
    /* From registry_publish: this group named what the one of this number named, in the same order, so that who comes after
     * need not compare names again. Never used twice; 0: who knows. */
    uint64_t shape;
    struct batch_group *next;
};

struct batch {
    struct arena *arena;
    struct batch_group *first, *last;
    size_t count;   /* samples in all groups */
    size_t dropped; /* samples over the cap */
};

#define BATCH_MAX_SAMPLES 200000

struct batch *batch_create(struct arena *arena);
struct batch_group *batch_group(struct batch *b, const char *name); /* finds or adds */
/* Moves what another batch has to the end of this one's groups; from is empty then, and its arena has to live as long
 * as b's. For samples that were made on another thread. */
void batch_adopt(struct batch *b, struct batch *from);
/* values and extra are copied; a NULL or empty value is an absent label. metric is no histogram, as those are kept by
 * registry_histogram; one that was read elsewhere comes in parts. */
void batch_add(struct batch *b, struct batch_group *g, const struct metric *metric,
               const char *const *values, struct labels extra, double value);
/* The same without copies: values and extra live as long as the batch, and no value in them is "". */
void batch_add_kept(struct batch *b, struct batch_group *g, const struct metric *metric,
                    const char *const *values, struct labels extra, double value);
/* A family known only at run time (scrape, custom queries): the metric is built in the batch's arena.
 * NULL when the name or a label name is not legal, there are too many labels, or kind is a histogram. */
const struct metric *batch_metric(struct batch *b, const char *name,
                                  enum metric_kind kind, const char *help,
                                  const char *const *label_names);
/* A part of a histogram or summary that was read elsewhere: x_bucket, x_sum, x_count, or of a summary x itself. Its
 * series are put into the family x, whose lines stay together. NULL as above. */
const struct metric *batch_metric_part(struct batch *b, const char *family,
                                       const char *suffix, enum metric_kind kind,
                                       const char *help);

#endif
