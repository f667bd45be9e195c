/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine itself, as node_exporter shows it: one scan a run, on a thread of its own, and then the mounts. Owns what
 * is kept between scans and lends it to the thread; a scan that hangs is left alone with it until it comes back. Never
 * says down: a collector that fails is a number, and what can be wrong with a machine is for rules to say.
 */
#include "probes/host.h"

#include <string.h>

#include "lib/core/errand.h"
#include "lib/core/probe.h"
#include "lib/core/run.h"
#include "lib/core/session.h"

struct host_session {
    struct host_kept *kept; /* NULL before the first run */
    struct errand errand;
    struct host_scan *scan; /* while the errand is out */
    struct host_mounts mounts;
};

static bool host_open(struct session *s, struct err *e)
{
    struct host_session *session = s->state;
    (void)e;
    errand_init(&session->errand, "host", s->frame);
    host_mounts_init(&session->mounts, s->frame);
    return true;
}

static void end_kept(void *kept)
{
    host_kept_destroy(kept);
}

static void host_close(struct session *s)
{
    struct host_session *session = s->state;
    host_mounts_finish(&session->mounts);
    errand_finish(&session->errand, end_kept, session->kept);
}

static void host_done(struct run *run)
{
    run_finish(run);
}

/* ---- a scan's end ---- */

static void show_failures(struct run *run, const struct host_scan *scan)
{
    for (size_t i = 0; i < scan->result_count; i++) {
        const struct host_result *result = &scan->results[i];
        if (*result->why && !result->is_absent)
            run_group_failed(run, result->collector->name, "%s", result->why);
        else if (*result->why)
            run_trace(run, result->collector->name, "%s", result->why);
    }
}

static void on_scanned(struct run *run, void *ctx)
{
    const struct host_scan *scan = ctx;
    struct host_session *session = run_session(run)->state;
    /* The scan's samples are in its arena, which lives as long as the run from here on. */
    *run_batch(run) = *scan->batch;
    show_failures(run, scan);
    if (scan->foreign_root)
        run_degraded(run, REASON_CONFIG, "%s", scan->foreign_root);
    else
        run_up(run);
    host_mounts_ask(&session->mounts, run, scan, host_done);
}

/* ---- a run ---- */

static void scan_work(void *ctx)
{
    host_scan_run(ctx);
}

static const char *reading_of(const struct host_scan *scan)
{
    const struct host_collector *at = atomic_load(&scan->current);
    return at ? at->name : "the last one";
}

static void host_start(struct run *run)
{
    struct host_session *session = run_session(run)->state;
    if (errand_is_out(&session->errand)) {
        run_unknown(
            run, REASON_SELF,
            "an earlier run still reads, in collector %s: `exclude` leaves it out",
            reading_of(session->scan));
        run_finish(run);
        return;
    }
    if (!session->kept)
        session->kept = host_kept_create(run_conf(run));
    struct arena *arena = arena_create(0);
    struct host_scan *scan = arena_alloc(arena, sizeof(*scan));
    host_scan_init(scan, arena, session->kept, run_wall(run));
    if (errand_send(&session->errand, run, arena, scan_work, on_scanned, scan))
        session->scan = scan;
    else
        run_finish(run);
}

static void host_cancel(struct run *run)
{
    struct host_session *session = run_session(run)->state;
    if (errand_is_for(&session->errand, run)) {
        atomic_store(&session->scan->is_unwanted, true);
        errand_forsake(&session->errand, run);
    } else {
        host_mounts_cancel(&session->mounts);
    }
    run_finish(run);
}

static void host_report(struct run *run)
{
    const struct host_session *session = run_session(run)->state;
    if (run_has_timed_out(run) && errand_is_for(&session->errand, run))
        run_explain(run, "collector %s had not ended: `exclude` leaves it out",
                    reading_of(session->scan));
}

/* The kernel's own fields become names, and whatever others write into files. */
static bool host_may_make(const void *conf, const char *name)
{
    static const char *const begins[] = {"node_memory_", "node_vmstat_", "node_netstat_",
                                         "node_hwmon_", NULL};
    const struct host_conf *c = conf;
    for (const char *const *begin = begins; *begin; begin++) {
        if (!strncmp(name, *begin, strlen(*begin)))
            return true;
    }
    return c->textfile.count > 0;
}

const struct probe_type probe_host = {
    .name = "host",
    .summary = "The machine itself, by /proc, /sys and statfs, with node_exporter's "
               "metric names.",
    .example = "host: {root: /host, exclude: [dmi, edac]}",
    .job = "node",
    .is_singleton = true,
    .has_dynamic_families = true,
    .may_make = host_may_make,
    .conf_size = sizeof(struct host_conf),
    .session_size = sizeof(struct host_session),
    .validate = host_validate,
    .open = host_open,
    .close = host_close,
    .start = host_start,
    .cancel = host_cancel,
    .report = host_report,
    .metrics = host_metrics,
    .limits = host_limits,
    .vars = host_vars,
    .opts = host_opts,
};
