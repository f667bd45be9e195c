/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What expectations and limits may name of a log. Called by expressions after a run has read. Counts are those of the
 * run: what came since the one before.
 */
#include "lib/base/attr.h"
#include "lib/core/session.h"
#include "probes/log.h"

static const struct log_session *session_of(struct run *run)
{
    return run_session(run)->state;
}

static const struct log_counts *counts_of(struct run *run)
{
    return &session_of(run)->keeper->counts;
}

#define VAR(name_, expression)                                               \
    static bool get_##name_(struct run *run, struct arena *arena UNUSED,     \
                            struct value *ret_value, struct err *why UNUSED) \
    {                                                                        \
        *ret_value = (expression);                                           \
        return true;                                                         \
    }

static bool matches_lookup(const void *map, struct bytes key, struct arena *arena UNUSED,
                           struct value *ret_value)
{
    const struct log_matches *m = log_matches_of(map, key);
    if (m)
        *ret_value = value_number(m->in_run);
    return m != NULL;
}

static bool levels_lookup(const void *map, struct bytes key, struct arena *arena UNUSED,
                          struct value *ret_value)
{
    const struct log_counts *c = map;
    for (size_t i = 0; i < LOG_LEVEL_COUNT; i++) {
        if (!bytes_is(key, log_level_name((enum log_level)i)))
            continue;
        *ret_value = value_number(c->levels_in_run[i]);
        return true;
    }
    return false;
}

static struct value size_of(double bytes)
{
    return (struct value){.type = VALUE_SIZE, .number = bytes};
}

static double errors_of(const struct log_counts *c)
{
    return c->levels_in_run[LOG_LEVEL_ERROR] + c->levels_in_run[LOG_LEVEL_FATAL];
}

/* Without a line: since somebody looks. */
static struct value age_of(const struct log_session *s, struct wall now)
{
    const struct wall last =
        s->keeper->counts.last_line.ns ? s->keeper->counts.last_line : s->began;
    return value_duration(now.ns > last.ns ? now.ns - last.ns : 0);
}

static struct value followed_of(const struct log_session *s)
{
    const struct log_conf *conf = &s->keeper->conf;
    return value_text(log_is_of_container(conf) ? bytes_of(conf->container)
                                                : buf_bytes(&s->keeper->tail.path));
}

VAR(lines, value_number(counts_of(run)->lines_in_run))
VAR(bytes, size_of(counts_of(run)->bytes_in_run))
VAR(errors, value_number(errors_of(counts_of(run))))
VAR(age, age_of(session_of(run), run_wall(run)))
VAR(unread, size_of((double)session_of(run)->keeper->tail.unread))
VAR(followed, followed_of(session_of(run)))
VAR(matches,
    ((struct value){.type = VALUE_MAP, .lookup = matches_lookup, .map = counts_of(run)}))
VAR(levels,
    ((struct value){.type = VALUE_MAP, .lookup = levels_lookup, .map = counts_of(run)}))

const struct var log_vars[] = {
    {"lines", VALUE_NUMBER, "Lines that came since the run before.", get_lines},
    {"bytes", VALUE_SIZE, "Their size.", get_bytes},
    {"matches", VALUE_MAP,
     "How many of them match a pattern, by its name: matches.oom == 0.", get_matches},
    {"levels", VALUE_MAP,
     "How many of them are of a level: trace, debug, info, warning, error, fatal or "
     "unknown.",
     get_levels},
    {"errors", VALUE_NUMBER, "How many of them are of the level error or fatal.",
     get_errors},
    {"age", VALUE_DURATION,
     "How long there has been no line; without any, since healthd has watched.", get_age},
    {"unread", VALUE_SIZE,
     "What the file has and this run did not read; 0 for containers.", get_unread},
    {"followed", VALUE_TEXT, "The path of the file, or the container's name.",
     get_followed},
    {0}};

const struct limit log_limits[] = {
    {.name = "silent",
     .alert = "LogSilent",
     .expr = "time() - log_last_line_timestamp_seconds{$probe}",
     .unit = LIMIT_DURATION,
     .side = LIMIT_ABOVE,
     .release = 0.1,
     .hold_for = 0,
     .summary = "no line in the log of {{ $labels.probe }} for {{ $value | "
                "humanizeDuration }}",
     .runbook = "/runbooks/LogSilent",
     .doc = "How long there has been no line."},
    {.name = "errors",
     .alert = "LogErrors",
     .expr = "sum by (probe) (increase(log_messages_total{$probe,level=~\"error|fatal\"}"
             "[5m]))",
     .unit = LIMIT_NUMBER,
     .side = LIMIT_ABOVE,
     .release = 0.2,
     .hold_for = 0,
     .summary = "{{ $value | humanize }} errors in the log of {{ $labels.probe }} within "
                "five minutes",
     .runbook = "/runbooks/LogErrorsHigh",
     .doc = "Lines of the level error or fatal within five minutes."},
    {.name = "matches",
     .alert = "LogMatches",
     .expr = "increase(log_matches_total{$probe}[5m])",
     .unit = LIMIT_NUMBER,
     .side = LIMIT_ABOVE,
     .release = 0.2,
     .hold_for = 0,
     .summary = "{{ $value | humanize }} lines in the log of {{ $labels.probe }} match "
                "{{ $labels.pattern }} within five minutes",
     .runbook = "/runbooks/LogMatches",
     .doc = "Lines that match a pattern within five minutes, for each pattern."},
    {0},
};
