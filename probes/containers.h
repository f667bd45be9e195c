/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the containers probe share: its configuration, the scan of the cgroup tree (on a thread of its own),
 * and the book of what is known of each container (on the loop). Parsers and judgements are pure, for tests and the
 * fuzzer.
 */
#ifndef HEALTHD_PROBES_CONTAINERS_H
#define HEALTHD_PROBES_CONTAINERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/map.h"
#include "lib/base/words.h"
#include "lib/core/batch.h"
#include "lib/core/docker.h"
#include "lib/core/opt.h"
#include "lib/core/verdict.h"
#include "probes/containers_families.h"

/* ---- containers_options.c ---- */

struct containers_conf {
    const char *root, *procfs, *sysfs, *cgroupfs;
    const char *docker; /* "auto", "none", or an address */
    struct tls_conf tls;
    struct texts names, exclude;       /* patterns of names */
    struct pairs with_labels;          /* label → pattern of its value */
    struct texts show_labels;          /* patterns of labels that series get */
    struct texts required;             /* patterns of names, each of which must run */
    nsec list_interval, gone_for, old; /* see their rows */
    int64_t max_containers, last_lines;
};
extern const struct opt containers_opts[];
bool containers_validate(void *conf, struct arena *arena, struct err *e);
/* A copy that needs nothing of the generation any more. */
void containers_conf_copy(struct arena *arena, const struct containers_conf *from,
                          struct containers_conf *ret_conf);
/* Whether a container of this name and with these labels is looked at. */
bool containers_wants(const struct containers_conf *conf, const char *name,
                      struct pairs labels);
/* The labels of its series: container_label_…, sorted. restarts < 0: not known. */
struct labels containers_labels(struct arena *arena, const struct containers_conf *conf,
                                struct pairs labels, int64_t restarts);
const char *containers_label(struct pairs labels, const char *name); /* "" */

/* ---- containers_walk.c: where the cgroups of containers are ---- */

#define CONTAINERS_ID_LEN 64
#define CONTAINERS_SHORT_LEN 12
/* Whether a cgroup of this name is a container's, of any driver of Docker, Podman, containerd or CRI-O; its id. */
bool containers_id_of(struct bytes name, char ret_id[CONTAINERS_ID_LEN + 1]);

struct cgroup_found {
    const char *path; /* "/docker/<id>" */
    const char *id;
    struct cgroup_found *next;
};
#define CONTAINERS_MAX_DEPTH 12
#define CONTAINERS_MAX_FOLDERS 20000
/* All below folder, in arena. False with errno when folder cannot be read. */
bool containers_walk(struct arena *arena, const char *folder,
                     struct cgroup_found **ret_found);

/* ---- containers_cgroup.c: what one cgroup says ---- */

enum cgroup_number { /* in the order of CONTAINERS_NUMBER_FAMILIES */
#define X(id, ...) CGROUP_##id,
                     CONTAINERS_NUMBER_FAMILIES(X)
#undef X
                         CGROUP_NUMBER_COUNT
};

struct cgroup_device {
    char number[24]; /* "254:0" */
    double read_bytes, written_bytes, reads, writes;
};
#define CGROUP_MAX_DEVICES 16
#define CGROUP_MAX_CPUS 1024

struct cgroup_reading {
    double numbers[CGROUP_NUMBER_COUNT]; /* NAN: not told */
    double cpu_usage;                    /* seconds; NAN: not told */
    double *per_cpu;                     /* v1: seconds; NULL: not told */
    size_t cpu_count;
    double inactive_file, faults, major_faults;
    struct cgroup_device devices[CGROUP_MAX_DEVICES];
    size_t device_count;
    struct arena *arena;
};
void cgroup_reading_init(struct cgroup_reading *r, struct arena *arena);
/* What follows from several files: working set, shares … */
void cgroup_reading_finish(struct cgroup_reading *r);

/* Lines "name value", of which some are wanted. */
struct cgroup_field {
    const char *name;
    enum cgroup_number number;
    double scale;
};
bool cgroup_next_pair(struct bytes *text, struct bytes *ret_name, double *ret_value);
void cgroup_take_fields(struct cgroup_reading *r, struct bytes text,
                        const struct cgroup_field *fields, size_t count);
/* What either version calls the fields of memory.stat. */
struct cgroup_stat_names {
    const char *cache, *rss, *mapped, *inactive_file, *faults, *major_faults, *swap;
};
void cgroup_take_memory_stat(struct cgroup_reading *r, struct bytes text,
                             const struct cgroup_stat_names *names);
/* Finds or adds; NULL when number is none, or there are CGROUP_MAX_DEVICES. */
struct cgroup_device *cgroup_device_of(struct cgroup_reading *r, struct bytes number);

/* Files of one number. */
#define CGROUP_NUMBER_FILES(X)                   \
    X(memory_usage, CGROUP_MEMORY_USAGE)         \
    X(memory_max_usage, CGROUP_MEMORY_MAX_USAGE) \
    X(memory_failcnt, CGROUP_MEMORY_FAILCNT)     \
    X(memory_kernel, CGROUP_MEMORY_KERNEL)       \
    X(memory_swap, CGROUP_MEMORY_SWAP)           \
    X(threads, CGROUP_THREADS)                   \
    X(cpu_period, CGROUP_CPU_PERIOD)             \
    X(cpu_shares, CGROUP_CPU_SHARES)
#define CGROUP_LIMIT_FILES(X)                        \
    X(memory_limit, CGROUP_MEMORY_LIMIT)             \
    X(memory_reservation, CGROUP_MEMORY_RESERVATION) \
    X(memory_swap_limit, CGROUP_MEMORY_SWAP_LIMIT)   \
    X(threads_max, CGROUP_THREADS_MAX)
#define X(fn, number) void cgroup_##fn(struct cgroup_reading *r, struct bytes text);
CGROUP_NUMBER_FILES(X)
CGROUP_LIMIT_FILES(X)
#undef X

struct cgroup_file {        /* one of the files that are read of a cgroup */
    const char *controller; /* v1; NULL: v2 */
    const char *name;
    void (*parse)(struct cgroup_reading *r, struct bytes text);
    bool is_setting; /* changes seldom: read now and then */
};
#define CGROUP_MAX_FILES 24
extern const struct cgroup_file cgroup_v2_files[], cgroup_v1_files[]; /* name NULL ends */

/* ---- containers_files.c: cgroups that are followed from scan to scan ---- */

struct cgroup {
    char id[CONTAINERS_ID_LEN + 1]; /* "": the root */
    const char *path;
    int fds[CGROUP_MAX_FILES];         /* kept open; -1: not */
    struct cgroup_reading settings;    /* as read last */
    unsigned scans;                    /* since then */
    bool is_seen;                      /* by this walk */
    bool is_missing[CGROUP_MAX_FILES]; /* the kernel does not have it */
    uint64_t pid;                      /* 0: not known */
    struct wall started;               /* of that process; 0: not known */
    struct arena *arena;               /* it, and what it names */
};

struct containers_kept { /* lives in the session, lent to one scan at a time */
    struct arena *arena;
    struct containers_conf conf;
    struct map *cgroups; /* path → struct cgroup */
    struct map *devices; /* "254:0" → "/dev/vda" */
    struct buf text;     /* the file that was read last */
    size_t open, max_open;
    unsigned pid_pause; /* scans until all processes are looked at again */
};
struct containers_kept *containers_kept_create(const struct containers_conf *conf);
void containers_kept_destroy(struct containers_kept *kept); /* takes NULL */
struct cgroup *containers_follow(struct containers_kept *kept, const char *path,
                                 const char *id);
void containers_forget_unseen(struct containers_kept *kept);
/* False when none of its files could be read. */
bool containers_read(struct containers_kept *kept, struct cgroup *g, bool is_v2,
                     struct cgroup_reading *ret);
/* A whole file, valid until the next call; false with errno. */
bool containers_read_file(struct containers_kept *kept, const char *path,
                          struct bytes *ret_text);

/* ---- containers_scan.c: one look ---- */

struct containers_named { /* what the engine says of one, copied for the thread */
    const char *id, *name, *image;
    struct labels labels; /* containers_labels */
    bool is_wanted, has_own_network;
    int health_state; /* of container_health_state */
    struct wall created, started;
    double oom_kills; /* that the engine told of; the file may have missed them */
};

struct containers_seen { /* what the loop needs of one */
    const char *id, *name;
    /* limit: the machine's when it has none; NAN: not told */
    double memory_used, memory_limit;
    double oom_kills, cpu_usage, throttled, threads;
    struct wall started;
    struct containers_seen *next;
};

struct containers_scan {
    struct arena *arena;
    struct containers_kept *kept;
    const struct containers_conf *conf; /* kept's */
    struct batch *batch;
    struct batch_group *group;
    struct wall now;
    struct map *named; /* id → const struct containers_named; NULL: nobody knows names */
    const char *engine_version;
    bool is_v2;
    double machine_memory, machine_free; /* bytes; 0: not told */
    double machine_kills;                /* for want of memory; NAN: not told */
    struct containers_seen *seen;
    size_t count, left_out, with_network;
    struct err why; /* no tree: why not */
    bool has_tree;
    atomic_bool is_unwanted;
};
void containers_scan_init(struct containers_scan *scan, struct arena *arena,
                          struct containers_kept *kept, struct wall now);
void containers_scan_run(struct containers_scan *scan);

/* ---- containers_show.c: as samples ---- */

struct containers_subject { /* whose samples */
    const char *values[3];  /* id, image, name */
    struct labels labels;
};
void containers_show(struct containers_scan *scan, const struct containers_subject *of,
                     enum containers_family family, double value);
/* with the values of the family's further labels, ended by NULL */
void containers_show_with(struct containers_scan *scan,
                          const struct containers_subject *of,
                          enum containers_family family, const char *const *further,
                          double value);
void containers_show_reading(struct containers_scan *scan,
                             const struct containers_subject *of,
                             const struct cgroup_reading *r);
void containers_show_machine(struct containers_scan *scan);

/* ---- containers_network.c ---- */

/* Gives cgroups without a process one of theirs, by <procfs>/N/cgroup. */
void containers_find_pids(struct containers_scan *scan);
/* Samples of the process' network namespace; false when it is gone. */
bool containers_show_network(struct containers_scan *scan,
                             const struct containers_subject *of, struct cgroup *g);
void containers_netdev_parse(struct containers_scan *scan,
                             const struct containers_subject *of, struct bytes text);
/* The first id of a container in a process' cgroup file. */
bool containers_id_in(struct bytes text, char ret_id[CONTAINERS_ID_LEN + 1]);
/* Of <procfs>/N/stat: field 22, in ticks. */
bool containers_start_ticks(struct bytes stat, double *ret_ticks);

#endif
