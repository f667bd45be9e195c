/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the host probe share: its configuration, what it keeps between runs, one scan of the machine, and
 * the collectors. A collector runs on the scan's thread and touches nothing but the scan and what is kept; its parsers
 * are functions over bytes, for tests and the fuzzer.
 */
#ifndef HEALTHD_PROBES_HOST_H
#define HEALTHD_PROBES_HOST_H

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
#include "lib/base/list.h"
#include "lib/base/words.h"
#include "lib/core/batch.h"
#include "lib/core/expr.h"
#include "lib/core/limit.h"
#include "lib/core/metric.h"
#include "lib/core/opt.h"
#include "probes/host_families.h"

struct regex;
struct host_scan;
struct map;

/* ---- host_options.c ---- */

struct host_conf {
    const char *root; /* "" or where the host's / is mounted */
    const char *procfs, *sysfs, *rootfs,
        *udev;            /* "" until host_validate filled them in */
    const char *nodename; /* "": found out */
    struct texts collectors, exclude;
    struct texts textfile; /* folders with *.prom */
    const struct regex *mount_exclude, *fstype_exclude, *disk_exclude, *netdev_exclude,
        *netclass_exclude, *vmstat_fields, *netstat_fields;
    nsec mount_timeout;
};
extern const struct opt host_opts[];
bool host_validate(void *conf, struct arena *arena, struct err *e);
/* A copy that needs nothing of the generation any more: a thread may outlive it. */
void host_conf_copy(struct arena *arena, const struct host_conf *from,
                    struct host_conf *ret_conf);
bool host_collects(const struct host_conf *conf, const char *collector);

/* ---- host_read.c ---- */

/* Files that stay open between scans, and the bytes of the one that was read last. */
struct host_reader {
    struct arena *arena;
    struct map *files; /* path → struct host_file */
    struct buf text;
};
#define HOST_MAX_TEXT ((size_t)4 << 20) /* of one file */
#define HOST_MAX_OPEN 256        /* files kept open; the rest is opened each time */
#define HOST_ATTRIBUTE_SIZE 4096 /* a sysfs attribute is at most a page */

/* A file of sysfs, without the white space around it, by one read of a file that stays open. */
bool host_reader_attribute(struct host_reader *reader, const char *path,
                           struct bytes *ret_text);
void host_reader_init(struct host_reader *reader, struct arena *arena);
/* The whole file, valid until the next call; false with errno set. */
bool host_reader_read(struct host_reader *reader, const char *path,
                      struct bytes *ret_text);
/* The same for a file that is not kept open. */
bool host_reader_read_once(struct host_reader *reader, const char *path,
                           struct bytes *ret_text);

/* A file that hardly ever changes, such as a disk's model, without the white space around it: read once a minute, also
 * to see that it is still not there. Valid until the next call for this path. */
bool host_reader_steady(struct host_reader *reader, const char *path, struct wall now,
                        struct bytes *ret_text);
/* Whether the mounts that a mountinfo lists are others than when it was last asked or opened: the kernel tells by poll(2).
 * True also when the file is not kept open or not the kernel's own. */
bool host_reader_has_changed(struct host_reader *reader, const char *path);

/* ---- host_names.c ---- */

/* Families whose names come from the fields of a file. They are looked up in the order in which they were met, so that
 * an unchanged file costs one comparison a field. */
struct host_name {
    const char *key;
    const struct metric *metric; /* NULL: the field is not wanted */
    struct host_name *next;
};
struct host_names {
    struct arena *arena;
    struct host_name *first, *last, *cursor;
    size_t count;
};
#define HOST_MAX_NAMES 2000 /* of one file; what comes later is left out */

/* NULL when it was never put. */
const struct host_name *host_names_find(struct host_names *names, struct bytes key);
/* Makes the family `name`, unless that is NULL; NULL when there are too many. labels: NULL-terminated names. */
const struct host_name *host_names_put(struct host_names *names, struct bytes key,
                                       const char *name, enum metric_kind kind,
                                       const char *help, const char *const *labels);

/* ---- host_scan.c ---- */

struct host_cpu_times {
    uint64_t number;
    /* user nice system idle iowait irq softirq steal guest guest_nice */
    double seconds[10];
    bool is_online;
    struct host_cpu_times *next;
};

/* Lives in the session, and is lent to one scan at a time. */
struct host_kept {
    struct arena *arena;
    struct host_conf conf;
    struct host_reader reader;
    struct host_names meminfo, vmstat, netstat, sockstat, hwmon;
    struct host_cpu_times *cpus;
    /* What the mountinfo said last; NULL arena: nothing, or it may have changed. */
    struct {
        struct arena *arena;
        struct host_mount *first;
    } mounts;
};
struct host_kept *host_kept_create(const struct host_conf *conf);
void host_kept_destroy(struct host_kept *kept); /* takes NULL */

struct host_mount {
    const char *device, *mountpoint, *fstype, *major, *minor;
    const char *path; /* to ask: mountpoint below rootfs */
    bool is_readonly;
    struct host_mount *next;
};

struct host_collector {
    const char *name;
    bool (*collect)(struct host_scan *scan); /* false: scan->why says why not */
};
extern const struct host_collector host_collectors[]; /* ended by name NULL */
const struct host_collector *host_collector_find(const char *name);

struct host_result {
    const struct host_collector *collector;
    double seconds;
    bool succeeded;
    bool is_absent;  /* the kernel does not have it: no fault */
    const char *why; /* not "": what is to be said, also of one that succeeded */
};

/* One look at the machine. Everything it finds is in its own arena. */
struct host_scan {
    struct arena *arena;
    struct host_kept *kept;
    const struct host_conf *conf; /* kept's */
    struct batch *batch;
    struct batch_group *group;
    struct wall now;
    struct bytes stat; /* <procfs>/stat, once read */
    struct err why;    /* of a collector that fails */
    struct err note;   /* of one that goes on */
    bool is_absent;
    struct host_result results[40];
    size_t result_count;
    struct host_mount *mounts;
    const char *foreign_root; /* a sentence: rootfs is not the host's; NULL when it is */
    _Atomic(const struct host_collector *) current;
    atomic_bool is_unwanted; /* nobody waits any more: stop after the current collector */
};

void host_scan_init(struct host_scan *scan, struct arena *arena, struct host_kept *kept,
                    struct wall now);
void host_scan_run(struct host_scan *scan); /* all collectors that conf wants */

void host_sample(struct host_scan *scan, enum host_family family, double value);
void host_sample_of(struct host_scan *scan, enum host_family family, const char *label,
                    double value);
void host_sample_with(struct host_scan *scan, enum host_family family,
                      const char *const *values, double value);
void host_sample_named(struct host_scan *scan, const struct metric *metric,
                       const char *const *values, double value);
/* To be said of a collector that goes on: the first such sentence stays. */
void host_note(struct host_scan *scan, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Why a collector fails; both return false. absent: the kernel or machine does not have it. */
bool host_fail(struct host_scan *scan, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool host_absent(struct host_scan *scan, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Files below procfs, sysfs and rootfs; the text is valid until the next call. False with why set: absent when the file
 * is not there. */
bool host_proc(struct host_scan *scan, const char *name, struct bytes *ret_text);
/* Of pid 1's network namespace: <procfs>/1/net, else <procfs>/net. */
bool host_proc_net(struct host_scan *scan, const char *name, struct bytes *ret_text);
bool host_sys(struct host_scan *scan, const char *name, struct bytes *ret_text);
bool host_root(struct host_scan *scan, const char *name, struct bytes *ret_text);
bool host_proc_number(struct host_scan *scan, const char *name, double *ret_value);
/* <procfs>/stat, which several collectors want. */
bool host_proc_stat(struct host_scan *scan, struct bytes *ret_text);

/* A folder below sysfs, kept open for its attributes: -1 when it is not there. */
int host_sys_open(struct host_scan *scan, const char *name);
int host_root_open(struct host_scan *scan, const char *name); /* the same below rootfs */
/* Its entries that start with prefix, sorted as numbers sort: cpu2 before cpu10. At most HOST_MAX_ENTRIES. */
#define HOST_MAX_ENTRIES 4096
size_t host_entries(struct host_scan *scan, int fd, const char *prefix,
                    const char *const **ret_names);
/* An attribute without the white space around it, in the scan's arena; false when it cannot be read. */
bool host_attribute(struct host_scan *scan, int fd, const char *name,
                    struct bytes *ret_text);
bool host_attribute_number(struct host_scan *scan, int fd, const char *name,
                           double *ret_value);

/* ---- collectors, and their parsers ---- */

bool host_cpu_collect(struct host_scan *scan);
void host_cpu_parse(struct host_scan *scan, struct bytes stat);
bool host_cpufreq_collect(struct host_scan *scan);
bool host_schedstat_collect(struct host_scan *scan);
void host_schedstat_parse(struct host_scan *scan, struct bytes text);

bool host_meminfo_collect(struct host_scan *scan);
void host_meminfo_parse(struct host_scan *scan, struct bytes text);
bool host_vmstat_collect(struct host_scan *scan);
void host_vmstat_parse(struct host_scan *scan, struct bytes text);
bool host_pressure_collect(struct host_scan *scan);
void host_pressure_parse(struct host_scan *scan, const char *resource, struct bytes text);

bool host_diskstats_collect(struct host_scan *scan);
void host_diskstats_parse(struct host_scan *scan, struct bytes text);
bool host_md_collect(struct host_scan *scan);
void host_md_parse(struct host_scan *scan, struct bytes text);

bool host_netdev_collect(struct host_scan *scan);
void host_netdev_parse(struct host_scan *scan, struct bytes text);
bool host_netclass_collect(struct host_scan *scan);
bool host_netstat_collect(struct host_scan *scan);
bool host_netstat_parse(struct host_scan *scan, struct bytes text);
void host_snmp6_parse(struct host_scan *scan, struct bytes text);
bool host_sockstat_collect(struct host_scan *scan);
void host_sockstat_parse(struct host_scan *scan, struct bytes text);
bool host_softnet_collect(struct host_scan *scan);
void host_softnet_parse(struct host_scan *scan, struct bytes text);
bool host_arp_collect(struct host_scan *scan);
void host_arp_parse(struct host_scan *scan, struct bytes text);
bool host_conntrack_collect(struct host_scan *scan);
void host_conntrack_parse(struct host_scan *scan, struct bytes text, double *ret_entries);
bool host_udp_queues_collect(struct host_scan *scan);
void host_udp_queues_parse(struct host_scan *scan, const char *ip, struct bytes text);

bool host_stat_collect(struct host_scan *scan);
void host_stat_parse(struct host_scan *scan, struct bytes stat);
bool host_loadavg_collect(struct host_scan *scan);
bool host_loadavg_parse(struct host_scan *scan, struct bytes text);
bool host_filefd_collect(struct host_scan *scan);
bool host_filefd_parse(struct host_scan *scan, struct bytes text);
bool host_entropy_collect(struct host_scan *scan);
bool host_uname_collect(struct host_scan *scan);
bool host_os_collect(struct host_scan *scan);
void host_os_parse(struct host_scan *scan, struct bytes text);
bool host_reboot_collect(struct host_scan *scan);
/* names: of <rootfs>/boot. False: the running kernel's image is not among them, so that nothing can be said. */
bool host_kernel_is_outdated(const char *running, const char *const *names, size_t count,
                             bool *ret_is_outdated);
bool host_selinux_collect(struct host_scan *scan);
bool host_dmi_collect(struct host_scan *scan);
bool host_textfile_collect(struct host_scan *scan);
bool host_time_collect(struct host_scan *scan);
bool host_timex_collect(struct host_scan *scan);

bool host_bonding_collect(struct host_scan *scan);
bool host_nvme_collect(struct host_scan *scan);

bool host_hwmon_collect(struct host_scan *scan);
bool host_thermal_collect(struct host_scan *scan);
bool host_edac_collect(struct host_scan *scan);

/* ---- host_limits.c, host_vars.c ---- */

extern const struct limit host_limits[];
extern const struct var host_vars[];

/* ---- host_mountinfo.c ---- */

/* Fills scan->mounts; their numbers come later, from host_mounts.c. */
bool host_filesystem_collect(struct host_scan *scan);
void host_mountinfo_parse(struct host_scan *scan, struct bytes text);

/* ---- host_mounts.c: on the loop ---- */

struct frame;
struct run;
struct host_wait;

/* Part of the session: which mounts hang, and what a run waits for. */
struct host_mounts {
    struct frame *frame;
    struct list walks;
    size_t walk_count;
    struct timer *timer;
    struct host_wait *wait; /* NULL: nobody waits */
};
void host_mounts_init(struct host_mounts *mounts, struct frame *frame);
void host_mounts_finish(struct host_mounts *mounts);
/* Asks every mount of the scan, adds samples and items to the run, and then calls done once, perhaps at once. scan lives
 * as long as the run. */
void host_mounts_ask(struct host_mounts *mounts, struct run *run,
                     const struct host_scan *scan, void (*done)(struct run *run));
/* The run waits no more: done is not called. */
void host_mounts_cancel(struct host_mounts *mounts);

/* host_filesystem.c: what one mount answered, as samples and an item of the run. */
struct statfs;
void host_filesystem_show(struct run *run, const struct host_mount *mount,
                          const struct statfs *numbers, int error);
void host_filesystem_show_hung(struct run *run, const struct host_mount *mount,
                               nsec hung_for);

#endif
