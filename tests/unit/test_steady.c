/* SPDX-License-Identifier: Apache-2.0 */
/* Alerting's time, as stories of two clocks: it never goes back, and says when somebody set one of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "collector/steady.h"
#include "lib/base/attr.h"

struct look { /* seconds */
    int64_t mono, wall, shown, step;
};

static void tell(const struct look *looks, size_t count)
{
    struct steady s = {0};
    for (size_t i = 0; i < count; i++) {
        nsec step = -1;
        const struct wall shown =
            steady_now(&s, (struct mono){looks[i].mono * NSEC_PER_SEC},
                       (struct wall){looks[i].wall * NSEC_PER_SEC}, &step);
        if (shown.ns != looks[i].shown * NSEC_PER_SEC ||
            step != looks[i].step * NSEC_PER_SEC)
            fail_msg("look %zu: shown %jd s, step %jd s", i,
                     (intmax_t)(shown.ns / NSEC_PER_SEC),
                     (intmax_t)(step / NSEC_PER_SEC));
    }
}

static void test_runs_with_the_wall_clock(void **ctx)
{
    static const struct look looks[] = {
        {10, 1000, 1000, 0},
        {20, 1010, 1010, 0},
        {30, 1022, 1022, 0}, /* it drifts: followed, not said */
    };
    tell(looks, ARRAY_LEN(looks));
}

static void test_follows_what_is_put_forward(void **ctx)
{
    static const struct look looks[] = {
        {10, 1000, 1000, 0},
        {20, 4610, 4610, 3600},
        {30, 4620, 4620, 0},
    };
    tell(looks, ARRAY_LEN(looks));
}

static void test_waits_at_half_speed_for_what_is_put_back(void **ctx)
{
    static const struct look looks[] = {
        {1000, 10000, 10000, 0}, {1010, 6410, 10005, -3600},
        {2010, 7410, 10505, 0},  {8190, 13590, 13595, 0}, /* nearly */
        {8210, 13610, 13610, 0},                          /* caught up: as before */
        {8220, 13620, 13620, 0},
    };
    tell(looks, ARRAY_LEN(looks));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_with_the_wall_clock),
        cmocka_unit_test(test_follows_what_is_put_forward),
        cmocka_unit_test(test_waits_at_half_speed_for_what_is_put_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
