/* SPDX-License-Identifier: Apache-2.0 */
/* See availability.h. Three rings of cells over the same time. */
#include "collector/availability.h"

#include <math.h>

const struct window_shape window_shapes[WINDOW_COUNT] = {
    [WINDOW_DAY] = {"24h", NSEC_PER_HOUR, 24, 0},
    [WINDOW_WEEK] = {"7d", 6 * NSEC_PER_HOUR, 28, 24},
    [WINDOW_MONTH] = {"30d", NSEC_PER_DAY, 30, 24 + 28},
};

int64_t availability_number(enum window w, struct wall at)
{
    return at.ns / window_shapes[w].cell;
}

static size_t place_of(enum window w, int64_t number)
{
    const struct window_shape *s = &window_shapes[w];
    return s->first + (size_t)(number % s->count);
}

/* The cell to write to; NULL when it is older than the window. */
static struct tally *cell_at(struct availability *a, enum window w, int64_t number)
{
    const int64_t count = window_shapes[w].count;
    if (number <= 0 || number <= a->newest[w] - count)
        return NULL;
    const int64_t kept = number - count;
    for (int64_t n = a->newest[w] > kept ? a->newest[w] + 1 : kept + 1; n <= number; n++)
        a->cells[place_of(w, n)] = (struct tally){0};
    if (number > a->newest[w])
        a->newest[w] = number;
    return &a->cells[place_of(w, number)];
}

static void add_ms(struct tally *t, enum health health, uint32_t ms)
{
    switch (health) {
    case HEALTH_UP:
        t->up_ms += ms;
        break;
    case HEALTH_DEGRADED:
        t->degraded_ms += ms;
        break;
    case HEALTH_DOWN:
        t->down_ms += ms;
        break;
    case HEALTH_UNKNOWN:
        break;
    }
}

static void add_to_window(struct availability *a, enum window w, struct wall from,
                          struct wall to, enum health health)
{
    const struct window_shape *s = &window_shapes[w];
    const int64_t last = availability_number(w, to);
    int64_t number = availability_number(w, from);
    if (number < last - s->count)
        number = last - s->count;
    for (; number <= last; number++) {
        const int64_t begins = number * s->cell, ends = begins + s->cell;
        const int64_t since = from.ns > begins ? from.ns : begins;
        const int64_t until = to.ns < ends ? to.ns : ends;
        struct tally *t = until > since ? cell_at(a, w, number) : NULL;
        /* Both ends are rounded alike, so that many short spans add up to the long one. */
        if (t)
            add_ms(t, health, (uint32_t)(until / NSEC_PER_MSEC - since / NSEC_PER_MSEC));
    }
}

void availability_add(struct availability *a, struct wall from, struct wall to,
                      enum health health)
{
    if (health == HEALTH_UNKNOWN || to.ns <= from.ns)
        return;
    for (enum window w = 0; w < WINDOW_COUNT; w++)
        add_to_window(a, w, from, to, health);
}

static void add_tally(struct tally *to, const struct tally *t)
{
    to->up_ms += t->up_ms;
    to->degraded_ms += t->degraded_ms;
    to->down_ms += t->down_ms;
    to->runs += t->runs;
    to->failed += t->failed;
    to->total_sec += t->total_sec;
    if (t->slowest_sec > to->slowest_sec)
        to->slowest_sec = t->slowest_sec;
}

void availability_run(struct availability *a, struct wall at, bool has_failed,
                      nsec duration)
{
    const float took = (float)nsec_to_sec(duration);
    const struct tally one = {
        .runs = 1, .failed = has_failed, .total_sec = took, .slowest_sec = took};
    for (enum window w = 0; w < WINDOW_COUNT; w++) {
        struct tally *t = cell_at(a, w, availability_number(w, at));
        if (t)
            add_tally(t, &one);
    }
}

void availability_add_hour(struct availability *a, int64_t hour, const struct tally *t)
{
    const struct wall at = {hour * NSEC_PER_HOUR};
    for (enum window w = 0; w < WINDOW_COUNT; w++) {
        struct tally *to = cell_at(a, w, availability_number(w, at));
        if (to)
            add_tally(to, t);
    }
}

void availability_merge(struct availability *a, const struct availability *b)
{
    for (enum window w = 0; w < WINDOW_COUNT; w++) {
        const int64_t count = window_shapes[w].count;
        for (int64_t n = b->newest[w] - count + 1; n <= b->newest[w]; n++) {
            const struct tally *from = availability_cell(b, w, n);
            struct tally *to = from ? cell_at(a, w, n) : NULL;
            if (to)
                add_tally(to, from);
        }
    }
}

static bool is_blank(const struct tally *t)
{
    return t->runs == 0 && t->up_ms == 0 && t->degraded_ms == 0 && t->down_ms == 0;
}

const struct tally *availability_cell(const struct availability *a, enum window w,
                                      int64_t number)
{
    if (number <= 0 || number > a->newest[w] ||
        number <= a->newest[w] - (int64_t)window_shapes[w].count)
        return NULL;
    const struct tally *t = &a->cells[place_of(w, number)];
    return is_blank(t) ? NULL : t;
}

double availability_ratio(const struct availability *a, enum window w, struct wall now)
{
    const int64_t last = availability_number(w, now);
    double good = 0, known = 0;
    for (int64_t n = last - window_shapes[w].count + 1; n <= last; n++) {
        const struct tally *t = availability_cell(a, w, n);
        if (!t)
            continue;
        good += (double)t->up_ms + t->degraded_ms;
        known += (double)t->up_ms + t->degraded_ms + t->down_ms;
    }
    return known > 0 ? good / known : (double)NAN;
}
