/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The families of the mongodb probe under the names of mongodb_exporter's compatible mode (its version 1), which most
 * dashboards query, and of version 0.1, which some still do. Read by mongodb_families.h; its columns.
 */
#ifndef HEALTHD_PROBES_MONGODB_FAMILIES_COMPAT_H
#define HEALTHD_PROBES_MONGODB_FAMILIES_COMPAT_H

#define MONGODB_COMPAT_FAMILIES(X)                                                       \
    X(UP, "up", GAUGE, "", "1 when the server answered a ping, else 0", "cluster_role")  \
    X(PING_SECONDS, "ping_seconds", GAUGE, "seconds", "Time from ping to pong", NULL)    \
    X(COLLECTOR_SUCCESS, "scrape_collector_success", GAUGE, "",                          \
      "1 when a group of commands was answered the last time it was asked, else 0",      \
      "collector")                                                                       \
    X(VERSION_INFO, "version_info", GAUGE, "",                                           \
      "Version, edition and vendor of the server", "mongodb", "edition", "vendor")       \
    X(INSTANCE_UPTIME, "instance_uptime_seconds", COUNTER, "seconds",                    \
      "Time since the server started", NULL)                                             \
    X(MONGOD_UPTIME, "mongod_instance_uptime_seconds", COUNTER, "seconds",               \
      "Time since the server started", NULL)                                             \
    X(INSTANCE_LOCAL_TIME, "instance_local_time", GAUGE, "seconds",                      \
      "The server's clock, as Unix time", NULL)                                          \
    X(CONNECTIONS, "connections", GAUGE, "", "Connections, by state", "state")           \
    X(MONGOD_CONNECTIONS, "mongod_connections", GAUGE, "",                               \
      "Connections, by state (as of version 0.1 of the exporter)", "state")              \
    X(CONNECTIONS_CREATED, "connections_metrics_created_total", COUNTER, "",             \
      "Connections ever made to the server", NULL)                                       \
    X(OP_COUNTERS, "op_counters_total", COUNTER, "",                                     \
      "Operations since the server started, by type", "type")                            \
    X(OP_COUNTERS_REPL, "mongod_op_counters_repl_total", COUNTER, "",                    \
      "Replicated operations since the server started, by type", "type")                 \
    X(OP_COUNTERS_REPL_OLD, "op_counters_repl_total", COUNTER, "",                       \
      "Replicated operations since the server started, by type (as of version 0.1 of "   \
      "the exporter)",                                                                   \
      "type")                                                                            \
    X(ASSERTS, "asserts_total", COUNTER, "",                                             \
      "Assertions since the server started, by type", "type")                            \
    X(MEMORY, "memory", GAUGE, "", "Memory of the server in MiB, by type", "type")       \
    X(NETWORK_BYTES, "network_bytes_total", COUNTER, "bytes", "Bytes received and sent", \
      "state")                                                                           \
    X(NETWORK_REQUESTS, "network_metrics_num_requests_total", COUNTER, "",               \
      "Requests received", NULL)                                                         \
    X(PAGE_FAULTS, "extra_info_page_faults_total", COUNTER, "",                          \
      "Page faults that needed the disk", NULL)                                          \
    X(LOCK_CLIENT, "mongod_global_lock_client", GAUGE, "",                               \
      "Clients with an operation under way or waiting, by type", "type")                 \
    X(LOCK_QUEUE, "mongod_global_lock_current_queue", GAUGE, "",                         \
      "Operations that wait for a lock, by type", "type")                                \
    X(LOCK_TOTAL, "mongod_global_lock_total", COUNTER, "",                               \
      "Microseconds since the global lock was made", NULL)                               \
    X(CURSOR_OPEN, "mongod_metrics_cursor_open", GAUGE, "", "Open cursors, by state",    \
      "state")                                                                           \
    X(CURSOR_TIMED_OUT, "mongod_metrics_cursor_timed_out_total", COUNTER, "",            \
      "Cursors that timed out", NULL)                                                    \
    X(DOCUMENT, "mongod_metrics_document_total", COUNTER, "",                            \
      "Documents touched, by what was done with them", "state")                          \
    X(QUERY_EXECUTOR, "mongod_metrics_query_executor_total", COUNTER, "",                \
      "Index keys and documents that queries looked at", "state")                        \
    X(OPERATION, "mongod_metrics_operation_total", COUNTER, "",                          \
      "Operations of special kinds", "state")                                            \
    X(RECORD_MOVES, "mongod_metrics_record_moves_total", COUNTER, "",                    \
      "Documents that moved on disk", NULL)                                              \
    X(TTL_DELETED, "mongod_metrics_ttl_deleted_documents_total", COUNTER, "",            \
      "Documents deleted because their time was over", NULL)                             \
    X(TTL_PASSES, "mongod_metrics_ttl_passes_total", COUNTER, "",                        \
      "Times that expired documents were looked for", NULL)                              \
    X(GLE_NUM, "mongod_metrics_get_last_error_wtime_num_total", COUNTER, "",             \
      "Writes that waited for other members", NULL)                                      \
    X(GLE_MILLIS, "mongod_metrics_get_last_error_wtime_total_milliseconds", COUNTER, "", \
      "Milliseconds that writes waited for other members", NULL)                         \
    X(GLE_TIMEOUTS, "mongod_metrics_get_last_error_wtimeouts_total", COUNTER, "",        \
      "Writes that gave up waiting for other members", NULL)                             \
    X(REPL_APPLY_OPS, "mongod_metrics_repl_apply_ops_total", COUNTER, "",                \
      "Operations of the oplog that were applied", NULL)                                 \
    X(REPL_APPLY_NUM, "mongod_metrics_repl_apply_batches_num_total", COUNTER, "",        \
      "Batches of the oplog that were applied", NULL)                                    \
    X(REPL_APPLY_MILLIS, "mongod_metrics_repl_apply_batches_total_milliseconds",         \
      COUNTER, "", "Milliseconds that applying batches took", NULL)                      \
    X(REPL_BUFFER_COUNT, "mongod_metrics_repl_buffer_count", GAUGE, "",                  \
      "Operations in the buffer of the oplog", NULL)                                     \
    X(REPL_BUFFER_MAX, "mongod_metrics_repl_buffer_max_size_bytes", GAUGE, "bytes",      \
      "Size that the buffer of the oplog may have", NULL)                                \
    X(REPL_BUFFER_SIZE, "mongod_metrics_repl_buffer_size_bytes", GAUGE, "bytes",         \
      "Size of the buffer of the oplog", NULL)                                           \
    X(REPL_NET_BYTES, "mongod_metrics_repl_network_bytes_total", COUNTER, "bytes",       \
      "Bytes read from the member that is followed", NULL)                               \
    X(REPL_NET_OPS, "mongod_metrics_repl_network_ops_total", COUNTER, "",                \
      "Operations read from the member that is followed", NULL)                          \
    X(REPL_NET_GETMORES, "mongod_metrics_repl_network_getmores_num_total", COUNTER, "",  \
      "Requests to the member that is followed", NULL)                                   \
    X(REPL_NET_GETMORES_MILLIS,                                                          \
      "mongod_metrics_repl_network_getmores_total_milliseconds", COUNTER, "",            \
      "Milliseconds that requests to the member that is followed took", NULL)            \
    X(REPL_NET_READERS, "mongod_metrics_repl_network_readers_created_total", COUNTER,    \
      "", "Readers of an oplog that were made", NULL)                                    \
    X(LATENCY_OPS, "mongod_op_latencies_ops_total", COUNTER, "", "Operations, by kind",  \
      "type")                                                                            \
    X(LATENCY, "mongod_op_latencies_latency_total", COUNTER, "",                         \
      "Microseconds that operations took, by kind", "type")                              \
    X(STORAGE_ENGINE, "mongod_storage_engine", GAUGE, "", "The storage engine", "engine")

#define MONGODB_COMPAT_WIREDTIGER_FAMILIES(X)                                         \
    X(WT_CACHE_BYTES, "mongod_wiredtiger_cache_bytes", GAUGE, "bytes",                \
      "Bytes in the cache, by type", "type")                                          \
    X(WT_CACHE_MAX, "mongod_wiredtiger_cache_max_bytes", GAUGE, "bytes",              \
      "Size that the cache may have", NULL)                                           \
    X(WT_CACHE_BYTES_TOTAL, "mongod_wiredtiger_cache_bytes_total", COUNTER, "bytes",  \
      "Bytes read into and written from the cache", "type")                           \
    X(WT_CACHE_EVICTED, "mongod_wiredtiger_cache_evicted_total", COUNTER, "",         \
      "Pages evicted from the cache, by type", "type")                                \
    X(WT_CACHE_OVERHEAD, "mongod_wiredtiger_cache_overhead_percent", GAUGE, "",       \
      "Overhead of the cache in percent", NULL)                                       \
    X(WT_CACHE_PAGES, "mongod_wiredtiger_cache_pages", GAUGE, "",                     \
      "Pages in the cache, by type", "type")                                          \
    X(WT_CACHE_PAGES_TOTAL, "mongod_wiredtiger_cache_pages_total", COUNTER, "",       \
      "Pages read into and written from the cache", "type")                           \
    X(WT_BLOCKS, "mongod_wiredtiger_blockmanager_blocks_total", COUNTER, "",          \
      "Blocks of the block manager, by type", "type")                                 \
    X(WT_BLOCK_BYTES, "mongod_wiredtiger_blockmanager_bytes_total", COUNTER, "bytes", \
      "Bytes of the block manager, by type", "type")                                  \
    X(WT_TICKETS_AVAILABLE,                                                           \
      "mongod_wiredtiger_concurrent_transactions_available_tickets", GAUGE, "",       \
      "Tickets that are free, by type", "type")                                       \
    X(WT_TICKETS_OUT, "mongod_wiredtiger_concurrent_transactions_out_tickets", GAUGE, \
      "", "Tickets in use, by type", "type")                                          \
    X(WT_TICKETS_TOTAL, "mongod_wiredtiger_concurrent_transactions_total_tickets",    \
      GAUGE, "", "Tickets that there are, by type", "type")                           \
    X(WT_TRANSACTIONS, "mongod_wiredtiger_transactions_total", COUNTER, "",           \
      "Transactions of the storage engine, by type", "type")                          \
    X(WT_CHECKPOINT_MILLIS, "mongod_wiredtiger_transactions_checkpoint_milliseconds", \
      GAUGE, "", "Shortest and longest checkpoint in milliseconds", "type")           \
    X(WT_CHECKPOINT_TOTAL,                                                            \
      "mongod_wiredtiger_transactions_checkpoint_milliseconds_total", COUNTER, "",    \
      "Milliseconds that checkpoints took", NULL)                                     \
    X(WT_CHECKPOINT_RUNNING, "mongod_wiredtiger_transactions_running_checkpoints",    \
      GAUGE, "", "Checkpoints under way", NULL)                                       \
    X(WT_LOG_BYTES, "mongod_wiredtiger_log_bytes_total", COUNTER, "bytes",            \
      "Bytes of the journal, by type", "type")                                        \
    X(WT_LOG_OPERATIONS, "mongod_wiredtiger_log_operations_total", COUNTER, "",       \
      "Operations of the journal, by type", "type")                                   \
    X(WT_LOG_RECORDS, "mongod_wiredtiger_log_records_total", COUNTER, "",             \
      "Records of the journal, by type", "type")                                      \
    X(WT_LOG_SCANNED, "mongod_wiredtiger_log_records_scanned_total", COUNTER, "",     \
      "Records that scans of the journal met", NULL)                                  \
    X(WT_CURSORS, "mongod_wiredtiger_session_open_cursors_total", GAUGE, "",          \
      "Cursors of the storage engine that are open", NULL)                            \
    X(WT_SESSIONS, "mongod_wiredtiger_session_open_sessions_total", GAUGE, "",        \
      "Sessions of the storage engine that are open", NULL)

#define MONGODB_COMPAT_REPLSET_FAMILIES(X)                                                 \
    X(RS_MY_STATE, "mongod_replset_my_state", GAUGE, "",                                   \
      "State of this member: 1 primary, 2 secondary, 7 arbiter …", "set")                  \
    X(RS_MEMBERS, "mongod_replset_number_of_members", GAUGE, "", "Members of the set",     \
      "set")                                                                               \
    X(RS_TERM, "mongod_replset_term", COUNTER, "", "Elections that the set has had",       \
      "set")                                                                               \
    X(RS_HEARTBEAT, "mongod_replset_heatbeat_interval_millis", GAUGE, "",                  \
      "Milliseconds between heartbeats (the name is the exporter's)", "set")               \
    X(RS_MEMBER_STATE, "mongod_replset_member_state", GAUGE, "",                           \
      "State of each member, as a number", "set", "name", "state", "self")                 \
    X(RS_MEMBER_HEALTH, "mongod_replset_member_health", GAUGE, "",                         \
      "1 when this member reaches the other, else 0", "set", "name", "state", "self")      \
    X(RS_MEMBER_UPTIME, "mongod_replset_member_uptime", COUNTER, "seconds",                \
      "Time since the member started", "set", "name", "state", "self")                     \
    X(RS_MEMBER_OPTIME, "mongod_replset_member_optime_date", GAUGE, "seconds",             \
      "Last operation that the member applied, as Unix time", "set", "name", "state",      \
      "self")                                                                              \
    X(RS_MEMBER_ELECTION, "mongod_replset_member_election_date", GAUGE, "seconds",         \
      "When the member became primary, as Unix time", "set", "name", "state", "self")      \
    X(RS_MEMBER_BEAT, "mongod_replset_member_last_heartbeat", GAUGE, "seconds",            \
      "Last answer to a heartbeat, as Unix time", "set", "name", "state", "self")          \
    X(RS_MEMBER_BEAT_RECV, "mongod_replset_member_last_heartbeat_recv", GAUGE,             \
      "seconds", "Last heartbeat received, as Unix time", "set", "name", "state",          \
      "self")                                                                              \
    X(RS_MEMBER_PING, "mongod_replset_member_ping_ms", GAUGE, "",                          \
      "Milliseconds to the member and back", "set", "name", "state", "self")               \
    X(RS_MEMBER_LAG, "mongod_replset_member_replication_lag", GAUGE, "seconds",            \
      "Seconds that the member is behind the primary", "set", "name", "state", "self")     \
    X(RS_MEMBER_CONFIG, "mongod_replset_member_config_version", GAUGE, "",                 \
      "Version of the set's configuration that the member has", "set", "name", "state",    \
      "self")                                                                              \
    X(OPLOG_HEAD, "mongod_replset_oplog_head_timestamp", GAUGE, "seconds",                 \
      "Newest entry of the oplog, as Unix time", NULL)                                     \
    X(OPLOG_TAIL, "mongod_replset_oplog_tail_timestamp", GAUGE, "seconds",                 \
      "Oldest entry of the oplog, as Unix time", NULL)                                     \
    X(OPLOG_ITEMS, "mongod_replset_oplog_items_total", GAUGE, "",                          \
      "Entries of the oplog", NULL)                                                        \
    X(OPLOG_SIZE, "mongod_replset_oplog_size_bytes", GAUGE, "bytes",                       \
      "Size of the oplog, by type", "type")                                                \
    X(OLD_MY_STATE, "replset_my_state", GAUGE, "",                                         \
      "State of this member: 1 primary, 2 secondary, 7 arbiter … (as of version 0.1 of " \
      "the exporter)",                                                                     \
      "set")                                                                               \
    X(OLD_MEMBERS, "replset_number_of_members", GAUGE, "",                                 \
      "Members of the set (as of version 0.1 of the exporter)", "set")                     \
    X(OLD_MEMBER_STATE, "replset_member_state", GAUGE, "",                                 \
      "State of each member, as a number (as of version 0.1 of the exporter)", "set",      \
      "name", "state", "self")                                                             \
    X(OLD_MEMBER_HEALTH, "replset_member_health", GAUGE, "",                               \
      "1 when this member reaches the other, else 0 (as of version 0.1 of the "            \
      "exporter)",                                                                         \
      "set", "name", "state", "self")                                                      \
    X(OLD_MEMBER_OPTIME, "replset_member_optime_date", GAUGE, "seconds",                   \
      "Last operation that the member applied, as Unix time (as of version 0.1 of the "    \
      "exporter)",                                                                         \
      "set", "name", "state", "self")                                                      \
    X(OLD_MEMBER_ELECTION, "replset_member_election_date", GAUGE, "seconds",               \
      "When the member became primary, as Unix time (as of version 0.1 of the "            \
      "exporter)",                                                                         \
      "set", "name", "state", "self")                                                      \
    X(OLD_MEMBER_BEAT, "replset_member_last_heartbeat", GAUGE, "seconds",                  \
      "Last answer to a heartbeat, as Unix time (as of version 0.1 of the exporter)",      \
      "set", "name", "state", "self")                                                      \
    X(OLD_MEMBER_PING, "replset_member_ping_ms", GAUGE, "",                                \
      "Milliseconds to the member and back (as of version 0.1 of the exporter)", "set",    \
      "name", "state", "self")                                                             \
    X(OLD_MEMBER_LAG, "replset_member_replication_lag", GAUGE, "seconds",                  \
      "Seconds that the member is behind the primary (as of version 0.1 of the "           \
      "exporter)",                                                                         \
      "set", "name", "state", "self")                                                      \
    X(OLD_OPLOG_HEAD, "replset_oplog_head_timestamp", GAUGE, "seconds",                    \
      "Newest entry of the oplog, as Unix time (as of version 0.1 of the exporter)",       \
      NULL)                                                                                \
    X(OLD_OPLOG_TAIL, "replset_oplog_tail_timestamp", GAUGE, "seconds",                    \
      "Oldest entry of the oplog, as Unix time (as of version 0.1 of the exporter)",       \
      NULL)                                                                                \
    X(OLD_OPLOG_ITEMS, "replset_oplog_items_total", GAUGE, "",                             \
      "Entries of the oplog (as of version 0.1 of the exporter)", NULL)                    \
    X(OLD_OPLOG_SIZE, "replset_oplog_size_bytes", GAUGE, "bytes",                          \
      "Size of the oplog, by type (as of version 0.1 of the exporter)", "type")

#endif
