/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metric families of the redis probe, named as redis_exporter names them: one list of the fields of INFO that are a
 * number without labels, and one of everything else. Read by the files of this probe only.
 */
#ifndef HEALTHD_PROBES_REDIS_FAMILIES_H
#define HEALTHD_PROBES_REDIS_FAMILIES_H

#include "lib/core/metric.h"

/* Field of INFO or CLUSTER INFO (in alphabetical order: they are looked up by it), name after "redis_", kind, unit,
 * what the field is multiplied by, help. */
/* clang-format off */
#define REDIS_FIELDS(X) \
    X(acl_access_denied_auth, "acl_access_denied_auth_total", COUNTER, "", 1, "Logins that were refused") \
    X(acl_access_denied_channel, "acl_access_denied_channel_total", COUNTER, "", 1, "Commands refused for their channel") \
    X(acl_access_denied_cmd, "acl_access_denied_cmd_total", COUNTER, "", 1, "Commands that a user may not run") \
    X(acl_access_denied_key, "acl_access_denied_key_total", COUNTER, "", 1, "Commands refused for their key") \
    X(active_defrag_hits, "defrag_hits", GAUGE, "", 1, "Values moved by defragmentation") \
    X(active_defrag_key_hits, "defrag_key_hits", GAUGE, "", 1, "Keys defragmented") \
    X(active_defrag_key_misses, "defrag_key_misses", GAUGE, "", 1, "Keys that defragmentation passed over") \
    X(active_defrag_misses, "defrag_misses", GAUGE, "", 1, "Moves that defragmentation gave up") \
    X(active_defrag_running, "active_defrag_running", GAUGE, "", 1, "Defragmentation is running: its CPU share in percent") \
    X(allocator_active, "allocator_active_bytes", GAUGE, "bytes", 1, "Pages of the allocator in use") \
    X(allocator_allocated, "allocator_allocated_bytes", GAUGE, "bytes", 1, "Memory handed out by the allocator") \
    X(allocator_frag_bytes, "allocator_frag_bytes", GAUGE, "bytes", 1, "Allocator memory lost to external fragmentation") \
    X(allocator_frag_ratio, "allocator_frag_ratio", GAUGE, "", 1, "Active over allocated memory of the allocator") \
    X(allocator_muzzy, "allocator_muzzy_bytes", GAUGE, "bytes", 1, "Allocator pages given back lazily") \
    X(allocator_resident, "allocator_resident_bytes", GAUGE, "bytes", 1, "Memory of the allocator that is resident") \
    X(allocator_rss_bytes, "allocator_rss_bytes", GAUGE, "bytes", 1, "Resident memory that the allocator could give back") \
    X(allocator_rss_ratio, "allocator_rss_ratio", GAUGE, "", 1, "Resident over active memory of the allocator") \
    X(aof_base_size, "aof_base_size_bytes", GAUGE, "bytes", 1, "Size of the append-only file after its last rewrite") \
    X(aof_buffer_length, "aof_buffer_length", GAUGE, "", 1, "Bytes in the append-only buffer") \
    X(aof_current_rewrite_time_sec, "aof_current_rewrite_duration_sec", GAUGE, "seconds", 1, "How long the rewrite of the append-only file runs, -1 when none does") \
    X(aof_current_size, "aof_current_size_bytes", GAUGE, "bytes", 1, "Size of the append-only file") \
    X(aof_delayed_fsync, "aof_delayed_fsync", GAUGE, "", 1, "Writes to the append-only file that waited for the disk") \
    X(aof_enabled, "aof_enabled", GAUGE, "", 1, "1 when an append-only file is written") \
    X(aof_last_bgrewrite_status, "aof_last_bgrewrite_status", GAUGE, "", 1, "1 when the last rewrite of the append-only file went well") \
    X(aof_last_cow_size, "aof_last_cow_size_bytes", GAUGE, "bytes", 1, "Memory copied during the last rewrite of the append-only file") \
    X(aof_last_rewrite_time_sec, "aof_last_rewrite_duration_sec", GAUGE, "seconds", 1, "How long the last rewrite of the append-only file took, -1 when there was none") \
    X(aof_last_write_status, "aof_last_write_status", GAUGE, "", 1, "1 when the last write to the append-only file went well") \
    X(aof_pending_bio_fsync, "aof_pending_bio_fsync", GAUGE, "", 1, "Background syncs of the append-only file that wait") \
    X(aof_pending_rewrite, "aof_pending_rewrite", GAUGE, "", 1, "1 when a rewrite waits for a snapshot to end") \
    X(aof_rewrite_buffer_length, "aof_rewrite_buffer_length", GAUGE, "", 1, "Bytes in the buffer of the rewrite") \
    X(aof_rewrite_in_progress, "aof_rewrite_in_progress", GAUGE, "", 1, "1 while the append-only file is rewritten") \
    X(aof_rewrite_scheduled, "aof_rewrite_scheduled", GAUGE, "", 1, "1 when a rewrite follows the snapshot that runs") \
    X(async_loading, "async_loading", GAUGE, "", 1, "1 while a replica loads its data and still serves the old") \
    X(blocked_clients, "blocked_clients", GAUGE, "", 1, "Clients that wait in a blocking command") \
    X(cached_keys, "cached_keys_total", COUNTER, "", 1, "Keys in the cache of KeyDB's storage") \
    X(client_biggest_input_buf, "client_biggest_input_buf", GAUGE, "", 1, "Largest input buffer of a client (before Redis 5)") \
    X(client_longest_output_list, "client_longest_output_list", GAUGE, "", 1, "Longest output list of a client (before Redis 5)") \
    X(client_output_buffer_limit_disconnections, "client_output_buffer_limit_disconnections_total", COUNTER, "", 1, "Clients cut off because they read too slowly") \
    X(client_query_buffer_limit_disconnections, "client_query_buffer_limit_disconnections_total", COUNTER, "", 1, "Clients cut off because they sent too much") \
    X(client_recent_max_input_buffer, "client_recent_max_input_buffer_bytes", GAUGE, "bytes", 1, "Largest input buffer of a client lately") \
    X(client_recent_max_output_buffer, "client_recent_max_output_buffer_bytes", GAUGE, "bytes", 1, "Largest output buffer of a client lately") \
    X(clients_in_timeout_table, "clients_in_timeout_table", GAUGE, "", 1, "Clients that wait with a timeout") \
    X(cluster_connections, "cluster_connections", GAUGE, "", 1, "Sockets of the cluster bus") \
    X(cluster_current_epoch, "cluster_current_epoch", GAUGE, "", 1, "Epoch of the cluster") \
    X(cluster_enabled, "cluster_enabled", GAUGE, "", 1, "1 when this is a node of a cluster") \
    X(cluster_known_nodes, "cluster_known_nodes", GAUGE, "", 1, "Nodes that this one knows") \
    X(cluster_my_epoch, "cluster_my_epoch", GAUGE, "", 1, "Epoch of this node's configuration") \
    X(cluster_size, "cluster_size", GAUGE, "", 1, "Masters that serve slots") \
    X(cluster_slots_assigned, "cluster_slots_assigned", GAUGE, "", 1, "Slots that some node serves") \
    X(cluster_slots_fail, "cluster_slots_fail", GAUGE, "", 1, "Slots of nodes that have failed") \
    X(cluster_slots_ok, "cluster_slots_ok", GAUGE, "", 1, "Slots of nodes that are well") \
    X(cluster_slots_pfail, "cluster_slots_pfail", GAUGE, "", 1, "Slots of nodes that this one cannot reach") \
    X(cluster_state, "cluster_state", GAUGE, "", 1, "1 when the cluster takes commands") \
    X(cluster_stats_messages_received, "cluster_messages_received_total", GAUGE, "", 1, "Messages of the cluster bus read") \
    X(cluster_stats_messages_sent, "cluster_messages_sent_total", GAUGE, "", 1, "Messages of the cluster bus written") \
    X(configured_hz, "configured_hz", GAUGE, "", 1, "Background ticks a second, as configured") \
    X(connected_clients, "connected_clients", GAUGE, "", 1, "Clients that are connected, replicas not counted") \
    X(connected_slaves, "connected_slaves", GAUGE, "", 1, "Replicas that are connected") \
    X(current_client_thread, "current_client_thread", GAUGE, "", 1, "Thread of KeyDB that answered") \
    X(current_eviction_exceeded_time, "current_eviction_exceeded_time_ms", GAUGE, "milliseconds", 1, "For how long memory has been above its limit") \
    X(dump_payload_sanitizations, "dump_payload_sanitizations", COUNTER, "", 1, "Payloads that were verified in depth") \
    X(eventloop_cycles, "eventloop_cycles_total", COUNTER, "", 1, "Turns of the server's event loop") \
    X(eventloop_duration_cmd_sum, "eventloop_duration_cmd_sum_usec_total", COUNTER, "microseconds", 1, "Time in commands in the event loop") \
    X(eventloop_duration_sum, "eventloop_duration_sum_usec_total", COUNTER, "microseconds", 1, "Time in the event loop") \
    X(evicted_clients, "evicted_clients_total", COUNTER, "", 1, "Clients cut off to free memory") \
    X(evicted_keys, "evicted_keys_total", COUNTER, "", 1, "Keys thrown out because memory was full") \
    X(evicted_scripts, "evicted_scripts_total", COUNTER, "", 1, "Scripts thrown out of the cache") \
    X(expire_cycle_cpu_milliseconds, "expire_cycle_cpu_time_ms_total", COUNTER, "milliseconds", 1, "Time spent looking for keys that have expired") \
    X(expired_keys, "expired_keys_total", COUNTER, "", 1, "Keys that reached the end of their time") \
    X(expired_stale_perc, "expired_stale_percentage", GAUGE, "percent", 1, "Share of keys with a time to live that have expired and are still held") \
    X(expired_subkeys, "expired_subkeys_total", COUNTER, "", 1, "Fields of hashes that reached the end of their time") \
    X(expired_time_cap_reached_count, "expired_time_cap_reached_total", COUNTER, "", 1, "Searches for expired keys that ran out of time") \
    X(hz, "hz", GAUGE, "", 1, "Background ticks a second") \
    X(instantaneous_eventloop_cycles_per_sec, "instantaneous_eventloop_cycles_per_sec", GAUGE, "", 1, "Turns of the event loop in the last second") \
    X(instantaneous_eventloop_duration_usec, "instantaneous_eventloop_duration_usec", GAUGE, "microseconds", 1, "Time of a turn of the event loop lately") \
    X(io_threaded_reads_processed, "io_threaded_reads_processed", COUNTER, "", 1, "Reads by the input and output threads") \
    X(io_threaded_writes_processed, "io_threaded_writes_processed", COUNTER, "", 1, "Writes by the input and output threads") \
    X(io_threads_active, "io_threads_active", GAUGE, "", 1, "1 while the input and output threads are used") \
    X(keyspace_hits, "keyspace_hits_total", COUNTER, "", 1, "Look-ups that found their key") \
    X(keyspace_misses, "keyspace_misses_total", COUNTER, "", 1, "Look-ups that found no key") \
    X(latest_fork_usec, "latest_fork_seconds", GAUGE, "seconds", 1e-6, "How long the last fork took") \
    X(lazyfree_pending_objects, "lazyfree_pending_objects", GAUGE, "", 1, "Values that wait to be freed in the background") \
    X(lazyfreed_objects, "lazyfreed_objects", GAUGE, "", 1, "Values freed in the background") \
    X(loading, "loading_dump_file", GAUGE, "", 1, "1 while data is loaded from disk") \
    X(long_lock_waits, "long_lock_waits_total", GAUGE, "", 1, "Long waits for KeyDB's lock") \
    X(master_repl_offset, "master_repl_offset", GAUGE, "", 1, "Bytes of the replication stream so far") \
    X(maxclients, "max_clients", GAUGE, "", 1, "Most clients that are taken") \
    X(maxfragmentationmemory_desired_reservation, "memory_max_fragmentation_reservation_desired_bytes", GAUGE, "bytes", 1, "Wanted reserve for fragmentation (Azure)") \
    X(maxfragmentationmemory_reservation, "memory_max_fragmentation_reservation_bytes", GAUGE, "bytes", 1, "Reserve for fragmentation (Azure)") \
    X(maxmemory, "memory_max_bytes", GAUGE, "bytes", 1, "Limit of memory for data, 0 when there is none") \
    X(maxmemory_desired_reservation, "memory_max_reservation_desired_bytes", GAUGE, "bytes", 1, "Wanted reserve of memory (Azure)") \
    X(maxmemory_reservation, "memory_max_reservation_bytes", GAUGE, "bytes", 1, "Reserve of memory (Azure)") \
    X(mem_aof_buffer, "mem_aof_buffer_bytes", GAUGE, "bytes", 1, "Memory of the append-only buffer") \
    X(mem_clients_normal, "mem_clients_normal", GAUGE, "", 1, "Bytes in buffers of clients") \
    X(mem_clients_slaves, "mem_clients_slaves", GAUGE, "", 1, "Bytes in buffers of replicas") \
    X(mem_cluster_links, "mem_cluster_links_bytes", GAUGE, "bytes", 1, "Memory of the links between cluster nodes") \
    X(mem_fragmentation_bytes, "mem_fragmentation_bytes", GAUGE, "bytes", 1, "Resident memory beyond what is used") \
    X(mem_fragmentation_ratio, "mem_fragmentation_ratio", GAUGE, "", 1, "Resident over used memory") \
    X(mem_not_counted_for_evict, "mem_not_counted_for_eviction_bytes", GAUGE, "bytes", 1, "Memory that does not count against the limit") \
    X(mem_overhead_db_hashtable_rehashing, "mem_overhead_db_hashtable_rehashing_bytes", GAUGE, "bytes", 1, "Memory of tables that are being resized") \
    X(mem_replication_backlog, "mem_replication_backlog_bytes", GAUGE, "bytes", 1, "Memory of the replication backlog") \
    X(mem_total_replication_buffers, "mem_total_replication_buffers_bytes", GAUGE, "bytes", 1, "Memory of all replication buffers") \
    X(migrate_cached_sockets, "migrate_cached_sockets_total", GAUGE, "", 1, "Sockets held open for MIGRATE") \
    X(module_fork_in_progress, "module_fork_in_progress", GAUGE, "", 1, "1 while a module's child runs") \
    X(module_fork_last_cow_size, "module_fork_last_cow_size", GAUGE, "", 1, "Bytes copied during a module's last fork") \
    X(number_of_cached_scripts, "number_of_cached_scripts", GAUGE, "", 1, "Scripts in the cache") \
    X(number_of_functions, "number_of_functions", GAUGE, "", 1, "Functions that are loaded") \
    X(number_of_libraries, "number_of_libraries", GAUGE, "", 1, "Libraries of functions that are loaded") \
    X(process_id, "process_id", GAUGE, "", 1, "Process id of the server") \
    X(pubsub_channels, "pubsub_channels", GAUGE, "", 1, "Channels with subscribers") \
    X(pubsub_clients, "pubsub_clients", GAUGE, "", 1, "Clients that subscribe") \
    X(pubsub_patterns, "pubsub_patterns", GAUGE, "", 1, "Patterns with subscribers") \
    X(pubsubshard_channels, "pubsubshard_channels", GAUGE, "", 1, "Shard channels with subscribers") \
    X(rdb_bgsave_in_progress, "rdb_bgsave_in_progress", GAUGE, "", 1, "1 while a snapshot is written") \
    X(rdb_changes_since_last_save, "rdb_changes_since_last_save", GAUGE, "", 1, "Changes that no snapshot holds yet") \
    X(rdb_current_bgsave_time_sec, "rdb_current_bgsave_duration_sec", GAUGE, "seconds", 1, "How long the snapshot has been written, -1 when none is") \
    X(rdb_last_bgsave_status, "rdb_last_bgsave_status", GAUGE, "", 1, "1 when the last snapshot went well") \
    X(rdb_last_bgsave_time_sec, "rdb_last_bgsave_duration_sec", GAUGE, "seconds", 1, "How long the last snapshot took, -1 when there was none") \
    X(rdb_last_cow_size, "rdb_last_cow_size_bytes", GAUGE, "bytes", 1, "Memory copied during the last snapshot") \
    X(rdb_last_load_keys_expired, "rdb_last_load_expired_keys", GAUGE, "", 1, "Expired keys in the file that was loaded") \
    X(rdb_last_load_keys_loaded, "rdb_last_load_loaded_keys", GAUGE, "", 1, "Keys in the file that was loaded") \
    X(rdb_last_save_time, "rdb_last_save_timestamp_seconds", GAUGE, "seconds", 1, "When the last good snapshot was written") \
    X(rdb_saves, "rdb_saves_total", GAUGE, "", 1, "Snapshots since the start") \
    X(rejected_connections, "rejected_connections_total", COUNTER, "", 1, "Connections refused because there were too many clients") \
    X(repl_backlog_active, "repl_backlog_is_active", GAUGE, "", 1, "1 when there is a replication backlog") \
    X(repl_backlog_first_byte_offset, "repl_backlog_first_byte_offset", GAUGE, "", 1, "Offset of the first byte in the backlog") \
    X(repl_backlog_histlen, "repl_backlog_history_bytes", GAUGE, "bytes", 1, "Data in the replication backlog") \
    X(repl_backlog_size, "replication_backlog_bytes", GAUGE, "bytes", 1, "Size of the replication backlog") \
    X(reply_buffer_expands, "reply_buffer_expands_total", COUNTER, "", 1, "Output buffers that were made larger") \
    X(reply_buffer_shrinks, "reply_buffer_shrinks_total", COUNTER, "", 1, "Output buffers that were made smaller") \
    X(second_repl_offset, "second_repl_offset", GAUGE, "", 1, "Up to where the former replication id is accepted, -1 when none is") \
    X(sentinel_masters, "sentinel_masters", GAUGE, "", 1, "Masters that this sentinel watches") \
    X(sentinel_running_scripts, "sentinel_running_scripts", GAUGE, "", 1, "Scripts that this sentinel runs") \
    X(sentinel_scripts_queue_length, "sentinel_scripts_queue_length", GAUGE, "", 1, "Scripts that wait in this sentinel") \
    X(sentinel_simulate_failure_flags, "sentinel_simulate_failure_flags", GAUGE, "", 1, "Failures that this sentinel simulates") \
    X(sentinel_tilt, "sentinel_tilt", GAUGE, "", 1, "1 while this sentinel distrusts its clock and does nothing") \
    X(server_threads, "server_threads_total", GAUGE, "", 1, "Threads of KeyDB") \
    X(slave_expires_tracked_keys, "slave_expires_tracked_keys", GAUGE, "", 1, "Keys with a time to live that a writable replica tracks") \
    X(slave_priority, "slave_priority", GAUGE, "", 1, "Priority of this replica in a failover") \
    X(storage_provider_read_hits, "storage_provider_read_hits", COUNTER, "", 1, "Reads found in KeyDB's storage") \
    X(storage_provider_read_misses, "storage_provider_read_misses", COUNTER, "", 1, "Reads not found in KeyDB's storage") \
    X(sync_full, "replica_resyncs_full", GAUGE, "", 1, "Full copies sent to replicas") \
    X(sync_partial_err, "replica_partial_resync_denied", GAUGE, "", 1, "Partial copies refused to replicas") \
    X(sync_partial_ok, "replica_partial_resync_accepted", GAUGE, "", 1, "Partial copies sent to replicas") \
    X(total_blocking_keys, "total_blocking_keys", GAUGE, "", 1, "Keys that clients wait for") \
    X(total_blocking_keys_on_nokey, "total_blocking_keys_on_nokey", GAUGE, "", 1, "Keys that clients wait for and that may not exist") \
    X(total_commands_processed, "commands_processed_total", COUNTER, "", 1, "Commands that were run") \
    X(total_connections_received, "connections_received_total", COUNTER, "", 1, "Connections that were accepted") \
    X(total_error_replies, "total_error_replies", COUNTER, "", 1, "Answers that were errors") \
    X(total_eviction_exceeded_time, "eviction_exceeded_time_ms_total", COUNTER, "milliseconds", 1, "Time that memory was above its limit") \
    X(total_net_input_bytes, "net_input_bytes_total", COUNTER, "bytes", 1, "Bytes read from the network") \
    X(total_net_output_bytes, "net_output_bytes_total", COUNTER, "bytes", 1, "Bytes written to the network") \
    X(total_net_repl_input_bytes, "net_repl_input_bytes_total", COUNTER, "bytes", 1, "Bytes of replication read") \
    X(total_net_repl_output_bytes, "net_repl_output_bytes_total", COUNTER, "bytes", 1, "Bytes of replication written") \
    X(total_reads_processed, "total_reads_processed", COUNTER, "", 1, "Reads from clients") \
    X(total_system_memory, "total_system_memory_bytes", GAUGE, "bytes", 1, "Memory of the machine") \
    X(total_watched_keys, "total_watched_keys", GAUGE, "", 1, "Keys that are watched") \
    X(total_writes_processed, "total_writes_processed", COUNTER, "", 1, "Writes to clients") \
    X(tracking_clients, "tracking_clients", GAUGE, "", 1, "Clients that are told when keys change") \
    X(tracking_total_items, "tracking_total_items", GAUGE, "", 1, "Items tracked for clients") \
    X(tracking_total_keys, "tracking_total_keys", GAUGE, "", 1, "Keys tracked for clients") \
    X(tracking_total_prefixes, "tracking_total_prefixes", GAUGE, "", 1, "Prefixes tracked for clients") \
    X(unexpected_error_replies, "unexpected_error_replies", COUNTER, "", 1, "Errors that should not happen: of replication and of loading") \
    X(uptime_in_seconds, "uptime_in_seconds", GAUGE, "seconds", 1, "Seconds since the server started") \
    X(used_active_time_main_thread, "active_time_main_thread_seconds_total", COUNTER, "seconds", 1, "Time that Valkey's main thread was busy") \
    X(used_cpu_sys, "cpu_sys_seconds_total", COUNTER, "seconds", 1, "System CPU time of the server") \
    X(used_cpu_sys_children, "cpu_sys_children_seconds_total", COUNTER, "seconds", 1, "System CPU time of its children") \
    X(used_cpu_sys_main_thread, "cpu_sys_main_thread_seconds_total", COUNTER, "seconds", 1, "System CPU time of its main thread") \
    X(used_cpu_user, "cpu_user_seconds_total", COUNTER, "seconds", 1, "User CPU time of the server") \
    X(used_cpu_user_children, "cpu_user_children_seconds_total", COUNTER, "seconds", 1, "User CPU time of its children") \
    X(used_cpu_user_main_thread, "cpu_user_main_thread_seconds_total", COUNTER, "seconds", 1, "User CPU time of its main thread") \
    X(used_memory, "memory_used_bytes", GAUGE, "bytes", 1, "Memory that the server's allocator has given to it") \
    X(used_memory_dataset, "memory_used_dataset_bytes", GAUGE, "bytes", 1, "Memory of the data itself") \
    X(used_memory_functions, "memory_used_functions_bytes", GAUGE, "bytes", 1, "Memory of functions") \
    X(used_memory_lua, "memory_used_lua_bytes", GAUGE, "bytes", 1, "Memory of the Lua engine") \
    X(used_memory_overhead, "memory_used_overhead_bytes", GAUGE, "bytes", 1, "Memory for managing the data") \
    X(used_memory_peak, "memory_used_peak_bytes", GAUGE, "bytes", 1, "Most memory used so far") \
    X(used_memory_rss, "memory_used_rss_bytes", GAUGE, "bytes", 1, "Resident memory of the server") \
    X(used_memory_scripts, "memory_used_scripts_bytes", GAUGE, "bytes", 1, "Memory of scripts and functions") \
    X(used_memory_scripts_eval, "memory_used_scripts_eval_bytes", GAUGE, "bytes", 1, "Memory of scripts") \
    X(used_memory_startup, "memory_used_startup_bytes", GAUGE, "bytes", 1, "Memory used at the start") \
    X(used_memory_vm_eval, "memory_used_vm_eval_bytes", GAUGE, "bytes", 1, "Memory of the engine of scripts") \
    X(used_memory_vm_functions, "memory_used_vm_functions_bytes", GAUGE, "bytes", 1, "Memory of the engine of functions") \
    X(used_memory_vm_total, "memory_used_vm_total", GAUGE, "", 1, "Bytes of the engines of scripts and functions") \
    X(watching_clients, "watching_clients", GAUGE, "", 1, "Clients that watch keys")

/* Identifier, name after "redis_", kind, unit, help, labels. */
#define REDIS_FAMILIES(X) \
    X(UP, "up", GAUGE, "", "1 when the server answers PING", NULL) \
    X(SCRAPES, "exporter_scrapes_total", COUNTER, "", "Runs of the probe", NULL) \
    X(SCRAPE_ERROR, "exporter_last_scrape_error", GAUGE, "", "1 when the last run was not up", "err") \
    X(SCRAPE_TIME, "exporter_last_scrape_duration_seconds", GAUGE, "seconds", "How long the last run took", NULL) \
    X(CONNECT_TIME, "exporter_last_scrape_connect_time_seconds", GAUGE, "seconds", "How long the last run took to connect, 0 when the connection was kept", NULL) \
    X(PING_TIME, "exporter_last_scrape_ping_time_seconds", GAUGE, "seconds", "From PING to its answer in the last run", NULL) \
    X(COLLECTOR, "collector_success", GAUGE, "", "1 when this part of the server's facts could be read, 0 when it was refused or wrong", "collector") \
    X(INSTANCE, "instance_info", GAUGE, "", "What the server says of itself", "role", "redis_version", "redis_build_id", "redis_mode", "os", "maxmemory_policy", "tcp_port", "run_id") \
    X(START_TIME, "start_time_seconds", GAUGE, "seconds", "When the server started", NULL) \
    X(FRAGMENTATION, "memory_fragmentation_ratio", GAUGE, "", "redis_mem_fragmentation_ratio under the name that the mixin asks for", NULL) \
    X(CONFIG_CLIENTS, "config_maxclients", GAUGE, "", "Most clients that are taken, as configured", NULL) \
    X(CONFIG_MEMORY, "config_maxmemory", GAUGE, "", "Limit of memory for data in bytes, as configured", NULL) \
    X(CONFIG_THREADS, "config_io_threads", GAUGE, "", "Input and output threads, as configured", NULL) \
    X(COMMANDS, "commands_total", COUNTER, "", "Calls of a command", "cmd") \
    X(COMMAND_TIME, "commands_duration_seconds_total", COUNTER, "seconds", "Time spent in a command", "cmd") \
    X(COMMAND_REJECTED, "commands_rejected_calls_total", COUNTER, "", "Calls of a command that were refused before it began", "cmd") \
    X(COMMAND_FAILED, "commands_failed_calls_total", COUNTER, "", "Calls of a command that ended with an error", "cmd") \
    X(ERRORS, "errors_total", COUNTER, "", "Answers that were an error, by their first word", "err") \
    X(DB_KEYS, "db_keys", GAUGE, "", "Keys in a database", "db") \
    X(DB_EXPIRING, "db_keys_expiring", GAUGE, "", "Keys with a time to live in a database", "db") \
    X(DB_CACHED, "db_keys_cached", GAUGE, "", "Keys of a database that KeyDB holds in memory", "db") \
    X(DB_TTL, "db_avg_ttl_seconds", GAUGE, "seconds", "Mean time to live in a database", "db") \
    X(REPLICA_OFFSET, "connected_slave_offset_bytes", GAUGE, "bytes", "How far a replica has read the replication stream", "slave_ip", "slave_port", "slave_state") \
    X(REPLICA_LAG, "connected_slave_lag_seconds", GAUGE, "seconds", "Since when a replica has not reported how far it is", "slave_ip", "slave_port", "slave_state") \
    X(MASTER_LINK, "master_link_up", GAUGE, "", "1 when this replica is connected to its master", "master_host", "master_port") \
    X(MASTER_IO, "master_last_io_seconds_ago", GAUGE, "seconds", "Since when this replica has heard nothing from its master, -1 when the link is down", "master_host", "master_port") \
    X(MASTER_SYNC, "master_sync_in_progress", GAUGE, "", "1 while this replica copies all of its master's data", "master_host", "master_port") \
    X(REPLICA_REPL, "slave_repl_offset", GAUGE, "", "How far this replica has read the replication stream", "master_host", "master_port") \
    X(REPLICA_INFO, "slave_info", GAUGE, "", "Whom this replica copies", "master_host", "master_port", "read_only") \
    X(SLOWLOG_LENGTH, "slowlog_length", GAUGE, "", "Entries in the log of slow commands", NULL) \
    X(SLOWLOG_LAST, "slowlog_last_id", GAUGE, "", "Number of the latest slow command, 0 when there was none", NULL) \
    X(SLOWLOG_TIME, "last_slow_execution_duration_seconds", GAUGE, "seconds", "How long the latest slow command took", NULL) \
    X(SPIKE_LAST, "latency_spike_last", GAUGE, "", "When the latest latency spike of this kind was, in seconds since 1970", "event_name") \
    X(SPIKE_TIME, "latency_spike_duration_seconds", GAUGE, "seconds", "How long the latest latency spike of this kind was", "event_name") \
    X(KEY_SIZE, "key_size", GAUGE, "", "Elements of a key that is listed in the configuration, bytes of a string", "db", "key") \
    X(KEY_VALUE, "key_value", GAUGE, "", "Value of a key that is listed in the configuration and is a number", "db", "key") \
    X(KEYS_COUNT, "keys_count", GAUGE, "", "Keys that fit a pattern", "db", "key") \
    X(KEYS_COMPLETE, "keys_scan_complete", GAUGE, "", "1 when the last search for a pattern saw every key, 0 when it hit a limit", "db", "key") \
    X(STREAM_LENGTH, "stream_length", GAUGE, "", "Entries of a stream", "db", "stream") \
    X(STREAM_RADIX_KEYS, "stream_radix_tree_keys", GAUGE, "", "Keys in the radix tree of a stream", "db", "stream") \
    X(STREAM_RADIX_NODES, "stream_radix_tree_nodes", GAUGE, "", "Nodes in the radix tree of a stream", "db", "stream") \
    X(STREAM_GROUPS, "stream_groups", GAUGE, "", "Consumer groups of a stream", "db", "stream") \
    X(STREAM_LAST, "stream_last_generated_id", GAUGE, "", "Time part of the latest id of a stream, in milliseconds", "db", "stream") \
    X(STREAM_FIRST_ENTRY, "stream_first_entry_id", GAUGE, "", "Time part of the oldest entry's id, in milliseconds", "db", "stream") \
    X(STREAM_LAST_ENTRY, "stream_last_entry_id", GAUGE, "", "Time part of the newest entry's id, in milliseconds", "db", "stream") \
    X(STREAM_ADDED, "stream_entries_added_total", COUNTER, "", "Entries ever added to a stream", "db", "stream") \
    X(STREAM_DELETED, "stream_max_deleted_entry_id", GAUGE, "", "Time part of the largest id that was deleted, in milliseconds", "db", "stream") \
    X(GROUP_CONSUMERS, "stream_group_consumers", GAUGE, "", "Consumers of a group", "db", "stream", "group") \
    X(GROUP_PENDING, "stream_group_messages_pending", GAUGE, "", "Entries that were handed to a group and not acknowledged", "db", "stream", "group") \
    X(GROUP_DELIVERED, "stream_group_last_delivered_id", GAUGE, "", "Time part of the id that a group was handed last, in milliseconds", "db", "stream", "group") \
    X(GROUP_READ, "stream_group_entries_read", GAUGE, "", "Entries that a group was handed so far", "db", "stream", "group") \
    X(GROUP_LAG, "stream_group_lag", GAUGE, "", "Entries that a group was not handed yet", "db", "stream", "group") \
    X(CONSUMER_PENDING, "stream_group_consumer_messages_pending", GAUGE, "", "Entries that a consumer has not acknowledged", "db", "stream", "group", "consumer") \
    X(CONSUMER_IDLE, "stream_group_consumer_idle_seconds", GAUGE, "seconds", "Since when a consumer has not asked", "db", "stream", "group", "consumer") \
    X(SENTINEL_STATUS, "sentinel_master_status", GAUGE, "", "1 when this sentinel finds the master well", "master_name", "master_address", "master_status") \
    X(SENTINEL_REPLICAS, "sentinel_master_slaves", GAUGE, "", "Replicas of a master", "master_name", "master_address") \
    X(SENTINEL_SENTINELS, "sentinel_master_sentinels", GAUGE, "", "Sentinels that watch a master, this one included", "master_name", "master_address") \
    X(SENTINEL_OK_REPLICAS, "sentinel_master_ok_slaves", GAUGE, "", "Replicas of a master that are well", "master_name", "master_address") \
    X(SENTINEL_OK_SENTINELS, "sentinel_master_ok_sentinels", GAUGE, "", "Sentinels of a master that are well, this one included", "master_name", "master_address") \
    X(SENTINEL_QUORUM, "sentinel_master_ckquorum_status", GAUGE, "", "1 when enough sentinels are well for a failover", "master_name", "message") \
    X(SENTINEL_SET_QUORUM, "sentinel_master_setting_ckquorum", GAUGE, "", "Sentinels that have to agree that a master is down", "master_name", "master_address") \
    X(SENTINEL_SET_FAILOVER, "sentinel_master_setting_failover_timeout", GAUGE, "", "Longest failover in milliseconds", "master_name", "master_address") \
    X(SENTINEL_SET_SYNCS, "sentinel_master_setting_parallel_syncs", GAUGE, "", "Replicas that may copy a new master at once", "master_name", "master_address") \
    X(SENTINEL_SET_DOWN, "sentinel_master_setting_down_after_milliseconds", GAUGE, "", "Silence after which a master counts as down", "master_name", "master_address") \
    X(SENTINEL_EPOCH, "sentinel_master_config_epoch", GAUGE, "", "Epoch of a master's configuration: grows with each failover", "master_name", "master_address") \
    X(SENTINEL_PING, "sentinel_master_last_ok_ping_reply_seconds", GAUGE, "seconds", "Since when a master has not answered PING well", "master_name", "master_address")
/* clang-format on */

/* The three kinds of lines of a summary. Its quantiles are written "50" and "99.9", as
 * redis_exporter does. */
extern const struct metric redis_latency, redis_latency_sum, redis_latency_count;

enum redis_family {
#define X(id, ...) REDIS_##id,
    REDIS_FAMILIES(X)
#undef X
        REDIS_FAMILY_COUNT
};
extern const struct metric redis_families[REDIS_FAMILY_COUNT];

struct redis_field {
    const char *name; /* as INFO has it */
    struct metric metric;
    double scale;
};
/* The family of a field of INFO; NULL for one that makes none. */
const struct redis_field *redis_field_find(const char *name, size_t len);

extern const struct metric *const redis_metrics[]; /* all, ended by NULL */

#endif
