/* SPDX-License-Identifier: Apache-2.0 */
/* The fork and exec of a child, on whatever thread may wait for it. child.c's own. */
#ifndef HEALTHD_CORE_CHILD_SPAWN_H
#define HEALTHD_CORE_CHILD_SPAWN_H

#include <stdatomic.h>
#include <sys/types.h>

#include "lib/base/arena.h"
#include "lib/core/child.h"

enum spawn_fate { SPAWN_PENDING, SPAWN_RUNS, SPAWN_FORBIDDEN };

struct spawn {
    const char *path, *folder;
    char *const *argv, *const *environment;
    bool has_input;
    atomic_int fate; /* enum spawn_fate */
    /* Once run: */
    int error;        /* errno; 0: it runs; ECANCELED: it was forbidden before */
    pid_t pid;        /* and its group's number */
    int in, out, err; /* in: -1 without has_input */
};

/* Copies what is needed, and looks for the program. */
void spawn_prepare(struct spawn *s, const struct child_conf *conf, struct arena *arena);
void spawn_run(struct spawn *s);
/* From another thread than spawn_run's, at any time: nothing of it shall run. Its group is killed, now or by spawn_run
 * as soon as there is one, whether anybody still waits for that or not. */
void spawn_forbid(struct spawn *s);

#endif
