/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What expectations, captures and limits may name of a queue. Called by expressions after the run has asked; a number that
 * this kind of queue does not have is an error, never 0.
 */
#include <math.h>

#include "probes/queue.h"

static bool number(double found, const char *what, enum value_type type,
                   struct value *ret_value, struct err *why)
{
    if (isnan(found))
        return err_set(why, "%s is not known of this queue", what);
    if (type == VALUE_DURATION)
        *ret_value = value_duration(nsec_from_sec(found));
    else
        *ret_value = (struct value){.type = type, .number = found};
    return true;
}

#define COUNT_VAR(name, member, type)                                \
    static bool get_##name(struct run *run, struct arena *arena,     \
                           struct value *ret_value, struct err *why) \
    {                                                                \
        const struct queue_state *state = run_state(run);            \
        (void)arena;                                                 \
        return number(state->member, #name, type, ret_value, why);   \
    }
COUNT_VAR(depth, counts[QUEUE_WAITING], VALUE_NUMBER)
COUNT_VAR(active, counts[QUEUE_ACTIVE], VALUE_NUMBER)
COUNT_VAR(delayed, counts[QUEUE_DELAYED], VALUE_NUMBER)
COUNT_VAR(prioritized, counts[QUEUE_PRIORITIZED], VALUE_NUMBER)
COUNT_VAR(paused, counts[QUEUE_PAUSED], VALUE_NUMBER)
COUNT_VAR(failed, counts[QUEUE_FAILED], VALUE_NUMBER)
COUNT_VAR(completed, counts[QUEUE_COMPLETED], VALUE_NUMBER)
COUNT_VAR(oldest_age, oldest[QUEUE_WAITING], VALUE_DURATION)
COUNT_VAR(oldest_active, oldest[QUEUE_ACTIVE], VALUE_DURATION)
COUNT_VAR(overdue, oldest[QUEUE_DELAYED], VALUE_DURATION)
COUNT_VAR(recent_failures, recent_failures, VALUE_NUMBER)
COUNT_VAR(workers, workers, VALUE_NUMBER)

static bool get_usage(struct run *run, struct arena *arena, struct value *ret_value,
                      struct err *why)
{
    const struct queue_state *state = run_state(run);
    (void)arena;

    return number(100 * state->usage, "usage", VALUE_PERCENT, ret_value, why);
}

static bool get_is_paused(struct run *run, struct arena *arena, struct value *ret_value,
                          struct err *why)
{
    const struct queue_state *state = run_state(run);
    (void)arena;

    if (isnan(state->is_paused))
        return err_set(why, "only BullMQ's queues can be paused");
    *ret_value = value_bool(state->is_paused > 0);
    return true;
}

static bool get_roundtrip(struct run *run, struct arena *arena, struct value *ret_value,
                          struct err *why)
{
    const struct queue_state *state = run_state(run);
    (void)arena;

    if (state->roundtrip < 0)
        return err_set(why, "no message went through");
    *ret_value = value_duration(state->roundtrip);
    return true;
}

static bool get_failure(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    const struct queue_state *state = run_state(run);
    (void)arena;

    if (!state->failure_reason)
        return err_set(why, "no failed job tells why it failed");
    *ret_value = value_text(bytes_of(state->failure_reason));
    return true;
}

static bool get_last_failure(struct run *run, struct arena *arena,
                             struct value *ret_value, struct err *why)
{
    const struct queue_state *state = run_state(run);
    (void)arena;

    if (isnan(state->last_failure))
        return err_set(why, "no job is kept as failed");
    *ret_value = value_time((struct wall){nsec_from_sec(state->last_failure)});
    return true;
}

static bool get_reply(struct run *run, struct arena *arena, struct value *ret_value,
                      struct err *why)
{
    const struct queue_state *state = run_state(run);
    (void)arena;

    if (!state->reply_text)
        return err_set(why, "there was no reply");
    *ret_value = value_text(bytes_of(state->reply_text));
    return true;
}

static bool get_tag(struct run *run, struct arena *arena, struct value *ret_value,
                    struct err *why)
{
    const struct queue_state *state = run_state(run);
    (void)arena;

    if (!state->tag)
        return err_set(why, "nothing is put into this queue");
    *ret_value = value_text(bytes_of(state->tag));
    return true;
}

const struct var queue_vars[] = {
    {"roundtrip", VALUE_DURATION,
     "From putting the message in to seeing it come out, or answered.", get_roundtrip},
    {"depth", VALUE_NUMBER,
     "Messages that wait: a list's length, a stream's or what `group` was not handed, "
     "rows, jobs in `wait`.",
     get_depth},
    {"oldest_age", VALUE_DURATION, "How long the oldest of them has waited.",
     get_oldest_age},
    {"active", VALUE_NUMBER, "Those that are worked on: pending entries, active jobs.",
     get_active},
    {"oldest_active", VALUE_DURATION, "How long the oldest of these has been worked on.",
     get_oldest_active},
    {"delayed", VALUE_NUMBER, "BullMQ: jobs for later.", get_delayed},
    {"overdue", VALUE_DURATION, "BullMQ: since when a delayed job should have begun.",
     get_overdue},
    {"prioritized", VALUE_NUMBER, "BullMQ: waiting jobs that have a priority.",
     get_prioritized},
    {"paused", VALUE_NUMBER, "BullMQ before 6: jobs that wait while the queue is paused.",
     get_paused},
    {"is_paused", VALUE_BOOL, "BullMQ: whether somebody paused the queue.",
     get_is_paused},
    {"failed", VALUE_NUMBER, "Jobs kept as failed; rows for which `failed` is true.",
     get_failed},
    {"recent_failures", VALUE_NUMBER, "BullMQ: jobs that failed in the last 15 minutes.",
     get_recent_failures},
    {"last_failure", VALUE_TIME, "BullMQ: when the newest failed job failed.",
     get_last_failure},
    {"failure_reason", VALUE_TEXT, "BullMQ: what the newest failed job says.",
     get_failure},
    {"completed", VALUE_NUMBER, "BullMQ: jobs kept as completed.", get_completed},
    {"workers", VALUE_NUMBER,
     "BullMQ: its workers' connections, when CLIENT LIST is allowed. A stream: the "
     "group's consumers.",
     get_workers},
    {"usage", VALUE_PERCENT, "NOTIFY: how full the server's queue of notices is.",
     get_usage},
    {"reply", VALUE_TEXT, "What the application replied with.", get_reply},
    {"tag", VALUE_TEXT, "The tag of this run's message.", get_tag},
    {0},
};

const struct limit queue_limits[] = {
    {.name = "depth",
     .alert = "QueueDepth",
     .expr = "queue_depth{$probe, state=\"waiting\"}",
     .unit = LIMIT_NUMBER,
     .side = LIMIT_ABOVE,
     .release = 0.1,
     .hold_for = NSEC_PER_MINUTE,
     .summary = "{{ $value }} messages wait in {{ $labels.probe }}",
     .runbook = "/runbooks/QueueBacklogGrowing",
     .doc = "Messages that wait."},
    {.name = "oldest_age",
     .alert = "QueueOldestAge",
     .expr = "queue_oldest_age_seconds{$probe, state=\"waiting\"}",
     .unit = LIMIT_DURATION,
     .side = LIMIT_ABOVE,
     .release = 0.1,
     .hold_for = 0,
     .summary = "a message of {{ $labels.probe }} has waited for {{ $value | "
                "humanizeDuration }}",
     .runbook = "/runbooks/QueueStuck",
     .doc = "How long the oldest message has waited."},
    {.name = "failed",
     .alert = "QueueFailed",
     .expr = "queue_depth{$probe, state=\"failed\"}",
     .unit = LIMIT_NUMBER,
     .side = LIMIT_ABOVE,
     .release = 0,
     .hold_for = 0,
     .summary = "{{ $value }} jobs of {{ $labels.probe }} have failed",
     .runbook = "/runbooks/QueueFailedJobs",
     .doc = "Jobs that are kept as failed."},
    {.name = "roundtrip",
     .alert = "QueueRoundtrip",
     .expr = "queue_roundtrip_seconds{$probe}",
     .unit = LIMIT_DURATION,
     .side = LIMIT_ABOVE,
     .release = 0.1,
     .hold_for = NSEC_PER_MINUTE,
     .summary = "a message through {{ $labels.probe }} takes {{ $value | "
                "humanizeDuration }}",
     .runbook = "/runbooks/QueueStuck",
     .doc = "How long a message takes through the queue."},
    {0},
};
