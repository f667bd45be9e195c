/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules and alerts as Prometheus lists them, for Grafana and whoever else reads its API. Our own view of alerts, with what
 * holds them, is api_alerts.c's. Changes nothing.
 */
#include <string.h>

#include "alerts/annotation.h"
#include "collector/act.h"
#include "collector/alert_keys.h"
#include "collector/api.h"
#include "collector/json_print.h"
#include "collector/list_job.h"
#include "collector/prom_json.h"
#include "collector/query_lane.h"
#include "lib/base/map.h"

#define TOO_LARGE "The list is more than 64 MiB of text."

/* After a comma and a line's end, unless the list has just begun. */
static void print_open(struct buf *out)
{
    const struct bytes before = buf_bytes(out);
    buf_add_text(out, before.ptr[before.len - 1] == '[' ? "{" : ",\n{");
}

static void print_number(struct buf *out, const char *name, double value)
{
    json_print_name(out, name);
    buf_add_double(out, value);
}

/* ---- alerts ---- */

static bool is_active(const struct alert *a)
{
    return a->status.state == ALERT_PENDING || a->status.state == ALERT_FIRING;
}

static void print_alert(struct buf *out, const struct alert *a)
{
    print_open(out);
    json_print_labels(out, "labels", a->labels);
    json_print_labels(out, "annotations", a->annotations);
    json_print_text(out, "state", alert_state_name(a->status.state));
    json_print_time(out, "activeAt", a->status.active_at);
    json_print_name(out, "value");
    prom_json_alert_value(a->status.value, out);
    buf_add_byte(out, '}');
}

static bool print_active(struct alert_keys *keys, const struct book *b, struct buf *out,
                         struct mono until)
{
    const struct alert *a;
    while (alert_keys_next(keys, b, &a)) {
        if (a && is_active(a))
            print_alert(out, a);
        if (mono_reached(mono_read(), until))
            return false;
    }
    return true;
}

struct alerts_list {
    const struct daemon *daemon;
    struct alert_keys keys;
    bool is_begun;
};

static bool print_alerts(void *ctx, struct buf *out, struct mono until)
{
    struct alerts_list *l = ctx;
    const struct book *book = engine_book(act_engine(l->daemon));
    if (!l->is_begun) {
        alert_keys_take(&l->keys, book, NULL, is_active);
        buf_add_text(out, "{\"status\":\"success\",\"data\":{\"alerts\":[");
        l->is_begun = true;
    }
    if (!print_active(&l->keys, book, out, until))
        return false;
    buf_add_text(out, "]}}\n");
    return true;
}

static void alerts_finish(void *list)
{
    alert_keys_finish(&((struct alerts_list *)list)->keys);
}

static void get_alerts(struct exchange *x, struct daemon *d)
{
    static const struct list_kind kind = {"alerts", TOO_LARGE, print_alerts};
    struct arena *arena = arena_create(0);
    struct alerts_list *l = arena_alloc(arena, sizeof(*l));
    l->daemon = d;
    arena_cleanup(arena, alerts_finish, l);
    list_job_answer(x, d, &kind, arena, l);
}

/* ---- one rule ---- */

static void print_texts(struct buf *out, const char *name, const struct rule_texts *texts)
{
    json_print_name(out, name);
    buf_add_byte(out, '{');
    for (size_t i = 0; i < texts->count; i++) {
        if (i)
            buf_add_byte(out, ',');
        buf_add_json(out, bytes_of(texts->items[i].name));
        buf_add_byte(out, ':');
        buf_add_json(out, bytes_of(annotation_source(texts->items[i].value)));
    }
    buf_add_byte(out, '}');
}

static const char *health_word(const struct rule_health *health)
{
    if (!health->was_evaluated)
        return "unknown";
    return health->is_ok ? "ok" : "err";
}

static void print_evaluated(struct buf *out, struct wall last)
{
    if (last.ns)
        json_print_time(out, "lastEvaluation", last);
    else
        json_print_text(out, "lastEvaluation", "0001-01-01T00:00:00Z");
}

static void print_rule(struct buf *out, const struct rule *r,
                       const struct rule_health *health)
{
    print_open(out);
    json_print_text(out, "name", r->name);
    json_print_text(out, "query", r->expr_text);
    json_print_text(out, "health", health_word(health));
    json_print_text(out, "lastError", health->last_error);
    json_print_text(out, "type", r->is_recording ? "recording" : "alerting");
    print_number(out, "evaluationTime", nsec_to_sec(health->duration));
    json_print_name(out, "held");
    buf_add_u64(out, health->held);
    print_evaluated(out, health->was_evaluated ? health->last : (struct wall){0});
    print_texts(out, "labels", &r->labels);
    json_print_text(out, "id", r->id);
}

static void find_worst(void *ctx, struct alert *a)
{
    enum alert_state *worst = ctx;
    if (is_active(a) && a->status.state > *worst)
        *worst = a->status.state;
}

static void print_alerting(struct buf *out, const struct book *b, const struct rule *r)
{
    enum alert_state worst = ALERT_INACTIVE;
    book_each_of(b, r, find_worst, &worst);
    json_print_text(out, "state", alert_state_name(worst));
    print_number(out, "duration", nsec_to_sec(r->hold_for));
    print_number(out, "keepFiringFor", nsec_to_sec(r->keep_firing_for));
    print_texts(out, "annotations", &r->annotations);
    buf_add_text(out, ",\"alerts\":[");
}

/* ---- rules ---- */

struct rules_list {
    struct daemon *daemon;
    struct generation *generation; /* held: a reload makes other rules */
    bool has_alerting, has_recording;
    struct map *names, *groups, *files; /* that are asked for; empty: all */
    size_t group, rule;                 /* where it stands */
    struct alert_keys keys;             /* of the rule */
    bool is_begun, is_in_group, is_in_rule;
};

static bool is_among(const struct map *asked, const char *text)
{
    return map_count(asked) == 0 || map_get(asked, bytes_of(text));
}

static bool is_wanted(const struct rules_list *l, const struct rule *r)
{
    return (r->is_recording ? l->has_recording : l->has_alerting) &&
           is_among(l->names, r->name);
}

/* True when all of the rule is printed. */
static bool go_through_rule(struct rules_list *l, const struct rule *r, struct buf *out,
                            struct mono until)
{
    struct engine *engine = act_engine(l->daemon);
    const struct book *book = engine_book(engine);
    if (!l->is_in_rule) {
        const struct rule_health health = evaluation_rule(engine_evaluation(engine), r);
        print_rule(out, r, &health);
        if (r->is_recording) {
            buf_add_byte(out, '}');
            return true;
        }
        print_alerting(out, book, r);
        alert_keys_take(&l->keys, book, r, is_active);
        l->is_in_rule = true;
    }
    if (!print_active(&l->keys, book, out, until))
        return false;
    buf_add_text(out, "]}");
    l->is_in_rule = false;
    return true;
}

static void print_group_end(struct buf *out, const struct evaluation *e,
                            const struct rule_group *g)
{
    struct wall last = {0};
    nsec took = 0;
    for (size_t i = 0; i < g->count; i++) {
        const struct rule_health health = evaluation_rule(e, g->rules[i]);
        last = health.last.ns > last.ns ? health.last : last;
        took += health.duration;
    }
    buf_add_byte(out, ']');
    print_number(out, "interval", nsec_to_sec(g->interval));
    json_print_name(out, "limit");
    buf_add_u64(out, g->limit);
    print_number(out, "evaluationTime", nsec_to_sec(took));
    print_evaluated(out, last);
    buf_add_byte(out, '}');
}

static bool go_through_group(struct rules_list *l, const struct rule_group *g,
                             struct buf *out, struct mono until)
{
    if (!l->is_in_group) {
        print_open(out);
        json_print_text(out, "name", g->name);
        json_print_text(out, "file", g->file);
        buf_add_text(out, ",\"rules\":[");
        l->is_in_group = true;
        l->rule = 0;
    }
    for (; l->rule < g->count; l->rule++) {
        if (mono_reached(mono_read(), until))
            return false;
        if (is_wanted(l, g->rules[l->rule]) &&
            !go_through_rule(l, g->rules[l->rule], out, until))
            return false;
    }
    print_group_end(out, engine_evaluation(act_engine(l->daemon)), g);
    l->is_in_group = false;
    return true;
}

static bool print_rules(void *ctx, struct buf *out, struct mono until)
{
    struct rules_list *l = ctx;
    const struct rules *rules = &l->generation->alerting.rules;
    if (!l->is_begun)
        buf_add_text(out, "{\"status\":\"success\",\"data\":{\"groups\":[");
    l->is_begun = true;
    for (; l->group < rules->count; l->group++) {
        const struct rule_group *g = rules->groups[l->group];
        if (is_among(l->groups, g->name) && is_among(l->files, g->file) &&
            !go_through_group(l, g, out, until))
            return false;
    }
    buf_add_text(out, "]}}\n");
    return true;
}

static void rules_finish(void *list)
{
    struct rules_list *l = list;
    generation_unref(l->generation);
    map_destroy(l->names);
    map_destroy(l->groups);
    map_destroy(l->files);
    alert_keys_finish(&l->keys);
}

static void add_asked(void *ctx, const char *value)
{
    map_put(ctx, bytes_of(value), ctx);
}

static struct map *asked_of(struct exchange *x, const char *param)
{
    struct map *asked = map_create();
    exchange_form_each(x, param, add_asked, asked);
    return asked;
}

static void get_rules(struct exchange *x, struct daemon *d)
{
    static const struct list_kind kind = {"rules", TOO_LARGE, print_rules};
    const char *type = exchange_form(x, "type");
    if (type && strcmp(type, "alert") != 0 && strcmp(type, "record") != 0) {
        query_error(x, 400, "bad_data",
                    "invalid parameter \"type\": not supported value \"%.100s\"", type);
        return;
    }
    struct arena *arena = arena_create(0);
    struct rules_list *l = arena_alloc(arena, sizeof(*l));
    *l = (struct rules_list){
        .daemon = d,
        .generation = generation_ref(d->generation),
        .has_alerting = !type || !strcmp(type, "alert"),
        .has_recording = !type || !strcmp(type, "record"),
        .names = asked_of(x, "rule_name[]"),
        .groups = asked_of(x, "rule_group[]"),
        .files = asked_of(x, "file[]"),
    };
    arena_cleanup(arena, rules_finish, l);
    list_job_answer(x, d, &kind, arena, l);
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
