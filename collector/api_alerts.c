/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts as they stand: what fires, why somebody was or was not told; and taking one, and drills. */
#include <string.h>

#include "collector/act.h"
#include "collector/api.h"
#include "lib/core/verdict_json.h"

/* ---- reading ---- */

struct telling { /* of one alert */
    json_t *told, *held;
};

static void add_told(void *ctx, const struct told *t)
{
    struct telling *telling = ctx;
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:b}", "receiver", t->receiver, "lane", t->lane,
                  "route", t->route ? t->route : "", "was_told", t->was_told);
    json_object_set_new(object, "last_told", wall_to_json(t->last_told));
    json_object_set_new(object, "next_flush", wall_to_json(t->next_flush));
    json_array_append_new(telling->told, object);
    if (t->held.kind == OVERLAY_NONE || telling->held)
        return;
    telling->held =
        json_pack("{s:s, s:s, s:o}", "by", t->held.by ? t->held.by : "", "kind",
                  overlay_kind_name(t->held.kind), "until", wall_to_json(t->held.until));
}

static json_t *ack_to_json(struct engine *e, const struct alert *a, struct wall now)
{
    const struct ack *ack = ack_of(engine_overlay(e), a, now);
    if (!ack)
        return json_null();
    return json_pack("{s:s, s:o, s:s}", "who", ack->who, "until",
                     wall_to_json(ack->until), "comment", ack->comment);
}

static json_t *number_to_json(double value)
{
    struct buf text = BUF_MAX(64);
    buf_add_double(&text, value);
    json_t *string = json_string(buf_text(&text));
    buf_finish(&text);
    return string;
}

struct listing {
    struct daemon *daemon;
    json_t *list;
    struct wall now;
};

static struct wall since_of(const struct alert_status *s)
{
    switch (s->state) {
    case ALERT_FIRING:
        return s->fired_at;
    case ALERT_RESOLVED:
        return s->resolved_at;
    case ALERT_PENDING:
    case ALERT_INACTIVE:
        break;
    }
    return s->active_at;
}

static void add_alert(void *ctx, struct alert *a)
{
    struct listing *l = ctx;
    struct engine *e = act_engine(l->daemon);
    struct telling telling = {.told = json_array()};
    char fingerprint[24];
    snprintf(fingerprint, sizeof(fingerprint), "%016jx", (uintmax_t)a->fingerprint);
    dispatch_each(engine_dispatch(e), a, add_told, &telling);
    const char *severity = labels_get(a->labels, "severity");
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:b}", "key", a->key, "fingerprint", fingerprint,
        "alertname", a->name, "state", alert_state_name(a->status.state), "severity",
        severity ? severity : "", "unknown", a->status.unknown_since.ns != 0);
    json_object_set_new(object, "since", wall_to_json(since_of(&a->status)));
    json_object_set_new(object, "value", number_to_json(a->status.value));
    json_object_set_new(object, "rule", json_string(a->rule_id));
    json_object_set_new(object, "expr", json_string(a->rule ? a->rule->expr_text : ""));
    json_object_set_new(object, "end_reason", json_string(a->status.end_reason));
    json_object_set_new(object, "labels", labels_to_json(a->labels));
    json_object_set_new(object, "annotations", labels_to_json(a->annotations));
    json_object_set_new(object, "held", telling.held ? telling.held : json_null());
    json_object_set_new(object, "told", telling.told);
    json_object_set_new(object, "ack", ack_to_json(e, a, l->now));
    json_array_append_new(l->list, object);
}

static void get_alerts(struct exchange *x, struct daemon *d)
{
    struct listing l = {d, json_array(), act_now(d)};
    book_each(engine_book(act_engine(d)), add_alert, &l);
    exchange_reply_value(x, 200, l.list);
}

/* ---- taking one ---- */

#define MEANT_MAX 1000

struct meaning { /* which firing alerts a word means */
    const char *word;
    const char *keys[MEANT_MAX];
    size_t count;
};

static bool means(const char *word, const struct alert *a)
{
    char fingerprint[24];
    const char *probe = labels_get(a->labels, "probe");
    snprintf(fingerprint, sizeof(fingerprint), "%016jx", (uintmax_t)a->fingerprint);
    return !strcmp(word, a->key) || !strcmp(word, fingerprint) ||
           !strcmp(word, a->name) || (probe && !strcmp(word, probe));
}

static void add_meant(void *ctx, struct alert *a)
{
    struct meaning *m = ctx;
    if (a->status.state == ALERT_FIRING && m->count < MEANT_MAX && means(m->word, a))
        m->keys[m->count++] = a->key;
}

/* Those that fire and are meant; NULL after answering 404. */
static struct meaning *find_meant(struct exchange *x, struct daemon *d, const char *word)
{
    struct meaning *m = arena_alloc(exchange_arena(x), sizeof(*m));
    m->word = word;
    book_each(engine_book(act_engine(d)), add_meant, m);
    if (m->count > 0)
        return m;
    exchange_error(x, 404,
                   "No alert that fires is called '%.100s', by its name, probe, key or "
                   "fingerprint; /api/alerts lists them.",
                   word);
    return NULL;
}

static json_t *keys_to_json(const struct meaning *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->count; i++)
        json_array_append_new(list, json_string(m->keys[i]));
    return list;
}

static bool put_acks(struct daemon *d, const struct meaning *m, struct ack *ack,
                     struct err *e)
{
    struct engine *engine = act_engine(d);
    struct ledger_txn *txn = engine_begin(engine, ack->at);
    bool ok = true;
    for (size_t i = 0; i < m->count && ok; i++) {
        const struct alert *a = book_find(engine_book(engine), m->keys[i]);
        ack->alert_key = m->keys[i];
        ok = ack_put(engine_overlay(engine), ack, txn, e);
        if (ok)
            dispatch_ack(engine_dispatch(engine), a, ack, ack->at, txn);
    }
    engine_commit(engine, txn);
    return ok;
}

static void post_ack(struct exchange *x, struct daemon *d)
{
    const json_t *body = exchange_json(x);
    struct ack ack = {.at = act_now(d)};
    struct err e = {0};
    if (!body || !act_until(x, body, "until", ack.at, ACK_DEFAULT, &ack.until))
        return;
    const struct meaning *m = find_meant(x, d, act_text(body, "alert"));
    if (!m)
        return;
    ack.who = act_who(x, body, "who");
    ack.comment = act_text(body, "comment");
    if (put_acks(d, m, &ack, &e))
        exchange_reply_value(x, 200,
                             json_pack("{s:o, s:o}", "acknowledged", keys_to_json(m),
                                       "until", wall_to_json(ack.until)));
    else
        exchange_error(x, 400, "%s", e.text);
}

static void delete_ack(struct exchange *x, struct daemon *d)
{
    struct engine *engine = act_engine(d);
    const struct meaning *m = find_meant(x, d, exchange_segment(x, "alert"));
    if (!m)
        return;
    struct ledger_txn *txn = engine_begin(engine, act_now(d));
    for (size_t i = 0; i < m->count; i++)
        ack_clear(engine_overlay(engine), m->keys[i], txn);
    engine_commit(engine, txn);
    exchange_reply_value(x, 200, json_pack("{s:o}", "cleared", keys_to_json(m)));
}

static void post_drill(struct exchange *x, struct daemon *d)
{
    const json_t *body = exchange_json(x);
    const struct wall now = act_now(d);
    struct wall ends;
    struct err e = {0};
    if (!body || !act_until(x, body, "until", now, DRILL_DEFAULT, &ends))
        return;
    const char *id = engine_drill_start(act_engine(d), act_text(body, "probe"),
                                        ends.ns - now.ns, now, &e);
    if (id)
        act_reply(x, "id", id);
    else
        exchange_error(x, 400, "%s", e.text);
}

static const struct endpoint_param alert_segment[] = {
    {"alert", "An alert's key, fingerprint, name or probe.", true}, {0}};

const struct endpoint alerts_endpoints[] = {
    {"GET", "/api/alerts", RIGHT_READ, NULL,
     "Every alert that is pending, fires or has just ended: what holds it, and who was "
     "told.",
     get_alerts},
    {"POST", "/api/acks", RIGHT_ACT, NULL,
     "Takes an alert: {alert, comment, duration or until, who}. Nobody is reminded of it "
     "until then.",
     post_ack},
    {"DELETE", "/api/acks/{alert}", RIGHT_ACT, alert_segment,
     "Gives an alert back that was taken.", delete_ack},
    {"POST", "/api/drills", RIGHT_ACT, NULL,
     "A fake outage, {probe, duration}, through rules, routes and the real receivers; "
     "marked DRILL.",
     post_drill},
    {0}};
