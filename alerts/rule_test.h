/* SPDX-License-Identifier: Apache-2.0 */
/*
 * promtool's unit tests of rules, as they are: series that are written down, rules evaluated step by step over them, and
 * the alerts and values that are expected (https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/).
 * Called by `healthctl rules test` and by our own tests. Everything is known here: no coverage, no clock, no history.
 * Beside rule_test.c: rule_test_file.c (what is written), rule_test_store.c (samples), rule_test_judge.c (what is
 * expected).
 */
#ifndef HEALTHD_ALERTS_RULE_TEST_H
#define HEALTHD_ALERTS_RULE_TEST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/core/diag.h"
#include "lib/query/promql.h"

struct rule_test_opts {
    enum promql_compat compat;
    const char *only; /* of the tests, those whose name has this in it; NULL: all */
};

struct rule_test_failure {
    const char *what; /* the alert's name, or the expression; a rule that failed */
    nsec at;          /* eval_time */
    /* several lines, one an alert or sample; got is the fault when it failed */
    const char *expected, *got;
};

struct rule_test_case { /* one of `tests:` */
    const char *name;   /* as written, or its number */
    size_t count;       /* of expectations */
    const struct rule_test_failure *failures;
    size_t failure_count;
};

struct rule_test_report {
    const struct rule_test_case *cases;
    size_t count;
    size_t failed; /* cases with a failure */
};

/* Reads and runs one file. False after reporting to d: then the file, or a rule file that it names, is at fault.
 * A test that fails is in the report, not in d. All lives in arena. */
bool rule_test_run(const char *path, const struct rule_test_opts *opts,
                   struct arena *arena, struct diag *d, struct rule_test_report *ret);

#endif
