/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redis, Valkey and KeyDB: logs in, and is up when PING is answered; then asks for the facts that redis_exporter shows.
 * What the server refuses beyond PING is a part that failed, never down. Only reads, and never asks for `CONFIG GET *`,
 * which tells passwords.
 */
#include "probes/redis.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/core/conn.h"

/* What was refused is asked again then: each refusal makes a line in the server's ACL LOG. */
#define REFUSED_FOR (10 * NSEC_PER_MINUTE)

static const char *const part_names[REDIS_PART_COUNT] = {
    [REDIS_PART_INFO] = "info",       [REDIS_PART_CONFIG] = "config",
    [REDIS_PART_SLOWLOG] = "slowlog", [REDIS_PART_LATENCY] = "latency",
    [REDIS_PART_CLUSTER] = "cluster", [REDIS_PART_SENTINEL] = "sentinel",
    [REDIS_PART_KEYS] = "keys",       [REDIS_PART_SCAN] = "scan",
};

void redis_sample(struct run *run, enum redis_family family, const char *const *values,
                  double value)
{
    run_sample_with(run, &redis_families[family], values, value);
}

/* ---- parts ---- */

bool redis_part_begin(struct run *run, enum redis_part part)
{
    struct redis_state *state = run_state(run);
    struct redis_session *session = run_session(run)->state;

    state->parts_tried[part] = true;
    if (!session->refused_until[part].ns ||
        mono_reached(mono_read(), session->refused_until[part]))
        return true;
    state->parts_failed[part] = true;
    run_group_failed(run, part_names[part], "%s", session->refused_why[part]);
    return false;
}

void redis_part_enter(struct run *run, enum redis_part part)
{
    run_group(run, part_names[part]);
}

void redis_part_missing(struct run *run, enum redis_part part, const char *fmt, ...)
{
    struct redis_state *state = run_state(run);
    char text[400];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    state->parts_failed[part] = true;
    run_group_failed(run, part_names[part], "%s", text);
}

/* A refusal stays one for a while; anything else may be better the next time. */
static bool is_refusal(const struct resp_value *value)
{
    return value->kind == RESP_ERROR &&
           (bytes_starts(value->text, "NOPERM") ||
            bytes_starts(value->text, "ERR unknown command") ||
            bytes_starts(value->text, "ERR unknown subcommand"));
}

void redis_part_failed(struct run *run, enum redis_part part,
                       const struct resp_value *value)
{
    struct redis_session *session = run_session(run)->state;
    const char *said = resp_said(run, value);

    redis_part_missing(run, part, "the server said %s", said);
    if (!is_refusal(value))
        return;
    /* One text a part and session: what is refused is refused for the same reason. */
    if (!session->refused_why[part])
        session->refused_why[part] =
            arena_printf(run_session(run)->arena, "the server said %s", said);
    session->refused_until[part] = mono_add(mono_read(), REFUSED_FOR);
}

void redis_parts_report(struct run *run)
{
    const struct redis_state *state = run_state(run);

    for (int part = 0; part < REDIS_PART_COUNT; part++) {
        /* A server that is down shows nothing: what was known of it ends. */
        if (!state->is_up)
            redis_part_enter(run, (enum redis_part)part);
    }
    run_group(run, "");
    for (int part = 0; part < REDIS_PART_COUNT; part++) {
        if (state->parts_tried[part])
            redis_sample(run, REDIS_COLLECTOR, (const char *const[]){part_names[part]},
                         !state->parts_failed[part]);
    }
}

/* ---- the dialogue ---- */

static void on_logged_in(struct run *run, const struct resp_value *value, void *ctx)
{
    if (value->kind != RESP_STATUS)
        redis_fault(run, "AUTH", value);
}

/* A name in CLIENT LIST is a courtesy: a server that does not allow it is fine. */
static void on_named(struct run *run, const struct resp_value *value, void *ctx)
{
}

static void on_pong(struct run *run, const struct resp_value *value, void *ctx)
{
    struct redis_state *state = run_state(run);

    if (!bytes_is(resp_text(value), "PONG")) {
        redis_fault(run, "PING", value);
        return;
    }
    state->ping = mono_since(mono_read(), state->ping_sent);
    state->is_up = true;
    if (!run_is_kept(run))
        redis_ask_text(run, on_named, NULL, "CLIENT SETNAME healthd", NULL);
    redis_info_ask(run);
}

/* Also on a kept connection: a password that was changed there would be noticed by everybody else only. */
static void log_in(struct run *run)
{
    const struct redis_conf *conf = run_conf(run);
    struct bytes words[3] = {bytes_of("AUTH")};
    size_t count = 1;

    if (!conf->pass)
        return;
    if (conf->user)
        words[count++] = bytes_of(conf->user);
    words[count++] = bytes_of(conf->pass);
    redis_ask(run, on_logged_in, NULL, words, count);
}

static void open_dialogue(struct run *run)
{
    const struct redis_conf *conf = run_conf(run);
    struct redis_state *state = run_state(run);

    state->reader = resp_create(run_arena(run));
    log_in(run);
    if (run_is_kept(run))
        state->database = conf->selected;
    else
        redis_ask_in(run, conf->selected);
    redis_ask_text(run, on_pong, NULL, "PING", NULL);
    state->ping_sent = mono_read();
}

/* Every question is answered. The next run on this connection finds the database as this one did. */
static bool is_done(struct run *run)
{
    const struct redis_conf *conf = run_conf(run);
    struct redis_state *state = run_state(run);

    if (!state->first && state->is_up)
        redis_ask_in(run, conf->selected);
    return !state->first;
}

static enum talk conclude(struct run *run)
{
    const struct redis_state *state = run_state(run);

    run_up(run);
    return resp_is_within(state->reader) ? TALK_CLOSE : TALK_DONE;
}

static enum talk redis_talk(struct run *run, enum talk_event event, struct bytes *in)
{
    struct redis_state *state = run_state(run);
    const struct resp_value *value = NULL;

    if (event == TALK_OPEN)
        open_dialogue(run);
    for (;;) {
        const enum resp_next next = resp_next(state->reader, in, &value);
        if (next == RESP_NO_RESP || next == RESP_TOO_LARGE) {
            redis_fault_protocol(run, next);
            return TALK_CLOSE;
        }
        if (next == RESP_WAITING)
            break;
        if (!redis_ask_answer(run, value))
            run_down(run, REASON_PROTOCOL,
                     "the server answered what nobody asked, with %s",
                     resp_said(run, value));
        if (run_is_answered(run))
            return TALK_CLOSE;
        if (is_done(run))
            return conclude(run);
    }
    redis_ask_flush(run);
    return TALK_MORE;
}

static double time_between(struct run *run, enum phase first, enum phase last)
{
    nsec sum = 0;

    for (int phase = (int)first; phase <= (int)last; phase++)
        sum += run_phase_time(run, (enum phase)phase);
    return nsec_to_sec(sum);
}

static void redis_report(struct run *run)
{
    const struct redis_state *state = run_state(run);
    struct redis_session *session = run_session(run)->state;
    const char *waits = redis_ask_waits(run);

    if (run_has_timed_out(run) && waits)
        run_explain(run, "%s was not answered", waits);
    run_group(run, "");
    redis_sample(run, REDIS_UP, NULL, state->is_up);
    redis_sample(run, REDIS_SCRAPES, NULL, (double)++session->runs);
    redis_sample(run, REDIS_SCRAPE_ERROR, (const char *const[]){""}, !state->is_up);
    redis_sample(run, REDIS_SCRAPE_TIME, NULL,
                 time_between(run, PHASE_RESOLVE, PHASE_TRANSFER));
    redis_sample(run, REDIS_CONNECT_TIME, NULL,
                 time_between(run, PHASE_RESOLVE, PHASE_TLS));
    if (state->is_up)
        redis_sample(run, REDIS_PING_TIME, NULL, nsec_to_sec(state->ping));
    redis_parts_report(run);
}

const struct probe_type probe_redis = {
    .name = "redis",
    .job = "redis",
    .summary = "Redis, Valkey and KeyDB servers and sentinels, with redis_exporter's "
               "metric names.",
    .example = "redis:\n"
               "  url: \"rediss://cache:6379/0\"\n"
               "  keys: [jobs, \"db1=mail:outgoing\"]\n"
               "  patterns: [\"bull:*:wait\"]\n",
    .port = 6379,
    .is_critical = true,
    .keeps_connection = true,
    .conf_size = sizeof(struct redis_conf),
    .state_size = sizeof(struct redis_state),
    .session_size = sizeof(struct redis_session),
    .validate = redis_validate,
    .aim = redis_aim,
    .talk = redis_talk,
    .report = redis_report,
    .metrics = redis_metrics,
    .vars = redis_vars,
    .limits = redis_limits,
    .opts = redis_opts,
};
