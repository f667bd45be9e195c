/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as people read them, to the letter as Prometheus' template functions print them. Called by templates. Pure. */
#include "alerts/humanize.h"

#include <math.h>

#include "lib/base/clock.h"

/* Four significant digits; infinities and NaN as Go spells them. */
static void add_short(struct buf *out, double v)
{
    if (isfinite(v))
        buf_printf(out, "%.4g", v);
    else
        buf_add_text(out, isnan(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf");
}

static bool is_plain(double v)
{
    return v == 0 || !isfinite(v);
}

static void add_scaled_up(struct buf *out, double v, double base,
                          const char *const *prefixes)
{
    const char *prefix = "";
    for (; *prefixes && fabs(v) >= base; prefixes++) {
        prefix = *prefixes;
        v /= base;
    }
    add_short(out, v);
    buf_add_text(out, prefix);
}

static void add_scaled_down(struct buf *out, double v)
{
    static const char prefixes[] = "munpfazy";
    char prefix = '\0';
    for (const char *p = prefixes; *p && fabs(v) < 1; p++) {
        prefix = *p;
        v *= 1000;
    }
    add_short(out, v);
    if (prefix)
        buf_add_byte(out, prefix);
}

void humanize(double v, struct buf *out)
{
    static const char *const prefixes[] = {"k", "M", "G", "T", "P", "E", "Z", "Y", NULL};
    if (is_plain(v))
        add_short(out, v);
    else if (fabs(v) >= 1)
        add_scaled_up(out, v, 1000, prefixes);
    else
        add_scaled_down(out, v);
}

void humanize1024(double v, struct buf *out)
{
    static const char *const prefixes[] = {"ki", "Mi", "Gi", "Ti", "Pi",
                                           "Ei", "Zi", "Yi", NULL};
    if (!isfinite(v) || fabs(v) <= 1)
        add_short(out, v);
    else
        add_scaled_up(out, v, 1024, prefixes);
}

void humanize_percentage(double v, struct buf *out)
{
    add_short(out, v * 100);
    buf_add_byte(out, '%');
}

static void add_long_duration(struct buf *out, double v)
{
    const bool is_huge = fabs(v) >= 9e18;
    const int64_t all = is_huge ? INT64_MAX : (int64_t)fabs(v);
    const long long days = all / 86400, hours = all / 3600 % 24, minutes = all / 60 % 60,
                    seconds = all % 60;
    if (v < 0)
        buf_add_byte(out, '-');
    if (days)
        buf_printf(out, "%lldd ", days);
    if (days || hours)
        buf_printf(out, "%lldh ", hours);
    if (days || hours || minutes) {
        buf_printf(out, "%lldm %llds", minutes, seconds);
        return;
    }
    add_short(out, fabs(v));
    buf_add_byte(out, 's');
}

void humanize_duration(double v, struct buf *out)
{
    if (!isfinite(v)) {
        add_short(out, v);
    } else if (v == 0) {
        buf_add_text(out, "0s");
    } else if (fabs(v) >= 1) {
        add_long_duration(out, v);
    } else {
        add_scaled_down(out, v);
        buf_add_byte(out, 's');
    }
}

/* As Go prints a time: 2015-03-10 12:00:00 +0000 UTC, with as many decimals as there are. */
void humanize_timestamp(double v, struct buf *out)
{
    if (!isfinite(v) || fabs(v) > 9e9) {
        add_short(out, v);
        return;
    }
    const double whole = floor(v);
    const int64_t ms = (int64_t)((v - whole) * 1000 + 0.5);
    const struct wall at = {(int64_t)whole * NSEC_PER_SEC + ms * NSEC_PER_MSEC};
    const struct civil c = wall_to_civil(at);
    buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour,
               c.minute, c.second);
    for (int64_t rest = ms % 1000, unit = 100; rest > 0; rest %= unit, unit /= 10)
        buf_printf(out, "%s%d", unit == 100 ? "." : "", (int)(rest / unit));
    buf_add_text(out, " +0000 UTC");
}
