/* SPDX-License-Identifier: Apache-2.0 */
/* See secret_file.h. Called by secret.c. Copies of a value that are given up are overwritten. */
#include "lib/core/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 64 << 10 };

void secret_file_wipe(struct secret_file *f)
{
    if (f->value)
        explicit_bzero(f->value, f->len);
    free(f->value);
    f->value = NULL;
}

/* The text without its last line's end; ret_value is malloc'ed. */
static bool read_open_file(int fd, const char *path, char **ret_value, size_t *ret_len,
                           struct err *e)
{
    char *value = malloc(FILE_MAX_BYTES + 1);
    size_t len = 0;
    if (!value)
        abort();
    while (len < FILE_MAX_BYTES + 1) {
        const ssize_t got = read(fd, value + len, FILE_MAX_BYTES + 1 - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            err_errno(e, errno, "%s cannot be read", path);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    if (len > FILE_MAX_BYTES)
        err_set(e, "%s is larger than 64 KiB", path);
    else if (memchr(value, 0, len))
        err_set(e, "%s holds a NUL byte: it is no text", path);
    if (e->text[0]) {
        explicit_bzero(value, FILE_MAX_BYTES + 1);
        free(value);
        return false;
    }
    if (len > 0 && value[len - 1] == '\n')
        len--;
    if (len > 0 && value[len - 1] == '\r')
        len--;
    *ret_value = value;
    *ret_len = len;
    return true;
}

bool secret_file_read(const char *path, struct secret_file *ret_file, struct err *e)
{
    struct stat seen;
    e->text[0] = 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_errno(e, errno, "%s cannot be read", path);
    bool ok = false;
    if (fstat(fd, &seen))
        err_errno(e, errno, "%s cannot be read", path);
    else if (!S_ISREG(seen.st_mode))
        err_set(e, "%s is no regular file", path);
    else
        ok = read_open_file(fd, path, &ret_file->value, &ret_file->len, e);
    close(fd);
    if (ok)
        ret_file->seen = seen;
    return ok;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool secret_file_is_same(const struct secret_file *f, const char *path)
{
    struct stat now;
    return stat(path, &now) == 0 && same_file(&now, &f->seen);
}
