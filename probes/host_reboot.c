/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an update waits for a restart: the file that Debian and Ubuntu leave for it, and a kernel in /boot that is newer
 * than the one that runs. Called on the scan's thread.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "probes/host.h"

#define IMAGE "vmlinuz-"

/* "-cloud-amd64" of 6.1.0-13-cloud-amd64, "-generic" of 5.15.0-91-generic: kernels of one flavour replace each other. */
static const char *flavour_of(const char *release)
{
    for (const char *at = strchr(release, '-'); at; at = strchr(at + 1, '-')) {
        if (isalpha((unsigned char)at[1]))
            return at;
    }
    return "";
}

bool host_kernel_is_outdated(const char *running, const char *const *names, size_t count,
                             bool *ret_is_outdated)
{
    bool is_known = false, is_outdated = false;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(names[i], IMAGE, strlen(IMAGE)) != 0)
            continue;
        const char *release = names[i] + strlen(IMAGE);
        if (!strcmp(release, running))
            is_known = true;
        else if (!strcmp(flavour_of(release), flavour_of(running)))
            is_outdated = is_outdated || strverscmp(release, running) > 0;
    }
    if (is_known)
        *ret_is_outdated = is_outdated;
    return is_known;
}

static void show_kernel(struct host_scan *scan)
{
    struct utsname running;
    const char *const *names;
    bool is_outdated;
    const int fd = host_root_open(scan, "boot");
    if (fd < 0 || uname(&running) != 0)
        return; /* not there, or not for us to see */
    const size_t count = host_entries(scan, fd, IMAGE, &names);
    if (host_kernel_is_outdated(running.release, names, count, &is_outdated))
        host_sample(scan, HOST_KERNEL_OUTDATED, is_outdated);
}

/* Absent when /run cannot be seen. */
bool host_reboot_collect(struct host_scan *scan)
{
    const char *run = arena_printf(scan->arena, "%s/run", scan->conf->rootfs);
    show_kernel(scan);
    if (access(run, X_OK) != 0)
        return host_absent(scan, "%s cannot be looked into: %s", run, strerror(errno));
    host_sample(scan, HOST_REBOOT_REQUIRED,
                access(arena_printf(scan->arena, "%s/reboot-required", run), F_OK) == 0);
    return true;
}
