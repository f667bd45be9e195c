/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notices that a configuration file has changed: written in place, replaced by another inode, or swapped by a
 * symlink (Kubernetes, Docker configs); and that a pattern matches other files than before. Directories are watched by inotify, because a replaced file's own
 * watch would follow the old inode; the stat of each file decides. A single-file bind mount never shows a
 * replacement: that is detected and said.
 */
#ifndef HEALTHD_COLLECTOR_FILE_WATCH_H
#define HEALTHD_COLLECTOR_FILE_WATCH_H

#include <stdbool.h>

#include "lib/config/generation.h"
#include "lib/core/loop.h"

struct file_watch;

/* changed is called once things have been quiet for half a second, or five seconds after they began to move. */
struct file_watch *file_watch_create(struct loop *l, void (*changed)(void *ctx),
                                     void *ctx);
void file_watch_destroy(struct file_watch *w);
/* Watches these instead of the former ones. Never fails: what cannot be watched is logged. */
void file_watch_set(struct file_watch *w, const struct config_files *files);
/* True when path is the target of a mount of its own. */
bool file_is_bind_mount(const char *path);

#endif
