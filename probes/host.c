/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine itself, as node_exporter shows it: one scan a run, on a thread of its own, and then the mounts. Owns what
 * is kept between scans and lends it to the thread; a scan that hangs is left alone with it until it comes back. Never
 * says down: a collector that fails is a number, and what can be wrong with a machine is for rules to say.
 */
#include "probes/host.h"
#include "lib/core/frame.h"
#include "lib/core/pool.h"
#include "lib/core/probe.h"
#include "lib/core/run.h"
#include "lib/core/session.h"

struct host_session {
    struct host_kept *kept; /* NULL before the first run */
    struct scanning *scanning;
    struct host_mounts mounts;
};

struct scanning {
    struct arena *arena;
    struct host_session *session; /* NULL: it has ended */
    struct host_kept *kept;
    struct run *run; /* NULL: waits no more */
    struct job *job;
    struct host_scan scan;
};

static bool host_open(struct session *s, struct err *e)
{
    struct host_session *session = s->state;
    (void)e;
    host_mounts_init(&session->mounts, s->frame);
    return true;
}

static void host_close(struct session *s)
{
    struct host_session *session = s->state;
    host_mounts_finish(&session->mounts);
    if (session->scanning)
        session->scanning->session = NULL; /* ends what was kept, when it comes back */
    else
        host_kept_destroy(session->kept);
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

static void on_scanned(void *ctx)
{
    struct scanning *scanning = ctx;
    struct host_session *session = scanning->session;
    struct run *run = scanning->run;
    session->scanning = NULL;
    /* The scan's samples become the run's, and live as long. */
    arena_cleanup(run_arena(run), (void (*)(void *))arena_destroy, scanning->arena);
    *run_batch(run) = *scanning->scan.batch;
    show_failures(run, &scanning->scan);
    if (scanning->scan.foreign_root)
        run_degraded(run, REASON_CONFIG, "%s", scanning->scan.foreign_root);
    else
        run_up(run);
    host_mounts_ask(&session->mounts, run, &scanning->scan, host_done);
}

static void on_scan_disposed(void *ctx)
{
    struct scanning *scanning = ctx;
    if (scanning->session)
        scanning->session->scanning = NULL;
    else
        host_kept_destroy(scanning->kept);
    arena_destroy(scanning->arena);
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
    if (session->scanning) {
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
    scanning->arena = arena;
    scanning->session = session;
    scanning->kept = session->kept;
    scanning->run = run;
    host_scan_init(&scanning->scan, arena, session->kept, run_wall(run));
    scanning->job = pool_detach(run_frame(run)->pool, scan_work, on_scanned, scanning);
    if (!scanning->job) {
        arena_destroy(arena);
        run_unknown(run, REASON_SELF,
                    "healthd has no thread free for this: too many hang, or the system's "
                    "limit");
        run_finish(run);
        return;
    }
    session->scanning = scanning;
}

static void host_cancel(struct run *run)
{
    struct host_session *session = run_session(run)->state;
    struct scanning *scanning = session->scanning;
    if (scanning && scanning->run == run) {
        scanning->run = NULL;
        atomic_store(&scanning->scan.is_unwanted, true);
        job_abandon(scanning->job, on_scan_disposed);
    } else {
        host_mounts_cancel(&session->mounts);
    }
    run_finish(run);
}

static void host_report(struct run *run)
{
    const struct host_session *session = run_session(run)->state;
    const struct scanning *scanning = session->scanning;
    if (run_has_timed_out(run) && scanning && scanning->run == run)
        run_explain(run, "collector %s had not ended: `exclude` leaves it out",
                    reading_of(scanning));
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
