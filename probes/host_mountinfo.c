/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is mounted (<procfs>/1/mountinfo, proc(5)), without what the configuration leaves out; and whether rootfs is the
 * root of those mounts at all. Called on the scan's thread. Never asks a mount: see host_mounts.c.
 */
#include <string.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include "lib/base/mountinfo.h"
#include "lib/core/regex.h"
#include "probes/host.h"

#define OWN_MOUNTINFO "/proc/self/mountinfo"

static bool is_excluded(const struct regex *exclude, struct bytes text)
{
    return exclude && regex_match(exclude, text) == REGEX_MATCH;
}

/* Seen from a container, its host's mounts start with where the root is mounted. */
static struct bytes below_root(const struct host_scan *scan, struct bytes mountpoint)
{
    const size_t len = strlen(scan->conf->rootfs);
    if (!len || !bytes_starts(mountpoint, scan->conf->rootfs) ||
        (mountpoint.len > len && mountpoint.ptr[len] != '/'))
        return mountpoint;
    return mountpoint.len == len ? bytes_of("/")
                                 : bytes_slice(mountpoint, len, mountpoint.len);
}

static bool is_listed(const struct host_mount *list, const struct host_mount *mount)
{
    for (; list; list = list->next) {
        if (!strcmp(list->mountpoint, mount->mountpoint) &&
            !strcmp(list->device, mount->device) && !strcmp(list->fstype, mount->fstype))
            return true;
    }
    return false;
}

static struct host_mount *make_mount(struct host_scan *scan, const struct mountinfo *line,
                                     struct bytes mountpoint)
{
    struct arena *a = scan->arena;
    struct host_mount *mount = arena_alloc(a, sizeof(*mount));
    struct bytes major = line->number, minor = {0};
    const ptrdiff_t colon = bytes_find_byte(line->number, ':');
    if (colon >= 0) {
        major = bytes_slice(line->number, 0, (size_t)colon);
        minor = bytes_slice(line->number, (size_t)colon + 1, line->number.len);
    }
    *mount = (struct host_mount){
        .device = words_label(a, mountinfo_path(a, line->source)),
        .mountpoint = words_label(a, mountpoint),
        .fstype = words_label(a, line->fstype),
        .major = words_label(a, major),
        .minor = words_label(a, minor),
        .path = arena_printf(a, "%s%.*s", scan->conf->rootfs, (int)mountpoint.len,
                             mountpoint.ptr),
        .is_readonly = mountinfo_readonly(line),
    };
    return mount;
}

void host_mountinfo_parse(struct host_scan *scan, struct bytes text)
{
    struct host_mount **last = &scan->mounts;
    struct mountinfo line;
    struct bytes row;
    while (*last)
        last = &(*last)->next;
    while (words_line(&text, &row)) {
        if (!mountinfo_read(row, &line))
            continue;
        const struct bytes mountpoint =
            below_root(scan, mountinfo_path(scan->arena, line.mountpoint));
        if (is_excluded(scan->conf->mount_exclude, mountpoint) ||
            is_excluded(scan->conf->fstype_exclude, line.fstype))
            continue;
        struct host_mount *mount = make_mount(scan, &line, mountpoint);
        if (is_listed(scan->mounts, mount))
            continue;
        *last = mount;
        last = &mount->next;
    }
}

/* ---- is rootfs the host's? ---- */

/* The device of the last mount at exactly this place; {0} when nothing is mounted there. */
static struct bytes device_at(struct host_scan *scan, struct bytes mountinfo,
                              const char *place)
{
    struct mountinfo line;
    struct bytes row, found = {0};
    while (words_line(&mountinfo, &row)) {
        if (mountinfo_read(row, &line) &&
            bytes_is(mountinfo_path(scan->arena, line.mountpoint), place))
            found = line.number;
    }
    return found;
}

static bool is_kernels(const char *procfs)
{
    struct statfs s;
    return statfs(procfs, &s) == 0 && s.f_type == PROC_SUPER_MAGIC;
}

/* Without the mount, statfs would give the container's own numbers for the host's mounts. */
static bool root_is_theirs(struct host_scan *scan, struct bytes of_init)
{
    struct bytes own;
    const char *rootfs = scan->conf->rootfs;
    if (!is_kernels(scan->conf->procfs) ||
        !host_reader_read(&scan->kept->reader, OWN_MOUNTINFO, &own))
        return true;
    const struct bytes theirs = device_at(scan, of_init, "/");
    const struct bytes seen = device_at(scan, own, *rootfs ? rootfs : "/");
    if (!theirs.len || bytes_equal(theirs, seen))
        return true;
    const char *place = *rootfs ? rootfs : "/";
    scan->foreign_root = arena_printf(
        scan->arena,
        "%s/1/mountinfo lists the mounts of another system than the one at %s: %s",
        scan->conf->procfs, place,
        *rootfs ? "mount the host's / there (-v /:/host:ro,rslave for root: /host)"
                : "mount the host's / and set `root`, or exclude: [filesystem]");
    return host_fail(scan, "%s", scan->foreign_root);
}

/* Parsed into the arena that outlives the scan; the scan's own gets it back afterwards. */
static bool mounts_read(struct host_scan *scan)
{
    struct bytes text;
    const bool is_init = host_proc(scan, "1/mountinfo", &text);
    /* Hidden by hidepid: what this process sees itself. */
    if (!is_init && !host_proc(scan, "self/mountinfo", &text))
        return false;
    text.ptr = arena_memdup(scan->arena, text.ptr, text.len);
    if (is_init && !root_is_theirs(scan, text))
        return false;
    host_mountinfo_parse(scan, text);
    return true;
}

static bool mounts_are_known(struct host_scan *scan)
{
    struct host_reader *reader = &scan->kept->reader;
    const char *of_init = arena_printf(scan->arena, "%s/1/mountinfo", scan->conf->procfs);
    return !host_reader_has_changed(reader, of_init) &&
           !host_reader_has_changed(reader, OWN_MOUNTINFO) && scan->kept->mounts.arena;
}

static void mounts_forget(struct host_kept *kept)
{
    arena_destroy(kept->mounts.arena);
    kept->mounts.arena = NULL;
}

bool host_filesystem_collect(struct host_scan *scan)
{
    struct host_kept *kept = scan->kept;
    if (mounts_are_known(scan)) {
        scan->mounts = kept->mounts.first;
        return true;
    }
    mounts_forget(kept);
    struct arena *own = scan->arena;
    scan->arena = arena_create(0);
    const bool is_read = mounts_read(scan);
    kept->mounts.arena = scan->arena;
    kept->mounts.first = scan->mounts;
    scan->arena = own;
    if (is_read)
        return true;
    if (scan->foreign_root)
        scan->foreign_root = arena_strdup(own, scan->foreign_root);
    mounts_forget(kept);
    return false;
}
