/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs that tell when they ran: what is late, failed or goes on for too long is down. Peers push to the session
 * (`receive`, from /api/heartbeat); a run only looks at what came. Never asks anybody, and keeps no timer: the schedule's
 * interval is how soon lateness is seen.
 */
#include "probes/heartbeat.h"

#include <string.h>

#include "lib/base/units.h"
#include "lib/core/json.h"
#include "lib/core/probe.h"
#include "lib/core/run.h"
#include "lib/core/session.h"

struct heartbeat_state {
    struct heartbeat_view view;
};

#define GAUGE(id, n, u, text)                  \
    static const struct metric id##_metric = { \
        .name = "heartbeat_" n, .kind = METRIC_GAUGE, .unit = u, .help = text}

GAUGE(last_ping, "last_ping_timestamp_seconds", "seconds",
      "When the job was last heard of in any way; absent before the first time");
GAUGE(last_start, "last_start_timestamp_seconds", "seconds",
      "When the job last said that it starts; absent when it never did");
GAUGE(last_success, "last_success_timestamp_seconds", "seconds",
      "When the job last ended well; absent when it never did");
GAUGE(duration, "last_duration_seconds", "seconds",
      "How long the job's last run took; absent when nobody knows");
GAUGE(status, "last_exit_status", "",
      "Exit status of the job's last run; absent when it gave none");
GAUGE(due, "due_timestamp_seconds", "seconds",
      "When the job is expected next, or was expected and did not come");
GAUGE(grace, "grace_seconds", "seconds", "How much later than due is not late yet");
GAUGE(max_run_time, "max_run_time_seconds", "seconds",
      "How long a run of the job may take; absent when that is not limited");
GAUGE(running, "running", "", "1 while a run has started and not ended, else 0");
GAUGE(late, "late", "", "1 while the job has not come by the time it was due, else 0");
GAUGE(failed, "failed", "", "1 when the job's last run ended as failed, else 0");
GAUGE(overrun, "overrun", "",
      "1 while a run goes on for longer than max_run_time, else 0");

static const struct metric pings_metric = {
    .name = "heartbeat_pings_total",
    .kind = METRIC_COUNTER,
    .help = "Messages of the job, by what they said",
    .labels = {"kind"},
};

/* ---- a run ---- */

static void sample_time(struct run *run, const struct metric *metric, struct wall at)
{
    if (at.ns && at.ns != INT64_MAX)
        run_sample(run, metric, wall_to_sec(at));
}

static void sample_pings(struct run *run, const char *kind, int64_t count)
{
    run_sample_with(run, &pings_metric, &kind, (double)count);
}

static void sample_all(struct run *run, const struct heartbeat_conf *c,
                       const struct heartbeat_memory *m,
                       const struct heartbeat_view *view)
{
    sample_time(run, &last_ping_metric, m->last_ping);
    sample_time(run, &last_start_metric, m->last_start);
    sample_time(run, &last_success_metric, m->last_success);
    sample_time(run, &due_metric, view->due);
    run_sample(run, &grace_metric, nsec_to_sec(c->grace));
    if (c->max_run_time)
        run_sample(run, &max_run_time_metric, nsec_to_sec(c->max_run_time));
    if (m->last_end.ns && m->took >= 0)
        run_sample(run, &duration_metric, nsec_to_sec(m->took));
    if (m->last_end.ns && m->status != HEARTBEAT_NO_STATUS)
        run_sample(run, &status_metric, m->status);
    run_sample(run, &running_metric, m->is_running);
    run_sample(run, &late_metric, view->is_late);
    run_sample(run, &failed_metric, m->has_failed);
    run_sample(run, &overrun_metric, view->is_overrun);
    sample_pings(run, "start", m->starts);
    sample_pings(run, "success", m->successes);
    sample_pings(run, "fail", m->failures);
}

static void answer(struct run *run, const struct heartbeat_memory *m,
                   enum heartbeat_stand stand, const char *sentence)
{
    switch (stand) {
    case HEARTBEAT_WAITS:
    case HEARTBEAT_ON_TIME:
        run_up(run);
        break;
    case HEARTBEAT_LATE:
        run_down(run, REASON_LATE, "%s", sentence);
        break;
    case HEARTBEAT_OVERRUN:
        run_down(run, REASON_OVERRUN, "%s", sentence);
        break;
    case HEARTBEAT_FAILED:
        if (m->words[0])
            run_down(run, REASON_FAILED, "%s; it said %s", sentence,
                     run_quoted(run, bytes_of(m->words)));
        else
            run_down(run, REASON_FAILED, "%s", sentence);
        break;
    }
}

static void heartbeat_start(struct run *run)
{
    const struct heartbeat_conf *c = run_conf(run);
    struct session *s = run_session(run);
    const struct heartbeat_session *own = s->state;
    struct heartbeat_state *state = run_state(run);
    const struct wall now = run_wall(run);
    const struct heartbeat_memory *m = heartbeat_recall(s, c, now);
    struct heartbeat_view *view = &state->view;

    *view = heartbeat_look(c, m, now);
    sample_all(run, c, m, view);
    answer(run, m, view->stand,
           heartbeat_sentence(c, m, view, own->listening, now, run_arena(run)));
    run_finish(run);
}

/* It is answered and finished within start. */
static void heartbeat_cancel(struct run *run)
{
    (void)run;
}

static void heartbeat_trace(struct run *run)
{
    const struct heartbeat_conf *c = run_conf(run);
    const struct heartbeat_session *own = run_session(run)->state;
    const struct heartbeat_memory *m = &own->memory;
    const struct heartbeat_state *state = run_state(run);
    const struct wall now = run_wall(run);
    if (state->view.due.ns && state->view.due.ns != INT64_MAX)
        run_trace(run, "due", "%s %s",
                  heartbeat_time(c, state->view.due, now, run_arena(run)),
                  zone_name(c->zone));
    run_trace(run, "pings", "%lld starts, %lld well, %lld failed", (long long)m->starts,
              (long long)m->successes, (long long)m->failures);
    if (m->words[0])
        run_trace(run, "last words", "%s", m->words);
}

/* ---- the type ---- */

static bool heartbeat_validate(void *conf, struct arena *arena, struct err *e)
{
    struct heartbeat_conf *c = conf;
    if (!c->cron[0] && !c->every)
        return err_set(e,
                       "say when it is expected: `cron: \"0 3 * * *\"`, or `every: 1h`");
    if (c->cron[0] && c->every)
        return err_set(e, "`cron` and `every` are two answers to one question: take one "
                          "away");
    if (c->cron[0] && !cron_parse(bytes_of(c->cron), &c->schedule, e))
        return err_wrap(e, "option 'cron'");
    c->zone = zone_load(arena, c->tz, e);
    return c->zone || err_wrap(e, "option 'tz'");
}

#define OPT_STRUCT struct heartbeat_conf
const struct probe_type probe_heartbeat = {
    .name = "heartbeat",
    .summary = "Jobs that tell when they ran (GET or POST /api/heartbeat/<probe>): down "
               "when late, failed, or running for too long.",
    .example = "heartbeat: {cron: \"0 3 * * *\", tz: Europe/Berlin, grace: 20m, "
               "max_run_time: 2h}",
    .pack = "heartbeats",
    .pack_tells_of =
        (const enum reason[]){REASON_LATE, REASON_FAILED, REASON_OVERRUN, REASON_NONE},
    .keeps_memo = true,
    .tells_of_work = true,
    .refuses_modules = true,
    .conf_size = sizeof(struct heartbeat_conf),
    .state_size = sizeof(struct heartbeat_state),
    .session_size = sizeof(struct heartbeat_session),
    .validate = heartbeat_validate,
    .start = heartbeat_start,
    .cancel = heartbeat_cancel,
    .trace = heartbeat_trace,
    .receive = heartbeat_receive,
    .show = heartbeat_show,
    .preview = heartbeat_preview,
    .vars = heartbeat_vars,
    .metrics = (const struct metric *const[]){&last_ping_metric, &last_start_metric,
                                              &last_success_metric, &duration_metric,
                                              &status_metric, &due_metric, &grace_metric,
                                              &max_run_time_metric, &running_metric,
                                              &late_metric, &failed_metric,
                                              &overrun_metric, &pings_metric, NULL},
    .opts =
        (const struct opt[]){
            OPT_ROW_TEXT("cron", cron, "",
                         "When it is expected, as in a crontab: minute, hour, day of the "
                         "month, month, day of the week; or @hourly, @daily, @weekly, "
                         "@monthly, @yearly.",
                         .flags = OPT_SHORTHAND, .max = 200),
            OPT_ROW_DURATION("every", every, "0s", 0, 366 * 86400,
                             "In place of `cron`: it is expected this long after it last "
                             "came."),
            OPT_ROW_TEXT("tz", tz, "UTC",
                         "Time zone of `cron`, as Europe/Berlin. When it is not written: "
                         "`timezone` of the top level.",
                         .flags = OPT_SITE_ZONE),
            OPT_ROW_DURATION("grace", grace, "10m", 0, 31 * 86400,
                             "How much later than expected is not late yet."),
            OPT_ROW_DURATION(
                "max_run_time", max_run_time, "0s", 0, 31 * 86400,
                "How long a run may take from `start` to its end; while it "
                "is within that, the next one is not expected. 0s: it has to "
                "end before the next one is late."),
            OPT_ROW_DURATION("early", early, "1m", 0, 86400,
                             "A ping this shortly before a time of `cron` counts for it: "
                             "clocks differ. At most half of the time between two."),
            OPT_ROW_SECRET("token", token, "",
                           "What pings have to bring, as `?token=` or bearer. Without "
                           "one, only listeners that may act take them."),
            {0}},
};
