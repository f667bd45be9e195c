/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that a pattern names, part by part (glob.h), with a bounded number of entries gone through and a time by
 * which it ends; never opens a file. For threads: a file system may hang. Called by probes that follow files.
 */
#ifndef HEALTHD_CORE_PATH_WALK_H
#define HEALTHD_CORE_PATH_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include <sys/stat.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"

#define PATH_WALK_MAX_SEEN 100000 /* entries of folders that one walk goes through */
#define PATH_WALK_MAX_DEPTH 64    /* parts of a pattern */

struct path_walk {
    struct arena *arena;        /* paths and sentences */
    const char *root, *pattern; /* root: without a slash at its end, taken as it is */
    struct mono until;
    /* Each that matches. A pattern is about regular files; a plain path may name anything. */
    void (*take)(void *ctx, const char *path, const struct stat *at);
    void *ctx;
    /* What came of it: */
    size_t seen;
    const char *hidden;  /* a sentence: a part that we may not look at; NULL: none */
    const char *failing; /* the same for a file system's error */
    int hidden_error, failing_error;
    bool is_cut, is_late; /* more than PATH_WALK_MAX_SEEN or _DEPTH; the time was over */
};

void path_walk(struct path_walk *w);

#endif
