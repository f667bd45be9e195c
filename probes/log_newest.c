/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which file a log is in now: the one that is named, or of a pattern the one written last. Called by log_tail.c before each
 * reading, on a run's thread. Opens nothing.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/attr.h"
#include "lib/core/path_walk.h"
#include "probes/log.h"

/* What logrotate packed is no log that grows. */
static bool is_packed(const char *path)
{
    static const char *const endings[] = {".gz", ".xz", ".zst", ".bz2", ".zip"};
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        if (bytes_ends(bytes_of(path), endings[i]))
            return true;
    }
    return false;
}

static bool is_newer(const struct stat *a, const struct stat *b)
{
    return a->st_mtim.tv_sec != b->st_mtim.tv_sec
               ? a->st_mtim.tv_sec > b->st_mtim.tv_sec
               : a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

static bool is_pattern(const struct log_tail *t)
{
    return strpbrk(t->pattern, "*?[") != NULL;
}

struct search {
    struct log_tail *tail;
    struct log_newest newest;
};

static void consider(void *ctx, const char *path, const struct stat *st)
{
    struct search *s = ctx;
    struct log_tail *t = s->tail;
    struct log_newest *n = &s->newest;
    if (!S_ISREG(st->st_mode)) {
        n->trouble = S_ISDIR(st->st_mode) ? EISDIR : ESPIPE;
        return;
    }
    if (is_pattern(t) && is_packed(path))
        return;
    if (!t->has_begun && t->conf->from == LOG_FROM_END)
        log_places_put(&t->places, &(struct log_place){.device = (uint64_t)st->st_dev,
                                                       .inode = (uint64_t)st->st_ino,
                                                       .offset = (uint64_t)st->st_size});
    if (n->is_any && !is_newer(st, &n->st))
        return;
    n->st = *st;
    n->is_any = true;
    buf_clear(&t->path);
    buf_add_text(&t->path, path);
}

/* Of a search that did not go through all nobody knows which is the newest. */
static void judge_walk(struct log_newest *n, const struct path_walk *w)
{
    if (w->is_cut || w->is_late) {
        n->is_any = false;
        n->trouble = w->is_cut ? E2BIG : ETIME;
    } else if (!n->is_any && !n->trouble) {
        n->trouble = w->failing ? w->failing_error : w->hidden ? w->hidden_error : ENOENT;
    }
}

static struct log_newest look_at_one(struct log_tail *t)
{
    struct search s = {.tail = t};
    struct stat st;
    if (stat(t->pattern, &st) == 0)
        consider(&s, t->pattern, &st);
    else
        s.newest.trouble = errno;
    return s.newest;
}

struct log_newest log_newest_find(struct log_tail *t, struct mono until)
{
    buf_clear(&t->path);
    if (!is_pattern(t))
        return look_at_one(t);
    struct arena *arena = arena_create(0);
    struct search s = {.tail = t};
    struct path_walk w = {.arena = arena,
                          .root = "",
                          .pattern = t->pattern,
                          .until = until,
                          .take = consider,
                          .ctx = &s};
    path_walk(&w);
    judge_walk(&s.newest, &w);
    if (!s.newest.is_any)
        buf_clear(&t->path);
    arena_destroy(arena);
    return s.newest;
}
