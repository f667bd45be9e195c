/* SPDX-License-Identifier: Apache-2.0 */
/* Bonded interfaces (<sysfs>/class/net/bonding_masters) and NVMe controllers (<sysfs>/class/nvme). On the scan's thread. */
#include "probes/host.h"

/* ---- bonding ---- */

static bool is_up(struct host_scan *scan, const char *master, const char *slave)
{
    static const char *const prefixes[] = {"lower_", "slave_"}; /* newer and older */
    struct bytes text;
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        const char *name =
            arena_printf(scan->arena, "class/net/%s/%s%s/bonding_slave/mii_status",
                         master, prefixes[i], slave);
        if (host_sys(scan, name, &text))
            return bytes_is(bytes_trim(text), "up");
    }
    return false;
}

static void show_bond(struct host_scan *scan, const char *master)
{
    struct bytes slaves, word;
    double count = 0, active = 0;
    const char *name = arena_printf(scan->arena, "class/net/%s/bonding/slaves", master);
    if (!host_sys(scan, name, &slaves))
        return; /* gone meanwhile */
    slaves = bytes_of(words_label(scan->arena, slaves));
    slaves = bytes_trim(slaves);
    while (words_next(&slaves, &word)) {
        count++;
        active += is_up(scan, master, words_label(scan->arena, word));
    }
    host_sample_of(scan, HOST_BOND_SLAVES, master, count);
    host_sample_of(scan, HOST_BOND_ACTIVE, master, active);
}

bool host_bonding_collect(struct host_scan *scan)
{
    struct bytes masters, word;
    if (!host_sys(scan, "class/net/bonding_masters", &masters))
        return false;
    masters = bytes_trim(bytes_of(words_label(scan->arena, masters)));
    while (words_next(&masters, &word))
        show_bond(scan, words_label(scan->arena, word));
    return true;
}

/* ---- nvme ---- */

static const char *steady_of(struct host_scan *scan, const char *device, const char *file)
{
    struct bytes text;
    const char *path =
        arena_printf(scan->arena, "%s/class/nvme/%s/%s", scan->conf->sysfs, device, file);
    return host_reader_steady(&scan->kept->reader, path, scan->now, &text)
               ? words_label(scan->arena, text)
               : "";
}

bool host_nvme_collect(struct host_scan *scan)
{
    const char *const *devices;
    const int folder = host_sys_open(scan, "class/nvme");
    if (folder < 0)
        return false;
    const size_t count = host_entries(scan, folder, "nvme", &devices);
    for (size_t i = 0; i < count; i++) {
        struct bytes state;
        const char *name = arena_printf(scan->arena, "%s/state", devices[i]);
        const bool has_state = host_attribute(scan, folder, name, &state);
        host_sample_with(
            scan, HOST_NVME_INFO,
            (const char *const[]){devices[i], steady_of(scan, devices[i], "firmware_rev"),
                                  steady_of(scan, devices[i], "model"),
                                  steady_of(scan, devices[i], "serial"),
                                  has_state ? words_label(scan->arena, state) : ""},
            1);
    }
    return true;
}
