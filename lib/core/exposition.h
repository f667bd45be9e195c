/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads pages of metrics: Prometheus' text format 0.0.4 and OpenMetrics 1.0
 * (https://prometheus.io/docs/instrumenting/exposition_formats/, https://prometheus.io/docs/specs/om/open_metrics_spec/).
 * A stream: pieces go in as they come, a sample comes out as soon as its line is whole. What a peer or a file decides is
 * capped. Pure, any thread; knows nothing of where the text comes from or where samples go.
 */
#ifndef HEALTHD_CORE_EXPOSITION_H
#define HEALTHD_CORE_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/core/metric.h"

enum exposition_format { EXPOSITION_TEXT, EXPOSITION_OPENMETRICS };

enum exposition_type {
    EXPOSITION_UNKNOWN, /* also text's "untyped", and what nothing was said of */
    EXPOSITION_GAUGE,
    EXPOSITION_COUNTER,
    EXPOSITION_HISTOGRAM,
    EXPOSITION_GAUGE_HISTOGRAM,
    EXPOSITION_SUMMARY,
    EXPOSITION_INFO,
    EXPOSITION_STATESET
};
const char *exposition_type_name(enum exposition_type type); /* as after # TYPE */

/* What # TYPE, # HELP and # UNIT said. In the arena; texts are unescaped and NUL-terminated. */
struct exposition_family {
    const char *name, *help, *unit; /* "" when it was not said */
    enum exposition_type type;
    bool has_samples;
    void *mark; /* the reader's own; NULL at first */
};

struct exposition_label {
    struct bytes name, value; /* unescaped */
};

struct exposition_sample { /* valid during the call that tells of it */
    struct bytes name;     /* whole, with the suffix */
    struct bytes suffix;   /* what it has beyond its family's name: "_bucket", "_total" */
    struct exposition_family *family;
    const struct exposition_label *labels; /* in the order written, each name once */
    size_t label_count;
    double value;
    bool has_time;
    double time; /* seconds since the epoch */
    size_t line; /* 1-based */
};

/* Above any of them the page is refused, with the line that went too far. 0: the default. */
struct exposition_caps {
    size_t line_bytes;  /* 64 KiB */
    size_t name_bytes;  /* of a metric's or label's name: 512 */
    size_t value_bytes; /* of a label's value, unescaped: 16 KiB */
    size_t labels;      /* of one sample: 64 */
    size_t samples;     /* of the page: 200,000 */
    size_t families;    /* of the page: 20,000 */
};
#define EXPOSITION_MAX_LABELS 256 /* whatever caps say */
#define EXPOSITION_MAX_HELP 1024  /* bytes that are kept of a help text */

struct exposition_reader {
    /* False (and e) stops the reading; the line is put before what e says. */
    bool (*sample)(void *ctx, const struct exposition_sample *sample, struct err *e);
    void *ctx;
};

struct exposition;
/* Lives in arena, which also ends it. caps may be NULL: the defaults. */
struct exposition *exposition_create(struct arena *arena, enum exposition_format format,
                                     const struct exposition_caps *caps,
                                     struct exposition_reader reader);
/* The next piece, of any length. False: e names the line and what was expected there; nothing more is read then. */
bool exposition_feed(struct exposition *x, struct bytes piece, struct err *e);
/* The page ends here: a last line without a newline counts in text, and OpenMetrics must have said # EOF. */
bool exposition_end(struct exposition *x, struct err *e);
size_t exposition_samples(const struct exposition *x); /* told so far */
size_t exposition_lines(const struct exposition *x);
/* After a failure: it was a cap that stopped the reading, not what the page says. */
bool exposition_is_over_cap(const struct exposition *x);

/* What a Content-Type says of the format: OpenMetrics when it names it, else text. */
enum exposition_format exposition_format_of(const char *content_type);

/* What the sample's series is in the registry: the name of its family there ("x" of the histogram's x_bucket; OpenMetrics'
 * counter x is x_total) and that family's kind. ret_family points into the sample. */
enum metric_kind exposition_kind(const struct exposition_sample *sample,
                                 struct bytes *ret_family);

#endif
