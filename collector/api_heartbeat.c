/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that peers push to a probe's session: a job's pings, and the list of who expects some. Which probes those
 * are, what a message means and who may send it is for the type to say (probe.h, `receive`). An answer of 200 says
 * that the message survives a restart.
 */
#include <stdlib.h>
#include <string.h>

#include "collector/api.h"
#include "collector/daemon.h"
#include "collector/memos.h"
#include "lib/base/memory.h"
#include "lib/core/loop.h"
#include "lib/core/verdict_json.h"

#define MAX_WORDS (64u << 10) /* of a body, from its end: more is kept by no type */
#define PING_STATUSES "400 404 500 503"

/* The probe's options as a run would have them now; NULL after answering 500. */
static const void *conf_of(struct exchange *x, const struct probe *probe)
{
    const void *confs[TEMPLATE_MAX_PARTS] = {0};
    struct err e = {0};
    struct arena *arena = exchange_arena(x);
    const bool ok = template_fill(probe->conf, NULL, NULL, arena, confs, &e) &&
                    (template_is_fixed(probe->conf) || !probe->type->validate ||
                     probe->type->validate((void *)(uintptr_t)confs[0], arena, &e));
    if (!ok)
        exchange_error(x, 500, "The configuration of '%s' cannot be filled in: %s",
                       probe->name, e.text);
    return ok ? confs[0] : NULL;
}

/* ---- a message ---- */

struct waiting {               /* a peer that is told once its message is on disk */
    struct exchange *exchange; /* NULL: it has left */
    struct daemon *daemon;
    char *probe;
};

/* Looking is a use like others: what it makes the session note is kept. */
static json_t *seen(struct exchange *x, struct daemon *d, struct tracked *t)
{
    const void *conf = conf_of(x, t->probe);
    json_t *object = json_pack("{s:s, s:s}", "name", t->probe->name, "health",
                               health_name(t->state.confirmed));
    if (conf && t->probe->type->show)
        t->probe->type->show(t->session, conf, loop_wall(d->frame.loop), object);
    memos_keep(d->memos, t->session, NULL, NULL);
    if (conf)
        return object;
    json_decref(object);
    return NULL;
}

static void reply(struct exchange *x, struct daemon *d, const char *name, bool is_kept)
{
    struct tracked *t = schedule_find(d->schedule, name);
    json_t *object = t ? seen(x, d, t) : json_object();
    if (!object)
        return;
    json_object_set_new(object, "status", json_string("ok"));
    if (!is_kept)
        json_object_set_new(object, "warning",
                            json_string("it is not on disk: a restart would forget it"));
    exchange_reply_value(x, 200, object);
}

static void on_kept(void *ctx, bool is_kept)
{
    struct waiting *w = ctx;
    if (w->exchange)
        reply(w->exchange, w->daemon, w->probe, is_kept);
    free(w->probe);
    free(w);
}

static const char *const params[] = {"run_id", "duration", NULL};

static struct pairs params_of(struct exchange *x)
{
    struct pair *items =
        arena_alloc(exchange_arena(x), ARRAY_LEN(params) * sizeof(*items));
    size_t count = 0;
    for (const char *const *name = params; *name; name++) {
        const char *value = exchange_param(x, *name);
        if (value)
            items[count++] = (struct pair){*name, value};
    }
    return (struct pairs){items, count};
}

static struct message message_of(struct exchange *x, struct wall now)
{
    const char *token = exchange_param(x, "token");
    const char *kind = exchange_segment(x, "kind");
    const struct bytes body = exchange_body(x);
    const size_t from = body.len > MAX_WORDS ? body.len - MAX_WORDS : 0;
    return (struct message){
        .kind = kind ? kind : "",
        .token = token ? token : exchange_bearer(x),
        .is_trusted = exchange_may_act(x),
        .params = params_of(x),
        .body = bytes_slice(body, from, body.len),
        .at = now,
    };
}

static void refuse(struct exchange *x, enum receipt receipt, const struct err *e)
{
    exchange_error(x, receipt == RECEIPT_FORBIDDEN ? 403 : 400, "%s", e->text);
}

static struct tracked *find_receiver(struct exchange *x, struct daemon *d)
{
    const char *name = exchange_segment(x, "name");
    struct tracked *t = schedule_find(d->schedule, name);
    if (t && t->probe->type->receive)
        return t;
    if (exchange_may_act(x))
        exchange_error(
            x, 404, "There is no heartbeat '%.100s'; /api/heartbeats lists them.", name);
    else /* strangers do not learn which there are */
        exchange_error(x, 403,
                       "There is no such heartbeat, or the token is not its own.");
    return NULL;
}

static void on_ping(struct exchange *x, struct daemon *d)
{
    struct tracked *t = find_receiver(x, d);
    const void *conf = t ? conf_of(x, t->probe) : NULL;
    struct err e = {0};
    if (!conf)
        return;
    const struct message message = message_of(x, loop_wall(d->frame.loop));
    const enum receipt receipt = t->probe->type->receive(t->session, conf, &message, &e);
    if (receipt != RECEIPT_TAKEN) {
        refuse(x, receipt, &e);
        return;
    }
    struct waiting *w = memory_take(sizeof(*w));
    *w = (struct waiting){x, d, memory_strdup(t->probe->name)};
    exchange_suspend_as(x, &w->exchange);
    memos_keep(d->memos, t->session, on_kept, w);
}

/* ---- the list ---- */

static void get_heartbeats(struct exchange *x, struct daemon *d)
{
    json_t *list = json_array();
    for (size_t i = 0; i < schedule_count(d->schedule); i++) {
        struct tracked *t = schedule_at(d->schedule, i);
        json_t *object = t->probe->type->receive ? seen(x, d, t) : NULL;
        if (object) {
            json_object_set_new(object, "labels", labels_to_json(t->probe->labels));
            json_array_append_new(list, object);
        } else if (t->probe->type->receive) {
            json_decref(list);
            return; /* it is answered */
        }
    }
    exchange_reply_value(x, 200, json_pack("{s:o}", "heartbeats", list));
}

static const struct endpoint_param ping_params[] = {
    {"name", "The name of a heartbeat probe.", true},
    {"token", "The heartbeat's `token`, unless it comes as bearer.", false},
    {"run_id", "Joins the start and the end of one run, when several overlap.", false},
    {"duration", "How long the run took, as 12.5s; else it is measured from `start`.",
     false},
    {0}};

static const struct endpoint_param kind_params[] = {
    {"name", "The name of a heartbeat probe.", true},
    {"kind", "start, fail, or an exit status from 0 to 255.", true},
    {"token", "The heartbeat's `token`, unless it comes as bearer.", false},
    {"run_id", "Joins the start and the end of one run, when several overlap.", false},
    {"duration", "How long the run took, as 12.5s; else it is measured from `start`.",
     false},
    {0}};
static const struct endpoint_field ping_fields[] = {
    {"status", "string", "Always ok.", true},
    {"name", "string", "The heartbeat's name.", false},
    {"health", "string", "Its confirmed health.", false},
    {"warning", "string", "What is doubtful.", false},
    {0}};
static const struct endpoint_field list_fields[] = {
    {"heartbeats", "array", "In order of the configuration.", true}, {0}};

const struct endpoint heartbeat_endpoints[] = {
    {"GET", "/api/heartbeats", RIGHT_READ, NULL,
     "Every heartbeat: when it is due, when it last came, how its last run ended.",
     get_heartbeats, .answer = list_fields, .statuses = "500"},
    {"GET", "/api/heartbeat/{name}/{kind}", RIGHT_OWN, kind_params,
     "A run of a job starts, or ended in some way.", on_ping, .answer = ping_fields,
     .statuses = PING_STATUSES},
    {"POST", "/api/heartbeat/{name}/{kind}", RIGHT_OWN, kind_params,
     "The same; the end of the body is kept as what the job said.", on_ping,
     .answer = ping_fields, .statuses = PING_STATUSES,
     .body_types = "text/plain application/json"},
    {"GET", "/api/heartbeat/{name}", RIGHT_OWN, ping_params, "A job ran, and ended well.",
     on_ping, .answer = ping_fields, .statuses = PING_STATUSES},
    {"POST", "/api/heartbeat/{name}", RIGHT_OWN, ping_params,
     "The same; the end of the body is kept as what the job said.", on_ping,
     .answer = ping_fields, .statuses = PING_STATUSES,
     .body_types = "text/plain application/json"},
    {0}};
