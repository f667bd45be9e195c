/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of the files that a pattern names the last written, and the one before it. Runs on a thread that may hang with a mount;
 * touches nothing but what it found.
 */
#include <string.h>
#include <sys/stat.h>

#include "lib/core/path_walk.h"
#include "probes/file.h"

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

static void take_path(void *ctx, const char *path, const struct stat *at)
{
    file_take(ctx, &(struct file_seen){
                       .path = path,
                       .is_regular = S_ISREG(at->st_mode),
                       .mark = {.path_hash = bytes_hash64(bytes_of(path)),
                                .device = at->st_dev,
                                .inode = at->st_ino,
                                .size = (uint64_t)at->st_size,
                                .modified_ns = at->st_mtim.tv_sec * NSEC_PER_SEC +
                                               at->st_mtim.tv_nsec}});
}

void file_find(struct file_found *f)
{
    struct path_walk w = {.arena = f->arena,
                          .root = f->root,
                          .pattern = f->pattern,
                          .until = f->until,
                          .take = take_path,
                          .ctx = f};
    path_walk(&w);
    f->seen = w.seen;
    f->hidden = w.hidden;
    f->failing = w.failing;
    f->is_cut = w.is_cut;
    f->is_late = w.is_late;
}
