/* SPDX-License-Identifier: Apache-2.0 */
/* Confirmation by rise and fall, as stories of verdicts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "collector/state.h"
#include "lib/base/attr.h"

#define RISE 2
#define FALL 3

struct step {
    enum health found, confirmed;
    bool changed;
};

static void tell(const struct step *steps, size_t count)
{
    struct state s = {0};
    for (size_t i = 0; i < count; i++) {
        struct verdict v = {.health = steps[i].found, .started = {(int64_t)i + 1}};
        state_confirm(&s, &v, RISE, FALL);
        if (v.confirmed != steps[i].confirmed || v.changed != steps[i].changed)
            fail_msg("step %zu: confirmed %s changed %d", i, health_name(v.confirmed),
                     v.changed);
    }
}

static void test_first_answer_counts_at_once(void **ctx)
{
    static const struct step steps[] = {
        {HEALTH_UP, HEALTH_UP, true},
        {HEALTH_UP, HEALTH_UP, false},
    };
    tell(steps, ARRAY_LEN(steps));
}

static void test_down_needs_fall(void **ctx)
{
    static const struct step steps[] = {
        {HEALTH_UP, HEALTH_UP, true},     {HEALTH_DOWN, HEALTH_UP, false},
        {HEALTH_DOWN, HEALTH_UP, false},  {HEALTH_UP, HEALTH_UP, false}, /* a flap */
        {HEALTH_DOWN, HEALTH_UP, false},  {HEALTH_DOWN, HEALTH_UP, false},
        {HEALTH_DOWN, HEALTH_DOWN, true}, {HEALTH_DOWN, HEALTH_DOWN, false},
    };
    tell(steps, ARRAY_LEN(steps));
}

static void test_first_down_needs_fall_too(void **ctx)
{
    static const struct step steps[] = {
        {HEALTH_DOWN, HEALTH_UNKNOWN, false},
        {HEALTH_DOWN, HEALTH_UNKNOWN, false},
        {HEALTH_DOWN, HEALTH_DOWN, true},
    };
    tell(steps, ARRAY_LEN(steps));
}

static void test_recovery_needs_rise_and_degraded_counts(void **ctx)
{
    static const struct step steps[] = {
        {HEALTH_DOWN, HEALTH_UNKNOWN, false},
        {HEALTH_DOWN, HEALTH_UNKNOWN, false},
        {HEALTH_DOWN, HEALTH_DOWN, true},
        {HEALTH_UP, HEALTH_DOWN, false},
        {HEALTH_DEGRADED, HEALTH_DEGRADED, true},
        {HEALTH_UP, HEALTH_DEGRADED, false},
        {HEALTH_UP, HEALTH_UP, true},
    };
    tell(steps, ARRAY_LEN(steps));
}

static void test_unknown_moves_nothing(void **ctx)
{
    static const struct step steps[] = {
        {HEALTH_UNKNOWN, HEALTH_UNKNOWN, false}, {HEALTH_UP, HEALTH_UP, true},
        {HEALTH_DOWN, HEALTH_UP, false},         {HEALTH_UNKNOWN, HEALTH_UP, false},
        {HEALTH_DOWN, HEALTH_UP, false},         {HEALTH_UNKNOWN, HEALTH_UP, false},
        {HEALTH_DOWN, HEALTH_DOWN, true}, /* the third: what we could not ask is not counted */
    };
    tell(steps, ARRAY_LEN(steps));
}

static void test_since_is_the_confirming_run(void **ctx)
{
    struct state s = {0};
    struct verdict v = {.health = HEALTH_UP, .started = {7}};
    state_confirm(&s, &v, RISE, FALL);
    assert_int_equal(v.since.ns, 7);
    v = (struct verdict){.health = HEALTH_UP, .started = {9}};
    state_confirm(&s, &v, RISE, FALL);
    assert_int_equal(v.since.ns, 7);
    assert_false(state_is_unconfirmed(&s));
    v = (struct verdict){.health = HEALTH_DOWN, .started = {11}};
    state_confirm(&s, &v, RISE, FALL);
    assert_true(state_is_unconfirmed(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_answer_counts_at_once),
        cmocka_unit_test(test_down_needs_fall),
        cmocka_unit_test(test_first_down_needs_fall_too),
        cmocka_unit_test(test_recovery_needs_rise_and_degraded_counts),
        cmocka_unit_test(test_unknown_moves_nothing),
        cmocka_unit_test(test_since_is_the_confirming_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
