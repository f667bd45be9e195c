/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values as Prometheus' API writes them: the shortest digits that read back, with an exponent only for the very
 * large and the very small. For promql_json.c and count_values.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/query/promql_functions.h"

#define DIGITS_MAX 32

struct digits { /* 0.d1d2d3… × 10^point */
    char text[DIGITS_MAX];
    size_t count;
    int point;
};

/* From what buf_add_double wrote of a finite, positive number. */
static struct digits digits_of(const char *text)
{
    struct digits d = {0};
    int whole = 0;
    bool is_fraction = false;
    for (; *text && *text != 'e'; text++) {
        if (*text == '.') {
            is_fraction = true;
            continue;
        }
        whole += !is_fraction;
        if (d.count < DIGITS_MAX)
            d.text[d.count++] = *text;
    }
    d.point = whole + (*text == 'e' ? (int)strtol(text + 1, NULL, 10) : 0);
    size_t zeros = 0;
    while (zeros < d.count && d.text[zeros] == '0')
        zeros++;
    memmove(d.text, d.text + zeros, d.count - zeros);
    d.count -= zeros;
    d.point -= (int)zeros;
    while (d.count > 0 && d.text[d.count - 1] == '0')
        d.count--;
    return d;
}

static void add_plain(const struct digits *d, struct buf *out)
{
    if (d->point <= 0)
        buf_add_byte(out, '0');
    for (int i = 0; i < d->point; i++)
        buf_add_byte(out, (size_t)i < d->count ? d->text[i] : '0');
    if (d->point >= 0 && d->count <= (size_t)d->point)
        return;
    buf_add_byte(out, '.');
    for (int i = d->point; i < 0; i++)
        buf_add_byte(out, '0');
    const size_t from = d->point > 0 ? (size_t)d->point : 0;
    buf_add(out, d->text + from, d->count - from);
}

static void add_exponent(const struct digits *d, struct buf *out)
{
    const int exponent = d->point - 1;
    buf_add_byte(out, d->text[0]);
    if (d->count > 1) {
        buf_add_byte(out, '.');
        buf_add(out, d->text + 1, d->count - 1);
    }
    buf_printf(out, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
}

static void add_number(double value, bool is_plain, struct buf *out)
{
    struct buf text = BUF_MAX(64);
    const double size = fabs(value);
    if (signbit(value) && !isnan(value) && !isinf(value))
        buf_add_byte(out, '-');
    if (value == 0) {
        buf_add_byte(out, '0');
        return;
    }
    buf_add_double(&text, isfinite(value) ? size : value);
    const struct digits d = digits_of(buf_text(&text));
    if (!isfinite(value))
        buf_add_text(out, buf_text(&text));
    else if (is_plain || (size >= 1e-6 && size < 1e21))
        add_plain(&d, out);
    else
        add_exponent(&d, out);
    buf_finish(&text);
}

void promql_add_value(double value, struct buf *out)
{
    add_number(value, false, out);
}

void promql_add_decimal(double value, struct buf *out)
{
    add_number(value, true, out);
}
