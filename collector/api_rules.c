/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules and alerts as Prometheus lists them, for Grafana and whoever else reads its API. Our own view of alerts, with what
 * holds them, is api_alerts.c's. Changes nothing.
 */
#include <math.h>
#include <string.h>

#include "alerts/annotation.h"
#include "collector/act.h"
#include "collector/api.h"
#include "collector/query_lane.h"
#include "lib/core/verdict_json.h"

/* ---- alerts ---- */

/* As Go's strconv writes it with 'e': "1e+00". */
static json_t *value_to_json(double value)
{
    char text[64];
    for (int digits = 0; isfinite(value) && digits <= 17; digits++) {
        double back;
        snprintf(text, sizeof(text), "%.*e", digits, value);
        if (bytes_to_double(bytes_of(text), &back) && back == value)
            return json_string(text);
    }
    return json_string(value > 0 ? "+Inf" : value < 0 ? "-Inf" : "NaN");
}

static json_t *alert_to_json(const struct alert *a)
{
    json_t *object = json_pack("{s:o, s:o, s:s}", "labels", labels_to_json(a->labels),
                               "annotations", labels_to_json(a->annotations), "state",
                               alert_state_name(a->status.state));
    json_object_set_new(object, "activeAt", wall_to_json(a->status.active_at));
    json_object_set_new(object, "value", value_to_json(a->status.value));
    return object;
}

static bool is_active(const struct alert *a)
{
    return a->status.state == ALERT_PENDING || a->status.state == ALERT_FIRING;
}

static void add_alert(void *ctx, struct alert *a)
{
    if (is_active(a))
        json_array_append_new(ctx, alert_to_json(a));
}

static void get_alerts(struct exchange *x, struct daemon *d)
{
    json_t *list = json_array();
    book_each(engine_book(act_engine(d)), add_alert, list);
    exchange_reply_value(
        x, 200, json_pack("{s:s, s:{s:o}}", "status", "success", "data", "alerts", list));
}

/* ---- rules ---- */

struct of_rule {
    json_t *alerts;
    enum alert_state worst;
};

static void add_of_rule(void *ctx, struct alert *a)
{
    struct of_rule *r = ctx;
    if (!is_active(a))
        return;
    r->worst = a->status.state > r->worst ? a->status.state : r->worst;
    json_array_append_new(r->alerts, alert_to_json(a));
}

static json_t *texts_to_json(const struct rule_texts *texts)
{
    json_t *object = json_object();
    for (size_t i = 0; i < texts->count; i++)
        json_object_set_new(object, texts->items[i].name,
                            json_string(annotation_source(texts->items[i].value)));
    return object;
}

static const char *health_word(const struct rule_health *health)
{
    if (!health->was_evaluated)
        return "unknown";
    return health->is_ok ? "ok" : "err";
}

static void add_alerting(struct engine *e, const struct rule *r, json_t *object)
{
    struct of_rule of = {json_array(), ALERT_INACTIVE};
    book_each_of(engine_book(e), r, add_of_rule, &of);
    json_object_set_new(object, "state", json_string(alert_state_name(of.worst)));
    json_object_set_new(object, "duration", json_real(nsec_to_sec(r->hold_for)));
    json_object_set_new(object, "keepFiringFor",
                        json_real(nsec_to_sec(r->keep_firing_for)));
    json_object_set_new(object, "annotations", texts_to_json(&r->annotations));
    json_object_set_new(object, "alerts", of.alerts);
}

static json_t *rule_to_json(struct engine *e, const struct rule *r)
{
    const struct rule_health health = evaluation_rule(engine_evaluation(e), r);
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:f, s:I}", "name", r->name, "query", r->expr_text,
        "health", health_word(&health), "lastError", health.last_error, "type",
        r->is_recording ? "recording" : "alerting", "evaluationTime",
        nsec_to_sec(health.duration), "held", (json_int_t)health.held);
    json_object_set_new(object, "lastEvaluation",
                        health.was_evaluated ? wall_to_json(health.last)
                                             : json_string("0001-01-01T00:00:00Z"));
    json_object_set_new(object, "labels", texts_to_json(&r->labels));
    json_object_set_new(object, "id", json_string(r->id));
    if (!r->is_recording)
        add_alerting(e, r, object);
    return object;
}

struct wanted { /* type, rule_name[], rule_group[], file[] */
    bool has_alerting, has_recording;
    struct exchange *exchange;
};

struct among {
    const char *text;
    bool is_asked, is_found;
};

static void compare(void *ctx, const char *value)
{
    struct among *a = ctx;
    a->is_asked = true;
    a->is_found |= !strcmp(value, a->text);
}

static bool is_wanted(const struct wanted *w, const char *param, const char *text)
{
    struct among a = {.text = text};
    exchange_form_each(w->exchange, param, compare, &a);
    return !a.is_asked || a.is_found;
}

static json_t *group_to_json(struct engine *e, const struct rule_group *g,
                             const struct wanted *w)
{
    json_t *rules = json_array();
    struct wall last = {0};
    nsec took = 0;
    for (size_t i = 0; i < g->count; i++) {
        const struct rule *r = g->rules[i];
        const struct rule_health health = evaluation_rule(engine_evaluation(e), r);
        last = health.last.ns > last.ns ? health.last : last;
        took += health.duration;
        if ((r->is_recording ? w->has_recording : w->has_alerting) &&
            is_wanted(w, "rule_name[]", r->name))
            json_array_append_new(rules, rule_to_json(e, r));
    }
    json_t *object =
        json_pack("{s:s, s:s, s:o, s:f, s:I, s:f}", "name", g->name, "file", g->file,
                  "rules", rules, "interval", nsec_to_sec(g->interval), "limit",
                  (json_int_t)g->limit, "evaluationTime", nsec_to_sec(took));
    json_object_set_new(object, "lastEvaluation",
                        last.ns ? wall_to_json(last)
                                : json_string("0001-01-01T00:00:00Z"));
    return object;
}

static void get_rules(struct exchange *x, struct daemon *d)
{
    const char *type = exchange_form(x, "type");
    const struct rules *rules = &d->generation->alerting.rules;
    const struct wanted w = {.has_alerting = !type || !strcmp(type, "alert"),
                             .has_recording = !type || !strcmp(type, "record"),
                             .exchange = x};
    if (!w.has_alerting && !w.has_recording) {
        query_error(x, 400, "bad_data",
                    "invalid parameter \"type\": not supported value \"%.100s\"", type);
        return;
    }
    json_t *groups = json_array();
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule_group *g = rules->groups[i];
        if (is_wanted(&w, "rule_group[]", g->name) && is_wanted(&w, "file[]", g->file))
            json_array_append_new(groups, group_to_json(act_engine(d), g, &w));
    }
    exchange_reply_value(
        x, 200,
        json_pack("{s:s, s:{s:o}}", "status", "success", "data", "groups", groups));
}

static const struct endpoint_param rules_params[] = {
    {"type", "`alert` or `record`: only those.", false},
    {"rule_name[]", "Only rules of this name.", false},
    {"rule_group[]", "Only groups of this name.", false},
    {"file[]", "Only groups of this file.", false},
    {0}};
static const struct endpoint_field answer_fields[] = {
    {"status", "string", "success, or error.", true},
    {"data", "object", "As Prometheus has it.", false},
    {0}};

const struct endpoint rules_endpoints[] = {
    {"GET", "/api/v1/rules", RIGHT_READ, rules_params,
     "Rules with their alerts, as Prometheus lists them.", get_rules,
     .answer = answer_fields, .statuses = "400"},
    {"GET", "/api/v1/alerts", RIGHT_READ, NULL,
     "Alerts that are pending or fire, as Prometheus lists them.", get_alerts,
     .answer = answer_fields},
    {0}};
