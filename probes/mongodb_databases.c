/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dbStats of every database, or of those that are named: sizes and counts. Called by mongodb_collect.c. At most
 * `max_databases` are asked a time; those left out are said.
 */
#include "probes/mongodb.h"

struct database_row {
    const char *field;
    enum mongodb_family family;
};
static const struct database_row database_rows[] = {
    {"collections", MONGODB_DB_COLLECTIONS}, {"views", MONGODB_DB_VIEWS},
    {"objects", MONGODB_DB_OBJECTS},         {"avgObjSize", MONGODB_DB_AVG_OBJ},
    {"dataSize", MONGODB_DB_DATA_SIZE},      {"storageSize", MONGODB_DB_STORAGE_SIZE},
    {"indexes", MONGODB_DB_INDEXES},         {"indexSize", MONGODB_DB_INDEX_SIZE},
    {"totalSize", MONGODB_DB_TOTAL_SIZE},    {"fsUsedSize", MONGODB_DB_FS_USED},
    {"fsTotalSize", MONGODB_DB_FS_TOTAL},
};

static void ask_database(struct run *run, const struct mongodb_task *task)
{
    mongodb_say(
        run, STEP_COLLECT,
        mongodb_simple(run_arena(run), "dbStats", task->subject, mongodb_limit(run)));
}

static void hear_database(struct run *run, const struct mongodb_task *task,
                          const struct mongodb_doc *doc)
{
    double number;

    for (size_t i = 0; i < ARRAY_LEN(database_rows); i++) {
        if (mongodb_number(doc, database_rows[i].field, &number))
            mongodb_sample(run, database_rows[i].family, task->subject, number);
    }
}

static void add_database(struct run *run, const char *name)
{
    mongodb_add_task(run, (struct mongodb_task){.ask = ask_database,
                                                .answer = hear_database,
                                                .group = GROUP_DATABASES,
                                                .subject = name});
}

static void ask_list(struct run *run, const struct mongodb_task *task)
{
    mongodb_say(
        run, STEP_COLLECT,
        mongodb_simple(run_arena(run), "listDatabases", "admin", mongodb_limit(run)));
}

static void hear_list(struct run *run, const struct mongodb_task *task,
                      const struct mongodb_doc *doc)
{
    const struct mongodb_conf *conf = run_conf(run);
    const size_t all = mongodb_count(doc, "databases");
    const size_t max = (size_t)conf->max_databases;

    for (size_t i = 0; i < all && i < max; i++) {
        const char *name = mongodb_text(
            doc, arena_printf(run_arena(run), "databases.%zu.name", i), run_arena(run));
        if (name[0])
            add_database(run, name);
    }
    if (all > max)
        mongodb_group_failed(run, GROUP_DATABASES,
                             arena_printf(run_arena(run),
                                          "%zu of %zu databases are shown: raise "
                                          "`max_databases`, or name those that matter in "
                                          "`databases`",
                                          max, all));
}

void mongodb_plan_databases(struct run *run)
{
    const struct mongodb_conf *conf = run_conf(run);
    const struct mongodb_state *state = run_state(run);

    if (state->role == ROLE_ARBITER)
        return;
    for (size_t i = 0; i < conf->databases.count; i++)
        add_database(run, conf->databases.items[i]);
    if (!conf->databases.count)
        mongodb_add_task(run, (struct mongodb_task){.ask = ask_list,
                                                    .answer = hear_list,
                                                    .group = GROUP_DATABASES});
}
