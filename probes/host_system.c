/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system as a whole: <procfs>/stat but for CPUs, load, open files, entropy; its names (uname, os-release, DMI);
 * and SELinux.
 */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/core/labels.h"
#include "probes/host.h"

void host_stat_parse(struct host_scan *scan, struct bytes stat)
{
    static const struct {
        const char *field;
        enum host_family family;
    } fields[] = {{"intr", HOST_INTERRUPTS},       {"ctxt", HOST_CONTEXT_SWITCHES},
                  {"btime", HOST_BOOT_TIME},       {"processes", HOST_FORKS},
                  {"procs_running", HOST_RUNNING}, {"procs_blocked", HOST_BLOCKED}};
    struct bytes line, word;
    double value;
    while (words_line(&stat, &line)) {
        if (!words_next(&line, &word))
            continue;
        for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
            if (bytes_is(word, fields[i].field) && words_number(&line, &value))
                host_sample(scan, fields[i].family, value);
        }
    }
}

bool host_stat_collect(struct host_scan *scan)
{
    struct bytes stat;
    if (!host_proc_stat(scan, &stat))
        return false;
    host_stat_parse(scan, stat);
    return true;
}

bool host_loadavg_parse(struct host_scan *scan, struct bytes text)
{
    static const enum host_family families[] = {HOST_LOAD1, HOST_LOAD5, HOST_LOAD15};
    struct bytes word;
    double values[3];
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        if (!words_next(&text, &word) || !words_whole(word, &values[i]))
            return host_fail(scan, "expected three numbers in loadavg");
    }
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        host_sample(scan, families[i], values[i]);
    return true;
}

bool host_loadavg_collect(struct host_scan *scan)
{
    struct bytes text;
    return host_proc(scan, "loadavg", &text) && host_loadavg_parse(scan, text);
}

bool host_filefd_parse(struct host_scan *scan, struct bytes text)
{
    double allocated, unused, maximum;
    text = bytes_trim(text);
    if (!words_number(&text, &allocated) || !words_number(&text, &unused) ||
        !words_number(&text, &maximum))
        return host_fail(scan, "expected three numbers in file-nr");
    host_sample(scan, HOST_FILES_ALLOCATED, allocated);
    host_sample(scan, HOST_FILES_MAXIMUM, maximum);
    return true;
}

bool host_filefd_collect(struct host_scan *scan)
{
    struct bytes text;
    return host_proc(scan, "sys/fs/file-nr", &text) && host_filefd_parse(scan, text);
}

bool host_entropy_collect(struct host_scan *scan)
{
    double available, size;
    if (!host_proc_number(scan, "sys/kernel/random/entropy_avail", &available) ||
        !host_proc_number(scan, "sys/kernel/random/poolsize", &size))
        return false;
    host_sample(scan, HOST_ENTROPY_BITS, available);
    host_sample(scan, HOST_ENTROPY_POOL, size);
    return true;
}

/* ---- names ---- */

/* uname(2) of a container names the container. */
static const char *host_nodename(struct host_scan *scan, const char *own)
{
    struct bytes text;
    if (*scan->conf->nodename)
        return scan->conf->nodename;
    if (!*scan->conf->root || !host_root(scan, "etc/hostname", &text))
        return own;
    return words_label(scan->arena, bytes_trim(text));
}

bool host_uname_collect(struct host_scan *scan)
{
    struct utsname names;
    if (uname(&names) != 0)
        return host_fail(scan, "uname: %s", strerror(errno));
    host_sample_with(
        scan, HOST_UNAME,
        (const char *const[]){names.sysname, names.release, names.version, names.machine,
                              host_nodename(scan, names.nodename), names.domainname},
        1);
    return true;
}

/* ---- os-release(5): NAME="value", quoted as a shell would ---- */

static const char *const os_fields[] = {
    "BUILD_ID",    "ID",      "ID_LIKE",    "IMAGE_ID", "IMAGE_VERSION",    "NAME",
    "PRETTY_NAME", "VARIANT", "VARIANT_ID", "VERSION",  "VERSION_CODENAME", "VERSION_ID",
    "SUPPORT_END"};
enum {
    OS_ID = 1,
    OS_LIKE = 2,
    OS_NAME = 5,
    OS_VARIANT_ID = 8,
    OS_VERSION_ID = 11,
    OS_END
};

static const char *unquoted(struct host_scan *scan, struct bytes value)
{
    value = bytes_trim(value);
    const char quote = value.len ? value.ptr[0] : '\0';
    if (quote != '"' && quote != '\'')
        return words_label(scan->arena, value);
    char *text = arena_alloc(scan->arena, value.len + 1);
    size_t len = 0;
    for (size_t i = 1; i < value.len && value.ptr[i] != quote; i++) {
        if (quote == '"' && value.ptr[i] == '\\' && i + 1 < value.len)
            i++;
        text[len++] = value.ptr[i];
    }
    return words_label(scan->arena, (struct bytes){text, len});
}

/* "22.04.1" as 22.04. */
static double leading_number(const char *version)
{
    const size_t whole = strspn(version, "0123456789");
    const size_t after =
        version[whole] == '.' ? strspn(version + whole + 1, "0123456789") : 0;
    double value = 0;
    if (whole)
        words_whole((struct bytes){version, whole + (after ? 1 + after : 0)}, &value);
    return value;
}

static void show_os(struct host_scan *scan, const char *const *values)
{
    const struct label more[] = {{"variant_id", values[OS_VARIANT_ID]},
                                 {"version", values[OS_VARIANT_ID + 1]},
                                 {"version_codename", values[OS_VARIANT_ID + 2]},
                                 {"version_id", values[OS_VERSION_ID]}};
    struct label filled[ARRAY_LEN(more)];
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(more); i++) {
        if (*more[i].value)
            filled[count++] = more[i];
    }
    batch_add(scan->batch, scan->group, &host_families[HOST_OS_INFO], values,
              (struct labels){filled, count}, 1);
    const double version = leading_number(values[OS_VERSION_ID]);
    if (version > 0)
        host_sample_with(
            scan, HOST_OS_VERSION,
            (const char *const[]){values[OS_ID], values[OS_LIKE], values[OS_NAME]},
            version);
    struct wall end;
    if (*values[OS_END] &&
        wall_parse(bytes_of(arena_printf(scan->arena, "%sT00:00:00Z", values[OS_END])),
                   &end))
        host_sample(scan, HOST_OS_SUPPORT_END, wall_to_sec(end));
}

void host_os_parse(struct host_scan *scan, struct bytes text)
{
    const char *values[ARRAY_LEN(os_fields)];
    struct bytes line, name;
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        values[i] = "";
    while (words_line(&text, &line)) {
        if (bytes_starts(line, "#") || !bytes_token(&line, '=', &name))
            continue;
        for (size_t i = 0; i < ARRAY_LEN(os_fields); i++) {
            if (bytes_is(name, os_fields[i]))
                values[i] = unquoted(scan, line);
        }
    }
    show_os(scan, values);
}

bool host_os_collect(struct host_scan *scan)
{
    struct bytes text;
    if (!host_root(scan, "etc/os-release", &text) &&
        !host_root(scan, "usr/lib/os-release", &text))
        return false;
    host_os_parse(scan, text);
    return true;
}

/* ---- small ones ---- */

bool host_selinux_collect(struct host_scan *scan)
{
    struct bytes mode;
    const bool is_enabled = host_sys(scan, "fs/selinux/enforce", &mode);
    if (!is_enabled && !scan->is_absent)
        return false;
    host_sample(scan, HOST_SELINUX_ENABLED, is_enabled);
    if (is_enabled)
        host_sample(scan, HOST_SELINUX_MODE, bytes_is(bytes_trim(mode), "1"));
    return true;
}

/* Serial numbers are for root only; what cannot be read is left out. */
bool host_dmi_collect(struct host_scan *scan)
{
    static const char *const fields[] = {
        "bios_date",         "bios_release",   "bios_vendor",     "bios_version",
        "board_asset_tag",   "board_name",     "board_vendor",    "board_version",
        "chassis_asset_tag", "chassis_vendor", "chassis_version", "product_family",
        "product_name",      "product_sku",    "product_version", "sys_vendor"};
    struct label labels[ARRAY_LEN(fields)];
    size_t count = 0;
    const int folder = host_sys_open(scan, "class/dmi/id");
    for (size_t i = 0; folder >= 0 && i < ARRAY_LEN(fields); i++) {
        struct bytes text;
        /* The label has the system's name where the file does not. */
        const char *name = !strcmp(fields[i], "sys_vendor") ? "system_vendor" : fields[i];
        if (host_attribute(scan, folder, fields[i], &text) && text.len)
            labels[count++] = (struct label){name, words_label(scan->arena, text)};
    }
    if (count)
        batch_add(scan->batch, scan->group, &host_families[HOST_DMI_INFO], NULL,
                  (struct labels){labels, count}, 1);
    return folder >= 0;
}
