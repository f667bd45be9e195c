/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of cgroups that are followed from scan to scan: kept open as far as descriptors allow, and read again from
 * their beginning, which saves the kernel the look-up. Called by containers_scan.c on its thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/attr.h"
#include "lib/core/reread.h"
#include "probes/containers.h"

#define WHOLE_BELOW 4096 /* what the kernel makes at each open is there at once */
#define MAX_TEXT ((size_t)1 << 20)
#define SETTINGS_EVERY 8 /* scans */
#define MOST_OPEN 4000 /* 500 containers' worth; a quarter of what the process may have */

static void cgroup_end(struct containers_kept *kept, struct cgroup *g)
{
    for (size_t i = 0; i < CGROUP_MAX_FILES; i++) {
        if (g->fds[i] < 0)
            continue;
        close(g->fds[i]);
        kept->open--;
    }
    arena_destroy(g->arena);
}

static void kept_finish(void *ctx)
{
    struct containers_kept *kept = ctx;
    const struct map_entry *entry = NULL;
    while ((entry = map_next(kept->cgroups, entry)))
        cgroup_end(kept, entry->value);
    map_destroy(kept->cgroups);
    map_destroy(kept->devices);
    buf_finish(&kept->text);
}

struct containers_kept *containers_kept_create(const struct containers_conf *conf)
{
    struct arena *arena = arena_create(0);
    struct containers_kept *kept = arena_alloc(arena, sizeof(*kept));
    struct rlimit files = {.rlim_cur = 256};
    getrlimit(RLIMIT_NOFILE, &files);
    kept->arena = arena;
    containers_conf_copy(arena, conf, &kept->conf);
    kept->cgroups = map_create();
    kept->devices = map_create();
    kept->text = BUF_MAX(MAX_TEXT);
    kept->max_open = files.rlim_cur / 4 < MOST_OPEN ? files.rlim_cur / 4 : MOST_OPEN;
    arena_cleanup(arena, kept_finish, kept);
    return kept;
}

void containers_kept_destroy(struct containers_kept *kept)
{
    if (kept)
        arena_destroy(kept->arena);
}

struct cgroup *containers_follow(struct containers_kept *kept, const char *path,
                                 const char *id)
{
    struct cgroup *g = map_get(kept->cgroups, bytes_of(path));
    if (!g) {
        struct arena *arena = arena_create(0);
        g = arena_alloc(arena, sizeof(*g));
        g->arena = arena;
        g->path = arena_strdup(arena, path);
        memcpy(g->id, id, strlen(id) + 1);
        for (size_t i = 0; i < CGROUP_MAX_FILES; i++)
            g->fds[i] = -1;
        map_put(kept->cgroups, bytes_of(path), g);
    }
    g->is_seen = true;
    return g;
}

void containers_forget_unseen(struct containers_kept *kept)
{
    const struct map_entry *entry = map_next(kept->cgroups, NULL);
    while (entry) {
        struct cgroup *g = entry->value;
        const bool is_gone = !g->is_seen;
        const struct bytes path = bytes_of(g->path);
        g->is_seen = false;
        entry = map_next(kept->cgroups, entry);
        if (!is_gone)
            continue;
        map_remove(kept->cgroups, path);
        cgroup_end(kept, g);
    }
}

/* ---- reading ---- */

bool containers_read_file(struct containers_kept *kept, const char *path,
                          struct bytes *ret_text)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return false;
    const bool is_read = reread(fd, &kept->text, WHOLE_BELOW);
    const int error = errno;
    close(fd);
    errno = error;
    *ret_text = buf_bytes(&kept->text);
    return is_read;
}

static bool read_kept(struct containers_kept *kept, struct cgroup *g, size_t i,
                      struct bytes *ret_text)
{
    if (g->fds[i] < 0)
        return false;
    if (reread(g->fds[i], &kept->text, WHOLE_BELOW)) {
        *ret_text = buf_bytes(&kept->text);
        return true;
    }
    close(g->fds[i]); /* another cgroup may have the path by now */
    g->fds[i] = -1;
    kept->open--;
    return false;
}

static bool read_new(struct containers_kept *kept, struct cgroup *g, size_t i,
                     const struct cgroup_file *file, struct bytes *ret_text)
{
    char path[4096];
    const int len =
        snprintf(path, sizeof(path), "%s%s%s%s/%s", kept->conf.cgroupfs,
                 file->controller ? "/" : "", file->controller ? file->controller : "",
                 g->path, file->name);
    if (len < 0 || (size_t)len >= sizeof(path))
        return false;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        g->is_missing[i] = errno == ENOENT;
        return false;
    }
    const bool is_read = reread(fd, &kept->text, WHOLE_BELOW);
    if (is_read && !file->is_setting && kept->open < kept->max_open) {
        g->fds[i] = fd;
        kept->open++;
    } else {
        close(fd);
    }
    /* pressure that is switched off, memsw without swap accounting */
    g->is_missing[i] = !is_read && (errno == EOPNOTSUPP || errno == ENOTSUP);
    *ret_text = buf_bytes(&kept->text);
    return is_read;
}

/* Numbers that the settings gave, and this reading did not. */
static void take_settings(struct cgroup_reading *to, const struct cgroup_reading *from)
{
    for (size_t i = 0; i < CGROUP_NUMBER_COUNT; i++) {
        if (isnan(to->numbers[i]))
            to->numbers[i] = from->numbers[i];
    }
}

bool containers_read(struct containers_kept *kept, struct cgroup *g, bool is_v2,
                     struct cgroup_reading *ret)
{
    const struct cgroup_file *files = is_v2 ? cgroup_v2_files : cgroup_v1_files;
    const bool reads_settings = g->scans == 0;
    bool has_any = false;
    g->scans = (g->scans + 1) % SETTINGS_EVERY;
    if (reads_settings) {
        cgroup_reading_init(&g->settings, ret->arena);
        memset(g->is_missing, 0, sizeof(g->is_missing));
    }
    for (size_t i = 0; files[i].name; i++) {
        struct bytes text;
        if (g->is_missing[i] || (files[i].is_setting && !reads_settings))
            continue;
        if (!read_kept(kept, g, i, &text) && !read_new(kept, g, i, &files[i], &text))
            continue;
        files[i].parse(files[i].is_setting ? &g->settings : ret, text);
        has_any = true;
    }
    take_settings(ret, &g->settings);
    return has_any;
}
