/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an instant lies in a span of local time, and when that changes next. Between two changes of a zone's clock
 * local time runs evenly, so boundaries are plain arithmetic there, and the clock's own changes are boundaries too.
 * Used by dispatch (routes), the overlay (maintenance) and rules (`active:`).
 */
#include "alerts/interval.h"

#include <string.h>

#include "alerts/interval_impl.h"

#define SECONDS_PER_DAY 86400
#define HORIZON_DAYS 400

static const struct wall never = {INT64_MAX};

/* ---- days ---- */

static bool spans_have(const struct spans *s, int value)
{
    for (size_t i = 0; i < s->count; i++) {
        if (value >= s->items[i].begin && value <= s->items[i].end)
            return true;
    }
    return s->count == 0;
}

static int days_in_month(int year, int month)
{
    const struct civil last = {.year = year, .month = month + 1, .day = 0};
    return wall_to_civil(wall_from_civil(&last)).day;
}

/* Days from the month's end become days from its beginning; what begins after the end is not in this month. */
static bool days_have(const struct spans *s, const struct civil *c)
{
    const int last = days_in_month(c->year, c->month);
    for (size_t i = 0; i < s->count; i++) {
        const struct span *one = &s->items[i];
        const int begin = one->begin < 0 ? last + 1 + one->begin : one->begin;
        const int end = one->end < 0 ? last + 1 + one->end : one->end;
        if (c->day >= begin && c->day <= end)
            return true;
    }
    return s->count == 0;
}

static bool day_matches(const struct interval_part *p, const struct civil *c)
{
    return spans_have(&p->weekdays, c->weekday) && spans_have(&p->months, c->month) &&
           spans_have(&p->years, c->year) && days_have(&p->days, c);
}

static int second_of_day(const struct civil *c)
{
    return c->hour * 3600 + c->minute * 60 + c->second;
}

/* ---- windows: a start on some days, and a duration ---- */

/* Noon of a local day, count days after the one given: in civil time alone. */
static struct civil day_after(const struct civil *c, int count)
{
    struct civil day = {
        .year = c->year, .month = c->month, .day = c->day + count, .hour = 12};
    return wall_to_civil(wall_from_civil(&day));
}

static struct wall window_start(const struct interval_part *p, const struct civil *day)
{
    const struct civil local = {.year = day->year,
                                .month = day->month,
                                .day = day->day,
                                .hour = p->start / 3600,
                                .minute = p->start / 60 % 60,
                                .second = p->start % 60};
    return zone_from_civil(p->zone, &local);
}

static int days_back(const struct interval_part *p)
{
    return 2 + (int)(p->duration / NSEC_PER_DAY);
}

static bool window_holds(const struct interval_part *p, struct wall at)
{
    const struct civil today = zone_to_civil(p->zone, at);
    for (int back = -1; back <= days_back(p); back++) {
        const struct civil day = day_after(&today, -back);
        if (!day_matches(p, &day))
            continue;
        const struct wall start = window_start(p, &day);
        if (at.ns >= start.ns && at.ns < wall_add(start, p->duration).ns)
            return true;
    }
    return false;
}

/* The first start or end after `after`. */
static struct wall window_next(const struct interval_part *p, struct wall after)
{
    const struct civil today = zone_to_civil(p->zone, after);
    struct wall next = never;
    for (int ahead = -days_back(p); ahead <= HORIZON_DAYS + 1; ahead++) {
        const struct civil day = day_after(&today, ahead);
        if (!day_matches(p, &day))
            continue;
        const struct wall start = window_start(p, &day);
        const struct wall end = wall_add(start, p->duration);
        if (end.ns > after.ns && end.ns < next.ns)
            next = end;
        if (start.ns > after.ns)
            return start.ns < next.ns ? start : next;
    }
    return next;
}

/* ---- calendars: days, and times of day ---- */

static bool calendar_holds(const struct interval_part *p, struct wall at)
{
    const struct civil c = zone_to_civil(p->zone, at);
    return spans_have(&p->times, second_of_day(&c)) && day_matches(p, &c);
}

/* The next midnight, edge of a span of times, or change of the clock. */
static struct wall calendar_next(const struct interval_part *p, struct wall after)
{
    const struct civil c = zone_to_civil(p->zone, after);
    const int now = second_of_day(&c);
    int edge = SECONDS_PER_DAY;
    for (size_t i = 0; i < p->times.count; i++) {
        const struct span *one = &p->times.items[i];
        if (one->begin > now && one->begin < edge)
            edge = one->begin;
        if (one->end + 1 > now && one->end + 1 < edge)
            edge = one->end + 1;
    }
    nsec fraction = after.ns % NSEC_PER_SEC;
    if (fraction < 0)
        fraction += NSEC_PER_SEC;
    const struct wall next = wall_add(after, (edge - now) * NSEC_PER_SEC - fraction);
    const struct wall change = zone_next_change(p->zone, after);
    return change.ns < next.ns ? change : next;
}

/* ---- any of them ---- */

static bool part_holds(const struct interval_part *p, struct wall at)
{
    return p->duration > 0 ? window_holds(p, at) : calendar_holds(p, at);
}

bool interval_holds(const struct interval *i, struct wall at)
{
    for (size_t k = 0; k < i->part_count; k++) {
        if (part_holds(&i->parts[k], at))
            return true;
    }
    return false;
}

static struct wall next_edge(const struct interval *i, struct wall after)
{
    struct wall next = never;
    for (size_t k = 0; k < i->part_count; k++) {
        const struct interval_part *p = &i->parts[k];
        const struct wall one =
            p->duration > 0 ? window_next(p, after) : calendar_next(p, after);
        if (one.ns < next.ns)
            next = one;
    }
    return next;
}

struct wall interval_next(const struct interval *i, struct wall after)
{
    const bool holds = interval_holds(i, after);
    const struct wall limit = wall_add(after, HORIZON_DAYS * NSEC_PER_DAY);
    for (struct wall at = next_edge(i, after); at.ns <= limit.ns; at = next_edge(i, at)) {
        if (interval_holds(i, at) != holds)
            return at;
        if (at.ns == never.ns)
            break;
    }
    return (struct wall){0};
}

const char *interval_name(const struct interval *i)
{
    return i->name;
}

const struct interval *interval_find(const struct interval *const *list, const char *name)
{
    for (; list && *list; list++) {
        if (!strcmp((*list)->name, name))
            return *list;
    }
    return NULL;
}
