/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of one cgroup say: those of version 2, and what both versions share. Called by containers_files.c, tests
 * and the fuzzer. Pure: text in, numbers out.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/words.h"
#include "probes/containers.h"

#define NO_LIMIT_FROM 4611686018427387904.0 /* 2^62: what v1 says for none */

void cgroup_reading_init(struct cgroup_reading *r, struct arena *arena)
{
    *r = (struct cgroup_reading){.arena = arena,
                                 .cpu_usage = NAN,
                                 .inactive_file = NAN,
                                 .faults = NAN,
                                 .major_faults = NAN};
    for (size_t i = 0; i < CGROUP_NUMBER_COUNT; i++)
        r->numbers[i] = NAN;
}

/* ---- texts ---- */

bool cgroup_next_pair(struct bytes *text, struct bytes *ret_name, double *ret_value)
{
    struct bytes line;
    while (words_line(text, &line)) {
        if (words_next(&line, ret_name) && words_number(&line, ret_value))
            return true;
    }
    return false;
}

void cgroup_take_fields(struct cgroup_reading *r, struct bytes text,
                        const struct cgroup_field *fields, size_t count)
{
    struct bytes name;
    double value;
    while (cgroup_next_pair(&text, &name, &value)) {
        for (size_t i = 0; i < count; i++) {
            if (bytes_is(name, fields[i].name))
                r->numbers[fields[i].number] = value * fields[i].scale;
        }
    }
}

static void take_number(struct cgroup_reading *r, enum cgroup_number number,
                        struct bytes text)
{
    double value;
    if (words_whole(bytes_trim(text), &value))
        r->numbers[number] = value;
}

/* "max", and what v1 writes instead, is no limit, which cAdvisor shows as 0. */
static void take_limit(struct cgroup_reading *r, enum cgroup_number number,
                       struct bytes text)
{
    double value;
    if (bytes_is(bytes_trim(text), "max"))
        r->numbers[number] = 0;
    else if (words_whole(bytes_trim(text), &value))
        r->numbers[number] = value >= NO_LIMIT_FROM ? 0 : value;
}

/* ---- memory.stat, of both versions ---- */

void cgroup_take_memory_stat(struct cgroup_reading *r, struct bytes text,
                             const struct cgroup_stat_names *names)
{
    struct bytes name;
    double value;
    const struct {
        const char *name;
        double *to;
    } fields[] = {
        {names->cache, &r->numbers[CGROUP_MEMORY_CACHE]},
        {names->rss, &r->numbers[CGROUP_MEMORY_RSS]},
        {names->mapped, &r->numbers[CGROUP_MEMORY_MAPPED]},
        {names->inactive_file, &r->inactive_file},
        {names->faults, &r->faults},
        {names->major_faults, &r->major_faults},
        {names->swap, &r->numbers[CGROUP_MEMORY_SWAP]},
    };
    while (cgroup_next_pair(&text, &name, &value)) {
        for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
            if (!bytes_is(name, fields[i].name))
                continue;
            *fields[i].to = value;
            break;
        }
    }
}

/* ---- devices ---- */

struct cgroup_device *cgroup_device_of(struct cgroup_reading *r, struct bytes number)
{
    if (!number.len || number.len >= sizeof(r->devices[0].number) ||
        bytes_find_byte(number, ':') <= 0)
        return NULL;
    for (size_t i = 0; i < r->device_count; i++) {
        if (bytes_is(number, r->devices[i].number))
            return &r->devices[i];
    }
    if (r->device_count == CGROUP_MAX_DEVICES)
        return NULL;
    struct cgroup_device *d = &r->devices[r->device_count++];
    *d = (struct cgroup_device){
        .read_bytes = NAN, .written_bytes = NAN, .reads = NAN, .writes = NAN};
    memcpy(d->number, number.ptr, number.len);
    return d;
}

/* ---- version 2 ---- */

static void v2_cpu_stat(struct cgroup_reading *r, struct bytes text)
{
    static const struct cgroup_field fields[] = {
        {"user_usec", CGROUP_CPU_USER, 1e-6},
        {"system_usec", CGROUP_CPU_SYSTEM, 1e-6},
        {"nr_periods", CGROUP_CPU_PERIODS, 1},
        {"nr_throttled", CGROUP_CPU_THROTTLED_PERIODS, 1},
        {"throttled_usec", CGROUP_CPU_THROTTLED, 1e-6},
    };
    struct bytes rest = text, name;
    double value;
    cgroup_take_fields(r, text, fields, ARRAY_LEN(fields));
    while (cgroup_next_pair(&rest, &name, &value)) {
        if (bytes_is(name, "usage_usec"))
            r->cpu_usage = value * 1e-6;
    }
}

static void v2_cpu_max(struct cgroup_reading *r, struct bytes text)
{
    struct bytes quota;
    double value;
    text = bytes_trim(text);
    if (!words_next(&text, &quota))
        return;
    if (words_whole(quota, &value)) /* else "max" */
        r->numbers[CGROUP_CPU_QUOTA] = value;
    if (words_number(&text, &value))
        r->numbers[CGROUP_CPU_PERIOD] = value;
}

/* The kernel's weights, 1 to 10000, in shares, 2 to 262144, as runtimes convert them. */
static void v2_cpu_weight(struct cgroup_reading *r, struct bytes text)
{
    double weight;
    if (words_whole(bytes_trim(text), &weight) && weight >= 1)
        r->numbers[CGROUP_CPU_SHARES] = 2 + trunc((weight - 1) * 262142 / 9999);
}

static void v2_memory_stat(struct cgroup_reading *r, struct bytes text)
{
    static const struct cgroup_stat_names names = {
        "file", "anon", "file_mapped", "inactive_file", "pgfault", "pgmajfault", ""};
    struct bytes name;
    double value;
    cgroup_take_memory_stat(r, text, &names);
    while (cgroup_next_pair(&text, &name, &value)) {
        if (bytes_is(name, "kernel"))
            r->numbers[CGROUP_MEMORY_KERNEL] = value;
    }
}

static void v2_memory_events(struct cgroup_reading *r, struct bytes text)
{
    static const struct cgroup_field fields[] = {
        {"oom_kill", CGROUP_OOM_EVENTS, 1},
        {"max", CGROUP_MEMORY_FAILCNT, 1},
    };
    cgroup_take_fields(r, text, fields, ARRAY_LEN(fields));
}

/* "254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6" */
static void v2_io_stat(struct cgroup_reading *r, struct bytes text)
{
    struct bytes line, word, key;
    while (words_line(&text, &line)) {
        struct cgroup_device *d =
            words_next(&line, &word) ? cgroup_device_of(r, word) : NULL;
        double value;
        while (d && words_next(&line, &word)) {
            if (!bytes_token(&word, '=', &key) || !words_whole(word, &value))
                continue;
            double *to = bytes_is(key, "rbytes")   ? &d->read_bytes
                         : bytes_is(key, "wbytes") ? &d->written_bytes
                         : bytes_is(key, "rios")   ? &d->reads
                         : bytes_is(key, "wios")   ? &d->writes
                                                   : NULL;
            if (to)
                *to = value;
        }
    }
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=123" */
static void take_pressure(struct cgroup_reading *r, struct bytes text,
                          enum cgroup_number waiting, enum cgroup_number stalled)
{
    struct bytes line, word;
    double value;
    while (words_line(&text, &line)) {
        if (!words_next(&line, &word))
            continue;
        const bool is_some = bytes_is(word, "some");
        while (words_next(&line, &word)) {
            if (bytes_starts(word, "total=") &&
                words_whole(bytes_slice(word, strlen("total="), word.len), &value))
                r->numbers[is_some ? waiting : stalled] = value * 1e-6;
        }
    }
}

static void v2_cpu_pressure(struct cgroup_reading *r, struct bytes text)
{
    take_pressure(r, text, CGROUP_PRESSURE_CPU_WAITING, CGROUP_PRESSURE_CPU_STALLED);
}

static void v2_memory_pressure(struct cgroup_reading *r, struct bytes text)
{
    take_pressure(r, text, CGROUP_PRESSURE_MEMORY_WAITING,
                  CGROUP_PRESSURE_MEMORY_STALLED);
}

static void v2_io_pressure(struct cgroup_reading *r, struct bytes text)
{
    take_pressure(r, text, CGROUP_PRESSURE_IO_WAITING, CGROUP_PRESSURE_IO_STALLED);
}

/* ---- files ---- */

#define X(fn, number)                                             \
    void cgroup_##fn(struct cgroup_reading *r, struct bytes text) \
    {                                                             \
        take_number(r, number, text);                             \
    }
CGROUP_NUMBER_FILES(X)
#undef X
#define X(fn, number)                                             \
    void cgroup_##fn(struct cgroup_reading *r, struct bytes text) \
    {                                                             \
        take_limit(r, number, text);                              \
    }
CGROUP_LIMIT_FILES(X)
#undef X

const struct cgroup_file cgroup_v2_files[] = {
    {NULL, "cpu.stat", v2_cpu_stat, false},
    {NULL, "memory.current", cgroup_memory_usage, false},
    {NULL, "memory.stat", v2_memory_stat, false},
    {NULL, "memory.events", v2_memory_events, false},
    {NULL, "memory.swap.current", cgroup_memory_swap, false},
    {NULL, "memory.peak", cgroup_memory_max_usage, false},
    {NULL, "io.stat", v2_io_stat, false},
    {NULL, "pids.current", cgroup_threads, false},
    {NULL, "cpu.pressure", v2_cpu_pressure, false},
    {NULL, "memory.pressure", v2_memory_pressure, false},
    {NULL, "io.pressure", v2_io_pressure, false},
    {NULL, "memory.max", cgroup_memory_limit, true},
    {NULL, "memory.min", cgroup_memory_reservation, true},
    {NULL, "memory.swap.max", cgroup_memory_swap_limit, true},
    {NULL, "cpu.max", v2_cpu_max, true},
    {NULL, "cpu.weight", v2_cpu_weight, true},
    {NULL, "pids.max", cgroup_threads_max, true},
    {0},
};

/* Throttling is told of containers with a quota alone: else it is always 0. */
static void drop_throttling(struct cgroup_reading *r)
{
    r->numbers[CGROUP_CPU_PERIODS] = NAN;
    r->numbers[CGROUP_CPU_THROTTLED_PERIODS] = NAN;
    r->numbers[CGROUP_CPU_THROTTLED] = NAN;
}

void cgroup_reading_finish(struct cgroup_reading *r)
{
    const double usage = r->numbers[CGROUP_MEMORY_USAGE];
    const double idle = isnan(r->inactive_file) ? 0 : r->inactive_file;
    r->numbers[CGROUP_MEMORY_WORKING_SET] = usage < idle ? 0 : usage - idle;
    if (isnan(r->numbers[CGROUP_MEMORY_MAX_USAGE]) && !isnan(usage))
        r->numbers[CGROUP_MEMORY_MAX_USAGE] = 0;
    if (isnan(r->numbers[CGROUP_CPU_QUOTA]))
        drop_throttling(r);
}
