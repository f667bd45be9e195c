/* SPDX-License-Identifier: Apache-2.0 */
/* One file that holds a secret: its text, and what it was like when that was read. */
#ifndef HEALTHD_CORE_SECRET_FILE_H
#define HEALTHD_CORE_SECRET_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "lib/base/err.h"

struct secret_file {
    struct stat seen; /* inode, size and mtime when it was last read */
    char *value;      /* owned: without its last line's end */
    size_t len;
    bool failed; /* the last re-read */
};

/* Reads a regular file of at most 64 KiB of text, and gives ret_file a value and its stamp. False, with what is wrong of
 * path, when there is none; ret_file is as it was. */
bool secret_file_read(const char *path, struct secret_file *ret_file, struct err *e);
/* The file at path has not changed since. False also when it is gone. */
bool secret_file_is_same(const struct secret_file *f, const char *path);
/* Overwrites and frees the value. */
void secret_file_wipe(struct secret_file *f);

#endif
