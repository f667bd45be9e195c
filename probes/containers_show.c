/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was read, as samples with cAdvisor's names and labels. Called by containers_scan.c and containers_network.c on
 * the scan's thread. Reads nothing but what names a device.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/base/attr.h"
#include "lib/base/words.h"
#include "probes/containers.h"

void containers_show_with(struct containers_scan *scan,
                          const struct containers_subject *of,
                          enum containers_family family, const char *const *further,
                          double value)
{
    const struct metric *metric = &containers_families[family];
    const char **values = arena_alloc(scan->arena, METRIC_MAX_LABELS * sizeof(*values));
    for (size_t i = 0; i < ARRAY_LEN(of->values); i++)
        values[i] = of->values[i];
    for (size_t i = 0; further[i]; i++)
        values[ARRAY_LEN(of->values) + i] = further[i];
    batch_add_kept(scan->batch, scan->group, metric, values, of->labels, value);
}

void containers_show(struct containers_scan *scan, const struct containers_subject *of,
                     enum containers_family family, double value)
{
    batch_add_kept(scan->batch, scan->group, &containers_families[family], of->values,
                   of->labels, value);
}

/* ---- disks ---- */

/* /sys/dev/block/254:0 is a link that ends in the device's name. */
static const char *device_name(struct containers_scan *scan, const char *number)
{
    struct containers_kept *kept = scan->kept;
    char target[512];
    const char *known = map_get(kept->devices, bytes_of(number));
    if (known)
        return known;
    const char *path =
        arena_printf(scan->arena, "%s/dev/block/%s", scan->conf->sysfs, number);
    const ssize_t len = readlink(path, target, sizeof(target) - 1);
    target[len > 0 ? len : 0] = '\0';
    const char *slash = strrchr(target, '/');
    if (!slash)
        return number;
    char *name = arena_printf(kept->arena, "/dev/%s", slash + 1);
    map_put(kept->devices, bytes_of(number), name);
    return name;
}

static void show_devices(struct containers_scan *scan,
                         const struct containers_subject *of,
                         const struct cgroup_reading *r)
{
    for (size_t i = 0; i < r->device_count; i++) {
        const struct cgroup_device *d = &r->devices[i];
        const char *name = device_name(scan, d->number);
        const struct {
            enum containers_family family;
            double value;
        } rows[] = {{CONTAINERS_FS_READ_BYTES, d->read_bytes},
                    {CONTAINERS_FS_WRITTEN_BYTES, d->written_bytes},
                    {CONTAINERS_FS_READS, d->reads},
                    {CONTAINERS_FS_WRITES, d->writes}};
        for (size_t j = 0; j < ARRAY_LEN(rows); j++) {
            if (!isnan(rows[j].value))
                containers_show_with(scan, of, rows[j].family,
                                     (const char *const[]){name, NULL}, rows[j].value);
        }
    }
}

/* ---- a cgroup ---- */

static void show_cpu(struct containers_scan *scan, const struct containers_subject *of,
                     const struct cgroup_reading *r)
{
    for (size_t i = 0; i < r->cpu_count; i++) {
        const char *cpu = arena_printf(scan->arena, "cpu%02zu", i);
        containers_show_with(scan, of, CONTAINERS_CPU_USAGE,
                             (const char *const[]){cpu, NULL}, r->per_cpu[i]);
    }
    const char *total = "total";
    if (!r->cpu_count && !isnan(r->cpu_usage))
        containers_show_with(scan, of, CONTAINERS_CPU_USAGE,
                             (const char *const[]){total, NULL}, r->cpu_usage);
}

static void show_faults(struct containers_scan *scan, const struct containers_subject *of,
                        const struct cgroup_reading *r)
{
    static const char *const scopes[] = {"container", "hierarchy"};
    const struct {
        const char *type;
        double value;
    } faults[] = {{"pgfault", r->faults}, {"pgmajfault", r->major_faults}};
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        for (size_t j = 0; !isnan(faults[i].value) && j < ARRAY_LEN(scopes); j++)
            containers_show_with(scan, of, CONTAINERS_MEMORY_FAILURES,
                                 (const char *const[]){faults[i].type, scopes[j], NULL},
                                 faults[i].value);
    }
}

void containers_show_reading(struct containers_scan *scan,
                             const struct containers_subject *of,
                             const struct cgroup_reading *r)
{
    for (size_t i = 0; i < CGROUP_NUMBER_COUNT; i++) {
        if (!isnan(r->numbers[i]))
            containers_show(scan, of, (enum containers_family)i, r->numbers[i]);
    }
    show_cpu(scan, of, r);
    show_faults(scan, of, r);
    show_devices(scan, of, r);
    containers_show(scan, of, CONTAINERS_LAST_SEEN, floor(wall_to_sec(scan->now)));
}

/* ---- the machine ---- */

static void show_plain(struct containers_scan *scan, enum containers_family family,
                       const char *const *values, double value)
{
    batch_add(scan->batch, scan->group, &containers_families[family], values,
              (struct labels){0}, value);
}

static void show_memory(struct containers_scan *scan)
{
    const char *path = arena_printf(scan->arena, "%s/meminfo", scan->conf->procfs);
    struct bytes text, line, name;
    double kib;
    if (!containers_read_file(scan->kept, path, &text))
        return;
    while (words_line(&text, &line)) {
        if (!words_next(&line, &name) || !words_number(&line, &kib))
            continue;
        if (bytes_is(name, "MemTotal:")) {
            scan->machine_memory = kib * 1024;
            show_plain(scan, CONTAINERS_MACHINE_MEMORY, NULL, kib * 1024);
        } else if (bytes_is(name, "MemFree:")) {
            scan->machine_free = kib * 1024;
        } else if (bytes_is(name, "SwapTotal:")) {
            show_plain(scan, CONTAINERS_MACHINE_SWAP, NULL, kib * 1024);
        }
    }
}

/* Kernels before 4.13 do not say. */
static void count_kills(struct containers_scan *scan)
{
    const char *path = arena_printf(scan->arena, "%s/vmstat", scan->conf->procfs);
    struct bytes text, line, name;
    const bool is_read = containers_read_file(scan->kept, path, &text);
    while (is_read && words_line(&text, &line)) {
        if (words_next(&line, &name) && bytes_is(name, "oom_kill"))
            words_number(&line, &scan->machine_kills);
    }
}

/* Cores are told apart by "physical id" and "core id", which not every machine has. */
static void show_cpus(struct containers_scan *scan)
{
    const char *path = arena_printf(scan->arena, "%s/cpuinfo", scan->conf->procfs);
    struct bytes text, line, key, socket = {0};
    struct map *cores = map_create(), *sockets = map_create();
    size_t count = 0;
    const bool is_read = containers_read_file(scan->kept, path, &text);
    while (is_read && words_line(&text, &line)) {
        if (!bytes_token(&line, ':', &key))
            continue;
        key = bytes_trim(key);
        const struct bytes value = bytes_trim(line);
        count += bytes_is(key, "processor");
        if (bytes_is(key, "physical id")) {
            socket = value;
            map_put(sockets, value, scan);
        } else if (bytes_is(key, "core id")) {
            const char *core = arena_printf(scan->arena, "%.*s/%.*s", (int)socket.len,
                                            socket.ptr, (int)value.len, value.ptr);
            map_put(cores, bytes_of(core), scan);
        }
    }
    const size_t core_count = map_count(cores), socket_count = map_count(sockets);
    map_destroy(cores);
    map_destroy(sockets);
    if (!count)
        return;
    show_plain(scan, CONTAINERS_MACHINE_CORES, NULL, (double)count);
    show_plain(scan, CONTAINERS_MACHINE_PHYSICAL_CORES, NULL,
               (double)(core_count ? core_count : count));
    show_plain(scan, CONTAINERS_MACHINE_SOCKETS, NULL,
               (double)(socket_count ? socket_count : 1));
}

void containers_show_machine(struct containers_scan *scan)
{
    static const char own_version[] = "healthd " HEALTHD_VERSION;
    struct utsname name;
    show_cpus(scan);
    show_memory(scan);
    count_kills(scan);
    show_plain(scan, CONTAINERS_VERSION_INFO,
               (const char *const[]){"", own_version,
                                     scan->engine_version ? scan->engine_version : "",
                                     uname(&name) == 0 ? name.release : "", ""},
               1);
    show_plain(scan, CONTAINERS_SCRAPE_ERROR, NULL, scan->has_tree ? 0 : 1);
}
