/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The families of the containers probe: cAdvisor's names, types and labels, and healthd's own for what cAdvisor does not
 * show (stopped containers, exit codes, restarts). One table, read by the enumeration below, by containers_families.c and
 * by the reference. Columns: identifier, name, kind, unit, help, labels beside `id`, `image` and `name`.
 */
#ifndef HEALTHD_PROBES_CONTAINERS_FAMILIES_H
#define HEALTHD_PROBES_CONTAINERS_FAMILIES_H

#include "lib/core/metric.h"

/* One number of a cgroup each, in the order of enum cgroup_number (containers.h). */
#define CONTAINERS_NUMBER_FAMILIES(X)                                                    \
    X(CPU_USER, "container_cpu_user_seconds_total", COUNTER, "seconds",                  \
      "CPU time spent in programs")                                                      \
    X(CPU_SYSTEM, "container_cpu_system_seconds_total", COUNTER, "seconds",              \
      "CPU time spent in the kernel")                                                    \
    X(CPU_PERIODS, "container_cpu_cfs_periods_total", COUNTER, "",                       \
      "Periods in which the CPU quota was enforced")                                     \
    X(CPU_THROTTLED_PERIODS, "container_cpu_cfs_throttled_periods_total", COUNTER, "",   \
      "Periods in which the container used its quota up and had to wait")                \
    X(CPU_THROTTLED, "container_cpu_cfs_throttled_seconds_total", COUNTER, "seconds",    \
      "Time that the container waited because its quota was used up")                    \
    X(CPU_QUOTA, "container_spec_cpu_quota", GAUGE, "",                                  \
      "Microseconds of CPU that the container may use in a period")                      \
    X(CPU_PERIOD, "container_spec_cpu_period", GAUGE, "",                                \
      "Length of a period, in microseconds")                                             \
    X(CPU_SHARES, "container_spec_cpu_shares", GAUGE, "",                                \
      "Weight of the container when CPUs are short; 1024 is the default")                \
    X(MEMORY_USAGE, "container_memory_usage_bytes", GAUGE, "bytes",                      \
      "Memory in use, with what the kernel could drop")                                  \
    X(MEMORY_WORKING_SET, "container_memory_working_set_bytes", GAUGE, "bytes",          \
      "Memory in use without file pages that were not used lately: what counts "         \
      "against the limit")                                                               \
    X(MEMORY_CACHE, "container_memory_cache", GAUGE, "bytes", "Memory that holds files") \
    X(MEMORY_RSS, "container_memory_rss", GAUGE, "bytes",                                \
      "Memory of the programs themselves: anonymous pages and swap cache")               \
    X(MEMORY_MAPPED, "container_memory_mapped_file", GAUGE, "bytes",                     \
      "Memory that holds mapped files")                                                  \
    X(MEMORY_SWAP, "container_memory_swap", GAUGE, "bytes", "Swap in use")               \
    X(MEMORY_MAX_USAGE, "container_memory_max_usage_bytes", GAUGE, "bytes",              \
      "Most memory that was ever in use; 0 when the kernel does not keep it")            \
    X(MEMORY_FAILCNT, "container_memory_failcnt", COUNTER, "",                           \
      "Times that memory use met its limit")                                             \
    X(MEMORY_KERNEL, "container_memory_kernel_usage", GAUGE, "bytes",                    \
      "Memory that the kernel uses for the container")                                   \
    X(MEMORY_LIMIT, "container_spec_memory_limit_bytes", GAUGE, "bytes",                 \
      "Memory that the container may use; 0: no limit")                                  \
    X(MEMORY_RESERVATION, "container_spec_memory_reservation_limit_bytes", GAUGE,        \
      "bytes", "Memory that is kept for the container; 0: none")                         \
    X(MEMORY_SWAP_LIMIT, "container_spec_memory_swap_limit_bytes", GAUGE, "bytes",       \
      "Swap that the container may use; 0: no limit")                                    \
    X(OOM_EVENTS, "container_oom_events_total", COUNTER, "",                             \
      "Processes of the container that were killed for want of memory")                  \
    X(THREADS, "container_threads", GAUGE, "", "Threads of the container")               \
    X(THREADS_MAX, "container_threads_max", GAUGE, "",                                   \
      "Threads that the container may have; 0: no limit")                                \
    X(PRESSURE_CPU_WAITING, "container_pressure_cpu_waiting_seconds_total", COUNTER,     \
      "seconds", "Time that some task waited for a CPU")                                 \
    X(PRESSURE_CPU_STALLED, "container_pressure_cpu_stalled_seconds_total", COUNTER,     \
      "seconds", "Time that every task waited for a CPU")                                \
    X(PRESSURE_MEMORY_WAITING, "container_pressure_memory_waiting_seconds_total",        \
      COUNTER, "seconds", "Time that some task waited for memory")                       \
    X(PRESSURE_MEMORY_STALLED, "container_pressure_memory_stalled_seconds_total",        \
      COUNTER, "seconds", "Time that every task waited for memory")                      \
    X(PRESSURE_IO_WAITING, "container_pressure_io_waiting_seconds_total", COUNTER,       \
      "seconds", "Time that some task waited for I/O")                                   \
    X(PRESSURE_IO_STALLED, "container_pressure_io_stalled_seconds_total", COUNTER,       \
      "seconds", "Time that every task waited for I/O")

/* What comes from elsewhere, or has labels of its own. */
#define CONTAINERS_OTHER_FAMILIES(X)                                                     \
    X(CPU_USAGE, "container_cpu_usage_seconds_total", COUNTER, "seconds",                \
      "CPU time used; cpu is `total` where the kernel does not keep it for each CPU",    \
      "cpu")                                                                             \
    X(MEMORY_FAILURES, "container_memory_failures_total", COUNTER, "", "Page faults",    \
      "failure_type", "scope")                                                           \
    X(FS_READ_BYTES, "container_fs_reads_bytes_total", COUNTER, "bytes",                 \
      "Bytes read from a disk", "device")                                                \
    X(FS_WRITTEN_BYTES, "container_fs_writes_bytes_total", COUNTER, "bytes",             \
      "Bytes written to a disk", "device")                                               \
    X(FS_READS, "container_fs_reads_total", COUNTER, "", "Reads of a disk", "device")    \
    X(FS_WRITES, "container_fs_writes_total", COUNTER, "", "Writes to a disk", "device") \
    X(RX_BYTES, "container_network_receive_bytes_total", COUNTER, "bytes",               \
      "Bytes received", "interface")                                                     \
    X(RX_PACKETS, "container_network_receive_packets_total", COUNTER, "",                \
      "Packets received", "interface")                                                   \
    X(RX_ERRORS, "container_network_receive_errors_total", COUNTER, "",                  \
      "Packets received with errors", "interface")                                       \
    X(RX_DROPS, "container_network_receive_packets_dropped_total", COUNTER, "",          \
      "Packets received and dropped", "interface")                                       \
    X(TX_BYTES, "container_network_transmit_bytes_total", COUNTER, "bytes",              \
      "Bytes sent", "interface")                                                         \
    X(TX_PACKETS, "container_network_transmit_packets_total", COUNTER, "",               \
      "Packets sent", "interface")                                                       \
    X(TX_ERRORS, "container_network_transmit_errors_total", COUNTER, "",                 \
      "Packets that could not be sent", "interface")                                     \
    X(TX_DROPS, "container_network_transmit_packets_dropped_total", COUNTER, "",         \
      "Packets dropped instead of sent", "interface")                                    \
    X(LAST_SEEN, "container_last_seen", GAUGE, "seconds",                                \
      "When the container's cgroup was read last", NULL)                                 \
    X(START_TIME, "container_start_time_seconds", GAUGE, "seconds",                      \
      "When the container started", NULL)                                                \
    X(CREATION_TIME, "container_creation_time_seconds", GAUGE, "seconds",                \
      "When the container was made", NULL)                                               \
    X(HEALTH_STATE, "container_health_state", GAUGE, "",                                 \
      "1 healthy, 0 starting or unhealthy, -1 no health check", NULL)

/* Without cAdvisor's labels: of the machine, or of a container whether it runs or not. */
#define CONTAINERS_PLAIN_FAMILIES(X)                                                     \
    X(MACHINE_CORES, "machine_cpu_cores", GAUGE, "", "CPUs that are online", NULL)       \
    X(MACHINE_PHYSICAL_CORES, "machine_cpu_physical_cores", GAUGE, "",                   \
      "Cores of these CPUs", NULL)                                                       \
    X(MACHINE_SOCKETS, "machine_cpu_sockets", GAUGE, "", "Packages of these CPUs", NULL) \
    X(MACHINE_MEMORY, "machine_memory_bytes", GAUGE, "bytes", "Memory of the machine",   \
      NULL)                                                                              \
    X(MACHINE_SWAP, "machine_swap_bytes", GAUGE, "bytes", "Swap of the machine", NULL)   \
    X(SCRAPE_ERROR, "container_scrape_error", GAUGE, "",                                 \
      "1 when no cgroup could be read, else 0", NULL)                                    \
    X(VERSION_INFO, "cadvisor_version_info", GAUGE, "",                                  \
      "What shows these families: healthd, in this version", "cadvisorRevision",         \
      "cadvisorVersion", "dockerVersion", "kernelVersion", "osVersion")                  \
    X(STATE, "healthd_container_state", GAUGE, "",                                       \
      "1 for the state that a container is in, stopped ones too", "image", "name",       \
      "project", "service", "state")                                                     \
    X(HEALTH, "healthd_container_health", GAUGE, "",                                     \
      "1 for what a container's own health check says", "health", "name", "project",     \
      "service")                                                                         \
    X(EXIT_CODE, "healthd_container_exit_code", GAUGE, "",                               \
      "How a container that does not run ended", "name", "project", "service")           \
    X(RESTARTS, "healthd_container_restarts_total", COUNTER, "",                         \
      "Starts of a container after it had ended by itself, since healthd watches",       \
      "name", "project", "service")                                                      \
    X(OOM_KILLS, "healthd_container_oom_kills_total", COUNTER, "",                       \
      "Kills for want of memory in a container, over its restarts, since healthd "       \
      "watches",                                                                         \
      "name", "project", "service")                                                      \
    X(MEMORY_SHARE, "healthd_container_memory_ratio", GAUGE, "ratio",                    \
      "Working set by the container's memory limit, or by the machine's memory", "name", \
      "project", "service")                                                              \
    X(IMAGE_INFO, "healthd_container_image_info", GAUGE, "",                             \
      "1; which image a container was made of", "digest", "image", "name", "project",    \
      "service")                                                                         \
    X(ENGINE_UP, "healthd_container_engine_up", GAUGE, "",                               \
      "1 when the engine answered what was asked last, else 0", NULL)                    \
    X(EVENTS_UP, "healthd_container_events_up", GAUGE, "",                               \
      "1 while the engine's events are followed, else 0", NULL)                          \
    X(LEFT_OUT, "healthd_containers_left_out", GAUGE, "",                                \
      "Containers above `max_containers`, of which nothing is shown", NULL)              \
    X(COLLECTOR_SUCCESS, "healthd_containers_collector_success", GAUGE, "",              \
      "1 when a part of the collection found what it reads, else 0", "collector")

enum containers_family {
#define X(id, ...) CONTAINERS_##id,
    CONTAINERS_NUMBER_FAMILIES(X) CONTAINERS_OTHER_FAMILIES(X)
        CONTAINERS_PLAIN_FAMILIES(X)
#undef X
            CONTAINERS_FAMILY_COUNT
};
extern const struct metric containers_families[CONTAINERS_FAMILY_COUNT];
extern const struct metric *const containers_metrics[]; /* of the type; NULL-terminated */

#endif
