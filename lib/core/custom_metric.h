/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that only the user knows: a question of their own to a database, whose rows become samples. The part that
 * postgres, mongodb and whatever comes next have in common: option rows, when each is due, rows to samples, and what
 * expectations see. How to ask is the type's. Loop thread only.
 */
#ifndef HEALTHD_CORE_CUSTOM_METRIC_H
#define HEALTHD_CORE_CUSTOM_METRIC_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/custom_rows.h"
#include "lib/core/opt.h"

struct run;

#define CUSTOM_MAX_METRICS 32 /* of one probe */

/* The FIRST member of the struct that a type's section fills:
 *     struct pg_query { struct custom_metric metric; const char *sql; };
 *     #define OPT_STRUCT struct pg_query
 *     static const struct opt query_opts[] = {CUSTOM_METRIC_ROWS(metric), OPT_ROW_TEXT("query", sql, NULL, "…"), {0}};
 *     OPT_ROW_SECTIONS("queries", queries, struct pg_query, query_opts, "…") */
struct custom_metric {
    const char *name; /* the family's; with several value columns their common part */
    const char *help;
    int kind; /* enum metric_kind */
    struct texts labels, values;
    nsec interval;
    int64_t max_rows;
};
extern const struct opt_choice custom_kinds[];

#define CUSTOM_METRIC_ROWS(m)                                                          \
    OPT_ROW_TEXT("name", m.name, NULL,                                                 \
                 "Name of the family. With several value columns each has one: "       \
                 "name_column.",                                                       \
                 .min = 1, .max = 200),                                                \
        OPT_ROW_TEXT("help", m.help, "", "What it means; shown with the metric."),     \
        OPT_ROW_CHOICE("kind", m.kind, "gauge", custom_kinds, "What kind of number."), \
        OPT_ROW_TEXTS("labels", m.labels, OPT_NONE,                                    \
                      "Columns that tell rows apart: they become labels."),            \
        OPT_ROW_TEXTS(                                                                 \
            "values", m.values, OPT_NONE,                                              \
            "Columns that are numbers; all that are no labels when left out."),        \
        OPT_ROW_DURATION("interval", m.interval, "1m", 0, 86400,                       \
                         "How often to ask; 0s: with every run."),                     \
        OPT_ROW_INT("max_rows", m.max_rows, "100", 1, 10000,                           \
                    "Rows above this are left out, and that is said.")

/* For validate: names and labels that cannot be, one name twice, too many. rows of the section are row_size apart. */
bool custom_metrics_check(const struct sections *list, size_t row_size, struct err *e);
/* Whether one of them may become a family of that name: its own, or that of a column. */
bool custom_may_make(const struct sections *list, size_t row_size, const char *name);
const struct custom_metric *custom_metric_at(const struct sections *list, size_t row_size,
                                             size_t i);

/* Of all custom metrics of a probe, kept in its session between runs: zeroed at first. */
struct custom_kept {
    struct mono due[CUSTOM_MAX_METRICS];
    struct custom_rows *rows[CUSTOM_MAX_METRICS];
};
void custom_kept_finish(struct custom_kept *kept); /* from the type's close */

bool custom_is_due(const struct custom_kept *kept, size_t i,
                   const struct custom_metric *m, const struct run *run);
/* The i-th was answered: its samples go into the run's group "custom NAME", its rows are kept (taken over, whatever
 * comes of it). False (and why) when something is wrong with them; what can be shown is shown, the group is marked
 * failed with why, and the type says so in its own family. */
bool custom_answer(struct custom_kept *kept, size_t i, const struct custom_metric *m,
                   struct custom_rows *rows, struct run *run, struct err *why);
/* It was not: the group ends its series, and says why. What was kept stays no longer. */
void custom_fail(struct custom_kept *kept, size_t i, const struct custom_metric *m,
                 struct run *run, const char *why);
/* {"NAME": [{column: value}]} of what was answered last, for a variable of the type: released with arena. */
const json_t *custom_json(const struct custom_kept *kept, const struct sections *list,
                          size_t row_size, struct arena *arena);

#endif
