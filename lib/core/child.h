/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another program, started without the loop ever waiting for it: the fork and exec happen on a thread, its end and its
 * output are watched. It leads a process group of its own, has no descriptor of ours but its three streams (standard
 * input is empty), and gets only the environment that it is given. Called by probes that run commands.
 */
#ifndef HEALTHD_CORE_CHILD_H
#define HEALTHD_CORE_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/bytes.h"
#include "lib/core/frame.h"

struct child;

struct child_conf {
    const char *const
        *argv; /* NULL-terminated; argv[0] without a slash is looked for in `path` */
    const char *const *environment; /* "NAME=value", NULL-terminated: all that it gets */
    const char *path;               /* folders, separated by colons */
    const char *folder;             /* where it starts; NULL: where we are */
    size_t keep_bytes;  /* of each stream: its beginning; more is read and counted */
    size_t limit_bytes; /* of both: a program that writes more is killed */
};

struct child_end {
    int error;             /* errno of a start that failed; 0: it ran */
    int status;            /* its exit status, unless a signal ended it */
    int signal;            /* 0: it ended by itself */
    bool was_over_limit;   /* it wrote more than limit_bytes */
    struct bytes out, err; /* what was kept; valid during the call */
    size_t out_total, err_total;
};

/* Starts it; conf's texts are copied. done is called once, later, on the loop, when it has ended and its whole group was
 * killed, and the child is gone when it returns. What a grandchild still writes then is lost. NULL: no thread is free. */
struct child *child_start(const struct frame *f, const struct child_conf *conf,
                          void (*done)(void *ctx, const struct child_end *end),
                          void *ctx);
/* Kills its group; done follows. */
void child_kill(struct child *c);
/* Kills its group; done is not called any more. */
void child_abandon(struct child *c);
/* What it has written so far. */
size_t child_written(const struct child *c);

#endif
