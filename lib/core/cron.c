/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedules in crontab's notation: read into bits, then searched by month, day and minute. Called by probes that expect
 * something at a time. Knows no clock and no zone file.
 */
#include "lib/core/cron.h"

#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/bytes.h"

#define TEXT_MAX 200
#define SECONDS_PER_DAY 86400
#define MINUTES_PER_DAY 1440
#define SEARCH_DAYS (40 * 366)

struct field {
    const char *name;
    int least, most;
    const char *const *names; /* of `least` and those after it */
    uint64_t bits;
    bool has_any;
};

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                          "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed",
                                            "thu", "fri", "sat", NULL};

static const struct {
    const char *name, *fields;
} nicknames[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

/* ---- reading ---- */

/* Consumes blanks and the word after them. */
static bool take_word(struct bytes *rest, struct bytes *ret_word)
{
    size_t from = 0, to;
    while (from < rest->len && byte_is_blank(rest->ptr[from]))
        from++;
    for (to = from; to < rest->len && !byte_is_blank(rest->ptr[to]);)
        to++;
    *ret_word = bytes_slice(*rest, from, to);
    *rest = bytes_slice(*rest, to, rest->len);
    return ret_word->len > 0;
}

static bool value_read(const struct field *f, struct bytes text, int *ret, struct err *e)
{
    uint64_t number;
    for (int i = 0; f->names && f->names[i]; i++) {
        if (bytes_is_nocase(text, f->names[i])) {
            *ret = f->least + i;
            return true;
        }
    }
    if (bytes_to_u64(text, &number) && number >= (uint64_t)f->least &&
        number <= (uint64_t)f->most) {
        *ret = (int)number;
        return true;
    }
    return err_set(e, "'%.*s' is no %s: that is %d to %d%s%s", (int)text.len, text.ptr,
                   f->name, f->least, f->most, f->names ? ", or a name such as " : "",
                   f->names ? f->names[1] : "");
}

/* "*", "5", "5-9", "mon-fri". */
static bool range_read(struct field *f, struct bytes text, bool has_step, int *ret_from,
                       int *ret_to, struct err *e)
{
    struct bytes rest = text, first;
    *ret_from = f->least;
    *ret_to = f->most;
    if (bytes_is(text, "*"))
        return true;
    if (!bytes_token(&rest, '-', &first))
        return err_set(e, "the %s has no value before the /", f->name);
    if (!value_read(f, first, ret_from, e))
        return false;
    if (first.len == text.len) {
        *ret_to = has_step ? f->most : *ret_from;
        return true;
    }
    if (!value_read(f, rest, ret_to, e))
        return false;
    if (*ret_to >= *ret_from)
        return true;
    return err_set(
        e, "the %s range '%.*s' ends before it begins; write two, as %.*s-%d,%d-%.*s",
        f->name, (int)text.len, text.ptr, (int)first.len, first.ptr, f->most, f->least,
        (int)rest.len, rest.ptr);
}

static bool part_read(struct field *f, struct bytes text, struct err *e)
{
    struct bytes step_text = text, range;
    uint64_t step = 1;
    int from, to;
    if (!bytes_token(&step_text, '/', &range))
        return err_set(e, "the %s is empty between two commas", f->name);
    const bool has_step = range.len < text.len;
    if (has_step && (!bytes_to_u64(step_text, &step) || step == 0 || step > 59))
        return err_set(e, "the %s step '%.*s' is not a number from 1 to 59", f->name,
                       (int)step_text.len, step_text.ptr);
    if (!range_read(f, range, has_step, &from, &to, e))
        return false;
    for (int value = from; value <= to; value += (int)step)
        f->bits |= UINT64_C(1) << value;
    return true;
}

static bool field_read(struct field *f, struct bytes text, struct err *e)
{
    struct bytes part, rest = text;
    f->has_any = text.ptr[0] == '*';
    if (text.ptr[text.len - 1] == ',')
        return err_set(e, "the %s '%.*s' ends in a comma", f->name, (int)text.len,
                       text.ptr);
    while (bytes_token(&rest, ',', &part)) {
        if (!part_read(f, part, e))
            return false;
    }
    return true;
}

static bool nickname_read(struct bytes text, struct bytes *ret_fields, struct err *e)
{
    for (size_t i = 0; i < ARRAY_LEN(nicknames); i++) {
        if (bytes_is_nocase(text, nicknames[i].name)) {
            *ret_fields = bytes_of(nicknames[i].fields);
            return true;
        }
    }
    if (bytes_is_nocase(text, "@reboot"))
        return err_set(e, "@reboot names no time at which it could be late");
    return err_set(
        e, "'%.*s' is no schedule: @hourly, @daily, @weekly, @monthly and @yearly are",
        (int)text.len, text.ptr);
}

static bool fields_read(struct bytes text, struct field *fields, size_t count,
                        struct err *e)
{
    struct bytes rest = text, word;
    for (size_t i = 0; i < count; i++) {
        if (!take_word(&rest, &word))
            return err_set(e,
                           "'%.*s' has %zu of the five fields: minute, hour, day of the "
                           "month, month, day of the week",
                           (int)text.len, text.ptr, i);
        if (!field_read(&fields[i], word, e))
            return false;
    }
    if (take_word(&rest, &word))
        return err_set(e, "'%.*s' follows the five fields: write the schedule alone",
                       (int)rest.len + (int)word.len, word.ptr);
    return true;
}

bool cron_parse(struct bytes text, struct cron *ret_cron, struct err *e)
{
    enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, COUNT };
    struct field f[COUNT] = {
        [MINUTE] = {.name = "minute", .most = 59},
        [HOUR] = {.name = "hour", .most = 23},
        [DAY] = {.name = "day of the month", .least = 1, .most = 31},
        [MONTH] = {.name = "month", .least = 1, .most = 12, .names = month_names},
        [WEEKDAY] = {.name = "day of the week", .most = 7, .names = weekday_names},
    };
    text = bytes_trim(text);
    if (text.len == 0 || text.len > TEXT_MAX)
        return err_set(e,
                       "a schedule has five fields, as \"0 3 * * *\" for 03:00 each day");
    if (text.ptr[0] == '@' && !nickname_read(text, &text, e))
        return false;
    if (!fields_read(text, f, COUNT, e))
        return false;
    const struct cron c = {
        .minutes = f[MINUTE].bits,
        .hours = (uint32_t)f[HOUR].bits,
        .days = (uint32_t)f[DAY].bits,
        .months = (uint32_t)f[MONTH].bits,
        .weekdays = (uint32_t)((f[WEEKDAY].bits | f[WEEKDAY].bits >> 7) & 0x7f),
        .has_any_minute = f[MINUTE].has_any,
        .has_any_hour = f[HOUR].has_any,
        .has_any_day = f[DAY].has_any,
        .has_any_weekday = f[WEEKDAY].has_any,
    };
    const struct wall some_time = {1700000000 * NSEC_PER_SEC};
    if (cron_next(&c, zone_utc, some_time).ns == INT64_MAX)
        return err_set(e, "'%.*s' is never due: no month of it has such a day",
                       (int)text.len, text.ptr);
    *ret_cron = c;
    return true;
}

/* ---- searching ---- */

static bool has_bit(uint64_t bits, int value)
{
    return bits >> value & 1;
}

static bool matches_day(const struct cron *c, const struct civil *day)
{
    const bool by_day = has_bit(c->days, day->day);
    const bool by_weekday = has_bit(c->weekdays, day->weekday);
    if (!has_bit(c->months, day->month))
        return false;
    if (c->has_any_day || c->has_any_weekday)
        return by_day && by_weekday;
    return by_day || by_weekday;
}

/* The first minute of the day from `from` on; -1: none. */
static int minute_of_day(const struct cron *c, int from)
{
    for (int hour = from / 60; hour < 24; hour++) {
        if (!has_bit(c->hours, hour))
            continue;
        for (int minute = hour == from / 60 ? from % 60 : 0; minute < 60; minute++) {
            if (has_bit(c->minutes, minute))
                return hour * 60 + minute;
        }
    }
    return -1;
}

/* Local minutes are counted as if the local time were UTC's. INT64_MAX: none within SEARCH_DAYS. */
static int64_t next_local(const struct cron *c, int64_t from)
{
    int64_t day = from / MINUTES_PER_DAY - (from % MINUTES_PER_DAY < 0);
    int start = (int)(from - day * MINUTES_PER_DAY);
    for (int i = 0; i < SEARCH_DAYS; i++, day++, start = 0) {
        const struct civil civil =
            wall_to_civil((struct wall){day * SECONDS_PER_DAY * NSEC_PER_SEC});
        const int minute = matches_day(c, &civil) ? minute_of_day(c, start) : -1;
        if (minute >= 0)
            return day * MINUTES_PER_DAY + minute;
    }
    return INT64_MAX;
}

static int64_t floor_minute(int64_t ns)
{
    return ns / NSEC_PER_MINUTE - (ns % NSEC_PER_MINUTE < 0);
}

static int64_t local_ns(const struct zone *z, struct wall at)
{
    return at.ns + zone_offset(z, at, NULL) * NSEC_PER_SEC;
}

/* Once a day and time, whatever the clock does: in the order of local times, instants never go back. */
static struct wall next_fixed(const struct cron *c, const struct zone *z,
                              struct wall after)
{
    int64_t minute = floor_minute(local_ns(z, after));
    while ((minute = next_local(c, minute + 1)) != INT64_MAX) {
        const struct civil local = wall_to_civil((struct wall){minute * NSEC_PER_MINUTE});
        const struct wall at = zone_from_civil(z, &local);
        if (at.ns > after.ns)
            return at;
    }
    return (struct wall){INT64_MAX};
}

/* By the clock, from one change of the zone to the next. */
static struct wall next_following(const struct cron *c, const struct zone *z,
                                  struct wall after)
{
    const struct wall last = wall_add(after, SEARCH_DAYS * NSEC_PER_DAY);
    struct wall from = after;
    bool is_inclusive = false;
    while (from.ns < last.ns) {
        const int64_t offset = zone_offset(z, from, NULL) * NSEC_PER_SEC;
        const struct wall end = zone_next_change(z, from);
        const int64_t ns = from.ns + offset - is_inclusive;
        const int64_t minute = next_local(c, floor_minute(ns) + 1);
        if (minute == INT64_MAX)
            break;
        const struct wall at = {minute * NSEC_PER_MINUTE - offset};
        if (at.ns < end.ns)
            return at;
        from = end;
        is_inclusive = true;
    }
    return (struct wall){INT64_MAX};
}

struct wall cron_next(const struct cron *c, const struct zone *z, struct wall after)
{
    if (after.ns > INT64_MAX - SEARCH_DAYS * NSEC_PER_DAY ||
        after.ns < -SEARCH_DAYS * NSEC_PER_DAY)
        return (struct wall){INT64_MAX};
    return c->has_any_minute || c->has_any_hour ? next_following(c, z, after)
                                                : next_fixed(c, z, after);
}
