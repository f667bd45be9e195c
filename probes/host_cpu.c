/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPUs: the time they spent (<procfs>/stat), whether they are online, how often heat slowed them down, and how long
 * tasks ran and waited (<procfs>/schedstat). Keeps the times of the scan before, because the kernel's may step back.
 */
#include <string.h>
#include <unistd.h>

#include "probes/host.h"

#define TICKS_PER_SEC 100.0 /* USER_HZ, which Linux fixes for what it shows */
#define HOTPLUG_SEC 3.0     /* idle time that steps back this far is a new CPU's */
#define MAX_CPUS 8192

enum { IDLE = 3, GUEST = 8, TIMES = 10 };

static const char *const modes[TIMES] = {"user", "nice",    "system", "idle", "iowait",
                                         "irq",  "softirq", "steal",  "user", "nice"};

static struct host_cpu_times *times_of(struct host_kept *kept, uint64_t number)
{
    struct host_cpu_times **at = &kept->cpus;
    while (*at && (*at)->number < number)
        at = &(*at)->next;
    if (*at && (*at)->number == number)
        return *at;
    struct host_cpu_times *made = arena_alloc(kept->arena, sizeof(*made));
    made->number = number;
    made->next = *at;
    *at = made;
    return made;
}

static void times_move(struct host_cpu_times *times, const double *now)
{
    if (times->seconds[IDLE] - now[IDLE] >= HOTPLUG_SEC)
        memset(times->seconds, 0, sizeof(times->seconds));
    for (size_t i = 0; i < TIMES; i++) {
        if (now[i] > times->seconds[i])
            times->seconds[i] = now[i];
    }
    times->is_online = true;
}

static void read_cpu_line(struct host_kept *kept, struct bytes name, struct bytes rest)
{
    double now[TIMES] = {0};
    uint64_t number;
    if (!bytes_to_u64(bytes_slice(name, strlen("cpu"), name.len), &number) ||
        number >= MAX_CPUS)
        return; /* the sum of all */
    for (size_t i = 0; i < TIMES && words_number(&rest, &now[i]); i++)
        now[i] /= TICKS_PER_SEC;
    times_move(times_of(kept, number), now);
}

static void show_times(struct host_scan *scan, const struct host_cpu_times *times)
{
    const char *cpu =
        arena_printf(scan->arena, "%llu", (unsigned long long)times->number);
    for (size_t i = 0; i < TIMES; i++)
        host_sample_with(scan, i < GUEST ? HOST_CPU_SECONDS : HOST_CPU_GUEST,
                         (const char *const[]){cpu, modes[i]}, times->seconds[i]);
}

void host_cpu_parse(struct host_scan *scan, struct bytes stat)
{
    struct bytes line, name;
    for (struct host_cpu_times *t = scan->kept->cpus; t; t = t->next)
        t->is_online = false;
    while (words_line(&stat, &line)) {
        if (bytes_starts(line, "cpu") && words_next(&line, &name))
            read_cpu_line(scan->kept, name, line);
    }
    for (struct host_cpu_times *t = scan->kept->cpus; t; t = t->next) {
        if (t->is_online)
            show_times(scan, t);
        else
            memset(t->seconds, 0, sizeof(t->seconds));
    }
}

/* ---- <sysfs>/devices/system/cpu ---- */

static void show_online(struct host_scan *scan, int folder, const char *cpu)
{
    double value;
    if (host_attribute_number(scan, folder, arena_printf(scan->arena, "%s/online", cpu),
                              &value))
        host_sample_of(scan, HOST_CPU_ONLINE, cpu + strlen("cpu"), value == 1);
    else if (!strcmp(cpu, "cpu0")) /* has no switch: always on */
        host_sample_of(scan, HOST_CPU_ONLINE, "0", 1);
}

/* The list "1,4-6" that the kernel writes of CPUs. */
static void show_isolated(struct host_scan *scan, int folder)
{
    struct bytes list, range, first;
    uint64_t from, to;
    if (!host_attribute(scan, folder, "isolated", &list))
        return;
    while (bytes_token(&list, ',', &range)) {
        if (!bytes_token(&range, '-', &first) || !bytes_to_u64(first, &from))
            return;
        if (!range.len)
            to = from;
        else if (!bytes_to_u64(range, &to))
            return;
        for (; from <= to && from < MAX_CPUS; from++)
            host_sample_of(scan, HOST_CPU_ISOLATED,
                           arena_printf(scan->arena, "%llu", (unsigned long long)from),
                           1);
    }
}

struct throttles { /* cores and packages that were shown */
    const char *core, *package;
    const struct throttles *next;
};

static bool is_package_shown(const struct throttles *list, const char *package)
{
    for (; list; list = list->next) {
        if (!strcmp(list->package, package))
            return true;
    }
    return false;
}

static bool is_core_shown(const struct throttles *list, const char *core,
                          const char *package)
{
    for (; list; list = list->next) {
        if (!strcmp(list->package, package) && !strcmp(list->core, core))
            return true;
    }
    return false;
}

/* Hyperthreads share their core's counter, and cores their package's. */
static const struct throttles *show_throttles(struct host_scan *scan, int folder,
                                              const char *cpu,
                                              const struct throttles *shown)
{
    struct bytes core, package;
    double value;
    struct arena *a = scan->arena;
    if (!host_attribute(scan, folder, arena_printf(a, "%s/topology/core_id", cpu),
                        &core) ||
        !host_attribute(scan, folder,
                        arena_printf(a, "%s/topology/physical_package_id", cpu),
                        &package))
        return shown;
    const char *values[] = {core.ptr, package.ptr};
    if (!is_core_shown(shown, core.ptr, package.ptr) &&
        host_attribute_number(
            scan, folder, arena_printf(a, "%s/thermal_throttle/core_throttle_count", cpu),
            &value))
        host_sample_with(scan, HOST_CORE_THROTTLES, values, value);
    if (!is_package_shown(shown, package.ptr) &&
        host_attribute_number(
            scan, folder,
            arena_printf(a, "%s/thermal_throttle/package_throttle_count", cpu), &value))
        host_sample_of(scan, HOST_PACKAGE_THROTTLES, package.ptr, value);
    struct throttles *made = arena_alloc(a, sizeof(*made));
    *made = (struct throttles){core.ptr, package.ptr, shown};
    return made;
}

static bool is_numbered(const char *name, const char *prefix)
{
    uint64_t number;
    return bytes_to_u64(bytes_of(name + strlen(prefix)), &number);
}

bool host_cpu_collect(struct host_scan *scan)
{
    struct bytes stat;
    const char *const *cpus;
    if (!host_proc_stat(scan, &stat))
        return false;
    host_cpu_parse(scan, stat);
    const int folder = host_sys_open(scan, "devices/system/cpu");
    if (folder < 0)
        return true;
    const size_t count = host_entries(scan, folder, "cpu", &cpus);
    const bool can_switch = faccessat(folder, "cpu0/online", F_OK, 0) == 0 ||
                            faccessat(folder, "cpu1/online", F_OK, 0) == 0;
    const bool can_throttle = faccessat(folder, "cpu0/thermal_throttle", F_OK, 0) == 0;
    const struct throttles *shown = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!is_numbered(cpus[i], "cpu"))
            continue;
        if (can_switch)
            show_online(scan, folder, cpus[i]);
        if (can_throttle)
            shown = show_throttles(scan, folder, cpus[i], shown);
    }
    show_isolated(scan, folder);
    return true;
}

/* ---- frequencies ---- */

static void show_governors(struct host_scan *scan, int folder, const char *cpu)
{
    struct bytes governor, all, word;
    struct arena *a = scan->arena;
    if (!host_attribute(scan, folder, arena_printf(a, "%s/cpufreq/scaling_governor", cpu),
                        &governor) ||
        !host_attribute(scan, folder,
                        arena_printf(a, "%s/cpufreq/scaling_available_governors", cpu),
                        &all))
        return;
    while (words_next(&all, &word))
        host_sample_with(scan, HOST_GOVERNOR,
                         (const char *const[]){cpu + strlen("cpu"), words_label(a, word)},
                         bytes_equal(word, governor));
}

bool host_cpufreq_collect(struct host_scan *scan)
{
    static const struct {
        const char *file;
        enum host_family family;
    } files[] = {
        {"cpuinfo_cur_freq", HOST_FREQ_NOW},    {"cpuinfo_avg_freq", HOST_FREQ_AVERAGE},
        {"cpuinfo_min_freq", HOST_FREQ_MIN},    {"cpuinfo_max_freq", HOST_FREQ_MAX},
        {"scaling_cur_freq", HOST_SCALING_NOW}, {"scaling_min_freq", HOST_SCALING_MIN},
        {"scaling_max_freq", HOST_SCALING_MAX}};
    const char *const *cpus;
    const int folder = host_sys_open(scan, "devices/system/cpu");
    if (folder < 0)
        return false;
    const size_t count = host_entries(scan, folder, "cpu", &cpus);
    for (size_t i = 0; i < count; i++) {
        const char *below = arena_printf(scan->arena, "%s/cpufreq", cpus[i]);
        double khz;
        if (!is_numbered(cpus[i], "cpu") || faccessat(folder, below, F_OK, 0) != 0)
            continue;
        for (size_t j = 0; j < ARRAY_LEN(files); j++) {
            const char *path = arena_printf(scan->arena, "%s/%s", below, files[j].file);
            if (host_attribute_number(scan, folder, path, &khz))
                host_sample_of(scan, files[j].family, cpus[i] + strlen("cpu"), khz * 1e3);
        }
        show_governors(scan, folder, cpus[i]);
    }
    return true;
}

/* ---- <procfs>/schedstat ---- */

/* cpuN, six counters of the scheduler, then run time and wait time in ns, and time slices. */
void host_schedstat_parse(struct host_scan *scan, struct bytes text)
{
    static const enum host_family families[] = {HOST_SCHED_RUNNING, HOST_SCHED_WAITING,
                                                HOST_SCHED_TIMESLICES};
    struct bytes line, name;
    while (words_line(&text, &line)) {
        double values[9] = {0};
        size_t count = 0;
        if (!bytes_starts(line, "cpu") || !words_next(&line, &name))
            continue;
        while (count < ARRAY_LEN(values) && words_number(&line, &values[count]))
            count++;
        if (count < ARRAY_LEN(values))
            continue;
        const char *cpu =
            words_label(scan->arena, bytes_slice(name, strlen("cpu"), name.len));
        for (size_t i = 0; i < ARRAY_LEN(families); i++)
            host_sample_of(scan, families[i], cpu,
                           families[i] == HOST_SCHED_TIMESLICES ? values[6 + i]
                                                                : values[6 + i] / 1e9);
    }
}

bool host_schedstat_collect(struct host_scan *scan)
{
    struct bytes text;
    if (!host_proc(scan, "schedstat", &text))
        return false;
    host_schedstat_parse(scan, text);
    return true;
}
