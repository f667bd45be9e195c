/* SPDX-License-Identifier: Apache-2.0 */
/* Token buckets as stories: who asks when, and how long each is told to wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "collector/limiter.h"
#include "lib/base/attr.h"

struct ask {
    int64_t at_ms;
    const char *key;
    int64_t wait_ms; /* 0: it was let through */
};

static struct mono at_ms(int64_t ms)
{
    return (struct mono){ms * NSEC_PER_MSEC};
}

static void tell(int64_t per_minute, size_t max_keys, const struct ask *asks,
                 size_t count)
{
    struct limiter *l = limiter_create(max_keys);
    for (size_t i = 0; i < count; i++) {
        const struct mono now = at_ms(asks[i].at_ms);
        const nsec foreseen = limiter_wait(l, asks[i].key, per_minute, now);
        const nsec wait = limiter_take(l, asks[i].key, per_minute, now);
        if (wait != asks[i].wait_ms * NSEC_PER_MSEC || wait != foreseen)
            fail_msg("ask %zu: wait %jd ms, foreseen %jd ms", i,
                     (intmax_t)(wait / NSEC_PER_MSEC),
                     (intmax_t)(foreseen / NSEC_PER_MSEC));
        assert_true(limiter_count(l) <= max_keys);
    }
    limiter_destroy(l);
}

static void test_a_burst_and_then_an_even_rate(void **ctx)
{
    static const struct ask
        asks[] =
            {
                {1000, "a", 0},       {1000, "a", 0},
                {1000, "a", 0}, /* a minute's worth */
                {1000, "a", 20000},   {11000, "a", 10000},
                {20999, "a", 1},      {21000, "a", 0},
                {21000, "a", 20000}, /* a refusal costs nothing */
                {41000, "a", 0},      {900000, "a", 0},
                {900000, "a", 0},     {900000, "a", 0},
                {900000, "a", 20000}, /* it never holds more than a minute's */
            };
    tell(3, 10, asks, ARRAY_LEN(asks));
}

static void test_keys_are_apart(void **ctx)
{
    static const struct ask asks[] = {
        {0, "a", 0}, {0, "a", 60000}, {0, "b", 0}, {0, "b", 60000}, {60000, "a", 0}};
    tell(1, 10, asks, ARRAY_LEN(asks));
}

static void test_the_table_is_bounded(void **ctx)
{
    static const struct ask asks[] = {
        {0, "a", 0}, {0, "b", 0},     {0, "a", 60000}, /* used: b is the oldest now */
        {0, "c", 0}, {0, "a", 60000}, {0, "b", 0},     /* c is gone */
        {0, "c", 0}};
    tell(1, 2, asks, ARRAY_LEN(asks));
}

static void test_no_limit(void **ctx)
{
    static const struct ask asks[] = {{0, "a", 0}, {0, "a", 0}, {0, "a", 0}};
    tell(0, 1, asks, ARRAY_LEN(asks));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst_and_then_an_even_rate),
        cmocka_unit_test(test_keys_are_apart),
        cmocka_unit_test(test_the_table_is_bounded),
        cmocka_unit_test(test_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
