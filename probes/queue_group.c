/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far the application's stream is: its length and the age of what waits longest; with `group`, what that group was not
 * handed, has not acknowledged, and whether it is done with one entry. Called by queue_stream.c. Changes nothing.
 */
#include <math.h>
#include <string.h>

#include "probes/queue.h"

static bool read_id(struct bytes text, uint64_t *ret_ms, uint64_t *ret_number)
{
    struct bytes ms;

    return bytes_token(&text, '-', &ms) && bytes_to_u64(ms, ret_ms) &&
           bytes_to_u64(text, ret_number);
}

/* "1526569495631-0" is not before "1526569495630-5". */
bool queue_id_reached(struct bytes id, struct bytes wanted)
{
    uint64_t ms, number, wanted_ms, wanted_number;

    if (!read_id(id, &ms, &number) || !read_id(wanted, &wanted_ms, &wanted_number))
        return false;
    return ms != wanted_ms ? ms > wanted_ms : number >= wanted_number;
}

static double age_of(struct run *run, struct bytes id)
{
    uint64_t ms, number;

    if (!read_id(id, &ms, &number))
        return NAN;
    const double age = wall_to_sec(run_wall(run)) - (double)ms / 1e3;
    return age > 0 ? age : 0;
}

static const struct resp_value *find_group(struct run *run,
                                           const struct resp_value *groups)
{
    const struct queue_conf *conf = run_conf(run);

    for (size_t i = 0; groups->kind == RESP_LIST && i < groups->count; i++) {
        const struct resp_value *group = groups->items[i];
        if (bytes_is(resp_text(resp_field(group, "name")), conf->group))
            return group;
    }
    return NULL;
}

static void say_no_group(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);

    queue_fail(run, REASON_NO_QUEUE,
               "the stream %s has no group %s: no worker has ever made it", conf->name,
               conf->group);
}

/* ---- one entry ---- */

static void on_pending(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    const struct queue_state *state = run_state(run);

    if (value->kind == RESP_ERROR)
        queue_redis_fail(run, "XPENDING", value);
    else if (state->is_taken && !(value->kind == RESP_LIST && value->count))
        queue_arrived(run);
    else
        queue_look_again(run);
}

static void on_handed(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);
    const struct resp_value *group = find_group(run, value);

    if (value->kind == RESP_ERROR) {
        queue_redis_fail(run, "XINFO GROUPS", value);
        return;
    }
    if (!group) {
        say_no_group(run);
        return;
    }
    state->is_taken = queue_id_reached(resp_text(resp_field(group, "last-delivered-id")),
                                       bytes_of(state->entry));
    queue_redis_ask(run, on_pending, "XPENDING", conf->name, conf->group, state->entry,
                    state->entry, "1", NULL);
    queue_redis_flush(run);
}

void queue_group_look(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);

    queue_redis_ask(run, on_handed, "XINFO", "GROUPS", conf->name, NULL);
    queue_redis_flush(run);
}

/* ---- the whole stream ---- */

static void failed(struct run *run, const char *command, const struct resp_value *value)
{
    queue_unmeasured(run, "the server answered %s with %s", command,
                     resp_said(run, value));
}

/* The first entry of those that wait: [[id, fields]]. */
static void on_oldest(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);

    if (value->kind != RESP_LIST)
        failed(run, "XRANGE", value);
    else if (!value->count)
        state->oldest[QUEUE_WAITING] = 0;
    else if (value->items[0]->kind == RESP_LIST && value->items[0]->count)
        state->oldest[QUEUE_WAITING] = age_of(run, resp_text(value->items[0]->items[0]));
    queue_next(run);
}

/* [count, first id, last id, consumers] */
static void on_pending_all(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);

    if (value->kind != RESP_LIST || value->count < 2)
        failed(run, "XPENDING", value);
    else
        state->oldest[QUEUE_ACTIVE] =
            value->items[1]->kind == RESP_TEXT ? age_of(run, value->items[1]->text) : 0;
}

static void on_groups(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);
    const struct resp_value *group = find_group(run, value);

    if (!group && value->kind == RESP_ERROR &&
        !bytes_starts(value->text, "ERR no such key")) {
        failed(run, "XINFO GROUPS", value);
        queue_next(run);
        return;
    }
    if (!group) {
        say_no_group(run);
        return;
    }
    resp_number(resp_field(group, "pending"), &state->counts[QUEUE_ACTIVE]);
    resp_number(resp_field(group, "lag"), &state->counts[QUEUE_WAITING]);
    resp_number(resp_field(group, "consumers"), &state->workers);
    const struct bytes last = resp_text(resp_field(group, "last-delivered-id"));
    const char *from = arena_printf(run_arena(run), "(%.*s", (int)last.len, last.ptr);
    queue_redis_ask(run, on_pending_all, "XPENDING", conf->name, conf->group, NULL);
    queue_redis_ask(run, on_oldest, "XRANGE", conf->name, from, "+", "COUNT", "1", NULL);
    queue_redis_flush(run);
}

static void on_length(void *ctx, const struct resp_value *value)
{
    struct run *run = ctx;
    struct queue_state *state = run_state(run);

    if (value->kind == RESP_NUMBER)
        state->counts[QUEUE_WAITING] = (double)value->number;
    else
        failed(run, "XLEN", value);
}

void queue_stream_measure(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);

    if (!conf->name[0]) {
        queue_next(run);
        return;
    }
    if (conf->group[0]) {
        queue_redis_ask(run, on_groups, "XINFO", "GROUPS", conf->name, NULL);
    } else {
        queue_redis_ask(run, on_length, "XLEN", conf->name, NULL);
        queue_redis_ask(run, on_oldest, "XRANGE", conf->name, "-", "+", "COUNT", "1",
                        NULL);
    }
    queue_redis_flush(run);
}
