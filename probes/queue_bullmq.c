/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BullMQ's queues, looked at and never touched: how many jobs are in each state, how long the oldest waits, what failed
 * last and why, who works. Its keys are <prefix>:<queue>:<state>; jobs are hashes <prefix>:<queue>:<id>.
 */
#include <math.h>
#include <string.h>

#include "probes/queue.h"

#define DELAYED_SCALE \
    4096.0 /* a delayed job's score is its time in ms, shifted by 12 bits */
#define RECENT_MS 900000.0
#define LOOKED_AT \
    "9" /* prioritized jobs from either end: the most and the least urgent ten */
#define LOOKED_AT_END "-10"

static const char *key_of(struct run *run, const char *part)
{
    const struct queue_conf *conf = run_conf(run);
    return arena_printf(run_arena(run), "%s:%s:%s", conf->prefix, conf->name, part);
}

static double now_ms(struct run *run)
{
    return wall_to_sec(run_wall(run)) * 1e3;
}

static double age_of(struct run *run, double ms)
{
    const double age = (now_ms(run) - ms) / 1e3;
    return age > 0 ? age : 0;
}

static void is_older(struct run *run, enum queue_count state, double age)
{
    struct queue_state *s = run_state(run);

    if (isnan(s->oldest[state]) || age > s->oldest[state])
        s->oldest[state] = age;
}

/* ---- jobs ---- */

static void on_waiting_since(void *ctx, const struct resp_value *value)
{
    double ms;

    if (resp_number(value, &ms))
        is_older(ctx, QUEUE_WAITING, age_of(ctx, ms));
}

static void on_active_since(void *ctx, const struct resp_value *value)
{
    double ms;

    if (resp_number(value, &ms))
        is_older(ctx, QUEUE_ACTIVE, age_of(ctx, ms));
}

static void on_failed_reason(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);
    const struct bytes text = bytes_cut(resp_text(value), 1000);

    if (value->kind == RESP_TEXT)
        state->failure_reason = arena_strndup(run_arena(run), text.ptr, text.len);
}

static void ask_job(struct run *run, const struct resp_value *id, const char *field,
                    redis_link_answer *answer)
{
    const struct bytes text = resp_text(id);

    /* BullMQ before 5 has markers among the ids: "0:…" */
    if (!text.len || text.len > 512 || bytes_starts(text, "0:"))
        return;
    queue_redis_ask(run, answer, "HGET",
                    key_of(run, arena_strndup(run_arena(run), text.ptr, text.len)), field,
                    NULL);
}

static bool is_refused(struct run *run, const char *command,
                       const struct resp_value *value)
{
    if (value->kind != RESP_ERROR)
        return false;
    queue_redis_fail(run, command, value);
    return true;
}

static void on_waiting(void *ctx, const struct resp_value *value)
{
    if (!is_refused(ctx, "LINDEX", value))
        ask_job(ctx, value, "timestamp", on_waiting_since);
}

static void on_active(void *ctx, const struct resp_value *value)
{
    if (!is_refused(ctx, "LINDEX", value))
        ask_job(ctx, value, "processedOn", on_active_since);
}

static void on_prioritized(void *ctx, const struct resp_value *value)
{
    if (is_refused(ctx, "ZRANGE", value))
        return;
    for (size_t i = 0; value->kind == RESP_LIST && i < value->count; i++)
        ask_job(ctx, value->items[i], "timestamp", on_waiting_since);
}

/* [id, score]: of the one that is due first. */
static void on_delayed(void *ctx, const struct resp_value *value)
{
    double score;

    if (is_refused(ctx, "ZRANGE", value))
        return;
    if (value->kind == RESP_LIST && value->count == 2 &&
        resp_number(value->items[1], &score))
        is_older(ctx, QUEUE_DELAYED, age_of(ctx, score / DELAYED_SCALE));
}

static void on_failed(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);
    double ms;

    if (is_refused(run, "ZREVRANGE", value))
        return;
    if (value->kind != RESP_LIST || value->count != 2 ||
        !resp_number(value->items[1], &ms))
        return;
    state->last_failure = ms / 1e3;
    ask_job(run, value->items[0], "failedReason", on_failed_reason);
}

/* ---- counts ---- */

static void take_count(struct run *run, enum queue_count count, const char *command,
                       const struct resp_value *value)
{
    struct queue_state *state = run_state(run);

    if (!is_refused(run, command, value))
        resp_number(value, &state->counts[count]);
}

#define COUNT_ANSWER(name, count, command)                      \
    static void name(void *ctx, const struct resp_value *value) \
    {                                                           \
        take_count(ctx, count, command, value);                 \
    }
COUNT_ANSWER(on_wait_count, QUEUE_WAITING, "LLEN")
COUNT_ANSWER(on_active_count, QUEUE_ACTIVE, "LLEN")
COUNT_ANSWER(on_paused_count, QUEUE_PAUSED, "LLEN")
COUNT_ANSWER(on_delayed_count, QUEUE_DELAYED, "ZCARD")
COUNT_ANSWER(on_prioritized_count, QUEUE_PRIORITIZED, "ZCARD")
COUNT_ANSWER(on_children_count, QUEUE_CHILDREN, "ZCARD")
COUNT_ANSWER(on_failed_count, QUEUE_FAILED, "ZCARD")
COUNT_ANSWER(on_completed_count, QUEUE_COMPLETED, "ZCARD")

static const struct {
    const char *command, *part;
    redis_link_answer *answer;
} counts[] = {
    {"LLEN", "wait", on_wait_count},
    {"LLEN", "active", on_active_count},
    {"LLEN", "paused", on_paused_count},
    {"ZCARD", "delayed", on_delayed_count},
    {"ZCARD", "prioritized", on_prioritized_count},
    {"ZCARD", "waiting-children", on_children_count},
    {"ZCARD", "failed", on_failed_count},
    {"ZCARD", "completed", on_completed_count},
};

static void on_recent(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);

    if (!is_refused(run, "ZCOUNT", value))
        resp_number(value, &state->recent_failures);
}

/* The hash of the queue's settings: there as soon as somebody made the queue. */
static void on_meta(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);

    if (!is_refused(run, "HMGET", value) && value->kind == RESP_LIST && value->count == 2)
        state->is_paused = value->items[0]->kind != RESP_NIL;
}

/* ---- the end ---- */

static bool is_nothing(const struct queue_state *state)
{
    for (size_t i = 0; i < QUEUE_COUNT_COUNT; i++) {
        if (state->counts[i] > 0)
            return false;
    }
    return true;
}

static void on_exists(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    const struct queue_conf *conf = run_conf(run);

    if (is_refused(run, "EXISTS", value))
        return;
    if (value->kind == RESP_NUMBER && !value->number && is_nothing(run_state(run)))
        queue_fail(run, REASON_NO_QUEUE,
                   "BullMQ has no queue %s in database %lld: there is no key %s; is "
                   "`prefix` the application's?",
                   conf->name, (long long)conf->redis.database, key_of(run, "meta"));
}

/* Nothing waits longer than what was not there. */
static void fill_gaps(struct queue_state *state)
{
    for (int state_at = 0; state_at < QUEUE_PRIORITIZED; state_at++) {
        if (isnan(state->oldest[state_at]))
            state->oldest[state_at] = 0;
    }
}

static void on_end(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    (void)value;

    fill_gaps(run_state(run));
    queue_next(run);
}

/* Questions that answers led to are asked by now; this one comes back after them. */
static void on_first_end(void *ctx, const struct resp_value *value)
{
    (void)value;
    queue_redis_ask(ctx, on_end, "PING", NULL);
    queue_redis_flush(ctx);
}

static void ask_ends(struct run *run)
{
    const char *recent = arena_printf(run_arena(run), "%.0f", now_ms(run) - RECENT_MS);

    queue_redis_ask(run, on_meta, "HMGET", key_of(run, "meta"), "paused", "version",
                    NULL);
    queue_redis_ask(run, on_waiting, "LINDEX", key_of(run, "wait"), "-1", NULL);
    queue_redis_ask(run, on_waiting, "LINDEX", key_of(run, "paused"), "-1", NULL);
    queue_redis_ask(run, on_active, "LINDEX", key_of(run, "active"), "-1", NULL);
    queue_redis_ask(run, on_prioritized, "ZRANGE", key_of(run, "prioritized"), "0",
                    LOOKED_AT, NULL);
    queue_redis_ask(run, on_prioritized, "ZRANGE", key_of(run, "prioritized"),
                    LOOKED_AT_END, "-1", NULL);
    queue_redis_ask(run, on_delayed, "ZRANGE", key_of(run, "delayed"), "0", "0",
                    "WITHSCORES", NULL);
    queue_redis_ask(run, on_failed, "ZREVRANGE", key_of(run, "failed"), "0", "0",
                    "WITHSCORES", NULL);
    queue_redis_ask(run, on_recent, "ZCOUNT", key_of(run, "failed"), recent, "+inf",
                    NULL);
}

static void bullmq_measure(struct run *run)
{
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        queue_redis_ask(run, counts[i].answer, counts[i].command,
                        key_of(run, counts[i].part), NULL);
    ask_ends(run);
    queue_workers_ask(run);
    queue_redis_ask(run, on_exists, "EXISTS", key_of(run, "meta"), NULL);
    queue_redis_ask(run, on_first_end, "PING", NULL);
    queue_redis_flush(run);
}

const struct queue_kind queue_bullmq = {
    .name = "bullmq",
    .is_read_only = true,
    .measure = bullmq_measure,
};
