/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The families of the grpc probe, as blackbox_exporter has them, and its trace. Called by the frame once a run, whatever
 * came of it. What was not found out is 0, and what was not tried is absent.
 */
#include "lib/base/attr.h"
#include "lib/core/tls.h"
#include "probes/grpc.h"

#define MAX_TRACED_HEADERS 40

static const struct metric duration_metric = {
    .name = "probe_grpc_duration_seconds",
    .unit = "seconds",
    .help = "Duration of gRPC request by phase",
    .labels = {"phase"},
};
static const struct metric ssl_metric = {
    .name = "probe_grpc_ssl",
    .help = "Indicates if SSL was used for the connection",
};
static const struct metric code_metric = {
    .name = "probe_grpc_status_code",
    .help = "Response gRPC status code",
};
static const struct metric serving_metric = {
    .name = "probe_grpc_healthcheck_response",
    .help = "Response HealthCheck response",
    .labels = {"serving_status"},
};

const struct metric *const grpc_metrics[] = {&duration_metric, &ssl_metric, &code_metric,
                                             &serving_metric, NULL};

static void emit_phase(struct run *run, const char *phase, nsec took)
{
    run_sample_with(run, &duration_metric, &phase, nsec_to_sec(took));
}

static void emit_serving(struct run *run, int serving)
{
    for (int i = 0; i < GRPC_SERVING_COUNT; i++) {
        const char *name = grpc_serving_name(i);
        run_sample_with(run, &serving_metric, &name, serving == i);
    }
}

void grpc_report(struct run *run)
{
    const struct grpc_state *state = run_state(run);
    const struct reply *reply = state->reply;
    const bool is_tls = reply && reply->status && reply->tls;

    emit_phase(run, "resolve", reply && reply->resolution ? reply->resolution->took : 0);
    if (state->asked_at.ns) {
        emit_phase(run, "check", state->took);
        emit_serving(run, state->finding.serving);
    }
    run_sample(run, &ssl_metric, is_tls);
    run_sample(run, &code_metric, state->asked_at.ns ? state->finding.code : 0);
    if (is_tls)
        tls_emit(run, reply->tls, true);
}

static void trace_certificate(struct run *run, const struct tls_peer *peer)
{
    char until[WALL_TEXT_SIZE];

    if (!peer || peer->chain_count == 0)
        return;
    const struct tls_cert *leaf = &peer->chain[0];
    run_trace(run, "certificate", "%.200s, issued by %.200s, until %s, %s", leaf->subject,
              leaf->issuer, wall_format(leaf->not_after, until),
              peer->verified ? "verified" : "not verified");
}

void grpc_trace(struct run *run)
{
    const struct grpc_conf *conf = run_conf(run);
    const struct grpc_state *state = run_state(run);
    const struct reply *reply = state->reply;

    run_trace(run, "request", "%s for \"%s\"", conf->at.text, conf->service);
    if (!reply)
        return;
    if (reply->resolution && reply->resolution->detail[0])
        run_trace(run, "resolve", "%s", reply->resolution->detail);
    trace_certificate(run, reply->tls);
    if (reply->status)
        run_trace(run, "status", "%d, HTTP/%d", reply->status, reply->version / 10);
    for (size_t i = 0; i < reply->headers.count && i < MAX_TRACED_HEADERS; i++)
        run_trace(run, "header", "%s: %.300s", reply->headers.items[i].key,
                  reply->headers.items[i].value);
    if (state->finding.serving >= 0)
        run_trace(run, "serving", "%s", grpc_serving_name(state->finding.serving));
}
