/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine itself, as node_exporter shows it: one scan a run, on a thread of its own, and then the mounts. Owns what
 * is kept between scans and lends it to the thread; a scan that hangs is left alone with it until it comes back. Never
 * says down: a collector that fails is a number, and what can be wrong with a machine is for rules to say.
 */
#include "probes/host.h"
#include "lib/core/errand.h"
#include "lib/core/probe.h"
#include "lib/core/run.h"
#include "lib/core/session.h"

struct host_session {
    struct host_kept *kept; /* NULL before the first run */
    struct errand errand;
    struct scanning *scanning; /* while the errand is out */
    struct host_mounts mounts;
};

struct scanning {
    struct host_kept *kept;
    bool is_orphan; /* the session has ended: what was kept ends with the scan */
    struct host_scan scan;
};

static bool host_open(struct session *s, struct err *e)
{
    struct host_session *session = s->state;
    (void)e;
    errand_init(&session->errand, s->frame);
    host_mounts_init(&session->mounts, s->frame);
    return true;
}

static void host_close(struct session *s)
{
    struct host_session *session = s->state;
    host_mounts_finish(&session->mounts);
    if (errand_is_out(&session->errand))
        session->scanning->is_orphan = true;
    else
        host_kept_destroy(session->kept);
    errand_finish(&session->errand);
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
    struct scanning *scanning = ctx;
    struct host_session *session = run_session(run)->state;
    /* The scan's samples are in its arena, which lives as long as the run from here on. */
    *run_batch(run) = *scanning->scan.batch;
    show_failures(run, &scanning->scan);
    if (scanning->scan.foreign_root)
        run_degraded(run, REASON_CONFIG, "%s", scanning->scan.foreign_root);
    else
        run_up(run);
    host_mounts_ask(&session->mounts, run, &scanning->scan, host_done);
}

static void on_scan_gone(void *ctx)
{
    struct scanning *scanning = ctx;
    if (scanning->is_orphan)
        host_kept_destroy(scanning->kept);
}

/* ---- a run ---- */

static void scan_work(void *ctx)
{
    struct scanning *scanning = ctx;
    host_scan_run(&scanning->scan);
}

static const char *reading_of(const struct scanning *scanning)
{
    const struct host_collector *at = atomic_load(&scanning->scan.current);
    return at ? at->name : "the last one";
}

static void host_start(struct run *run)
{
    struct host_session *session = run_session(run)->state;
    if (errand_is_out(&session->errand)) {
        run_unknown(
            run, REASON_SELF,
            "an earlier run still reads, in collector %s: `exclude` leaves it out",
            reading_of(session->scanning));
        run_finish(run);
        return;
    }
    if (!session->kept)
        session->kept = host_kept_create(run_conf(run));
    struct arena *arena = arena_create(0);
    struct scanning *scanning = arena_alloc(arena, sizeof(*scanning));
    scanning->kept = session->kept;
    arena_cleanup(arena, on_scan_gone, scanning);
    host_scan_init(&scanning->scan, arena, session->kept, run_wall(run));
    if (errand_send(&session->errand, run, arena, scan_work, on_scanned, scanning))
        session->scanning = scanning;
    else
        run_finish(run);
}

static void host_cancel(struct run *run)
{
    struct host_session *session = run_session(run)->state;
    if (errand_is_for(&session->errand, run)) {
        atomic_store(&session->scanning->scan.is_unwanted, true);
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
                    reading_of(session->scanning));
}

const struct probe_type probe_host = {
    .name = "host",
    .summary = "The machine itself, by /proc, /sys and statfs, with node_exporter's "
               "metric names.",
    .example = "host: {root: /host, exclude: [dmi, edac]}",
    .job = "node",
    .is_singleton = true,
    .has_dynamic_families = true,
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
