/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as any file of the kernel: every parser of the host probe reads them, twice, as two scans would. */
#include <stdint.h>

#include "probes/disk.h"
#include "probes/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_mixed(struct host_scan *scan, struct bytes text)
{
    double entries = 0;
    host_loadavg_parse(scan, text);
    host_filefd_parse(scan, text);
    host_netstat_parse(scan, text);
    host_conntrack_parse(scan, text, &entries);
    host_udp_queues_parse(scan, "v4", text);
    host_pressure_parse(scan, "memory", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parsers[])(struct host_scan * scan, struct bytes text) = {
        host_cpu_parse,       host_schedstat_parse, host_meminfo_parse, host_vmstat_parse,
        host_diskstats_parse, host_md_parse,        host_netdev_parse,  host_snmp6_parse,
        host_sockstat_parse,  host_softnet_parse,   host_arp_parse,     host_stat_parse,
        host_os_parse,        host_mountinfo_parse, parse_mixed};
    const struct host_conf conf = {.root = "",
                                   .procfs = "/nonexistent",
                                   .sysfs = "/nonexistent",
                                   .rootfs = "",
                                   .udev = "/nonexistent",
                                   .nodename = ""};
    const struct bytes text = {(const char *)data, size};
    struct host_kept *kept = host_kept_create(&conf);
    struct arena *arena = arena_create(0);
    struct host_scan scan;
    host_scan_init(&scan, arena, kept, (struct wall){0});
    for (size_t i = 0; i < 2 * ARRAY_LEN(parsers); i++)
        parsers[i % ARRAY_LEN(parsers)](&scan, text);
    struct disk_mount mount;
    (void)disk_mount_find(arena, text, 25, "8:1", &mount);
    arena_destroy(arena);
    host_kept_destroy(kept);
    return 0;
}
