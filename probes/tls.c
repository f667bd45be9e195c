/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS endpoints: the handshake, the chain and its dates, from the first byte or after STARTTLS. The chain is
 * recorded before it is judged, so that a certificate which expired or is not trusted can still be seen and
 * alerted on. Never speaks the protocol inside.
 */
#include <stdint.h>

#include "lib/core/conn.h"
#include "lib/core/opt.h"
#include "lib/core/probe.h"
#include "lib/core/run.h"
#include "lib/core/talk.h"
#include "lib/core/tls.h"

#define REPLY_MAX_BYTES (16u << 10)

enum starttls {
    STARTTLS_NONE,
    STARTTLS_SMTP,
    STARTTLS_IMAP,
    STARTTLS_POP3,
    STARTTLS_FTP,
    STARTTLS_POSTGRES
};

struct tls_probe_conf {
    const char *address;
    int starttls;
};

struct tls_probe_state {
    size_t line; /* which reply of the prefix is waited for */
};

/* One protocol's way to TLS: wait for a reply that starts with `expect`, then say `say`; after the last, TLS. */
struct prefix_line {
    const char *expect, *say;
};
struct prefix {
    int port;
    const char *name;
    const struct prefix_line *lines;
};

static const struct prefix prefixes[] = {
    [STARTTLS_NONE] = {443, "", NULL},
    [STARTTLS_SMTP] = {587, "SMTP",
                       (const struct prefix_line[]){{"220 ", "EHLO healthd.local\r\n"},
                                                    {"250 ", "STARTTLS\r\n"},
                                                    {"220 ", NULL},
                                                    {0}}},
    [STARTTLS_IMAP] = {143, "IMAP",
                       (const struct prefix_line[]){
                           {"* OK", "a1 STARTTLS\r\n"}, {"a1 OK", NULL}, {0}}},
    [STARTTLS_POP3] = {110, "POP3",
                       (const struct prefix_line[]){
                           {"+OK", "STLS\r\n"}, {"+OK", NULL}, {0}}},
    [STARTTLS_FTP] = {21, "FTP",
                      (const struct prefix_line[]){
                          {"220 ", "AUTH TLS\r\n"}, {"234 ", NULL}, {0}}},
    [STARTTLS_POSTGRES] = {5432, "PostgreSQL", NULL}, /* binary: see ask_postgres */
};

static const struct metric verified_metric = {
    .name = "probe_ssl_verified",
    .help = "1 when chain, dates and name of the certificate are in order, else 0",
};

static enum talk judge(struct run *run)
{
    const struct tls_peer *peer = run_peer(run);
    const struct dial *dial = run_dial(run);

    if (!peer || !peer->chain_count)
        return run_down(run, REASON_TLS_HANDSHAKE, "the server showed no certificate");
    run_sample(run, &verified_metric, peer->verified);
    if (run_is_traced(run)) {
        run_trace(run, "certificate", "%s", peer->chain[0].subject);
        run_trace(run, "issuer", "%s", peer->chain[0].issuer);
    }
    /* aim() let the handshake pass so that there is something to see; what was asked for is judged here. */
    if (!peer->verified && !(dial && dial->is_trust_optional))
        return run_down(run, peer->reason, "%s", peer->why);
    return run_up(run);
}

static bool is_unfinished_reply(struct bytes line)
{
    uint64_t code;
    return line.len > 3 &&
           (line.ptr[0] == ' ' ||
            (line.ptr[3] == '-' && bytes_to_u64(bytes_slice(line, 0, 3), &code)));
}

/* Some servers talk before and after the reply in question: "250-SIZE", "* CAPABILITY". */
static bool is_aside(int starttls, struct bytes line)
{
    switch (starttls) {
    case STARTTLS_SMTP:
    case STARTTLS_FTP:
        return is_unfinished_reply(line);
    case STARTTLS_IMAP:
        return bytes_starts(line, "* ") && !bytes_starts(line, "* BYE");
    default:
        return false;
    }
}

static enum talk follow_prefix(struct run *run, struct bytes *in)
{
    const struct tls_probe_conf *conf = run_conf(run);
    const struct prefix *prefix = &prefixes[conf->starttls];
    struct tls_probe_state *state = run_state(run);
    struct bytes line;

    while (bytes_line(in, &line)) {
        const struct prefix_line *want = &prefix->lines[state->line];
        run_trace_quoted(run, "received", line);
        if (!bytes_starts(line, want->expect)) {
            if (is_aside(conf->starttls, line))
                continue;
            run_down(
                run, state->line ? REASON_NOT_TLS : REASON_PROTOCOL,
                state->line
                    ? "expected the %s server to agree to TLS with \"%s\", it said %s"
                    : "expected the greeting of %s, which starts with \"%s\", got %s",
                prefix->name, want->expect, run_quoted(run, line));
            return TALK_CLOSE;
        }
        state->line++;
        if (!want->say)
            return TALK_STARTTLS;
        run_say_text(run, want->say);
    }
    if (in->len <= REPLY_MAX_BYTES)
        return TALK_MORE;
    run_down(run, REASON_PROTOCOL,
             "expected a line of %s, got %zu bytes without a newline that start %s",
             prefix->name, in->len, run_quoted(run, *in));
    return TALK_CLOSE;
}

/* PostgreSQL's SSLRequest: length 8, code 80877103; one byte answers (protocol 3.0, "Message Formats"). */
static enum talk ask_postgres(struct run *run, enum talk_event event, struct bytes *in)
{
    static const char request[] = {0, 0, 0, 8, 0x04, (char)0xd2, 0x16, 0x2f};
    struct bytes answer;

    if (event == TALK_OPEN)
        run_say(run, (struct bytes){request, sizeof(request)});
    if (!bytes_take(in, 1, &answer))
        return TALK_MORE;
    if (answer.ptr[0] == 'S')
        return TALK_STARTTLS;
    if (answer.ptr[0] == 'N')
        run_down(run, REASON_NOT_TLS,
                 "the PostgreSQL server answers that it has no TLS (ssl = off)");
    else
        run_down(run, REASON_PROTOCOL,
                 "expected S or N to PostgreSQL's SSLRequest, got %s",
                 run_quoted(run, answer));
    return TALK_CLOSE;
}

static enum talk tls_talk(struct run *run, enum talk_event event, struct bytes *in)
{
    const struct tls_probe_conf *conf = run_conf(run);

    if (conf->starttls == STARTTLS_NONE || event == TALK_RESUMED)
        return judge(run);
    if (conf->starttls == STARTTLS_POSTGRES)
        return ask_postgres(run, event, in);
    return follow_prefix(run, in);
}

static bool tls_aim(const void *ctx, struct arena *arena, struct dial *ret_dial,
                    struct err *e)
{
    const struct tls_probe_conf *conf = ctx;

    if (!ret_dial->port)
        ret_dial->port = prefixes[conf->starttls].port;
    if (conf->address && conf->address[0]) {
        ret_dial->unix_path = NULL;
        if (!dial_split(arena, conf->address, &ret_dial->host, &ret_dial->port, e))
            return false;
    }
    ret_dial->is_tls = conf->starttls == STARTTLS_NONE;
    ret_dial->is_trust_optional = ret_dial->tls.insecure_skip_verify;
    ret_dial->tls.insecure_skip_verify = true;
    return true;
}

static const struct opt_choice starttls_choices[] = {
    {"none", STARTTLS_NONE, "TLS from the first byte."},
    {"smtp", STARTTLS_SMTP, "EHLO and STARTTLS (RFC 3207); port 587."},
    {"imap", STARTTLS_IMAP, "STARTTLS (RFC 9051); port 143."},
    {"pop3", STARTTLS_POP3, "STLS (RFC 2595); port 110."},
    {"ftp", STARTTLS_FTP, "AUTH TLS (RFC 4217); port 21."},
    {"postgres", STARTTLS_POSTGRES, "SSLRequest; port 5432."},
    {0},
};

#define OPT_STRUCT struct tls_probe_conf
const struct probe_type probe_tls = {
    .name = "tls",
    .job = "blackbox",
    .summary = "TLS endpoints: the handshake, the chain and its expiry, also when it is "
               "not trusted.",
    .example = "tls: {address: \"mail.example.com:587\", starttls: smtp}",
    .conf_size = sizeof(struct tls_probe_conf),
    .state_size = sizeof(struct tls_probe_state),
    .aim = tls_aim,
    .talk = tls_talk,
    .metrics = (const struct metric *const[]){&verified_metric, NULL},
    .opts =
        (const struct opt[]){
            OPT_ROW_TEXT("address", address, "",
                         "host:port; port 443, or the protocol's, when left out.",
                         .flags = OPT_SHORTHAND),
            OPT_ROW_CHOICE("starttls", starttls, "none", starttls_choices,
                           "The protocol to speak before the handshake."),
            {0}},
};
