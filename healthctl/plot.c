/* SPDX-License-Identifier: Apache-2.0 */
/* See plot.h. Values become dots on a grid; a letter of braille is two dots wide and four high. */
#include "healthctl/plot.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { DOTS_WIDE = 2, DOTS_HIGH = 4 };

struct canvas {
    size_t columns, rows;
    size_t dots_wide, dots_high; /* of one letter */
    uint8_t cells[PLOT_ROWS_MAX][PLOT_COLUMNS_MAX];
};

/* Bits of U+2800 by place: https://www.unicode.org/charts/PDF/U2800.pdf */
static const uint8_t braille[DOTS_HIGH][DOTS_WIDE] = {
    {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

static void set_dot(struct canvas *c, size_t x, size_t y)
{
    const size_t row = y / c->dots_high, column = x / c->dots_wide;
    if (row < c->rows && column < c->columns)
        c->cells[row][column] |= braille[y % c->dots_high][x % c->dots_wide];
}

struct dot {
    double x, y;
};

static void draw_line(struct canvas *c, struct dot from, struct dot to)
{
    const double dx = to.x - from.x, dy = to.y - from.y;
    const double longest = fmax(fabs(dx), fabs(dy));
    const size_t steps = longest < 1 ? 1 : (size_t)ceil(longest);
    for (size_t i = 0; i <= steps; i++) {
        const double part = (double)i / (double)steps;
        set_dot(c, (size_t)lround(from.x + part * dx),
                (size_t)lround(from.y + part * dy));
    }
}

struct plot_range plot_range_of(const double *values, size_t count)
{
    struct plot_range r = {.is_empty = true};
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            continue;
        r.low = r.is_empty ? values[i] : fmin(r.low, values[i]);
        r.high = r.is_empty ? values[i] : fmax(r.high, values[i]);
        r.is_empty = false;
    }
    return r;
}

static size_t clamp(size_t value, size_t max)
{
    return value < 1 ? 1 : value > max ? max : value;
}

static struct dot dot_of(const struct canvas *c, const struct plot *p,
                         struct plot_range range, size_t i)
{
    const double wide = (double)(c->columns * c->dots_wide - 1);
    const double high = (double)(c->rows * c->dots_high - 1);
    /* Halves, so that the whole range of a double does not overflow. */
    const double span = range.high / 2 - range.low / 2;
    const double part = span > 0 ? (p->values[i] / 2 - range.low / 2) / span : 0.5;
    return (struct dot){.x = p->count > 1 ? wide * (double)i / (double)(p->count - 1) : 0,
                        .y = high * (1 - part)};
}

static void draw_values(struct canvas *c, const struct plot *p, struct plot_range range)
{
    for (size_t i = 0; i < p->count; i++) {
        if (!isfinite(p->values[i]))
            continue;
        const struct dot here = dot_of(c, p, range, i);
        const bool has_next = i + 1 < p->count && isfinite(p->values[i + 1]);
        draw_line(c, here, has_next ? dot_of(c, p, range, i + 1) : here);
    }
}

static void add_letter(struct buf *out, uint8_t dots, bool has_utf8)
{
    if (!dots)
        buf_add_byte(out, ' ');
    else if (!has_utf8)
        buf_add_byte(out, '*');
    else
        buf_add(out,
                (const char[]){(char)0xe2, (char)(0xa0 | dots >> 6),
                               (char)(0x80 | (dots & 0x3f))},
                3);
}

void plot_draw(const struct plot *p, struct plot_range range, struct buf *out)
{
    struct canvas c = {
        .columns = clamp(p->columns, PLOT_COLUMNS_MAX),
        .rows = clamp(p->rows, PLOT_ROWS_MAX),
        .dots_wide = p->has_utf8 ? DOTS_WIDE : 1,
        .dots_high = p->has_utf8 ? DOTS_HIGH : 1,
    };
    if (!range.is_empty)
        draw_values(&c, p, range);
    for (size_t row = 0; row < c.rows; row++) {
        size_t end = c.columns;
        while (end > 0 && !c.cells[row][end - 1])
            end--;
        for (size_t column = 0; column < end; column++)
            add_letter(out, c.cells[row][column], p->has_utf8);
        buf_add_byte(out, '\n');
    }
}
