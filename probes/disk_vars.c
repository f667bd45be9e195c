/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a disk probe shows: its families, the variables of its conditions, and the limits it can be given. Called by
 * disk.c and by expressions, on the loop. Asks no file system.
 */
#include "probes/disk.h"

#define FAMILY(id, n, u, text, ...)                                 \
    static const struct metric id##_metric = {.name = "disk_" n,    \
                                              .kind = METRIC_GAUGE, \
                                              .unit = u,            \
                                              .help = text,         \
                                              .labels = {"path", __VA_ARGS__}}

FAMILY(size, "size_bytes", "bytes", "Size of the file system", NULL);
FAMILY(free, "free_bytes", "bytes", "What is free, with what is reserved for root", NULL);
FAMILY(available, "available_bytes", "bytes",
       "What users other than root can still write", NULL);
FAMILY(inodes, "inodes", "", "Inodes of the file system; 0: it makes them as needed",
       NULL);
FAMILY(inodes_free, "inodes_free", "", "Free inodes of the file system", NULL);
FAMILY(readonly, "readonly", "", "Whether nobody can write to the file system", NULL);
FAMILY(mount_point, "mount_point", "", "Whether the path is a mount point", NULL);
FAMILY(info, "info", "", "What is mounted where the path is; always 1", "device",
       "fstype", "mountpoint");

const struct metric *const disk_metrics[] = {
    &size_metric,        &free_metric,        &available_metric,
    &inodes_metric,      &inodes_free_metric, &readonly_metric,
    &mount_point_metric, &info_metric,        NULL};

double disk_used(const struct disk_look *look)
{
    return look->size > 0 ? 1 - look->available / look->size : 0;
}

static void show(struct run *run, const struct metric *metric, double value)
{
    const struct disk_conf *conf = run_conf(run);
    run_sample_with(run, metric, (const char *const[]){conf->path}, value);
}

void disk_emit(struct run *run)
{
    const struct disk_conf *conf = run_conf(run);
    const struct disk_state *state = run_state(run);
    const struct disk_look *look = state->look;
    if (!look || look->finding != DISK_SEEN)
        return;
    const struct disk_mount *m = &look->mount;
    show(run, &mount_point_metric, look->is_mount_point);
    run_sample_with(run, &info_metric,
                    (const char *const[]){conf->path, m->device, m->fstype, m->point}, 1);
    if (conf->mount && !look->is_mount_point)
        return; /* the rest would be of the wrong file system */
    show(run, &size_metric, look->size);
    show(run, &free_metric, look->free);
    show(run, &available_metric, look->available);
    show(run, &inodes_metric, look->inodes);
    show(run, &inodes_free_metric, look->inodes_free);
    show(run, &readonly_metric, m->is_readonly);
}

/* ---- variables ---- */

static const struct disk_look *seen(struct run *run, struct err *why)
{
    const struct disk_state *state = run_state(run);
    if (state->look && state->look->finding == DISK_SEEN)
        return state->look;
    err_set(why, "the file system was not seen");
    return NULL;
}

static struct value value_size(double bytes)
{
    return (struct value){.type = VALUE_SIZE, .number = bytes};
}

static struct value value_percent(double share)
{
    return (struct value){.type = VALUE_PERCENT, .number = 100 * share};
}

/* A variable of what was seen, as an expression of `look`. */
#define GETTER(name, expression)                                     \
    static bool get_##name(struct run *run, struct arena *arena,     \
                           struct value *ret_value, struct err *why) \
    {                                                                \
        const struct disk_look *look = seen(run, why);               \
        if (look)                                                    \
            *ret_value = (expression);                               \
        return look != NULL;                                         \
    }

GETTER(size, value_size(look->size))
GETTER(free, value_size(look->free))
GETTER(available, value_size(look->available))
GETTER(used, value_percent(disk_used(look)))
GETTER(inodes_free, value_number(look->inodes_free))
GETTER(inodes_used,
       value_percent(look->inodes > 0 ? 1 - look->inodes_free / look->inodes : 0))
GETTER(readonly, value_bool(look->mount.is_readonly))
GETTER(is_mount_point, value_bool(look->is_mount_point))
GETTER(mountpoint, value_text(bytes_of(look->mount.point)))
GETTER(device, value_text(bytes_of(look->mount.device)))
GETTER(fstype, value_text(bytes_of(look->mount.fstype)))

const struct var disk_vars[] = {
    {"size", VALUE_SIZE, "Size of the file system.", get_size},
    {"free", VALUE_SIZE, "What is free, with what is reserved for root.", get_free},
    {"available", VALUE_SIZE, "What users other than root can still write.",
     get_available},
    {"used", VALUE_PERCENT, "Share of its size that they cannot write any more.",
     get_used},
    {"inodes_free", VALUE_NUMBER, "Free inodes.", get_inodes_free},
    {"inodes_used", VALUE_PERCENT, "Used share of its inodes; 0% where it has no limit.",
     get_inodes_used},
    {"readonly", VALUE_BOOL, "Whether nobody can write to it.", get_readonly},
    {"is_mount_point", VALUE_BOOL, "Whether the path is a mount point.",
     get_is_mount_point},
    {"mountpoint", VALUE_TEXT, "Where the file system of the path is mounted.",
     get_mountpoint},
    {"device", VALUE_TEXT, "What is mounted there.", get_device},
    {"fstype", VALUE_TEXT, "Its type.", get_fstype},
    {0}};

/* ---- limits ---- */

#define RUNBOOKS "/runbooks/"

const struct limit disk_limits[] = {
    {.name = "used",
     .alert = "DiskUsed",
     .expr = "1 - disk_available_bytes{$probe} / (disk_size_bytes{$probe} > 0)",
     .unit = LIMIT_SHARE,
     .side = LIMIT_ABOVE,
     .release = 0.02,
     .hold_for = 2 * NSEC_PER_MINUTE,
     .summary = "{{ $labels.path }} is {{ $value | humanizePercentage }} full",
     .runbook = RUNBOOKS "DiskFull",
     .doc = "Used share of the file system, as its users see it: what is reserved for "
            "root counts as used."},
    {.name = "available",
     .alert = "DiskAvailable",
     .expr = "disk_available_bytes{$probe}",
     .unit = LIMIT_BYTES,
     .side = LIMIT_BELOW,
     .release = 0.1,
     .hold_for = 2 * NSEC_PER_MINUTE,
     .summary = "{{ $labels.path }} has {{ $value | humanize1024 }}B left",
     .runbook = RUNBOOKS "DiskFull",
     .doc = "What users other than root can still write."},
    {.name = "inodes_used",
     .alert = "DiskInodesUsed",
     .expr = "1 - disk_inodes_free{$probe} / (disk_inodes{$probe} > 0)",
     .unit = LIMIT_SHARE,
     .side = LIMIT_ABOVE,
     .release = 0.02,
     .hold_for = 2 * NSEC_PER_MINUTE,
     .summary = "{{ $labels.path }} has used {{ $value | humanizePercentage }} of its "
                "inodes",
     .runbook = RUNBOOKS "DiskInodesFull",
     .doc = "Used share of the inodes; nothing where they are made as needed."},
    {.name = "time_to_full",
     .alert = "DiskTimeToFull",
     /* Only where it falls, by the last hour; days above 30 mean nothing. */
     .expr = "clamp_max(disk_available_bytes{$probe} / "
             "-(deriv(disk_available_bytes{$probe}[1h]) < 0), 2592000)",
     .unit = LIMIT_DURATION,
     .side = LIMIT_BELOW,
     .release = 0.2,
     .hold_for = 10 * NSEC_PER_MINUTE,
     .summary =
         "{{ $labels.path }} will be full in {{ $value | humanizeDuration }} if it "
         "goes on like this",
     .runbook = RUNBOOKS "DiskFilling",
     .doc = "How long until the file system is full, as it filled in the last hour."},
    {0}};
