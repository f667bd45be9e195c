/* SPDX-License-Identifier: Apache-2.0 */
/* What a mount answered: node_exporter's families, and an item of the verdict. Called by host_mounts.c on the loop. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/vfs.h>

#include "lib/base/units.h"
#include "lib/core/labels.h"
#include "lib/core/run.h"
#include "probes/host.h"

static const char hung_label[] = "mountpoint timeout"; /* node_exporter's words */

static void show(struct run *run, enum host_family family, const struct host_mount *mount,
                 double value)
{
    run_sample_with(
        run, &host_families[family],
        (const char *const[]){mount->device, mount->fstype, mount->mountpoint}, value);
}

static void show_state(struct run *run, const struct host_mount *mount, const char *error)
{
    const char *const values[] = {mount->device, mount->fstype, mount->mountpoint, error};
    run_group(run, "filesystem");
    run_sample_with(run, &host_families[HOST_FS_ERROR], values, *error != '\0');
    run_sample_with(run, &host_families[HOST_FS_READONLY], values, mount->is_readonly);
    run_sample_with(run, &host_families[HOST_FS_MOUNT],
                    (const char *const[]){mount->device, mount->major, mount->minor,
                                          mount->mountpoint},
                    1);
}

static void show_item(struct run *run, const struct host_mount *mount, enum health health,
                      enum reason reason, const char *detail)
{
    const struct label label = {"mountpoint", mount->mountpoint};
    run_item(run, mount->mountpoint, (struct labels){&label, 1}, health, reason, detail);
}

/* As Go's programs write it: a small letter first. */
static const char *error_words(struct run *run, int error)
{
    char *words = arena_strdup(run_arena(run), strerror(error));
    words[0] = (char)tolower((unsigned char)words[0]);
    return words;
}

void host_filesystem_show(struct run *run, const struct host_mount *mount,
                          const struct statfs *numbers, int error)
{
    const double unit = (double)numbers->f_bsize;
    show_state(run, mount, error ? error_words(run, error) : "");
    if (error) {
        show_item(run, mount, HEALTH_UNKNOWN, REASON_SELF,
                  arena_printf(run_arena(run), "statfs of %s: %s", mount->path,
                               strerror(error)));
        return;
    }
    show(run, HOST_FS_SIZE, mount, (double)numbers->f_blocks * unit);
    show(run, HOST_FS_FREE, mount, (double)numbers->f_bfree * unit);
    show(run, HOST_FS_AVAILABLE, mount, (double)numbers->f_bavail * unit);
    show(run, HOST_FS_FILES, mount, (double)numbers->f_files);
    show(run, HOST_FS_FILES_FREE, mount, (double)numbers->f_ffree);
    show_item(run, mount, HEALTH_UP, REASON_NONE, "");
}

void host_filesystem_show_hung(struct run *run, const struct host_mount *mount,
                               nsec hung_for)
{
    struct buf text = BUF_MAX(64);
    duration_format_short(&text, hung_for);
    show_state(run, mount, hung_label);
    show_item(run, mount, HEALTH_DEGRADED, REASON_TIMEOUT,
              arena_printf(run_arena(run),
                           "the %s mount of %s hangs: statfs has not answered for %s; is "
                           "its server or disk there?",
                           mount->fstype, mount->device, buf_text(&text)));
    buf_finish(&text);
}
