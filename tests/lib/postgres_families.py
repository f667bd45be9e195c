# SPDX-License-Identifier: Apache-2.0
"""What postgres_exporter shows by default, and the postgres probe therefore does."""

WANTED = {
    "pg_up", "pg_exporter_last_scrape_error", "pg_exporter_last_scrape_duration_seconds", "pg_exporter_scrapes_total",
    "pg_scrape_collector_success", "pg_scrape_collector_duration_seconds",
    *(f"pg_stat_database_{x}" for x in (
        "numbackends xact_commit xact_rollback blks_read blks_hit tup_returned tup_fetched tup_inserted tup_updated tup_deleted "
        "conflicts temp_files temp_bytes deadlocks blk_read_time blk_write_time active_time_seconds_total").split()),
    "pg_stat_activity_count", "pg_stat_activity_max_tx_duration", "pg_locks_count",
    *(f"pg_settings_{x}" for x in (
        "max_connections max_locks_per_transaction shared_buffers_bytes work_mem_bytes maintenance_work_mem_bytes "
        "effective_cache_size_bytes max_wal_size_bytes random_page_cost seq_page_cost max_worker_processes max_parallel_workers "
        "superuser_reserved_connections autovacuum_vacuum_threshold").split()),
    "pg_replication_is_replica", "pg_replication_lag_seconds", "pg_replication_lag", "pg_replication_last_replay_seconds",
    *(f"pg_stat_user_tables_{x}" for x in (
        "n_live_tup n_dead_tup last_autovacuum last_autoanalyze n_tup_ins n_tup_upd n_tup_del n_tup_hot_upd seq_scan idx_scan "
        "index_size_bytes table_size_bytes").split()),
    "pg_postmaster_start_time_seconds",
    *(f"pg_stat_bgwriter_{x}{end}" for end in ("", "_total") for x in (
        "checkpoints_timed checkpoints_req checkpoint_write_time checkpoint_sync_time buffers_checkpoint buffers_clean "
        "buffers_backend buffers_backend_fsync buffers_alloc maxwritten_clean").split()),
    "pg_database_size_bytes", "pg_database_connection_limit", "pg_roles_connection_limit",
    *(f"pg_replication_slots_{x}" for x in "active pg_wal_lsn_diff slot_current_wal_lsn slot_is_active wal_status".split()),
    *(f"pg_stat_archiver_{x}" for x in "archived_count failed_count last_archive_age".split()),
    "pg_static", "pg_long_running_transactions", "pg_long_running_transactions_oldest_timestamp_seconds",
    "pg_wal_segments", "pg_wal_size_bytes", "pg_statio_user_tables_heap_blocks_hit",
}
