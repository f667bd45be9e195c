/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PromQL, exactly: an expression is parsed and typed once (promql_parse), then evaluated at one instant or over a
 * grid of them (promql_eval). The language is Prometheus' (https://prometheus.io/docs/prometheus/latest/querying/),
 * without native histograms; what is not supported is a fault with its place.
 * A parsed expression is immutable and may be used by any thread; evaluation is pure: it reads a source, allocates in
 * the caller's arena, and knows no clock.
 */
#ifndef HEALTHD_QUERY_PROMQL_H
#define HEALTHD_QUERY_PROMQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/labels.h"
#include "lib/query/matcher.h"
#include "lib/query/sample.h"

struct promql;

enum promql_type { PROMQL_SCALAR, PROMQL_VECTOR, PROMQL_MATRIX, PROMQL_STRING };
/* "scalar", "vector", … as in the API. */
const char *promql_type_name(enum promql_type type);

struct promql_fault {
    int line, column; /* 1-based, within the text */
    char text[256];   /* what was expected, what came */
    char hint[128];   /* what to do; "" when there is nothing to say */
};

/* NULL, and *ret_fault, when the text is no expression or uses what is not supported. Nesting and size are capped. */
const struct promql *promql_parse(struct arena *arena, const char *text,
                                  struct promql_fault *ret_fault);
enum promql_type promql_type_of(const struct promql *q);
/* Canonical text, on one line; parses back to the same. */
void promql_print(const struct promql *q, struct buf *out);
/* Every selector in it, in order. */
const struct selector *const *promql_selectors(const struct promql *q, size_t *ret_count);
/* The furthest that any selector reaches back. */
nsec promql_reach(const struct promql *q);
/* For an alert's text: when the outermost operator is a comparison with a constant, that constant and operator
 * ("> 0.9"); "" otherwise. In arena. */
const char *promql_threshold(const struct promql *q, struct arena *arena);

/* The same series as five-minute points, up to its newest sample: for what begins before the samples that are kept. */
struct promql_past {
    const struct point *points; /* the last sample of each, rising in time */
    const struct rolled *over;  /* one beside each point */
    size_t count;               /* 0: nothing is known but the samples */
};
struct promql_series {          /* what a source answers with; in the arena of the call */
    struct labels labels;       /* sorted, `__name__` included */
    const struct point *points; /* rising in time */
    size_t count;
    struct promql_past past;
};
struct promql_set {
    const struct promql_series *items;
    size_t count;
};

/* Where samples come from: history.h on a pool thread, arrays in tests and `rules test`. */
struct promql_source {
    void *ctx;
    /* All series that match, with their samples in from..to (both included, milliseconds), stale markers too. When
     * the selector is_last_only and from == to - lookback, the newest sample at or before `to` is enough. selector is one
     * of promql_selectors() of the expression under evaluation: known by its address. False and e: the query fails. */
    bool (*select)(void *ctx, const struct selector *selector, int64_t from, int64_t to,
                   struct arena *arena, struct promql_set *ret, struct err *e);
};

#define PROMQL_LOOKBACK (5 * NSEC_PER_MINUTE)

/* Whose answers ours are to be like; 0 is 3. 2: ranges include their left end, sums are not compensated, and so on. */
enum promql_compat { PROMQL_COMPAT_2 = 2, PROMQL_COMPAT_3 = 3 };

struct promql_opts {
    int64_t start, end; /* milliseconds; equal for an instant */
    int64_t step;       /* milliseconds; ignored for an instant */
    bool is_grid;       /* the answer is a matrix even when start and end are equal */
    nsec lookback;      /* 0: PROMQL_LOOKBACK */
    nsec subquery_step; /* where none is written; 0: 1 minute */
    enum promql_compat compat;
    size_t max_samples; /* read or make at most this many; 0: 50,000,000 */
};

struct promql_result {
    enum promql_type type; /* an instant's own type; PROMQL_MATRIX over a grid */
    /* vector: one point each; matrix; scalar: one item without labels */
    struct promql_series *items;
    size_t count;
    const char *text;            /* PROMQL_STRING */
    const char *const *warnings; /* NULL-terminated or NULL */
};

/* False, and e: a fault that only samples show (many-to-many matching, a duplicate label set), or a cap. */
bool promql_eval(const struct promql *q, const struct promql_source *source,
                 const struct promql_opts *opts, struct arena *arena,
                 struct promql_result *ret, struct err *e);

#endif
