/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The families of the mongodb probe under the names that mongodb_exporter makes of the server's own fields. Of the labels
 * that it puts on all of them, those stay that do not change with an election. Read by mongodb_families.h; its columns.
 */
#ifndef HEALTHD_PROBES_MONGODB_FAMILIES_RAW_H
#define HEALTHD_PROBES_MONGODB_FAMILIES_RAW_H

#define MONGODB_RAW_FAMILIES(X)                                                          \
    X(SS_UPTIME, "ss_uptime", UNTYPED, "", "Seconds since the server started",           \
      "cl_role", "rs_nm")                                                                \
    X(SS_CONNECTIONS, "ss_connections", UNTYPED, "", "Connections, by kind",             \
      "conn_type", "cl_role", "rs_nm")                                                   \
    X(SS_CONNECTIONS_CREATED, "ss_connections_totalCreated", UNTYPED, "",                \
      "Connections ever made to the server", "cl_role", "rs_nm")                         \
    X(SS_OPCOUNTERS, "ss_opcounters", UNTYPED, "",                                       \
      "Operations since the server started, by type", "legacy_op_type", "cl_role",       \
      "rs_nm")                                                                           \
    X(SS_OPCOUNTERS_REPL, "ss_opcountersRepl", UNTYPED, "",                              \
      "Replicated operations since the server started, by type", "legacy_op_type",       \
      "cl_role", "rs_nm")                                                                \
    X(SS_ASSERTS, "ss_asserts", UNTYPED, "",                                             \
      "Assertions since the server started, by type", "assert_type", "cl_role", "rs_nm") \
    X(SS_MEM_RESIDENT, "ss_mem_resident", UNTYPED, "",                                   \
      "Resident memory of the server in MiB", "cl_role", "rs_nm")                        \
    X(SS_MEM_VIRTUAL, "ss_mem_virtual", UNTYPED, "",                                     \
      "Virtual memory of the server in MiB", "cl_role", "rs_nm")                         \
    X(SS_NET_IN, "ss_network_bytesIn", UNTYPED, "", "Bytes received", "cl_role",         \
      "rs_nm")                                                                           \
    X(SS_NET_OUT, "ss_network_bytesOut", UNTYPED, "", "Bytes sent", "cl_role", "rs_nm")  \
    X(SS_NET_REQUESTS, "ss_network_numRequests", UNTYPED, "", "Requests received",       \
      "cl_role", "rs_nm")                                                                \
    X(SS_PAGE_FAULTS, "ss_extra_info_page_faults", UNTYPED, "",                          \
      "Page faults that needed the disk", "cl_role", "rs_nm")                            \
    X(SS_CLIENTS_TOTAL, "ss_globalLock_activeClients_total", UNTYPED, "",                \
      "Clients with an operation under way or waiting", "cl_role", "rs_nm")              \
    X(SS_CLIENTS_READERS, "ss_globalLock_activeClients_readers", UNTYPED, "",            \
      "Clients that read", "cl_role", "rs_nm")                                           \
    X(SS_CLIENTS_WRITERS, "ss_globalLock_activeClients_writers", UNTYPED, "",            \
      "Clients that write", "cl_role", "rs_nm")                                          \
    X(SS_QUEUE, "ss_globalLock_currentQueue", UNTYPED, "",                               \
      "Operations that wait for a lock, by kind", "count_type", "cl_role", "rs_nm")      \
    X(SS_LOCK_TOTAL, "ss_globalLock_totalTime", UNTYPED, "",                             \
      "Microseconds since the global lock was made", "cl_role", "rs_nm")                 \
    X(SS_CURSOR_OPEN, "ss_metrics_cursor_open", UNTYPED, "", "Open cursors, by kind",    \
      "csr_type", "cl_role", "rs_nm")                                                    \
    X(SS_CURSOR_TIMED_OUT, "ss_metrics_cursor_timedOut", UNTYPED, "",                    \
      "Cursors that timed out", "cl_role", "rs_nm")                                      \
    X(SS_DOCUMENT, "ss_metrics_document", UNTYPED, "",                                   \
      "Documents touched, by what was done with them", "doc_op_type", "cl_role",         \
      "rs_nm")                                                                           \
    X(SS_SCANNED, "ss_metrics_queryExecutor_scanned", UNTYPED, "",                       \
      "Index keys that queries looked at", "cl_role", "rs_nm")                           \
    X(SS_SCANNED_OBJECTS, "ss_metrics_queryExecutor_scannedObjects", UNTYPED, "",        \
      "Documents that queries looked at", "cl_role", "rs_nm")                            \
    X(SS_SCAN_AND_ORDER, "ss_metrics_operation_scanAndOrder", UNTYPED, "",               \
      "Queries that sorted without an index", "cl_role", "rs_nm")                        \
    X(SS_WRITE_CONFLICTS, "ss_metrics_operation_writeConflicts", UNTYPED, "",            \
      "Operations that met a write conflict", "cl_role", "rs_nm")                        \
    X(SS_TTL_DELETED, "ss_metrics_ttl_deletedDocuments", UNTYPED, "",                    \
      "Documents deleted because their time was over", "cl_role", "rs_nm")               \
    X(SS_TTL_PASSES, "ss_metrics_ttl_passes", UNTYPED, "",                               \
      "Times that expired documents were looked for", "cl_role", "rs_nm")                \
    X(SS_GLE_NUM, "ss_metrics_getLastError_wtime_num", UNTYPED, "",                      \
      "Writes that waited for other members", "cl_role", "rs_nm")                        \
    X(SS_GLE_MILLIS, "ss_metrics_getLastError_wtime_totalMillis", UNTYPED, "",           \
      "Milliseconds that writes waited for other members", "cl_role", "rs_nm")           \
    X(SS_GLE_TIMEOUTS, "ss_metrics_getLastError_wtimeouts", UNTYPED, "",                 \
      "Writes that gave up waiting for other members", "cl_role", "rs_nm")               \
    X(SS_APPLY_OPS, "ss_metrics_repl_apply_ops", UNTYPED, "",                            \
      "Operations of the oplog that were applied", "cl_role", "rs_nm")                   \
    X(SS_APPLY_NUM, "ss_metrics_repl_apply_batches_num", UNTYPED, "",                    \
      "Batches of the oplog that were applied", "cl_role", "rs_nm")                      \
    X(SS_APPLY_MILLIS, "ss_metrics_repl_apply_batches_totalMillis", UNTYPED, "",         \
      "Milliseconds that applying batches took", "cl_role", "rs_nm")                     \
    X(SS_BUFFER_COUNT, "ss_metrics_repl_buffer_count", UNTYPED, "",                      \
      "Operations in the buffer of the oplog", "cl_role", "rs_nm")                       \
    X(SS_BUFFER_MAX, "ss_metrics_repl_buffer_maxSizeBytes", UNTYPED, "",                 \
      "Size that the buffer of the oplog may have", "cl_role", "rs_nm")                  \
    X(SS_BUFFER_SIZE, "ss_metrics_repl_buffer_sizeBytes", UNTYPED, "",                   \
      "Size of the buffer of the oplog", "cl_role", "rs_nm")                             \
    X(SS_REPL_BYTES, "ss_metrics_repl_network_bytes", UNTYPED, "",                       \
      "Bytes read from the member that is followed", "cl_role", "rs_nm")                 \
    X(SS_REPL_OPS, "ss_metrics_repl_network_ops", UNTYPED, "",                           \
      "Operations read from the member that is followed", "cl_role", "rs_nm")            \
    X(SS_REPL_GETMORES, "ss_metrics_repl_network_getmores_num", UNTYPED, "",             \
      "Requests to the member that is followed", "cl_role", "rs_nm")                     \
    X(SS_REPL_GETMORES_MILLIS, "ss_metrics_repl_network_getmores_totalMillis", UNTYPED,  \
      "", "Milliseconds that requests to the member that is followed took", "cl_role",   \
      "rs_nm")                                                                           \
    X(SS_REPL_READERS, "ss_metrics_repl_network_readersCreated", UNTYPED, "",            \
      "Readers of an oplog that were made", "cl_role", "rs_nm")                          \
    X(SS_LATENCY, "ss_opLatencies_latency", UNTYPED, "",                                 \
      "Microseconds that operations took, by kind", "op_type", "cl_role", "rs_nm")       \
    X(SS_LATENCY_OPS, "ss_opLatencies_ops", UNTYPED, "", "Operations, by kind",          \
      "op_type", "cl_role", "rs_nm")                                                     \
    X(SS_TXN_OPEN, "ss_transactions_currentOpen", UNTYPED, "",                           \
      "Transactions that are open", "cl_role", "rs_nm")                                  \
    X(SS_TXN_ACTIVE, "ss_transactions_currentActive", UNTYPED, "",                       \
      "Transactions that run a command", "cl_role", "rs_nm")                             \
    X(SS_TXN_COMMITTED, "ss_transactions_totalCommitted", UNTYPED, "",                   \
      "Transactions committed", "cl_role", "rs_nm")                                      \
    X(SS_TXN_ABORTED, "ss_transactions_totalAborted", UNTYPED, "",                       \
      "Transactions aborted", "cl_role", "rs_nm")

#define MONGODB_RAW_WIREDTIGER_FAMILIES(X)                                               \
    X(SS_WT_BYTES, "ss_wt_cache_bytes_currently_in_the_cache", UNTYPED, "",              \
      "Bytes in the cache", "cl_role", "rs_nm")                                          \
    X(SS_WT_DIRTY, "ss_wt_cache_tracked_dirty_bytes_in_the_cache", UNTYPED, "",          \
      "Bytes in the cache that are not on disk yet", "cl_role", "rs_nm")                 \
    X(SS_WT_INTERNAL,                                                                    \
      "ss_wt_cache_tracked_bytes_belonging_to_internal_pages_in_the_cache", UNTYPED, "", \
      "Bytes of internal pages in the cache", "cl_role", "rs_nm")                        \
    X(SS_WT_LEAF, "ss_wt_cache_tracked_bytes_belonging_to_leaf_pages_in_the_cache",      \
      UNTYPED, "", "Bytes of leaf pages in the cache", "cl_role", "rs_nm")               \
    X(SS_WT_MAX, "ss_wt_cache_maximum_bytes_configured", UNTYPED, "",                    \
      "Size that the cache may have", "cl_role", "rs_nm")                                \
    X(SS_WT_READ_BYTES, "ss_wt_cache_bytes_read_into_cache", UNTYPED, "",                \
      "Bytes read into the cache", "cl_role", "rs_nm")                                   \
    X(SS_WT_WRITTEN_BYTES, "ss_wt_cache_bytes_written_from_cache", UNTYPED, "",          \
      "Bytes written from the cache", "cl_role", "rs_nm")                                \
    X(SS_WT_EVICTED_MODIFIED, "ss_wt_cache_modified_pages_evicted", UNTYPED, "",         \
      "Changed pages evicted from the cache", "cl_role", "rs_nm")                        \
    X(SS_WT_EVICTED_UNMODIFIED, "ss_wt_cache_unmodified_pages_evicted", UNTYPED, "",     \
      "Unchanged pages evicted from the cache", "cl_role", "rs_nm")                      \
    X(SS_WT_OVERHEAD, "ss_wt_cache_percentage_overhead", UNTYPED, "",                    \
      "Overhead of the cache in percent", "cl_role", "rs_nm")                            \
    X(SS_WT_PAGES, "ss_wt_cache_pages_currently_held_in_the_cache", UNTYPED, "",         \
      "Pages in the cache", "cl_role", "rs_nm")                                          \
    X(SS_WT_PAGES_DIRTY, "ss_wt_cache_tracked_dirty_pages_in_the_cache", UNTYPED, "",    \
      "Pages in the cache that are not on disk yet", "cl_role", "rs_nm")                 \
    X(SS_WT_PAGES_READ, "ss_wt_cache_pages_read_into_cache", UNTYPED, "",                \
      "Pages read into the cache", "cl_role", "rs_nm")                                   \
    X(SS_WT_PAGES_WRITTEN, "ss_wt_cache_pages_written_from_cache", UNTYPED, "",          \
      "Pages written from the cache", "cl_role", "rs_nm")                                \
    X(SS_WT_BLOCKS_READ, "ss_wt_block_manager_blocks_read", UNTYPED, "", "Blocks read",  \
      "cl_role", "rs_nm")                                                                \
    X(SS_WT_BLOCKS_MAPPED, "ss_wt_block_manager_mapped_blocks_read", UNTYPED, "",        \
      "Blocks read by mapping", "cl_role", "rs_nm")                                      \
    X(SS_WT_BLOCKS_PRE, "ss_wt_block_manager_blocks_pre_loaded", UNTYPED, "",            \
      "Blocks read ahead", "cl_role", "rs_nm")                                           \
    X(SS_WT_BLOCKS_WRITTEN, "ss_wt_block_manager_blocks_written", UNTYPED, "",           \
      "Blocks written", "cl_role", "rs_nm")                                              \
    X(SS_WT_BLOCK_BYTES_READ, "ss_wt_block_manager_bytes_read", UNTYPED, "",             \
      "Bytes read from disk", "cl_role", "rs_nm")                                        \
    X(SS_WT_BLOCK_BYTES_MAPPED, "ss_wt_block_manager_mapped_bytes_read", UNTYPED, "",    \
      "Bytes read by mapping", "cl_role", "rs_nm")                                       \
    X(SS_WT_BLOCK_BYTES_WRITTEN, "ss_wt_block_manager_bytes_written", UNTYPED, "",       \
      "Bytes written to disk", "cl_role", "rs_nm")                                       \
    X(SS_WT_TICKETS_AVAILABLE, "ss_wt_concurrentTransactions_available", UNTYPED, "",    \
      "Tickets that are free", "txn_rw", "cl_role", "rs_nm")                             \
    X(SS_WT_TICKETS_OUT, "ss_wt_concurrentTransactions_out", UNTYPED, "",                \
      "Tickets in use", "txn_rw", "cl_role", "rs_nm")                                    \
    X(SS_WT_TICKETS_TOTAL, "ss_wt_concurrentTransactions_totalTickets", UNTYPED, "",     \
      "Tickets that there are", "txn_rw", "cl_role", "rs_nm")                            \
    X(SS_WT_BEGINS, "ss_wt_txn_transaction_begins", UNTYPED, "",                         \
      "Transactions of the storage engine begun", "cl_role", "rs_nm")                    \
    X(SS_WT_CHECKPOINTS, "ss_wt_txn_transaction_checkpoints", UNTYPED, "",               \
      "Checkpoints", "cl_role", "rs_nm")                                                 \
    X(SS_WT_COMMITTED, "ss_wt_txn_transactions_committed", UNTYPED, "",                  \
      "Transactions of the storage engine committed", "cl_role", "rs_nm")                \
    X(SS_WT_ROLLED_BACK, "ss_wt_txn_transactions_rolled_back", UNTYPED, "",              \
      "Transactions of the storage engine rolled back", "cl_role", "rs_nm")              \
    X(SS_WT_CHECKPOINT_MIN, "ss_wt_txn_transaction_checkpoint_min_time_msecs", UNTYPED,  \
      "", "Shortest checkpoint in milliseconds", "cl_role", "rs_nm")                     \
    X(SS_WT_CHECKPOINT_MAX, "ss_wt_txn_transaction_checkpoint_max_time_msecs", UNTYPED,  \
      "", "Longest checkpoint in milliseconds", "cl_role", "rs_nm")                      \
    X(SS_WT_CHECKPOINT_TOTAL, "ss_wt_txn_transaction_checkpoint_total_time_msecs",       \
      UNTYPED, "", "Milliseconds that checkpoints took", "cl_role", "rs_nm")             \
    X(SS_WT_CHECKPOINT_RUNNING, "ss_wt_txn_transaction_checkpoint_currently_running",    \
      UNTYPED, "", "Checkpoints under way", "cl_role", "rs_nm")                          \
    X(SS_WT_LOG_PAYLOAD, "ss_wt_log_log_bytes_of_payload_data", UNTYPED, "",             \
      "Bytes of payload in the journal", "cl_role", "rs_nm")                             \
    X(SS_WT_LOG_WRITTEN, "ss_wt_log_log_bytes_written", UNTYPED, "",                     \
      "Bytes written to the journal", "cl_role", "rs_nm")                                \
    X(SS_WT_LOG_READ_OPS, "ss_wt_log_log_read_operations", UNTYPED, "",                  \
      "Reads of the journal", "cl_role", "rs_nm")                                        \
    X(SS_WT_LOG_WRITE_OPS, "ss_wt_log_log_write_operations", UNTYPED, "",                \
      "Writes of the journal", "cl_role", "rs_nm")                                       \
    X(SS_WT_LOG_SCAN_OPS, "ss_wt_log_log_scan_operations", UNTYPED, "",                  \
      "Scans of the journal", "cl_role", "rs_nm")                                        \
    X(SS_WT_LOG_SCAN_DOUBLE, "ss_wt_log_log_scan_records_requiring_two_reads", UNTYPED,  \
      "", "Records of the journal that needed two reads", "cl_role", "rs_nm")            \
    X(SS_WT_LOG_SYNC_OPS, "ss_wt_log_log_sync_operations", UNTYPED, "",                  \
      "Syncs of the journal", "cl_role", "rs_nm")                                        \
    X(SS_WT_LOG_SYNC_DIR, "ss_wt_log_log_sync_dir_operations", UNTYPED, "",              \
      "Syncs of the journal's folder", "cl_role", "rs_nm")                               \
    X(SS_WT_LOG_FLUSH_OPS, "ss_wt_log_log_flush_operations", UNTYPED, "",                \
      "Flushes of the journal", "cl_role", "rs_nm")                                      \
    X(SS_WT_LOG_COMPRESSED, "ss_wt_log_log_records_compressed", UNTYPED, "",             \
      "Records of the journal that were compressed", "cl_role", "rs_nm")                 \
    X(SS_WT_LOG_PLAIN, "ss_wt_log_log_records_not_compressed", UNTYPED, "",              \
      "Records of the journal that were not compressed", "cl_role", "rs_nm")             \
    X(SS_WT_LOG_SCANNED, "ss_wt_log_records_processed_by_log_scan", UNTYPED, "",         \
      "Records that scans of the journal met", "cl_role", "rs_nm")                       \
    X(SS_WT_CURSORS, "ss_wt_session_open_cursor_count", UNTYPED, "",                     \
      "Cursors of the storage engine that are open", "cl_role", "rs_nm")                 \
    X(SS_WT_SESSIONS, "ss_wt_session_open_session_count", UNTYPED, "",                   \
      "Sessions of the storage engine that are open", "cl_role", "rs_nm")

#define MONGODB_RAW_REPLSET_FAMILIES(X)                                                  \
    X(SS_RS_MY_STATE, "rs_myState", UNTYPED, "", "State of this member, as a number",    \
      "cl_role", "rs_nm")                                                                \
    X(SS_RS_TERM, "rs_term", UNTYPED, "", "Elections that the set has had", "cl_role",   \
      "rs_nm")                                                                           \
    X(SS_RS_HEARTBEAT, "rs_heartbeatIntervalMillis", UNTYPED, "",                        \
      "Milliseconds between heartbeats", "cl_role", "rs_nm")                             \
    X(MY_STATE, "myState", UNTYPED, "", "State of this member, as a number", "cl_role",  \
      "rs_nm")                                                                           \
    X(RAW_MEMBER_STATE, "rs_members_state", UNTYPED, "",                                 \
      "State of each member, as a number", "member_idx", "member_state", "set", "rs_nm", \
      "cl_role")                                                                         \
    X(RAW_MEMBER_HEALTH, "rs_members_health", UNTYPED, "",                               \
      "1 when this member reaches the other, else 0", "member_idx", "member_state",      \
      "set", "rs_nm", "cl_role")                                                         \
    X(RAW_MEMBER_UPTIME, "rs_members_uptime", UNTYPED, "",                               \
      "Seconds since the member started", "member_idx", "member_state", "set", "rs_nm",  \
      "cl_role")                                                                         \
    X(RAW_MEMBER_OPTIME, "rs_members_optimeDate", UNTYPED, "",                           \
      "Last operation that the member applied, in Unix milliseconds", "member_idx",      \
      "member_state", "set", "rs_nm", "cl_role")                                         \
    X(RAW_MEMBER_ELECTION, "rs_members_electionDate", UNTYPED, "",                       \
      "When the member became primary, in Unix milliseconds", "member_idx",              \
      "member_state", "set", "rs_nm", "cl_role")                                         \
    X(RAW_MEMBER_BEAT, "rs_members_lastHeartbeat", UNTYPED, "",                          \
      "Last answer to a heartbeat, in Unix milliseconds", "member_idx", "member_state",  \
      "set", "rs_nm", "cl_role")                                                         \
    X(RAW_MEMBER_BEAT_RECV, "rs_members_lastHeartbeatRecv", UNTYPED, "",                 \
      "Last heartbeat received, in Unix milliseconds", "member_idx", "member_state",     \
      "set", "rs_nm", "cl_role")                                                         \
    X(RAW_MEMBER_PING, "rs_members_pingMs", UNTYPED, "",                                 \
      "Milliseconds to the member and back", "member_idx", "member_state", "set",        \
      "rs_nm", "cl_role")                                                                \
    X(RAW_MEMBER_CONFIG, "rs_members_configVersion", UNTYPED, "",                        \
      "Version of the set's configuration that the member has", "member_idx",            \
      "member_state", "set", "rs_nm", "cl_role")                                         \
    X(MEMBERS_STATE, "members_state", UNTYPED, "", "State of each member, as a number",  \
      "member_idx", "member_state")                                                      \
    X(MEMBERS_HEALTH, "members_health", UNTYPED, "",                                     \
      "1 when this member reaches the other, else 0", "member_idx", "member_state")      \
    X(MEMBERS_UPTIME, "members_uptime", UNTYPED, "", "Seconds since the member started", \
      "member_idx", "member_state")                                                      \
    X(MEMBERS_OPTIME, "members_optimeDate", UNTYPED, "",                                 \
      "Last operation that the member applied, in Unix milliseconds", "member_idx",      \
      "member_state")                                                                    \
    X(MEMBERS_ELECTION, "members_electionDate", UNTYPED, "",                             \
      "When the member became primary, in Unix milliseconds", "member_idx",              \
      "member_state")                                                                    \
    X(MEMBERS_BEAT, "members_lastHeartbeat", UNTYPED, "",                                \
      "Last answer to a heartbeat, in Unix milliseconds", "member_idx", "member_state")  \
    X(MEMBERS_BEAT_RECV, "members_lastHeartbeatRecv", UNTYPED, "",                       \
      "Last heartbeat received, in Unix milliseconds", "member_idx", "member_state")     \
    X(MEMBERS_PING, "members_pingMs", UNTYPED, "",                                       \
      "Milliseconds to the member and back", "member_idx", "member_state")               \
    X(MEMBERS_CONFIG, "members_configVersion", UNTYPED, "",                              \
      "Version of the set's configuration that the member has", "member_idx",            \
      "member_state")

#define MONGODB_DATABASE_FAMILIES(X)                                                     \
    X(DB_COLLECTIONS, "dbstats_collections", UNTYPED, "", "Collections of a database",   \
      "database")                                                                        \
    X(DB_VIEWS, "dbstats_views", UNTYPED, "", "Views of a database", "database")         \
    X(DB_OBJECTS, "dbstats_objects", UNTYPED, "", "Documents of a database", "database") \
    X(DB_AVG_OBJ, "dbstats_avgObjSize", UNTYPED, "",                                     \
      "Average size of a document in bytes", "database")                                 \
    X(DB_DATA_SIZE, "dbstats_dataSize", UNTYPED, "",                                     \
      "Bytes of the documents of a database, uncompressed", "database")                  \
    X(DB_STORAGE_SIZE, "dbstats_storageSize", UNTYPED, "",                               \
      "Bytes that the documents of a database take on disk", "database")                 \
    X(DB_INDEXES, "dbstats_indexes", UNTYPED, "", "Indexes of a database", "database")   \
    X(DB_INDEX_SIZE, "dbstats_indexSize", UNTYPED, "",                                   \
      "Bytes that the indexes of a database take on disk", "database")                   \
    X(DB_TOTAL_SIZE, "dbstats_totalSize", UNTYPED, "",                                   \
      "Bytes that documents and indexes of a database take on disk", "database")         \
    X(DB_FS_USED, "dbstats_fsUsedSize", UNTYPED, "",                                     \
      "Bytes used on the filesystem of the data", "database")                            \
    X(DB_FS_TOTAL, "dbstats_fsTotalSize", UNTYPED, "",                                   \
      "Size of the filesystem of the data in bytes", "database")

#endif
