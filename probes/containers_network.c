/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which process stands for a container, found by what each says of its cgroup (a container cannot see it the other way
 * round: cgroup.procs shows 0 for foreign pids), and what its network namespace has counted. Called by
 * containers_scan.c on its thread.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/attr.h"
#include "lib/base/words.h"
#include "probes/containers.h"

#define MAX_PROCESSES 100000
#define PAUSE_SCANS 8 /* until all processes are looked at again in vain */

/* The outermost; but an id alone with a container of Podman right below is its pod's. */
bool containers_id_in(struct bytes text, char ret_id[CONTAINERS_ID_LEN + 1])
{
    struct bytes line, part;
    while (words_line(&text, &line)) {
        bool is_found = false;
        while (!is_found && bytes_token(&line, '/', &part))
            is_found = containers_id_of(part, ret_id);
        if (is_found && part.len == CONTAINERS_ID_LEN && bytes_starts(line, "libpod-") &&
            bytes_token(&line, '/', &part))
            containers_id_of(part, ret_id);
        if (is_found)
            return true;
    }
    return false;
}

bool containers_start_ticks(struct bytes stat, double *ret_ticks)
{
    struct bytes word;
    size_t end =
        stat.len; /* the name may hold anything: what counts is behind its last ) */
    while (end && stat.ptr[end - 1] != ')')
        end--;
    struct bytes rest = bytes_slice(stat, end, stat.len);
    for (int field = 3; field < 22; field++) {
        if (!words_next(&rest, &word))
            return false;
    }
    return end && words_number(&rest, ret_ticks);
}

/* ---- who stands for whom ---- */

static bool process_id(struct containers_scan *scan, uint64_t pid,
                       char ret_id[CONTAINERS_ID_LEN + 1])
{
    char path[4096];
    struct bytes text;
    snprintf(path, sizeof(path), "%s/%llu/cgroup", scan->conf->procfs,
             (unsigned long long)pid);
    return containers_read_file(scan->kept, path, &text) &&
           containers_id_in(text, ret_id);
}

static double boot_time(struct containers_scan *scan)
{
    const char *path = arena_printf(scan->arena, "%s/stat", scan->conf->procfs);
    struct bytes text, line, word;
    double seconds = 0;
    if (!containers_read_file(scan->kept, path, &text))
        return 0;
    while (words_line(&text, &line)) {
        if (words_next(&line, &word) && bytes_is(word, "btime"))
            words_number(&line, &seconds);
    }
    return seconds;
}

static void take_start(struct containers_scan *scan, struct cgroup *g, double booted)
{
    const char *path = arena_printf(scan->arena, "%s/%llu/stat", scan->conf->procfs,
                                    (unsigned long long)g->pid);
    struct bytes text;
    double ticks;
    g->started.ns = 0;
    if (booted > 0 && containers_read_file(scan->kept, path, &text) &&
        containers_start_ticks(text, &ticks))
        g->started.ns = nsec_from_sec(booted + ticks / (double)sysconf(_SC_CLK_TCK));
}

/* The lowest pid is the first that was started, as long as they do not wrap. */
static void look_at_process(struct containers_scan *scan, const struct map *wanted,
                            uint64_t pid)
{
    char id[CONTAINERS_ID_LEN + 1];
    if (!process_id(scan, pid, id))
        return;
    struct cgroup *g = map_get(wanted, bytes_of(id));
    if (g && (!g->pid || pid < g->pid))
        g->pid = pid;
}

static void look_at_processes(struct containers_scan *scan, const struct map *wanted)
{
    DIR *folder = opendir(scan->conf->procfs);
    const struct dirent *entry;
    size_t count = 0;
    while (folder && (entry = readdir(folder)) && count < MAX_PROCESSES) {
        uint64_t pid;
        if (!bytes_to_u64(bytes_of(entry->d_name), &pid))
            continue;
        count++;
        look_at_process(scan, wanted, pid);
    }
    if (folder)
        closedir(folder);
}

static bool has_lost_process(struct containers_scan *scan, struct cgroup *g)
{
    char id[CONTAINERS_ID_LEN + 1];
    if (g->pid && process_id(scan, g->pid, id) && !strcmp(id, g->id))
        return false;
    const bool was_known = g->pid != 0;
    g->pid = 0;
    return was_known;
}

void containers_find_pids(struct containers_scan *scan)
{
    struct containers_kept *kept = scan->kept;
    struct map *wanted = map_create();
    const struct map_entry *entry = NULL;
    bool is_new = false;
    while ((entry = map_next(kept->cgroups, entry))) {
        struct cgroup *g = entry->value;
        if (!g->id[0])
            continue;
        const bool is_lost = has_lost_process(scan, g);
        is_new = is_new || is_lost || (!g->pid && g->scans <= 1);
        if (!g->pid)
            map_put(wanted, bytes_of(g->id), g);
    }
    if (map_count(wanted) && (is_new || kept->pid_pause == 0)) {
        kept->pid_pause = PAUSE_SCANS;
        look_at_processes(scan, wanted);
        const double booted = boot_time(scan);
        entry = NULL;
        while ((entry = map_next(wanted, entry)))
            take_start(scan, entry->value, booted);
    }
    if (kept->pid_pause)
        kept->pid_pause--;
    map_destroy(wanted);
}

/* ---- what was counted ---- */

/* Of the receiving half of a line of net/dev; the sending half is eight columns on. */
static const struct column {
    int at;
    enum containers_family family;
} columns[] = {
    {0, CONTAINERS_RX_BYTES},   {1, CONTAINERS_RX_PACKETS}, {2, CONTAINERS_RX_ERRORS},
    {3, CONTAINERS_RX_DROPS},   {8, CONTAINERS_TX_BYTES},   {9, CONTAINERS_TX_PACKETS},
    {10, CONTAINERS_TX_ERRORS}, {11, CONTAINERS_TX_DROPS},
};
#define COLUMNS 16

static bool is_left_out(struct bytes device)
{
    static const char *const prefixes[] = {"lo", "veth", "docker", "nerdctl"};
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        if (bytes_starts(device, prefixes[i]))
            return true;
    }
    return !device.len;
}

void containers_netdev_parse(struct containers_scan *scan,
                             const struct containers_subject *of, struct bytes text)
{
    struct bytes line, device;
    while (words_line(&text, &line)) {
        double values[COLUMNS];
        int count = 0;
        if (bytes_find_byte(line, ':') < 0 || bytes_find_byte(line, '|') >= 0)
            continue;
        bytes_token(&line, ':', &device);
        device = bytes_trim(device);
        while (count < COLUMNS && words_number(&line, &values[count]))
            count++;
        if (is_left_out(device) || count < COLUMNS)
            continue;
        const char *name = words_label(scan->arena, device);
        for (size_t i = 0; i < ARRAY_LEN(columns); i++)
            containers_show_with(scan, of, columns[i].family,
                                 (const char *const[]){name, NULL},
                                 values[columns[i].at]);
    }
}

bool containers_show_network(struct containers_scan *scan,
                             const struct containers_subject *of, struct cgroup *g)
{
    const char *path = arena_printf(scan->arena, "%s/%llu/net/dev", scan->conf->procfs,
                                    (unsigned long long)g->pid);
    struct bytes text;
    if (!g->pid || !containers_read_file(scan->kept, path, &text))
        return false;
    containers_netdev_parse(scan, of, text);
    return true;
}
