/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of workflow engines over HTTP: read on the pool, taken on the loop a few at a time, so that a full request holds
 * up nobody. Faulty events are told one by one, and hold up no others.
 */
#include <stdlib.h>
#include <string.h>

#include "collector/api.h"
#include "collector/daemon.h"
#include "collector/events.h"
#include "lib/base/memory.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"

#define TAKEN_A_TURN 100

struct intake {
    struct arena *arena;
    struct exchange *exchange; /* NULL: the peer has left */
    struct daemon *daemon;
    struct bytes text;
    bool is_lines;
    struct event_batch batch;
    size_t taken;
};

static json_t *faults_json(const struct event_batch *b)
{
    json_t *list = json_array();
    for (size_t i = 0; i < b->fault_count; i++)
        json_array_append_new(list, json_pack("{s:I, s:s}", "line",
                                              (json_int_t)b->faults[i].line, "error",
                                              b->faults[i].text));
    return list;
}

static void reply(struct intake *in)
{
    const struct event_batch *b = &in->batch;
    const bool is_bad = b->count == 0 && b->rejected > 0;
    if (in->exchange)
        exchange_reply_value(
            in->exchange, is_bad ? 400 : 200,
            json_pack("{s:s, s:I, s:I, s:o}", "status", b->rejected ? "partial" : "ok",
                      "accepted", (json_int_t)b->count, "rejected",
                      (json_int_t)b->rejected, "errors", faults_json(b)));
}

static void end(struct intake *in)
{
    arena_destroy(in->arena);
    free(in);
}

static void take_some(void *ctx)
{
    struct intake *in = ctx;
    struct daemon *d = in->daemon;
    const struct wall now = loop_wall(d->frame.loop);
    for (int i = 0; i < TAKEN_A_TURN && in->taken < in->batch.count; i++)
        events_take(d->events, &in->batch.items[in->taken++], now);
    if (in->taken < in->batch.count) {
        loop_defer(d->frame.loop, "events", take_some, in);
        return;
    }
    events_reject(d->events, in->batch.rejected);
    reply(in);
    end(in);
}

static void read_all(void *ctx)
{
    struct intake *in = ctx;
    events_read(in->text, in->is_lines, in->arena, &in->batch);
}

static bool may_send(struct exchange *x)
{
    if (exchange_may_send_events(x))
        return true;
    exchange_error(x, 403,
                   "Events are taken from listeners that may act, or with the token of "
                   "`web: {events_token: …}`, as bearer or `?token=`.");
    return false;
}

static bool says_lines(struct exchange *x)
{
    const char *type = exchange_header(x, "Content-Type");
    return type && (strstr(type, "ndjson") || strstr(type, "jsonl") ||
                    strstr(type, "json-lines"));
}

static void post_events(struct exchange *x, struct daemon *d)
{
    if (!may_send(x))
        return;
    struct intake *in = memory_take(sizeof(*in));
    const struct bytes body = exchange_body(x);
    *in = (struct intake){
        .arena = arena_create(0), .exchange = x, .daemon = d, .is_lines = says_lines(x)};
    in->text = (struct bytes){
        arena_strndup(in->arena, body.ptr ? body.ptr : "", body.len), body.len};
    if (pool_submit(d->frame.pool, "events", read_all, take_some, in)) {
        exchange_suspend_as(x, &in->exchange);
        return;
    }
    exchange_add_header(x, "Retry-After", "5");
    exchange_error(x, 503, "Too much is being computed: send them again in a moment.");
    end(in);
}

static const struct endpoint_param params[] = {
    {"token", "The `events_token`, unless it comes as bearer.", false}, {0}};
static const struct endpoint_field taken_fields[] = {
    {"status", "string", "ok, or partial.", true},
    {"accepted", "integer", "How many events were taken.", true},
    {"rejected", "integer", "How many events could not be read.", true},
    {"errors", "array", "The first: {line, error}.", true},
    {0}};

const struct endpoint events_endpoints[] = {
    {"POST", "/api/events", RIGHT_OWN, params,
     "Takes what a workflow engine tells of its tasks: a JSON object, a list, or one "
     "object a line.",
     post_events, .answer = taken_fields, .statuses = "503",
     .body_types = "application/json application/x-ndjson"},
    {0}};
