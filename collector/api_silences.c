/* SPDX-License-Identifier: Apache-2.0 */
/* Silences: which there are, making one, ending one. */
#include "collector/act.h"
#include "collector/api.h"
#include "lib/core/verdict_json.h"

struct listing {
    json_t *list;
    struct wall now;
};

static void add_silence(void *ctx, const struct silence *s)
{
    struct listing *l = ctx;
    struct buf matchers = BUF_MAX(16384);
    matchers_print(s->matchers, &matchers);
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", s->id, "matchers",
                               buf_text(&matchers), "creator", s->creator, "comment",
                               s->comment, "state", silence_state(s, l->now));
    buf_finish(&matchers);
    json_object_set_new(object, "starts", wall_to_json(s->starts));
    json_object_set_new(object, "ends", wall_to_json(s->ends));
    json_array_append_new(l->list, object);
}

static void get_silences(struct exchange *x, struct daemon *d)
{
    struct listing l = {json_array(), act_now(d)};
    silence_each(engine_overlay(act_engine(d)), add_silence, &l);
    exchange_reply_value(x, 200, l.list);
}

static bool read_silence(struct exchange *x, struct daemon *d, const json_t *body,
                         struct silence *ret)
{
    const char *starts = act_text(body, "starts");
    exchange_note_what(x, act_text(body, "matchers"));
    ret->id = act_text(body, "id");
    ret->creator = act_who(x, body, "creator");
    ret->comment = act_text(body, "comment");
    ret->starts = act_now(d);
    if (*starts && !wall_parse(bytes_of(starts), &ret->starts)) {
        exchange_error(x, 400, "'starts' is '%.60s', which is no time", starts);
        return false;
    }
    return act_until(x, body, "ends", ret->starts, 0, &ret->ends) &&
           act_matchers(x, d, act_text(body, "matchers"), &ret->matchers);
}

static void post_silence(struct exchange *x, struct daemon *d)
{
    const json_t *body = exchange_json(x);
    struct engine *engine = act_engine(d);
    struct silence s = {0};
    struct err e = {0};
    if (!body || !read_silence(x, d, body, &s))
        return;
    const struct wall now = act_now(d);
    struct ledger_txn *txn = engine_begin(engine, now);
    const char *id = silence_put(engine_overlay(engine), &s, now, txn, &e);
    engine_commit(engine, txn);
    if (id)
        act_reply(x, "id", id);
    else
        exchange_error(x, 400, "%s", e.text);
}

static void delete_silence(struct exchange *x, struct daemon *d)
{
    struct engine *engine = act_engine(d);
    const struct wall now = act_now(d);
    const char *id = exchange_segment(x, "id");
    struct err e = {0};
    struct ledger_txn *txn = engine_begin(engine, now);
    const bool ok = silence_expire(engine_overlay(engine), id, now, txn, &e);
    engine_commit(engine, txn);
    if (ok)
        act_reply(x, "id", id);
    else
        exchange_error(x, 404, "%s", e.text);
}

static const struct endpoint_param id_segment[] = {{"id", "A silence's id.", true}, {0}};
static const struct endpoint_field silence_fields[] = {
    {"id", "string", "The silence's id.", true},
    {"matchers", "string", "Alerts that nobody is told of.", true},
    {"creator", "string", "Who made it.", true},
    {"comment", "string", "Why.", true},
    {"state", "string", "pending, active or expired.", true},
    {"starts", "time", "When the silence begins.", true},
    {"ends", "time", "When the silence ends.", true},
    {0}};
static const struct endpoint_field made_fields[] = {
    {"matchers", "string", "A probe, an alert or matchers.", true},
    {"duration", "string", "How long, as 30m.", false},
    {"starts", "time", "When it begins; else now.", false},
    {"ends", "time", "Or until when.", false},
    {"comment", "string", "Why.", false},
    {"creator", "string", "Who makes it; else whoever asks.", false},
    {"id", "string", "Of the one that it replaces.", false},
    {0}};
static const struct endpoint_field id_fields[] = {
    {"id", "string", "The silence's id.", true}, {0}};

const struct endpoint silences_endpoints[] = {
    {"GET", "/api/silences", RIGHT_READ, NULL,
     "Silences: those that hold, those to come, those that ended lately.", get_silences,
     .answer = silence_fields, .is_list = true},
    {"POST", "/api/silences", RIGHT_ACT, NULL,
     "Makes a silence: {matchers, duration or ends, comment, creator}; matchers may be a "
     "probe's or an alert's name.",
     post_silence, .body = made_fields, .answer = id_fields},
    {"DELETE", "/api/silences/{id}", RIGHT_ACT, id_segment, "Ends a silence now.",
     delete_silence, .answer = id_fields, .statuses = "404"},
    {0}};
