/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time of an evaluation or of a sample, and the parts of a date in UTC, for any year that a number can hold. From
 * the table in promql_functions.c.
 */
#include <math.h>

#include "lib/query/promql_evaluation.h"

bool call_eval_time(struct evaluation *ev UNUSED, const struct promql_node *n UNUSED,
                    int64_t now, struct answer *ret)
{
    ret->number = (double)now / 1000;
    return true;
}

/* ---- timestamp ---- */

/* A selector's samples have times of their own. */
static bool timestamps_of_samples(struct evaluation *ev, const struct promql_node *n,
                                  int64_t now, struct answer *ret)
{
    const struct promql_node *selector = n->args[0];
    struct node_state *state = &ev->states[selector->id];
    if (!state->is_loaded && !load_selector(ev, selector))
        return false;
    const int64_t at = read_time(ev, selector, now);
    ret->items = room_for(ev, n, state->series_count);
    for (size_t i = 0; i < state->series_count; i++) {
        const struct point *p = series_newest(ev, &state->series[i], at);
        if (p)
            ret->items[ret->count++] = (struct element){
                set_without_metric(ev, &ev->states[n->id].made, state->series[i].set),
                (double)p->ms / 1000};
    }
    return elements_differ(ev, ret->items, ret->count);
}

bool call_timestamp(struct evaluation *ev, const struct promql_node *n, int64_t now,
                    struct answer *ret)
{
    struct answer in;
    if (n->args[0]->kind == PROMQL_SELECTOR)
        return timestamps_of_samples(ev, n, now, ret);
    if (!evaluate(ev, n->args[0], now, &in))
        return false;
    ret->items = room_for(ev, n, in.count);
    ret->count = in.count;
    for (size_t i = 0; i < in.count; i++)
        ret->items[i] = (struct element){
            set_without_metric(ev, &ev->states[n->id].made, in.items[i].set),
            (double)now / 1000};
    return elements_differ(ev, ret->items, ret->count);
}

/* ---- dates ---- */

#define ERA_SECONDS \
    (146097 * INT64_C(86400)) /* 400 years, after which the calendar repeats */
#define ERA_YEARS 400

/* False for what is no time. A clock of nanoseconds holds three centuries: the era is counted apart. */
static bool date_of(double seconds, struct civil *ret_civil, int64_t *ret_eras)
{
    if (!(fabs(seconds) < 9e15))
        return false;
    const int64_t whole = (int64_t)seconds;
    int64_t eras = whole / ERA_SECONDS, rest = whole % ERA_SECONDS;
    if (rest > ERA_SECONDS / 2) {
        rest -= ERA_SECONDS;
        eras++;
    } else if (rest < -ERA_SECONDS / 2) {
        rest += ERA_SECONDS;
        eras--;
    }
    *ret_civil = wall_to_civil((struct wall){rest * NSEC_PER_SEC});
    *ret_eras = eras;
    return true;
}

enum part { PART_MINUTE, PART_HOUR, PART_WEEKDAY, PART_DAY, PART_MONTH };

static double part_of(double seconds, enum part part)
{
    struct civil c;
    int64_t eras;
    if (!date_of(seconds, &c, &eras))
        return (double)NAN;
    const int parts[] = {[PART_MINUTE] = c.minute,
                         [PART_HOUR] = c.hour,
                         [PART_WEEKDAY] = c.weekday,
                         [PART_DAY] = c.day,
                         [PART_MONTH] = c.month};
    return parts[part];
}

double date_minute(double seconds)
{
    return part_of(seconds, PART_MINUTE);
}

double date_hour(double seconds)
{
    return part_of(seconds, PART_HOUR);
}

double date_day_of_week(double seconds)
{
    return part_of(seconds, PART_WEEKDAY);
}

double date_day_of_month(double seconds)
{
    return part_of(seconds, PART_DAY);
}

double date_month(double seconds)
{
    return part_of(seconds, PART_MONTH);
}

double date_year(double seconds)
{
    struct civil c;
    int64_t eras;
    if (!date_of(seconds, &c, &eras))
        return (double)NAN;
    return (double)(c.year + eras * ERA_YEARS);
}

/* Days from one civil day to another. */
static double days_between(const struct civil *from, const struct civil *to)
{
    const int64_t ns = wall_from_civil(to).ns - wall_from_civil(from).ns;
    const int64_t days = ns / NSEC_PER_DAY;
    return (double)days;
}

double date_day_of_year(double seconds)
{
    struct civil c;
    int64_t eras;
    if (!date_of(seconds, &c, &eras))
        return (double)NAN;
    const struct civil first = {.year = c.year, .month = 1, .day = 1};
    const struct civil day = {.year = c.year, .month = c.month, .day = c.day};
    return 1 + days_between(&first, &day);
}

double date_days_in_month(double seconds)
{
    struct civil c;
    int64_t eras;
    if (!date_of(seconds, &c, &eras))
        return (double)NAN;
    const struct civil first = {.year = c.year, .month = c.month, .day = 1};
    const bool is_last = c.month == 12;
    const struct civil next = {
        .year = c.year + is_last, .month = is_last ? 1 : c.month + 1, .day = 1};
    return days_between(&first, &next);
}
