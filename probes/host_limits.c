/* SPDX-License-Identifier: Apache-2.0 */
/* What `limits:` of a host probe may name, as rules over its own families. Read when a configuration loads. */
#include "lib/core/limit.h"
#include "probes/host.h"

#define RUNBOOKS "/runbooks/"

/* What people mean by a disk: memory and images are none. */
#define DISK "{$probe,fstype!~\"tmpfs|ramfs|iso9660|squashfs\"}"

const struct limit host_limits[] = {
    {.name = "disk_used",
     .alert = "HostDiskUsed",
     .expr = "1 - node_filesystem_avail_bytes" DISK " / (node_filesystem_size_bytes" DISK
             " > 0)",
     .unit = LIMIT_SHARE,
     .side = LIMIT_ABOVE,
     .release = 0.02,
     .hold_for = 2 * NSEC_PER_MINUTE,
     .summary = "{{ $labels.probe }}: {{ $labels.mountpoint }} is {{ $value | "
                "humanizePercentage }} full",
     .runbook = RUNBOOKS "HostDiskFull",
     .doc = "Used share of each file system, as its users see it: what is reserved for "
            "root counts as used."},
    {.name = "inodes_used",
     .alert = "HostInodesUsed",
     .expr =
         "1 - node_filesystem_files_free" DISK " / (node_filesystem_files" DISK " > 0)",
     .unit = LIMIT_SHARE,
     .side = LIMIT_ABOVE,
     .release = 0.02,
     .hold_for = 2 * NSEC_PER_MINUTE,
     .summary = "{{ $labels.probe }}: {{ $labels.mountpoint }} has used {{ $value | "
                "humanizePercentage }} of "
                "its inodes",
     .runbook = RUNBOOKS "HostInodesFull",
     .doc = "Used share of each file system's inodes; nothing where it makes them as "
            "needed."},
    {.name = "time_to_full",
     .alert = "HostTimeToFull",
     /* Only where it falls, by the last hour; days above 30 mean nothing. */
     .expr = "clamp_max(node_filesystem_avail_bytes" DISK
             " / -(deriv(node_filesystem_avail_bytes" DISK "[1h]) < 0), 2592000)",
     .unit = LIMIT_DURATION,
     .side = LIMIT_BELOW,
     .release = 0.2,
     .hold_for = 10 * NSEC_PER_MINUTE,
     .summary = "{{ $labels.probe }}: {{ $labels.mountpoint }} will be full in {{ $value "
                "| humanizeDuration }} "
                "if it goes on like this",
     .runbook = RUNBOOKS "HostDiskFilling",
     .doc = "How long until a file system is full, as it filled in the last hour."},
    {.name = "memory_available",
     .alert = "HostMemoryAvailable",
     .expr =
         "node_memory_MemAvailable_bytes{$probe} / node_memory_MemTotal_bytes{$probe}",
     .unit = LIMIT_SHARE,
     .side = LIMIT_BELOW,
     .release = 0.1,
     .hold_for = 2 * NSEC_PER_MINUTE,
     .summary = "{{ $labels.probe }}: {{ $value | humanizePercentage }} of the memory is "
                "available",
     .runbook = RUNBOOKS "HostMemoryShort",
     .doc = "Share of the memory that programs can still get without swapping."},
    {.name = "swap_used",
     .alert = "HostSwapUsed",
     .expr =
         "1 - node_memory_SwapFree_bytes{$probe} / (node_memory_SwapTotal_bytes{$probe} "
         "> 0)",
     .unit = LIMIT_SHARE,
     .side = LIMIT_ABOVE,
     .release = 0.05,
     .hold_for = 5 * NSEC_PER_MINUTE,
     .summary =
         "{{ $labels.probe }}: {{ $value | humanizePercentage }} of the swap is used",
     .runbook = RUNBOOKS "HostSwapping",
     .doc = "Used share of the swap; nothing without swap."},
    {.name = "load",
     .alert = "HostLoad",
     .expr = "node_load5{$probe} / on (probe) group_left () count by (probe) "
             "(node_cpu_seconds_total{$probe,mode=\"idle\"})",
     .unit = LIMIT_NUMBER,
     .side = LIMIT_ABOVE,
     .release = 0.1,
     .hold_for = 5 * NSEC_PER_MINUTE,
     .summary = "{{ $labels.probe }}: the load is {{ $value | humanize }} a CPU",
     .runbook = RUNBOOKS "HostLoadHigh",
     .doc = "Load of five minutes by the number of CPUs: above 1 tasks wait."},
    {0}};
