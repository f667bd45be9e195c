/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans of days, months and years, and times of day, as Alertmanager's time_intervals write them: a value or
 * "begin:end", both in it. Called by interval_conf.c.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/glob.h"
#include "lib/config/alerting_load.h"

struct span_kind {
    const char *word;         /* "weekday" */
    const char *const *names; /* NULL-terminated; NULL: numbers only */
    int first;                /* what names[0] stands for */
    int min, max;             /* of numbers; both 0: names only */
    bool from_end;            /* -1 is the last */
    const char *example;
};

static const char *const weekday_names[] = {"sunday",   "monday", "tuesday",  "wednesday",
                                            "thursday", "friday", "saturday", NULL};
static const char *const month_names[] = {
    "january", "february",  "march",   "april",    "may",      "june", "july",
    "august",  "september", "october", "november", "december", NULL};

const struct span_kind span_weekdays = {
    .word = "weekday", .names = weekday_names, .example = "monday:friday"};
const struct span_kind span_days = {.word = "day of the month",
                                    .min = 1,
                                    .max = 31,
                                    .from_end = true,
                                    .example = "1:7, or -3:-1 for the last three"};
const struct span_kind span_months = {.word = "month",
                                      .names = month_names,
                                      .first = 1,
                                      .min = 1,
                                      .max = 12,
                                      .example = "may:august, or 5:8"};
const struct span_kind span_years = {
    .word = "year", .min = 1970, .max = 2261, .example = "2026:2028"};

static bool is_number(const struct span_kind *kind, struct bytes text, int *ret)
{
    int64_t value;
    if (kind->max == 0 || !bytes_to_i64(text, &value))
        return false;
    const int64_t size = kind->from_end && value < 0 ? -value : value;
    if (size < kind->min || size > kind->max)
        return false;
    *ret = (int)value;
    return true;
}

static bool value_read(const struct span_kind *kind, struct bytes text, int *ret)
{
    text = bytes_trim(text);
    for (int i = 0; kind->names && kind->names[i]; i++) {
        if (bytes_is_nocase(text, kind->names[i])) {
            *ret = kind->first + i;
            return true;
        }
    }
    return is_number(kind, text, ret);
}

static bool report(struct loader *l, const struct span_kind *kind, struct bytes text,
                   struct place at)
{
    char word[100];
    snprintf(word, sizeof(word), "%.*s", (int)text.len, text.ptr);
    const char *near = kind->names ? nearest_word(word, kind->names) : NULL;
    diag_error(l->diag, at, "'%s' is no %s", word, kind->word);
    if (near)
        diag_hint(l->diag, "did you mean '%s'?", near);
    else
        diag_hint(l->diag, "for example: %s", kind->example);
    return false;
}

/* From the month's end: the last day counts as 31. */
static int order_of(int day)
{
    return day < 0 ? 32 + day : day;
}

static bool span_read(struct loader *l, const struct span_kind *kind, const char *text,
                      struct place at, struct span *ret)
{
    struct bytes rest = bytes_of(text), begin = {0};
    (void)bytes_token(&rest, ':', &begin);
    const bool is_range = strchr(text, ':') != NULL;
    if (!value_read(kind, begin, &ret->begin))
        return report(l, kind, begin, at);
    ret->end = ret->begin;
    if (is_range && !value_read(kind, rest, &ret->end))
        return report(l, kind, rest, at);
    if (order_of(ret->begin) <= order_of(ret->end))
        return true;
    diag_error(l->diag, at, "'%s' ends before it begins", text);
    diag_hint(l->diag, "write two: one up to the end, and one from the start");
    return false;
}

bool spans_read(struct loader *l, const struct span_kind *kind, const struct texts *texts,
                const struct node *node, struct spans *ret)
{
    struct span *items = arena_alloc(l->arena, (texts->count + 1) * sizeof(*items));
    bool ok = true;
    for (size_t i = 0; i < texts->count; i++) {
        const struct node *n = conf_item(node, i);
        ok &=
            span_read(l, kind, texts->items[i], n ? n->at : (struct place){0}, &items[i]);
    }
    *ret = (struct spans){items, texts->count};
    return ok;
}

bool time_of_day_read(const char *text, int *ret_seconds, struct err *e)
{
    struct bytes minutes = bytes_of(text), hours = {0};
    uint64_t hour, minute;
    (void)bytes_token(&minutes, ':', &hours);
    if (hours.len == 0 || hours.len > 2 || minutes.len != 2 ||
        !bytes_to_u64(hours, &hour) || !bytes_to_u64(minutes, &minute) || minute > 59 ||
        hour * 60 + minute > 24 * 60)
        return err_set(e, "'%.40s' is no time of day; write it like 09:30", text);
    *ret_seconds = (int)(hour * 3600 + minute * 60);
    return true;
}

const struct zone *location_read(struct loader *l, const char *name, struct place at)
{
    struct err e = {0};
    const struct zone *own = l->g->alerting.zone;
    if (!*name || !strcmp(name, "Local"))
        return own ? own : zone_utc;
    const struct zone *z = zone_load(l->arena, name, &e);
    if (!z)
        diag_error(l->diag, at, "%s", e.text);
    return z;
}
