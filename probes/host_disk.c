/* SPDX-License-Identifier: Apache-2.0 */
/* Disks: their counters (<procfs>/diskstats), and what udev and sysfs say of them. */
#include <string.h>

#include "lib/core/labels.h"
#include "lib/core/regex.h"
#include "probes/host.h"

#define SECTOR_BYTES 512.0 /* whatever the disk's own sectors are */
#define PROPERTIES 24

/* The columns of diskstats after the device's name, and what one unit of each is. */
static const struct {
    enum host_family family;
    double unit;
} columns[] = {
    {HOST_DISK_READS, 1},
    {HOST_DISK_READS_MERGED, 1},
    {HOST_DISK_READ_BYTES, SECTOR_BYTES},
    {HOST_DISK_READ_TIME, 1e-3},
    {HOST_DISK_WRITES, 1},
    {HOST_DISK_WRITES_MERGED, 1},
    {HOST_DISK_WRITTEN_BYTES, SECTOR_BYTES},
    {HOST_DISK_WRITE_TIME, 1e-3},
    {HOST_DISK_IO_NOW, 1},
    {HOST_DISK_IO_TIME, 1e-3},
    {HOST_DISK_IO_WEIGHTED, 1e-3},
    {HOST_DISK_DISCARDS, 1},
    {HOST_DISK_DISCARDS_MERGED, 1},
    {HOST_DISK_DISCARDED, 1},
    {HOST_DISK_DISCARD_TIME, 1e-3},
    {HOST_DISK_FLUSHES, 1},
    {HOST_DISK_FLUSH_TIME, 1e-3},
};

/* ---- udev's database: lines "E:NAME=value" ---- */

struct property {
    const char *name, *value;
};
struct udev {
    struct property properties[PROPERTIES];
    size_t count;
};

static bool is_of_use(struct bytes name)
{
    static const char *const prefixes[] = {"DM_", "ID_ATA", "ID_FS_", "ID_SERIAL",
                                           "SCSI_IDENT_SERIAL"};
    static const char *const names[] = {"ID_MODEL", "ID_PATH", "ID_REVISION", "ID_WWN"};
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        if (bytes_starts(name, prefixes[i]))
            return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (bytes_is(name, names[i]))
            return true;
    }
    return false;
}

static void udev_parse(struct host_scan *scan, struct bytes text, struct udev *ret_udev)
{
    struct bytes line, name;
    while (words_line(&text, &line)) {
        if (!bytes_starts(line, "E:"))
            continue;
        line = bytes_slice(line, strlen("E:"), line.len);
        if (!bytes_token(&line, '=', &name) || !is_of_use(name) ||
            ret_udev->count == PROPERTIES)
            continue;
        ret_udev->properties[ret_udev->count++] = (struct property){
            words_label(scan->arena, name), words_label(scan->arena, line)};
    }
}

static const char *udev_get(const struct udev *udev, const char *name)
{
    for (size_t i = 0; i < udev->count; i++) {
        if (!strcmp(udev->properties[i].name, name))
            return udev->properties[i].value;
    }
    return "";
}

static const char *first_filled(const char *a, const char *b, const char *c)
{
    return *a ? a : *b ? b : c;
}

/* ---- what a disk is ---- */

static void show_disk_info(struct host_scan *scan, const char *device, const char *major,
                           const char *minor, const struct udev *udev)
{
    struct bytes rotational = {0};
    const char *const values[] = {
        device,
        major,
        minor,
        udev_get(udev, "ID_PATH"),
        udev_get(udev, "ID_WWN"),
        udev_get(udev, "ID_MODEL"),
        first_filled(udev_get(udev, "SCSI_IDENT_SERIAL"),
                     udev_get(udev, "ID_SERIAL_SHORT"), udev_get(udev, "ID_SERIAL")),
        udev_get(udev, "ID_REVISION"),
    };
    struct label more = {"rotational", NULL};
    const char *path = arena_printf(scan->arena, "%s/block/%s/queue/rotational",
                                    scan->conf->sysfs, device);
    if (host_reader_steady(&scan->kept->reader, path, scan->now, &rotational))
        more.value = words_label(scan->arena, rotational);
    batch_add(scan->batch, scan->group, &host_families[HOST_DISK_INFO], values,
              (struct labels){&more, more.value && *more.value}, 1);
}

static void show_filesystem(struct host_scan *scan, const char *device,
                            const struct udev *udev)
{
    const char *type = udev_get(udev, "ID_FS_TYPE");
    if (*type)
        host_sample_with(scan, HOST_DISK_FILESYSTEM,
                         (const char *const[]){device, type,
                                               udev_get(udev, "ID_FS_USAGE"),
                                               udev_get(udev, "ID_FS_UUID"),
                                               udev_get(udev, "ID_FS_VERSION")},
                         1);
}

static void show_mapper(struct host_scan *scan, const char *device,
                        const struct udev *udev)
{
    const char *name = udev_get(udev, "DM_NAME");
    if (*name)
        host_sample_with(scan, HOST_DISK_MAPPER,
                         (const char *const[]){device, name, udev_get(udev, "DM_UUID"),
                                               udev_get(udev, "DM_VG_NAME"),
                                               udev_get(udev, "DM_LV_NAME"),
                                               udev_get(udev, "DM_LV_LAYER")},
                         1);
}

static void show_ata(struct host_scan *scan, const char *device, const struct udev *udev)
{
    static const struct {
        const char *name;
        enum host_family family;
    } rows[] = {{"ID_ATA_WRITE_CACHE", HOST_DISK_WRITE_CACHE},
                {"ID_ATA_WRITE_CACHE_ENABLED", HOST_DISK_WRITE_CACHE_ON},
                {"ID_ATA_ROTATION_RATE_RPM", HOST_DISK_ROTATION}};
    double value;
    for (size_t i = 0; *udev_get(udev, "ID_ATA") && i < ARRAY_LEN(rows); i++) {
        if (words_whole(bytes_of(udev_get(udev, rows[i].name)), &value))
            host_sample_of(scan, rows[i].family, device, value);
    }
}

static void show_properties(struct host_scan *scan, const char *device, const char *major,
                            const char *minor)
{
    struct udev udev = {0};
    struct bytes text;
    const char *path =
        arena_printf(scan->arena, "%s/b%s:%s", scan->conf->udev, major, minor);
    if (host_reader_steady(&scan->kept->reader, path, scan->now, &text))
        udev_parse(scan, text, &udev);
    show_disk_info(scan, device, major, minor, &udev);
    show_filesystem(scan, device, &udev);
    show_mapper(scan, device, &udev);
    show_ata(scan, device, &udev);
}

/* ---- counters ---- */

static bool is_excluded(const struct host_scan *scan, struct bytes device)
{
    const struct regex *exclude = scan->conf->disk_exclude;
    return exclude && regex_match(exclude, device) == REGEX_MATCH;
}

void host_diskstats_parse(struct host_scan *scan, struct bytes text)
{
    struct bytes line, major, minor, device;
    while (words_line(&text, &line)) {
        double value;
        if (!words_next(&line, &major) || !words_next(&line, &minor) ||
            !words_next(&line, &device) || is_excluded(scan, device))
            continue;
        const char *name = words_label(scan->arena, device);
        for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
            if (!words_number(&line, &value))
                break; /* an older kernel */
            host_sample_of(scan, columns[i].family, name, value * columns[i].unit);
        }
        show_properties(scan, name, words_label(scan->arena, major),
                        words_label(scan->arena, minor));
    }
}

bool host_diskstats_collect(struct host_scan *scan)
{
    struct bytes text;
    if (!host_proc(scan, "diskstats", &text))
        return false;
    /* Parsing reads further files. */
    text.ptr = arena_memdup(scan->arena, text.ptr, text.len);
    host_diskstats_parse(scan, text);
    return true;
}
