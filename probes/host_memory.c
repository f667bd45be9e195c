/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory: <procfs>/meminfo and vmstat, whose fields name the families, and the time that tasks waited for it, for CPUs
 * and for I/O (<procfs>/pressure).
 */
#include <errno.h>
#include <string.h>

#include "lib/core/regex.h"
#include "probes/host.h"

#define MAX_FIELD_BYTES 100

/* "Active(anon)" is a family's Active_anon. */
static const char *meminfo_name(struct arena *arena, struct bytes field, bool is_bytes)
{
    char clean[MAX_FIELD_BYTES + 1];
    size_t len = 0;
    for (size_t i = 0; i < field.len && len < MAX_FIELD_BYTES; i++) {
        if (field.ptr[i] != ')')
            clean[len++] = field.ptr[i] == '(' ? '_' : field.ptr[i];
    }
    clean[len] = '\0';
    return arena_printf(arena, "node_memory_%s%s", clean, is_bytes ? "_bytes" : "");
}

void host_meminfo_parse(struct host_scan *scan, struct bytes text)
{
    struct host_names *names = &scan->kept->meminfo;
    struct bytes line, field, unit;
    double value;
    names->cursor = NULL;
    while (words_line(&text, &line)) {
        const struct bytes key = line;
        if (!bytes_token(&line, ':', &field) || !words_number(&line, &value))
            continue;
        const bool is_bytes = words_next(&line, &unit) && bytes_is(unit, "kB");
        const struct host_name *name = host_names_find(names, field);
        if (!name)
            name = host_names_put(
                names, field, meminfo_name(scan->arena, field, is_bytes), METRIC_GAUGE,
                arena_printf(scan->arena, "%.*s of meminfo",
                             (int)bytes_slice(key, 0, field.len).len, field.ptr),
                NULL);
        if (name && name->metric)
            host_sample_named(scan, name->metric, NULL, is_bytes ? value * 1024 : value);
    }
}

bool host_meminfo_collect(struct host_scan *scan)
{
    struct bytes text;
    if (!host_proc(scan, "meminfo", &text))
        return false;
    host_meminfo_parse(scan, text);
    return true;
}

static const struct host_name *vmstat_put(struct host_scan *scan, struct bytes field)
{
    const struct regex *fields = scan->conf->vmstat_fields;
    const bool is_wanted = !fields || regex_match(fields, field) == REGEX_MATCH;
    const char *name =
        arena_printf(scan->arena, "node_vmstat_%.*s",
                     (int)bytes_slice(field, 0, MAX_FIELD_BYTES).len, field.ptr);
    return host_names_put(&scan->kept->vmstat, field, is_wanted ? name : NULL,
                          METRIC_UNTYPED, arena_printf(scan->arena, "%s of vmstat", name),
                          NULL);
}

void host_vmstat_parse(struct host_scan *scan, struct bytes text)
{
    struct bytes line, field;
    double value;
    scan->kept->vmstat.cursor = NULL;
    while (words_line(&text, &line)) {
        if (!words_next(&line, &field))
            continue;
        const struct host_name *name = host_names_find(&scan->kept->vmstat, field);
        if (!name)
            name = vmstat_put(scan, field);
        if (name && name->metric && words_number(&line, &value))
            host_sample_named(scan, name->metric, NULL, value);
    }
}

bool host_vmstat_collect(struct host_scan *scan)
{
    struct bytes text;
    if (!host_proc(scan, "vmstat", &text))
        return false;
    host_vmstat_parse(scan, text);
    return true;
}

/* ---- pressure ---- */

static const struct resource {
    const char *name;
    int waiting, stalled; /* families; -1: not shown */
} resources[] = {{"cpu", HOST_CPU_WAITING, -1},
                 {"io", HOST_IO_WAITING, HOST_IO_STALLED},
                 {"memory", HOST_MEMORY_WAITING, HOST_MEMORY_STALLED},
                 {"irq", -1, HOST_IRQ_STALLED}};

static const struct resource *resource_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(resources); i++) {
        if (!strcmp(resources[i].name, name))
            return &resources[i];
    }
    return NULL;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=123" in microseconds; "full" in the same form. */
void host_pressure_parse(struct host_scan *scan, const char *resource, struct bytes text)
{
    const struct resource *known = resource_find(resource);
    struct bytes line, kind, word;
    uint64_t total;
    while (known && words_line(&text, &line)) {
        if (!words_next(&line, &kind))
            continue;
        const int family = bytes_is(kind, "some")   ? known->waiting
                           : bytes_is(kind, "full") ? known->stalled
                                                    : -1;
        while (family >= 0 && words_next(&line, &word)) {
            if (bytes_starts(word, "total=") &&
                bytes_to_u64(bytes_slice(word, strlen("total="), word.len), &total))
                host_sample(scan, (enum host_family)family, (double)total / 1e6);
        }
    }
}

bool host_pressure_collect(struct host_scan *scan)
{
    struct bytes text;
    size_t found = 0;
    for (size_t i = 0; i < ARRAY_LEN(resources); i++) {
        const char *name = arena_printf(scan->arena, "pressure/%s", resources[i].name);
        if (host_proc(scan, name, &text)) {
            host_pressure_parse(scan, resources[i].name, text);
            found++;
        } else if (errno == EOPNOTSUPP) {
            return host_absent(scan, "the kernel was started without psi=1");
        } else if (!scan->is_absent) {
            return false;
        }
    }
    return found || host_absent(scan, "the kernel has no pressure stall information");
}
