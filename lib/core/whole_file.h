/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are read whole: configuration, keys, bodies. Blocks as the file system does; called where that may be. */
#ifndef HEALTHD_CORE_WHOLE_FILE_H
#define HEALTHD_CORE_WHOLE_FILE_H

#include <stdbool.h>

#include "lib/base/buf.h"

/* Appends all that is left of fd to out. False with errno: EFBIG when that is more than out takes, which it then holds the
 * beginning of. */
bool whole_fd_read(int fd, struct buf *out);

/* The same of a path that has to be a regular file: EISDIR or ESPIPE when it is something else, which is not waited for. */
bool whole_file_read(const char *path, struct buf *out);

#endif
