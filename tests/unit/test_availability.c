/* SPDX-License-Identifier: Apache-2.0 */
/* Time in each health by cells, as stories of spans; and the minutes of latency. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "collector/availability.h"
#include "collector/latency.h"
#include "lib/base/attr.h"

#define DAY ((int64_t)86400)
#define START (20000 * DAY) /* midnight, long after 1970 */

static struct wall at(int64_t second)
{
    return (struct wall){(START + second) * NSEC_PER_SEC};
}

struct span { /* seconds after START */
    int64_t from, to;
    enum health health;
};

struct seen { /* of one cell, in seconds */
    enum window window;
    int64_t at, up, degraded, down;
};

static void tell(struct availability *a, const struct span *spans, size_t count)
{
    for (size_t i = 0; i < count; i++)
        availability_add(a, at(spans[i].from), at(spans[i].to), spans[i].health);
}

static void expect(const struct availability *a, const struct seen *seen, size_t count)
{
    static const struct tally none;
    for (size_t i = 0; i < count; i++) {
        const struct seen *s = &seen[i];
        const struct tally *t =
            availability_cell(a, s->window, availability_number(s->window, at(s->at)));
        if (!t)
            t = &none;
        if (t->up_ms != s->up * 1000 || t->degraded_ms != s->degraded * 1000 ||
            t->down_ms != s->down * 1000)
            fail_msg("cell %zu: up %u ms, degraded %u ms, down %u ms", i, t->up_ms,
                     t->degraded_ms, t->down_ms);
    }
}

static void test_a_span_is_split_over_its_cells(void **ctx)
{
    static const struct span spans[] = {
        {1800, 3 * 3600 + 60, HEALTH_UP},
        {3 * 3600 + 60, 3 * 3600 + 90, HEALTH_DOWN},
        {3 * 3600 + 90, 4 * 3600, HEALTH_UNKNOWN}, /* counts nowhere */
        {4 * 3600, 4 * 3600 + 5, HEALTH_DEGRADED},
        {4 * 3600 + 50, 4 * 3600 + 5, HEALTH_DOWN}, /* a clock that was put back */
    };
    static const struct seen seen[] = {
        {WINDOW_DAY, 0, 1800, 0, 0},
        {WINDOW_DAY, 3600, 3600, 0, 0},
        {WINDOW_DAY, 3 * 3600, 60, 0, 30},
        {WINDOW_DAY, 4 * 3600, 0, 5, 0},
        {WINDOW_DAY, 5 * 3600, 0, 0, 0},
        {WINDOW_WEEK, 0, 3 * 3600 - 1740, 5, 30},
        {WINDOW_MONTH, 0, 3 * 3600 - 1740, 5, 30},
    };
    struct availability a = {0};
    tell(&a, spans, ARRAY_LEN(spans));
    expect(&a, seen, ARRAY_LEN(seen));
}

static void test_short_spans_add_up_to_the_long_one(void **ctx)
{
    struct availability a = {0};
    struct wall from = {START * NSEC_PER_SEC + 123456};
    for (int i = 0; i < 10000; i++) { /* 333.3 ms each */
        const struct wall to = wall_add(from, 333333333);
        availability_add(&a, from, to, HEALTH_UP);
        from = to;
    }
    assert_int_equal(3333333, availability_cell(&a, WINDOW_DAY, START / 3600)->up_ms);
}

static void test_what_is_too_old_is_gone(void **ctx)
{
    static const struct span spans[] = {
        {0, 60, HEALTH_DOWN},
        {30 * 3600, 30 * 3600 + 10, HEALTH_UP},
        {3600, 3660, HEALTH_DOWN}, /* comes late, and out of the day's window */
    };
    static const struct seen seen[] = {
        {WINDOW_DAY, 0, 0, 0, 0},          {WINDOW_DAY, 3600, 0, 0, 0},
        {WINDOW_DAY, 6 * 3600, 0, 0, 0}, /* the place that hour 30 has taken */
        {WINDOW_DAY, 30 * 3600, 10, 0, 0}, {WINDOW_WEEK, 0, 0, 0, 120},
        {WINDOW_MONTH, 0, 0, 0, 120},      {WINDOW_MONTH, DAY, 10, 0, 0},
    };
    struct availability a = {0};
    tell(&a, spans, ARRAY_LEN(spans));
    expect(&a, seen, ARRAY_LEN(seen));
    tell(&a, &(struct span){400 * DAY, 400 * DAY + 1, HEALTH_UP}, 1);
    expect(&a, &(struct seen){WINDOW_MONTH, 0, 0, 0, 0}, 1);
}

static void test_the_ratio_is_of_what_is_known(void **ctx)
{
    static const struct span spans[] = {
        {0, 90, HEALTH_UP}, {90, 95, HEALTH_DEGRADED}, {5000, 5005, HEALTH_DOWN}};
    struct availability a = {0};
    assert_true(isnan(availability_ratio(&a, WINDOW_DAY, at(0))));
    tell(&a, spans, ARRAY_LEN(spans));
    assert_float_equal(0.95, availability_ratio(&a, WINDOW_DAY, at(6000)), 1e-9);
    assert_float_equal(0.95, availability_ratio(&a, WINDOW_MONTH, at(29 * DAY)), 1e-9);
    assert_true(isnan(availability_ratio(&a, WINDOW_DAY, at(2 * DAY))));
}

static void test_hours_from_a_file_join_what_is_there(void **ctx)
{
    const struct tally hour = {.up_ms = 1000,
                               .down_ms = 2000,
                               .runs = 3,
                               .failed = 2,
                               .total_sec = 3,
                               .slowest_sec = 2};
    struct availability a = {0}, b = {0};
    availability_add_hour(&b, START / 3600, &hour);
    availability_add(&a, at(10), at(20), HEALTH_UP);
    availability_run(&a, at(20), false, NSEC_PER_SEC);
    availability_merge(&a, &b);
    const struct tally *t = availability_cell(&a, WINDOW_DAY, START / 3600);
    assert_int_equal(11000, t->up_ms);
    assert_int_equal(2000, t->down_ms);
    assert_int_equal(4, t->runs);
    assert_int_equal(2, t->failed);
    assert_float_equal(4, t->total_sec, 1e-6);
    assert_float_equal(2, t->slowest_sec, 1e-6);
    assert_int_equal(11000, availability_cell(&a, WINDOW_MONTH, START / DAY)->up_ms);
}

static void test_minutes_keep_the_slowest_and_the_worst(void **ctx)
{
    struct latency l = {0};
    latency_run(&l, at(0), HEALTH_UP, 20 * NSEC_PER_MSEC);
    latency_run(&l, at(10), HEALTH_DOWN, 5 * NSEC_PER_MSEC);
    latency_run(&l, at(20), HEALTH_UP, 10 * NSEC_PER_MSEC);
    latency_run(&l, at(200), HEALTH_UP, 7 * NSEC_PER_MSEC);
    assert_int_equal(HEALTH_DOWN, latency_at(&l, at(200), 3).worst);
    assert_float_equal(0.02, latency_at(&l, at(200), 3).slowest_sec, 1e-6);
    assert_int_equal(HEALTH_UNKNOWN, latency_at(&l, at(200), 2).worst);
    assert_float_equal(0.007, latency_at(&l, at(200), 0).slowest_sec, 1e-6);
    assert_int_equal(HEALTH_UNKNOWN, latency_at(&l, at(200 + 3600), 0).worst);
    latency_run(&l, at(-3600), HEALTH_DOWN, NSEC_PER_SEC); /* out of the window */
    latency_run(&l, at(7200), HEALTH_UP, NSEC_PER_MSEC);
    for (unsigned back = 1; back < LATENCY_MINUTES; back++)
        assert_int_equal(HEALTH_UNKNOWN, latency_at(&l, at(7200), back).worst);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_span_is_split_over_its_cells),
        cmocka_unit_test(test_short_spans_add_up_to_the_long_one),
        cmocka_unit_test(test_what_is_too_old_is_gone),
        cmocka_unit_test(test_the_ratio_is_of_what_is_known),
        cmocka_unit_test(test_hours_from_a_file_join_what_is_there),
        cmocka_unit_test(test_minutes_keep_the_slowest_and_the_worst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
