/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One inotify descriptor for all folders in which something may change. An event only starts a pause; when that has
 * passed quietly, files and patterns are compared with what they were. Called by daemon.c, which reads the
 * configuration again. Reads no file itself.
 */
#include "collector/file_watch.h"

#include <assert.h>
#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"

#define QUIET (500 * NSEC_PER_MSEC)
#define LATEST (5 * NSEC_PER_SEC) /* in a folder that is never quiet */
#define MATCHES_MAX_BYTES (1 << 20)
#define EVENTS \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB)

struct watched_file {
    char *path;
    struct stat seen; /* zeroed when it is not there */
};

struct watched_pattern {
    char *text;
    char *matches; /* a path a line; NULL: too many */
};

struct watch_list { /* of inotify's descriptors, each once */
    int *items;
    size_t count;
};

struct file_watch {
    struct loop *loop;
    void (*changed)(void *ctx);
    void *ctx;
    int fd; /* -1: inotify is not to be had */
    struct watch *watch;
    struct timer *timer;
    struct mono latest; /* 0: nothing has moved */
    struct watched_file *files;
    size_t count;
    struct watched_pattern *patterns;
    size_t pattern_count;
    struct watch_list watches;
    bool has_complained; /* of these files */
};

/* ---- what is there ---- */

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

static char *pattern_matches(const char *pattern)
{
    struct buf paths = BUF_MAX(MATCHES_MAX_BYTES);
    glob_t found = {0};
    size_t len;
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            buf_add_text(&paths, found.gl_pathv[i]);
            buf_add_byte(&paths, '\n');
        }
    }
    globfree(&found);
    return buf_steal(&paths, &len);
}

/* ---- folders ---- */

static bool holds(const struct watch_list *list, int descriptor)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] == descriptor)
            return true;
    }
    return false;
}

static void watch_folder(struct file_watch *w, const char *folder)
{
    const int descriptor = inotify_add_watch(w->fd, folder, EVENTS);
    if (descriptor < 0 && w->has_complained)
        return;
    if (descriptor < 0) {
        w->has_complained = true;
        log_warning(EV("files not watched"), STR("path", folder),
                    STR("why", strerror(errno)));
        return;
    }
    if (holds(&w->watches, descriptor))
        return;
    w->watches.items =
        memory_grow(w->watches.items, (w->watches.count + 1) * sizeof(int));
    w->watches.items[w->watches.count++] = descriptor;
}

/* The one that holds the name, and the one that a symlink of that name leads to. */
static void watch_folders_of(struct file_watch *w, const char *path)
{
    char *copy = memory_strdup(path);
    assert(copy);
    watch_folder(w, dirname(copy));
    free(copy);

    char *real = realpath(path, NULL);
    if (real)
        watch_folder(w, dirname(real));
    free(real);
}

/* Each folder in which something may appear that comes to match: of /a/b[12]/x/y?.yml these are /a, each b and its x. */
static void watch_folders_of_pattern(struct file_watch *w, const char *pattern)
{
    const size_t fixed = strcspn(pattern, "*?[");
    for (const char *slash = strchr(pattern, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        const char *next = strchr(slash + 1, '/');
        if (next && (size_t)(next - pattern) < fixed)
            continue; /* a fixed part of the way */
        char *folders = strndup(pattern, (size_t)(slash - pattern) + 1);
        glob_t found = {0};
        assert(folders);
        if (glob(folders, GLOB_ONLYDIR, NULL, &found) == 0) {
            for (size_t i = 0; i < found.gl_pathc; i++)
                watch_folder(w, found.gl_pathv[i]);
        }
        globfree(&found);
        free(folders);
    }
    if (!memchr(pattern, '/', fixed))
        watch_folder(w, ".");
}

static void watch_folders(struct file_watch *w)
{
    const struct watch_list before = w->watches;
    if (w->fd < 0)
        return;
    w->watches = (struct watch_list){0};
    for (size_t i = 0; i < w->count; i++)
        watch_folders_of(w, w->files[i].path);
    for (size_t i = 0; i < w->pattern_count; i++)
        watch_folders_of_pattern(w, w->patterns[i].text);
    for (size_t i = 0; i < before.count; i++) {
        if (!holds(&w->watches, before.items[i]))
            inotify_rm_watch(w->fd, before.items[i]); /* one that is gone is no fault */
    }
    free(before.items);
}

/* ---- changes ---- */

static bool files_have_changed(struct file_watch *w)
{
    bool any = false;
    for (size_t i = 0; i < w->count; i++) {
        struct stat now;
        take_stat(w->files[i].path, &now);
        any |= !is_same(&now, &w->files[i].seen);
        w->files[i].seen = now;
    }
    return any;
}

static bool is_equal(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static bool matches_have_changed(struct file_watch *w)
{
    bool any = false;
    for (size_t i = 0; i < w->pattern_count; i++) {
        struct watched_pattern *p = &w->patterns[i];
        char *now = pattern_matches(p->text);
        any |= !is_equal(now, p->matches);
        free(p->matches);
        p->matches = now;
    }
    return any;
}

static void on_quiet(void *ctx)
{
    struct file_watch *w = ctx;
    w->latest = (struct mono){0};
    const bool has_files = files_have_changed(w), has_matches = matches_have_changed(w);
    watch_folders(w); /* a folder may have come that a pattern leads through */
    if (has_files || has_matches)
        w->changed(w->ctx);
}

static void on_events(void *ctx, int events)
{
    struct file_watch *w = ctx;
    const struct mono now = loop_now(w->loop), quiet = mono_add(now, QUIET);
    char buf[4096];
    while (read(w->fd, buf, sizeof(buf)) > 0)
        continue;
    if (!w->latest.ns)
        w->latest = mono_add(now, LATEST);
    timer_at(w->timer, quiet.ns < w->latest.ns ? quiet : w->latest);
}

/* ---- public ---- */

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
    for (size_t i = 0; i < w->pattern_count; i++) {
        free(w->patterns[i].text);
        free(w->patterns[i].matches);
    }
    free(w->files);
    free(w->patterns);
    w->files = NULL;
    w->patterns = NULL;
    w->count = w->pattern_count = 0;
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
    free(w->watches.items);
    free(w);
}

static void remember_files(struct file_watch *w, const struct texts *files)
{
    w->files = memory_take((files->count + 1) * sizeof(*w->files));
    for (size_t i = 0; i < files->count; i++) {
        struct watched_file *file = &w->files[w->count++];
        file->path = memory_strdup(files->items[i]);
        assert(file->path);
        take_stat(file->path, &file->seen);
        if (file_is_bind_mount(file->path))
            log_warning(
                EV("file is a bind mount"), STR("path", file->path),
                STR("why", "a file mounted by itself never shows that it was replaced"),
                STR("hint", "mount its directory instead, or reload with SIGHUP"));
    }
}

static void remember_patterns(struct file_watch *w, const struct texts *patterns)
{
    w->patterns = memory_take((patterns->count + 1) * sizeof(*w->patterns));
    for (size_t i = 0; i < patterns->count; i++) {
        struct watched_pattern *p = &w->patterns[w->pattern_count++];
        p->text = memory_strdup(patterns->items[i]);
        assert(p->text);
        p->matches = pattern_matches(p->text);
    }
}

void file_watch_set(struct file_watch *w, const struct config_files *files)
{
    forget_files(w);
    w->has_complained = false;
    remember_files(w, &files->files);
    remember_patterns(w, &files->patterns);
    watch_folders(w);
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
