/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the process probe: process.c (the type and its runs), process_scan.c (one look at /proc, on a thread),
 * process_text.c (its files, pure) and process_emit.c (numbers and variables). Nobody else includes it but their tests.
 */
#ifndef HEALTHD_PROBES_PROCESS_H
#define HEALTHD_PROBES_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/core/expr.h"
#include "lib/core/regex.h"
#include "lib/core/run.h"
#include "lib/core/session.h"

#define PROCESS_MAX_MATCHED 4096
#define PROCESS_MAX_SEEN 200000
#define PROCESS_STATES "RSDTZIO" /* O: any other */

struct process_conf {
    const char *name, *pid_file, *user, *cgroup, *root, *procfs;
    const struct regex *cmdline;
    bool exists;
    int64_t min, max;
};

struct process { /* one that matches, as the kernel tells of it */
    pid_t pid;
    char state;
    uint64_t started_ticks; /* since boot: with pid it is this process and no later one */
    double user_seconds, system_seconds, resident_bytes, virtual_bytes, swapped_bytes;
    double threads, minor_faults, major_faults;
    double open_fds, max_fds;         /* -1: we may not look */
    double read_bytes, written_bytes; /* -1: we may not look */
    double voluntary, involuntary;    /* context switches */
};

struct process_found { /* what one look found; lives in the run's arena */
    struct process *items;
    size_t count, zombies,
        seen;            /* matched and alive; matched and dead; all that /proc shows */
    bool is_cut;         /* more than PROCESS_MAX_MATCHED matched */
    bool is_hidden;      /* /proc keeps others' processes from us */
    double boot_time;    /* 0: unknown */
    const char *trouble; /* why there was no look; NULL: there was */
    /* why pid_file names no process; NULL: it does, or is not asked for */
    const char *pid_trouble;
};

/* process_text.c: parsers of /proc/N/…; false when it is not what the kernel writes. */
bool process_stat_read(struct bytes text, long ticks, long page, struct process *ret,
                       struct bytes *ret_comm);
void process_status_read(struct bytes text, struct process *ret, uid_t *ret_uid);
void process_io_read(struct bytes text, struct process *ret);
double process_max_fds_read(struct bytes limits); /* -1: not there, or unlimited */
double process_boot_time_read(struct bytes stat); /* of /proc/stat; 0: not there */
/* A file name without its folders, as cmdline's first word or an exe link name it. */
struct bytes process_base_name(struct bytes path);
/* Whether one of the paths of /proc/N/cgroup has wanted as whole parts: "nginx.service", "/system.slice/ssh.service". */
bool process_cgroup_has(struct bytes text, const char *wanted);
bool process_user_id(struct bytes passwd, const char *name, uid_t *ret_uid);

/* process_scan.c: on a thread. */
void process_scan(const struct process_conf *c, struct arena *arena,
                  struct process_found *ret);

/* process_emit.c */
/* Over all that ever matched: counters do not go back when a process ends. */
struct process_totals {
    double user_seconds, system_seconds, read_bytes, written_bytes;
    double minor_faults, major_faults, voluntary, involuntary;
};
struct process_session {
    struct arena *arena;   /* of items */
    struct process *items; /* as they were last seen */
    size_t count;
    bool has_looked;
    struct process_totals totals;
};
struct process_state {
    struct process_found found;
    bool has_looked;
};
void process_keep(struct process_session *s, const struct process_found *found);
void process_emit(struct run *run);
extern const struct metric *const process_metrics[];
extern const struct var process_vars[];

#endif
