/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of /proc and /sys. Those that are read at each scan stay open and are read again from their beginning, which
 * saves the kernel the look-up; when that fails, the file is opened anew once. Called on the scan's thread only.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/base/map.h"
#include "lib/core/reread.h"
#include "probes/host.h"

#define STEADY_FOR (60 * NSEC_PER_SEC)
#define MAX_STEADY 4096

struct host_file {
    int fd; /* -1: not open */
    /* Of a steady one: what it said, or that it is not there. */
    struct wall read_at; /* 0: never */
    int error;
    struct buf text;
};

static void reader_finish(void *ctx)
{
    struct host_reader *reader = ctx;
    const struct map_entry *entry = NULL;
    while ((entry = map_next(reader->files, entry))) {
        struct host_file *file = entry->value;
        if (file->fd >= 0)
            close(file->fd);
        buf_finish(&file->text);
    }
    map_destroy(reader->files);
    buf_finish(&reader->text);
}

void host_reader_init(struct host_reader *reader, struct arena *arena)
{
    *reader = (struct host_reader){
        .arena = arena, .files = map_create(), .text = BUF_MAX(HOST_MAX_TEXT)};
    arena_cleanup(arena, reader_finish, reader);
}

static bool open_and_read(struct host_reader *reader, const char *path, int *ret_fd)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return false;
    if (reread(fd, &reader->text, 0)) {
        *ret_fd = fd;
        return true;
    }
    const int error = errno;
    close(fd);
    errno = error;
    return false;
}

/* A file that was read once is likely to be read again. */
static void keep_open(struct host_reader *reader, struct host_file *file,
                      const char *path, int fd)
{
    if (!file && map_count(reader->files) >= HOST_MAX_OPEN) {
        close(fd);
        return;
    }
    if (!file) {
        file = arena_alloc(reader->arena, sizeof(*file));
        file->text = BUF_MAX(HOST_MAX_TEXT);
        map_put(reader->files, bytes_of(path), file);
    }
    file->fd = fd;
}

bool host_reader_read(struct host_reader *reader, const char *path,
                      struct bytes *ret_text)
{
    struct host_file *file = map_get(reader->files, bytes_of(path));
    int fd;
    if (file && file->fd >= 0) {
        if (reread(file->fd, &reader->text, 0)) {
            *ret_text = buf_bytes(&reader->text);
            return true;
        }
        close(file->fd);
        file->fd = -1;
    }
    if (!open_and_read(reader, path, &fd))
        return false;
    keep_open(reader, file, path, fd);
    *ret_text = buf_bytes(&reader->text);
    return true;
}

bool host_reader_read_once(struct host_reader *reader, const char *path,
                           struct bytes *ret_text)
{
    int fd;
    if (!open_and_read(reader, path, &fd))
        return false;
    close(fd);
    *ret_text = buf_bytes(&reader->text);
    return true;
}

/* Kept open or closed again, the file is there for one read: sysfs makes the text anew at each. */
static bool attribute_open(struct host_reader *reader, const char *path, int *ret_fd,
                           bool *ret_is_kept)
{
    struct host_file *file = map_get(reader->files, bytes_of(path));
    *ret_is_kept = true;
    if (file && file->fd >= 0) {
        *ret_fd = file->fd;
        return true;
    }
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return false;
    *ret_fd = fd;
    *ret_is_kept = file || map_count(reader->files) < HOST_MAX_OPEN;
    if (*ret_is_kept)
        keep_open(reader, file, path, fd);
    return true;
}

bool host_reader_attribute(struct host_reader *reader, const char *path,
                           struct bytes *ret_text)
{
    for (int tries = 0; tries < 2; tries++) {
        bool is_kept;
        int fd;
        if (!attribute_open(reader, path, &fd, &is_kept))
            return false;
        buf_clear(&reader->text);
        const ssize_t n = pread(fd, buf_room(&reader->text, HOST_ATTRIBUTE_SIZE),
                                HOST_ATTRIBUTE_SIZE, 0);
        const int error = errno;
        if (!is_kept)
            close(fd);
        if (n >= 0) {
            buf_grew(&reader->text, (size_t)n);
            *ret_text = bytes_trim(buf_bytes(&reader->text));
            return true;
        }
        if (error != ENODEV || !is_kept)
            return false; /* as the speed of an interface without a link */
        /* Another device has the name by now. */
        struct host_file *file = map_get(reader->files, bytes_of(path));
        close(file->fd);
        file->fd = -1;
    }
    return false;
}

static struct host_file *steady_file(struct host_reader *reader, const char *path)
{
    struct host_file *file = map_get(reader->files, bytes_of(path));
    if (file || map_count(reader->files) >= MAX_STEADY)
        return file;
    file = arena_alloc(reader->arena, sizeof(*file));
    *file = (struct host_file){.fd = -1, .text = BUF_MAX(HOST_MAX_TEXT)};
    map_put(reader->files, bytes_of(path), file);
    return file;
}

static void steady_read(struct host_reader *reader, const char *path, struct wall now,
                        struct host_file *file)
{
    struct bytes text = {0};
    file->read_at = now;
    file->error = host_reader_read_once(reader, path, &text) ? 0 : errno;
    buf_clear(&file->text);
    if (!file->error)
        buf_add_bytes(&file->text, bytes_trim(text));
}

bool host_reader_steady(struct host_reader *reader, const char *path, struct wall now,
                        struct bytes *ret_text)
{
    struct host_file *file = steady_file(reader, path);
    if (!file)
        return host_reader_read_once(reader, path, ret_text);
    const nsec age = now.ns - file->read_at.ns;
    if (!file->read_at.ns || age < 0 || age >= STEADY_FOR)
        steady_read(reader, path, now, file);
    *ret_text = buf_bytes(&file->text);
    errno = file->error;
    return !file->error;
}

bool host_reader_has_changed(struct host_reader *reader, const char *path)
{
    const struct host_file *file = map_get(reader->files, bytes_of(path));
    struct pollfd p = {.fd = file ? file->fd : -1, .events = POLLPRI};
    struct statfs s;
    if (p.fd < 0 || fstatfs(p.fd, &s) != 0 || s.f_type != PROC_SUPER_MAGIC)
        return true;
    return poll(&p, 1, 0) != 0;
}

/* ---- folders and their attributes ---- */

static void close_folder(void *ctx)
{
    close((int)(intptr_t)ctx);
}

static int open_folder(struct host_scan *scan, const char *path)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        arena_cleanup(scan->arena, close_folder, (void *)(intptr_t)fd);
    return fd;
}

int host_sys_open(struct host_scan *scan, const char *name)
{
    const char *path = arena_printf(scan->arena, "%s/%s", scan->conf->sysfs, name);
    const int fd = open_folder(scan, path);
    if (fd < 0 && errno == ENOENT)
        host_absent(scan, "there is no %s", path);
    else if (fd < 0)
        host_fail(scan, "%s cannot be opened: %s", path, strerror(errno));
    return fd;
}

int host_root_open(struct host_scan *scan, const char *name)
{
    return open_folder(scan,
                       arena_printf(scan->arena, "%s/%s", scan->conf->rootfs, name));
}

static int compare_names(const void *a, const void *b)
{
    return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

size_t host_entries(struct host_scan *scan, int fd, const char *prefix,
                    const char *const **ret_names)
{
    const char **names = arena_alloc(scan->arena, HOST_MAX_ENTRIES * sizeof(*names));
    size_t count = 0;
    const int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy < 0 ? NULL : fdopendir(copy);
    *ret_names = names;
    if (!folder) {
        if (copy >= 0)
            close(copy);
        return 0;
    }
    const struct dirent *entry;
    while (count < HOST_MAX_ENTRIES && (entry = readdir(folder))) {
        const bool is_wanted =
            entry->d_name[0] != '.' && !strncmp(entry->d_name, prefix, strlen(prefix));
        if (is_wanted)
            names[count++] = arena_strdup(scan->arena, entry->d_name);
    }
    closedir(folder);
    qsort(names, count, sizeof(*names), compare_names);
    return count;
}

bool host_attribute(struct host_scan *scan, int fd, const char *name,
                    struct bytes *ret_text)
{
    char text[HOST_ATTRIBUTE_SIZE];
    const int file = openat(fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0)
        return false;
    const ssize_t n = read(file, text, sizeof(text));
    close(file);
    if (n < 0)
        return false;
    const struct bytes trimmed = bytes_trim((struct bytes){text, (size_t)n});
    *ret_text =
        (struct bytes){arena_strndup(scan->arena, trimmed.ptr, trimmed.len), trimmed.len};
    return true;
}

bool host_attribute_number(struct host_scan *scan, int fd, const char *name,
                           double *ret_value)
{
    struct bytes text;
    return host_attribute(scan, fd, name, &text) && words_whole(text, ret_value);
}
