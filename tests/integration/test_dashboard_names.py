# SPDX-License-Identifier: Apache-2.0
"""The metric names that widely used Grafana dashboards query are on healthd's pages: one healthd that shows this machine and
real servers (a stand-in of MongoDB), and golden pages of machines and containers that have what this one has not."""
import json
from pathlib import Path

import pytest

from lib.metrics import Page
from lib.mongodb import Mongo, User
from lib.postgres import Postgres
from lib.redis import Redis

GOLDEN = Path(__file__).parents[1] / "golden"


def names(prefix, text):
    return {prefix + word for word in text.split()}


DASHBOARDS = {
    "1860, Node Exporter Full": names("node_", """
        boot_time_seconds time_seconds uname_info load1 load5 load15 cpu_seconds_total cpu_guest_seconds_total
        memory_MemTotal_bytes memory_MemFree_bytes memory_MemAvailable_bytes memory_Buffers_bytes memory_Cached_bytes
        memory_SwapTotal_bytes memory_SwapFree_bytes memory_SwapCached_bytes memory_Slab_bytes memory_SReclaimable_bytes
        memory_SUnreclaim_bytes memory_PageTables_bytes memory_Active_bytes memory_Inactive_bytes memory_Active_anon_bytes
        memory_Active_file_bytes memory_Inactive_anon_bytes memory_Inactive_file_bytes memory_AnonPages_bytes
        memory_Mapped_bytes memory_Shmem_bytes memory_Dirty_bytes memory_Writeback_bytes memory_WritebackTmp_bytes
        memory_KernelStack_bytes memory_Committed_AS_bytes memory_CommitLimit_bytes memory_VmallocChunk_bytes
        memory_VmallocTotal_bytes memory_VmallocUsed_bytes memory_Bounce_bytes memory_Unevictable_bytes memory_Mlocked_bytes
        memory_NFS_Unstable_bytes memory_Percpu_bytes memory_HardwareCorrupted_bytes memory_AnonHugePages_bytes
        memory_ShmemHugePages_bytes memory_ShmemPmdMapped_bytes memory_HugePages_Total memory_HugePages_Free
        memory_HugePages_Rsvd memory_HugePages_Surp memory_Hugepagesize_bytes memory_DirectMap4k_bytes
        memory_DirectMap2M_bytes memory_DirectMap1G_bytes
        filesystem_size_bytes filesystem_avail_bytes filesystem_free_bytes filesystem_files filesystem_files_free
        filesystem_readonly filesystem_device_error
        network_receive_bytes_total network_transmit_bytes_total network_receive_packets_total network_transmit_packets_total
        network_receive_errs_total network_transmit_errs_total network_receive_drop_total network_transmit_drop_total
        network_receive_fifo_total network_transmit_fifo_total network_receive_frame_total network_receive_compressed_total
        network_transmit_compressed_total network_receive_multicast_total network_transmit_colls_total
        network_transmit_carrier_total network_up network_carrier network_mtu_bytes network_speed_bytes
        network_transmit_queue_length
        disk_reads_completed_total disk_writes_completed_total disk_read_bytes_total disk_written_bytes_total
        disk_read_time_seconds_total disk_write_time_seconds_total disk_io_time_seconds_total
        disk_io_time_weighted_seconds_total disk_reads_merged_total disk_writes_merged_total disk_io_now
        disk_discards_completed_total disk_discards_merged_total
        vmstat_pgpgin vmstat_pgpgout vmstat_pswpin vmstat_pswpout vmstat_pgfault vmstat_pgmajfault vmstat_oom_kill
        pressure_cpu_waiting_seconds_total pressure_memory_waiting_seconds_total pressure_memory_stalled_seconds_total
        pressure_io_waiting_seconds_total pressure_io_stalled_seconds_total
        procs_running procs_blocked forks_total context_switches_total intr_total schedstat_running_seconds_total
        schedstat_waiting_seconds_total schedstat_timeslices_total entropy_available_bits filefd_allocated filefd_maximum
        timex_estimated_error_seconds timex_frequency_adjustment_ratio timex_loop_time_constant timex_maxerror_seconds
        timex_offset_seconds timex_sync_status timex_tai_offset_seconds timex_tick_seconds
        netstat_IpExt_InOctets netstat_IpExt_OutOctets netstat_Ip_Forwarding netstat_Icmp_InMsgs netstat_Icmp_OutMsgs
        netstat_Icmp_InErrors netstat_Udp_InDatagrams netstat_Udp_OutDatagrams netstat_Udp_InErrors netstat_Udp_NoPorts
        netstat_Udp_RcvbufErrors netstat_Udp_SndbufErrors netstat_UdpLite_InErrors netstat_Tcp_InSegs netstat_Tcp_OutSegs
        netstat_Tcp_RetransSegs netstat_Tcp_CurrEstab netstat_Tcp_ActiveOpens netstat_Tcp_PassiveOpens netstat_Tcp_InErrs
        netstat_Tcp_OutRsts netstat_TcpExt_ListenOverflows netstat_TcpExt_ListenDrops netstat_TcpExt_TCPSynRetrans
        netstat_TcpExt_SyncookiesFailed netstat_TcpExt_SyncookiesRecv netstat_TcpExt_SyncookiesSent
        sockstat_sockets_used sockstat_TCP_alloc sockstat_TCP_inuse sockstat_TCP_orphan sockstat_TCP_tw sockstat_TCP_mem
        sockstat_TCP_mem_bytes sockstat_UDP_inuse sockstat_UDP_mem sockstat_UDP_mem_bytes sockstat_UDPLITE_inuse
        sockstat_RAW_inuse sockstat_FRAG_inuse sockstat_FRAG_memory
        softnet_processed_total softnet_dropped_total softnet_times_squeezed_total
        nf_conntrack_entries nf_conntrack_entries_limit arp_entries hwmon_temp_celsius hwmon_chip_names
        cooling_device_cur_state cooling_device_max_state cpu_scaling_frequency_hertz
        power_supply_online systemd_units systemd_socket_accepted_connections_total tcp_connection_states
        processes_state processes_threads processes_max_threads processes_max_processes processes_pids
        interrupts_total scrape_collector_duration_seconds scrape_collector_success textfile_scrape_error
        """) | names("process_", "cpu_seconds_total resident_memory_bytes virtual_memory_bytes open_fds max_fds"),
    "14282, cAdvisor exporter": names("container_", """
        cpu_usage_seconds_total memory_rss memory_cache network_receive_bytes_total network_transmit_bytes_total
        start_time_seconds"""),
    "9628, PostgreSQL Database": names("pg_", """
        static postmaster_start_time_seconds stat_activity_count stat_activity_max_tx_duration locks_count
        settings_max_connections settings_shared_buffers_bytes settings_effective_cache_size_bytes
        settings_maintenance_work_mem_bytes settings_work_mem_bytes settings_max_wal_size_bytes settings_random_page_cost
        settings_seq_page_cost settings_max_worker_processes settings_max_parallel_workers
        stat_database_xact_commit stat_database_xact_rollback stat_database_tup_fetched stat_database_tup_returned
        stat_database_tup_inserted stat_database_tup_updated stat_database_tup_deleted stat_database_blks_hit
        stat_database_blks_read stat_database_conflicts stat_database_deadlocks stat_database_temp_bytes
        stat_bgwriter_buffers_alloc stat_bgwriter_buffers_backend stat_bgwriter_buffers_backend_fsync
        stat_bgwriter_buffers_checkpoint stat_bgwriter_buffers_clean stat_bgwriter_checkpoint_sync_time
        stat_bgwriter_checkpoint_write_time""") | names("process_", "cpu_seconds_total resident_memory_bytes open_fds"),
    "763, Redis Dashboard": names("redis_", """
        up uptime_in_seconds connected_clients blocked_clients memory_used_bytes memory_max_bytes commands_processed_total
        keyspace_hits_total keyspace_misses_total net_input_bytes_total net_output_bytes_total db_keys db_keys_expiring
        expired_keys_total evicted_keys_total commands_total commands_duration_seconds_total"""),
    "2583, MongoDB": names("mongodb_", """
        up members_uptime instance_uptime_seconds connections op_counters_total op_counters_repl_total memory
        network_bytes_total mongod_metrics_document_total mongod_metrics_query_executor_total
        mongod_metrics_cursor_open mongod_replset_oplog_head_timestamp mongod_replset_oplog_tail_timestamp
        mongod_replset_my_state mongod_replset_member_health mongod_global_lock_current_queue
        extra_info_page_faults_total asserts_total"""),
}

# Queried, and on no page. The test fails for one that is shown nevertheless, so that this list stays short and true.
BY_DEFAULT_OFF = "node_exporter's collector of it is off by default, and healthd's host probe has none"
NOT_THERE = {
    **dict.fromkeys(names("node_", """systemd_units systemd_socket_accepted_connections_total"""),
                    BY_DEFAULT_OFF + ": it needs D-Bus, which a container without mounts of it has not"),
    **dict.fromkeys(names("node_", """tcp_connection_states processes_state processes_threads processes_max_threads
        processes_max_processes processes_pids interrupts_total"""), BY_DEFAULT_OFF),
    "node_power_supply_online": "machines on mains have no /sys/class/power_supply, and the host probe does not read it",
}
# Shown where the kernel has them: the host probe shows whatever /proc/meminfo holds.
BY_KERNEL = {"node_memory_HardwareCorrupted_bytes"}


def series_names(text):
    return {name for name, _ in Page(text).series}


@pytest.fixture(scope="module")
def golden():
    pages = [*(GOLDEN / "host").glob("*.prom"), *(GOLDEN / "containers").glob("*.prom")]
    return set().union(*(series_names(page.read_text()) for page in pages))


def probes(postgres, redis, mongo):
    each = {"interval": "1h", "timeout": "5s"}
    return json.dumps([{"name": "host", "host": {}, **each},
                       {"name": "db", "postgres": postgres.url(query="sslmode=disable"), **each},
                       {"name": "cache", "redis": redis.url(), **each},
                       {"name": "cms", "mongodb": mongo.uri("healthd:secret@"), **each}])


def test_what_dashboards_query_is_shown(healthd, start, golden, request):
    postgres, redis = start(Postgres), start(Redis)
    mongo = Mongo(users={"healthd": User("secret")}, role="primary")
    request.addfinalizer(mongo.stop)
    redis.ask("SET", "key", "value")
    daemon = healthd(f"probes: {probes(postgres, redis, mongo)}\n")
    for name in ("host", "db", "cache", "cms"):
        run = daemon.run_now(name)
        assert run["health"] != "down", run
    shown = series_names(daemon.page().text) | golden
    missing = {(dashboard, name) for dashboard, wanted in DASHBOARDS.items() for name in wanted - shown - BY_KERNEL - NOT_THERE.keys()}
    assert not missing, "\n".join(f"{dashboard}: {name}" for dashboard, name in sorted(missing))
    wrongly_left_out = NOT_THERE.keys() & shown
    assert not wrongly_left_out, wrongly_left_out
