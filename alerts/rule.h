/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When to care: alerting and recording rules in Prometheus' form, and what becomes such rules (a probe's severity and
 * limits, the bundled packs). Part of a generation: made by rules_load (rule_file.c), never written afterwards.
 */
#ifndef HEALTHD_ALERTS_RULE_H
#define HEALTHD_ALERTS_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/core/diag.h"
#include "lib/core/labels.h"
#include "lib/core/node.h"
#include "lib/core/opt.h"
#include "lib/query/promql.h"

struct annotation; /* a compiled template: annotation.h */
struct interval;   /* an active time interval: interval.h */

enum no_data { NO_DATA_KEEP, NO_DATA_ALERT, NO_DATA_RESOLVE };

struct rule_text { /* a label or annotation: a name and a template */
    const char *name;
    const struct annotation *value;
};
struct rule_texts {
    const struct rule_text *items;
    size_t count;
};

struct rule {
    bool is_recording;
    const char *name; /* the alert's, or the recorded series' */
    /* "file/group/alert" or "file/group/alert:warning": identity over reloads */
    const char *id;
    const struct rule_group *group;
    struct place at;
    const char *expr_text; /* as written */
    const struct promql *expr;
    const struct promql *resolve_when; /* NULL: none. Hysteresis: docs/rules.md */
    nsec hold_for;                     /* `for` */
    nsec keep_firing_for;
    struct rule_texts labels, annotations;
    enum no_data no_data;
    nsec no_data_after;            /* 0: three intervals */
    const struct interval *active; /* told only then; NULL: always */
    /* of a `warn:` rule: its `crit:`, which inhibits it; they share a lane */
    const struct rule *worse;
    const char *canonical; /* equal text over a reload keeps its alerts' pending time */
    bool is_bundled;       /* from a pack */
    bool is_meta;       /* about healthd itself: the fallback receivers are told, too */
    bool reads_absence; /* absent(): that something is missing makes it true */
};

struct rule_group {
    const char *name,
        *file;     /* file: as the user named it; "healthd.yml", "pack:probes" */
    nsec interval; /* 0 never: 15 s when not written */
    nsec query_offset;
    size_t limit; /* 0: none */
    const struct rule *const *rules;
    size_t count;
};

struct rules {
    const struct rule_group *const *groups;
    size_t count;
    /* of all expressions: what history protects */
    const struct selector *const *selectors;
    size_t selector_count;
    nsec reach; /* the furthest back that any rule reads */
};

/* What rules are made of besides files: the probes' names, severities and limits. */
struct rule_subject {
    const char *name, *type, *severity; /* critical, warning, none */
    const char *const *depends_on;
    nsec interval;
    struct place at;
};

#endif
