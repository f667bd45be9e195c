/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file system by a path on it: that it is mounted, can be written to, answers, and has room. One look a run, on a
 * thread of its own; while that hangs, later runs say so and send no other. Never writes.
 */
#include "probes/disk.h"

#include <string.h>

#include "lib/core/errand.h"
#include "lib/core/host_path.h"
#include "lib/core/probe.h"
#include "lib/core/session.h"

struct disk_session {
    struct errand errand;
};

static bool disk_open(struct session *s, struct err *e)
{
    struct disk_session *own = s->state;
    (void)e;
    errand_init(&own->errand, "disk", s->frame);
    return true;
}

static void disk_close(struct session *s)
{
    struct disk_session *own = s->state;
    errand_finish(&own->errand, NULL, NULL);
}

/* ---- judgement ---- */

/* "the file system at / (/dev/vda, ext4)" */
static const char *holder(struct run *run, const struct disk_look *look)
{
    const struct disk_mount *m = &look->mount;
    if (!m->point[0])
        return "another file system";
    return arena_printf(run_arena(run), "the file system at %s (%s, %s)", m->point,
                        m->device, m->fstype);
}

static void judge_seen(struct run *run, const struct disk_conf *conf,
                       const struct disk_look *look)
{
    if (conf->mount && !look->is_mount_point)
        run_down(run, REASON_MISSING,
                 "expected a mount point at %s, and it is a folder of %s: what was to be "
                 "mounted there is not",
                 conf->path, holder(run, look));
    else if (conf->writable && look->mount.is_readonly)
        run_down(run, REASON_FORBIDDEN,
                 "nobody can write to %s: %s is read-only, as the kernel makes it after "
                 "errors of its disk (`writable: false` when it is meant to be)",
                 conf->path, holder(run, look));
    else
        run_up(run);
}

static void judge(struct run *run, const struct disk_look *look)
{
    const struct disk_conf *conf = run_conf(run);
    switch (look->finding) {
    case DISK_NOT_SEEN:
        break;
    case DISK_SEEN:
        judge_seen(run, conf, look);
        break;
    case DISK_ABSENT:
        run_down(run, REASON_MISSING, "%s is not there", look->place);
        break;
    case DISK_HIDDEN:
        run_unknown(run, REASON_SELF,
                    "%s cannot be looked at: %s; healthd's user needs x on the folders "
                    "above it",
                    look->place, look->trouble);
        break;
    case DISK_FAILING:
        run_down(run, REASON_FAILED, "the file system of %s answers with an error: %s",
                 look->place, look->trouble);
        break;
    }
}

/* ---- a run ---- */

static void look_work(void *ctx)
{
    disk_look(ctx);
}

static void on_looked(struct run *run, void *ctx)
{
    struct disk_state *state = run_state(run);
    state->look = ctx;
    judge(run, state->look);
    run_finish(run);
}

static void disk_start(struct run *run)
{
    const struct disk_conf *conf = run_conf(run);
    struct disk_session *own = run_session(run)->state;
    run_asks(run, conf->path, 0);
    run_deadline_means(run, REASON_HUNG);
    if (errand_hangs(&own->errand, run, conf->path)) {
        run_finish(run);
        return;
    }
    struct arena *arena = arena_create(0);
    struct disk_look *look = arena_alloc(arena, sizeof(*look));
    look->arena = arena;
    look->place = arena_printf(arena, "%s%s", conf->root, conf->path);
    if (!errand_send(&own->errand, run, arena, look_work, on_looked, look))
        run_finish(run);
}

static void disk_cancel(struct run *run)
{
    struct disk_session *own = run_session(run)->state;
    errand_forsake(&own->errand, run);
    run_finish(run);
}

static void disk_report(struct run *run)
{
    if (run_has_timed_out(run))
        run_explain(run, "its file system hangs: is its server or disk there?");
    disk_emit(run);
}

static void disk_trace(struct run *run)
{
    const struct disk_state *state = run_state(run);
    const struct disk_look *look = state->look;
    if (!look || look->finding != DISK_SEEN)
        return;
    run_trace(run, "mount", "%s%s", holder(run, look),
              look->mount.is_readonly ? ", read-only" : "");
    run_trace(run, "used", "%.1f%%, %.0f of %.0f bytes can still be written",
              100 * disk_used(look), look->available, look->size);
    if (look->inodes > 0)
        run_trace(run, "inodes", "%.0f of %.0f are free", look->inodes_free,
                  look->inodes);
}

static bool disk_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct disk_conf *conf = ctx;
    if (conf->path[0] != '/')
        return err_set(e, "'%s' must be an absolute path", conf->path);
    if (conf->root[0] && conf->root[0] != '/')
        return err_set(e, "'root': '%s' must be an absolute path", conf->root);
    conf->root = host_path_bare(arena, conf->root);
    return true;
}

#define OPT_STRUCT struct disk_conf
const struct probe_type probe_disk = {
    .name = "disk",
    .summary = "One file system by a path on it: mounted, writable, answering, and how "
               "full.",
    .example = "disk: {path: /data, mount: true}",
    .refuses_modules = true,
    .conf_size = sizeof(struct disk_conf),
    .state_size = sizeof(struct disk_state),
    .session_size = sizeof(struct disk_session),
    .validate = disk_validate,
    .open = disk_open,
    .close = disk_close,
    .start = disk_start,
    .cancel = disk_cancel,
    .report = disk_report,
    .trace = disk_trace,
    .metrics = disk_metrics,
    .vars = disk_vars,
    .limits = disk_limits,
    .opts =
        (const struct opt[]){
            OPT_ROW_TEXT("path", path, NULL, "A path on the file system that is meant.",
                         .flags = OPT_SHORTHAND),
            OPT_ROW_BOOL("mount", mount, "false",
                         "true: the path has to be a mount point; else the disk behind "
                         "it is missing, and it is down."),
            OPT_ROW_BOOL("writable", writable, "true",
                         "A file system that is read-only is down; false: it may be. How "
                         "healthd itself sees it mounted does not matter."),
            OPT_ROW_TEXT("root", root, "",
                         "Where the machine's file system is mounted, for a healthd in a "
                         "container: /host. The path is below it."),
            {0}},
};
