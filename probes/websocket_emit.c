/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The families of the websocket probe, with blackbox_exporter's names, and how long a ping took. Called by the frame once a
 * run, whatever came of it: a server that is gone still has its zeros.
 */
#include "probes/websocket.h"

static const struct metric duration_metric = {
    .name = "probe_websocket_duration_seconds",
    .unit = "seconds",
    .help = "Duration of websocket request by phase",
    .labels = {"phase"},
};
static const struct metric status_metric = {
    .name = "probe_websocket_status_code",
    .help = "Response HTTP status code",
};
static const struct metric upgraded_metric = {
    .name = "probe_websocket_connection_upgraded",
    .help = "Indicates if the websocket connection was successfully upgraded",
};
static const struct metric regex_metric = {
    .name = "probe_websocket_failed_due_to_regex",
    .help = "Indicates if probe failed due to regex",
};
static const struct metric ping_metric = {
    .name = "probe_websocket_ping_seconds",
    .unit = "seconds",
    .help = "Time from our ping to its pong",
};

const struct metric *const websocket_metrics[] = {&duration_metric, &status_metric,
                                                  &upgraded_metric, &regex_metric,
                                                  &ping_metric,     NULL};

static void emit_phase(struct run *run, const char *phase, nsec took)
{
    run_sample_with(run, &duration_metric, &phase, nsec_to_sec(took));
}

/* As blackbox_exporter cuts it: TLS and the upgrade are `processing`, messages are `transfer`. */
static void emit_durations(struct run *run, const struct websocket_state *state)
{
    const struct mono now = mono_read();
    const struct mono upgraded = state->upgraded_at.ns ? state->upgraded_at : now;
    const struct mono ended = state->ended_at.ns ? state->ended_at : now;
    nsec processing = run_phase_time(run, PHASE_TLS);

    if (state->opened_at.ns)
        processing += mono_since(upgraded, state->opened_at);
    emit_phase(run, "resolve", run_phase_time(run, PHASE_RESOLVE));
    emit_phase(run, "connect", run_phase_time(run, PHASE_CONNECT));
    emit_phase(run, "processing", processing);
    emit_phase(run, "transfer",
               state->upgraded_at.ns ? mono_since(ended, state->upgraded_at) : 0);
}

void websocket_report(struct run *run)
{
    const struct websocket_state *state = run_state(run);

    emit_durations(run, state);
    run_sample(run, &status_metric, state->answer.status);
    run_sample(run, &upgraded_metric, state->place != WEBSOCKET_AT_UPGRADE);
    run_sample(run, &regex_metric, state->failed_by_regex);
    if (state->ping_took)
        run_sample(run, &ping_metric, nsec_to_sec(state->ping_took));
}
