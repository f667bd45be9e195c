/* SPDX-License-Identifier: Apache-2.0 */
/* The fork and exec of a child, on whatever thread may wait for it. child.c's own. */
#ifndef HEALTHD_CORE_CHILD_SPAWN_H
#define HEALTHD_CORE_CHILD_SPAWN_H

#include <sys/types.h>

#include "lib/base/arena.h"
#include "lib/core/child.h"

struct spawn {
    const char *path, *folder;
    char *const *argv, *const *environment;
    bool has_input;
    /* Once run: */
    int error;        /* errno; 0: it runs */
    pid_t pid;        /* and its group's number */
    int in, out, err; /* in: -1 without has_input */
};

/* Copies what is needed, and looks for the program. */
void spawn_prepare(struct spawn *s, const struct child_conf *conf, struct arena *arena);
void spawn_run(struct spawn *s);

#endif
