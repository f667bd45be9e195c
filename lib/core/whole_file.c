/* SPDX-License-Identifier: Apache-2.0 */
/* See whole_file.h. Keeps nothing, says nothing: the sentence about a fault is the caller's. */
#include "lib/core/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES ((size_t)16 << 10)

bool whole_fd_read(int fd, struct buf *out)
{
    for (;;) {
        char beyond; /* a byte that does not fit tells that there is more */
        const size_t left = out->max - out->len;
        const size_t want = left < PIECE_BYTES ? left : PIECE_BYTES;
        char *room = want ? buf_room(out, want) : &beyond;
        const ssize_t got = read(fd, room, want ? want : 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        if (!want) {
            errno = EFBIG;
            return false;
        }
        buf_grew(out, (size_t)got);
    }
}

static bool read_regular(int fd, struct buf *out)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return false;
    if (S_ISREG(st.st_mode))
        return whole_fd_read(fd, out);
    errno = S_ISDIR(st.st_mode) ? EISDIR : ESPIPE;
    return false;
}

bool whole_file_read(const char *path, struct buf *out)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return false;
    const bool ok = read_regular(fd, out);
    const int error = errno;
    close(fd);
    errno = error;
    return ok;
}
