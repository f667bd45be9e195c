/* SPDX-License-Identifier: Apache-2.0 */
/* Rules out of turn: whom a probe's change concerns, whose turn it is, and how long who worked rests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/evaluation_fixture.h"

static void only_what_reads_the_probe_is_touched(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, "- {name: mine, interval: 1h, rules: [{alert: A, expr: a == 0}]}\n"
              "- {name: others, interval: 1h, rules: [{alert: B, expr: vector(1)}]}\n"
              "- {name: recorded, interval: 1h, rules: [{record: c, expr: a}]}\n");
    put(&f, "a", 1, 0);
    touch(&f, 1, "A:fired ");
    assert_int_equal(evaluation_stats_take(f.evaluation).evaluations, 1);
    put(&f, "a", 2, 0);
    touch(&f, 2, "");
    assert_int_equal(evaluation_stats_take(f.evaluation).evaluations, 1);
    put(&f, "a", 3, 1);
    touch(&f, 3, "A:resolved ");
    assert_int_equal(evaluation_stats_take(f.evaluation).evaluations, 2);
    finish(&f);
}

/* What a probe's change leaves as it was gives no other result than before: its series that say nothing new, and those of
 * others that moved meanwhile. One that ended has moved, though nobody has it any more. */
static void only_what_moved_counts(void **state)
{
    static const struct label labels[] = {{"probe", "other"}};
    static const char *const names[] = {"a", "info", "was", NULL};
    struct fixture f;
    (void)state;
    start(&f, "- {name: moves, interval: 1h, rules: [{alert: A, expr: a > 1}]}\n"
              "- {name: stays, interval: 1h, rules: [{alert: I, expr: info == 1}]}\n"
              "- {name: ends, interval: 1h, rules: [{alert: W, expr: was == 1}]}\n"
              "- {name: others, interval: 1h, rules: [{alert: O, expr: o > 1}]}\n");
    struct history_owner *other = history_owner(f.history, (struct labels){labels, 1});
    for (size_t i = 0; names[i]; i++)
        put(&f, names[i], 1, 1);
    touch(&f, 1, "I:fired W:fired ");
    put(&f, "a", 2, 2);
    put(&f, "info", 2, 1);
    history_put(other, "o", (struct labels){0}, wall_to_ms(at(2)), 2);
    touch(&f, 2, "A:fired ");
    put(&f, "a", 3, 2);
    put(&f, "info", 3, 1);
    history_end_others(f.owner, wall_to_ms(at(3)));
    history_put(other, "tidied", (struct labels){0}, wall_to_ms(at(3)), 1);
    touch(&f, 3, "W:resolved ");
    assert_int_equal(evaluation_stats_take(f.evaluation).evaluations, 5);
    finish(&f);
}

static void a_touch_while_it_runs_is_not_lost(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, "- {name: g, interval: 1h, rules: [{alert: A, expr: a == 0}]}\n");
    put(&f, "a", 1, 1);
    f.is_deferred = true;
    touch(&f, 1, "");
    put(&f, "a", 2, 0);
    touch(&f, 2, "");
    assert_int_equal(f.job_count, 1);
    work_off(&f);
    f.is_deferred = false;
    (void)evaluation_advance(f.evaluation, at(2), NULL); /* it took a second, and rests */
    (void)evaluation_advance(f.evaluation, at(3), NULL);
    assert_string_equal(buf_text(&f.told), "A:fired ");
    finish(&f);
}

static bool one_is_enough(void *ctx)
{
    const struct fixture *f = ctx;
    return f->submitted > 0;
}

/* Who had no turn in the slice has the first in the next one, whatever came meanwhile. */
static void groups_have_their_turns(void **state)
{
    struct fixture f;
    start(&f, "- {name: f, interval: 1h, rules: [{alert: A, expr: a > 0}]}\n"
              "- {name: g, interval: 1h, rules: [{alert: B, expr: a > 0}]}\n"
              "- {name: h, interval: 1h, rules: [{alert: C, expr: a > 0}]}\n");
    const struct slice slice = {&f, one_is_enough};
    put(&f, "a", 1, 1);
    for (int i = 0; i < 3; i++) {
        f.submitted = 0;
        put(&f, "a", 2 + i, 1 + i);
        evaluation_touch(f.evaluation, f.owner);
        const struct wall next = evaluation_advance(f.evaluation, at(2 + i), &slice);
        assert_int_equal(f.submitted, 1);
        assert_true(next.ns == at(2 + i).ns);
    }
    assert_string_equal(buf_text(&f.told), "A:fired B:fired C:fired ");
    finish(&f);
}

/* What is touched again at once is evaluated once more a little later, the more it reads; its slots come as ever. */
static void what_takes_long_rests(void **state)
{
    static const struct {
        nsec took, rest;
    } cases[] = {{0, 0},
                 {2 * NSEC_PER_MSEC, 38 * NSEC_PER_MSEC},
                 {200 * NSEC_PER_MSEC, NSEC_PER_SEC},
                 {-NSEC_PER_HOUR, 0}, /* the clock was set */
                 {NSEC_PER_HOUR, 0}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        start(&f, "- {name: g, interval: 1d, rules: [{alert: A, expr: a < 0}]}\n");
        put(&f, "a", 1, 1);
        f.is_deferred = true;
        touch(&f, 1, "");
        assert_int_equal(f.job_count, 1);
        work_off(&f);
        const struct wall ended = wall_add(at(1), cases[i].took);
        (void)evaluation_advance(f.evaluation, ended, NULL);
        evaluation_touch_all(f.evaluation);
        const struct wall next = evaluation_advance(f.evaluation, ended, NULL);
        assert_int_equal(f.job_count, cases[i].rest == 0);
        if (cases[i].rest) {
            assert_true(next.ns == ended.ns + cases[i].rest);
            (void)evaluation_advance(f.evaluation, next, NULL);
        }
        assert_int_equal(f.job_count, 1);
        work_off(&f);
        finish(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_reads_the_probe_is_touched),
        cmocka_unit_test(only_what_moved_counts),
        cmocka_unit_test(a_touch_while_it_runs_is_not_lost),
        cmocka_unit_test(groups_have_their_turns),
        cmocka_unit_test(what_takes_long_rests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
