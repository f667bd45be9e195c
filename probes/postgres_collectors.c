/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server is asked for, collector by collector: the question, by version, and the families that its columns are of.
 * Called by postgres_gather.c. Columns that are labels come first, then the families' in the order of
 * postgres_families.h. A name in @…@ is filled in by postgres_sql.
 */
#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "probes/postgres.h"

#define SQL_MAX_BYTES 8192 /* of one question; tests ask all of them */

#define WAL_END                                                                  \
    "(SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE " \
    "pg_current_wal_lsn() END) AS wal(at)"
#define EPOCH(x) "extract(epoch FROM " x ")"

static const char server_sql[] = "SELECT " EPOCH(
    "pg_postmaster_start_time()") ", is_replica::int, lag, replay, "
                                  "lag, "
                                  "txid_snapshot_xmax(txid_current_"
                                  "snapshot()) FROM (SELECT "
                                  "pg_is_in_recovery() AS "
                                  "is_replica, "
                                  "greatest(0, " EPOCH(
                                      "now() - "
                                      "pg_last_xact_replay_timestamp("
                                      ")") ") AS replay, "
                                           "CASE WHEN NOT "
                                           "pg_is_in_recovery() OR "
                                           "pg_last_wal_receive_lsn()"
                                           " = "
                                           "pg_last_wal_replay_lsn() "
                                           "THEN 0 ELSE "
                                           "greatest(0, " EPOCH("now() - "
                                                                "pg_last_xact_replay_"
                                                                "timestamp()") ") END "
                                                                               "AS "
                                                                               "lag) "
                                                                               "AS it";

static const char static_sql[] =
    "SELECT version(), num / 10000 || '.' || num % 10000 || '.0', 1 FROM "
    "(SELECT current_setting('server_version_num')::int) AS it(num)";

#define DATABASE_COLUMNS                                                            \
    "SELECT datid, datname, numbackends, xact_commit, xact_rollback, blks_read, "   \
    "blks_hit, tup_returned, tup_fetched, tup_inserted, tup_updated, tup_deleted, " \
    "conflicts, temp_files, temp_bytes, deadlocks, blk_read_time, "                 \
    "blk_write_time, "                                                              \
    "coalesce(" EPOCH("stats_reset") ", 0)"
static const char database_stat_sql[] = DATABASE_COLUMNS
    ", active_time / 1000 FROM pg_stat_database WHERE datname IS NOT NULL";
static const char database_stat_13_sql[] =
    DATABASE_COLUMNS " FROM pg_stat_database WHERE datname IS NOT NULL";

static const char activity_sql[] =
    "SELECT d.datname, s.state, usename, application_name, backend_type, "
    "wait_event_type, "
    "wait_event, coalesce(n, 0), coalesce(oldest, 0) FROM pg_database AS d CROSS JOIN "
    "(VALUES "
    "('active'), ('idle'), ('idle in transaction'), ('idle in transaction (aborted)'), "
    "('fastpath function call'), ('disabled')) AS s(state) LEFT JOIN (SELECT datname, "
    "state, "
    "@usename@ AS usename, @application_name@ AS application_name, @backend_type@ AS "
    "backend_type, "
    "@wait_event_type@ AS wait_event_type, @wait_event@ AS wait_event, count(*) AS n, "
    "max(" EPOCH(
        "now() - xact_start") ") AS oldest FROM pg_stat_activity "
                              "WHERE pid <> pg_backend_pid() GROUP BY 1, 2, 3, 4, 5, 6, "
                              "7) AS a "
                              "ON a.datname = d.datname AND a.state = s.state LIMIT 5000";

static const char connections_sql[] =
    "SELECT count(*), (SELECT current_setting('max_connections')::int - "
    "current_setting('superuser_reserved_connections')::int), "
    "coalesce(max(" EPOCH(
        "now() - state_change") ") FILTER (WHERE state LIKE 'idle in transaction%'), "
                                "0), count(*) FILTER (WHERE wait_event_type = 'Lock') "
                                "FROM pg_stat_activity "
                                "WHERE datid IS NOT NULL AND coalesce(backend_type, "
                                "'client backend') = 'client backend'";

static const char long_sql[] = "SELECT count(*), coalesce(max(" EPOCH(
    "clock_timestamp() - xact_start") "), 0) "
                                      "FROM pg_stat_activity WHERE state IS DISTINCT "
                                      "FROM 'idle' AND backend_type = 'client backend' "
                                      "AND xact_start < now() - interval '1 minute'";

static const char locks_sql[] =
    "SELECT d.datname, lower(m.mode), coalesce(l.n, 0) FROM pg_database AS d CROSS JOIN "
    "(VALUES "
    "('AccessShareLock'), ('RowShareLock'), ('RowExclusiveLock'), "
    "('ShareUpdateExclusiveLock'), "
    "('ShareLock'), ('ShareRowExclusiveLock'), ('ExclusiveLock'), "
    "('AccessExclusiveLock'), "
    "('SIReadLock')) AS m(mode) LEFT JOIN (SELECT database, mode, count(*) AS n FROM "
    "pg_locks "
    "GROUP BY 1, 2) AS l ON l.database = d.oid AND l.mode = m.mode";

static const char bgwriter_sql[] =
    "SELECT checkpoints_timed, checkpoints_req, checkpoint_write_time, "
    "checkpoint_sync_time, "
    "buffers_checkpoint, buffers_clean, maxwritten_clean, buffers_backend, "
    "buffers_backend_fsync, "
    "buffers_alloc, coalesce(" EPOCH("stats_reset") ", 0) FROM pg_stat_bgwriter";
/* Since 17 checkpoints are counted elsewhere, and what connections write in pg_stat_io. */
static const char bgwriter_17_sql[] =
    "SELECT num_timed, num_requested, write_time, sync_time, buffers_written, "
    "buffers_clean, "
    "maxwritten_clean, own.writes, own.fsyncs, buffers_alloc, "
    "coalesce(" EPOCH(
        "b.stats_reset") ", 0) FROM pg_stat_bgwriter AS b, pg_stat_checkpointer, "
                         "(SELECT coalesce(sum(writes), 0), coalesce(sum(fsyncs), 0) "
                         "FROM pg_stat_io "
                         "WHERE object = 'relation' AND backend_type NOT IN "
                         "('checkpointer', 'background writer')) "
                         "AS own(writes, fsyncs)";
static const char checkpointer_sql[] =
    "SELECT num_timed, num_requested, restartpoints_timed, restartpoints_req, "
    "restartpoints_done, "
    "write_time, sync_time, buffers_written, coalesce(" EPOCH(
        "stats_reset") ", 0) "
                       "FROM pg_stat_checkpointer";

static const char archiver_sql[] = "SELECT archived_count, failed_count, coalesce(" EPOCH(
    "now() - last_archived_time") ", 0) "
                                  "FROM pg_stat_archiver";

static const char replication_sql[] =
    "SELECT r.application_name, host(r.client_addr), r.state, s.slot_name, max(at - "
    "'0/0'), "
    "max(at - r.replay_lsn) FROM pg_stat_replication AS r LEFT JOIN pg_replication_slots "
    "AS s "
    "ON s.active_pid = r.pid CROSS JOIN " WAL_END " GROUP BY 1, 2, 3, 4 LIMIT 200";

static const char slots_sql[] = "SELECT slot_name, slot_type, database, wal_status, at - "
                                "'0/0', confirmed_flush_lsn - '0/0', "
                                "active::int, safe_wal_size, at - restart_lsn FROM "
                                "pg_replication_slots CROSS JOIN " WAL_END " LIMIT 200";

#define VACUUM(last)                                                                     \
    "SELECT p.datname, coalesce(c.relname, p.relid::text), p.phase, heap_blks_total, "   \
    "heap_blks_scanned, heap_blks_vacuumed, index_vacuum_count, " last                   \
    " FROM pg_stat_progress_vacuum AS p LEFT JOIN pg_class AS c ON c.oid = p.relid AND " \
    "p.datname = current_database() LIMIT 200"
static const char vacuum_sql[] = VACUUM("max_dead_tuples, num_dead_tuples");
static const char vacuum_17_sql[] = VACUUM("max_dead_tuple_bytes, num_dead_item_ids");

static const char wal_sql[] =
    "SELECT count(*), coalesce(sum(size), 0) FROM pg_ls_waldir() "
    "WHERE name ~ '^[0-9A-F]{24}$'";
static const char settings_sql[] =
    "SELECT name, setting, unit, short_desc, vartype FROM pg_settings "
    "WHERE vartype IN ('bool', 'integer', 'real') AND source <> 'client'";
static const char roles_sql[] =
    "SELECT rolname, rolconnlimit FROM pg_roles ORDER BY 1 LIMIT 500";
static const char database_sql[] = "SELECT datname, datconnlimit, age(datfrozenxid), "
                                   "mxid_age(datminmxid) FROM pg_database";
static const char database_size_sql[] =
    "SELECT datname, pg_database_size(oid) FROM pg_database WHERE "
    "has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')";

#define LARGEST " ORDER BY n_live_tup + n_dead_tup DESC, relid LIMIT @max_tables@"
#define SINCE(x) "coalesce(" EPOCH(x) ", 0)"
static const char tables_sql[] =
    "SELECT current_database(), schemaname, relname, seq_scan, seq_tup_read, "
    "coalesce(idx_scan, 0), "
    "coalesce(idx_tup_fetch, 0), n_tup_ins, n_tup_upd, n_tup_del, n_tup_hot_upd, "
    "n_live_tup, "
    "n_dead_tup, n_mod_since_analyze, " SINCE("last_vacuum") ", " SINCE(
        "last_autovacuum") ", " SINCE("last_analyze") ", " SINCE("last_autoanalyze") ", "
                                                                                     "vac"
                                                                                     "uum"
                                                                                     "_co"
                                                                                     "unt"
                                                                                     ", "
                                                                                     "aut"
                                                                                     "ova"
                                                                                     "cuu"
                                                                                     "m_"
                                                                                     "cou"
                                                                                     "nt,"
                                                                                     " "
                                                                                     "ana"
                                                                                     "lyz"
                                                                                     "e_"
                                                                                     "cou"
                                                                                     "nt,"
                                                                                     " au"
                                                                                     "toa"
                                                                                     "nal"
                                                                                     "yze"
                                                                                     "_co"
                                                                                     "unt"
                                                                                     " FR"
                                                                                     "OM "
                                                                                     "pg_"
                                                                                     "sta"
                                                                                     "t_"
                                                                                     "use"
                                                                                     "r_"
                                                                                     "tab"
                                                                                     "le"
                                                                                     "s" LARGEST;
static const char table_sizes_sql[] = "SELECT current_database(), schemaname, relname, "
                                      "pg_indexes_size(relid), pg_table_size(relid) "
                                      "FROM pg_stat_user_tables" LARGEST;
static const char tables_io_sql[] =
    "SELECT current_database(), i.schemaname, i.relname, coalesce(heap_blks_read, 0), "
    "coalesce(heap_blks_hit, 0), coalesce(idx_blks_read, 0), coalesce(idx_blks_hit, 0), "
    "coalesce(toast_blks_read, 0), coalesce(toast_blks_hit, 0), coalesce(tidx_blks_read, "
    "0), "
    "coalesce(tidx_blks_hit, 0) FROM pg_statio_user_tables AS i JOIN pg_stat_user_tables "
    "USING (relid)" LARGEST;

#define STATEMENTS(read, write)                                                       \
    "SELECT rolname, datname, queryid, sum(calls), sum(total_exec_time) / 1000, "     \
    "sum(rows), sum(" read ") / 1000, sum(" write ") / 1000 FROM pg_stat_statements " \
    "JOIN pg_roles AS r ON r.oid = userid JOIN pg_database AS d ON d.oid = dbid "     \
    "GROUP BY 1, 2, 3 ORDER BY 5 DESC LIMIT @statements@"
static const char statements_sql[] = STATEMENTS("blk_read_time", "blk_write_time");
static const char statements_17_sql[] =
    STATEMENTS("shared_blk_read_time", "shared_blk_write_time");

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
    sql = arena_strndup(arena, out.ptr, out.len);
    buf_finish(&out);
    return sql;
}
