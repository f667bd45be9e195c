/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See deadman.h. When to ping, and what an answer means: it is judged as a notice's is, and by the words of
 * healthchecks.io, which says of a UUID that it does not know "OK (not found)", with status 200.
 */
#include <stdio.h>
#include <stdlib.h>

#include "alerts/deadman_impl.h"
#include "alerts/notify.h"
#include "alerts/route.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"

/* Another look while one commit is awaited; and after a failure or while withheld: at most four pings a minute, of which
 * healthchecks.io takes five. */
#define LOOK_AGAIN NSEC_PER_SEC
#define TRY_AGAIN (15 * NSEC_PER_SEC)
#define PING_TIMEOUT (10 * NSEC_PER_SEC)
#define REPLY_MAX_BYTES ((size_t)64 * 1024)

enum { M_LAST_PING, M_WITHHELD, M_FAILURES, M_MISCONFIGURED, M_COUNT };

static const struct metric gauges[M_COUNT] = {
    [M_LAST_PING] = {.name = "healthd_deadman_last_ping_timestamp_seconds",
                     .kind = METRIC_GAUGE,
                     .unit = "seconds",
                     .help = "When the dead-man ping was answered well last"},
    [M_WITHHELD] = {.name = "healthd_deadman_withheld",
                    .kind = METRIC_GAUGE,
                    .unit = "",
                    .help =
                        "1 while the dead-man ping is withheld, because alerting does "
                        "not work as a whole"},
    [M_FAILURES] = {.name = "healthd_deadman_failures",
                    .kind = METRIC_GAUGE,
                    .unit = "",
                    .help = "Dead-man pings in a row that were not answered well"},
    [M_MISCONFIGURED] = {.name = "healthd_deadman_misconfigured",
                         .kind = METRIC_GAUGE,
                         .unit = "",
                         .help = "1 while whoever serves the dead-man URL does not know "
                                 "it, or it cannot be read"},
};

static const struct metric pings = {
    .name = "healthd_deadman_pings_total",
    .kind = METRIC_COUNTER,
    .unit = "",
    .help = "Dead-man pings, by what came of them: ok, failed, misconfigured, withheld",
    .labels = {"result"}};

const struct metric_rows deadman_families[] = {
    METRIC_ROWS(gauges), METRIC_ROW(pings), {0}};

/* ---- metrics ---- */

static void count(const struct deadman *d, const char *result)
{
    if (d->registry)
        series_add(registry_series(d->registry, d->source, &pings, &result), 1);
}

static void refresh_metrics(const struct deadman *d)
{
    const double values[M_COUNT] = {
        [M_LAST_PING] = wall_to_sec(d->last_ping),
        [M_WITHHELD] = deadman_is_withheld(d->state),
        [M_FAILURES] = d->conf ? d->failures : 0,
        [M_MISCONFIGURED] = d->conf && d->is_misconfigured,
    };
    for (size_t i = 0; d->registry && i < M_COUNT; i++)
        series_set(registry_series(d->registry, d->source, &gauges[i], NULL), values[i]);
}

/* ---- a ping ---- */

static void keep_why(struct deadman *d, const char *why)
{
    snprintf(d->why, sizeof(d->why), "%s", why);
}

static void judge(struct deadman *d, const struct reply *reply, struct judgement *j)
{
    judge_http(reply, d->now, d->arena, j);
    if (j->outcome == OUTCOME_REJECT)
        j->outcome = OUTCOME_CONFIG;
    if (j->outcome != OUTCOME_OK)
        return;
    if (bytes_starts(reply->body, "OK (not found)")) {
        j->outcome = OUTCOME_CONFIG;
        j->why = "it answers that it does not know this URL";
    } else if (bytes_starts(reply->body, "OK (rate limited)")) {
        j->outcome = OUTCOME_RETRY;
        j->why = "it answers that it is asked too often";
    }
}

/* The arena stays until the next advance: this may come from within send. */
static void answered(struct deadman *d, const struct judgement *j)
{
    d->exchange = NULL;
    d->has_answered = true;
    d->outcome = j->outcome;
    d->retry_after = j->retry_after;
    keep_why(d, secrets_redacted(d->secrets, d->arena, j->why ? j->why : ""));
    if (d->wake)
        d->wake(d->wake_ctx);
}

static void on_reply(void *ctx, const struct reply *reply)
{
    struct deadman *d = ctx;
    struct judgement j = {.why = ""};
    judge(d, reply, &j);
    answered(d, &j);
}

static void ping(struct deadman *d, struct wall now)
{
    const void *conf;
    struct err e = {0};
    d->arena = arena_create(0);
    d->next = wall_add(now, d->every);
    if (!template_fill(d->conf, NULL, NULL, d->arena, &conf, &e)) {
        answered(d, &(struct judgement){.outcome = OUTCOME_CONFIG, .why = e.text});
        return;
    }
    const struct deadman_conf *own = conf;
    struct request *request = arena_alloc(d->arena, sizeof(*request));
    *request = (struct request){
        .method = "GET",
        .url = arena_strdup(d->arena, own->url.value),
        .timeout = PING_TIMEOUT,
        .max_body = REPLY_MAX_BYTES,
        .max_header = REPLY_MAX_BYTES,
    };
    void *exchange = d->transport.send(d->transport.ctx, d->arena, request, on_reply, d);
    if (!d->has_answered)
        d->exchange = exchange;
}

static void succeeded(struct deadman *d, struct wall now)
{
    if (d->failures > 0)
        log_info(EV("deadman answered"), INT("failures", d->failures));
    d->last_ping = now;
    d->failures = 0;
    d->is_misconfigured = false;
    keep_why(d, "");
    count(d, "ok");
}

static nsec try_again(const struct deadman *d)
{
    return d->every < TRY_AGAIN ? d->every : TRY_AGAIN;
}

static void failed(struct deadman *d, struct wall now)
{
    nsec wait = try_again(d);
    if (d->retry_after > wait)
        wait = d->retry_after < d->every ? d->retry_after : d->every;
    d->next = wall_add(now, wait);
    d->is_misconfigured = false;
    if (d->failures++ == 0)
        log_warning(EV("deadman failed"), STR("why", d->why));
    count(d, "failed");
}

static void refused(struct deadman *d)
{
    d->failures++;
    if (!d->is_misconfigured)
        log_error(EV("deadman misconfigured"), STR("why", d->why),
                  STR("hint", "correct `notify.deadman` and reload; until then nobody is "
                              "told when this machine is gone"));
    d->is_misconfigured = true;
    count(d, "misconfigured");
}

static void settle(struct deadman *d, struct wall now)
{
    arena_destroy(d->arena);
    d->arena = NULL;
    d->has_answered = false;
    switch (d->outcome) {
    case OUTCOME_OK:
        succeeded(d, now);
        break;
    case OUTCOME_RETRY:
        failed(d, now);
        break;
    case OUTCOME_CONFIG:
    case OUTCOME_REJECT:
    case OUTCOME_ANEW:
        refused(d);
        break;
    }
}

/* ---- time ---- */

/* The one place where its state moves. Whoever waits stays what he was. */
static void move(struct deadman *d, enum deadman_state state,
                 const struct deadman_facts *f, struct wall now)
{
    const enum deadman_state before = d->state;
    d->state = state;
    if (deadman_is_withheld(state)) {
        struct buf why = BUF_MAX(sizeof(d->why));
        deadman_explain(f, state, now, &why);
        keep_why(d, buf_text(&why));
        buf_finish(&why);
        if (state != before)
            log_warning(EV("deadman withheld"), STR("why", d->why));
    } else if (deadman_is_withheld(before)) {
        keep_why(d, "");
        log_info(EV("deadman resumed"));
    }
}

static void look(struct deadman *d, const struct deadman_facts *f, struct wall now)
{
    const enum deadman_state state = deadman_judge(d, f, now);
    if (state == DEADMAN_WAITING) {
        d->next = wall_add(now, LOOK_AGAIN);
        return;
    }
    move(d, state, f, now);
    if (state == DEADMAN_PINGING) {
        ping(d, now);
    } else {
        count(d, "withheld");
        d->next = wall_add(now, try_again(d));
    }
}

struct wall deadman_next(const struct deadman *d)
{
    if (d->has_answered)
        return d->now;
    return d->conf && !d->arena ? d->next : (struct wall){0};
}

struct wall deadman_advance(struct deadman *d, const struct deadman_facts *f,
                            struct wall now)
{
    d->now = now;
    if (d->has_answered)
        settle(d, now);
    if (d->conf && !d->arena && now.ns >= d->next.ns) {
        look(d, f, now);
        if (d->has_answered)
            settle(d, now);
    }
    refresh_metrics(d);
    return deadman_next(d);
}

/* ---- its life ---- */

void deadman_adopt(struct deadman *d, const struct template *conf, nsec every,
                   struct wall now)
{
    const bool is_new = !d->conf || d->every != every || d->is_misconfigured;
    if (!d->started.ns)
        d->started = now;
    d->conf = conf;
    d->every = every;
    if (!conf)
        d->state = DEADMAN_OFF;
    else if (d->state == DEADMAN_OFF)
        d->state = DEADMAN_WAITING;
    if (conf && is_new)
        d->next = now;
    if (is_new)
        refresh_metrics(d);
}

void deadman_on_wake(struct deadman *d, void (*wake)(void *ctx), void *ctx)
{
    d->wake = wake;
    d->wake_ctx = ctx;
}

void deadman_expose(struct deadman *d, struct registry *r, struct source *s)
{
    d->registry = r;
    d->source = s;
}

struct deadman_status deadman_status(const struct deadman *d)
{
    return (struct deadman_status){
        .state = d->state,
        .last_ping = d->last_ping,
        .why = d->why,
        .failures = d->failures,
        .is_misconfigured = d->is_misconfigured,
    };
}

struct deadman *deadman_create(struct transport t, struct secrets *secrets)
{
    struct deadman *d = memory_take(sizeof(*d));
    *d = (struct deadman){.transport = t, .secrets = secrets, .state = DEADMAN_OFF};
    return d;
}

void deadman_destroy(struct deadman *d)
{
    if (!d)
        return;
    if (d->exchange)
        d->transport.cancel(d->transport.ctx, d->exchange);
    arena_destroy(d->arena);
    free(d);
}
