/* SPDX-License-Identifier: Apache-2.0 */
/* See reread.h. Called by the readers of the host and of cgroups. Keeps nothing. */
#include "lib/core/reread.h"

#include <errno.h>
#include <unistd.h>

#define READ_BYTES ((size_t)16 << 10)

bool reread(int fd, struct buf *out, size_t whole_below)
{
    buf_clear(out);
    for (;;) {
        char *room = buf_room(out, READ_BYTES);
        if (!room) {
            errno = EFBIG;
            return false;
        }
        const ssize_t n = pread(fd, room, READ_BYTES, (off_t)out->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        const bool is_first = out->len == 0;
        buf_grew(out, (size_t)n);
        if (n == 0 || (is_first && (size_t)n < whole_below))
            return true;
    }
}
