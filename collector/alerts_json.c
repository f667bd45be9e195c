/* SPDX-License-Identifier: Apache-2.0 */
/* See alerts_json.h. */
#include "collector/alerts_json.h"

#include <stdlib.h>
#include <string.h>

#include "collector/act.h"
#include "lib/base/map.h"
#include "lib/core/verdict_json.h"

struct telling { /* of one alert */
    struct map *deliveries;
    json_t *told, *held;
};

/* ---- the notice that went out last, by receiver and lane ---- */

static void delivery_key(struct buf *key, const char *receiver, const char *lane)
{
    buf_printf(key, "%s\n%s", receiver, lane);
}

static json_t *delivery_to_json(const struct outbox_row *r)
{
    json_t *object =
        json_pack("{s:I, s:s, s:s, s:i, s:s, s:b}", "id", (json_int_t)r->id, "kind",
                  notice_kind_name(r->kind), "state", row_state_name(r->state),
                  "attempts", (int)r->attempts, "last_error",
                  r->last_error ? r->last_error : "", "in_doubt", r->is_in_doubt);
    json_object_set_new(object, "made", wall_to_json(r->made));
    json_object_set_new(object, "next_at", wall_to_json(r->next_at));
    return object;
}

static void note_delivery(void *ctx, const struct outbox_row *r)
{
    struct map *deliveries = ctx;
    struct buf key = BUF_MAX(16384);
    delivery_key(&key, r->receiver, r->lane);
    json_t *before = map_get(deliveries, buf_bytes(&key));
    const json_int_t id = before ? json_integer_value(json_object_get(before, "id")) : -1;
    json_t *delivery = (json_int_t)r->id > id ? delivery_to_json(r) : NULL;
    if (delivery)
        json_decref(map_put(deliveries, buf_bytes(&key), delivery));
    buf_finish(&key);
}

static json_t *delivery_of(struct map *deliveries, const struct told *t)
{
    struct buf key = BUF_MAX(16384);
    delivery_key(&key, t->receiver, t->lane);
    json_t *found = map_get(deliveries, buf_bytes(&key));
    buf_finish(&key);
    return found ? json_incref(found) : json_null();
}

static void deliveries_free(struct map *deliveries)
{
    const struct map_entry *x = NULL;
    while ((x = map_next(deliveries, x)))
        json_decref(x->value);
    map_destroy(deliveries);
}

/* ---- alerts ---- */

static void add_told(void *ctx, const struct told *t)
{
    struct telling *telling = ctx;
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:b}", "receiver", t->receiver, "lane", t->lane,
                  "route", t->route ? t->route : "", "was_told", t->was_told);
    json_object_set_new(object, "last_told", wall_to_json(t->last_told));
    json_object_set_new(object, "next_flush", wall_to_json(t->next_flush));
    json_object_set_new(object, "delivery", delivery_of(telling->deliveries, t));
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
    struct map *deliveries;
    json_t *list;
    struct wall now;
    size_t max;
    bool is_firing; /* which ones this pass takes */
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
    if ((a->status.state == ALERT_FIRING) != l->is_firing ||
        json_array_size(l->list) >= l->max)
        return;
    struct engine *e = act_engine(l->daemon);
    struct telling telling = {.deliveries = l->deliveries, .told = json_array()};
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

json_t *alerts_to_json(struct daemon *d, size_t max)
{
    struct listing l = {.daemon = d,
                        .deliveries = map_create(),
                        .list = json_array(),
                        .now = act_now(d),
                        .max = max,
                        .is_firing = true};
    outbox_each(engine_outbox(act_engine(d)), note_delivery, l.deliveries);
    book_each(engine_book(act_engine(d)), add_alert, &l);
    l.is_firing = false;
    book_each(engine_book(act_engine(d)), add_alert, &l);
    deliveries_free(l.deliveries);
    return l.list;
}
