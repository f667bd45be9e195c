/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP and Unix sockets: whether something listens, and a dialogue of expected and sent lines. Drop-in for
 * blackbox_exporter's tcp prober: same rows, families and judgements. Never looks at what no step asks for.
 */
#include <string.h>

#include "lib/base/buf.h"
#include "lib/core/conn.h"
#include "lib/core/labels.h"
#include "lib/core/opt.h"
#include "lib/core/probe.h"
#include "lib/core/regex.h"
#include "lib/core/run.h"
#include "lib/core/talk.h"

#define LINE_MAX_BYTES (64u << 10) /* with its newline: Go's bufio.MaxScanTokenSize */
#define SAID_MAX_BYTES (64u << 10)
#define LAST_LINE_BYTES 160

struct tcp_label {
    const char *name, *value;
};

struct tcp_step {
    const struct regex *expect; /* NULL: nothing is waited for */
    const char *expect_bytes;
    const char *send;
    bool starttls;
    struct sections labels; /* struct tcp_label */
    struct pairs capture;
};

struct tcp_conf {
    const char *address, *hostname;
    struct sections query_response; /* struct tcp_step */
    const char *host, *unix_path;   /* of address, by validate */
    int port;
};

struct capture {
    const char *name, *text;
    const struct capture *next;
};

struct tcp_state {
    size_t step;    /* in query_response */
    size_t scanned; /* bytes of the unread that hold no newline */
    size_t lines;   /* heard in this step */
    char last[LAST_LINE_BYTES];
    size_t last_len;
    bool has_begun, failed_by_regex, failed_by_bytes;
    const struct capture *captures;
};

static const struct metric regex_metric = {
    .name = "probe_failed_due_to_regex",
    .help = "Indicates if probe failed due to regex",
};
static const struct metric bytes_metric = {
    .name = "probe_failed_due_to_bytes",
    .help = "1 when the bytes received were not the expected ones, else 0",
};
static const struct metric expect_metric = {
    .name = "probe_expect_info",
    .help = "What the labels of a step found in the line that it expected",
};

enum heard { HEARD_ENOUGH, HEARD_TOO_LITTLE, HEARD_WRONG };

static const struct tcp_step *step_at(const struct tcp_conf *conf, size_t i)
{
    return (const struct tcp_step *)conf->query_response.items + i;
}

static const char *peer_name(struct run *run)
{
    const struct dial *dial = run_dial(run);

    if (!dial)
        return "the target";
    return dial->unix_path
               ? dial->unix_path
               : arena_printf(run_arena(run), "%s:%d", dial->host, dial->port);
}

/* One line as bufio.Scanner cuts them: a CR before the end is dropped, and the last one needs no newline. */
static enum heard take_line(struct tcp_state *state, bool is_end, struct bytes *in,
                            struct bytes *ret_line)
{
    const ptrdiff_t found =
        bytes_find_byte(bytes_slice(*in, state->scanned, in->len), '\n');
    const size_t len = found >= 0 ? state->scanned + (size_t)found : in->len;

    if (len >= LINE_MAX_BYTES)
        return HEARD_WRONG;
    if (found < 0 && (!is_end || !in->len)) {
        state->scanned = in->len;
        return HEARD_TOO_LITTLE;
    }
    *ret_line = bytes_slice(*in, 0, len);
    if (bytes_ends(*ret_line, "\r"))
        ret_line->len--;
    *in = bytes_slice(*in, len + (found >= 0), in->len);
    state->scanned = 0;
    state->lines++;
    state->last_len = ret_line->len < LAST_LINE_BYTES ? ret_line->len : LAST_LINE_BYTES;
    if (state->last_len)
        memcpy(state->last, ret_line->ptr, state->last_len);
    return HEARD_ENOUGH;
}

static enum heard no_match(struct run *run, const struct tcp_step *step)
{
    struct tcp_state *state = run_state(run);
    const char *pattern = regex_pattern(step->expect);
    const struct bytes last = {state->last, state->last_len};

    state->failed_by_regex = true;
    if (!state->lines)
        run_down(
            run, REASON_CLOSED,
            "expected a line that matches /%s/; %s closed the connection without one",
            pattern, peer_name(run));
    else
        run_down(
            run, REASON_BODY,
            "expected a line that matches /%s/; %s sent %zu that %s not, the last %s, "
            "and closed the connection",
            pattern, peer_name(run), state->lines, state->lines == 1 ? "does" : "do",
            run_quoted(run, last));
    return HEARD_WRONG;
}

static const char *expanded(struct run *run, const struct tcp_step *step,
                            const char *text, const struct bytes *groups, size_t count)
{
    struct buf out = BUF_MAX(SAID_MAX_BYTES);

    regex_expand(step->expect, text, groups, count, &out);
    const char *copy = arena_strndup(run_arena(run), buf_text(&out), out.len);
    buf_finish(&out);
    return copy;
}

static void add_expect_info(struct run *run, const struct tcp_step *step,
                            const struct bytes *groups, size_t count)
{
    const struct tcp_label *rows = step->labels.items;
    struct pair *pairs = arena_alloc(run_arena(run), step->labels.count * sizeof(*pairs));
    struct labels labels;
    struct err e;

    if (!step->labels.count)
        return;
    for (size_t i = 0; i < step->labels.count; i++)
        pairs[i] = (struct pair){rows[i].name,
                                 expanded(run, step, rows[i].value, groups, count)};
    /* The names passed validate; a value that is no UTF-8 is the peer's, and has no place on a series. */
    if (labels_from_pairs(run_arena(run), &(struct pairs){pairs, step->labels.count},
                          &labels, &e))
        run_sample_labelled(run, &expect_metric, NULL, labels, 1);
    else
        run_trace(run, "labels", "%s", e.text);
}

static void add_captures(struct run *run, const struct tcp_step *step,
                         const struct bytes *groups, size_t count)
{
    struct tcp_state *state = run_state(run);

    for (size_t i = 0; i < step->capture.count; i++) {
        const struct pair *pair = &step->capture.items[i];
        struct capture *capture = arena_alloc(run_arena(run), sizeof(*capture));
        *capture = (struct capture){
            pair->key, expanded(run, step, pair->value, groups, count), state->captures};
        state->captures = capture;
    }
}

static void say(struct run *run, const char *text)
{
    if (!text || !text[0])
        return;
    run_trace_quoted(run, "sent", bytes_of(text));
    run_say_text(run, text);
    run_say_text(run, "\n");
}

static enum heard hear_line(struct run *run, const struct tcp_step *step, bool is_end,
                            struct bytes *in)
{
    struct tcp_state *state = run_state(run);
    struct bytes line, groups[REGEX_MAX_GROUPS];
    size_t count;

    for (;;) {
        const enum heard heard = take_line(state, is_end, in, &line);
        if (heard == HEARD_WRONG) {
            run_down(run, REASON_TOO_LARGE, "%s sent a line of more than 64 KiB",
                     peer_name(run));
            return heard;
        }
        if (heard == HEARD_TOO_LITTLE)
            return is_end ? no_match(run, step) : heard;
        run_trace_quoted(run, "received", line);
        switch (regex_groups(step->expect, line, groups, &count)) {
        case REGEX_NO_MATCH:
            continue;
        case REGEX_LIMIT:
            state->failed_by_regex = true;
            run_down(
                run, REASON_BODY,
                "/%s/ needs too many steps to be matched against %s: write it simpler",
                regex_pattern(step->expect), run_quoted(run, line));
            return HEARD_WRONG;
        case REGEX_MATCH:
            break;
        }
        add_expect_info(run, step, groups, count);
        add_captures(run, step, groups, count);
        if (step->send)
            say(run, expanded(run, step, step->send, groups, count));
        return HEARD_ENOUGH;
    }
}

static enum heard hear_bytes(struct run *run, const struct tcp_step *step, bool is_end,
                             struct bytes *in)
{
    struct tcp_state *state = run_state(run);
    const struct bytes want = bytes_of(step->expect_bytes);
    const struct bytes got = bytes_slice(*in, 0, want.len);
    const bool is_alike = bytes_equal(got, bytes_slice(want, 0, got.len));

    if (is_alike && got.len == want.len) {
        *in = bytes_slice(*in, want.len, in->len);
        if (step->send)
            say(run, step->send);
        return HEARD_ENOUGH;
    }
    if (is_alike && !is_end)
        return HEARD_TOO_LITTLE;
    state->failed_by_bytes = true;
    run_down(run, got.len ? REASON_BODY : REASON_CLOSED,
             "expected the bytes %s, %s sent %s%s", run_quoted(run, want), peer_name(run),
             got.len ? run_quoted(run, got) : "nothing",
             is_end ? " and closed the connection" : "");
    return HEARD_WRONG;
}

static enum heard do_step(struct run *run, const struct tcp_step *step, bool is_end,
                          struct bytes *in)
{
    if (step->expect)
        return hear_line(run, step, is_end, in);
    if (step->expect_bytes)
        return hear_bytes(run, step, is_end, in);
    say(run, step->send);
    return HEARD_ENOUGH;
}

static enum talk tcp_talk(struct run *run, enum talk_event event, struct bytes *in)
{
    const struct tcp_conf *conf = run_conf(run);
    struct tcp_state *state = run_state(run);

    state->has_begun = true;
    while (state->step < conf->query_response.count) {
        const struct tcp_step *step = step_at(conf, state->step);
        switch (do_step(run, step, event == TALK_EOF, in)) {
        case HEARD_TOO_LITTLE:
            return TALK_MORE;
        case HEARD_WRONG:
            return TALK_CLOSE;
        case HEARD_ENOUGH:
            break;
        }
        state->step++;
        state->lines = 0;
        if (step->starttls)
            return TALK_STARTTLS;
    }
    return run_up(run);
}

/* At the deadline: what the dialogue stood at. */
static void explain_wait(struct run *run)
{
    const struct tcp_conf *conf = run_conf(run);
    const struct tcp_state *state = run_state(run);
    const struct bytes last = {state->last, state->last_len};

    if (state->step >= conf->query_response.count)
        return;
    const struct tcp_step *step = step_at(conf, state->step);
    if (step->expect && state->lines)
        run_explain(run, "expected a line that matches /%s/, the last of %zu was %s",
                    regex_pattern(step->expect), state->lines, run_quoted(run, last));
    else if (step->expect)
        run_explain(run, "expected a line that matches /%s/",
                    regex_pattern(step->expect));
    else if (step->expect_bytes)
        run_explain(run, "expected the bytes %s",
                    run_quoted(run, bytes_of(step->expect_bytes)));
}

static void tcp_report(struct run *run)
{
    const struct tcp_state *state = run_state(run);

    if (run_has_timed_out(run) && state->has_begun)
        explain_wait(run);
    run_sample(run, &bytes_metric, state->failed_by_bytes);
    run_sample(run, &regex_metric, state->failed_by_regex);
}

static bool validate_step(const struct tcp_step *step, struct err *e)
{
    const struct tcp_label *labels = step->labels.items;

    if (step->expect && step->expect_bytes)
        return err_set(e, "give `expect` or `expect_bytes`, not both");
    if (!step->expect && (step->labels.count || step->capture.count))
        return err_set(e, "`labels` and `capture` are filled in from what `expect` "
                          "matched: give `expect`");
    if (!step->expect && !step->expect_bytes && !step->starttls &&
        !(step->send && step->send[0]))
        return err_set(
            e, "does nothing: give `expect`, `expect_bytes`, `send` or `starttls`");
    for (size_t i = 0; i < step->labels.count; i++) {
        if (!label_name_valid(bytes_of(labels[i].name)))
            return err_set(e, "'%s' is no label name: expected letters, digits and '_'",
                           labels[i].name);
    }
    return true;
}

static bool tcp_validate(void *ctx, struct arena *arena, struct err *e)
{
    struct tcp_conf *conf = ctx;

    for (size_t i = 0; i < conf->query_response.count; i++) {
        if (!validate_step(step_at(conf, i), e))
            return err_wrap(e, "query_response, step %zu", i + 1);
    }
    if (!conf->address || !conf->address[0])
        return true; /* `host` and `port`, or `unix`, or a module's target */
    conf->host = conf->unix_path = NULL;
    conf->port = 0;
    if (conf->address[0] == '/') {
        conf->unix_path = conf->address;
        return true;
    }
    if (bytes_starts(bytes_of(conf->address), "unix:")) {
        conf->unix_path = conf->address + strlen("unix:");
        return conf->unix_path[0] == '/' ||
               err_set(e, "'%s' has no absolute path: expected unix:/path",
                       conf->address);
    }
    if (!dial_split(arena, conf->address, &conf->host, &conf->port, e))
        return false;
    return conf->port ||
           err_set(e, "'%s' has no port: expected host:port", conf->address);
}

static bool tcp_aim(const void *ctx, struct arena *arena, struct dial *ret_dial,
                    struct err *e)
{
    const struct tcp_conf *conf = ctx;

    if (conf->unix_path)
        ret_dial->unix_path = conf->unix_path;
    if (conf->host) {
        ret_dial->host = conf->host;
        ret_dial->port = conf->port;
        ret_dial->unix_path = NULL;
    }
    const char *name = ret_dial->tls.server_name;
    if (conf->hostname[0] && (!name || !name[0]))
        ret_dial->tls.server_name = conf->hostname;
    return true;
}

static bool capture_lookup(const void *map, struct bytes key, struct arena *arena,
                           struct value *ret_value)
{
    for (const struct capture *c = map; c; c = c->next) {
        if (bytes_is(key, c->name)) {
            *ret_value = value_text(bytes_of(c->text));
            return true;
        }
    }
    return false;
}

static bool captures_get(struct run *run, struct arena *arena, struct value *ret_value,
                         struct err *why)
{
    const struct tcp_state *state = run_state(run);

    *ret_value = (struct value){
        .type = VALUE_MAP, .lookup = capture_lookup, .map = state->captures};
    return true;
}

#define OPT_STRUCT struct tcp_label
static const struct opt label_opts[] = {
    OPT_ROW_TEXT("name", name, NULL, "The label's name."),
    OPT_ROW_TEXT("value", value, "", "Its value; ${1} is the first group of `expect`.",
                 .flags = OPT_LATE),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct tcp_step
static const struct opt step_opts[] = {
    OPT_ROW_REGEX("expect", expect, OPT_NONE,
                  "Lines are read until one matches this; \"\" waits for any line."),
    OPT_ROW_TEXT("expect_bytes", expect_bytes, OPT_NONE,
                 "These bytes must come next, exactly."),
    OPT_ROW_TEXT("send", send, OPT_NONE,
                 "This is sent then, and a newline; ${1} is the first group of `expect`.",
                 .flags = OPT_LATE),
    OPT_ROW_BOOL("starttls", starttls, "false", "Then TLS begins."),
    OPT_ROW_SECTIONS("labels", labels, struct tcp_label, label_opts,
                     "Labels of probe_expect_info."),
    OPT_ROW_PAIRS("capture", capture, OPT_NONE,
                  "Names for what `expect` found, for expressions: {version: \"${1}\"} "
                  "is captures.version.",
                  .flags = OPT_LATE),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct tcp_conf
const struct probe_type probe_tcp = {
    .name = "tcp",
    .job = "blackbox",
    .summary = "TCP ports and Unix sockets: whether they accept, and what they say.",
    .example = "tcp:\n"
               "  address: mail.example.com:25\n"
               "  query_response:\n"
               "    - {expect: \"^220 (\\\\S+)\", capture: {host: \"${1}\"}}\n"
               "    - {send: \"EHLO healthd.local\"}\n"
               "    - {expect: \"^250 \", send: \"QUIT\"}\n",
    .is_critical = true,
    .conf_size = sizeof(struct tcp_conf),
    .state_size = sizeof(struct tcp_state),
    .validate = tcp_validate,
    .aim = tcp_aim,
    .talk = tcp_talk,
    .report = tcp_report,
    .metrics = (const struct metric *const[]){&regex_metric, &bytes_metric,
                                              &expect_metric, NULL},
    .vars =
        (const struct var[]){
            {"captures", VALUE_MAP,
             "What the steps' `capture` took from the lines: captures.version.",
             captures_get},
            {0}},
    .opts =
        (const struct opt[]){
            OPT_ROW_TEXT("address", address, "", "host:port, or unix:/path.",
                         .flags = OPT_SHORTHAND),
            OPT_ROW_TEXT("hostname", hostname, "",
                         "As blackbox_exporter's parameter: tls_config's server_name, if "
                         "that is empty.",
                         .flags = OPT_HIDDEN),
            OPT_ROW_SECTIONS(
                "query_response", query_response, struct tcp_step, step_opts,
                "Steps of a dialogue, in order; without any, being connected is enough."),
            {0}},
};
