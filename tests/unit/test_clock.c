/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic on time: it saturates and never wraps. (Reading the clock is not tested here.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "lib/base/attr.h"
#include "lib/base/clock.h"

static void sums_saturate(void **state)
{
    static const struct {
        int64_t at;
        nsec d;
        int64_t sum;
    } cases[] = {
        {5, 7, 12},
        {5, -7, -2},
        {INT64_MAX - 1, 1, INT64_MAX},
        {INT64_MAX - 1, 2, INT64_MAX},
        {INT64_MIN + 1, -2, INT64_MIN},
        {INT64_MAX, INT64_MAX, INT64_MAX},
        {INT64_MIN, INT64_MAX, -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_true(mono_add((struct mono){cases[i].at}, cases[i].d).ns == cases[i].sum);
        assert_true(wall_add((struct wall){cases[i].at}, cases[i].d).ns == cases[i].sum);
    }
    assert_int_equal(mono_since((struct mono){10}, (struct mono){4}), 6);
    assert_int_equal(mono_since((struct mono){4}, (struct mono){10}), -6);
    assert_true(mono_since((struct mono){0}, (struct mono){INT64_MIN}) == INT64_MAX);
    assert_true(mono_since((struct mono){INT64_MAX}, (struct mono){-5}) == INT64_MAX);
}

static void a_moment_is_reached_when_it_is_now(void **state)
{
    assert_false(mono_reached((struct mono){9}, (struct mono){10}));
    assert_true(mono_reached((struct mono){10}, (struct mono){10}));
    assert_true(mono_reached((struct mono){11}, (struct mono){10}));
}

static void seconds_convert_both_ways(void **state)
{
    static const struct {
        double seconds;
        nsec value;
    } cases[] = {
        {0, 0},           {1.5, 1500000000},  {-1.5, -1500000000}, {0.000000001, 1},
        {0.1, 100000000}, {1e300, INT64_MAX}, {-1e300, INT64_MIN}, {INFINITY, INT64_MAX},
        {NAN, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_true(nsec_from_sec(cases[i].seconds) == cases[i].value);
    assert_true(nsec_to_sec(1500 * NSEC_PER_MSEC) == 1.5);
    assert_true(wall_to_sec((struct wall){1500 * NSEC_PER_MSEC}) == 1.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_saturate),
        cmocka_unit_test(a_moment_is_reached_when_it_is_now),
        cmocka_unit_test(seconds_convert_both_ways),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
