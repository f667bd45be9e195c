/* SPDX-License-Identifier: Apache-2.0 */
/* Deployments: telling healthd that one begins and ends, so that a planned restart pages nobody. */
#include "collector/act.h"
#include "collector/api.h"
#include "lib/core/verdict_json.h"

static void add_deploy(void *ctx, const struct deploy *d)
{
    struct buf scope = BUF_MAX(16384);
    matchers_print(d->scope, &scope);
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "id", d->id, "what", d->what,
                  "release", d->release, "matchers", buf_text(&scope), "who", d->who,
                  "failed", d->has_failed, "why", d->why);
    buf_finish(&scope);
    json_object_set_new(object, "begun", wall_to_json(d->begun));
    json_object_set_new(object, "ended", wall_to_json(d->ended));
    json_object_set_new(object, "hold_until", wall_to_json(d->hold_until));
    json_array_append_new(ctx, object);
}

static void get_deploys(struct exchange *x, struct daemon *d)
{
    json_t *list = json_array();
    deploy_each(engine_overlay(act_engine(d)), add_deploy, list);
    exchange_reply_value(x, 200, list);
}

static void post_deploy(struct exchange *x, struct daemon *d)
{
    const json_t *body = exchange_json(x);
    struct engine *engine = act_engine(d);
    struct deploy deploy = {0};
    struct err e = {0};
    if (!body)
        return;
    const char *matchers = act_text(body, "matchers");
    deploy.what = act_text(body, "what");
    deploy.release = act_text(body, "release");
    deploy.who = act_who(x, body, "who");
    exchange_note_what(
        x, arena_printf(exchange_arena(x), "%s %s", deploy.what, deploy.release));
    if (*matchers && !act_matchers(x, d, matchers, &deploy.scope))
        return;
    const struct wall now = act_now(d);
    struct ledger_txn *txn = engine_begin(engine, now);
    const char *id = deploy_begin(engine_overlay(engine), &deploy, now, txn, &e);
    if (id)
        dispatch_deploy(engine_dispatch(engine), deploy_find(engine_overlay(engine), id),
                        now, txn);
    engine_commit(engine, txn);
    if (id)
        act_reply(x, "id", id);
    else
        exchange_error(x, 400, "%s", e.text);
}

static void post_end(struct exchange *x, struct daemon *d)
{
    const json_t *body = exchange_body(x).len ? exchange_json(x) : json_null();
    struct engine *engine = act_engine(d);
    const char *id = exchange_segment(x, "id");
    struct err e = {0};
    if (!body)
        return;
    const bool has_failed = json_is_true(json_object_get(body, "failed"));
    const struct wall now = act_now(d);
    struct ledger_txn *txn = engine_begin(engine, now);
    const bool ok = deploy_end(engine_overlay(engine), id, has_failed,
                               act_text(body, "why"), now, txn, &e);
    if (ok)
        dispatch_deploy(engine_dispatch(engine), deploy_find(engine_overlay(engine), id),
                        now, txn);
    engine_commit(engine, txn);
    if (ok)
        act_reply(x, "id", id);
    else
        exchange_error(x, 404, "%s", e.text);
}

static const struct endpoint_param id_segment[] = {{"id", "A deployment's id.", true},
                                                   {0}};
static const struct endpoint_field deploy_fields[] = {
    {"id", "string", "The deployment's id.", true},
    {"what", "string", "What is deployed, by its name.", true},
    {"release", "string", "The release that is deployed, as it was given; may be empty.",
     true},
    {"matchers", "string", "Alerts that are held meanwhile, as matchers.", true},
    {"who", "string", "Who began it.", true},
    {"failed", "boolean", "Whether it ended badly.", true},
    {"why", "string", "Why it ended badly, in words.", true},
    {"begun", "time", "When the deployment began.", true},
    {"ended", "time", "When the deployment ended; null while it is under way.", true},
    {"hold_until", "time", "Alerts are held until then at the latest.", true},
    {0}};
static const struct endpoint_field begin_fields[] = {
    {"what", "string", "What is deployed, by its name.", false},
    {"release", "string", "The release that is deployed, for notices and graphs.", false},
    {"matchers", "string", "Alerts to hold meanwhile: a probe, an alert or matchers.",
     false},
    {"who", "string", "Who does it; else whoever asks.", false},
    {0}};
static const struct endpoint_field end_fields[] = {
    {"failed", "boolean", "Whether it ended badly.", false},
    {"why", "string", "Why it ended badly, in words.", false},
    {0}};
static const struct endpoint_field id_fields[] = {
    {"id", "string", "The deployment's id.", true}, {0}};

const struct endpoint deploys_endpoints[] = {
    {"GET", "/api/deploys", RIGHT_READ, NULL, "The latest deployments.", get_deploys,
     .answer = deploy_fields, .is_list = true},
    {"POST", "/api/deploys", RIGHT_ACT, NULL,
     "A deployment begins: {what, release, matchers, who}. What it stops is held until "
     "it "
     "is back.",
     post_deploy, .body = begin_fields, .answer = id_fields},
    {"POST", "/api/deploys/{id}/end", RIGHT_ACT, id_segment,
     "It has ended: {failed, why}. What has not come back soon is told.", post_end,
     .body = end_fields, .answer = id_fields, .statuses = "404"},
    {0}};
