/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Name servers: whether they answer a question, and with what. Drop-in for blackbox_exporter's dns prober: same rows,
 * families and judgements, over UDP, TCP and TLS. One question, one answer: what is lost is not asked again.
 */
#include "probes/dns.h"

#include <string.h>
#include <sys/random.h>

#include "lib/core/conn.h"
#include "lib/core/talk.h"

static const struct metric duration_metric = {
    .name = "probe_dns_duration_seconds",
    .unit = "seconds",
    .help = "Duration of DNS request by phase",
    .labels = {"phase"},
};
static const struct metric answer_metric = {
    .name = "probe_dns_answer_rrs",
    .help = "Returns number of entries in the answer resource record list",
};
static const struct metric authority_metric = {
    .name = "probe_dns_authority_rrs",
    .help = "Returns number of entries in the authority resource record list",
};
static const struct metric additional_metric = {
    .name = "probe_dns_additional_rrs",
    .help = "Returns number of entries in the additional resource record list",
};
static const struct metric succeeded_metric = {
    .name = "probe_dns_query_succeeded",
    .help = "Displays whether or not the query was executed successfully",
};
static const struct metric serial_metric = {
    .name = "probe_dns_serial",
    .help = "Returns the serial number of the zone",
};

/* Over UDP the id is what a forger has to guess, with the port; on a connection of its own any will do. */
static uint16_t fresh_id(const struct dns_conf *conf)
{
    uint16_t id = 0;

    if (conf->transport == DNS_OVER_UDP &&
        getrandom(&id, sizeof(id), GRND_NONBLOCK) != sizeof(id))
        id = (uint16_t)mono_read().ns;
    return id;
}

static enum talk ask(struct run *run)
{
    const struct dns_conf *conf = run_conf(run);
    struct dns_state *state = run_state(run);
    struct buf query = BUF_MAX(600);
    struct err e = {0};

    state->id = fresh_id(conf);
    if (conf->transport != DNS_OVER_UDP)
        buf_add(&query, "\0", 2); /* its length, when it is known (RFC 1035 §4.2.2) */
    const struct dns_question question = {conf->name, conf->type, conf->class};
    if (!dns_query_write(&query, state->id, conf->wants_recursion, &question, &e)) {
        buf_finish(&query);
        return run_down(run, REASON_CONFIG, "%s", e.text);
    }
    if (conf->transport != DNS_OVER_UDP)
        query.ptr[1] = (char)(query.len - 2);
    run_say(run, buf_bytes(&query));
    buf_finish(&query);
    return TALK_MORE;
}

/* One message: over UDP a datagram, else behind its length. False: not all there yet. */
static bool take_message(const struct dns_conf *conf, struct bytes *in,
                         struct bytes *ret_message)
{
    if (conf->transport == DNS_OVER_UDP) {
        *ret_message = *in;
        *in = bytes_slice(*in, in->len, in->len);
        return ret_message->len > 0;
    }
    if (in->len < 2)
        return false;
    const size_t len = (size_t)(unsigned char)in->ptr[0] << 8 | (unsigned char)in->ptr[1];
    if (in->len < 2 + len)
        return false;
    *ret_message = bytes_slice(*in, 2, 2 + len);
    *in = bytes_slice(*in, 2 + len, in->len);
    return true;
}

/* An answer to something else, late or forged, is passed over. */
static bool is_ours(struct run *run, struct bytes message)
{
    const struct dns_state *state = run_state(run);

    return message.len >= 12 && (unsigned char)message.ptr[0] == state->id >> 8 &&
           (unsigned char)message.ptr[1] == (state->id & 0xff) &&
           ((unsigned char)message.ptr[2] & 0x80);
}

static void trace_records(struct run *run, const struct dns_message *m)
{
    static const char *const keys[] = {"answer", "authority", "additional"};

    for (int i = 0; i < DNS_SECTION_COUNT; i++) {
        for (size_t k = 0; k < m->counts[i]; k++)
            run_trace(run, keys[i], "%s", m->records[i][k].text);
    }
}

static enum talk judge_message(struct run *run, struct bytes bytes)
{
    const struct dns_conf *conf = run_conf(run);
    struct dns_state *state = run_state(run);
    struct dns_message *m = arena_alloc(run_arena(run), sizeof(*m));
    struct err e = {0};

    if (!dns_message_read(run_arena(run), bytes, m, &e))
        return run_down(run, REASON_PROTOCOL, "the answer is no DNS message: %s", e.text);
    if (m->question.name[0] &&
        (!dns_name_equal(m->question.name, conf->name) || m->question.type != conf->type))
        return TALK_MORE;
    state->answer = m;
    if (run_is_traced(run))
        trace_records(run, m);
    return dns_judge(run, m);
}

static enum talk dns_talk(struct run *run, enum talk_event event, struct bytes *in)
{
    struct bytes message;

    if (event == TALK_OPEN)
        return ask(run);
    while (take_message(run_conf(run), in, &message)) {
        if (!is_ours(run, message))
            continue;
        judge_message(run, message);
        if (run_is_answered(run))
            return TALK_CLOSE;
    }
    return TALK_MORE;
}

static void dns_report(struct run *run)
{
    const struct dns_conf *conf = run_conf(run);
    const struct dns_state *state = run_state(run);
    const struct dns_message *m = state->answer;
    const struct {
        const char *phase;
        nsec took;
    } phases[] = {
        {"resolve", run_phase_time(run, PHASE_RESOLVE)},
        {"connect", run_phase_time(run, PHASE_CONNECT) + run_phase_time(run, PHASE_TLS)},
        {"request",
         run_phase_time(run, PHASE_WAIT) + run_phase_time(run, PHASE_TRANSFER)},
    };

    for (size_t i = 0; i < ARRAY_LEN(phases); i++)
        run_sample_with(run, &duration_metric, &phases[i].phase,
                        nsec_to_sec(phases[i].took));
    run_sample(run, &answer_metric, m ? (double)m->counts[DNS_ANSWER] : 0);
    run_sample(run, &authority_metric, m ? (double)m->counts[DNS_AUTHORITY] : 0);
    run_sample(run, &additional_metric, m ? (double)m->counts[DNS_ADDITIONAL] : 0);
    run_sample(run, &succeeded_metric, m != NULL);
    if (m && conf->type == DNS_SOA)
        run_sample(run, &serial_metric, dns_serial(m));
}

const struct probe_type probe_dns = {
    .name = "dns",
    .job = "blackbox",
    .summary = "Name servers: whether they answer a question, and with what.",
    .example = "dns: {server: \"10.0.0.2\", query_name: shop.example.com, query_type: A}",
    .port = 53,
    .is_critical = true,
    .conf_size = sizeof(struct dns_conf),
    .state_size = sizeof(struct dns_state),
    .validate = dns_validate,
    .aim = dns_aim,
    .talk = dns_talk,
    .report = dns_report,
    .metrics = (const struct metric *const[]){&duration_metric, &answer_metric,
                                              &authority_metric, &additional_metric,
                                              &succeeded_metric, &serial_metric, NULL},
    .vars = dns_vars,
    .opts = dns_opts,
};
