/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSocket servers: the upgrade, messages that are sent and waited for, a ping, and an orderly close. A dialogue, driven
 * by the frame; the handshake is in websocket_upgrade.c, messages are in websocket_steps.c, frames in websocket_frame.c.
 * Offers no extension, and goes through no proxy.
 */
#include "probes/websocket.h"

#include "lib/base/base64.h"
#include "lib/core/conn.h"
#include "lib/core/talk.h"

#define KEY_BYTES 16
#define MAX_PONGS 100 /* answers to a server's pings, in one run */

static const char *peer_name(struct run *run)
{
    const struct websocket_conf *conf = run_conf(run);

    return url_authority(run_arena(run), &conf->at);
}

static void go_to(struct run *run, enum websocket_place next)
{
    struct websocket_state *state = run_state(run);

    state->place = next;
    state->messages = 0;
    switch (next) {
    case WEBSOCKET_AT_UPGRADE:
        break;
    case WEBSOCKET_AT_STEPS:
        state->upgraded_at = mono_read();
        break;
    case WEBSOCKET_AT_PONG:
    case WEBSOCKET_AT_CLOSE:
        if (!state->ended_at.ns)
            state->ended_at = mono_read();
        break;
    }
}

/* ---- saying ---- */

static enum talk say_request(struct run *run)
{
    const struct websocket_conf *conf = run_conf(run);
    struct websocket_state *state = run_state(run);
    struct buf out = BUF_MAX(WEBSOCKET_MAX_HEAD), key = BUF_MAX(32);
    char random[KEY_BYTES];
    struct err e = {0};

    state->opened_at = mono_read();
    websocket_reader_init(&state->reader, run_arena(run), (size_t)conf->max_message);
    websocket_random(random, sizeof(random));
    base64_add(&key, (struct bytes){random, sizeof(random)});
    state->key = conf->key[0] ? conf->key : arena_strdup(run_arena(run), buf_text(&key));
    const bool ok = websocket_request_write(run, conf, state->key, &out, &e);
    if (ok)
        run_say(run, buf_bytes(&out));
    buf_finish(&key);
    buf_finish(&out);
    if (ok)
        return TALK_MORE;
    run_unknown(run, REASON_CONFIG, "%s", e.text);
    return TALK_CLOSE;
}

/* ---- the way through ---- */

static enum talk up(struct run *run)
{
    go_to(run, WEBSOCKET_AT_CLOSE);
    return run_up(run);
}

static enum talk say_goodbye(struct run *run)
{
    const struct websocket_conf *conf = run_conf(run);

    websocket_say_close(run, WEBSOCKET_CLOSE_NORMAL);
    if (!conf->close_wait)
        return up(run);
    go_to(run, WEBSOCKET_AT_CLOSE);
    return TALK_MORE;
}

static enum talk say_ping(struct run *run)
{
    struct websocket_state *state = run_state(run);

    go_to(run, WEBSOCKET_AT_PONG);
    websocket_random(state->ping_payload, sizeof(state->ping_payload));
    state->pinged_at = mono_read();
    websocket_say(run, WEBSOCKET_PING,
                  (struct bytes){state->ping_payload, sizeof(state->ping_payload)});
    return TALK_MORE;
}

static enum talk after_steps(struct run *run, enum websocket_steps steps)
{
    const struct websocket_conf *conf = run_conf(run);

    switch (steps) {
    case WEBSOCKET_STEPS_WAIT:
        return TALK_MORE;
    case WEBSOCKET_STEPS_FAILED:
        return TALK_CLOSE;
    case WEBSOCKET_STEPS_DONE:
        break;
    }
    return conf->ping ? say_ping(run) : say_goodbye(run);
}

/* ---- hearing control frames ---- */

static enum talk hear_pong(struct run *run, struct bytes payload)
{
    struct websocket_state *state = run_state(run);
    const struct bytes ours = {state->ping_payload, sizeof(state->ping_payload)};

    if (state->place != WEBSOCKET_AT_PONG || !bytes_equal(payload, ours))
        return TALK_MORE; /* RFC 6455 §5.5.3: one that nobody asked for is fine */
    state->ping_took = mono_since(mono_read(), state->pinged_at);
    if (!state->ping_took)
        state->ping_took = 1;
    return say_goodbye(run);
}

static enum talk hear_ping(struct run *run, struct bytes payload)
{
    struct websocket_state *state = run_state(run);

    if (state->place != WEBSOCKET_AT_CLOSE && state->pongs++ < MAX_PONGS)
        websocket_say(run, WEBSOCKET_PONG, payload);
    return TALK_MORE;
}

static enum talk hear_close(struct run *run, int code, struct bytes reason)
{
    struct websocket_state *state = run_state(run);
    const char *words = websocket_close_words(code);

    state->close_code = code;
    run_trace(run, "close", "%d %s", code, words);
    if (state->place == WEBSOCKET_AT_CLOSE)
        return up(run);
    websocket_note_unmatched(run);
    websocket_say_close(run,
                        code == WEBSOCKET_CLOSE_NONE ? WEBSOCKET_CLOSE_NORMAL : code);
    run_down(run, code == WEBSOCKET_CLOSE_INTERNAL ? REASON_UNHEALTHY : REASON_CLOSED,
             "%s closed the WebSocket with %d%s%s%s%s%s; %s", peer_name(run), code,
             words[0] ? " (" : "", words, words[0] ? ")" : "", reason.len ? ": " : "",
             reason.len ? run_quoted(run, reason) : "", websocket_waited_for(run));
    return TALK_CLOSE;
}

static enum talk fault(struct run *run, int code, const struct err *e)
{
    websocket_say_close(run, code);
    run_down(run, code == WEBSOCKET_CLOSE_TOO_BIG ? REASON_TOO_LARGE : REASON_PROTOCOL,
             "%s %s", peer_name(run), e->text);
    return TALK_CLOSE;
}

static enum talk hear_frames(struct run *run, struct bytes *in)
{
    struct websocket_state *state = run_state(run);
    enum talk next = TALK_MORE;

    while (next == TALK_MORE) {
        struct bytes payload;
        struct err e = {0};
        int code = 0;
        switch (websocket_hear(&state->reader, in, &payload, &code, &e)) {
        case WEBSOCKET_HEARD_LITTLE:
            return TALK_MORE;
        case WEBSOCKET_HEARD_TEXT:
        case WEBSOCKET_HEARD_BINARY:
            next = after_steps(run, websocket_steps_hear(run, payload));
            break;
        case WEBSOCKET_HEARD_PING:
            next = hear_ping(run, payload);
            break;
        case WEBSOCKET_HEARD_PONG:
            next = hear_pong(run, payload);
            break;
        case WEBSOCKET_HEARD_CLOSE:
            next = hear_close(run, code, payload);
            break;
        case WEBSOCKET_HEARD_FAULT:
            next = fault(run, code, &e);
            break;
        }
    }
    return next;
}

/* ---- the upgrade ---- */

/* RFC 9110 §15.2: other 1xx come before an answer, and mean nothing here. */
static bool is_interim(int status)
{
    return status < 200 && status != 101;
}

static enum talk hear_upgrade(struct run *run, struct bytes *in)
{
    const struct websocket_conf *conf = run_conf(run);
    struct websocket_state *state = run_state(run);
    enum reason reason;
    struct err e = {0};

    do {
        const size_t unread = in->len;
        if (!websocket_answer_take(in, run_arena(run), &state->answer, &reason, &e)) {
            if (reason == REASON_NONE)
                return TALK_MORE;
            run_down(run, reason, "%s %s", peer_name(run), e.text);
            return TALK_CLOSE;
        }
        state->head_len += unread - in->len;
    } while (is_interim(state->answer.status) && state->head_len <= WEBSOCKET_MAX_HEAD);
    reason =
        websocket_answer_judge(conf, state->key, &state->answer, &state->subprotocol, &e);
    if (reason != REASON_NONE) {
        run_down(run, reason, "%s %s", peer_name(run), e.text);
        return TALK_CLOSE;
    }
    run_trace(run, "upgraded", "subprotocol %s",
              state->subprotocol ? state->subprotocol : "none");
    go_to(run, WEBSOCKET_AT_STEPS);
    return after_steps(run, websocket_steps_go(run));
}

static enum talk hear_end(struct run *run)
{
    struct websocket_state *state = run_state(run);

    if (state->place == WEBSOCKET_AT_UPGRADE)
        return TALK_MORE; /* the frame says how far it came */
    websocket_note_unmatched(run);
    run_down(run, REASON_CLOSED, "%s closed the connection without a close frame; %s",
             peer_name(run), websocket_waited_for(run));
    return TALK_CLOSE;
}

static enum talk websocket_talk(struct run *run, enum talk_event event, struct bytes *in)
{
    struct websocket_state *state = run_state(run);
    enum talk next = TALK_MORE;

    if (event == TALK_OPEN)
        return say_request(run);
    if (state->place == WEBSOCKET_AT_UPGRADE && in->len)
        next = hear_upgrade(run, in);
    if (state->place != WEBSOCKET_AT_UPGRADE && next == TALK_MORE)
        next = hear_frames(run, in);
    return next == TALK_MORE && event == TALK_EOF ? hear_end(run) : next;
}

static bool websocket_aim(const void *the_conf, struct arena *arena,
                          struct dial *ret_dial, struct err *e)
{
    const struct websocket_conf *conf = the_conf;
    const char *name = ret_dial->tls.server_name;

    ret_dial->host = conf->at.host;
    ret_dial->port = conf->at.port;
    ret_dial->is_tls = ret_dial->is_tls || conf->at.is_tls;
    for (size_t i = 0; i < conf->headers.count; i++) {
        const struct pair *h = &conf->headers.items[i];
        int port;
        if (bytes_is_nocase(bytes_of(h->key), "host") && !(name && name[0]) &&
            !dial_split(arena, h->value, &ret_dial->tls.server_name, &port, e))
            return err_wrap(e, "headers: Host");
    }
    return true;
}

static void websocket_end_report(struct run *run)
{
    const struct websocket_state *state = run_state(run);

    if (run_has_timed_out(run) && state->place != WEBSOCKET_AT_UPGRADE) {
        websocket_note_unmatched(run);
        run_explain(run, "%s", websocket_waited_for(run));
    }
    websocket_report(run);
}

const struct probe_type probe_websocket = {
    .name = "websocket",
    .job = "blackbox",
    .summary = "WebSocket servers: the upgrade, an answer to a message, and a ping.",
    .example = "websocket: {url: \"wss://chat.example.com/ws\", json: {type: hello}, "
               "answer: welcome}",
    .is_critical = true,
    .conf_size = sizeof(struct websocket_conf),
    .state_size = sizeof(struct websocket_state),
    .validate = websocket_validate,
    .aim = websocket_aim,
    .talk = websocket_talk,
    .report = websocket_end_report,
    .metrics = websocket_metrics,
    .vars = websocket_vars,
    .opts = websocket_opts,
};
