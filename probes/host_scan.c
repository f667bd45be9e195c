/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One look at the machine: the collectors one after another on the scan's thread, each in a group of samples of its
 * own, so that one that fails takes nothing else with it. Called by host.c. Never answers for the run.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/labels.h"
#include "probes/host.h"

const struct host_collector host_collectors[] = {
    {"arp", host_arp_collect},
    {"bonding", host_bonding_collect},
    {"conntrack", host_conntrack_collect},
    {"cpu", host_cpu_collect},
    {"cpufreq", host_cpufreq_collect},
    {"diskstats", host_diskstats_collect},
    {"dmi", host_dmi_collect},
    {"edac", host_edac_collect},
    {"entropy", host_entropy_collect},
    {"filefd", host_filefd_collect},
    {"filesystem", host_filesystem_collect},
    {"hwmon", host_hwmon_collect},
    {"loadavg", host_loadavg_collect},
    {"mdadm", host_md_collect},
    {"meminfo", host_meminfo_collect},
    {"netclass", host_netclass_collect},
    {"netdev", host_netdev_collect},
    {"netstat", host_netstat_collect},
    {"nvme", host_nvme_collect},
    {"os", host_os_collect},
    {"pressure", host_pressure_collect},
    {"reboot", host_reboot_collect},
    {"schedstat", host_schedstat_collect},
    {"selinux", host_selinux_collect},
    {"sockstat", host_sockstat_collect},
    {"softnet", host_softnet_collect},
    {"stat", host_stat_collect},
    {"textfile", host_textfile_collect},
    {"thermal_zone", host_thermal_collect},
    {"time", host_time_collect},
    {"timex", host_timex_collect},
    {"udp_queues", host_udp_queues_collect},
    {"uname", host_uname_collect},
    {"vmstat", host_vmstat_collect},
    {0},
};
_Static_assert(ARRAY_LEN(host_collectors) <= ARRAY_LEN(((struct host_scan *)0)->results),
               "a result for each collector");

const struct host_collector *host_collector_find(const char *name)
{
    for (const struct host_collector *c = host_collectors; c->name; c++) {
        if (!strcmp(c->name, name))
            return c;
    }
    return NULL;
}

struct host_kept *host_kept_create(const struct host_conf *conf)
{
    struct arena *arena = arena_create(0);
    struct host_kept *kept = arena_alloc(arena, sizeof(*kept));
    struct host_names *const names[] = {&kept->meminfo, &kept->vmstat, &kept->netstat,
                                        &kept->sockstat, &kept->hwmon};
    kept->arena = arena;
    host_conf_copy(arena, conf, &kept->conf);
    host_reader_init(&kept->reader, arena);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        names[i]->arena = arena;
    return kept;
}

void host_kept_destroy(struct host_kept *kept)
{
    if (!kept)
        return;
    arena_destroy(kept->mounts.arena);
    arena_destroy(kept->arena);
}

/* ---- samples ---- */

void host_sample_named(struct host_scan *scan, const struct metric *metric,
                       const char *const *values, double value)
{
    batch_add(scan->batch, scan->group, metric, values, (struct labels){0}, value);
}

void host_sample_with(struct host_scan *scan, enum host_family family,
                      const char *const *values, double value)
{
    host_sample_named(scan, &host_families[family], values, value);
}

void host_sample_of(struct host_scan *scan, enum host_family family, const char *label,
                    double value)
{
    host_sample_with(scan, family, &label, value);
}

void host_sample(struct host_scan *scan, enum host_family family, double value)
{
    host_sample_with(scan, family, NULL, value);
}

/* ---- why not ---- */

static void set_text(struct err *e, const char *fmt, va_list args) PRINTF_LIKE(2, 0);

static void set_text(struct err *e, const char *fmt, va_list args)
{
    vsnprintf(e->text, sizeof(e->text), fmt, args);
}

void host_note(struct host_scan *scan, const char *fmt, ...)
{
    va_list args;
    if (scan->note.text[0])
        return;
    va_start(args, fmt);
    set_text(&scan->note, fmt, args);
    va_end(args);
}

bool host_fail(struct host_scan *scan, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    set_text(&scan->why, fmt, args);
    va_end(args);
    scan->is_absent = false;
    return false;
}

bool host_absent(struct host_scan *scan, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    set_text(&scan->why, fmt, args);
    va_end(args);
    scan->is_absent = true;
    return false;
}

/* ---- files ---- */

static bool read_below(struct host_scan *scan, const char *folder, const char *name,
                       struct bytes *ret_text)
{
    const char *path = arena_printf(scan->arena, "%s/%s", folder, name);
    if (host_reader_read(&scan->kept->reader, path, ret_text))
        return true;
    if (errno == ENOENT || errno == ENOTDIR)
        return host_absent(scan, "there is no %s", path);
    return host_fail(scan, "%s cannot be read: %s", path, strerror(errno));
}

bool host_proc(struct host_scan *scan, const char *name, struct bytes *ret_text)
{
    return read_below(scan, scan->conf->procfs, name, ret_text);
}

bool host_proc_net(struct host_scan *scan, const char *name, struct bytes *ret_text)
{
    const char *of_init = arena_printf(scan->arena, "1/net/%s", name);
    return host_proc(scan, of_init, ret_text) ||
           host_proc(scan, of_init + strlen("1/"), ret_text);
}

bool host_sys(struct host_scan *scan, const char *name, struct bytes *ret_text)
{
    return read_below(scan, scan->conf->sysfs, name, ret_text);
}

bool host_root(struct host_scan *scan, const char *name, struct bytes *ret_text)
{
    return read_below(scan, scan->conf->rootfs, name, ret_text);
}

bool host_proc_number(struct host_scan *scan, const char *name, double *ret_value)
{
    struct bytes text;
    if (!host_proc(scan, name, &text))
        return false;
    return words_whole(bytes_trim(text), ret_value) ||
           host_fail(scan, "expected a number in %s/%s", scan->conf->procfs, name);
}

bool host_proc_stat(struct host_scan *scan, struct bytes *ret_text)
{
    struct bytes text;
    if (!scan->stat.ptr) {
        if (!host_proc(scan, "stat", &text))
            return false;
        scan->stat =
            (struct bytes){arena_memdup(scan->arena, text.ptr, text.len), text.len};
    }
    *ret_text = scan->stat;
    return true;
}

/* ---- the scan ---- */

void host_scan_init(struct host_scan *scan, struct arena *arena, struct host_kept *kept,
                    struct wall now)
{
    *scan = (struct host_scan){.arena = arena,
                               .kept = kept,
                               .conf = &kept->conf,
                               .batch = batch_create(arena),
                               .now = now};
    scan->group = batch_group(scan->batch, "");
}

static void collect(struct host_scan *scan, const struct host_collector *collector)
{
    struct host_result *result = &scan->results[scan->result_count++];
    const struct mono started = mono_read();
    scan->group = batch_group(scan->batch, collector->name);
    scan->is_absent = false;
    scan->why = scan->note = (struct err){0};
    result->collector = collector;
    result->succeeded = collector->collect(scan);
    result->is_absent = !result->succeeded && scan->is_absent;
    result->why =
        arena_strdup(scan->arena, result->succeeded ? scan->note.text : scan->why.text);
    result->seconds = nsec_to_sec(mono_since(mono_read(), started));
}

void host_scan_run(struct host_scan *scan)
{
    for (const struct host_collector *c = host_collectors; c->name; c++) {
        if (atomic_load(&scan->is_unwanted))
            return;
        atomic_store(&scan->current, c);
        if (host_collects(scan->conf, c->name))
            collect(scan, c);
    }
    atomic_store(&scan->current, NULL);
    scan->group = batch_group(scan->batch, "");
    host_sample_with(scan, HOST_BUILD_INFO,
                     (const char *const[]){"linux", HEALTHD_VERSION}, 1);
    for (size_t i = 0; i < scan->result_count; i++) {
        const struct host_result *result = &scan->results[i];
        host_sample_of(scan, HOST_COLLECTOR_SECONDS, result->collector->name,
                       result->seconds);
        host_sample_of(scan, HOST_COLLECTOR_SUCCESS, result->collector->name,
                       result->succeeded);
    }
}
