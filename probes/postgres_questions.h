/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a PostgreSQL server is asked, as text, for postgres_collectors.c alone, whose table says which version is asked what.
 * Columns that are labels come first, then the families' in the order of postgres_families.h. A name in @…@ is filled in
 * by postgres_sql. Everything here is answered to a role that is only in pg_monitor.
 */
#ifndef HEALTHD_PROBES_POSTGRES_QUESTIONS_H
#define HEALTHD_PROBES_POSTGRES_QUESTIONS_H

/* clang-format off */

#define EPOCH(x) "extract(epoch FROM " x ")"
#define SINCE(x) "coalesce(" EPOCH(x) ", 0)" /* never: 0 */
#define WAL_END \
    " CROSS JOIN (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END)" \
    " AS wal(at)"

/* ---- the server ---- */

/* A replica that has replayed all it received is not behind, however long ago that was. */
static const char server_sql[] =
    "SELECT " EPOCH("pg_postmaster_start_time()") ", is_replica::int, lag, replay, lag,"
    " txid_snapshot_xmax(txid_current_snapshot())"
    " FROM (SELECT is_replica, replay,"
    "  CASE WHEN NOT is_replica OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 ELSE replay END AS lag"
    "  FROM (SELECT pg_is_in_recovery() AS is_replica,"
    "   greatest(0, " EPOCH("now() - pg_last_xact_replay_timestamp()") ") AS replay) AS it) AS it";

static const char static_sql[] =
    "SELECT version(), num / 10000 || '.' || num % 10000 || '.0', 1"
    " FROM (SELECT current_setting('server_version_num')::int) AS it(num)";

static const char settings_sql[] =
    "SELECT name, setting, unit, short_desc, vartype"
    " FROM pg_settings WHERE vartype IN ('bool', 'integer', 'real') AND source <> 'client'";

static const char roles_sql[] =
    "SELECT rolname, rolconnlimit FROM pg_roles ORDER BY 1 LIMIT 500";

static const char wal_sql[] =
    "SELECT count(*), coalesce(sum(size), 0) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'";

static const char archiver_sql[] =
    "SELECT archived_count, failed_count, " SINCE("now() - last_archived_time") " FROM pg_stat_archiver";

/* ---- databases ---- */

#define DATABASE(more) \
    "SELECT datid, datname, numbackends, xact_commit, xact_rollback, blks_read, blks_hit, tup_returned, tup_fetched," \
    " tup_inserted, tup_updated, tup_deleted, conflicts, temp_files, temp_bytes, deadlocks, blk_read_time," \
    " blk_write_time, " SINCE("stats_reset") more \
    " FROM pg_stat_database WHERE datname IS NOT NULL"
static const char database_stat_sql[] = DATABASE(", active_time / 1000");
static const char database_stat_13_sql[] = DATABASE("");

static const char database_sql[] =
    "SELECT datname, datconnlimit, age(datfrozenxid), mxid_age(datminmxid) FROM pg_database";

static const char database_size_sql[] =
    "SELECT datname, pg_database_size(oid) FROM pg_database"
    " WHERE has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')";

/* ---- who is connected, and what they do ---- */

/* Every database has every state, also those that nobody is in. */
static const char activity_sql[] =
    "SELECT d.datname, s.state, usename, application_name, backend_type, wait_event_type, wait_event,"
    " coalesce(n, 0), coalesce(oldest, 0)"
    " FROM pg_database AS d CROSS JOIN (VALUES ('active'), ('idle'), ('idle in transaction'),"
    "  ('idle in transaction (aborted)'), ('fastpath function call'), ('disabled')) AS s(state)"
    " LEFT JOIN (SELECT datname, state, @usename@ AS usename, @application_name@ AS application_name,"
    "  @backend_type@ AS backend_type, @wait_event_type@ AS wait_event_type, @wait_event@ AS wait_event,"
    "  count(*) AS n, max(" EPOCH("now() - xact_start") ") AS oldest"
    "  FROM pg_stat_activity WHERE pid <> pg_backend_pid() GROUP BY 1, 2, 3, 4, 5, 6, 7) AS a"
    " ON a.datname = d.datname AND a.state = s.state LIMIT 5000";

static const char connections_sql[] =
    "SELECT count(*), (SELECT current_setting('max_connections')::int"
    "  - current_setting('superuser_reserved_connections')::int),"
    " coalesce(max(" EPOCH("now() - state_change") ") FILTER (WHERE state LIKE 'idle in transaction%'), 0),"
    " count(*) FILTER (WHERE wait_event_type = 'Lock')"
    " FROM pg_stat_activity"
    " WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'";

static const char long_sql[] =
    "SELECT count(*), coalesce(max(" EPOCH("clock_timestamp() - xact_start") "), 0)"
    " FROM pg_stat_activity WHERE state IS DISTINCT FROM 'idle' AND backend_type = 'client backend'"
    " AND xact_start < now() - interval '1 minute'";

static const char locks_sql[] =
    "SELECT d.datname, lower(m.mode), coalesce(l.n, 0)"
    " FROM pg_database AS d CROSS JOIN (VALUES ('AccessShareLock'), ('RowShareLock'), ('RowExclusiveLock'),"
    "  ('ShareUpdateExclusiveLock'), ('ShareLock'), ('ShareRowExclusiveLock'), ('ExclusiveLock'),"
    "  ('AccessExclusiveLock'), ('SIReadLock')) AS m(mode)"
    " LEFT JOIN (SELECT database, mode, count(*) AS n FROM pg_locks GROUP BY 1, 2) AS l"
    " ON l.database = d.oid AND l.mode = m.mode";

/* ---- writing to disk ---- */

static const char bgwriter_sql[] =
    "SELECT checkpoints_timed, checkpoints_req, checkpoint_write_time, checkpoint_sync_time, buffers_checkpoint,"
    " buffers_clean, maxwritten_clean, buffers_backend, buffers_backend_fsync, buffers_alloc, " SINCE("stats_reset")
    " FROM pg_stat_bgwriter";
/* Since 17 checkpoints are counted elsewhere, and what connections write in pg_stat_io. */
static const char bgwriter_17_sql[] =
    "SELECT num_timed, num_requested, write_time, sync_time, buffers_written, buffers_clean, maxwritten_clean,"
    " own.writes, own.fsyncs, buffers_alloc, " SINCE("b.stats_reset")
    " FROM pg_stat_bgwriter AS b, pg_stat_checkpointer,"
    " (SELECT coalesce(sum(writes), 0), coalesce(sum(fsyncs), 0) FROM pg_stat_io"
    "  WHERE object = 'relation' AND backend_type NOT IN ('checkpointer', 'background writer')) AS own(writes, fsyncs)";
static const char checkpointer_sql[] =
    "SELECT num_timed, num_requested, restartpoints_timed, restartpoints_req, restartpoints_done, write_time,"
    " sync_time, buffers_written, " SINCE("stats_reset") " FROM pg_stat_checkpointer";

/* ---- replication ---- */

static const char replication_sql[] =
    "SELECT r.application_name, host(r.client_addr), r.state, s.slot_name, max(at - '0/0'), max(at - r.replay_lsn)"
    " FROM pg_stat_replication AS r LEFT JOIN pg_replication_slots AS s ON s.active_pid = r.pid" WAL_END
    " GROUP BY 1, 2, 3, 4 LIMIT 200";

static const char slots_sql[] =
    "SELECT slot_name, slot_type, database, wal_status, at - '0/0', confirmed_flush_lsn - '0/0', active::int,"
    " safe_wal_size, at - restart_lsn FROM pg_replication_slots" WAL_END " LIMIT 200";

/* ---- tables ---- */

#define LARGEST " ORDER BY n_live_tup + n_dead_tup DESC, relid LIMIT @max_tables@"

static const char tables_sql[] =
    "SELECT current_database(), schemaname, relname, seq_scan, seq_tup_read, coalesce(idx_scan, 0),"
    " coalesce(idx_tup_fetch, 0), n_tup_ins, n_tup_upd, n_tup_del, n_tup_hot_upd, n_live_tup, n_dead_tup,"
    " n_mod_since_analyze, " SINCE("last_vacuum") ", " SINCE("last_autovacuum") ", " SINCE("last_analyze") ", "
    SINCE("last_autoanalyze") ", vacuum_count, autovacuum_count, analyze_count, autoanalyze_count"
    " FROM pg_stat_user_tables" LARGEST;

static const char table_sizes_sql[] =
    "SELECT current_database(), schemaname, relname, pg_indexes_size(relid), pg_table_size(relid)"
    " FROM pg_stat_user_tables" LARGEST;

static const char tables_io_sql[] =
    "SELECT current_database(), i.schemaname, i.relname, coalesce(heap_blks_read, 0), coalesce(heap_blks_hit, 0),"
    " coalesce(idx_blks_read, 0), coalesce(idx_blks_hit, 0), coalesce(toast_blks_read, 0),"
    " coalesce(toast_blks_hit, 0), coalesce(tidx_blks_read, 0), coalesce(tidx_blks_hit, 0)"
    " FROM pg_statio_user_tables AS i JOIN pg_stat_user_tables USING (relid)" LARGEST;

#define VACUUM(last) \
    "SELECT p.datname, coalesce(c.relname, p.relid::text), p.phase, heap_blks_total, heap_blks_scanned," \
    " heap_blks_vacuumed, index_vacuum_count, " last \
    " FROM pg_stat_progress_vacuum AS p" \
    " LEFT JOIN pg_class AS c ON c.oid = p.relid AND p.datname = current_database() LIMIT 200"
static const char vacuum_sql[] = VACUUM("max_dead_tuples, num_dead_tuples");
static const char vacuum_17_sql[] = VACUUM("max_dead_tuple_bytes, num_dead_item_ids");

/* ---- statements ---- */

#define STATEMENTS(read, write) \
    "SELECT rolname, datname, queryid, sum(calls), sum(total_exec_time) / 1000, sum(rows)," \
    " sum(" read ") / 1000, sum(" write ") / 1000" \
    " FROM pg_stat_statements JOIN pg_roles AS r ON r.oid = userid JOIN pg_database AS d ON d.oid = dbid" \
    " GROUP BY 1, 2, 3 ORDER BY 5 DESC LIMIT @statements@"
static const char statements_sql[] = STATEMENTS("blk_read_time", "blk_write_time");
static const char statements_17_sql[] = STATEMENTS("shared_blk_read_time", "shared_blk_write_time");

/* clang-format on */

#endif
