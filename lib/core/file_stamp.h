/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a file is still the one that was read: resolv.conf, hosts, certificates. */
#ifndef HEALTHD_CORE_FILE_STAMP_H
#define HEALTHD_CORE_FILE_STAMP_H

#include <stdbool.h>
#include <stdint.h>

/* What identifies a version of a file. */
struct file_stamp {
    int64_t inode, size, mtime_ns;
};

struct file_stamp file_stamp_read(const char *path); /* all zero: not there */
bool file_stamp_equal(struct file_stamp a, struct file_stamp b);

#endif
