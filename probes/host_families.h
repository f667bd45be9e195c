/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The families of the host probe that do not depend on what the kernel calls its fields: node_exporter's names, types
 * and labels. One table, read by the enumeration below, by host_families.c and by the reference. Columns: identifier,
 * name without node_, kind, unit, help, labels.
 */
#ifndef HEALTHD_PROBES_HOST_FAMILIES_H
#define HEALTHD_PROBES_HOST_FAMILIES_H

#include "lib/core/metric.h"

#define HOST_SYSTEM_FAMILIES(X)                                                          \
    X(COLLECTOR_SECONDS, "scrape_collector_duration_seconds", GAUGE, "seconds",          \
      "Time that a collector took", "collector")                                         \
    X(COLLECTOR_SUCCESS, "scrape_collector_success", GAUGE, "",                          \
      "1 when a collector found what it reads, else 0", "collector")                     \
    X(BUILD_INFO, "exporter_build_info", GAUGE, "",                                      \
      "What shows these families: healthd, in this version", "goos", "version")          \
    X(CPU_SECONDS, "cpu_seconds_total", COUNTER, "seconds",                              \
      "Time that a CPU spent in a mode; user and nice include guests", "cpu", "mode")    \
    X(CPU_GUEST, "cpu_guest_seconds_total", COUNTER, "seconds",                          \
      "Time that a CPU spent running guests", "cpu", "mode")                             \
    X(CPU_ONLINE, "cpu_online", GAUGE, "", "1 when a CPU is online, else 0", "cpu")      \
    X(CPU_ISOLATED, "cpu_isolated", GAUGE, "",                                           \
      "1 for a CPU that is kept from the scheduler", "cpu")                              \
    X(CORE_THROTTLES, "cpu_core_throttles_total", COUNTER, "",                           \
      "Times that a core was slowed down for heat", "core", "package")                   \
    X(PACKAGE_THROTTLES, "cpu_package_throttles_total", COUNTER, "",                     \
      "Times that a package was slowed down for heat", "package")                        \
    X(FREQ_NOW, "cpu_frequency_hertz", GAUGE, "hertz",                                   \
      "Frequency that the hardware reports", "cpu")                                      \
    X(FREQ_AVERAGE, "cpu_frequency_avg_hertz", GAUGE, "hertz",                           \
      "Average frequency that the hardware reports", "cpu")                              \
    X(FREQ_MIN, "cpu_frequency_min_hertz", GAUGE, "hertz",                               \
      "Lowest frequency of the hardware", "cpu")                                         \
    X(FREQ_MAX, "cpu_frequency_max_hertz", GAUGE, "hertz",                               \
      "Highest frequency of the hardware", "cpu")                                        \
    X(SCALING_NOW, "cpu_scaling_frequency_hertz", GAUGE, "hertz",                        \
      "Frequency that the kernel set", "cpu")                                            \
    X(SCALING_MIN, "cpu_scaling_frequency_min_hertz", GAUGE, "hertz",                    \
      "Lowest frequency that the kernel sets", "cpu")                                    \
    X(SCALING_MAX, "cpu_scaling_frequency_max_hertz", GAUGE, "hertz",                    \
      "Highest frequency that the kernel sets", "cpu")                                   \
    X(GOVERNOR, "cpu_scaling_governor", GAUGE, "",                                       \
      "1 for the governor in force, 0 for the others", "cpu", "governor")                \
    X(SCHED_RUNNING, "schedstat_running_seconds_total", COUNTER, "seconds",              \
      "Time that tasks ran on a CPU", "cpu")                                             \
    X(SCHED_WAITING, "schedstat_waiting_seconds_total", COUNTER, "seconds",              \
      "Time that runnable tasks waited for a CPU", "cpu")                                \
    X(SCHED_TIMESLICES, "schedstat_timeslices_total", COUNTER, "",                       \
      "Time slices that a CPU gave", "cpu")                                              \
    X(CPU_WAITING, "pressure_cpu_waiting_seconds_total", COUNTER, "seconds",             \
      "Time that some task waited for a CPU", NULL)                                      \
    X(IO_WAITING, "pressure_io_waiting_seconds_total", COUNTER, "seconds",               \
      "Time that some task waited for I/O", NULL)                                        \
    X(IO_STALLED, "pressure_io_stalled_seconds_total", COUNTER, "seconds",               \
      "Time that every task waited for I/O", NULL)                                       \
    X(MEMORY_WAITING, "pressure_memory_waiting_seconds_total", COUNTER, "seconds",       \
      "Time that some task waited for memory", NULL)                                     \
    X(MEMORY_STALLED, "pressure_memory_stalled_seconds_total", COUNTER, "seconds",       \
      "Time that every task waited for memory", NULL)                                    \
    X(IRQ_STALLED, "pressure_irq_stalled_seconds_total", COUNTER, "seconds",             \
      "Time that every task was kept waiting by interrupts", NULL)                       \
    X(BOOT_TIME, "boot_time_seconds", GAUGE, "seconds",                                  \
      "When the machine started, as Unix time", NULL)                                    \
    X(CONTEXT_SWITCHES, "context_switches_total", COUNTER, "", "Context switches", NULL) \
    X(INTERRUPTS, "intr_total", COUNTER, "", "Interrupts served", NULL)                  \
    X(FORKS, "forks_total", COUNTER, "", "Processes and threads made", NULL)             \
    X(RUNNING, "procs_running", GAUGE, "", "Tasks that run or could run", NULL)          \
    X(BLOCKED, "procs_blocked", GAUGE, "", "Tasks that wait for I/O", NULL)              \
    X(LOAD1, "load1", GAUGE, "", "Load average of 1 minute", NULL)                       \
    X(LOAD5, "load5", GAUGE, "", "Load average of 5 minutes", NULL)                      \
    X(LOAD15, "load15", GAUGE, "", "Load average of 15 minutes", NULL)                   \
    X(FILES_ALLOCATED, "filefd_allocated", GAUGE, "", "File descriptors in use", NULL)   \
    X(FILES_MAXIMUM, "filefd_maximum", GAUGE, "", "File descriptors that there can be",  \
      NULL)                                                                              \
    X(ENTROPY_BITS, "entropy_available_bits", GAUGE, "", "Entropy in the kernel's pool", \
      NULL)                                                                              \
    X(ENTROPY_POOL, "entropy_pool_size_bits", GAUGE, "",                                 \
      "Entropy that the kernel's pool holds at most", NULL)                              \
    X(UNAME, "uname_info", GAUGE, "", "The system as uname(2) names it", "sysname",      \
      "release", "version", "machine", "nodename", "domainname")                         \
    X(OS_INFO, "os_info", GAUGE, "", "The distribution, from os-release", "build_id",    \
      "id", "id_like", "image_id", "image_version", "name", "pretty_name", "variant")    \
    X(OS_VERSION, "os_version", GAUGE, "", "Version of the distribution, as a number",   \
      "id", "id_like", "name")                                                           \
    X(OS_SUPPORT_END, "os_support_end_timestamp_seconds", GAUGE, "seconds",              \
      "When support of the distribution ends, as Unix time", NULL)                       \
    X(REBOOT_REQUIRED, "reboot_required", GAUGE, "",                                     \
      "1 when an update waits for a restart of the machine, else 0", NULL)               \
    X(TEXTFILE_ERROR, "textfile_scrape_error", GAUGE, "",                                \
      "1 when a text file could not be read or taken, else 0", NULL)                     \
    X(TEXTFILE_MTIME, "textfile_mtime_seconds", GAUGE, "seconds",                        \
      "When a text file was written last", "file")                                       \
    X(KERNEL_OUTDATED, "kernel_outdated", GAUGE, "",                                     \
      "1 when /boot has a newer kernel of the running one's flavour, else 0", NULL)      \
    X(SELINUX_ENABLED, "selinux_enabled", GAUGE, "", "1 when SELinux is on, else 0",     \
      NULL)                                                                              \
    X(SELINUX_MODE, "selinux_current_mode", GAUGE, "",                                   \
      "SELinux: 1 enforcing, 0 permissive", NULL)                                        \
    X(DMI_INFO, "dmi_info", GAUGE, "",                                                   \
      "What the firmware calls the machine and its parts", NULL)                         \
    X(TIME, "time_seconds", GAUGE, "seconds", "The machine's clock, as Unix time", NULL) \
    X(TIME_ZONE, "time_zone_offset_seconds", GAUGE, "seconds",                           \
      "Offset of the local time", "time_zone")                                           \
    X(CLOCKSOURCE_AVAILABLE, "time_clocksource_available_info", GAUGE, "",               \
      "A clock source that there is", "device", "clocksource")                           \
    X(CLOCKSOURCE_CURRENT, "time_clocksource_current_info", GAUGE, "",                   \
      "The clock source in use", "device", "clocksource")                                \
    X(TIMEX_OFFSET, "timex_offset_seconds", GAUGE, "seconds",                            \
      "Drift of the clock against its reference", NULL)                                  \
    X(TIMEX_FREQUENCY, "timex_frequency_adjustment_ratio", GAUGE, "",                    \
      "Adjustment of the clock's frequency", NULL)                                       \
    X(TIMEX_MAX_ERROR, "timex_maxerror_seconds", GAUGE, "seconds",                       \
      "Largest error that the clock may have", NULL)                                     \
    X(TIMEX_ERROR, "timex_estimated_error_seconds", GAUGE, "seconds",                    \
      "Error that the clock probably has", NULL)                                         \
    X(TIMEX_STATUS, "timex_status", GAUGE, "", "Status bits of adjtimex(2)", NULL)       \
    X(TIMEX_CONSTANT, "timex_loop_time_constant", GAUGE, "",                             \
      "Time constant of the phase-locked loop", NULL)                                    \
    X(TIMEX_TICK, "timex_tick_seconds", GAUGE, "seconds", "Time between ticks", NULL)    \
    X(TIMEX_PPS_FREQUENCY, "timex_pps_frequency_hertz", GAUGE, "",                       \
      "Frequency of the pulse-per-second signal", NULL)                                  \
    X(TIMEX_PPS_JITTER, "timex_pps_jitter_seconds", GAUGE, "seconds",                    \
      "Jitter of the pulse-per-second signal", NULL)                                     \
    X(TIMEX_PPS_SHIFT, "timex_pps_shift_seconds", GAUGE, "seconds",                      \
      "Length of the pulse-per-second interval", NULL)                                   \
    X(TIMEX_PPS_STABILITY, "timex_pps_stability_hertz", GAUGE, "",                       \
      "Stability of the pulse-per-second signal", NULL)                                  \
    X(TIMEX_PPS_JITTER_EVENTS, "timex_pps_jitter_total", COUNTER, "",                    \
      "Pulses with too much jitter", NULL)                                               \
    X(TIMEX_PPS_CALIBRATIONS, "timex_pps_calibration_total", COUNTER, "",                \
      "Calibration intervals", NULL)                                                     \
    X(TIMEX_PPS_ERRORS, "timex_pps_error_total", COUNTER, "", "Calibration errors",      \
      NULL)                                                                              \
    X(TIMEX_PPS_UNSTABLE, "timex_pps_stability_exceeded_total", COUNTER, "",             \
      "Times that stability was exceeded", NULL)                                         \
    X(TIMEX_TAI, "timex_tai_offset_seconds", GAUGE, "seconds",                           \
      "Offset of International Atomic Time", NULL)                                       \
    X(TIMEX_SYNC, "timex_sync_status", GAUGE, "",                                        \
      "1 when the clock is synchronised, else 0", NULL)

#define HOST_DEVICE_FAMILIES(X)                                                          \
    X(DISK_READS, "disk_reads_completed_total", COUNTER, "", "Reads completed",          \
      "device")                                                                          \
    X(DISK_READS_MERGED, "disk_reads_merged_total", COUNTER, "",                         \
      "Reads merged with others", "device")                                              \
    X(DISK_READ_BYTES, "disk_read_bytes_total", COUNTER, "bytes", "Bytes read",          \
      "device")                                                                          \
    X(DISK_READ_TIME, "disk_read_time_seconds_total", COUNTER, "seconds",                \
      "Time spent in reads", "device")                                                   \
    X(DISK_WRITES, "disk_writes_completed_total", COUNTER, "", "Writes completed",       \
      "device")                                                                          \
    X(DISK_WRITES_MERGED, "disk_writes_merged_total", COUNTER, "",                       \
      "Writes merged with others", "device")                                             \
    X(DISK_WRITTEN_BYTES, "disk_written_bytes_total", COUNTER, "bytes", "Bytes written", \
      "device")                                                                          \
    X(DISK_WRITE_TIME, "disk_write_time_seconds_total", COUNTER, "seconds",              \
      "Time spent in writes", "device")                                                  \
    X(DISK_IO_NOW, "disk_io_now", GAUGE, "", "Requests under way", "device")             \
    X(DISK_IO_TIME, "disk_io_time_seconds_total", COUNTER, "seconds",                    \
      "Time with any request under way", "device")                                       \
    X(DISK_IO_WEIGHTED, "disk_io_time_weighted_seconds_total", COUNTER, "seconds",       \
      "Time of all requests together", "device")                                         \
    X(DISK_DISCARDS, "disk_discards_completed_total", COUNTER, "", "Discards completed", \
      "device")                                                                          \
    X(DISK_DISCARDS_MERGED, "disk_discards_merged_total", COUNTER, "",                   \
      "Discards merged with others", "device")                                           \
    X(DISK_DISCARDED, "disk_discarded_sectors_total", COUNTER, "", "Sectors discarded",  \
      "device")                                                                          \
    X(DISK_DISCARD_TIME, "disk_discard_time_seconds_total", COUNTER, "seconds",          \
      "Time spent in discards", "device")                                                \
    X(DISK_FLUSHES, "disk_flush_requests_total", COUNTER, "", "Flushes completed",       \
      "device")                                                                          \
    X(DISK_FLUSH_TIME, "disk_flush_requests_time_seconds_total", COUNTER, "seconds",     \
      "Time spent in flushes", "device")                                                 \
    X(DISK_INFO, "disk_info", GAUGE, "", "A disk as udev and sysfs describe it",         \
      "device", "major", "minor", "path", "wwn", "model", "serial", "revision")          \
    X(DISK_FILESYSTEM, "disk_filesystem_info", GAUGE, "",                                \
      "What file system udev found on a disk", "device", "type", "usage", "uuid",        \
      "version")                                                                         \
    X(DISK_MAPPER, "disk_device_mapper_info", GAUGE, "", "What a device-mapper disk is", \
      "device", "name", "uuid", "vg_name", "lv_name", "lv_layer")                        \
    X(DISK_WRITE_CACHE, "disk_ata_write_cache", GAUGE, "",                               \
      "1 when an ATA disk has a write cache", "device")                                  \
    X(DISK_WRITE_CACHE_ON, "disk_ata_write_cache_enabled", GAUGE, "",                    \
      "1 when its write cache is on", "device")                                          \
    X(DISK_ROTATION, "disk_ata_rotation_rate_rpm", GAUGE, "",                            \
      "Turns a minute of an ATA disk; 0 when it has no platters", "device")              \
    X(FS_SIZE, "filesystem_size_bytes", GAUGE, "bytes", "Size of a file system",         \
      "device", "fstype", "mountpoint")                                                  \
    X(FS_FREE, "filesystem_free_bytes", GAUGE, "bytes", "Free bytes of a file system",   \
      "device", "fstype", "mountpoint")                                                  \
    X(FS_AVAILABLE, "filesystem_avail_bytes", GAUGE, "bytes",                            \
      "Bytes of a file system that everybody may use", "device", "fstype", "mountpoint") \
    X(FS_FILES, "filesystem_files", GAUGE, "", "Inodes of a file system", "device",      \
      "fstype", "mountpoint")                                                            \
    X(FS_FILES_FREE, "filesystem_files_free", GAUGE, "", "Free inodes of a file system", \
      "device", "fstype", "mountpoint")                                                  \
    X(FS_READONLY, "filesystem_readonly", GAUGE, "",                                     \
      "1 when a file system is mounted read-only, else 0", "device", "fstype",           \
      "mountpoint", "device_error")                                                      \
    X(FS_ERROR, "filesystem_device_error", GAUGE, "",                                    \
      "1 when a file system gave no numbers; device_error says why", "device", "fstype", \
      "mountpoint", "device_error")                                                      \
    X(FS_MOUNT, "filesystem_mount_info", GAUGE, "", "What is mounted where", "device",   \
      "major", "minor", "mountpoint")                                                    \
    X(MD_DISKS, "md_disks", GAUGE, "", "Disks of an array by state", "device", "state")  \
    X(MD_REQUIRED, "md_disks_required", GAUGE, "", "Disks that an array needs",          \
      "device")                                                                          \
    X(MD_STATE, "md_state", GAUGE, "",                                                   \
      "1 for the state that an array is in, 0 for the others", "device", "state")        \
    X(MD_BLOCKS, "md_blocks", GAUGE, "", "Blocks of an array", "device")                 \
    X(MD_SYNCED, "md_blocks_synced", GAUGE, "", "Blocks of an array that are in sync",   \
      "device")                                                                          \
    X(MD_RAID_DISKS, "md_raid_disks", GAUGE, "", "Disks that an array was made for",     \
      "device")                                                                          \
    X(MD_DEGRADED, "md_degraded", GAUGE, "", "Disks that an array lacks", "device")      \
    X(RX_BYTES, "network_receive_bytes_total", COUNTER, "bytes", "Bytes on receiving",   \
      "device")                                                                          \
    X(RX_PACKETS, "network_receive_packets_total", COUNTER, "", "Packets on receiving",  \
      "device")                                                                          \
    X(RX_ERRORS, "network_receive_errs_total", COUNTER, "", "Errors on receiving",       \
      "device")                                                                          \
    X(RX_DROPS, "network_receive_drop_total", COUNTER, "",                               \
      "Packets dropped on receiving", "device")                                          \
    X(RX_FIFO, "network_receive_fifo_total", COUNTER, "", "FIFO overruns on receiving",  \
      "device")                                                                          \
    X(RX_FRAME, "network_receive_frame_total", COUNTER, "",                              \
      "Framing errors on receiving", "device")                                           \
    X(RX_COMPRESSED, "network_receive_compressed_total", COUNTER, "",                    \
      "Compressed packets on receiving", "device")                                       \
    X(RX_MULTICAST, "network_receive_multicast_total", COUNTER, "",                      \
      "Multicast packets on receiving", "device")                                        \
    X(RX_NO_HANDLER, "network_receive_nohandler_total", COUNTER, "",                     \
      "Packets that no protocol wanted on receiving", "device")                          \
    X(TX_BYTES, "network_transmit_bytes_total", COUNTER, "bytes", "Bytes on sending",    \
      "device")                                                                          \
    X(TX_PACKETS, "network_transmit_packets_total", COUNTER, "", "Packets on sending",   \
      "device")                                                                          \
    X(TX_ERRORS, "network_transmit_errs_total", COUNTER, "", "Errors on sending",        \
      "device")                                                                          \
    X(TX_DROPS, "network_transmit_drop_total", COUNTER, "",                              \
      "Packets dropped on sending", "device")                                            \
    X(TX_FIFO, "network_transmit_fifo_total", COUNTER, "", "FIFO overruns on sending",   \
      "device")                                                                          \
    X(TX_COLLISIONS, "network_transmit_colls_total", COUNTER, "",                        \
      "Collisions on sending", "device")                                                 \
    X(TX_CARRIER, "network_transmit_carrier_total", COUNTER, "",                         \
      "Carrier losses on sending", "device")                                             \
    X(TX_COMPRESSED, "network_transmit_compressed_total", COUNTER, "",                   \
      "Compressed packets on sending", "device")                                         \
    X(NET_UP, "network_up", GAUGE, "", "1 when an interface is operational, else 0",     \
      "device")                                                                          \
    X(NET_ADDRESS_KIND, "network_address_assign_type", GAUGE, "",                        \
      "Where the address of an interface comes from", "device")                          \
    X(NET_CARRIER, "network_carrier", GAUGE, "",                                         \
      "1 when an interface has a link, else 0", "device")                                \
    X(NET_CARRIER_CHANGES, "network_carrier_changes_total", COUNTER, "",                 \
      "Times that the link came or went", "device")                                      \
    X(NET_CARRIER_UPS, "network_carrier_up_changes_total", COUNTER, "",                  \
      "Times that the link came", "device")                                              \
    X(NET_CARRIER_DOWNS, "network_carrier_down_changes_total", COUNTER, "",              \
      "Times that the link went", "device")                                              \
    X(NET_DEVICE_ID, "network_device_id", GAUGE, "",                                     \
      "Number that tells devices on one address apart", "device")                        \
    X(NET_DORMANT, "network_dormant", GAUGE, "",                                         \
      "1 when an interface waits for an event", "device")                                \
    X(NET_FLAGS, "network_flags", GAUGE, "", "Flags of an interface", "device")          \
    X(NET_INDEX, "network_iface_id", GAUGE, "", "Index of an interface", "device")       \
    X(NET_LINK, "network_iface_link", GAUGE, "", "Index of the interface below",         \
      "device")                                                                          \
    X(NET_LINK_MODE, "network_iface_link_mode", GAUGE, "", "Link mode of an interface",  \
      "device")                                                                          \
    X(NET_MTU, "network_mtu_bytes", GAUGE, "bytes", "Largest packet of an interface",    \
      "device")                                                                          \
    X(NET_NAME_KIND, "network_name_assign_type", GAUGE, "",                              \
      "Where the name of an interface comes from", "device")                             \
    X(NET_GROUP, "network_net_dev_group", GAUGE, "", "Group of an interface", "device")  \
    X(NET_SPEED, "network_speed_bytes", GAUGE, "bytes",                                  \
      "Speed of an interface in bytes a second; absent when it is not known", "device")  \
    X(NET_QUEUE, "network_transmit_queue_length", GAUGE, "",                             \
      "Packets that the queue of an interface holds", "device")                          \
    X(NET_PROTOCOL, "network_protocol_type", GAUGE, "",                                  \
      "ARP's number of the kind of link", "device")                                      \
    X(NET_INFO, "network_info", GAUGE, "", "An interface in words", "device", "address", \
      "broadcast", "duplex", "operstate", "adminstate", "ifalias")                       \
    X(ARP_ENTRIES, "arp_entries", GAUGE, "", "ARP entries by interface", "device")       \
    X(SOFTNET_PROCESSED, "softnet_processed_total", COUNTER, "", "Packets processed",    \
      "cpu")                                                                             \
    X(SOFTNET_DROPPED, "softnet_dropped_total", COUNTER, "",                             \
      "Packets dropped for a full queue", "cpu")                                         \
    X(SOFTNET_SQUEEZED, "softnet_times_squeezed_total", COUNTER, "",                     \
      "Times that time ran out", "cpu")                                                  \
    X(SOFTNET_COLLISION, "softnet_cpu_collision_total", COUNTER, "",                     \
      "Collisions on a device's lock", "cpu")                                            \
    X(SOFTNET_RPS, "softnet_received_rps_total", COUNTER, "",                            \
      "Times that another CPU asked for help", "cpu")                                    \
    X(SOFTNET_FLOW_LIMIT, "softnet_flow_limit_count_total", COUNTER, "",                 \
      "Times that the flow limit was met", "cpu")                                        \
    X(SOFTNET_BACKLOG, "softnet_backlog_len", GAUGE, "",                                 \
      "Packets that wait in the backlog", "cpu")                                         \
    X(CONNTRACK_ENTRIES, "nf_conntrack_entries", GAUGE, "", "Connections tracked", NULL) \
    X(CONNTRACK_LIMIT, "nf_conntrack_entries_limit", GAUGE, "",                          \
      "Connections that can be tracked", NULL)                                           \
    X(CONNTRACK_FOUND, "nf_conntrack_stat_found", GAUGE, "", "Entries found", NULL)      \
    X(CONNTRACK_INVALID, "nf_conntrack_stat_invalid", GAUGE, "",                         \
      "Packets that could not be tracked", NULL)                                         \
    X(CONNTRACK_IGNORE, "nf_conntrack_stat_ignore", GAUGE, "",                           \
      "Packets of connections known already", NULL)                                      \
    X(CONNTRACK_INSERT, "nf_conntrack_stat_insert", GAUGE, "", "Entries inserted", NULL) \
    X(CONNTRACK_INSERT_FAILED, "nf_conntrack_stat_insert_failed", GAUGE, "",             \
      "Insertions that failed", NULL)                                                    \
    X(CONNTRACK_DROP, "nf_conntrack_stat_drop", GAUGE, "",                               \
      "Packets dropped for lack of room", NULL)                                          \
    X(CONNTRACK_EARLY_DROP, "nf_conntrack_stat_early_drop", GAUGE, "",                   \
      "Entries dropped for newer ones", NULL)                                            \
    X(CONNTRACK_SEARCH_RESTART, "nf_conntrack_stat_search_restart", GAUGE, "",           \
      "Searches started over", NULL)                                                     \
    X(UDP_QUEUES, "udp_queues", GAUGE, "", "Bytes in the kernel's UDP queues", "queue",  \
      "ip")                                                                              \
    X(BOND_SLAVES, "bonding_slaves", GAUGE, "", "Interfaces of a bond", "master")        \
    X(BOND_ACTIVE, "bonding_active", GAUGE, "", "Interfaces of a bond that have a link", \
      "master")                                                                          \
    X(NVME_INFO, "nvme_info", GAUGE, "", "An NVMe controller, its firmware and state",   \
      "device", "firmware_revision", "model", "serial", "state")                         \
    X(HWMON_CHIP, "hwmon_chip_names", GAUGE, "", "A sensor chip and its name", "chip",   \
      "chip_name")                                                                       \
    X(HWMON_LABEL, "hwmon_sensor_label", GAUGE, "", "A sensor and its label", "chip",    \
      "sensor", "label")                                                                 \
    X(THERMAL, "thermal_zone_temp", GAUGE, "",                                           \
      "Temperature of a thermal zone in degrees Celsius", "zone", "type")                \
    X(COOLING_NOW, "cooling_device_cur_state", GAUGE, "",                                \
      "How hard a cooling device works", "name", "type")                                 \
    X(COOLING_MAX, "cooling_device_max_state", GAUGE, "",                                \
      "How hard a cooling device can work", "name", "type")                              \
    X(EDAC_CE, "edac_correctable_errors_total", COUNTER, "",                             \
      "Memory errors that were corrected", "controller")                                 \
    X(EDAC_ROW_CE, "edac_csrow_correctable_errors_total", COUNTER, "",                   \
      "The same by row", "controller", "csrow")                                          \
    X(EDAC_CHANNEL_CE, "edac_channel_correctable_errors_total", COUNTER, "",             \
      "The same by channel", "controller", "csrow", "channel", "dimm_label")             \
    X(EDAC_UE, "edac_uncorrectable_errors_total", COUNTER, "",                           \
      "Memory errors that were not corrected", "controller")                             \
    X(EDAC_ROW_UE, "edac_csrow_uncorrectable_errors_total", COUNTER, "",                 \
      "The same by row", "controller", "csrow")                                          \
    X(EDAC_CHANNEL_UE, "edac_channel_uncorrectable_errors_total", COUNTER, "",           \
      "The same by channel", "controller", "csrow", "channel", "dimm_label")

enum host_family {
#define X(id, ...) HOST_##id,
    HOST_SYSTEM_FAMILIES(X) HOST_DEVICE_FAMILIES(X)
#undef X
        HOST_FAMILY_COUNT
};
extern const struct metric host_families[HOST_FAMILY_COUNT];
extern const struct metric *const host_metrics[]; /* the same, for the type's table */

#endif
