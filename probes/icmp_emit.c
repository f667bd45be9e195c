/* SPDX-License-Identifier: Apache-2.0 */
/* What is shown of a run of pings: samples, as blackbox_exporter has them, and variables. Judges nothing. */
#include "probes/icmp.h"

#include "lib/base/attr.h"

static const struct metric duration_metric = {
    .name = "probe_icmp_duration_seconds",
    .unit = "seconds",
    .help = "Duration of icmp request by phase",
    .labels = {"phase"},
};
static const struct metric hop_limit_metric = {
    .name = "probe_icmp_reply_hop_limit",
    .help = "Replied packet hop limit (TTL for ipv4)",
};
static const struct metric sent_metric = {
    .name = "probe_icmp_packets_sent",
    .help = "Echo requests that were sent, with `count`",
};
static const struct metric received_metric = {
    .name = "probe_icmp_packets_received",
    .help = "Echo replies that came, with `count`",
};

const struct metric *const icmp_metrics[] = {&duration_metric, &hop_limit_metric,
                                             &sent_metric, &received_metric, NULL};

void icmp_report(struct run *run)
{
    const struct icmp_conf *conf = run_conf(run);
    const struct icmp_state *state = run_state(run);
    const struct {
        const char *phase;
        nsec took;
    } phases[] = {
        {"resolve", run_phase_time(run, PHASE_RESOLVE)},
        {"setup", state->setup},
        {"rtt", state->received ? state->rtt / state->received : 0},
    };

    if (run_has_timed_out(run) && state->sent && !state->received)
        run_explain(run, "no reply came: is the host gone, or a firewall dropping it?");
    for (size_t i = 0; i < ARRAY_LEN(phases); i++)
        run_sample_with(run, &duration_metric, &phases[i].phase,
                        nsec_to_sec(phases[i].took));
    if (state->received && state->ttl >= 0)
        run_sample(run, &hop_limit_metric, state->ttl);
    if (conf->count <= 1)
        return;
    run_sample(run, &sent_metric, (double)state->sent);
    run_sample(run, &received_metric, (double)state->received);
}

/* ---- variables ---- */

static bool get_rtt(struct run *run, struct arena *arena, struct value *ret_value,
                    struct err *why)
{
    const struct icmp_state *state = run_state(run);

    if (!state->received)
        return err_set(why, "no reply came");
    *ret_value = value_duration(state->rtt / state->received);
    return true;
}

static bool get_ttl(struct run *run, struct arena *arena, struct value *ret_value,
                    struct err *why)
{
    const struct icmp_state *state = run_state(run);

    if (!state->received || state->ttl < 0)
        return err_set(why, "no reply came that told it");
    *ret_value = value_number(state->ttl);
    return true;
}

static bool get_loss(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    const struct icmp_state *state = run_state(run);

    if (!state->sent)
        return err_set(why, "nothing was sent");
    *ret_value = (struct value){
        .type = VALUE_PERCENT,
        .number = 100.0 * (double)(state->sent - state->received) / (double)state->sent};
    return true;
}

const struct var icmp_vars[] = {
    {"rtt", VALUE_DURATION, "From request to reply; with `count` their mean.", get_rtt},
    {"loss", VALUE_PERCENT, "Requests without a reply: loss < 20%.", get_loss},
    {"hop_limit", VALUE_NUMBER, "Time to live of the last reply.", get_ttl},
    {0}};
