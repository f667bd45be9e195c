/* SPDX-License-Identifier: Apache-2.0 */
/* See waterfall.h. */
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
