/* SPDX-License-Identifier: Apache-2.0 */
/* What a rule and a group of rules may say: tables, read by rule_file.c and by the reference generator. */
#include "alerts/rule_build.h"

static const struct opt_choice no_data_choices[] = {
    {"keep", NO_DATA_KEEP, "The alert stays as it is until something is known again."},
    {"alert", NO_DATA_ALERT, "Not knowing is bad: it fires."},
    {"resolve", NO_DATA_RESOLVE, "The alert ends, with the reason \"no data\"."},
    {0},
};

#define OPT_STRUCT struct rule_conf
const struct opt rule_opts[] = {
    OPT_ROW_TEXT("alert", alert, OPT_NONE, "Name of the alert that it makes.",
                 .flags = OPT_LATE),
    OPT_ROW_TEXT("record", record, OPT_NONE,
                 "Name of the series that its result is recorded as.", .flags = OPT_LATE),
    OPT_ROW_TEXT("expr", expr, OPT_NONE,
                 "PromQL: each element of its result is an alert, or a recorded sample.",
                 .flags = OPT_LATE),
    OPT_ROW_TEXT("warn", warn, OPT_NONE,
                 "Instead of expr: when to warn. With crit it is one alert of two "
                 "severities, of which the worse is told.",
                 .flags = OPT_LATE),
    OPT_ROW_TEXT("crit", crit, OPT_NONE, "Instead of expr: when it is critical.",
                 .flags = OPT_LATE),
    OPT_ROW_DURATION("for", hold_for, "0s", 0, 366 * 86400,
                     "How long it has to be true before the alert fires."),
    OPT_ROW_DURATION("keep_firing_for", keep_firing_for, "0s", 0, 366 * 86400,
                     "How long it has to be false before the alert ends."),
    OPT_ROW_NODE("resolve_when", resolve_when,
                 "PromQL: the alert ends only when this has an element of its labels, so "
                 "that a value near the limit does not open and close it. For warn and "
                 "crit alike, or a mapping: {warn: EXPR, crit: EXPR}.",
                 .unit = "expression, or mapping of two", .flags = OPT_LATE),
    OPT_ROW_NODE("labels", labels, "Labels of the alert or series; templates.",
                 .unit = "mapping of texts", .flags = OPT_LATE),
    OPT_ROW_NODE("annotations", annotations,
                 "Texts that the alert carries: summary, description, runbook_url. "
                 "Templates: {{ $labels.x }}, {{ $value | humanize }}.",
                 .unit = "mapping of texts", .flags = OPT_LATE),
    OPT_ROW_CHOICE(
        "no_data", no_data, "keep", no_data_choices,
        "What becomes of the alert when nobody knows: the probe cannot ask, or "
        "healthd has just started."),
    OPT_ROW_DURATION("no_data_after", no_data_after, OPT_NONE, 0.001, 366 * 86400,
                     "How long nobody has to know before no_data says so. When it is not "
                     "written: three intervals of the group."),
    OPT_ROW_TEXT("active", active, OPT_NONE,
                 "Name of a time interval: the alert is told only within it."),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct rule_group_conf
const struct opt rule_group_opts[] = {
    OPT_ROW_TEXT("name", name, NULL, "Name of the group, unique in its file.",
                 .flags = OPT_LATE),
    OPT_ROW_DURATION("interval", interval, "15s", 0.1, 86400,
                     "Time between two evaluations. Alerting rules are evaluated besides "
                     "when a probe that they read changes."),
    OPT_ROW_DURATION("query_offset", query_offset, "0s", 0, 86400,
                     "How far back in time it is evaluated, for samples that come late."),
    OPT_ROW_INT("limit", limit, "0", 0, 1000000,
                "Elements that one rule may have; a rule that has more fails, and its "
                "alerts stay. 0: no limit.",
                .unit = "elements"),
    OPT_ROW_NODE("labels", labels, "Labels of every rule in it, under the rule's own.",
                 .unit = "mapping of texts", .flags = OPT_LATE),
    OPT_ROW_NODE("rules", rules, "The rules, evaluated in this order.",
                 .unit = "list of rules", .flags = OPT_LATE),
    {0},
};
#undef OPT_STRUCT
