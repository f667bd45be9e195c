/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said of a host probe: where the host's folders are, what is collected and what is left out. The patterns
 * are node_exporter's, so that series stay the same.
 */
#include <string.h>

#include "lib/base/glob.h"
#include "lib/core/host_path.h"
#include "lib/core/regex.h"
#include "probes/host.h"

static bool collectors_exist(const struct texts *names, const char *row, struct err *e)
{
    const char *known[ARRAY_LEN(((struct host_scan *)0)->results) + 1] = {0};
    for (size_t i = 0; host_collectors[i].name; i++)
        known[i] = host_collectors[i].name;
    for (size_t i = 0; i < names->count; i++) {
        if (host_collector_find(names->items[i]))
            continue;
        const char *nearest = nearest_word(names->items[i], known);
        return err_set(e, "'%s': there is no collector '%s'%s%s%s", row, names->items[i],
                       nearest ? "; did you mean '" : ": the reference lists them",
                       nearest ? nearest : "", nearest ? "'?" : "");
    }
    return true;
}

bool host_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct host_conf *conf = ctx;
    const char *const paths[] = {conf->root, conf->procfs, conf->sysfs, conf->rootfs,
                                 conf->udev};
    if (!host_paths_are_absolute(paths, ARRAY_LEN(paths), e))
        return false;
    for (size_t i = 0; i < conf->textfile.count; i++) {
        if (conf->textfile.items[i][0] != '/')
            return err_set(e, "textfile: '%s' must be an absolute path",
                           conf->textfile.items[i]);
    }
    conf->root = host_path_bare(arena, conf->root);
    conf->procfs = host_path_place(arena, conf->procfs, conf->root, "/proc");
    conf->sysfs = host_path_place(arena, conf->sysfs, conf->root, "/sys");
    conf->udev = host_path_place(arena, conf->udev, conf->root, "/run/udev/data");
    conf->rootfs = host_path_place(arena, conf->rootfs, conf->root, "");
    return collectors_exist(&conf->collectors, "collectors", e) &&
           collectors_exist(&conf->exclude, "exclude", e);
}

static bool is_in(const struct texts *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (!strcmp(names->items[i], name))
            return true;
    }
    return false;
}

bool host_collects(const struct host_conf *conf, const char *collector)
{
    return (!conf->collectors.count || is_in(&conf->collectors, collector)) &&
           !is_in(&conf->exclude, collector);
}

static const struct regex *regex_copy(struct arena *arena, const struct regex *from)
{
    struct err e;
    return from ? regex_compile(arena, regex_pattern(from), &e) : NULL;
}

void host_conf_copy(struct arena *arena, const struct host_conf *from,
                    struct host_conf *ret_conf)
{
    *ret_conf = (struct host_conf){
        .root = arena_strdup(arena, from->root),
        .procfs = arena_strdup(arena, from->procfs),
        .sysfs = arena_strdup(arena, from->sysfs),
        .rootfs = arena_strdup(arena, from->rootfs),
        .udev = arena_strdup(arena, from->udev),
        .nodename = arena_strdup(arena, from->nodename),
        .collectors = texts_copy(arena, from->collectors),
        .exclude = texts_copy(arena, from->exclude),
        .textfile = texts_copy(arena, from->textfile),
        .mount_exclude = regex_copy(arena, from->mount_exclude),
        .fstype_exclude = regex_copy(arena, from->fstype_exclude),
        .disk_exclude = regex_copy(arena, from->disk_exclude),
        .netdev_exclude = regex_copy(arena, from->netdev_exclude),
        .netclass_exclude = regex_copy(arena, from->netclass_exclude),
        .vmstat_fields = regex_copy(arena, from->vmstat_fields),
        .netstat_fields = regex_copy(arena, from->netstat_fields),
        .mount_timeout = from->mount_timeout,
    };
}

#define OPT_STRUCT struct host_conf
const struct opt host_opts[] = {
    OPT_ROW_TEXT("root", root, "",
                 "Where the host's / is mounted, for a healthd in a container: /host.",
                 .flags = OPT_SHORTHAND),
    OPT_ROW_TEXT("procfs", procfs, "", "The host's /proc; <root>/proc when left out."),
    OPT_ROW_TEXT("sysfs", sysfs, "", "The host's /sys; <root>/sys when left out."),
    OPT_ROW_TEXT("rootfs", rootfs, "",
                 "Below which file systems are asked for their sizes; <root> when left "
                 "out."),
    OPT_ROW_TEXT("udev", udev, "",
                 "udev's database of disks; <root>/run/udev/data when left out."),
    OPT_ROW_TEXT("nodename", nodename, "",
                 "Name of the machine in node_uname_info; with `root`, that of "
                 "<root>/etc/hostname when left out."),
    OPT_ROW_TEXTS("collectors", collectors, OPT_NONE,
                  "Only these collectors; all when left out. `/metrics` lists them in "
                  "node_scrape_collector_success."),
    OPT_ROW_TEXTS("exclude", exclude, OPT_NONE, "Collectors to leave out."),
    OPT_ROW_TEXTS("textfile", textfile, OPT_NONE,
                  "Folders whose *.prom files are shown as well: what a crontab or a "
                  "deployment writes there."),
    OPT_ROW_DURATION("mount_timeout", mount_timeout, "1s", 0.01, 60,
                     "How long a new mount may take to give its size; then it is called "
                     "hung, and is not waited for again."),
    OPT_ROW_REGEX("mount_exclude", mount_exclude,
                  "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/"
                  "containers/storage/.+)($|/)",
                  "Mount points to leave out."),
    OPT_ROW_REGEX(
        "fstype_exclude", fstype_exclude,
        "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|"
        "hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|"
        "selinuxfs|squashfs|erofs|sysfs|tracefs)$",
        "File system types to leave out."),
    OPT_ROW_REGEX("disk_exclude", disk_exclude,
                  "^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$",
                  "Disks to leave out."),
    OPT_ROW_REGEX("netdev_exclude", netdev_exclude, "",
                  "Interfaces whose counters are left out."),
    OPT_ROW_REGEX("netclass_exclude", netclass_exclude, "",
                  "Interfaces whose properties are left out."),
    OPT_ROW_REGEX("vmstat_fields", vmstat_fields, "^(oom_kill|pgpg|pswp|pg.*fault).*",
                  "Fields of vmstat to show; all when empty."),
    OPT_ROW_REGEX(
        "netstat_fields", netstat_fields,
        "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_("
        "InMsgs|OutMsgs)|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|"
        "TCPOFOQueue|TCPRcvQDrop)|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|"
        "RetransSegs|CurrEstab)|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|"
        "SndbufErrors))$",
        "Fields of netstat, snmp and snmp6 to show, as protocol_field; all when empty."),
    {0}};
