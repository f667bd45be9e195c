/* SPDX-License-Identifier: Apache-2.0 */
/* Heat and memory errors: thermal zones and cooling devices (<sysfs>/class/thermal), EDAC's counters by controller. */
#include <stdio.h>
#include <string.h>

#include "probes/host.h"

static const char *type_of(struct host_scan *scan, int folder, const char *entry)
{
    struct bytes text;
    return host_attribute(scan, folder, arena_printf(scan->arena, "%s/type", entry),
                          &text)
               ? words_label(scan->arena, text)
               : "";
}

static void show_zones(struct host_scan *scan, int folder)
{
    const char *const *zones;
    double millidegrees;
    const size_t count = host_entries(scan, folder, "thermal_zone", &zones);
    for (size_t i = 0; i < count; i++) {
        /* A zone that is switched off says EINVAL. */
        if (host_attribute_number(scan, folder,
                                  arena_printf(scan->arena, "%s/temp", zones[i]),
                                  &millidegrees))
            host_sample_with(scan, HOST_THERMAL,
                             (const char *const[]){zones[i] + strlen("thermal_zone"),
                                                   type_of(scan, folder, zones[i])},
                             millidegrees / 1e3);
    }
}

static void show_coolers(struct host_scan *scan, int folder)
{
    static const struct {
        const char *file;
        enum host_family family;
    } files[] = {{"cur_state", HOST_COOLING_NOW}, {"max_state", HOST_COOLING_MAX}};
    const char *const *devices;
    double value;
    const size_t count = host_entries(scan, folder, "cooling_device", &devices);
    for (size_t i = 0; i < count * ARRAY_LEN(files); i++) {
        const char *device = devices[i / ARRAY_LEN(files)];
        const char *file = files[i % ARRAY_LEN(files)].file;
        if (host_attribute_number(
                scan, folder, arena_printf(scan->arena, "%s/%s", device, file), &value))
            host_sample_with(scan, files[i % ARRAY_LEN(files)].family,
                             (const char *const[]){device + strlen("cooling_device"),
                                                   type_of(scan, folder, device)},
                             value);
    }
}

bool host_thermal_collect(struct host_scan *scan)
{
    const int folder = host_sys_open(scan, "class/thermal");
    if (folder < 0)
        return false;
    show_zones(scan, folder);
    show_coolers(scan, folder);
    return true;
}

/* ---- EDAC ---- */

static void show_count(struct host_scan *scan, int folder, const char *path,
                       enum host_family family, const char *const *values)
{
    double count;
    if (host_attribute_number(scan, folder, path, &count))
        host_sample_with(scan, family, values, count);
}

/* As node_exporter writes it, so that series stay the same. */
static const char *dimm_label(struct host_scan *scan, int folder, const char *path)
{
    struct bytes text;
    struct buf out = BUF_MAX(HOST_ATTRIBUTE_SIZE);
    if (!host_attribute(scan, folder, path, &text))
        return "unknown";
    for (size_t i = 0; i < text.len; i++) {
        const struct bytes rest = bytes_slice(text, i, text.len);
        if (text.ptr[i] == '#')
            continue;
        if (bytes_starts(rest, "csrow") || bytes_starts(rest, "channel"))
            buf_add_byte(&out, '_');
        buf_add_byte(&out, text.ptr[i]);
    }
    const char *label = words_label(scan->arena, buf_bytes(&out));
    buf_finish(&out);
    return label;
}

static void show_channels(struct host_scan *scan, int folder, const char *row,
                          const char *controller, const char *number)
{
    struct arena *a = scan->arena;
    for (int channel = 0; channel < 32; channel++) {
        const char *stem = arena_printf(a, "%s/ch%d", row, channel);
        double count;
        if (!host_attribute_number(scan, folder, arena_printf(a, "%s_ce_count", stem),
                                   &count))
            continue;
        const char *values[] = {
            controller, number, arena_printf(a, "%d", channel),
            dimm_label(scan, folder, arena_printf(a, "%s_dimm_label", stem))};
        host_sample_with(scan, HOST_EDAC_CHANNEL_CE, values, count);
        show_count(scan, folder, arena_printf(a, "%s_ue_count", stem),
                   HOST_EDAC_CHANNEL_UE, values);
    }
}

static void show_controller(struct host_scan *scan, int folder, const char *name)
{
    struct arena *a = scan->arena;
    const char *controller = name + strlen("mc");
    const char *unknown[] = {controller, "unknown"};
    const char *const *rows;
    show_count(scan, folder, arena_printf(a, "%s/ce_count", name), HOST_EDAC_CE,
               &controller);
    show_count(scan, folder, arena_printf(a, "%s/ue_count", name), HOST_EDAC_UE,
               &controller);
    show_count(scan, folder, arena_printf(a, "%s/ce_noinfo_count", name),
               HOST_EDAC_ROW_CE, unknown);
    show_count(scan, folder, arena_printf(a, "%s/ue_noinfo_count", name),
               HOST_EDAC_ROW_UE, unknown);
    const int below =
        host_sys_open(scan, arena_printf(a, "devices/system/edac/mc/%s", name));
    const size_t count = below < 0 ? 0 : host_entries(scan, below, "csrow", &rows);
    for (size_t i = 0; i < count; i++) {
        const char *number = rows[i] + strlen("csrow");
        const char *values[] = {controller, number};
        show_count(scan, below, arena_printf(a, "%s/ce_count", rows[i]), HOST_EDAC_ROW_CE,
                   values);
        show_count(scan, below, arena_printf(a, "%s/ue_count", rows[i]), HOST_EDAC_ROW_UE,
                   values);
        show_channels(scan, below, rows[i], controller, number);
    }
}

/* Machines without ECC memory have no controllers: no fault. */
bool host_edac_collect(struct host_scan *scan)
{
    const char *const *controllers;
    const int folder = host_sys_open(scan, "devices/system/edac/mc");
    if (folder < 0)
        return scan->is_absent;
    const size_t count = host_entries(scan, folder, "mc", &controllers);
    for (size_t i = 0; i < count; i++) {
        uint64_t number;
        if (bytes_to_u64(bytes_of(controllers[i] + strlen("mc")), &number))
            show_controller(scan, folder, controllers[i]);
    }
    return true;
}
