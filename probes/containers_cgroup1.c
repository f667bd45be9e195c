/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of one cgroup of version 1 say, controller by controller. Called by containers_files.c, tests and the
 * fuzzer. Pure: text in, numbers out.
 */
#include <unistd.h>

#include "lib/base/attr.h"
#include "lib/base/words.h"
#include "probes/containers.h"

static void v1_usage_percpu(struct cgroup_reading *r, struct bytes text)
{
    struct bytes rest = text;
    double value;
    size_t count = 0;
    while (count < CGROUP_MAX_CPUS && words_number(&rest, &value))
        count++;
    r->per_cpu = arena_alloc(r->arena, (count + 1) * sizeof(*r->per_cpu));
    for (r->cpu_count = 0; r->cpu_count < count; r->cpu_count++) {
        words_number(&text, &value);
        r->per_cpu[r->cpu_count] = value * 1e-9;
    }
}

static void v1_usage(struct cgroup_reading *r, struct bytes text)
{
    double value;
    if (words_whole(bytes_trim(text), &value))
        r->cpu_usage = value * 1e-9;
}

static void v1_cpuacct_stat(struct cgroup_reading *r, struct bytes text)
{
    const double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
    const struct cgroup_field fields[] = {
        {"user", CGROUP_CPU_USER, tick},
        {"system", CGROUP_CPU_SYSTEM, tick},
    };
    cgroup_take_fields(r, text, fields, ARRAY_LEN(fields));
}

static void v1_cpu_stat(struct cgroup_reading *r, struct bytes text)
{
    static const struct cgroup_field fields[] = {
        {"nr_periods", CGROUP_CPU_PERIODS, 1},
        {"nr_throttled", CGROUP_CPU_THROTTLED_PERIODS, 1},
        {"throttled_time", CGROUP_CPU_THROTTLED, 1e-9},
    };
    cgroup_take_fields(r, text, fields, ARRAY_LEN(fields));
}

static void v1_quota(struct cgroup_reading *r, struct bytes text)
{
    double value;
    if (words_whole(bytes_trim(text), &value) && value > 0) /* -1: none */
        r->numbers[CGROUP_CPU_QUOTA] = value;
}

static void v1_memory_stat(struct cgroup_reading *r, struct bytes text)
{
    static const struct cgroup_stat_names names = {
        "total_cache",   "total_rss",        "total_mapped_file", "total_inactive_file",
        "total_pgfault", "total_pgmajfault", "total_swap"};
    cgroup_take_memory_stat(r, text, &names);
}

static void v1_oom_control(struct cgroup_reading *r, struct bytes text)
{
    static const struct cgroup_field fields[] = {{"oom_kill", CGROUP_OOM_EVENTS, 1}};
    cgroup_take_fields(r, text, fields, ARRAY_LEN(fields));
}

/* "254:0 Read 123" for each device and direction, then a "Total". */
static void v1_io(struct cgroup_reading *r, struct bytes text, bool is_bytes)
{
    struct bytes line, number, way;
    double value;
    while (words_line(&text, &line)) {
        if (!words_next(&line, &number) || !words_next(&line, &way) ||
            !words_number(&line, &value))
            continue;
        const bool is_read = bytes_is(way, "Read");
        struct cgroup_device *d =
            is_read || bytes_is(way, "Write") ? cgroup_device_of(r, number) : NULL;
        if (!d)
            continue;
        if (is_bytes)
            *(is_read ? &d->read_bytes : &d->written_bytes) = value;
        else
            *(is_read ? &d->reads : &d->writes) = value;
    }
}

static void v1_io_bytes(struct cgroup_reading *r, struct bytes text)
{
    v1_io(r, text, true);
}

static void v1_io_count(struct cgroup_reading *r, struct bytes text)
{
    v1_io(r, text, false);
}

const struct cgroup_file cgroup_v1_files[] = {
    {"cpuacct", "cpuacct.usage_percpu", v1_usage_percpu, false},
    {"cpuacct", "cpuacct.usage", v1_usage, false},
    {"cpuacct", "cpuacct.stat", v1_cpuacct_stat, false},
    {"cpu", "cpu.stat", v1_cpu_stat, false},
    {"memory", "memory.usage_in_bytes", cgroup_memory_usage, false},
    {"memory", "memory.max_usage_in_bytes", cgroup_memory_max_usage, false},
    {"memory", "memory.failcnt", cgroup_memory_failcnt, false},
    {"memory", "memory.kmem.usage_in_bytes", cgroup_memory_kernel, false},
    {"memory", "memory.stat", v1_memory_stat, false},
    {"memory", "memory.oom_control", v1_oom_control, false},
    {"blkio", "blkio.throttle.io_service_bytes", v1_io_bytes, false},
    {"blkio", "blkio.throttle.io_serviced", v1_io_count, false},
    {"pids", "pids.current", cgroup_threads, false},
    {"memory", "memory.limit_in_bytes", cgroup_memory_limit, true},
    {"memory", "memory.soft_limit_in_bytes", cgroup_memory_reservation, true},
    {"memory", "memory.memsw.limit_in_bytes", cgroup_memory_swap_limit, true},
    {"cpu", "cpu.cfs_quota_us", v1_quota, true},
    {"cpu", "cpu.cfs_period_us", cgroup_cpu_period, true},
    {"cpu", "cpu.shares", cgroup_cpu_shares, true},
    {"pids", "pids.max", cgroup_threads_max, true},
    {0},
};
_Static_assert(ARRAY_LEN(cgroup_v1_files) <= CGROUP_MAX_FILES, "a place for each");
