/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as Go writes them, labels, points, vectors and matrices, straight into a buffer. Called by the query lanes,
 * on the loop or on the pool's threads. Evaluates nothing.
 */
#include "collector/prom_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The digits of a finite number and where its point is: 0.d1d2d3… × 10^exponent. */
struct decimal {
    char digits[32];
    int count, exponent;
    bool is_negative;
};

static struct decimal decimal_of(double value)
{
    struct decimal d = {.is_negative = signbit(value)};
    struct buf text = BUF_MAX(64);
    int before = 0, power = 0;
    bool is_behind = false;
    buf_add_double(&text, fabs(value));
    const char *at = buf_text(&text);
    for (; *at && *at != 'e'; at++) {
        if (*at == '.') {
            is_behind = true;
            continue;
        }
        if (d.count == 0 && *at == '0') {
            before -= is_behind;
            continue;
        }
        before += !is_behind;
        d.digits[d.count++] = *at;
    }
    if (*at == 'e')
        power = (int)strtol(at + 1, NULL, 10);
    while (d.count > 1 && d.digits[d.count - 1] == '0')
        d.count--;
    d.exponent = before + power;
    buf_finish(&text);
    return d;
}

static void add_plain(const struct decimal *d, struct buf *out)
{
    if (d->exponent <= 0)
        buf_add_text(out, "0.");
    for (int i = d->exponent; i < 0; i++)
        buf_add_byte(out, '0');
    for (int i = 0; i < d->count; i++) {
        if (i == d->exponent && i > 0)
            buf_add_byte(out, '.');
        buf_add_byte(out, d->digits[i]);
    }
    for (int i = d->count; i < d->exponent; i++)
        buf_add_byte(out, '0');
}

static void add_scientific(const struct decimal *d, struct buf *out)
{
    const int power = d->exponent - 1;
    buf_add_byte(out, d->digits[0]);
    if (d->count > 1)
        buf_add_byte(out, '.');
    buf_add(out, d->digits + 1, (size_t)(d->count - 1));
    buf_printf(out, "e%c%02d", power < 0 ? '-' : '+', abs(power));
}

void prom_json_number(double value, struct buf *out)
{
    buf_add_byte(out, '"');
    if (isnan(value)) {
        buf_add_text(out, "NaN");
    } else if (isinf(value)) {
        buf_add_text(out, value > 0 ? "+Inf" : "-Inf");
    } else if (value == 0) {
        buf_add_text(out, signbit(value) ? "-0" : "0");
    } else {
        const struct decimal d = decimal_of(value);
        const bool is_plain = fabs(value) >= 1e-6 && fabs(value) < 1e21;
        if (d.is_negative)
            buf_add_byte(out, '-');
        (is_plain ? add_plain : add_scientific)(&d, out);
    }
    buf_add_byte(out, '"');
}

void prom_json_alert_value(double value, struct buf *out)
{
    if (!isfinite(value)) {
        prom_json_number(value, out);
        return;
    }
    const struct decimal d =
        value == 0 ? (struct decimal){"0", 1, 1, signbit(value)} : decimal_of(value);
    buf_add_text(out, d.is_negative ? "\"-" : "\"");
    add_scientific(&d, out);
    buf_add_byte(out, '"');
}

void prom_json_time(int64_t ms, struct buf *out)
{
    const int64_t part = llabs(ms % 1000);
    if (ms < 0 && ms / 1000 == 0)
        buf_add_byte(out, '-');
    buf_printf(out, "%jd", (intmax_t)(ms / 1000));
    if (part)
        buf_printf(out, ".%03jd", (intmax_t)part);
}

void prom_json_labels(struct labels l, struct buf *out)
{
    buf_add_byte(out, '{');
    for (size_t i = 0; i < l.count; i++) {
        if (i > 0)
            buf_add_byte(out, ',');
        buf_add_json(out, bytes_of(l.items[i].name));
        buf_add_byte(out, ':');
        buf_add_json(out, bytes_of(l.items[i].value));
    }
    buf_add_byte(out, '}');
}

static void add_point(struct point p, struct buf *out)
{
    buf_add_byte(out, '[');
    prom_json_time(p.ms, out);
    buf_add_byte(out, ',');
    prom_json_number(p.value, out);
    buf_add_byte(out, ']');
}

static void add_series(const struct promql_series *s, bool is_matrix, struct buf *out)
{
    buf_add_text(out, "{\"metric\":");
    prom_json_labels(s->labels, out);
    buf_add_text(out, is_matrix ? ",\"values\":[" : ",\"value\":");
    for (size_t i = 0; i < s->count; i++) {
        if (i > 0)
            buf_add_byte(out, ',');
        add_point(s->points[i], out);
    }
    buf_add_text(out, is_matrix ? "]}" : "}");
}

static void add_list(const struct promql_result *r, struct buf *out)
{
    buf_add_byte(out, '[');
    for (size_t i = 0; i < r->count; i++) {
        if (i > 0)
            buf_add_byte(out, ',');
        add_series(&r->items[i], r->type == PROMQL_MATRIX, out);
    }
    buf_add_byte(out, ']');
}

static void add_string(const struct promql_result *r, struct buf *out)
{
    buf_add_byte(out, '[');
    prom_json_time(r->count && r->items[0].count ? r->items[0].points[0].ms : 0, out);
    buf_add_byte(out, ',');
    buf_add_json(out, bytes_of(r->text));
    buf_add_byte(out, ']');
}

static void add_value(const struct promql_result *r, struct buf *out)
{
    switch (r->type) {
    case PROMQL_SCALAR:
        add_point(r->items[0].points[0], out);
        break;
    case PROMQL_STRING:
        add_string(r, out);
        break;
    case PROMQL_VECTOR:
    case PROMQL_MATRIX:
        add_list(r, out);
        break;
    }
}

void prom_json_result(const struct promql_result *r, struct buf *out)
{
    buf_printf(out, "{\"status\":\"success\",\"data\":{\"resultType\":\"%s\",\"result\":",
               promql_type_name(r->type));
    add_value(r, out);
    buf_add_byte(out, '}');
    for (size_t i = 0; r->warnings && r->warnings[i]; i++) {
        buf_add_text(out, i == 0 ? ",\"warnings\":[" : ",");
        buf_add_json(out, bytes_of(r->warnings[i]));
        if (!r->warnings[i + 1])
            buf_add_byte(out, ']');
    }
    buf_add_byte(out, '}');
}

void prom_json_error(const char *type, const char *text, struct buf *out)
{
    buf_printf(out, "{\"status\":\"error\",\"errorType\":\"%s\",\"error\":", type);
    buf_add_json(out, bytes_of(text));
    buf_add_byte(out, '}');
}
