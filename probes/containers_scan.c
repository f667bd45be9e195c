/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One look at the cgroups: find them, read them, name them, on a thread of its own because a kernel that is short of
 * memory answers slowly. Called by containers.c. Knows of no state or health: those are the engine's to tell.
 */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/attr.h"
#include "probes/containers.h"

void containers_scan_init(struct containers_scan *scan, struct arena *arena,
                          struct containers_kept *kept, struct wall now)
{
    *scan = (struct containers_scan){.arena = arena,
                                     .kept = kept,
                                     .conf = &kept->conf,
                                     .now = now,
                                     .machine_kills = NAN};
    scan->batch = batch_create(arena);
    scan->group = batch_group(scan->batch, "cgroup");
    atomic_init(&scan->is_unwanted, false);
}

/* ---- one cgroup ---- */

static const struct containers_named *named_of(const struct containers_scan *scan,
                                               const char *id)
{
    return scan->named ? map_get(scan->named, bytes_of(id)) : NULL;
}

/* In the scan's arena, because samples name it. */
static const struct containers_subject *subject_of(struct containers_scan *scan,
                                                   const struct cgroup *g,
                                                   const struct containers_named *named)
{
    struct containers_subject *of = arena_alloc(scan->arena, sizeof(*of));
    of->values[0] = arena_strdup(scan->arena, g->path[0] ? g->path : "/");
    if (named) {
        of->values[1] = named->image;
        of->values[2] = named->name;
        of->labels = named->labels;
    } else if (g->id[0]) {
        of->values[2] = arena_strndup(scan->arena, g->id, CONTAINERS_SHORT_LEN);
    }
    return of;
}

static void remember(struct containers_scan *scan, const struct cgroup *g,
                     const char *name, const struct cgroup_reading *r)
{
    struct containers_seen *seen = arena_alloc(scan->arena, sizeof(*seen));
    const double limit = r->numbers[CGROUP_MEMORY_LIMIT];
    seen->id = arena_strdup(scan->arena, g->id);
    seen->name = name;
    seen->memory_used = r->numbers[CGROUP_MEMORY_WORKING_SET];
    seen->memory_limit = limit > 0 ? limit : scan->machine_memory;
    seen->oom_kills = r->numbers[CGROUP_OOM_EVENTS];
    seen->cpu_usage = r->cpu_usage;
    for (size_t i = 0; i < r->cpu_count; i++)
        seen->cpu_usage = (i ? seen->cpu_usage : 0) + r->per_cpu[i];
    seen->throttled = r->numbers[CGROUP_CPU_THROTTLED];
    seen->threads = r->numbers[CGROUP_THREADS];
    seen->started = g->started;
    seen->next = scan->seen;
    scan->seen = seen;
}

static void show_times(struct containers_scan *scan, const struct containers_subject *of,
                       const struct cgroup *g, const struct containers_named *named)
{
    const struct wall started = named && named->started.ns ? named->started : g->started;
    if (started.ns)
        containers_show(scan, of, CONTAINERS_START_TIME, floor(wall_to_sec(started)));
    if (!named)
        return;
    containers_show(scan, of, CONTAINERS_HEALTH_STATE, named->health_state);
    if (named->created.ns)
        containers_show(scan, of, CONTAINERS_CREATION_TIME, wall_to_sec(named->created));
}

static void show_container(struct containers_scan *scan, struct cgroup *g)
{
    const struct containers_named *named = named_of(scan, g->id);
    /* Samples name devices by the reading's own texts: it lives as long as they do. */
    struct cgroup_reading *r = arena_alloc(scan->arena, sizeof(*r));
    if (named && !named->is_wanted)
        return;
    if (!named && !containers_wants(scan->conf, arena_strndup(scan->arena, g->id, 12),
                                    (struct pairs){0}))
        return;
    if (scan->count >= (size_t)scan->conf->max_containers) {
        scan->left_out++;
        return;
    }
    cgroup_reading_init(r, scan->arena);
    if (!containers_read(scan->kept, g, scan->is_v2, r))
        return; /* it ended meanwhile */
    cgroup_reading_finish(r);
    if (named && r->numbers[CGROUP_OOM_EVENTS] < named->oom_kills)
        r->numbers[CGROUP_OOM_EVENTS] = named->oom_kills;
    const struct containers_subject *of = subject_of(scan, g, named);
    containers_show_reading(scan, of, r);
    show_times(scan, of, g, named);
    if (!named || named->has_own_network)
        scan->with_network += containers_show_network(scan, of, g);
    remember(scan, g, of->values[2], r);
    scan->count++;
}

/* Version 2 does not say how much memory all of the machine uses. */
static void show_root(struct containers_scan *scan, struct cgroup *g)
{
    struct cgroup_reading *r = arena_alloc(scan->arena, sizeof(*r));
    cgroup_reading_init(r, scan->arena);
    if (!containers_read(scan->kept, g, scan->is_v2, r))
        return;
    if (isnan(r->numbers[CGROUP_MEMORY_USAGE]) && scan->machine_memory > 0)
        r->numbers[CGROUP_MEMORY_USAGE] = scan->machine_memory - scan->machine_free;
    if (isnan(r->numbers[CGROUP_MEMORY_LIMIT]))
        r->numbers[CGROUP_MEMORY_LIMIT] = scan->machine_memory;
    cgroup_reading_finish(r);
    const struct containers_subject *of = subject_of(scan, g, NULL);
    containers_show_reading(scan, of, r);
}

/* ---- all ---- */

static bool exists(struct containers_scan *scan, const char *name)
{
    return access(arena_printf(scan->arena, "%s/%s", scan->conf->cgroupfs, name), R_OK) ==
           0;
}

/* The folder whose tree has every container: all of version 2, or one controller of version 1. */
static const char *tree_of(struct containers_scan *scan)
{
    static const char *const controllers[] = {"memory", "cpuacct", "cpu", "pids"};
    scan->is_v2 = exists(scan, "cgroup.controllers");
    if (scan->is_v2)
        return scan->conf->cgroupfs;
    for (size_t i = 0; i < ARRAY_LEN(controllers); i++) {
        if (exists(scan, controllers[i]))
            return arena_printf(scan->arena, "%s/%s", scan->conf->cgroupfs,
                                controllers[i]);
    }
    return NULL;
}

static void follow_all(struct containers_scan *scan)
{
    struct cgroup_found *found = NULL;
    const char *tree = tree_of(scan);
    if (!tree) {
        err_set(
            &scan->why,
            "there are no cgroups below %s: mount the host's there, or say where they "
            "are with `cgroupfs`",
            scan->conf->cgroupfs);
        return;
    }
    if (!containers_walk(scan->arena, tree, &found)) {
        err_errno(&scan->why, errno, "%s cannot be read", tree);
        return;
    }
    scan->has_tree = true;
    containers_follow(scan->kept, "", "");
    for (; found; found = found->next)
        containers_follow(scan->kept, found->path, found->id);
    containers_forget_unseen(scan->kept);
}

void containers_scan_run(struct containers_scan *scan)
{
    const struct map_entry *entry = NULL;
    follow_all(scan);
    containers_show_machine(scan);
    if (!scan->has_tree)
        return;
    containers_find_pids(scan);
    while ((entry = map_next(scan->kept->cgroups, entry)) &&
           !atomic_load(&scan->is_unwanted)) {
        struct cgroup *g = entry->value;
        if (g->id[0])
            show_container(scan, g);
        else
            show_root(scan, g);
    }
}
