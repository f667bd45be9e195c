/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of rule tests, for rule_test.c, rule_test_file.c, rule_test_store.c and rule_test_judge.c alone. */
#ifndef HEALTHD_ALERTS_RULE_TEST_IMPL_H
#define HEALTHD_ALERTS_RULE_TEST_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alerts/rule.h"
#include "alerts/rule_test.h"
#include "lib/base/map.h"
#include "lib/core/opt.h"
#include "lib/query/promql.h"
#include "lib/query/series_notation.h"

/* ---- samples ---- */

struct test_series {
    struct labels labels; /* with __name__ */
    struct point *points;
    size_t count, size;
    const void *owner; /* who puts it: a group; NULL: input */
    int64_t put_at;    /* of the newest put */
};

struct test_store {
    struct arena *arena;
    struct test_series **items;
    size_t count, size;
    struct map *by_labels; /* printed labels → struct test_series * */
    int64_t newest;        /* what is later is not there yet */
};

struct test_store *test_store_create(struct arena *arena);
/* The last one of a label set wins, as in promtool. */
void test_store_input(struct test_store *s, struct labels labels, struct points points);
void test_store_put(struct test_store *s, const void *owner, struct labels labels,
                    int64_t ms, double value);
/* A stale marker at ms for each series of owner that was not put then, and has not ended before. */
void test_store_end_others(struct test_store *s, const void *owner, int64_t ms);
struct promql_source test_store_source(struct test_store *s);

/* ---- what is written ---- */

struct test_alert { /* of exp_alerts */
    struct labels labels, annotations;
};
struct test_sample { /* of exp_samples */
    struct labels labels;
    double value;
};

struct alert_test {
    nsec at;
    const char *name;
    const struct test_alert *expected;
    size_t count;
};

struct promql_test {
    nsec at;
    const char *text;
    const struct promql *expr;
    const struct test_sample *expected;
    size_t count;
};

struct input_series {
    struct labels labels;
    struct points points;
};

struct test_group { /* one of `tests:` */
    const char *name;
    struct input_series *series;
    size_t series_count;
    struct alert_test *alerts;
    size_t alert_count;
    struct promql_test *queries;
    size_t query_count;
    struct labels external_labels;
    const char *external_url;
    nsec end; /* the latest eval_time */
};

struct test_file {
    nsec interval; /* evaluation_interval */
    struct rules rules;
    const struct rule_group *const *order; /* groups in the order of evaluation */
    struct test_group *groups;
    size_t group_count;
    double tolerance; /* fuzzy_compare: of values, as a share; else 0 */
};

bool test_file_read(const char *path, struct arena *arena, struct diag *d,
                    struct test_file *ret);

/* ---- what came ---- */

struct test_judge { /* gathers the failures of one test */
    struct arena *arena;
    struct rule_test_failure *items;
    size_t count, size;
    double tolerance;
};

struct test_alerts { /* what fires, as it is gathered */
    struct test_alert *items;
    size_t count, size;
};

void judge_alerts(struct test_judge *j, const struct alert_test *t,
                  const struct test_alerts *got);
void judge_query(struct test_judge *j, const struct promql_test *t,
                 const struct promql_result *got);
void judge_fault(struct test_judge *j, const char *what, nsec at, const char *fault);

#endif
