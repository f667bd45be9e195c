/* SPDX-License-Identifier: Apache-2.0 */
/* See path_walk.h. A folder is closed again before those in it are opened. */
#include "lib/core/path_walk.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/glob.h"

#define PATTERN_CHARS "*?[\\"

static void note_trouble(struct path_walk *w, const char *path, int error)
{
    if (error == ENOENT || error == ENOTDIR)
        return;
    const bool is_hidden =
        error == EACCES || error == EPERM || error == ELOOP || error == ENAMETOOLONG;
    const char **place = is_hidden ? &w->hidden : &w->failing;
    if (*place)
        return;
    *place = arena_printf(w->arena, "%s: %s", path, strerror(error));
    *(is_hidden ? &w->hidden_error : &w->failing_error) = error;
}

static bool is_over(struct path_walk *w)
{
    if (w->seen >= PATH_WALK_MAX_SEEN)
        w->is_cut = true;
    if (w->seen % 64 == 0 && mono_reached(mono_read(), w->until))
        w->is_late = true;
    return w->is_cut || w->is_late;
}

/* A pattern is about files; a plain path may name anything. */
static void take_path(struct path_walk *w, const char *path, bool is_pattern)
{
    struct stat at;
    w->seen++;
    if (is_over(w))
        return;
    if (stat(path, &at) != 0) {
        note_trouble(w, path, errno);
        return;
    }
    if (!is_pattern || S_ISREG(at.st_mode))
        w->take(w->ctx, path, &at);
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

static struct name *list_folder(struct path_walk *w, const char *folder,
                                struct bytes part, bool is_last)
{
    struct name *first = NULL, **last = &first;
    DIR *open_folder = opendir(*folder ? folder : "/");
    if (!open_folder) {
        note_trouble(w, *folder ? folder : "/", errno);
        return NULL;
    }
    const struct dirent *entry;
    errno = 0;
    while (!is_over(w) && (entry = readdir(open_folder))) {
        w->seen++;
        if (!entry_fits(entry, part, is_last))
            continue;
        *last = arena_alloc(w->arena, sizeof(**last));
        (*last)->path = arena_printf(w->arena, "%s/%s", folder, entry->d_name);
        last = &(*last)->next;
        errno = 0;
    }
    if (errno)
        note_trouble(w, folder, errno);
    closedir(open_folder);
    return first;
}

/* folder: without a slash at its end; rest: the pattern behind that slash. At most PATH_WALK_MAX_DEPTH deep. */
static void find_below(struct path_walk *w, const char *folder, struct bytes rest,
                       bool has_pattern)
{
    struct bytes part;
    if (!bytes_token(&rest, '/', &part) || is_over(w))
        return;
    const bool is_last = rest.len == 0;
    if (!is_pattern(part)) {
        const char *path =
            arena_printf(w->arena, "%s/%.*s", folder, (int)part.len, part.ptr);
        if (is_last)
            take_path(w, path, has_pattern);
        else
            find_below(w, path, rest, has_pattern);
        return;
    }
    for (const struct name *n = list_folder(w, folder, part, is_last); n; n = n->next) {
        if (is_last)
            take_path(w, n->path, true);
        else
            find_below(w, n->path, rest, true);
    }
}

static bool is_too_deep(const char *pattern)
{
    size_t parts = 0;
    for (const char *at = pattern; *at; at++)
        parts += *at == '/';
    return parts > PATH_WALK_MAX_DEPTH;
}

void path_walk(struct path_walk *w)
{
    struct bytes rest = bytes_of(w->pattern);
    w->is_cut = is_too_deep(w->pattern);
    while (rest.len && rest.ptr[0] == '/')
        rest = bytes_slice(rest, 1, rest.len);
    find_below(w, w->root, rest, false);
}
