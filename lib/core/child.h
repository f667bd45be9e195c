/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another program, started without the loop ever waiting for it: the fork and exec happen on a thread, its end and its
 * output are watched. It leads a process group of its own, has no descriptor of ours but its three streams (standard
 * input is empty unless it is talked to), and gets only the environment that it is given. It is not spared when memory is
 * short, as healthd may be. What a unit forbids for good it keeps: a seccomp filter (MemoryDenyWriteExecute,
 * SystemCallFilter) and no_new_privs are inherited, and nobody can take them off. Called by probes that run commands, or
 * talk with one.
 */
#ifndef HEALTHD_CORE_CHILD_H
#define HEALTHD_CORE_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/bytes.h"
#include "lib/core/frame.h"

struct child;

struct child_conf {
    /* NULL-terminated; argv[0] without a slash is looked for in `path` */
    const char *const *argv;
    const char *const *environment; /* "NAME=value", NULL-terminated: all that it gets */
    const char *path;               /* folders, separated by colons */
    const char *folder;             /* where it starts; NULL: where we are */
    size_t keep_bytes;  /* of each stream: its beginning; more is read and counted */
    size_t limit_bytes; /* of both: a program that writes more is killed */
    bool has_input;     /* standard input is what child_write gives it */
    /* Is handed each piece of standard output as it comes (valid during the call), instead of its being kept; an empty
     * one at its end. May write to the child, close its input and kill it, not abandon it. NULL: it is kept. */
    void (*take)(void *ctx, struct bytes piece);
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
 * killed, and the child is gone when it returns. What a grandchild still writes then is lost. NULL: pool_no_thread. */
struct child *child_start(const struct frame *f, const struct child_conf *conf,
                          void (*done)(void *ctx, const struct child_end *end),
                          void *ctx);
/* Of one with has_input: puts text behind what it has not read yet. What it does not read because it ended is lost.
 * False: CHILD_MAX_UNREAD bytes wait already. */
#define CHILD_MAX_UNREAD (4u << 20)
bool child_write(struct child *c, struct bytes text);
/* Its input ends behind what was written. */
void child_end_input(struct child *c);
/* Asks its group to end (SIGTERM). */
void child_ask_to_end(struct child *c);
/* Kills its group; done follows. */
void child_kill(struct child *c);
/* Kills its group; done is not called any more. */
void child_abandon(struct child *c);
/* What it has written so far. */
size_t child_written(const struct child *c);
/* The beginning of what it wrote to standard error so far, as much as is kept; valid until the loop turns. */
struct bytes child_complaints(const struct child *c);

#endif
