/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of a watched connection and the verdicts after them, as stories: when to ask, whether to hold one again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "collector/watching.h"
#include "lib/base/attr.h"

#define PATIENCE NSEC_PER_SEC

enum what { END, UP, DOWN };

struct step {
    int ms;
    enum what what;
    int wanted; /* END: ask after so many ms; else: whether a connection is held from now on */
};

static void tell(const struct step *steps, size_t count)
{
    struct watching w = {0};
    for (size_t i = 0; i < count; i++) {
        const struct mono now = {NSEC_PER_HOUR + steps[i].ms * NSEC_PER_MSEC};
        const struct verdict v = {.health =
                                      steps[i].what == UP ? HEALTH_UP : HEALTH_DOWN};
        int64_t found;
        if (steps[i].what == END)
            found = (watching_ended(&w, PATIENCE, now).ns - now.ns) / NSEC_PER_MSEC;
        else
            found = w.is_held = watching_wants(&w, &v, PATIENCE, now);
        if (found != steps[i].wanted)
            fail_msg("step %zu: %jd instead of %d", i, (intmax_t)found, steps[i].wanted);
    }
}

static void a_death_is_asked_about_at_once(void **state UNUSED)
{
    static const struct step steps[] = {
        {0, UP, 1}, {5000, END, 0}, {5001, DOWN, 0}, {6000, DOWN, 0}, {9000, UP, 1}};
    tell(steps, ARRAY_LEN(steps));
}

/* Its listening socket outlives its connections: up, for a moment. */
static void a_slow_death_is_asked_about_again(void **state UNUSED)
{
    static const struct step steps[] = {{0, UP, 1},     {5000, END, 0},  {5001, UP, 1},
                                        {5002, END, 2}, {5004, UP, 1},   {5005, END, 10},
                                        {5015, UP, 1},  {5016, END, 50}, {5066, DOWN, 0}};
    tell(steps, ARRAY_LEN(steps));
}

static void a_burst_is_one_benign_end(void **state UNUSED)
{
    static const struct step steps[] = {
        {0, UP, 1},      {5000, END, 0},   {5001, UP, 1},   {5002, END, 2},
        {5004, UP, 1},   {5005, END, 10},  {5015, UP, 1},   {60000, END, 0},
        {60001, UP, 1},  {120000, END, 0}, {120001, UP, 0}, /* the third: it rests */
        {130000, UP, 0}, {720002, UP, 1}};
    tell(steps, ARRAY_LEN(steps));
}

static void a_server_that_always_closes_is_left_alone(void **state UNUSED)
{
    static const struct step steps[] = {
        {0, UP, 1},   {1, END, 0},      {2, UP, 1},    {3, END, 2},       {5, UP, 1},
        {6, END, 10}, {16, UP, 1},      {17, END, 50}, {67, UP, 1},       {68, END, 250},
        {318, UP, 1}, {319, END, 1000}, {1319, UP, 1}, {1320, END, 1000}, {2320, UP, 0}};
    tell(steps, ARRAY_LEN(steps));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_death_is_asked_about_at_once),
        cmocka_unit_test(a_slow_death_is_asked_about_again),
        cmocka_unit_test(a_burst_is_one_benign_end),
        cmocka_unit_test(a_server_that_always_closes_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
