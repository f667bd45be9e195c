/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gRPC servers: what grpc.health.v1.Health/Check says of one service, or of all. Drop-in for blackbox_exporter's grpc
 * prober. Called by the runner. One call by fetch, on a connection of its own; what its answer means is in
 * grpc_status.c. Asks no other method.
 */
#include "probes/grpc.h"

#include "lib/base/attr.h"
#include "lib/core/conn.h"
#include "lib/core/headers.h"
#include "lib/core/loop.h"
#include "lib/core/run_fetch.h"

/* ---- the call ---- */

static struct pairs make_headers(struct run *run, const struct grpc_conf *conf)
{
    struct arena *arena = run_arena(run);
    struct headers list = headers_in(arena);
    struct buf timeout = BUF_MAX(16);

    headers_add_all(&list, &conf->metadata); /* one key may have several values */
    grpc_timeout_write(run_left(run), &timeout);
    headers_put(&list, "content-type", "application/grpc");
    headers_put(&list, "grpc-timeout", arena_strdup(arena, buf_text(&timeout)));
    headers_put(&list, "user-agent", "healthd/" HEALTHD_VERSION);
    if (conf->authority[0])
        headers_put(&list, "Host", conf->authority);
    headers_put_task(&list, run_task_id(run));
    buf_finish(&timeout);
    return headers_pairs(&list);
}

static struct bytes make_body(struct run *run, const struct grpc_conf *conf)
{
    struct buf out = BUF_MAX(GRPC_MAX_SERVICE + 32);

    grpc_request_write(conf->service, &out);
    const struct bytes body = {arena_memdup(run_arena(run), out.ptr, out.len), out.len};
    buf_finish(&out);
    return body;
}

static enum ip_family family_of(const struct grpc_conf *conf)
{
    if (conf->preferred_ip_protocol == 4)
        return conf->ip_protocol_fallback ? IP_PREFER_4 : IP_4;
    return conf->ip_protocol_fallback ? IP_PREFER_6 : IP_6;
}

static struct request make_request(struct run *run, const struct grpc_conf *conf)
{
    return (struct request){
        .method = "POST",
        .url = conf->at.text,
        .at = &conf->at,
        .headers = make_headers(run, conf),
        .body = make_body(run, conf),
        .unix_path = conf->unix_path,
        .tls = conf->tls,
        .connect_to = conf->connect_to[0] ? conf->connect_to : NULL,
        .source = conf->source_ip_address,
        .family = family_of(conf),
        .version = HTTP_VERSION_2,
        .max_body = GRPC_MAX_ANSWER,
        .max_header = GRPC_MAX_ANSWER,
        /* the run's own deadline comes first, and says more */
        .timeout = run_left(run) + NSEC_PER_SEC,
        .has_trailers = true,
    };
}

/* ---- its end ---- */

static void take_reply(struct run *run, const struct reply *reply)
{
    struct grpc_state *state = run_state(run);

    state->reply = reply;
    if (state->asked_at.ns)
        state->took = mono_since(loop_now_exact(run_frame(run)->loop), state->asked_at);
    run_fetch_reply(run, reply);
}

static const char *from_text(struct run *run, const struct reply *reply)
{
    const struct grpc_conf *conf = run_conf(run);
    char text[ADDRESS_TEXT_SIZE];

    if (conf->unix_path)
        return conf->unix_path;
    return reply->address.len
               ? arena_strdup(run_arena(run), address_format(&reply->address, text))
               : conf->at.host;
}

static void on_done(void *ctx, const struct reply *reply)
{
    struct run *run = ctx;
    struct grpc_state *state = run_state(run);

    state->fetch = NULL;
    take_reply(run, reply);
    state->finding =
        grpc_judge(run_conf(run), reply, from_text(run, reply), run_arena(run));
    if (state->finding.is_up)
        run_up(run);
    else if (reply->trouble.is_unknown)
        run_unknown(run, state->finding.reason, "%s", state->finding.detail);
    else
        run_down(run, state->finding.reason, "%s", state->finding.detail);
    run_finish(run);
}

static void on_phase(void *ctx, enum phase phase)
{
    struct run *run = ctx;
    struct grpc_state *state = run_state(run);

    if (phase != PHASE_RESOLVE && !state->asked_at.ns)
        state->asked_at = loop_now_exact(run_frame(run)->loop);
    run_fetch_phase(run, state->fetch, phase);
}

/* ---- the type ---- */

static bool grpc_aim(const void *the_conf, struct arena *arena UNUSED,
                     struct dial *ret_dial, struct err *e UNUSED)
{
    const struct grpc_conf *conf = the_conf;

    if (conf->unix_path)
        ret_dial->unix_path = conf->unix_path;
    ret_dial->host = conf->at.host;
    ret_dial->port = conf->at.port;
    return true;
}

static void grpc_start(struct run *run)
{
    const struct grpc_conf *conf = run_conf(run);
    struct grpc_state *state = run_state(run);
    const struct request request = make_request(run, conf);

    state->finding = (struct grpc_finding){.serving = -1, .detail = ""};
    run_asks(run, conf->at.host, conf->at.port);
    if (conf->unix_path)
        run_address(run, conf->unix_path);
    state->fetch = fetch_start(run_frame(run)->fetcher, run_arena(run), &request,
                               on_phase, on_done, run);
}

/* The deadline came: what is known by then is shown. */
static void grpc_interrupt(struct run *run)
{
    struct grpc_state *state = run_state(run);

    if (!state->fetch || state->reply)
        return;
    take_reply(run, fetch_so_far(state->fetch));
    state->finding.code = GRPC_DEADLINE_EXCEEDED;
}

static void grpc_end_report(struct run *run)
{
    grpc_interrupt(run);
    grpc_report(run);
}

static void grpc_cancel(struct run *run)
{
    struct grpc_state *state = run_state(run);

    fetch_cancel(state->fetch);
    state->fetch = NULL;
    run_finish(run);
}

const struct probe_type probe_grpc = {
    .name = "grpc",
    .job = "blackbox",
    .summary = "gRPC servers: whether a service says that it is serving.",
    .example = "grpc: {target: \"orders:50051\", service: shop.v1.Orders}",
    .is_critical = true,
    .conf_size = sizeof(struct grpc_conf),
    .state_size = sizeof(struct grpc_state),
    .validate = grpc_validate,
    .aim = grpc_aim,
    .start = grpc_start,
    .cancel = grpc_cancel,
    .report = grpc_end_report,
    .trace = grpc_trace,
    .metrics = grpc_metrics,
    .vars = grpc_vars,
    .opts = grpc_opts,
};
