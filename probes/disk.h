/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the disk probe: disk.c (the type and its runs), disk_look.c (one look, on a thread) and disk_vars.c
 * (numbers, variables and limits). Nobody else includes it but their tests.
 */
#ifndef HEALTHD_PROBES_DISK_H
#define HEALTHD_PROBES_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/core/expr.h"
#include "lib/core/limit.h"
#include "lib/core/metric.h"
#include "lib/core/run.h"

struct disk_conf {
    const char *path, *root;
    bool mount, writable;
};

/* What the mount that holds the path is called; "" when it is not known. */
struct disk_mount {
    const char *point, *device, *fstype;
    bool is_readonly; /* the file system, however it is mounted */
};

enum disk_finding {
    DISK_NOT_SEEN, /* no look yet */
    DISK_SEEN,
    DISK_ABSENT,  /* nothing is at path */
    DISK_HIDDEN,  /* we may not look; trouble says why */
    DISK_FAILING, /* its file system answers with an error */
};

struct disk_look { /* lives in the look's arena */
    struct arena *arena;
    const char *place; /* below root: what is asked */
    enum disk_finding finding;
    const char *trouble;
    bool is_mount_point;
    struct disk_mount mount;
    double size, free, available; /* bytes */
    double inodes, inodes_free;   /* 0, 0: it makes them as needed */
};

/* disk_look.c: on a thread that may never come back. */
void disk_look(struct disk_look *look);
/* The line of a mountinfo with this number, else the last of this device ("8:1"). False: there is none. */
bool disk_mount_find(struct arena *arena, struct bytes mountinfo, uint64_t id,
                     const char *device, struct disk_mount *ret_mount);

/* disk_vars.c */
struct disk_state {
    const struct disk_look *look; /* NULL: there was none */
};
void disk_emit(struct run *run);
double disk_used(const struct disk_look *look); /* 0 to 1; of no size: 0 */
extern const struct metric *const disk_metrics[];
extern const struct var disk_vars[];
extern const struct limit disk_limits[];

#endif
