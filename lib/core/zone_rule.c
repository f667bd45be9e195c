/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The POSIX TZ string in the footer of a zone file ("CET-1CEST,M3.5.0,M10.5.0/3"): read, and asked for the years
 * that the file's own list does not reach (RFC 8536 §3.3 and POSIX.1-2017 §8.3). Used by zone_file.c and zone.c.
 */
#include <limits.h>

#include "lib/base/bytes.h"
#include "lib/core/zone_impl.h"

#define SECONDS_PER_DAY 86400
#define RULE_MAX_HOURS 167

/* ---- reading ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char peek(const struct bytes *text)
{
    return text->len > 0 ? text->ptr[0] : '\0';
}

static bool take_byte(struct bytes *text, char c)
{
    if (peek(text) != c || text->len == 0)
        return false;
    *text = bytes_slice(*text, 1, text->len);
    return true;
}

/* "CET" or "<+0330>": at least three characters. */
static bool read_abbreviation(struct bytes *text, struct arena *arena, const char **ret)
{
    const bool is_quoted = take_byte(text, '<');
    size_t len = 0;
    while (len < text->len &&
           (is_letter(text->ptr[len]) ||
            (is_quoted && (byte_is_digit(text->ptr[len]) || text->ptr[len] == '+' ||
                           text->ptr[len] == '-'))))
        len++;
    if (len < 3 || len > 15)
        return false;
    *ret = arena_strndup(arena, text->ptr, len);
    *text = bytes_slice(*text, len, text->len);
    return !is_quoted || take_byte(text, '>');
}

static bool read_number(struct bytes *text, int min, int max, int *ret)
{
    int value = 0;
    size_t len = 0;
    while (len < text->len && len < 4 && byte_is_digit(text->ptr[len]))
        value = value * 10 + (text->ptr[len++] - '0');
    if (len == 0 || value < min || value > max)
        return false;
    *text = bytes_slice(*text, len, text->len);
    *ret = value;
    return true;
}

/* [+-]h[h[h]][:mm[:ss]] */
static bool read_time(struct bytes *text, int max_hours, int *ret_seconds)
{
    int hours, minutes = 0, seconds = 0;
    const bool is_negative = take_byte(text, '-');
    if (!is_negative)
        (void)take_byte(text, '+');
    if (!read_number(text, 0, max_hours, &hours))
        return false;
    if (take_byte(text, ':')) {
        if (!read_number(text, 0, 59, &minutes))
            return false;
        if (take_byte(text, ':') && !read_number(text, 0, 59, &seconds))
            return false;
    }
    const int value = hours * 3600 + minutes * 60 + seconds;
    *ret_seconds = is_negative ? -value : value;
    return true;
}

static bool read_day(struct bytes *text, struct zone_day *ret)
{
    *ret = (struct zone_day){.kind = DAY_ZERO_BASED, .time = 2 * 3600};
    if (!take_byte(text, ','))
        return false;
    if (take_byte(text, 'M')) {
        ret->kind = DAY_OF_WEEK;
        if (!read_number(text, 1, 12, &ret->month) || !take_byte(text, '.') ||
            !read_number(text, 1, 5, &ret->week) || !take_byte(text, '.') ||
            !read_number(text, 0, 6, &ret->day))
            return false;
    } else if (take_byte(text, 'J')) {
        ret->kind = DAY_JULIAN;
        if (!read_number(text, 1, 365, &ret->day))
            return false;
    } else if (!read_number(text, 0, 365, &ret->day)) {
        return false;
    }
    return !take_byte(text, '/') || read_time(text, RULE_MAX_HOURS, &ret->time);
}

static bool read_rule(struct bytes *text, struct arena *arena, struct zone_rule *r)
{
    int west;
    if (!read_abbreviation(text, arena, &r->standard.abbreviation) ||
        !read_time(text, 24, &west))
        return false;
    r->standard.offset = -west;
    if (text->len == 0)
        return true;
    r->has_summer = true;
    r->summer.offset = r->standard.offset + 3600;
    if (!read_abbreviation(text, arena, &r->summer.abbreviation))
        return false;
    if (peek(text) != ',') {
        if (!read_time(text, 24, &west))
            return false;
        r->summer.offset = -west;
    }
    return read_day(text, &r->begins) && read_day(text, &r->ends) && text->len == 0;
}

bool zone_rule_parse(struct arena *arena, struct bytes text, struct zone_rule *ret,
                     struct err *e)
{
    struct zone_rule r = {0};
    struct bytes rest = text;
    if (!read_rule(&rest, arena, &r))
        return err_set(e, "its last line is no rule for later years: '%.*s'",
                       (int)(text.len < 80 ? text.len : 80), text.ptr ? text.ptr : "");
    *ret = r;
    return true;
}

/* ---- asking ---- */

static int64_t seconds_of(const struct civil *c)
{
    return wall_from_civil(c).ns / NSEC_PER_SEC;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

static int64_t day_of_week_in(int year, const struct zone_day *d)
{
    const struct civil first = {.year = year, .month = d->month, .day = 1};
    const int first_weekday = wall_to_civil(wall_from_civil(&first)).weekday;
    int day = 1 + (d->day - first_weekday + 7) % 7 + (d->week - 1) * 7;
    while (day > days_in_month(year, d->month))
        day -= 7;
    return seconds_of(&first) + (int64_t)(day - 1) * SECONDS_PER_DAY;
}

/* The instant of a change in a year; before: the offset that the local time is told in. */
static int64_t change_in(int year, const struct zone_day *d, int before)
{
    const struct civil january = {.year = year, .month = 1, .day = 1};
    int64_t midnight = seconds_of(&january);
    switch (d->kind) {
    case DAY_OF_WEEK:
        midnight = day_of_week_in(year, d);
        break;
    case DAY_JULIAN:
        midnight +=
            (int64_t)(d->day - 1 + (is_leap(year) && d->day > 59)) * SECONDS_PER_DAY;
        break;
    case DAY_ZERO_BASED:
        midnight += (int64_t)d->day * SECONDS_PER_DAY;
        break;
    }
    return midnight + d->time - before;
}

static int64_t begin_in(const struct zone_rule *r, int year)
{
    return change_in(year, &r->begins, r->standard.offset);
}

static int64_t end_in(const struct zone_rule *r, int year)
{
    return change_in(year, &r->ends, r->summer.offset);
}

static int year_of(int64_t at)
{
    return wall_to_civil((struct wall){at * NSEC_PER_SEC}).year;
}

/* A time of 167 h moves a change into a neighbouring year: two years either side hold all that matters. Where both
 * changes fall together it is summer all year. */
const struct zone_type *zone_rule_type(const struct zone_rule *r, int64_t at)
{
    if (!r->has_summer)
        return &r->standard;
    const int this_year = year_of(at);
    int64_t last_begin = INT64_MIN, last_end = INT64_MIN;
    for (int year = this_year - 2; year <= this_year + 1; year++) {
        const int64_t begin = begin_in(r, year), end = end_in(r, year);
        if (begin <= at && begin > last_begin)
            last_begin = begin;
        if (end <= at && end > last_end)
            last_end = end;
    }
    return last_begin >= last_end ? &r->summer : &r->standard;
}

int64_t zone_rule_next(const struct zone_rule *r, int64_t at)
{
    int64_t next = ZONE_NEVER;
    if (!r->has_summer)
        return next;
    const int this_year = year_of(at);
    for (int year = this_year - 1; year <= this_year + 2; year++) {
        const int64_t begin = begin_in(r, year), end = end_in(r, year);
        if (begin > at && begin < next)
            next = begin;
        if (end > at && end < next)
            next = end;
    }
    return next;
}
