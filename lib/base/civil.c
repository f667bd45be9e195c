/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wall time as people and protocols write it: calendar days, RFC 3339, HTTP dates. Pure
 * arithmetic in UTC (after Howard Hinnant's chrono-compatible date algorithms); time
 * zones are not known here.
 */
#include "lib/base/clock.h"

#include <string.h>

#define SECONDS_PER_DAY 86400

static const char month_names[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char day_names[][10] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                     "Thursday", "Friday", "Saturday"};

/* Days since 1970-01-01. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const int64_t year_of_era = year - era * 400;
    const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, struct civil *ret_civil)
{
    const int64_t shifted = days + 719468;
    const int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const int64_t day_of_era = shifted - era * 146097;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t shifted_month = (5 * day_of_year + 2) / 153;

    ret_civil->day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    ret_civil->month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    ret_civil->year = (int)(year_of_era + era * 400 + (ret_civil->month <= 2));
    ret_civil->weekday = (int)(((days + 4) % 7 + 7) % 7);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct civil wall_to_civil(struct wall at)
{
    const int64_t seconds = floor_div(at.ns, NSEC_PER_SEC);
    const int64_t days = floor_div(seconds, SECONDS_PER_DAY);
    const int64_t rest = seconds - days * SECONDS_PER_DAY;
    struct civil c = {
        .hour = (int)(rest / 3600),
        .minute = (int)(rest / 60 % 60),
        .second = (int)(rest % 60),
    };
    civil_from_days(days, &c);
    return c;
}

static struct wall wall_from_seconds(int64_t seconds)
{
    if (seconds > INT64_MAX / NSEC_PER_SEC)
        return (struct wall){INT64_MAX};
    if (seconds < INT64_MIN / NSEC_PER_SEC)
        return (struct wall){INT64_MIN};
    return (struct wall){seconds * NSEC_PER_SEC};
}

struct wall wall_from_civil(const struct civil *c)
{
    const int64_t days = days_from_civil(c->year, c->month, c->day);
    return wall_from_seconds(days * SECONDS_PER_DAY + (int64_t)c->hour * 3600 +
                             (int64_t)c->minute * 60 + c->second);
}

static void put_digits(char *at, int width, int value)
{
    for (int i = width - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

const char *wall_format(struct wall at, char *ret_text)
{
    const struct civil c = wall_to_civil(at);
    const int64_t rest = at.ns % NSEC_PER_SEC;
    const int64_t in_second = rest < 0 ? rest + NSEC_PER_SEC : rest;

    memcpy(ret_text, "0000-00-00T00:00:00.000Z", 25);
    put_digits(ret_text, 4, c.year);
    put_digits(ret_text + 5, 2, c.month);
    put_digits(ret_text + 8, 2, c.day);
    put_digits(ret_text + 11, 2, c.hour);
    put_digits(ret_text + 14, 2, c.minute);
    put_digits(ret_text + 17, 2, c.second);
    put_digits(ret_text + 20, 3, (int)(in_second / NSEC_PER_MSEC));
    return ret_text;
}

/* Consumes exactly width digits. */
static bool take_number(struct bytes *b, size_t width, int *ret_value)
{
    struct bytes digits;
    uint64_t value;
    if (!bytes_take(b, width, &digits) || !bytes_to_u64(digits, &value))
        return false;
    *ret_value = (int)value;
    return true;
}

/* Consumes the text given. */
static bool take_text(struct bytes *b, const char *text)
{
    if (!bytes_starts(*b, text))
        return false;
    *b = bytes_slice(*b, strlen(text), b->len);
    return true;
}

static int days_in_month(int year, int month)
{
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month == 2)
        return leap ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* A day that exists, a time of day; second 60 is a leap second and means the next one. */
static bool civil_is_valid(const struct civil *c)
{
    return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= days_in_month(c->year, c->month) && c->hour <= 23 &&
           c->minute <= 59 && c->second <= 60;
}

static bool take_time_of_day(struct bytes *b, struct civil *c)
{
    return take_number(b, 2, &c->hour) && take_text(b, ":") &&
           take_number(b, 2, &c->minute) && take_text(b, ":") &&
           take_number(b, 2, &c->second);
}

/* Consumes ".digits" when there are any; digits below a nanosecond are dropped. */
static bool take_fraction(struct bytes *b, nsec *ret_fraction)
{
    *ret_fraction = 0;
    if (!take_text(b, "."))
        return true;

    nsec unit = NSEC_PER_SEC;
    size_t count = 0;
    while (count < b->len && b->ptr[count] >= '0' && b->ptr[count] <= '9') {
        unit /= 10;
        *ret_fraction += unit * (b->ptr[count] - '0');
        count++;
    }
    *b = bytes_slice(*b, count, b->len);
    return count > 0;
}

/* Consumes Z or +hh:mm; ret_offset is in seconds east of UTC. */
static bool take_offset(struct bytes *b, int *ret_offset)
{
    *ret_offset = 0;
    if (take_text(b, "Z") || take_text(b, "z"))
        return true;

    int hours, minutes;
    const int sign = bytes_starts(*b, "-") ? -1 : 1;
    if (!take_text(b, "+") && !take_text(b, "-"))
        return false;
    if (!take_number(b, 2, &hours) || !take_text(b, ":") || !take_number(b, 2, &minutes))
        return false;
    *ret_offset = sign * (hours * 3600 + minutes * 60);
    return hours <= 23 && minutes <= 59;
}

bool wall_parse(struct bytes text, struct wall *ret_at)
{
    struct civil c = {0};
    nsec fraction;
    int offset;

    if (!take_number(&text, 4, &c.year) || !take_text(&text, "-") ||
        !take_number(&text, 2, &c.month) || !take_text(&text, "-") ||
        !take_number(&text, 2, &c.day))
        return false;
    if (!take_text(&text, "T") && !take_text(&text, "t") && !take_text(&text, " "))
        return false;
    if (!take_time_of_day(&text, &c) || !take_fraction(&text, &fraction) ||
        !take_offset(&text, &offset) || text.len || !civil_is_valid(&c))
        return false;

    c.second -= offset;
    *ret_at = wall_add(wall_from_civil(&c), fraction);
    return true;
}

/* Consumes a month's name of three letters. */
static bool take_month(struct bytes *b, int *ret_month)
{
    for (int i = 0; i < 12; i++) {
        if (take_text(b, month_names[i])) {
            *ret_month = i + 1;
            return true;
        }
    }
    return false;
}

/* Consumes a day's name, whole when it is, else its first three letters. */
static bool take_weekday(struct bytes *b)
{
    for (int i = 0; i < 7; i++) {
        const char *name = day_names[i];
        if (take_text(b, name))
            return true;
        if (bytes_starts(*b, (const char[]){name[0], name[1], name[2], '\0'})) {
            *b = bytes_slice(*b, 3, b->len);
            return true;
        }
    }
    return false;
}

/* "06 Nov 1994 08:49:37 GMT" */
static bool take_fixdate(struct bytes *b, struct civil *c)
{
    return take_number(b, 2, &c->day) && take_text(b, " ") && take_month(b, &c->month) &&
           take_text(b, " ") && take_number(b, 4, &c->year) && take_text(b, " ") &&
           take_time_of_day(b, c) && take_text(b, " GMT");
}

/* RFC 850: "06-Nov-94 08:49:37 GMT"; years 69-99 are of the last century, as POSIX reads %y. */
static bool take_rfc850(struct bytes *b, struct civil *c)
{
    if (!take_number(b, 2, &c->day) || !take_text(b, "-") || !take_month(b, &c->month) ||
        !take_text(b, "-") || !take_number(b, 2, &c->year) || !take_text(b, " ") ||
        !take_time_of_day(b, c) || !take_text(b, " GMT"))
        return false;
    c->year += c->year < 69 ? 2000 : 1900;
    return true;
}

/* asctime: "Nov  6 08:49:37 1994" */
static bool take_asctime(struct bytes *b, struct civil *c)
{
    if (!take_month(b, &c->month) || !take_text(b, " "))
        return false;
    const size_t width = take_text(b, " ") ? 1 : 2;
    return take_number(b, width, &c->day) && take_text(b, " ") &&
           take_time_of_day(b, c) && take_text(b, " ") && take_number(b, 4, &c->year);
}

bool wall_parse_http(struct bytes text, struct wall *ret_at)
{
    struct civil c = {0};
    if (!take_weekday(&text))
        return false;

    if (take_text(&text, ", ")) {
        const bool dashed = text.len > 2 && text.ptr[2] == '-';
        if (!(dashed ? take_rfc850(&text, &c) : take_fixdate(&text, &c)))
            return false;
    } else if (!take_text(&text, " ") || !take_asctime(&text, &c)) {
        return false;
    }
    if (text.len || !civil_is_valid(&c))
        return false;
    *ret_at = wall_from_civil(&c);
    return true;
}
