/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The families of the postgres probe but for pg_settings_*, which depend on the server: postgres_exporter's names, types
 * and labels. One table, read by the enumeration below, by postgres_families.c and by the reference. The families of a
 * collector stand together, in the order of the columns that it asks for. Columns: identifier, name without pg_, kind,
 * unit, help, labels.
 */
#ifndef HEALTHD_PROBES_POSTGRES_FAMILIES_H
#define HEALTHD_PROBES_POSTGRES_FAMILIES_H

#include "lib/core/metric.h"

#define POSTGRES_SERVER_FAMILIES(X)                                                      \
    /* of the probe itself */                                                            \
    X(UP, "up", GAUGE, "", "1 when the server answered, else 0", NULL)                   \
    X(SCRAPES, "exporter_scrapes_total", COUNTER, "",                                    \
      "Times that the server was asked for numbers", NULL)                               \
    X(SCRAPE_ERROR, "exporter_last_scrape_error", GAUGE, "",                             \
      "1 when some of the numbers could not be had last time, else 0", NULL)             \
    X(SCRAPE_SECONDS, "exporter_last_scrape_duration_seconds", GAUGE, "seconds",         \
      "Time that asking for numbers took last time", NULL)                               \
    X(COLLECTOR_SUCCESS, "scrape_collector_success", GAUGE, "",                          \
      "1 when the numbers of a collector could be had, else 0", "collector")             \
    X(COLLECTOR_SECONDS, "scrape_collector_duration_seconds", GAUGE, "seconds",          \
      "Time that a collector took", "collector")                                         \
    /* server */                                                                         \
    X(START, "postmaster_start_time_seconds", GAUGE, "seconds",                          \
      "When the server started, as Unix time", NULL)                                     \
    X(IS_REPLICA, "replication_is_replica", GAUGE, "", "1 on a standby, 0 on a primary", \
      NULL)                                                                              \
    X(LAG, "replication_lag_seconds", GAUGE, "seconds",                                  \
      "How far a standby is behind: 0 when all it received is replayed", NULL)           \
    X(LAST_REPLAY, "replication_last_replay_seconds", GAUGE, "seconds",                  \
      "Age of the newest transaction that a standby replayed", NULL)                     \
    X(LAG_OLD, "replication_lag", GAUGE, "seconds",                                      \
      "The same as pg_replication_lag_seconds, by the name it had before", NULL)         \
    X(TXID, "txid_current", COUNTER, "", "Transaction ids given out", NULL)              \
    /* static */                                                                         \
    X(STATIC, "static", UNTYPED, "", "What server it is; always 1", "version",           \
      "short_version")                                                                   \
    /* stat_database */                                                                  \
    X(DB_NUMBACKENDS, "stat_database_numbackends", GAUGE, "",                            \
      "Connections to a database", "datid", "datname")                                   \
    X(DB_COMMIT, "stat_database_xact_commit", COUNTER, "", "Transactions committed",     \
      "datid", "datname")                                                                \
    X(DB_ROLLBACK, "stat_database_xact_rollback", COUNTER, "",                           \
      "Transactions rolled back", "datid", "datname")                                    \
    X(DB_BLKS_READ, "stat_database_blks_read", COUNTER, "",                              \
      "Blocks that had to be read", "datid", "datname")                                  \
    X(DB_BLKS_HIT, "stat_database_blks_hit", COUNTER, "", "Blocks that were in memory",  \
      "datid", "datname")                                                                \
    X(DB_RETURNED, "stat_database_tup_returned", COUNTER, "",                            \
      "Rows that scans came across", "datid", "datname")                                 \
    X(DB_FETCHED, "stat_database_tup_fetched", COUNTER, "",                              \
      "Rows that queries asked for", "datid", "datname")                                 \
    X(DB_INSERTED, "stat_database_tup_inserted", COUNTER, "", "Rows inserted", "datid",  \
      "datname")                                                                         \
    X(DB_UPDATED, "stat_database_tup_updated", COUNTER, "", "Rows updated", "datid",     \
      "datname")                                                                         \
    X(DB_DELETED, "stat_database_tup_deleted", COUNTER, "", "Rows deleted", "datid",     \
      "datname")                                                                         \
    X(DB_CONFLICTS, "stat_database_conflicts", COUNTER, "",                              \
      "Queries cancelled by conflicts with recovery", "datid", "datname")                \
    X(DB_TEMP_FILES, "stat_database_temp_files", COUNTER, "", "Temporary files made",    \
      "datid", "datname")                                                                \
    X(DB_TEMP_BYTES, "stat_database_temp_bytes", COUNTER, "",                            \
      "Bytes written to temporary files", "datid", "datname")                            \
    X(DB_DEADLOCKS, "stat_database_deadlocks", COUNTER, "", "Deadlocks found", "datid",  \
      "datname")                                                                         \
    X(DB_READ_TIME, "stat_database_blk_read_time", COUNTER, "",                          \
      "Milliseconds spent reading blocks; 0 without track_io_timing", "datid",           \
      "datname")                                                                         \
    X(DB_WRITE_TIME, "stat_database_blk_write_time", COUNTER, "",                        \
      "Milliseconds spent writing blocks; 0 without track_io_timing", "datid",           \
      "datname")                                                                         \
    X(DB_RESET, "stat_database_stats_reset", COUNTER, "",                                \
      "When these numbers were set to 0, as Unix time", "datid", "datname")              \
    X(DB_ACTIVE_TIME, "stat_database_active_time_seconds_total", COUNTER, "seconds",     \
      "Time that statements ran", "datid", "datname")                                    \
    /* stat_activity */                                                                  \
    X(ACTIVITY, "stat_activity_count", GAUGE, "", "Connections in this state",           \
      "datname", "state", "usename", "application_name", "backend_type",                 \
      "wait_event_type", "wait_event")                                                   \
    X(ACTIVITY_MAX, "stat_activity_max_tx_duration", GAUGE, "",                          \
      "Seconds that the oldest transaction in this state has run", "datname", "state",   \
      "usename", "application_name", "backend_type", "wait_event_type", "wait_event")    \
    /* connections */                                                                    \
    X(CONNECTIONS, "connections", GAUGE, "", "Connections of clients, in all databases", \
      NULL)                                                                              \
    X(CONNECTIONS_LIMIT, "connections_limit", GAUGE, "",                                 \
      "Connections that clients can have: max_connections less those kept for "          \
      "superusers",                                                                      \
      NULL)                                                                              \
    X(IDLE_IN_TX, "idle_in_transaction_oldest_seconds", GAUGE, "seconds",                \
      "How long the oldest session has been idle within a transaction; 0 when there is " \
      "none",                                                                            \
      NULL)                                                                              \
    X(BLOCKED, "blocked_connections", GAUGE, "", "Connections that wait for a lock",     \
      NULL)                                                                              \
    /* long_running_transactions */                                                      \
    X(LONG, "long_running_transactions", GAUGE, "",                                      \
      "Transactions that have run for more than a minute", NULL)                         \
    X(LONG_AGE, "long_running_transactions_oldest_timestamp_seconds", GAUGE, "seconds",  \
      "Age of the oldest transaction; 0 when none is older than a minute", NULL)         \
    /* locks */                                                                          \
    X(LOCKS, "locks_count", GAUGE, "", "Locks held or waited for", "datname", "mode")    \
    /* stat_bgwriter; then the same by the names it had before */                        \
    X(BG_TIMED, "stat_bgwriter_checkpoints_timed_total", COUNTER, "",                    \
      "Checkpoints by time", NULL)                                                       \
    X(BG_REQ, "stat_bgwriter_checkpoints_req_total", COUNTER, "",                        \
      "Checkpoints that were asked for, by WAL that filled up or by somebody", NULL)     \
    X(BG_WRITE, "stat_bgwriter_checkpoint_write_time_total", COUNTER, "",                \
      "Milliseconds that checkpoints wrote", NULL)                                       \
    X(BG_SYNC, "stat_bgwriter_checkpoint_sync_time_total", COUNTER, "",                  \
      "Milliseconds that checkpoints synchronised", NULL)                                \
    X(BG_CHECKPOINT, "stat_bgwriter_buffers_checkpoint_total", COUNTER, "",              \
      "Buffers written by checkpoints", NULL)                                            \
    X(BG_CLEAN, "stat_bgwriter_buffers_clean_total", COUNTER, "",                        \
      "Buffers written by the background writer", NULL)                                  \
    X(BG_MAXWRITTEN, "stat_bgwriter_maxwritten_clean_total", COUNTER, "",                \
      "Times that the background writer stopped for having written enough", NULL)        \
    X(BG_BACKEND, "stat_bgwriter_buffers_backend_total", COUNTER, "",                    \
      "Buffers that connections had to write themselves", NULL)                          \
    X(BG_FSYNC, "stat_bgwriter_buffers_backend_fsync_total", COUNTER, "",                \
      "Times that connections had to synchronise themselves", NULL)                      \
    X(BG_ALLOC, "stat_bgwriter_buffers_alloc_total", COUNTER, "", "Buffers allocated",   \
      NULL)                                                                              \
    X(BG_RESET, "stat_bgwriter_stats_reset_total", COUNTER, "",                          \
      "When these numbers were set to 0, as Unix time", NULL)                            \
    X(BG_OLD_TIMED, "stat_bgwriter_checkpoints_timed", COUNTER, "",                      \
      "The same as pg_stat_bgwriter_checkpoints_timed_total, by the name it had before", \
      NULL)                                                                              \
    X(BG_OLD_REQ, "stat_bgwriter_checkpoints_req", COUNTER, "",                          \
      "The same as pg_stat_bgwriter_checkpoints_req_total, by the name it had before",   \
      NULL)                                                                              \
    X(BG_OLD_WRITE, "stat_bgwriter_checkpoint_write_time", COUNTER, "",                  \
      "The same as pg_stat_bgwriter_checkpoint_write_time_total, by the name it had "    \
      "before",                                                                          \
      NULL)                                                                              \
    X(BG_OLD_SYNC, "stat_bgwriter_checkpoint_sync_time", COUNTER, "",                    \
      "The same as pg_stat_bgwriter_checkpoint_sync_time_total, by the name it had "     \
      "before",                                                                          \
      NULL)                                                                              \
    X(BG_OLD_CHECKPOINT, "stat_bgwriter_buffers_checkpoint", COUNTER, "",                \
      "The same as pg_stat_bgwriter_buffers_checkpoint_total, by the name it had "       \
      "before",                                                                          \
      NULL)                                                                              \
    X(BG_OLD_CLEAN, "stat_bgwriter_buffers_clean", COUNTER, "",                          \
      "The same as pg_stat_bgwriter_buffers_clean_total, by the name it had before",     \
      NULL)                                                                              \
    X(BG_OLD_MAXWRITTEN, "stat_bgwriter_maxwritten_clean", COUNTER, "",                  \
      "The same as pg_stat_bgwriter_maxwritten_clean_total, by the name it had before",  \
      NULL)                                                                              \
    X(BG_OLD_BACKEND, "stat_bgwriter_buffers_backend", COUNTER, "",                      \
      "The same as pg_stat_bgwriter_buffers_backend_total, by the name it had before",   \
      NULL)                                                                              \
    X(BG_OLD_FSYNC, "stat_bgwriter_buffers_backend_fsync", COUNTER, "",                  \
      "The same as pg_stat_bgwriter_buffers_backend_fsync_total, by the name it had "    \
      "before",                                                                          \
      NULL)                                                                              \
    X(BG_OLD_ALLOC, "stat_bgwriter_buffers_alloc", COUNTER, "",                          \
      "The same as pg_stat_bgwriter_buffers_alloc_total, by the name it had before",     \
      NULL)                                                                              \
    X(BG_OLD_RESET, "stat_bgwriter_stats_reset", COUNTER, "",                            \
      "The same as pg_stat_bgwriter_stats_reset_total, by the name it had before", NULL) \
    /* stat_checkpointer */                                                              \
    X(CP_TIMED, "stat_checkpointer_num_timed_total", COUNTER, "", "Checkpoints by time", \
      NULL)                                                                              \
    X(CP_REQ, "stat_checkpointer_num_requested_total", COUNTER, "",                      \
      "Checkpoints that were asked for", NULL)                                           \
    X(CP_RTIMED, "stat_checkpointer_restartpoints_timed_total", COUNTER, "",             \
      "Restartpoints by time", NULL)                                                     \
    X(CP_RREQ, "stat_checkpointer_restartpoints_req_total", COUNTER, "",                 \
      "Restartpoints that were asked for", NULL)                                         \
    X(CP_RDONE, "stat_checkpointer_restartpoints_done_total", COUNTER, "",               \
      "Restartpoints done", NULL)                                                        \
    X(CP_WRITE, "stat_checkpointer_write_time_total", COUNTER, "",                       \
      "Milliseconds that checkpoints wrote", NULL)                                       \
    X(CP_SYNC, "stat_checkpointer_sync_time_total", COUNTER, "",                         \
      "Milliseconds that checkpoints synchronised", NULL)                                \
    X(CP_BUFFERS, "stat_checkpointer_buffers_written_total", COUNTER, "",                \
      "Buffers written by checkpoints", NULL)                                            \
    X(CP_RESET, "stat_checkpointer_stats_reset_total", COUNTER, "",                      \
      "When these numbers were set to 0, as Unix time", NULL)

#define POSTGRES_OBJECT_FAMILIES(X)                                                      \
    /* stat_archiver */                                                                  \
    X(ARCHIVED, "stat_archiver_archived_count", COUNTER, "", "WAL files archived", NULL) \
    X(ARCHIVE_FAILED, "stat_archiver_failed_count", COUNTER, "",                         \
      "Attempts to archive a WAL file that failed", NULL)                                \
    X(ARCHIVE_AGE, "stat_archiver_last_archive_age", GAUGE, "",                          \
      "Seconds since the last WAL file was archived; 0 before the first", NULL)          \
    /* stat_replication */                                                               \
    X(REPL_LSN, "stat_replication_pg_current_wal_lsn_bytes", GAUGE, "",                  \
      "Where WAL is written, in bytes since its beginning", "application_name",          \
      "client_addr", "state", "slot_name")                                               \
    X(REPL_DIFF, "stat_replication_pg_wal_lsn_diff", GAUGE, "",                          \
      "Bytes that a standby has still to replay", "application_name", "client_addr",     \
      "state", "slot_name")                                                              \
    /* replication_slots */                                                              \
    X(SLOT_LSN, "replication_slots_slot_current_wal_lsn", GAUGE, "",                     \
      "Where WAL is written, in bytes since its beginning", "slot_name", "slot_type")    \
    X(SLOT_FLUSH, "replication_slots_slot_confirmed_flush_lsn", GAUGE, "",               \
      "Up to where the reader of a slot has confirmed, in bytes since the beginning",    \
      "slot_name", "slot_type")                                                          \
    X(SLOT_IS_ACTIVE, "replication_slots_slot_is_active", GAUGE, "",                     \
      "1 when somebody reads a slot, else 0", "slot_name", "slot_type")                  \
    X(SLOT_SAFE, "replication_slots_safe_wal_size_bytes", GAUGE, "bytes",                \
      "Bytes of WAL that may still be written before a slot is lost", "slot_name",       \
      "slot_type")                                                                       \
    X(SLOT_STATUS, "replication_slots_wal_status", GAUGE, "",                            \
      "Whether the WAL that a slot needs is there; always 1", "slot_name", "slot_type",  \
      "wal_status")                                                                      \
    X(SLOT_ACTIVE, "replication_slots_active", GAUGE, "",                                \
      "1 when somebody reads a slot, else 0", "slot_name", "database")                   \
    X(SLOT_DIFF, "replication_slots_pg_wal_lsn_diff", GAUGE, "",                         \
      "Bytes of WAL that a slot holds back", "slot_name", "database")                    \
    /* progress_vacuum */                                                                \
    X(VACUUM_PHASE, "stat_progress_vacuum_phase", GAUGE, "",                             \
      "1 for the phase that a running VACUUM is in, else 0", "datname", "relname",       \
      "phase")                                                                           \
    X(VACUUM_BLKS, "stat_progress_vacuum_heap_blks", GAUGE, "",                          \
      "Blocks of the table (a running VACUUM)", "datname", "relname")                    \
    X(VACUUM_SCANNED, "stat_progress_vacuum_heap_blks_scanned", GAUGE, "",               \
      "Blocks scanned (a running VACUUM)", "datname", "relname")                         \
    X(VACUUM_VACUUMED, "stat_progress_vacuum_heap_blks_vacuumed", GAUGE, "",             \
      "Blocks vacuumed (a running VACUUM)", "datname", "relname")                        \
    X(VACUUM_INDEX, "stat_progress_vacuum_index_vacuums", GAUGE, "",                     \
      "Times that the indexes were vacuumed (a running VACUUM)", "datname", "relname")   \
    X(VACUUM_MAX, "stat_progress_vacuum_max_dead_tuples", GAUGE, "",                     \
      "Dead rows, or bytes of them from PostgreSQL 17 on, that fit before the indexes "  \
      "are vacuumed (a running VACUUM)",                                                 \
      "datname", "relname")                                                              \
    X(VACUUM_NUM, "stat_progress_vacuum_num_dead_tuples", GAUGE, "",                     \
      "Dead rows collected since the indexes were vacuumed (a running VACUUM)",          \
      "datname", "relname")                                                              \
    /* wal */                                                                            \
    X(WAL_SEGMENTS, "wal_segments", GAUGE, "", "Files in pg_wal", NULL)                  \
    X(WAL_SIZE, "wal_size_bytes", GAUGE, "bytes", "Bytes in pg_wal", NULL)               \
    /* roles */                                                                          \
    X(ROLE_LIMIT, "roles_connection_limit", GAUGE, "",                                   \
      "Connections that a role may have; -1 without a limit", "rolname")                 \
    /* database */                                                                       \
    X(DB_LIMIT, "database_connection_limit", GAUGE, "",                                  \
      "Connections that a database may have; -1 without a limit", "datname")             \
    X(DB_XID_AGE, "database_wraparound_age_datfrozenxid_seconds", GAUGE, "",             \
      "Transactions since the oldest id that is not frozen (a count, whatever the name " \
      "says): at 2 billion writing stops",                                               \
      "datname")                                                                         \
    X(DB_MXID_AGE, "database_wraparound_age_datminmxid_seconds", GAUGE, "",              \
      "Multixacts since the oldest that is not frozen (a count, whatever the name "      \
      "says)",                                                                           \
      "datname")                                                                         \
    /* database_size */                                                                  \
    X(DB_SIZE, "database_size_bytes", GAUGE, "bytes", "Size of a database on disk",      \
      "datname")                                                                         \
    /* stat_user_tables */                                                               \
    X(T_SEQ_SCAN, "stat_user_tables_seq_scan", COUNTER, "", "Scans of the whole table",  \
      "datname", "schemaname", "relname")                                                \
    X(T_SEQ_READ, "stat_user_tables_seq_tup_read", COUNTER, "",                          \
      "Rows read by scans of the whole table", "datname", "schemaname", "relname")       \
    X(T_IDX_SCAN, "stat_user_tables_idx_scan", COUNTER, "", "Scans by an index",         \
      "datname", "schemaname", "relname")                                                \
    X(T_IDX_FETCH, "stat_user_tables_idx_tup_fetch", COUNTER, "",                        \
      "Rows fetched by an index", "datname", "schemaname", "relname")                    \
    X(T_INS, "stat_user_tables_n_tup_ins", COUNTER, "", "Rows inserted", "datname",      \
      "schemaname", "relname")                                                           \
    X(T_UPD, "stat_user_tables_n_tup_upd", COUNTER, "", "Rows updated", "datname",       \
      "schemaname", "relname")                                                           \
    X(T_DEL, "stat_user_tables_n_tup_del", COUNTER, "", "Rows deleted", "datname",       \
      "schemaname", "relname")                                                           \
    X(T_HOT, "stat_user_tables_n_tup_hot_upd", COUNTER, "",                              \
      "Rows updated without a new entry in an index", "datname", "schemaname",           \
      "relname")                                                                         \
    X(T_LIVE, "stat_user_tables_n_live_tup", GAUGE, "", "Rows there are, estimated",     \
      "datname", "schemaname", "relname")                                                \
    X(T_DEAD, "stat_user_tables_n_dead_tup", GAUGE, "", "Dead rows, estimated",          \
      "datname", "schemaname", "relname")                                                \
    X(T_MOD, "stat_user_tables_n_mod_since_analyze", GAUGE, "",                          \
      "Rows changed since the table was analysed, estimated", "datname", "schemaname",   \
      "relname")                                                                         \
    X(T_LAST_VACUUM, "stat_user_tables_last_vacuum", GAUGE, "",                          \
      "When somebody vacuumed it last, as Unix time; 0 never", "datname", "schemaname",  \
      "relname")                                                                         \
    X(T_LAST_AUTOVACUUM, "stat_user_tables_last_autovacuum", GAUGE, "",                  \
      "When autovacuum vacuumed it last, as Unix time; 0 never", "datname",              \
      "schemaname", "relname")                                                           \
    X(T_LAST_ANALYZE, "stat_user_tables_last_analyze", GAUGE, "",                        \
      "When somebody analysed it last, as Unix time; 0 never", "datname", "schemaname",  \
      "relname")                                                                         \
    X(T_LAST_AUTOANALYZE, "stat_user_tables_last_autoanalyze", GAUGE, "",                \
      "When autovacuum analysed it last, as Unix time; 0 never", "datname",              \
      "schemaname", "relname")                                                           \
    X(T_VACUUMS, "stat_user_tables_vacuum_count", COUNTER, "",                           \
      "Times that somebody vacuumed it", "datname", "schemaname", "relname")             \
    X(T_AUTOVACUUMS, "stat_user_tables_autovacuum_count", COUNTER, "",                   \
      "Times that autovacuum vacuumed it", "datname", "schemaname", "relname")           \
    X(T_ANALYZES, "stat_user_tables_analyze_count", COUNTER, "",                         \
      "Times that somebody analysed it", "datname", "schemaname", "relname")             \
    X(T_AUTOANALYZES, "stat_user_tables_autoanalyze_count", COUNTER, "",                 \
      "Times that autovacuum analysed it", "datname", "schemaname", "relname")           \
    /* table_sizes */                                                                    \
    X(T_INDEX_SIZE, "stat_user_tables_index_size_bytes", GAUGE, "bytes",                 \
      "Size of a table's indexes on disk", "datname", "schemaname", "relname")           \
    X(T_SIZE, "stat_user_tables_table_size_bytes", GAUGE, "bytes",                       \
      "Size of a table on disk, without indexes", "datname", "schemaname", "relname")    \
    /* statio_user_tables */                                                             \
    X(IO_HEAP_READ, "statio_user_tables_heap_blocks_read", COUNTER, "",                  \
      "Blocks of a table that had to be read", "datname", "schemaname", "relname")       \
    X(IO_HEAP_HIT, "statio_user_tables_heap_blocks_hit", COUNTER, "",                    \
      "Blocks of a table that were in memory", "datname", "schemaname", "relname")       \
    X(IO_IDX_READ, "statio_user_tables_idx_blocks_read", COUNTER, "",                    \
      "Blocks of its indexes that had to be read", "datname", "schemaname", "relname")   \
    X(IO_IDX_HIT, "statio_user_tables_idx_blocks_hit", COUNTER, "",                      \
      "Blocks of its indexes that were in memory", "datname", "schemaname", "relname")   \
    X(IO_TOAST_READ, "statio_user_tables_toast_blocks_read", COUNTER, "",                \
      "Blocks of its long values that had to be read", "datname", "schemaname",          \
      "relname")                                                                         \
    X(IO_TOAST_HIT, "statio_user_tables_toast_blocks_hit", COUNTER, "",                  \
      "Blocks of its long values that were in memory", "datname", "schemaname",          \
      "relname")                                                                         \
    X(IO_TIDX_READ, "statio_user_tables_tidx_blocks_read", COUNTER, "",                  \
      "Blocks of its long values' indexes that had to be read", "datname", "schemaname", \
      "relname")                                                                         \
    X(IO_TIDX_HIT, "statio_user_tables_tidx_blocks_hit", COUNTER, "",                    \
      "Blocks of its long values' indexes that were in memory", "datname", "schemaname", \
      "relname")                                                                         \
    /* stat_statements */                                                                \
    X(ST_CALLS, "stat_statements_calls_total", COUNTER, "",                              \
      "Times that a statement ran", "user", "datname", "queryid")                        \
    X(ST_SECONDS, "stat_statements_seconds_total", COUNTER, "seconds",                   \
      "Time that a statement ran", "user", "datname", "queryid")                         \
    X(ST_ROWS, "stat_statements_rows_total", COUNTER, "",                                \
      "Rows that a statement gave or changed", "user", "datname", "queryid")             \
    X(ST_READ, "stat_statements_block_read_seconds_total", COUNTER, "seconds",           \
      "Time that a statement read blocks", "user", "datname", "queryid")                 \
    X(ST_WRITE, "stat_statements_block_write_seconds_total", COUNTER, "seconds",         \
      "Time that a statement wrote blocks", "user", "datname", "queryid")

enum postgres_family {
#define X(id, ...) POSTGRES_##id,
    POSTGRES_SERVER_FAMILIES(X) POSTGRES_OBJECT_FAMILIES(X)
#undef X
        POSTGRES_FAMILY_COUNT
};
extern const struct metric postgres_families[POSTGRES_FAMILY_COUNT];
extern const struct metric *const postgres_metrics[]; /* the same, for the type's table */

#endif
