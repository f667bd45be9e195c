/* SPDX-License-Identifier: Apache-2.0 */
/* The families of a queue probe, and the samples of a run. A number that is not known makes none. */
#include <math.h>

#include "probes/queue.h"

static const struct metric up = {
    .name = "queue_up",
    .help = "1 when a message went through the queue, or BullMQ's could be read",
};
static const struct metric info = {
    .name = "queue_info",
    .help = "Always 1; what kind of queue it is, and its name",
    .labels = {"kind", "queue"},
};
static const struct metric roundtrip = {
    .name = "queue_roundtrip_seconds",
    .unit = "seconds",
    .help = "From putting the message in to seeing it come out, or answered",
};
static const struct metric depth = {
    .name = "queue_depth",
    .help = "Messages in the queue, by what is the matter with them",
    .labels = {"state"},
};
static const struct metric oldest = {
    .name = "queue_oldest_age_seconds",
    .unit = "seconds",
    .help = "How long the oldest message has been so; of delayed ones, how late it is",
    .labels = {"state"},
};
static const struct metric workers = {
    .name = "queue_workers",
    .help = "Workers that are connected, or consumers of the group",
};
static const struct metric paused = {
    .name = "queue_paused",
    .help = "1 when somebody paused the queue",
};
static const struct metric recent = {
    .name = "queue_recent_failures",
    .help = "Jobs that failed in the last 15 minutes and are kept",
};
static const struct metric last_failure = {
    .name = "queue_last_failure_timestamp_seconds",
    .unit = "seconds",
    .help = "When the newest failed job failed",
};
static const struct metric usage = {
    .name = "queue_notify_usage_ratio",
    .help = "How full the server's queue of notices is, of 1",
};
static const struct metric swept = {
    .name = "queue_leftovers_removed_total",
    .kind = METRIC_COUNTER,
    .help = "Messages of earlier runs that had been left in the queue and were removed",
};
static const struct metric measured = {
    .name = "queue_measured",
    .help = "1 when the application's queue could be measured",
};

const struct metric *const queue_metrics[] = {
    &up,     &info,         &roundtrip, &depth, &oldest,   &workers, &paused,
    &recent, &last_failure, &usage,     &swept, &measured, NULL,
};

static const char *const states[QUEUE_COUNT_COUNT] = {
    [QUEUE_WAITING] = "waiting",
    [QUEUE_ACTIVE] = "active",
    [QUEUE_DELAYED] = "delayed",
    [QUEUE_PRIORITIZED] = "prioritized",
    [QUEUE_CHILDREN] = "waiting_children",
    [QUEUE_PAUSED] = "paused",
    [QUEUE_FAILED] = "failed",
    [QUEUE_COMPLETED] = "completed",
};

static void show(struct run *run, const struct metric *metric, double value)
{
    if (!isnan(value))
        run_sample(run, metric, value);
}

static void show_states(struct run *run)
{
    const struct queue_state *state = run_state(run);

    for (int i = 0; i < QUEUE_COUNT_COUNT; i++) {
        if (!isnan(state->counts[i]))
            run_sample_with(run, &depth, &states[i], state->counts[i]);
        if (!isnan(state->oldest[i]))
            run_sample_with(run, &oldest, &states[i], state->oldest[i]);
    }
}

void queue_show(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    const struct queue_state *state = run_state(run);
    const struct queue_session *session = run_session(run)->state;
    const struct queue_kind *kind = queue_kind_of(conf);
    const bool is_up = kind->is_read_only ? state->is_measured : state->has_arrived;

    run_group(run, "depth");
    show_states(run);
    show(run, &workers, state->workers);
    show(run, &paused, state->is_paused);
    show(run, &recent, state->recent_failures);
    show(run, &last_failure, state->last_failure);
    show(run, &usage, state->usage);
    run_group(run, "");
    run_sample(run, &up, is_up);
    run_sample_with(run, &info, (const char *const[]){kind->name, conf->name}, 1);
    if (state->roundtrip >= 0)
        run_sample(run, &roundtrip, nsec_to_sec(state->roundtrip));
    if (kind->measure && state->step > QUEUE_SWEEPING)
        run_sample(run, &measured, state->is_measured);
    run_sample(run, &swept, session->swept);
}
