/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP and Unix sockets: whether something listens, and a dialogue of expected and sent lines. Drop-in for
 * blackbox_exporter's tcp prober: same rows, families and judgements. Never looks at what no step asks for.
 */
#include "probes/tcp.h"

#include <string.h>

#include "lib/core/probe.h"
#include "lib/core/talk.h"

#define LINE_MAX_BYTES (64u << 10) /* with its newline: Go's bufio.MaxScanTokenSize */

enum heard { HEARD_ENOUGH, HEARD_TOO_LITTLE, HEARD_WRONG };

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
    state->last_len = ret_line->len < TCP_QUOTE_BYTES ? ret_line->len : TCP_QUOTE_BYTES;
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
        tcp_show(run, step, groups, count);
        if (step->send)
            say(run, tcp_expand(run, step, step->send, groups, count));
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
        const struct tcp_step *step = tcp_step_at(conf, state->step);
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
    .metrics = tcp_metrics,
    .vars = tcp_vars,
    .opts = tcp_opts,
};
