/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `time_intervals:` (Alertmanager's, also under its older name `mute_time_intervals:`) and `maintenance:`: from rows to
 * spans of local time. Called by generation.c before routes and rules, which name them.
 */
#include <string.h>

#include "alerts/maintenance.h"
#include "lib/config/alerting_load.h"

#define SECONDS_PER_DAY 86400

struct times_rows {
    const char *start_time, *end_time;
};

struct calendar_rows {
    struct days_rows days;
    struct sections times; /* struct times_rows */
};

#define OPT_STRUCT struct times_rows
static const struct opt times_opts[] = {
    OPT_ROW_TEXT("start_time", start_time, NULL, "From this time of day, as 09:30."),
    OPT_ROW_TEXT("end_time", end_time, NULL,
                 "Up to this time of day, which is not in it; 24:00 is the day's end."),
    {0},
};
#undef OPT_STRUCT

#define DAYS_ROWS                                                                       \
    OPT_ROW_TEXTS("weekdays", days.weekdays, OPT_NONE,                                  \
                  "Days of the week or ranges of them, as monday:friday."),             \
        OPT_ROW_TEXTS("days_of_month", days.days_of_month, OPT_NONE,                    \
                      "Days or ranges, as 1:7; -1 is the month's last day."),           \
        OPT_ROW_TEXTS("months", days.months, OPT_NONE,                                  \
                      "Months or ranges, by name or number, as may:august."),           \
        OPT_ROW_TEXTS("years", days.years, OPT_NONE, "Years or ranges, as 2026:2028."), \
        OPT_ROW_TEXT("location", days.location, "",                                     \
                     "Time zone, as Europe/Berlin. When it is not written: "            \
                     "`timezone` of the top level.")

#define OPT_STRUCT struct calendar_rows
static const struct opt calendar_opts[] = {
    OPT_ROW_SECTIONS("times", times, struct times_rows, times_opts,
                     "Times of day; all day when there are none."),
    DAYS_ROWS,
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct interval_rows
const struct opt interval_opts[] = {
    OPT_ROW_TEXT("name", name, NULL, "What routes and rules call it."),
    OPT_ROW_SECTIONS("time_intervals", parts, struct calendar_rows, calendar_opts,
                     "It holds when any of these does; each holds when all that it "
                     "says is so."),
    {0},
};
#undef OPT_STRUCT
#define OPT_STRUCT struct maintenance_rows
const struct opt maintenance_opts[] = {
    OPT_ROW_TEXT("name", name, NULL, "What it is called where alerts are held by it."),
    OPT_ROW_TEXTS("match", match, OPT_NONE,
                  "Matchers, as service=\"db\", that an alert must all match to be held; "
                  "every alert when there are none."),
    OPT_ROW_TEXT("start", start, NULL, "Time of day at which it begins, as 02:00."),
    OPT_ROW_DURATION("duration", duration, NULL, 1, 7 * 86400, "How long it takes."),
    OPT_ROW_TEXT("date", date, "", "The one day on which it begins, as 2026-12-24."),
    DAYS_ROWS,
    {0},
};
#undef OPT_STRUCT
/* ---- days and times ---- */

static bool days_read(struct loader *l, const struct days_rows *rows,
                      const struct node *node, struct interval_part *p)
{
    p->zone = location_read(l, rows->location, conf_place(node, "location"));
    const bool weekdays = spans_read(l, &span_weekdays, &rows->weekdays,
                                     node_get(node, "weekdays"), &p->weekdays);
    const bool days = spans_read(l, &span_days, &rows->days_of_month,
                                 node_get(node, "days_of_month"), &p->days);
    const bool months =
        spans_read(l, &span_months, &rows->months, node_get(node, "months"), &p->months);
    const bool years =
        spans_read(l, &span_years, &rows->years, node_get(node, "years"), &p->years);
    return p->zone && weekdays && days && months && years;
}

static bool time_read(struct loader *l, const char *text, const struct node *node,
                      const char *key, int *ret)
{
    struct err e = {0};
    return time_of_day_read(text, ret, &e) ||
           diag_error(l->diag, conf_place(node, key), "%s", e.text);
}

static bool times_read(struct loader *l, const struct sections *rows, struct spans *ret)
{
    struct span *items = arena_alloc(l->arena, (rows->count + 1) * sizeof(*items));
    bool ok = true;
    for (size_t i = 0; i < rows->count; i++) {
        const struct times_rows *one = &((const struct times_rows *)rows->items)[i];
        const struct node *n = rows->nodes[i];
        int start, end;
        const bool has_start = time_read(l, one->start_time, n, "start_time", &start);
        if (!time_read(l, one->end_time, n, "end_time", &end) || !has_start) {
            ok = false;
            continue;
        }
        if (end <= start) {
            ok = diag_error(l->diag, n->at, "the times %s to %s end before they begin",
                            one->start_time, one->end_time);
            diag_hint(l->diag, "for a night write two: up to 24:00, and from 00:00");
        }
        items[i] = (struct span){start, end - 1};
    }
    *ret = (struct spans){items, rows->count};
    return ok;
}

/* ---- time_intervals ---- */

static const struct interval *
interval_read(struct loader *l, const struct interval_rows *rows, const struct node *node)
{
    struct interval *i = arena_alloc(l->arena, sizeof(*i));
    struct interval_part *parts =
        arena_alloc(l->arena, (rows->parts.count + 1) * sizeof(*parts));
    bool ok = true;
    for (size_t k = 0; k < rows->parts.count; k++) {
        const struct calendar_rows *one =
            &((const struct calendar_rows *)rows->parts.items)[k];
        ok &= days_read(l, &one->days, rows->parts.nodes[k], &parts[k]);
        ok &= times_read(l, &one->times, &parts[k].times);
    }
    *i = (struct interval){rows->name, parts, rows->parts.count};
    if (ok && i->part_count == 0)
        diag_warning(l->diag, node ? node->at : (struct place){0},
                     "the time interval '%s' never holds: it lists no times", rows->name);
    return ok ? i : NULL;
}

static void intervals_append(struct loader *l, const struct sections *rows,
                             const struct interval **list, size_t *count)
{
    for (size_t i = 0; i < rows->count && *count < INTERVALS_MAX; i++) {
        const struct interval_rows *one = &((const struct interval_rows *)rows->items)[i];
        const struct node *n = rows->nodes[i];
        if (interval_find(list, one->name)) {
            diag_error(l->diag, conf_place(n, "name"),
                       "a second time interval is named '%s'", one->name);
            continue;
        }
        const struct interval *made = interval_read(l, one, n);
        if (made)
            list[(*count)++] = made;
    }
}

void intervals_load(struct loader *l, const struct top_conf *top, const struct node *root)
{
    const struct interval **list =
        arena_alloc(l->arena, (INTERVALS_MAX + 1) * sizeof(*list));
    size_t count = 0;
    intervals_append(l, &top->time_intervals, list, &count);
    intervals_append(l, &top->mute_time_intervals, list, &count);
    if (top->time_intervals.count + top->mute_time_intervals.count > INTERVALS_MAX)
        diag_error(l->diag, conf_place(root, "time_intervals"),
                   "there are more than %d time intervals", INTERVALS_MAX);
    l->g->alerting.routing.intervals = list;
}

/* ---- maintenance ---- */

/* A date is a year, a month and a day that must all match. */
static bool date_read(struct loader *l, const char *text, struct place at,
                      struct interval_part *p)
{
    struct span *s = arena_alloc(l->arena, 3 * sizeof(*s));
    char midnight[40];
    struct wall when;
    snprintf(midnight, sizeof(midnight), "%.20sT00:00:00Z", text);
    if (!wall_parse(bytes_of(midnight), &when))
        return diag_error(l->diag, at, "'%.40s' is no date; write it like 2026-12-24",
                          text);
    const struct civil c = wall_to_civil(when);
    s[0] = (struct span){c.year, c.year};
    s[1] = (struct span){c.month, c.month};
    s[2] = (struct span){c.day, c.day};
    p->years = (struct spans){&s[0], 1};
    p->months = (struct spans){&s[1], 1};
    p->days = (struct spans){&s[2], 1};
    return true;
}

static bool window_read(struct loader *l, const struct maintenance_rows *rows,
                        const struct node *node, struct interval_part *p)
{
    const struct days_rows *d = &rows->days;
    bool ok = days_read(l, d, node, p);
    ok &= time_read(l, rows->start, node, "start", &p->start);
    if (ok && p->start == SECONDS_PER_DAY)
        ok = diag_error(l->diag, conf_place(node, "start"),
                        "a day has no 24:00 to begin at; write 00:00");
    p->duration = rows->duration;
    if (!*rows->date)
        return ok;
    if (d->weekdays.count + d->days_of_month.count + d->months.count + d->years.count > 0)
        return diag_error(l->diag, conf_place(node, "date"),
                          "a date says which day; take weekdays, days_of_month, months "
                          "and years away");
    return date_read(l, rows->date, conf_place(node, "date"), p) && ok;
}

void maintenance_load(struct loader *l, const struct top_conf *top)
{
    const struct sections *rows = &top->maintenance;
    struct maintenance *items = arena_alloc(l->arena, (rows->count + 1) * sizeof(*items));
    for (size_t i = 0; i < rows->count; i++) {
        const struct maintenance_rows *one =
            &((const struct maintenance_rows *)rows->items)[i];
        const struct node *n = rows->nodes[i];
        struct interval_part *part = arena_alloc(l->arena, sizeof(*part));
        struct interval *when = arena_alloc(l->arena, sizeof(*when));
        (void)matchers_read(l, &one->match, node_get(n, "match"), &items[i].matchers);
        (void)window_read(l, one, n, part);
        *when = (struct interval){one->name, part, 1};
        items[i].name = one->name;
        items[i].when = when;
    }
    l->g->alerting.routing.maintenance = items;
    l->g->alerting.routing.maintenance_count = rows->count;
}
