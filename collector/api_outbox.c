/* SPDX-License-Identifier: Apache-2.0 */
/* Notices on their way: what waits, what was given up, how each receiver does; sending one again, and trying a receiver. */
#include <stdlib.h>
#include <string.h>

#include "collector/act.h"
#include "collector/api.h"
#include "lib/core/verdict_json.h"

/* ---- the outbox ---- */

static void add_row(void *ctx, const struct outbox_row *r)
{
    json_t *object =
        json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:b, s:b, s:b, s:I}", "id",
                  (json_int_t)r->id, "receiver", r->receiver, "lane", r->lane, "kind",
                  notice_kind_name(r->kind), "state", row_state_name(r->state), "title",
                  r->title ? r->title : "", "last_error",
                  r->last_error ? r->last_error : "", "attempts", (int)r->attempts,
                  "critical", r->is_critical, "in_doubt", r->is_in_doubt, "degraded",
                  r->is_degraded, "merged_into", (json_int_t)r->merged_into);
    json_object_set_new(object, "made", wall_to_json(r->made));
    json_object_set_new(object, "first_at", wall_to_json(r->first_at));
    json_object_set_new(object, "next_at", wall_to_json(r->next_at));
    json_array_append_new(ctx, object);
}

static void get_outbox(struct exchange *x, struct daemon *d)
{
    json_t *list = json_array();
    outbox_each(engine_outbox(act_engine(d)), add_row, list);
    exchange_reply_value(x, 200, list);
}

/* False after answering 404. */
static bool read_id(struct exchange *x, uint64_t *ret_id)
{
    const char *text = exchange_segment(x, "id");
    if (bytes_to_u64(bytes_of(text), ret_id))
        return true;
    exchange_error(x, 404, "'%.40s' is no number of a notice; /api/outbox lists them.",
                   text);
    return false;
}

static void answer_row(struct exchange *x, struct daemon *d, bool ok, uint64_t id,
                       const struct err *e)
{
    if (!ok) {
        exchange_error(x, 404, "%s", e->text);
        return;
    }
    engine_advance(act_engine(d), act_now(d));
    exchange_reply_value(x, 200, json_pack("{s:I}", "id", (json_int_t)id));
}

static void post_retry(struct exchange *x, struct daemon *d)
{
    struct err e = {0};
    uint64_t id;
    if (!read_id(x, &id))
        return;
    const bool ok = outbox_retry(engine_outbox(act_engine(d)), id, act_now(d), &e);
    answer_row(x, d, ok, id, &e);
}

static void post_drop(struct exchange *x, struct daemon *d)
{
    struct err e = {0};
    uint64_t id;
    if (!read_id(x, &id))
        return;
    const bool ok =
        outbox_drop(engine_outbox(act_engine(d)), id, exchange_who(x), act_now(d), &e);
    answer_row(x, d, ok, id, &e);
}

/* ---- receivers ---- */

static void add_receiver(void *ctx, const struct courier_receiver *r)
{
    json_t *object = json_pack(
        "{s:s, s:s, s:I, s:I, s:i, s:s, s:b, s:I, s:I, s:I}", "name", r->name, "type",
        r->type, "pending", (json_int_t)r->pending, "dead", (json_int_t)r->dead,
        "failures", (int)r->failures, "last_error", r->last_error, "misconfigured",
        r->is_misconfigured, "delivered", (json_int_t)r->delivered, "retried",
        (json_int_t)r->retried, "rejected", (json_int_t)r->rejected);
    json_object_set_new(object, "oldest_pending", wall_to_json(r->oldest_pending));
    json_object_set_new(object, "last_success", wall_to_json(r->last_success));
    json_object_set_new(object, "paused_until", wall_to_json(r->paused_until));
    json_object_set_new(object, "circuit_until", wall_to_json(r->circuit_until));
    json_array_append_new(ctx, object);
}

static void get_receivers(struct exchange *x, struct daemon *d)
{
    json_t *list = json_array();
    courier_each(engine_courier(act_engine(d)), add_receiver, list);
    exchange_reply_value(x, 200, list);
}

struct test {                  /* a client that waits for a receiver's judgement */
    struct exchange *exchange; /* NULL: it has left */
    struct generation *generation;
    struct arena *arena;
};

static void test_is_done(void *ctx, const struct judgement *j)
{
    struct test *t = ctx;
    if (t->exchange)
        exchange_reply_value(
            t->exchange, 200,
            json_pack("{s:s, s:s, s:s}", "outcome", outcome_name(j->outcome), "why",
                      j->why ? j->why : "", "warning", j->warning ? j->warning : ""));
    generation_unref(t->generation);
    arena_destroy(t->arena);
    free(t);
}

/* Texts that are missing are "" in its copy. */
static struct notice test_notice(const struct daemon *d, const struct receiver *r,
                                 struct wall now)
{
    return (struct notice){
        .kind = NOTICE_TEST,
        .receiver = r->name,
        .lane = "test",
        .dedup_key = "hd-test",
        .site = d->generation->site,
        .group_key = "{}:{alertname=\"ReceiverTest\"}",
        .severity = "info",
        .reason = "receiver test",
        .title = "healthd can reach you: this is a test, nothing is wrong",
        .timezone = d->generation->timezone,
        .made = now,
        .first_since = now,
    };
}

static void post_test(struct exchange *x, struct daemon *d)
{
    const char *name = exchange_segment(x, "name");
    const struct receiver *r = receivers_find(&d->generation->alerting.receivers, name);
    if (!r) {
        exchange_error(x, 404,
                       "There is no receiver '%.100s'; /api/receivers lists them.", name);
        return;
    }
    struct test *t = calloc(1, sizeof(*t));
    if (!t)
        abort();
    *t = (struct test){x, generation_ref(d->generation), arena_create(0)};
    const struct notice n = test_notice(d, r, act_now(d));
    exchange_suspend_as(x, &t->exchange);
    courier_test(engine_courier(act_engine(d)), r, notice_copy(t->arena, &n),
                 test_is_done, t);
}

static const struct endpoint_param id_segment[] = {{"id", "A notice's number.", true},
                                                   {0}};
static const struct endpoint_param name_segment[] = {
    {"name", "A receiver of the configuration.", true}, {0}};
static const struct endpoint_field row_fields[] = {
    {"id", "integer", "The notice's number, as retry and drop take it.", true},
    {"receiver", "string", "The receiver that is told.", true},
    {"lane", "string", "What keeps order among notices.", true},
    {"kind", "string",
     "What it tells: trigger, update, reminder, resolve, ack, test or deploy.", true},
    {"state", "string", "pending, sent, dead …", true},
    {"title", "string", "Its first line.", true},
    {"last_error", "string", "What the receiver said.", true},
    {"attempts", "integer", "How often it was tried.", true},
    {"made", "time", "When the notice was made.", true},
    {"first_at", "time", "When it was due.", true},
    {"next_at", "time", "When it is tried again.", true},
    {0}};
static const struct endpoint_field id_fields[] = {
    {"id", "integer", "The notice's number.", true}, {0}};
static const struct endpoint_field receiver_fields[] = {
    {"name", "string", "The receiver's name in the configuration.", true},
    {"type", "string", "Its type: pagerduty, slack …", true},
    {"pending", "integer", "Notices that wait.", true},
    {"dead", "integer", "Notices that were given up.", true},
    {"failures", "integer", "Sendings that failed in a row.", true},
    {"last_error", "string", "What it said when it failed last.", true},
    {"misconfigured", "boolean", "It refuses us: somebody must act.", true},
    {"delivered", "integer", "Notices that it took.", true},
    {"retried", "integer", "Sendings that were to be tried again.", true},
    {"rejected", "integer", "Notices that it refused.", true},
    {"oldest_pending", "time", "When the oldest notice that waits was made.", true},
    {"last_success", "time", "When it took a notice last.", true},
    {"paused_until", "time", "It asked to be left alone until then.", true},
    {"circuit_until", "time", "It failed too often, and is tried again then.", true},
    {0}};
static const struct endpoint_field test_fields[] = {
    {"outcome", "string", "What came of it.", true},
    {"why", "string", "What the receiver answered, in words.", true},
    {"warning", "string", "What is doubtful.", true},
    {0}};

const struct endpoint outbox_endpoints[] = {
    {"GET", "/api/outbox", RIGHT_READ, NULL,
     "Notices that wait, were given up, or went out lately.", get_outbox,
     .answer = row_fields, .is_list = true},
    {"POST", "/api/outbox/{id}/retry", RIGHT_ACT, id_segment,
     "Sends a notice again that was given up, or one that waits, now.", post_retry,
     .answer = id_fields, .statuses = "404"},
    {"POST", "/api/outbox/{id}/drop", RIGHT_ACT, id_segment,
     "Gives a notice up; it is never sent.", post_drop, .answer = id_fields,
     .statuses = "404"},
    {"GET", "/api/receivers", RIGHT_READ, NULL,
     "How each receiver does: what waits for it, when it was last told, what it said.",
     get_receivers, .answer = receiver_fields, .is_list = true},
    {"POST", "/api/receivers/{name}/test", RIGHT_ACT, name_segment,
     "Sends one notice to a receiver, now, and says what came of it.", post_test,
     .answer = test_fields, .statuses = "404 503"},
    {0}};
