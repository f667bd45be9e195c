/* SPDX-License-Identifier: Apache-2.0 */
/* See promql_json.h. Values are texts there, since JSON knows no NaN. */
#include "lib/query/promql_json.h"

#include <inttypes.h>

#include "lib/query/promql_functions.h"

void promql_json_time(int64_t ms, struct buf *out)
{
    const uint64_t size = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;
    buf_printf(out, "%s%" PRIu64, ms < 0 ? "-" : "", size / 1000);
    if (size % 1000)
        buf_printf(out, ".%03d", (int)(size % 1000));
}

void promql_json_labels(struct labels labels, struct buf *out)
{
    buf_add_byte(out, '{');
    for (size_t i = 0; i < labels.count; i++) {
        buf_add_text(out, i ? "," : "");
        buf_add_json(out, bytes_of(labels.items[i].name));
        buf_add_byte(out, ':');
        buf_add_json(out, bytes_of(labels.items[i].value));
    }
    buf_add_byte(out, '}');
}

static void add_point(const struct point *p, struct buf *out)
{
    buf_add_byte(out, '[');
    promql_json_time(p->ms, out);
    buf_add_text(out, ",\"");
    promql_add_value(p->value, out);
    buf_add_text(out, "\"]");
}

static void add_series(const struct promql_series *s, bool is_matrix, struct buf *out)
{
    buf_add_text(out, "{\"metric\":");
    promql_json_labels(s->labels, out);
    buf_add_text(out, is_matrix ? ",\"values\":[" : ",\"value\":");
    for (size_t i = 0; i < s->count; i++) {
        buf_add_text(out, i ? "," : "");
        add_point(&s->points[i], out);
    }
    buf_add_text(out, is_matrix ? "]}" : "}");
}

static void add_result(const struct promql_result *r, int64_t ms, struct buf *out)
{
    switch (r->type) {
    case PROMQL_SCALAR:
        add_point(r->items[0].points, out);
        return;
    case PROMQL_STRING:
        buf_add_byte(out, '[');
        promql_json_time(ms, out);
        buf_add_byte(out, ',');
        buf_add_json(out, bytes_of(r->text));
        buf_add_byte(out, ']');
        return;
    case PROMQL_VECTOR:
    case PROMQL_MATRIX:
        break;
    }
    buf_add_byte(out, '[');
    for (size_t i = 0; i < r->count; i++) {
        buf_add_text(out, i ? "," : "");
        add_series(&r->items[i], r->type == PROMQL_MATRIX, out);
    }
    buf_add_byte(out, ']');
}

void promql_json_data(const struct promql_result *r, int64_t ms, struct buf *out)
{
    buf_printf(out, "{\"resultType\":\"%s\",\"result\":", promql_type_name(r->type));
    add_result(r, ms, out);
    buf_add_byte(out, '}');
}

void promql_json_success(const struct promql_result *r, int64_t ms, struct buf *out)
{
    buf_add_text(out, "{\"status\":\"success\",\"data\":");
    promql_json_data(r, ms, out);
    for (size_t i = 0; r->warnings && r->warnings[i]; i++) {
        buf_add_text(out, i ? "," : ",\"warnings\":[");
        buf_add_json(out, bytes_of(r->warnings[i]));
    }
    buf_add_text(out, r->warnings && r->warnings[0] ? "]}" : "}");
}

void promql_json_error(const char *type, const char *text, struct buf *out)
{
    buf_add_text(out, "{\"status\":\"error\",\"errorType\":");
    buf_add_json(out, bytes_of(type));
    buf_add_text(out, ",\"error\":");
    buf_add_json(out, bytes_of(text));
    buf_add_byte(out, '}');
}
