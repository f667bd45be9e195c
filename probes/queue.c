/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues: puts a message of its own in, sees it come out again (or sees that the application took it), and leaves nothing
 * behind; BullMQ's are only looked at. Begins and ends a run; queue_steps.c moves it, and what a step does is the kind's.
 */
#include "probes/queue.h"

#include <math.h>

#include "lib/core/loop.h"

#define CLEAN_SOON NSEC_PER_SEC /* after the deadline, or a cancel */

const struct queue_kind *queue_kind_of(const struct queue_conf *conf)
{
    static const struct queue_kind *const kinds[QUEUE_KIND_COUNT] = {
        [QUEUE_LIST] = &queue_list,     [QUEUE_STREAM] = &queue_stream,
        [QUEUE_BULLMQ] = &queue_bullmq, [QUEUE_TABLE] = &queue_table,
        [QUEUE_NOTIFY] = &queue_notify,
    };

    return kinds[conf->kind];
}

/* ---- a run ---- */

static void begin_state(struct run *run)
{
    struct queue_state *state = run_state(run);

    for (int count = 0; count < QUEUE_COUNT_COUNT; count++)
        state->counts[count] = state->oldest[count] = NAN;
    state->workers = state->is_paused = state->recent_failures = NAN;
    state->last_failure = state->usage = NAN;
    state->roundtrip = -1;
    state->budget = run_left(run);
}

static void queue_start(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);
    struct err e = {0};

    begin_state(run);
    if (conf->answered + queue_reserve_of(state) > state->budget) {
        run_unknown(run, REASON_CONFIG,
                    "`answered: %s` needs more time than this probe has: give it a "
                    "`timeout` of %s or more",
                    queue_seconds(run, conf->answered),
                    queue_seconds(run, conf->answered + 2 * NSEC_PER_SEC));
        run_finish(run);
        return;
    }
    if (!queue_kind_of(conf)->is_read_only && !queue_message_make(run, &e)) {
        run_unknown(run, REASON_CONFIG, "%s", e.text);
        run_finish(run);
        return;
    }
    if (conf->is_postgres)
        queue_postgres_open(run);
    else
        queue_redis_open(run);
}

/* The deadline came, or nobody wants the answer any more: there is a moment to clean in, whatever the peer does. */
static void queue_cancel(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);
    const struct queue_session *session = run_session(run)->state;

    state->is_cancelled = true;
    const bool can_clean =
        conf->is_postgres ? pg_is_open(session->pg) : redis_link_is_open(state->link);
    /* A look under way ends first; what it leads to, cleans. */
    const bool will_clean = state->step == QUEUE_CLEANING ||
                            (conf->is_postgres && state->step == QUEUE_LOOKING);
    if (!state->is_out || !(can_clean || will_clean)) {
        queue_finish(run);
        return;
    }
    queue_wait_until(run, mono_add(loop_now_exact(run_frame(run)->loop), CLEAN_SOON));
    if (can_clean && state->step != QUEUE_CLEANING)
        queue_clean(run);
}

static void queue_report(struct run *run)
{
    static const char *const doing[] = {
        [QUEUE_CONNECTING] = "it was logging in",
        [QUEUE_SWEEPING] = "it was looking for what earlier runs left",
        [QUEUE_MEASURING] = "it was asking how long the queue is",
        [QUEUE_PUBLISHING] = "the server did not say that it took the message",
        [QUEUE_LOOKING] = "the message was put in, and did not come out",
        [QUEUE_CLEANING] = "the message was being removed",
        [QUEUE_OVER] = NULL,
    };
    const struct queue_state *state = run_state(run);

    if (run_has_timed_out(run) && doing[state->step])
        run_explain(run, "%s", doing[state->step]);
    queue_show(run);
}

static void queue_end_session(struct session *s)
{
    struct queue_session *session = s->state;

    pg_close(session->pg);
    session->pg = NULL;
}

const struct probe_type probe_queue = {
    .name = "queue",
    .summary =
        "Queues in Redis and PostgreSQL: a message goes in and comes out; BullMQ's "
        "depth and failures.",
    .example = "queue:\n"
               "  url: \"redis://cache:6379/0\"\n"
               "  stream: orders\n"
               "  group: shipping\n",
    .refuses_modules = true, /* who may ask would choose where something is put */
    .own_names = (const char *const[]){"tag", NULL},
    .conf_size = sizeof(struct queue_conf),
    .state_size = sizeof(struct queue_state),
    .session_size = sizeof(struct queue_session),
    .validate = queue_validate,
    .aim = queue_aim,
    .close = queue_end_session,
    .start = queue_start,
    .cancel = queue_cancel,
    .report = queue_report,
    .metrics = queue_metrics,
    .vars = queue_vars,
    .limits = queue_limits,
    .opts = queue_opts,
};
