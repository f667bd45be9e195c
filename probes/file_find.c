/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files a pattern names, part by part, and the last written of them. Goes through a bounded number of entries, and
 * never opens a file. Runs on a thread that may hang with a mount; touches nothing but what it found.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/glob.h"
#include "probes/file.h"

#define PATTERN_CHARS "*?[\\"

/* ---- what matches ---- */

/* Of two written at the same moment the name decides, so that looks agree. */
static bool is_later(const struct file_seen *a, const struct file_seen *b)
{
    if (!b->path || a->mark.modified_ns != b->mark.modified_ns)
        return !b->path || a->mark.modified_ns > b->mark.modified_ns;
    return strcmp(a->path, b->path) > 0;
}

void file_take(struct file_found *f, const struct file_seen *seen)
{
    f->count++;
    if (is_later(seen, &f->newest))
        f->newest = *seen;
    if (f->settle > 0 && f->now.ns - seen->mark.modified_ns < f->settle &&
        seen->mark.modified_ns <= f->now.ns)
        return; /* somebody may still be writing it */
    if (is_later(seen, &f->rested)) {
        f->before = f->rested;
        f->rested = *seen;
    } else if (is_later(seen, &f->before)) {
        f->before = *seen;
    }
}

const struct file_seen *file_subject(const struct file_found *f)
{
    return f->rested.path ? &f->rested : &f->newest;
}

/* ---- looking ---- */

static void note_trouble(struct file_found *f, const char *path, int error)
{
    if (error == ENOENT || error == ENOTDIR)
        return;
    const bool is_hidden =
        error == EACCES || error == EPERM || error == ELOOP || error == ENAMETOOLONG;
    const char **place = is_hidden ? &f->hidden : &f->failing;
    if (!*place)
        *place = arena_printf(f->arena, "%s: %s", path, strerror(error));
}

static bool is_over(struct file_found *f)
{
    if (f->seen >= FILE_MAX_SEEN)
        f->is_cut = true;
    if (f->seen % 64 == 0 && mono_reached(mono_read(), f->until))
        f->is_late = true;
    return f->is_cut || f->is_late;
}

/* A pattern is about files; a plain path may name anything. */
static void take_path(struct file_found *f, const char *path, bool is_pattern)
{
    struct stat at;
    f->seen++;
    if (is_over(f))
        return;
    if (stat(path, &at) != 0) {
        note_trouble(f, path, errno);
        return;
    }
    const bool is_regular = S_ISREG(at.st_mode);
    if (is_pattern && !is_regular)
        return;
    file_take(
        f, &(struct file_seen){.path = path,
                               .is_regular = is_regular,
                               .mark = {.path_hash = bytes_hash64(bytes_of(path)),
                                        .device = at.st_dev,
                                        .inode = at.st_ino,
                                        .size = (uint64_t)at.st_size,
                                        .modified_ns = at.st_mtim.tv_sec * NSEC_PER_SEC +
                                                       at.st_mtim.tv_nsec}});
}

static bool is_pattern(struct bytes part)
{
    for (size_t i = 0; i < part.len; i++) {
        if (strchr(PATTERN_CHARS, part.ptr[i]))
            return true;
    }
    return false;
}

static bool entry_fits(const struct dirent *entry, struct bytes part, bool is_last)
{
    if (entry->d_name[0] == '.' && part.ptr[0] != '.')
        return false;
    if (!is_last && entry->d_type != DT_DIR && entry->d_type != DT_LNK &&
        entry->d_type != DT_UNKNOWN)
        return false;
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
           glob_match(part, bytes_of(entry->d_name));
}

/* Entries of folder that fit, in the arena; recursion begins when the folder is closed again. */
struct name {
    const char *path;
    struct name *next;
};

static struct name *list_folder(struct file_found *f, const char *folder,
                                struct bytes part, bool is_last)
{
    struct name *first = NULL, **last = &first;
    DIR *open_folder = opendir(*folder ? folder : "/");
    if (!open_folder) {
        note_trouble(f, *folder ? folder : "/", errno);
        return NULL;
    }
    const struct dirent *entry;
    errno = 0;
    while (!is_over(f) && (entry = readdir(open_folder))) {
        f->seen++;
        if (!entry_fits(entry, part, is_last))
            continue;
        *last = arena_alloc(f->arena, sizeof(**last));
        (*last)->path = arena_printf(f->arena, "%s/%s", folder, entry->d_name);
        last = &(*last)->next;
        errno = 0;
    }
    if (errno)
        note_trouble(f, folder, errno);
    closedir(open_folder);
    return first;
}

/* folder: without a slash at its end; rest: the pattern behind that slash. At most FILE_MAX_DEPTH deep. */
static void find_below(struct file_found *f, const char *folder, struct bytes rest,
                       bool has_pattern)
{
    struct bytes part;
    if (!bytes_token(&rest, '/', &part) || is_over(f))
        return;
    const bool is_last = rest.len == 0;
    if (!is_pattern(part)) {
        const char *path =
            arena_printf(f->arena, "%s/%.*s", folder, (int)part.len, part.ptr);
        if (is_last)
            take_path(f, path, has_pattern);
        else
            find_below(f, path, rest, has_pattern);
        return;
    }
    for (const struct name *n = list_folder(f, folder, part, is_last); n; n = n->next) {
        if (is_last)
            take_path(f, n->path, true);
        else
            find_below(f, n->path, rest, true);
    }
}

void file_find(struct file_found *f)
{
    struct bytes rest = bytes_of(f->pattern);
    while (rest.len && rest.ptr[0] == '/')
        rest = bytes_slice(rest, 1, rest.len);
    find_below(f, f->root, rest, false);
}
