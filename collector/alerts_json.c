/* SPDX-License-Identifier: Apache-2.0 */
/* See alerts_json.h. Printed rather than built as a tree: viewers of the status page are told of it once a second. */
#include "collector/alerts_json.h"

#include "alerts/severity.h"
#include "collector/act.h"
#include "collector/json_print.h"

static void print_delivery(struct buf *out, const struct outbox_row *r)
{
    json_print_name(out, "delivery");
    if (!r) {
        buf_add_text(out, "null");
        return;
    }
    buf_printf(out, "{\"id\":%ju,\"attempts\":%u", (uintmax_t)r->id, r->attempts);
    json_print_text(out, "kind", notice_kind_name(r->kind));
    json_print_text(out, "state", row_state_name(r->state));
    json_print_text(out, "last_error", r->last_error);
    json_print_flag(out, "in_doubt", r->is_in_doubt);
    json_print_time(out, "made", r->made);
    json_print_time(out, "next_at", r->next_at);
    buf_add_byte(out, '}');
}

/* ---- who was told of one ---- */

struct telling {
    struct buf *out;
    const struct outbox *outbox;
    const struct courier *courier;
    struct overlay_verdict held;
    size_t count;
};

/* Who was told what t's receiver would not hear. */
static void print_instead(const struct telling *telling, const struct told *t)
{
    struct buf *out = telling->out;
    const struct outbox_row *row;
    size_t at = 0, count = 0;
    json_print_name(out, "instead");
    buf_add_byte(out, '[');
    while ((row = courier_instead(telling->courier, t->receiver, t->lane, &at))) {
        buf_add_text(out, count++ ? ",{" : "{");
        json_print_text(out, "receiver", row->receiver);
        json_print_text(out, "state", row_state_name(row->state));
        buf_add_byte(out, '}');
    }
    buf_add_byte(out, ']');
}

static void print_told(void *ctx, const struct told *t)
{
    struct telling *telling = ctx;
    struct buf *out = telling->out;
    if (telling->count++)
        buf_add_byte(out, ',');
    buf_add_byte(out, '{');
    json_print_text(out, "receiver", t->receiver);
    json_print_text(out, "lane", t->lane);
    json_print_text(out, "route", t->route);
    json_print_flag(out, "was_told", t->was_told);
    json_print_time(out, "last_told", t->last_told);
    json_print_time(out, "next_flush", t->next_flush);
    const struct outbox_row *newest =
        outbox_newest(telling->outbox, t->receiver, t->lane);
    print_delivery(out, newest);
    if (newest && newest->state == ROW_DEAD)
        print_instead(telling, t);
    buf_add_byte(out, '}');
    if (telling->held.kind == OVERLAY_NONE)
        telling->held = t->held;
}

static bool any_has_floor(const struct receivers *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const char *floor = r->items[i]->severity_floor;
        if (floor && *floor)
            return true;
    }
    return false;
}

/* Whom a route names, and whose severity_floor is above it. */
static void print_left_out(struct buf *out, const struct alerting *alerting,
                           const struct alert *a)
{
    const struct receiver *list[LEFT_OUT_MAX];
    struct arena *arena = arena_create(0);
    const struct labels labels =
        labels_merge(arena, alerting->external_labels, a->labels);
    const size_t count =
        route_left_out(alerting->routing.root, labels, list, LEFT_OUT_MAX);
    for (size_t i = 0; i < count; i++) {
        buf_add_text(out, i ? ",{" : "{");
        json_print_text(out, "receiver", list[i]->name);
        json_print_text(
            out, "why",
            arena_printf(arena, "below its severity_floor, %s", list[i]->severity_floor));
        buf_add_byte(out, '}');
    }
    arena_destroy(arena);
}

static void print_held(struct buf *out, struct overlay_verdict held)
{
    json_print_name(out, "held");
    if (held.kind == OVERLAY_NONE) {
        buf_add_text(out, "null");
        return;
    }
    buf_add_byte(out, '{');
    json_print_text(out, "by", held.by);
    json_print_text(out, "kind", overlay_kind_name(held.kind));
    json_print_time(out, "until", held.until);
    buf_add_byte(out, '}');
}

static void print_ack(struct buf *out, const struct ack *ack)
{
    json_print_name(out, "ack");
    if (!ack) {
        buf_add_text(out, "null");
        return;
    }
    buf_add_byte(out, '{');
    json_print_text(out, "who", ack->who);
    json_print_time(out, "until", ack->until);
    json_print_text(out, "comment", ack->comment);
    buf_add_byte(out, '}');
}

/* ---- alerts ---- */

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

/* As text: JSON has no name for what is no number. */
static void print_value(struct buf *out, double value)
{
    json_print_name(out, "value");
    buf_add_byte(out, '"');
    buf_add_double(out, value);
    buf_add_byte(out, '"');
}

static void print_own(struct buf *out, const struct alert *a)
{
    const struct alert_status *s = &a->status;
    buf_printf(out, "{\"fingerprint\":\"%016jx\"", (uintmax_t)a->fingerprint);
    json_print_text(out, "key", a->key);
    json_print_text(out, "alertname", a->name);
    json_print_text(out, "state", alert_state_name(s->state));
    json_print_text(out, "severity", labels_get(a->labels, "severity"));
    json_print_text(out, "level", severity_level(labels_get(a->labels, "severity")));
    json_print_flag(out, "unknown", s->unknown_since.ns != 0);
    json_print_time(out, "since", since_of(s));
    json_print_time(out, "ends_at", s->keep_until);
    print_value(out, s->value);
    json_print_text(out, "rule", a->rule_id);
    json_print_text(out, "expr", a->rule ? a->rule->expr_text : "");
    json_print_text(out, "end_reason", s->end_reason);
    json_print_labels(out, "labels", a->labels);
    json_print_labels(out, "annotations", a->annotations);
}

static void print_known(struct buf *out, const struct daemon *d, const struct alert *a)
{
    struct engine *engine = act_engine(d);
    const struct alerting *alerting = engine_alerting(engine);
    struct telling telling = {
        .out = out, .outbox = engine_outbox(engine), .courier = engine_courier(engine)};
    print_own(out, a);
    json_print_name(out, "told");
    buf_add_byte(out, '[');
    dispatch_each(engine_dispatch(engine), a, print_told, &telling);
    buf_add_byte(out, ']');
    json_print_name(out, "left_out");
    buf_add_byte(out, '[');
    if (alerting && alerting->routing.root && any_has_floor(&alerting->receivers))
        print_left_out(out, alerting, a);
    buf_add_byte(out, ']');
    print_held(out, telling.held);
    print_ack(out, ack_of(engine_overlay(engine), a, act_now(d)));
}

void alert_print(struct buf *out, const struct daemon *d, const struct alert *a)
{
    print_known(out, d, a);
    json_print_text(out, "found", engine_found(act_engine(d), a));
    buf_add_byte(out, '}');
}

struct listing {
    struct buf *out;
    const struct daemon *daemon;
    size_t count, max;
    bool is_firing; /* which ones this pass takes */
};

static void add_alert(void *ctx, struct alert *a)
{
    struct listing *l = ctx;
    if ((a->status.state == ALERT_FIRING) != l->is_firing || l->count >= l->max)
        return;
    if (l->count++)
        buf_add_byte(l->out, ',');
    print_known(l->out, l->daemon, a);
    buf_add_byte(l->out, '}');
}

void alerts_print(struct buf *out, const struct daemon *d, size_t max)
{
    struct listing l = {.out = out, .daemon = d, .max = max, .is_firing = true};
    const struct book *book = engine_book(act_engine(d));
    buf_add_byte(out, '[');
    book_each(book, add_alert, &l);
    l.is_firing = false;
    book_each(book, add_alert, &l);
    buf_add_byte(out, ']');
}
