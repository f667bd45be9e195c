/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What expectations may name of a machine. Those of a mount are of the item that is judged; each mount is one. Called by
 * expressions, after the run has its samples. Measures nothing itself.
 */
#include <string.h>

#include "lib/core/batch.h"
#include "lib/core/expr.h"
#include "lib/core/run.h"
#include "probes/host.h"

/* The label values of a declared family, by the label's name; NULL: it has none of that name. */
static const char *label_of(const struct sample *s, const char *name)
{
    for (size_t i = 0; s->values && s->metric->labels[i]; i++) {
        if (!strcmp(s->metric->labels[i], name))
            return s->values[i];
    }
    return NULL;
}

/* The first sample of a family, of this mount when mountpoint is not NULL. */
static const struct sample *sample_of(struct run *run, const char *family,
                                      const char *mountpoint)
{
    for (const struct batch_group *g = run_batch(run)->first; g; g = g->next) {
        for (const struct sample *s = g->first; s; s = s->next) {
            if (strcmp(s->metric->name, family) != 0)
                continue;
            const char *at = mountpoint ? label_of(s, "mountpoint") : NULL;
            if (!mountpoint || (at && !strcmp(at, mountpoint)))
                return s;
        }
    }
    return NULL;
}

static bool value_of(struct run *run, const char *family, double *ret_value,
                     struct err *why)
{
    const struct sample *s = sample_of(run, family, NULL);
    if (!s)
        return err_set(why, "%s was not found", family);
    *ret_value = s->value;
    return true;
}

/* ---- the mount that is judged ---- */

static const struct sample *mount_sample(struct run *run, const char *family,
                                         struct err *why)
{
    const struct item *item = run_current_item(run);
    if (!item) {
        err_set(why, "no mount was found");
        return NULL;
    }
    const struct sample *s = sample_of(run, family, item->key);
    if (!s)
        err_set(why, "%s did not answer", item->key);
    return s;
}

static bool mount_value(struct run *run, const char *family, double *ret_value,
                        struct err *why)
{
    const struct sample *s = mount_sample(run, family, why);
    if (s)
        *ret_value = s->value;
    return s != NULL;
}

static bool mount_text(struct run *run, const char *label, struct value *ret_value,
                       struct err *why)
{
    const struct sample *s = mount_sample(run, "node_filesystem_readonly", why);
    const char *text = s ? label_of(s, label) : NULL;
    *ret_value = value_text(bytes_of(text ? text : ""));
    return s != NULL;
}

static bool get_mountpoint(struct run *run, struct arena *arena, struct value *ret_value,
                           struct err *why)
{
    (void)arena;
    return mount_text(run, "mountpoint", ret_value, why);
}

static bool get_fstype(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    (void)arena;
    return mount_text(run, "fstype", ret_value, why);
}

static bool get_device(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    (void)arena;
    return mount_text(run, "device", ret_value, why);
}

static bool get_readonly(struct run *run, struct arena *arena, struct value *ret_value,
                         struct err *why)
{
    double value = 0;
    (void)arena;
    if (!mount_value(run, "node_filesystem_readonly", &value, why))
        return false;
    *ret_value = value_bool(value != 0);
    return true;
}

static bool mount_bytes(struct run *run, const char *family, struct value *ret_value,
                        struct err *why)
{
    double value = 0;
    if (!mount_value(run, family, &value, why))
        return false;
    *ret_value = (struct value){.type = VALUE_SIZE, .number = value};
    return true;
}

static bool get_size(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    (void)arena;
    return mount_bytes(run, "node_filesystem_size_bytes", ret_value, why);
}

static bool get_available(struct run *run, struct arena *arena, struct value *ret_value,
                          struct err *why)
{
    (void)arena;
    return mount_bytes(run, "node_filesystem_avail_bytes", ret_value, why);
}

static struct value share_of(double left, double whole)
{
    const double used = whole > 0 ? 1 - left / whole : 0;
    return (struct value){.type = VALUE_PERCENT, .number = 100 * used};
}

static bool get_used(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    double left = 0, whole = 0;
    (void)arena;
    if (!mount_value(run, "node_filesystem_avail_bytes", &left, why) ||
        !mount_value(run, "node_filesystem_size_bytes", &whole, why))
        return false;
    *ret_value = share_of(left, whole);
    return true;
}

static bool get_inodes_used(struct run *run, struct arena *arena, struct value *ret_value,
                            struct err *why)
{
    double left = 0, whole = 0;
    (void)arena;
    if (!mount_value(run, "node_filesystem_files_free", &left, why) ||
        !mount_value(run, "node_filesystem_files", &whole, why))
        return false;
    *ret_value = share_of(left, whole);
    return true;
}

/* ---- the machine ---- */

static bool get_load(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    double value = 0;
    (void)arena;
    if (!value_of(run, "node_load5", &value, why))
        return false;
    *ret_value = value_number(value);
    return true;
}

static bool get_memory_available(struct run *run, struct arena *arena,
                                 struct value *ret_value, struct err *why)
{
    double left = 0, whole = 0;
    (void)arena;
    if (!value_of(run, "node_memory_MemAvailable_bytes", &left, why) ||
        !value_of(run, "node_memory_MemTotal_bytes", &whole, why))
        return false;
    *ret_value = share_of(whole - left, whole);
    return true;
}

static bool get_swap_used(struct run *run, struct arena *arena, struct value *ret_value,
                          struct err *why)
{
    double left = 0, whole = 0;
    (void)arena;
    if (!value_of(run, "node_memory_SwapFree_bytes", &left, why) ||
        !value_of(run, "node_memory_SwapTotal_bytes", &whole, why))
        return false;
    *ret_value = share_of(left, whole);
    return true;
}

static bool get_uptime(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    double booted = 0;
    (void)arena;
    if (!value_of(run, "node_boot_time_seconds", &booted, why))
        return false;
    *ret_value = value_duration(nsec_from_sec(wall_to_sec(run_wall(run)) - booted));
    return true;
}

static bool get_reboot(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    double file = 0, kernel = 0;
    struct err none;
    (void)arena;
    const bool has_file = value_of(run, "node_reboot_required", &file, why);
    const bool has_kernel = value_of(run, "node_kernel_outdated", &kernel, &none);
    *ret_value = value_bool(file != 0 || kernel != 0);
    return has_file || has_kernel;
}

/* How far the clock is off, whichever way. */
static bool get_clock_offset(struct run *run, struct arena *arena,
                             struct value *ret_value, struct err *why)
{
    double value = 0;
    (void)arena;
    if (!value_of(run, "node_timex_offset_seconds", &value, why))
        return false;
    *ret_value = value_duration(nsec_from_sec(value < 0 ? -value : value));
    return true;
}

static bool get_clock_synced(struct run *run, struct arena *arena,
                             struct value *ret_value, struct err *why)
{
    double value = 0;
    (void)arena;
    if (!value_of(run, "node_timex_sync_status", &value, why))
        return false;
    *ret_value = value_bool(value != 0);
    return true;
}

const struct var host_vars[] = {
    {"mountpoint", VALUE_TEXT, "Where the file system is mounted; judged for each.",
     get_mountpoint},
    {"fstype", VALUE_TEXT, "Its type.", get_fstype},
    {"device", VALUE_TEXT, "What is mounted.", get_device},
    {"readonly", VALUE_BOOL, "Whether it is mounted read-only.", get_readonly},
    {"size", VALUE_SIZE, "Its size.", get_size},
    {"available", VALUE_SIZE, "What users other than root can still write.",
     get_available},
    {"used", VALUE_PERCENT, "Share of its size that they cannot write any more.",
     get_used},
    {"inodes_used", VALUE_PERCENT, "Used share of its inodes; 0% where it has no limit.",
     get_inodes_used},
    {"load", VALUE_NUMBER, "The machine's load of five minutes.", get_load},
    {"memory_available", VALUE_PERCENT,
     "Share of the memory that programs can still get.", get_memory_available},
    {"swap_used", VALUE_PERCENT, "Used share of the swap; 0% without swap.",
     get_swap_used},
    {"uptime", VALUE_DURATION, "Since the machine started.", get_uptime},
    {"reboot_required", VALUE_BOOL, "Whether an update waits for a restart.", get_reboot},
    {"clock_offset", VALUE_DURATION,
     "How far the clock is off, as NTP's discipline says.", get_clock_offset},
    {"clock_synced", VALUE_BOOL, "Whether something disciplines the clock.",
     get_clock_synced},
    {0}};
