/* SPDX-License-Identifier: Apache-2.0 */
/* A line of /proc/…/mountinfo (proc_pid_mountinfo(5)), taken apart. For probes that ask about mounts; pure. */
#ifndef HEALTHD_BASE_MOUNTINFO_H
#define HEALTHD_BASE_MOUNTINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"

struct mountinfo { /* as the kernel writes it: paths are escaped; slices of the line */
    uint64_t id;   /* statx(2) has the same, as stx_mnt_id */
    struct bytes number; /* "8:1" */
    struct bytes mountpoint, fstype, source;
    struct bytes options, super_options; /* of this mount; of the file system */
};

/* False when it is no such line. */
bool mountinfo_read(struct bytes line, struct mountinfo *ret_mount);
/* mountpoint or source as it is called: \040 is a space, and so on for what would break the line. In arena. */
struct bytes mountinfo_path(struct arena *arena, struct bytes escaped);
/* Whether nobody can write to the file system, however it is mounted. */
bool mountinfo_super_readonly(const struct mountinfo *mount);
/* Whether nobody can write through this mount. */
bool mountinfo_readonly(const struct mountinfo *mount);

#endif
