/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans on a line of so many columns, and the worst cases of seeing a death and a return. Called by the text writer and
 * explain. Asks no healthd.
 */
#include "healthctl/waterfall.h"

void bar_draw(struct buf *out, nsec start, nsec length, nsec total, size_t width,
              bool has_utf8)
{
    const double scale = total > 0 ? (double)width / (double)total : 0;
    size_t from = (size_t)((double)start * scale);
    const double columns = (double)length * scale;
    if (length <= 0)
        return;
    if (from >= width)
        from = width - 1;
    for (size_t i = 0; i < from; i++)
        buf_add_byte(out, ' ');
    size_t count = (size_t)(columns + 0.5);
    if (from + count > width)
        count = width - from;
    if (!count)
        buf_add_text(out, has_utf8 ? "▏" : "|");
    for (size_t i = 0; i < count; i++)
        buf_add_text(out, has_utf8 ? "█" : "=");
}

/* Dead right after a good run: the next one is an interval away, further ones follow at the retry
 * interval after the former has ended. */
struct detection detection_of_death(const struct timing *t, bool answers_at_once)
{
    const nsec run = answers_at_once ? 0 : t->timeout;
    const nsec seen = t->interval + run;
    const nsec step = t->retry_interval < t->interval ? t->retry_interval : t->interval;
    return (struct detection){seen, seen + (t->fall - 1) * (step + run)};
}

struct detection detection_of_return(const struct timing *t)
{
    const nsec step = t->retry_interval < t->interval ? t->retry_interval : t->interval;
    return (struct detection){t->interval, t->interval + (t->rise - 1) * step};
}

/* Which of the runs ends in this column; 0: none. */
static int run_at(const struct detection *d, int runs, nsec longest, size_t width,
                  size_t column)
{
    for (int i = runs; i > 0; i--) {
        const double part = runs > 1 ? (double)(i - 1) / (runs - 1) : 1;
        const double at = (double)d->seen + part * (double)(d->confirmed - d->seen);
        if ((size_t)(at / (double)longest * (double)width + 0.5) == column)
            return i;
    }
    return 0;
}

void detection_draw(struct buf *out, struct detection d, int runs, nsec longest,
                    size_t width, bool has_utf8)
{
    if (longest <= 0)
        return;
    const size_t end =
        (size_t)((double)d.confirmed / (double)longest * (double)width + 0.5);
    for (size_t column = 0; column <= end; column++) {
        const int run = run_at(&d, runs, longest, width, column);
        if (column == 0)
            buf_add_text(out, has_utf8 ? "●" : "*");
        else if (run == runs)
            buf_add_text(out, has_utf8 ? "◆" : "#");
        else if (run)
            buf_add_text(out, has_utf8 ? "┼" : "+");
        else
            buf_add_text(out, has_utf8 ? "─" : "-");
    }
}
