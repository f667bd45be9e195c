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

/* What becomes of an alert whose series are gone: it stays as it is, an alert about that begins, or it is resolved. */
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
    const char *name; /* the alert's name, or that of the series it records */
    /* "file/group/alert" or "file/group/alert:warning": by this it is known again after a reload. */
    const char *id;
    const struct rule_group *group;
    struct place at;       /* where it is written */
    const char *expr_text; /* as it is written */
    const struct promql *expr;
    /* While an alert fires, it is resolved when this is true, not when expr is not (hysteresis: docs/rules.md). NULL: none. */
    const struct promql *resolve_when;
    nsec hold_for; /* `for`: how long expr has to be true before it fires; 0: at once */
    /* how long it fires on after expr was true last; 0: not at all */
    nsec keep_firing_for;
    struct rule_texts labels, annotations;
    enum no_data no_data;
    nsec no_data_after; /* how long its series have to be gone; 0: three intervals */
    const struct interval *active; /* when its alerts may be told; NULL: always */
    /* Of the rule that `warn:` makes: the one that `crit:` makes, which inhibits it. Their notices share a lane. */
    const struct rule *worse;
    /* where this is equal after a reload, alerts keep their pending time */
    const char *canonical;
    bool is_bundled;    /* it is of a pack */
    bool is_meta;       /* it is about healthd itself: fallback receivers are told, too */
    bool reads_absence; /* it has absent() in it: what is missing makes it true */
};

struct rule_group {
    const char *name;
    const char *file;  /* as the user named it: "healthd.yml", "pack:probes" */
    nsec interval;     /* between two evaluations; above 0: 15 s when none is written */
    nsec query_offset; /* it is evaluated as of so long ago */
    size_t limit;      /* a rule that makes more alerts or series fails; 0: none */
    const struct rule *const *rules;
    size_t count;
};

struct rules {
    const struct rule_group *const *groups;
    size_t count;
    /* Those of all expressions: over its budget, history drops what none of them reads first. */
    const struct selector *const *selectors;
    size_t selector_count;
    nsec reach; /* how far back the rule reads that reads furthest back */
};

/* A probe, as far as rules are made of it: `severity:` and `limits:` stand for rules that nobody writes. */
struct rule_subject {
    const char *name, *type, *severity; /* severity: critical, warning or none */
    const char *const *depends_on;      /* NULL-terminated, or NULL */
    nsec interval;
    struct place at;
};

#endif
