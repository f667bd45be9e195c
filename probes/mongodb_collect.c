/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which groups are due, their commands one after another, and what becomes of a group that is refused. Called by the
 * dialogue once the ping is answered. Changes no verdict: a group that fails is a group without numbers.
 */
#include <math.h>
#include <string.h>

#include "lib/core/session.h"
#include "probes/mongodb.h"

#define MIN_LIMIT (10 * NSEC_PER_MSEC)

const char *const mongodb_group_names[] = {"server", "replica", "oplog", "databases",
                                           NULL};

/* ---- samples ---- */

void mongodb_sample(struct run *run, enum mongodb_family family, const char *value,
                    double number)
{
    const struct mongodb_state *state = run_state(run);
    const struct metric *metric = &mongodb_families[family];
    const char *const values[] = {value, state->cluster_role, state->set};
    const bool is_own = metric->labels[0] && !strcmp(metric->labels[0], "cl_role");

    run_sample_with(run, metric, is_own ? values + 1 : values, number);
}

void mongodb_rows(struct run *run, const struct mongodb_doc *doc,
                  const struct mongodb_row *rows, size_t count)
{
    double number;

    for (size_t i = 0; i < count; i++) {
        if (!mongodb_number(doc, rows[i].path, &number))
            continue;
        if (rows[i].compat != MONGODB_NO_FAMILY)
            mongodb_sample(run, rows[i].compat, rows[i].compat_value, number);
        if (rows[i].raw != MONGODB_NO_FAMILY)
            mongodb_sample(run, rows[i].raw, rows[i].raw_value, number);
    }
}

nsec mongodb_limit(const struct run *run)
{
    const nsec limit = run_left(run) / 10 * 9;

    return limit > MIN_LIMIT ? limit : MIN_LIMIT;
}

/* ---- tasks ---- */

void mongodb_add_task(struct run *run, struct mongodb_task task)
{
    struct mongodb_state *state = run_state(run);
    struct mongodb_task *copy = arena_memdup(run_arena(run), &task, sizeof(task));

    copy->next = NULL;
    if (state->last_task)
        state->last_task->next = copy;
    else
        state->tasks = copy;
    state->last_task = copy;
}

static void forget_found(struct run *run)
{
    struct mongodb_state *state = run_state(run);
    const struct mongodb_session *kept = run_session(run)->state;
    const double before = state->found.ping_seconds;

    state->found = (struct mongodb_found){
        .connections = NAN,
        .available = NAN,
        .active = NAN,
        .queued = NAN,
        .cache_used = NAN,
        .uptime_seconds = NAN,
        .cache_max = NAN,
        .cache_dirty = NAN,
        .resident_mib = NAN,
        .lag_seconds = NAN,
        .oplog_head = NAN,
        .oplog_tail = NAN,
        .members = NAN,
        .healthy_members = NAN,
        .my_state = NAN,
        .ping_seconds = before,
    };
    if (kept->has_found) { /* what is not asked with every run */
        state->found.oplog_head = kept->oplog_head;
        state->found.oplog_tail = kept->oplog_tail;
    }
}

void mongodb_plan(struct run *run)
{
    static void (*const plans[])(struct run * run) = {
        [GROUP_SERVER] = mongodb_plan_server,
        [GROUP_REPLICA] = mongodb_plan_replica,
        [GROUP_OPLOG] = mongodb_plan_oplog,
        [GROUP_DATABASES] = mongodb_plan_databases,
    };
    const struct mongodb_conf *conf = run_conf(run);
    struct mongodb_state *state = run_state(run);

    forget_found(run);
    for (int group = 0; group < GROUP_COUNT; group++) {
        const struct mongodb_task *before = state->last_task;
        if (!(conf->collects & 1u << group) ||
            !run_group_is_due(run, mongodb_group_names[group]))
            continue;
        run_group(run, mongodb_group_names[group]);
        plans[group](run);
        state->group_asked[group] = state->last_task != before;
    }
    run_group(run, "");
    mongodb_plan_custom(run);
    state->is_planned = true;
}

/* ---- answers ---- */

void mongodb_group_failed(struct run *run, enum mongodb_group group, const char *why)
{
    struct mongodb_state *state = run_state(run);

    if (!state->group_failed[group])
        run_group_failed(run, mongodb_group_names[group], "%s", why);
    state->group_failed[group] = true;
}

static void task_failed(struct run *run, const struct mongodb_task *task, const char *why)
{
    if (task->fail)
        task->fail(run, task, why);
    else
        mongodb_group_failed(run, task->group, why);
}

enum talk mongodb_collect(struct run *run)
{
    const struct mongodb_state *state = run_state(run);

    if (!state->tasks)
        return TALK_DONE;
    state->tasks->ask(run, state->tasks);
    return TALK_MORE;
}

static enum talk next_task(struct run *run)
{
    struct mongodb_state *state = run_state(run);

    run_group(run, "");
    state->tasks = state->tasks->next;
    if (!state->tasks)
        state->last_task = NULL;
    return mongodb_collect(run);
}

enum talk mongodb_collected(struct run *run, const struct mongodb_doc *doc)
{
    const struct mongodb_task *task = ((struct mongodb_state *)run_state(run))->tasks;

    if (!task->fail)
        run_group(run, mongodb_group_names[task->group]);
    if (!mongodb_is_ok(doc))
        task_failed(run, task, mongodb_group_fault(run, task, doc));
    else
        task->answer(run, task, doc);
    return next_task(run);
}

enum talk mongodb_unreadable(struct run *run, const char *why)
{
    const struct mongodb_task *task = ((struct mongodb_state *)run_state(run))->tasks;

    task_failed(run, task,
                arena_printf(run_arena(run), "the server sent a document that %s", why));
    return next_task(run);
}

void mongodb_report_groups(struct run *run)
{
    struct mongodb_state *state = run_state(run);
    struct mongodb_session *kept = run_session(run)->state;

    if (!state->is_planned)
        return;
    for (; state->tasks; state->tasks = state->tasks->next)
        task_failed(run, state->tasks, "the run ended before it was answered");
    for (int group = 0; group < GROUP_COUNT; group++) {
        if (!state->group_asked[group])
            continue;
        run_group(run, mongodb_group_names[group]);
        mongodb_sample(run, MONGODB_COLLECTOR_SUCCESS, mongodb_group_names[group],
                       !state->group_failed[group]);
    }
    run_group(run, "");
    kept->has_found = true;
    kept->oplog_head = state->found.oplog_head;
    kept->oplog_tail = state->found.oplog_tail;
}
