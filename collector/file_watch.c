/* SPDX-License-Identifier: Apache-2.0 */
/* See file_watch.h. */
#include "collector/file_watch.h"

#include <assert.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/bytes.h"
#include "lib/base/log.h"

#define QUIET (500 * NSEC_PER_MSEC)
#define EVENTS \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB)

struct watched_file {
    char *path;
    struct stat seen; /* zeroed when it is not there */
};

struct file_watch {
    struct loop *loop;
    void (*changed)(void *ctx);
    void *ctx;
    int fd; /* -1: inotify is not to be had */
    struct watch *watch;
    struct timer *timer;
    struct watched_file *files;
    size_t count;
};

static void take_stat(const char *path, struct stat *ret_stat)
{
    struct stat now = {0};
    if (stat(path, &now) != 0)
        now = (struct stat){0};
    *ret_stat = now;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void on_quiet(void *ctx)
{
    struct file_watch *w = ctx;
    bool any = false;
    for (size_t i = 0; i < w->count; i++) {
        struct stat now;
        take_stat(w->files[i].path, &now);
        if (is_same(&now, &w->files[i].seen))
            continue;
        w->files[i].seen = now;
        any = true;
    }
    if (any)
        w->changed(w->ctx);
}

static void on_events(void *ctx, int events)
{
    struct file_watch *w = ctx;
    char buf[4096];
    while (read(w->fd, buf, sizeof(buf)) > 0)
        continue;
    timer_at(w->timer, mono_add(loop_now(w->loop), QUIET));
}

struct file_watch *file_watch_create(struct loop *l, void (*changed)(void *ctx),
                                     void *ctx)
{
    struct file_watch *w = calloc(1, sizeof(*w));
    assert(w);
    w->loop = l;
    w->changed = changed;
    w->ctx = ctx;
    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    w->timer = loop_timer_create(l, "file watch", on_quiet, w);
    if (w->fd < 0) {
        log_warning(EV("files not watched"), STR("why", strerror(errno)),
                    STR("hint", "reload with SIGHUP or healthctl reload"));
        return w;
    }
    w->watch = loop_watch_create(l, "file watch", w->fd, on_events, w);
    watch_set(w->watch, WATCH_READ);
    return w;
}

static void forget_files(struct file_watch *w)
{
    for (size_t i = 0; i < w->count; i++)
        free(w->files[i].path);
    free(w->files);
    w->files = NULL;
    w->count = 0;
}

void file_watch_destroy(struct file_watch *w)
{
    if (!w)
        return;
    watch_destroy(w->watch);
    timer_destroy(w->timer);
    if (w->fd >= 0)
        close(w->fd);
    forget_files(w);
    free(w);
}

/* The directory that holds the name, and the one that a symlink of that name leads to. */
static void watch_directories(struct file_watch *w, const char *path)
{
    char *copy = strdup(path);
    assert(copy);
    const char *directory = dirname(copy);
    if (inotify_add_watch(w->fd, directory, EVENTS) < 0)
        log_warning(EV("files not watched"), STR("path", directory),
                    STR("why", strerror(errno)));
    free(copy);

    char *real = realpath(path, NULL);
    if (!real)
        return;
    inotify_add_watch(w->fd, dirname(real), EVENTS);
    free(real);
}

void file_watch_set(struct file_watch *w, const struct texts *files)
{
    forget_files(w);
    w->files = calloc(files->count + 1, sizeof(*w->files));
    assert(w->files);
    for (size_t i = 0; i < files->count; i++) {
        struct watched_file *file = &w->files[w->count++];
        file->path = strdup(files->items[i]);
        assert(file->path);
        take_stat(file->path, &file->seen);
        if (w->fd >= 0)
            watch_directories(w, file->path);
        if (file_is_bind_mount(file->path))
            log_warning(
                EV("file is a bind mount"), STR("path", file->path),
                STR("why", "a file mounted by itself never shows that it was replaced"),
                STR("hint", "mount its directory instead, or reload with SIGHUP"));
    }
}

/* The fifth field of a line of mountinfo is the mount point (proc(5)); its octal escapes do not matter
 * here, because a path with spaces then merely is not found. */
static bool names_mount_point(struct bytes line, const char *path)
{
    struct bytes field = {0};
    for (int i = 0; i < 5; i++) {
        if (!bytes_token(&line, ' ', &field))
            return false;
    }
    return bytes_is(field, path);
}

bool file_is_bind_mount(const char *path)
{
    char *real = realpath(path, NULL);
    FILE *file = real ? fopen("/proc/self/mountinfo", "re") : NULL;
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    while (file && !found && getline(&line, &size, file) > 0)
        found = names_mount_point(bytes_of(line), real);
    free(line);
    if (file)
        fclose(file);
    free(real);
    return found;
}
