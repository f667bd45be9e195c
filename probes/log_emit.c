/* SPDX-License-Identifier: Apache-2.0 */
/* A log's numbers as samples. Called by log.c on the loop, at the end of a run. */
#include "lib/base/attr.h"
#include "lib/core/session.h"
#include "probes/log.h"

static const struct metric lines_metric = {
    .name = "log_lines_total",
    .kind = METRIC_COUNTER,
    .help = "Lines read since healthd began",
};
static const struct metric bytes_metric = {
    .name = "log_read_bytes_total",
    .kind = METRIC_COUNTER,
    .unit = "bytes",
    .help = "Bytes of these lines",
};
static const struct metric matches_metric = {
    .name = "log_matches_total",
    .kind = METRIC_COUNTER,
    .help = "Lines that match a pattern",
    .labels = {"pattern"},
};
static const struct metric last_match_metric = {
    .name = "log_last_match_timestamp_seconds",
    .unit = "seconds",
    .help = "When a line matched last; absent when none has",
    .labels = {"pattern"},
};
static const struct metric messages_metric = {
    .name = "log_messages_total",
    .kind = METRIC_COUNTER,
    .help = "Lines by level",
    .labels = {"level"},
};
static const struct metric by_field_metric = {
    .name = "log_messages_by_field_total",
    .kind = METRIC_COUNTER,
    .help = "Lines by level and by the fields that are configured",
    .labels = {"level"},
};
static const struct metric last_line_metric = {
    .name = "log_last_line_timestamp_seconds",
    .unit = "seconds",
    .help = "When the newest line came; absent when there was none",
};
static const struct metric values_metric = {
    .name = "log_values_total",
    .kind = METRIC_COUNTER,
    .help = "Numbers that were found in a field",
    .labels = {"field"},
};
static const struct metric values_sum_metric = {
    .name = "log_values_sum_total",
    .kind = METRIC_COUNTER,
    .help = "Sum of the numbers found in a field",
    .labels = {"field"},
};
static const struct metric long_metric = {
    .name = "log_long_lines_total",
    .kind = METRIC_COUNTER,
    .help = "Lines longer than max_line, of which only the beginning was looked at",
};
static const struct metric gave_up_metric = {
    .name = "log_pattern_failures_total",
    .kind = METRIC_COUNTER,
    .help = "Times that a regular expression took too long for a line, and was given up",
};
static const struct metric unread_metric = {
    .name = "log_unread_bytes",
    .unit = "bytes",
    .help = "What a file has, and no run has read yet",
};
static const struct metric behind_metric = {
    .name = "log_behind",
    .help = "1 when the latest run left lines for the next",
};
static const struct metric fell_behind_metric = {
    .name = "log_fell_behind_total",
    .kind = METRIC_COUNTER,
    .help = "Runs that left lines for the next, because max_read or the time was used up",
};
static const struct metric skipped_metric = {
    .name = "log_skipped_bytes_total",
    .kind = METRIC_COUNTER,
    .unit = "bytes",
    .help = "Bytes of a file that were never read, because more than max_behind waited",
};
static const struct metric rotations_metric = {
    .name = "log_rotations_total",
    .kind = METRIC_COUNTER,
    .help = "Times that a file was truncated, or another took its place",
};

const struct metric *const log_metrics[] = {&lines_metric,
                                            &bytes_metric,
                                            &matches_metric,
                                            &last_match_metric,
                                            &messages_metric,
                                            &by_field_metric,
                                            &last_line_metric,
                                            &values_metric,
                                            &values_sum_metric,
                                            &long_metric,
                                            &gave_up_metric,
                                            &unread_metric,
                                            &behind_metric,
                                            &fell_behind_metric,
                                            &skipped_metric,
                                            &rotations_metric,
                                            NULL};

static void emit_matches(struct run *run, const struct log_counts *c)
{
    for (size_t i = 0; i < c->match_count; i++) {
        const struct log_matches *m = &c->matches[i];
        run_sample_with(run, &matches_metric, &m->name, m->total);
        if (m->last.ns)
            run_sample_with(run, &last_match_metric, &m->name, wall_to_sec(m->last));
    }
}

/* From the first run on, at 0, so that an increase is seen. */
static void emit_levels(struct run *run, const struct log_counts *c)
{
    for (size_t i = 0; i < LOG_LEVEL_COUNT; i++) {
        const char *name = log_level_name((enum log_level)i);
        run_sample_with(run, &messages_metric, &name, c->levels[i]);
    }
}

static void emit_message(struct run *run, const struct log_counts *c,
                         const struct log_message *m)
{
    const char *level = log_level_name(m->level);
    struct label labels[LOG_MAX_FIELDS];
    size_t count = 0;
    for (size_t i = 0; i < c->conf->fields.count; i++) {
        if (m->values[i][0])
            labels[count++] = (struct label){c->conf->fields.items[i].key, m->values[i]};
    }
    run_sample_labelled(run, &by_field_metric, &level, (struct labels){labels, count},
                        m->count);
}

static void emit_messages(struct run *run, const struct log_counts *c)
{
    const struct map_entry *entry = NULL;
    while (c->conf->fields.count && (entry = map_next(c->messages, entry)))
        emit_message(run, c, entry->value);
}

static void emit_values(struct run *run, const struct log_counts *c)
{
    for (size_t i = 0; i < c->conf->values.count; i++) {
        const struct log_number *n = &c->numbers[i];
        run_sample_with(run, &values_metric, &n->path, n->count);
        run_sample_with(run, &values_sum_metric, &n->path, n->sum);
    }
}

static void emit_file(struct run *run, const struct log_tail *t)
{
    run_sample(run, &unread_metric, (double)t->unread);
    run_sample(run, &skipped_metric, t->skipped);
    run_sample(run, &rotations_metric, t->rotations);
}

void log_emit(struct run *run)
{
    const struct log_session *s = run_session(run)->state;
    const struct log_counts *c = &s->keeper->counts;
    run_sample(run, &lines_metric, c->lines);
    run_sample(run, &bytes_metric, c->bytes);
    run_sample(run, &long_metric, c->long_lines + s->engine.long_lines);
    run_sample(run, &gave_up_metric, c->gave_up);
    run_sample(run, &behind_metric, s->engine.is_behind || s->keeper->tail.is_behind);
    run_sample(run, &fell_behind_metric, s->fell_behind);
    if (c->last_line.ns)
        run_sample(run, &last_line_metric, wall_to_sec(c->last_line));
    emit_matches(run, c);
    emit_levels(run, c);
    emit_messages(run, c);
    emit_values(run, c);
    if (!log_is_of_container(&s->keeper->conf))
        emit_file(run, &s->keeper->tail);
}
