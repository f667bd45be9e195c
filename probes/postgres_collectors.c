/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server is asked for, collector by collector: the question, by version, and the families that its columns are of.
 * Called by postgres_gather.c. The questions' text is in postgres_questions.h.
 */
#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "probes/postgres.h"
#include "probes/postgres_questions.h"

#define SQL_MAX_BYTES 8192 /* of one question; tests ask all of them */

#define ALWAYS(text) \
    {                \
        {            \
            0, text  \
        }            \
    }
#define FAMILIES(from, to) .first = POSTGRES_##from, .last = POSTGRES_##to

const struct postgres_collector postgres_collectors[] = {
    {"server", 0, FAMILIES(START, TXID), .sql = ALWAYS(server_sql)},
    {"static", 2, FAMILIES(STATIC, STATIC), .sql = ALWAYS(static_sql)},
    {"connections", 0, FAMILIES(CONNECTIONS, BLOCKED), .sql = ALWAYS(connections_sql)},
    {"stat_database", 2, FAMILIES(DB_NUMBACKENDS, DB_ACTIVE_TIME),
     .sql = {{140000, database_stat_sql}, {0, database_stat_13_sql}}},
    {"stat_activity", 7, FAMILIES(ACTIVITY, ACTIVITY_MAX), .sql = ALWAYS(activity_sql)},
    {"long_running_transactions", 0, FAMILIES(LONG, LONG_AGE), .sql = ALWAYS(long_sql)},
    {"locks", 2, FAMILIES(LOCKS, LOCKS), .sql = ALWAYS(locks_sql)},
    {"stat_bgwriter", 0, FAMILIES(BG_TIMED, BG_RESET), .alias = POSTGRES_BG_OLD_TIMED,
     .sql = {{170000, bgwriter_17_sql}, {0, bgwriter_sql}}},
    {"stat_checkpointer", 0, FAMILIES(CP_TIMED, CP_RESET),
     .sql = {{170000, checkpointer_sql}}},
    {"stat_archiver", 0, FAMILIES(ARCHIVED, ARCHIVE_AGE), .sql = ALWAYS(archiver_sql)},
    {"stat_replication", 4, FAMILIES(REPL_LSN, REPL_DIFF),
     .sql = ALWAYS(replication_sql)},
    {"replication_slots", 0, FAMILIES(SLOT_LSN, SLOT_DIFF), .row = postgres_slot_row,
     .sql = ALWAYS(slots_sql)},
    {"stat_progress_vacuum", 0, FAMILIES(VACUUM_PHASE, VACUUM_NUM),
     .row = postgres_vacuum_row, .sql = {{170000, vacuum_17_sql}, {0, vacuum_sql}}},
    {"stat_user_tables", 3, FAMILIES(T_SEQ_SCAN, T_AUTOANALYZES), .is_of_database = true,
     .sql = ALWAYS(tables_sql)},
    {"statio_user_tables", 3, FAMILIES(IO_HEAP_READ, IO_TIDX_HIT), .is_of_database = true,
     .sql = ALWAYS(tables_io_sql)},
    {"wal", 0, FAMILIES(WAL_SEGMENTS, WAL_SIZE), .sql = ALWAYS(wal_sql)},
    {"settings", 0, .row = postgres_setting_row, .sql = ALWAYS(settings_sql)},
    {"roles", 1, FAMILIES(ROLE_LIMIT, ROLE_LIMIT), .sql = ALWAYS(roles_sql)},
    {"database", 1, FAMILIES(DB_LIMIT, DB_MXID_AGE), .sql = ALWAYS(database_sql)},
    {"stat_statements", 3, FAMILIES(ST_CALLS, ST_WRITE), .is_asked_for = true,
     .sql = {{170000, statements_17_sql}, {0, statements_sql}}},
    {"database_size", 1, FAMILIES(DB_SIZE, DB_SIZE), .sql = ALWAYS(database_size_sql)},
    {"table_sizes", 3, FAMILIES(T_INDEX_SIZE, T_SIZE), .is_of_database = true,
     .sql = ALWAYS(table_sizes_sql)},
    {0}};

/* What is slow to count, or seldom changes. Rules look back five minutes: none may be rarer than that. */
const struct group postgres_groups[] = {{"wal", NSEC_PER_MINUTE},
                                        {"settings", NSEC_PER_MINUTE},
                                        {"roles", NSEC_PER_MINUTE},
                                        {"database", NSEC_PER_MINUTE},
                                        {"stat_statements", NSEC_PER_MINUTE},
                                        {"static", NSEC_PER_MINUTE},
                                        {"database_size", 4 * NSEC_PER_MINUTE},
                                        {"table_sizes", 4 * NSEC_PER_MINUTE},
                                        {POSTGRES_ELSEWHERE, 4 * NSEC_PER_MINUTE},
                                        {0}};

const struct postgres_collector *postgres_collector_find(const char *name)
{
    for (const struct postgres_collector *c = postgres_collectors; c->name; c++) {
        if (!strcmp(c->name, name))
            return c;
    }
    return NULL;
}

bool postgres_collector_has_interval(const struct postgres_collector *c)
{
    for (const struct group *g = postgres_groups; g->name; g++) {
        if (!strcmp(g->name, c->name))
            return true;
    }
    return false;
}

static const char *sql_for(const struct postgres_collector *c, int version)
{
    for (size_t i = 0; i < ARRAY_LEN(c->sql) && c->sql[i].text; i++) {
        if (version >= c->sql[i].from)
            return c->sql[i].text;
    }
    return NULL;
}

static const char *filled(const struct postgres_conf *conf, struct bytes name,
                          struct arena *arena)
{
    if (bytes_is(name, "max_tables"))
        return arena_printf(arena, "%lld", (long long)conf->max_tables);
    if (bytes_is(name, "statements"))
        return arena_printf(arena, "%lld", (long long)conf->statements);
    /* What is left of stat_activity: one of its columns, or nothing in its place. */
    for (size_t i = 0; i < conf->activity_labels.count; i++) {
        if (bytes_is(name, conf->activity_labels.items[i]))
            return conf->activity_labels.items[i];
    }
    return "NULL::text";
}

const char *postgres_sql(const struct postgres_collector *c, int version,
                         const struct postgres_conf *conf, struct arena *arena)
{
    const char *sql = sql_for(c, version);
    struct bytes rest = bytes_of(sql), part, name;
    struct buf out = BUF_MAX(SQL_MAX_BYTES);

    if (!sql || !strchr(sql, '@'))
        return sql;
    while (bytes_token(&rest, '@', &part)) {
        buf_add_bytes(&out, part);
        if (bytes_token(&rest, '@', &name))
            buf_add_text(&out, filled(conf, name, arena));
    }
    sql = arena_keep(arena, &out);
    return sql;
}
