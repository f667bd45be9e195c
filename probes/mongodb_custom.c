/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Custom metrics: each that is due is asked as one command, and its documents become rows. Called by mongodb_collect.c.
 * What is wrong with one concerns that one alone.
 */
#include <bson/bson.h>

#include "lib/core/session.h"
#include "probes/mongodb.h"

static const struct mongodb_query *query_of(const struct run *run,
                                            const struct mongodb_task *task)
{
    const struct mongodb_conf *conf = run_conf(run);

    return (const struct mongodb_query *)conf->metrics.items + task->index;
}

static const char *database_of(const struct run *run, const struct mongodb_query *q)
{
    const struct mongodb_state *state = run_state((struct run *)(uintptr_t)run);
    const char *database = state->target->database;

    return q->database[0] ? q->database : database ? database : "test";
}

static struct bytes document_of(struct run *run, const struct node *n)
{
    struct bytes document = {0};
    struct err e;

    /* Its faults were told when the configuration was loaded. */
    if (n && !mongodb_query_document(run_arena(run), n, &document, &e))
        document = (struct bytes){0};
    return document;
}

static void ask_custom(struct run *run, const struct mongodb_task *task)
{
    struct arena *arena = run_arena(run);
    const struct mongodb_query *q = query_of(run, task);
    const nsec limit = mongodb_limit(run);
    struct mongodb_find find = {
        .database = database_of(run, q),
        .collection = q->collection,
        .filter = document_of(run, q->count ? q->count : q->find),
        .sort = document_of(run, q->sort),
        .projection = document_of(run, q->projection),
        .limit = q->metric.max_rows + 1, /* one more, to know that there are more */
    };
    struct bytes command;

    if (q->count)
        command = mongodb_count_command(arena, &find, limit);
    else if (q->find)
        command = mongodb_find_command(arena, &find, limit);
    else
        command = mongodb_aggregate_command(arena, &find, document_of(run, q->aggregate),
                                            limit);
    mongodb_say(run, STEP_COLLECT, command);
}

static void add_documents(struct run *run, const struct mongodb_doc *doc,
                          struct custom_rows *rows)
{
    const struct mongodb_field *batch = mongodb_find(doc, "cursor.firstBatch");
    struct cell cells[CUSTOM_MAX_COLUMNS];
    bson_iter_t it;
    const uint8_t *data;
    uint32_t len;

    if (!batch || batch->type != FIELD_ARRAY ||
        !bson_iter_init_from_data(&it, (const uint8_t *)batch->bytes.ptr,
                                  batch->bytes.len))
        return;
    while (bson_iter_next(&it)) {
        if (!BSON_ITER_HOLDS_DOCUMENT(&it))
            continue;
        bson_iter_document(&it, &len, &data);
        const size_t count = mongodb_cells((struct bytes){(const char *)data, len},
                                           run_arena(run), cells, CUSTOM_MAX_COLUMNS);
        custom_rows_add(rows, cells, count);
    }
}

/* In the metric's own group, whose samples stay until it is asked again. */
static void show_success(struct run *run, const struct mongodb_query *q, bool is_well)
{
    const char *group = arena_printf(run_arena(run), "custom %s", q->metric.name);

    run_group(run, group);
    mongodb_sample(run, MONGODB_COLLECTOR_SUCCESS, group, is_well);
    run_group(run, "");
}

static void hear_custom(struct run *run, const struct mongodb_task *task,
                        const struct mongodb_doc *doc)
{
    const struct mongodb_query *q = query_of(run, task);
    struct mongodb_session *kept = run_session(run)->state;
    struct custom_rows *rows = custom_rows_create((size_t)q->metric.max_rows);
    struct cell n = {.column = bytes_of("n"), .type = CELL_NUMBER};
    struct err why;

    if (!q->count)
        add_documents(run, doc, rows);
    else if (mongodb_number(doc, "n", &n.number))
        custom_rows_add(rows, &n, 1);
    show_success(run, q,
                 custom_answer(&kept->custom, task->index, &q->metric, rows, run, &why));
}

static void custom_failed(struct run *run, const struct mongodb_task *task,
                          const char *why)
{
    const struct mongodb_query *q = query_of(run, task);
    struct mongodb_session *kept = run_session(run)->state;

    custom_fail(&kept->custom, task->index, &q->metric, run, why);
    show_success(run, q, false);
}

void mongodb_plan_custom(struct run *run)
{
    const struct mongodb_conf *conf = run_conf(run);
    const struct mongodb_session *kept = run_session(run)->state;

    for (size_t i = 0; i < conf->metrics.count; i++) {
        const struct custom_metric *m =
            custom_metric_at(&conf->metrics, sizeof(struct mongodb_query), i);
        if (custom_is_due(&kept->custom, i, m, run))
            mongodb_add_task(run, (struct mongodb_task){.ask = ask_custom,
                                                        .answer = hear_custom,
                                                        .fail = custom_failed,
                                                        .index = i});
    }
}
