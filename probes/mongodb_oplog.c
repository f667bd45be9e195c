/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The oplog: its oldest and newest entry, and its size. How long a member may be away before it has to copy everything
 * is the span between the two. Called by mongodb_collect.c for members that have one.
 */
#include <string.h>

#include "probes/mongodb.h"

static void ask_entry(struct run *run, int direction)
{
    struct arena *arena = run_arena(run);
    const struct mongodb_find find = {
        .database = "local",
        .collection = "oplog.rs",
        .sort = mongodb_order(arena, "$natural", direction),
        .projection = mongodb_order(arena, "ts", 1),
        .limit = 1,
    };

    mongodb_say(run, STEP_COLLECT,
                mongodb_find_command(arena, &find, mongodb_limit(run)));
}

static void ask_head(struct run *run, const struct mongodb_task *task)
{
    ask_entry(run, -1);
}

static void ask_tail(struct run *run, const struct mongodb_task *task)
{
    ask_entry(run, 1);
}

static void hear_head(struct run *run, const struct mongodb_task *task,
                      const struct mongodb_doc *doc)
{
    struct mongodb_found *found = &((struct mongodb_state *)run_state(run))->found;

    if (!mongodb_number(doc, "cursor.firstBatch.0.ts", &found->oplog_head))
        return;
    mongodb_sample(run, MONGODB_OPLOG_HEAD, NULL, found->oplog_head);
    mongodb_sample(run, MONGODB_OLD_OPLOG_HEAD, NULL, found->oplog_head);
}

static void hear_tail(struct run *run, const struct mongodb_task *task,
                      const struct mongodb_doc *doc)
{
    struct mongodb_found *found = &((struct mongodb_state *)run_state(run))->found;

    if (!mongodb_number(doc, "cursor.firstBatch.0.ts", &found->oplog_tail))
        return;
    mongodb_sample(run, MONGODB_OPLOG_TAIL, NULL, found->oplog_tail);
    mongodb_sample(run, MONGODB_OLD_OPLOG_TAIL, NULL, found->oplog_tail);
}

static void ask_size(struct run *run, const struct mongodb_task *task)
{
    mongodb_say(
        run, STEP_COLLECT,
        mongodb_coll_stats(run_arena(run), "local", "oplog.rs", mongodb_limit(run)));
}

static void hear_size(struct run *run, const struct mongodb_task *task,
                      const struct mongodb_doc *doc)
{
    static const struct mongodb_row rows[] = {
        {"count", MONGODB_OPLOG_ITEMS, NULL, MONGODB_OLD_OPLOG_ITEMS, NULL},
        {"size", MONGODB_OPLOG_SIZE, "current", MONGODB_OLD_OPLOG_SIZE, "current"},
        {"maxSize", MONGODB_OPLOG_SIZE, "max", MONGODB_OLD_OPLOG_SIZE, "max"},
        {"storageSize", MONGODB_OPLOG_SIZE, "storage", MONGODB_OLD_OPLOG_SIZE, "storage"},
    };

    mongodb_rows(run, doc, rows, ARRAY_LEN(rows));
}

void mongodb_plan_oplog(struct run *run)
{
    static const struct mongodb_task tasks[] = {
        {.ask = ask_head, .answer = hear_head, .group = GROUP_OPLOG},
        {.ask = ask_tail, .answer = hear_tail, .group = GROUP_OPLOG},
        {.ask = ask_size, .answer = hear_size, .group = GROUP_OPLOG},
    };
    const struct mongodb_state *state = run_state(run);

    if (!state->set[0] || (state->role != ROLE_PRIMARY && state->role != ROLE_SECONDARY))
        return;
    for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
        mongodb_add_task(run, tasks[i]);
}
