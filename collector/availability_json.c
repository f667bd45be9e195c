/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cells, windows and latencies as JSON, without a tree. Called by the overview and by what reads the history's file.
 * Computes nothing: availability.c and latency.c did.
 */
#include "collector/availability_json.h"

#include <math.h>

static void print_cell(struct buf *out, const struct tally *t)
{
    const double degraded = t ? t->degraded_ms : 0, down = t ? t->down_ms : 0;
    const double known = degraded + down + (t ? t->up_ms : 0);
    if (known <= 0)
        buf_add_text(out, "null");
    else if (degraded + down <= 0)
        buf_add_byte(out, '1');
    else
        buf_printf(out, "[%.4g,%.4g]", 1 - down / known, degraded / known);
}

static void print_window(struct buf *out, const struct availability *a, enum window w,
                         struct wall now)
{
    const int64_t last = availability_number(w, now);
    const double ratio = a ? availability_ratio(a, w, now) : (double)NAN;
    buf_printf(out, "\"%s\":{\"ratio\":", window_shapes[w].name);
    if (isnan(ratio))
        buf_add_text(out, "null");
    else
        buf_printf(out, "%.6g", ratio);
    buf_add_text(out, ",\"cells\":[");
    for (int64_t n = last - window_shapes[w].count + 1; n <= last; n++) {
        print_cell(out, a ? availability_cell(a, w, n) : NULL);
        buf_add_text(out, n < last ? "," : "]}");
    }
}

void availability_print(struct buf *out, const struct availability *a, struct wall now)
{
    for (enum window w = 0; w < WINDOW_COUNT; w++) {
        buf_add_byte(out, w ? ',' : '{');
        print_window(out, a, w, now);
    }
    buf_add_byte(out, '}');
}

void hour_print(struct buf *out, int64_t hour, const struct tally *t)
{
    buf_printf(out, "[%jd,%u,%u,%u,%u,%u,%.4g,%.4g]", (intmax_t)hour * 3600,
               t->up_ms / 1000, t->degraded_ms / 1000, t->down_ms / 1000, t->runs,
               t->failed, t->runs ? (double)t->total_sec * 1000 / t->runs : 0,
               (double)t->slowest_sec * 1000);
}

void latency_print(struct buf *out, const struct latency *l, struct wall now)
{
    static const char letters[] = {[HEALTH_UNKNOWN] = '-',
                                   [HEALTH_UP] = 'u',
                                   [HEALTH_DEGRADED] = 'd',
                                   [HEALTH_DOWN] = 'x'};
    char worst[LATENCY_MINUTES + 1] = {0};
    buf_add_text(out, "[[");
    for (unsigned i = 0; i < LATENCY_MINUTES; i++) {
        const struct latency_minute m = latency_at(l, now, LATENCY_MINUTES - 1 - i);
        worst[i] = letters[m.worst];
        if (i)
            buf_add_byte(out, ',');
        if (m.worst == HEALTH_UNKNOWN)
            buf_add_text(out, "null");
        else
            buf_printf(out, "%.3g", (double)m.slowest_sec * 1000);
    }
    buf_printf(out, "],\"%s\"]", worst);
}

void health_change_print(struct buf *out, struct wall at, enum health health,
                         const char *reason, const char *detail)
{
    char text[WALL_TEXT_SIZE];
    buf_printf(out, "{\"at\":\"%s\",\"health\":\"%s\",\"reason\":\"%s\",\"detail\":",
               wall_format(at, text), health_name(health), reason);
    buf_add_json(out, bytes_of(detail ? detail : ""));
    buf_add_byte(out, '}');
}
