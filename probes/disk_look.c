/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One look at a file system: whether the path is a mount point, what is mounted there, and how much is left. Runs on a
 * thread that may hang with a mount; touches nothing but its look.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/mountinfo.h"
#include "lib/base/words.h"
#include "probes/disk.h"

#define OWN_MOUNTINFO "/proc/self/mountinfo"
#define MAX_MOUNTINFO ((size_t)4 << 20)
#define PIECE_BYTES ((size_t)16 << 10)

bool disk_mount_find(struct arena *arena, struct bytes mountinfo, uint64_t id,
                     const char *device, struct disk_mount *ret_mount)
{
    struct mountinfo line, found = {0};
    struct bytes row;
    bool is_found = false, is_exact = false;
    while (!is_exact && words_line(&mountinfo, &row)) {
        if (!mountinfo_read(row, &line))
            continue;
        is_exact = id && line.id == id;
        if (!is_exact && !bytes_is(line.number, device))
            continue;
        found = line;
        is_found = true;
    }
    if (!is_found)
        return false;
    *ret_mount = (struct disk_mount){
        .point = words_label(arena, mountinfo_path(arena, found.mountpoint)),
        .device = words_label(arena, mountinfo_path(arena, found.source)),
        .fstype = words_label(arena, found.fstype),
        .is_readonly = mountinfo_super_readonly(&found),
    };
    return true;
}

static void read_mountinfo(struct buf *text)
{
    const int fd = open(OWN_MOUNTINFO, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t got = 0;
    do {
        char *room = buf_room(text, PIECE_BYTES);
        got = room ? read(fd, room, PIECE_BYTES) : 0;
        if (got > 0)
            buf_grew(text, (size_t)got);
    } while (got > 0);
    close(fd);
}

static void look_at_mount(struct disk_look *look, const struct statx *at,
                          bool is_readonly)
{
    const uint64_t id = at->stx_mask & STATX_MNT_ID ? at->stx_mnt_id : 0;
    const char *device =
        arena_printf(look->arena, "%u:%u", at->stx_dev_major, at->stx_dev_minor);
    struct buf text = BUF_MAX(MAX_MOUNTINFO);
    read_mountinfo(&text);
    look->mount = (struct disk_mount){"", "", "", is_readonly};
    disk_mount_find(look->arena, buf_bytes(&text), id, device, &look->mount);
    buf_finish(&text);
}

/* Kernels before 5.8 do not tell; there a bind mount of the same file system is not seen. */
static bool is_mount_point(struct arena *arena, const char *place, const struct statx *at)
{
    struct statx above;
    if (at->stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)
        return (at->stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    if (statx(AT_FDCWD, arena_printf(arena, "%s/..", place), 0, STATX_INO, &above) != 0)
        return false;
    return above.stx_dev_major != at->stx_dev_major ||
           above.stx_dev_minor != at->stx_dev_minor || above.stx_ino == at->stx_ino;
}

static void look_fails(struct disk_look *look, int error)
{
    const bool is_absent = error == ENOENT || error == ENOTDIR;
    const bool is_hidden = error == EACCES || error == EPERM || error == ELOOP ||
                           error == ENAMETOOLONG || error == ENOMEM;
    look->finding = is_absent ? DISK_ABSENT : is_hidden ? DISK_HIDDEN : DISK_FAILING;
    look->trouble = arena_strdup(look->arena, strerror(error));
}

void disk_look(struct disk_look *look)
{
    struct statx at;
    struct statfs numbers;
    if (statx(AT_FDCWD, look->place, 0, STATX_BASIC_STATS | STATX_MNT_ID, &at) != 0 ||
        statfs(look->place, &numbers) != 0) {
        look_fails(look, errno);
        return;
    }
    const double unit =
        (double)(numbers.f_frsize > 0 ? numbers.f_frsize : numbers.f_bsize);
    look->finding = DISK_SEEN;
    look->is_mount_point = is_mount_point(look->arena, look->place, &at);
    look_at_mount(look, &at, (numbers.f_flags & ST_RDONLY) != 0);
    look->size = (double)numbers.f_blocks * unit;
    look->free = (double)numbers.f_bfree * unit;
    look->available = (double)numbers.f_bavail * unit;
    look->inodes = (double)numbers.f_files;
    look->inodes_free = (double)numbers.f_ffree;
}
