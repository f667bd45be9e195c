/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a file is still the one that was read: by inode, size and time, not by content. */
#include "lib/core/file_stamp.h"

#include <sys/stat.h>

#include "lib/base/clock.h"

struct file_stamp file_stamp_read(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return (struct file_stamp){0};
    return (struct file_stamp){.inode = (int64_t)st.st_ino,
                               .size = st.st_size,
                               .mtime_ns =
                                   st.st_mtim.tv_sec * NSEC_PER_SEC + st.st_mtim.tv_nsec};
}

bool file_stamp_equal(struct file_stamp a, struct file_stamp b)
{
    return a.inode == b.inode && a.size == b.size && a.mtime_ns == b.mtime_ns;
}
