/* SPDX-License-Identifier: Apache-2.0 */
/* Rules over real history: on the grid, recorded series, what nobody knows, and reloads while something is computed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/evaluation_fixture.h"

static void results_are_seen_by_later_rules(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, "- {record: 'twice', expr: a * 2}\n"
              "- {record: 'more', expr: twice + 1}\n"
              "- {alert: High, expr: more > 6}\n");
    put(&f, "a", 1, 3);
    touch(&f, 1, "High:fired ");
    assert_true(newest(&f, "twice", 1) == 6 && newest(&f, "more", 1) == 7);
    assert_true(newest(&f, "ALERTS", 1) == 1);
    put(&f, "a", 2, 1);
    touch(&f, 2, "High:resolved ");
    assert_true(newest(&f, "more", 2) == 3);
    assert_true(is_stale(newest(&f, "ALERTS", 2)));
    finish(&f);
}

static void groups_run_on_their_grid(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, "- {name: fast, interval: 1s, rules: [{record: b, expr: 'vector(1)'}]}\n"
              "- {name: slow, interval: 1h, rules: [{record: c, expr: 'vector(1)'}]}\n");
    struct wall next = evaluation_advance(f.evaluation, at(0), NULL);
    assert_true(next.ns > at(0).ns && next.ns <= at(1).ns);
    for (int i = 0; i < 10; i++)
        next = evaluation_advance(f.evaluation, next, NULL);
    struct evaluation_stats stats = evaluation_stats_take(f.evaluation);
    assert_int_equal(stats.evaluations, 10);
    assert_int_equal(stats.missed, 0);
    assert_true(stats.worst_lag == 0);
    (void)evaluation_advance(f.evaluation, wall_add(next, 5 * NSEC_PER_SEC), NULL);
    stats = evaluation_stats_take(f.evaluation);
    assert_int_equal(stats.evaluations, 11);
    assert_int_equal(stats.missed, 5);
    assert_true(stats.worst_lag == 5 * NSEC_PER_SEC);
    /* A clock that goes back a day does not stop it. */
    next = evaluation_advance(f.evaluation, at(-86400), NULL);
    assert_true(next.ns <= at(-86399).ns);
    finish(&f);
}

/* A wake-up costs more than a small group does. */
static void groups_share_slots_and_many_are_spread(void **state)
{
    struct fixture f;
    struct buf yaml = BUF_MAX(8192);
    int slots = 0;
    (void)state;
    for (int i = 0; i < 30; i++)
        buf_printf(
            &yaml,
            "- {name: g%d, interval: 16s, rules: [{record: r%d, expr: 'vector(1)'}]}\n",
            i, i);
    start(&f, buf_text(&yaml));
    for (struct wall next = evaluation_advance(f.evaluation, at(0), NULL);
         next.ns <= at(16).ns; next = evaluation_advance(f.evaluation, next, NULL))
        slots++;
    assert_int_equal(evaluation_stats_take(f.evaluation).evaluations, 30);
    assert_in_range(slots, 2, 4);
    buf_finish(&yaml);
    finish(&f);
}

static void unknown_is_held(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, "- {alert: Down, expr: up == 0}\n");
    put(&f, "up", 1, 0);
    touch(&f, 1, "Down:fired ");
    f.is_known = false;
    touch_all(&f, 400, "Down:held ");
    assert_int_equal(evaluation_rule(f.evaluation, f.rules.groups[0]->rules[0]).held, 1);
    touch_all(&f, 500, "");
    f.is_known = true;
    put(&f, "up", 510, 1);
    touch(&f, 510, "Down:resolved ");
    finish(&f);
}

static void a_range_has_to_warm_up(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, "- {alert: Errors, expr: 'rate(errors[5m]) > 0'}\n");
    put(&f, "errors", 0, 0);
    put(&f, "errors", 15, 5);
    touch(&f, 15, "Errors:fired ");
    f.first_run = at(400); /* healthd was restarted: the window is empty */
    put(&f, "errors", 400, 5);
    touch_all(&f, 400, "Errors:held ");
    put(&f, "errors", 415, 5);
    touch_all(&f, 415, "");
    put(&f, "errors", 430, 5);
    touch_all(&f, 430, "Errors:resolved ");
    finish(&f);
}

static void absence_is_believed_once_all_ran(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, "- {alert: Gone, expr: absent(a)}\n- {alert: Watch, expr: up}\n");
    put(&f, "up", 0, 1);
    f.is_settled = false;
    touch(&f, 1, "Watch:fired ");
    f.is_settled = true;
    touch_all(&f, 2, "Gone:fired ");
    f.is_settled = false;
    put(&f, "a", 3, 1);
    touch(&f, 3, "Gone:resolved ");
    finish(&f);
}

static void hysteresis_ends_with_its_series(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, "- {alert: Full, expr: used > 80, resolve_when: used < 70}\n");
    put(&f, "used", 1, 90);
    touch(&f, 1, "Full:fired ");
    put(&f, "used", 2, 75);
    touch(&f, 2, "");
    put(&f, "used", 3, 60);
    touch(&f, 3, "Full:resolved ");
    put(&f, "used", 4, 90);
    touch(&f, 4, "Full:fired ");
    put(&f, "used", 5, stale_marker());
    touch(&f, 5, "Full:resolved ");
    finish(&f);
}

/* Samples that come late: the group lives an hour in the past, and sees what was there then. */
static void an_offset_is_seen_through(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, "- {name: g, interval: 1h, query_offset: 1h, rules: ["
              "{record: 'twice', expr: a * 2}, {alert: High, expr: twice > 6}]}\n");
    put(&f, "a", 1, 9);
    put(&f, "a", 2, 1);
    put(&f, "b", 3601, 0);
    touch(&f, 3601, "High:fired ");
    assert_true(newest(&f, "twice", 3601) == 18);
    touch_all(&f, 3602, "High:resolved ");
    finish(&f);
}

static void a_rule_that_fails_says_why(void **state)
{
    static const struct label two[] = {{"x", "2"}};
    struct fixture f;
    (void)state;
    start(&f, "- {alert: Bad, expr: a * on () group_left () a}\n"
              "- {alert: Good, expr: a == 1}\n");
    put(&f, "a", 1, 1);
    history_put(f.owner, "a", (struct labels){two, 1}, wall_to_ms(at(1)), 2);
    touch(&f, 1, "Good:fired ");
    const struct rule_health bad =
        evaluation_rule(f.evaluation, f.rules.groups[0]->rules[0]);
    const struct rule_health good =
        evaluation_rule(f.evaluation, f.rules.groups[0]->rules[1]);
    assert_true(bad.was_evaluated && !bad.is_ok && *bad.last_error);
    assert_true(good.was_evaluated && good.is_ok && !*good.last_error);
    assert_int_equal(evaluation_stats_take(f.evaluation).failures, 1);
    finish(&f);
}

static void a_reload_drops_what_is_computed(void **state)
{
    static const char yaml[] = "- {alert: A, expr: a == 0}\n- {alert: B, expr: a == 0}\n";
    struct fixture f;
    (void)state;
    start(&f, yaml);
    put(&f, "a", 1, 0);
    f.is_deferred = true;
    touch(&f, 1, "");
    assert_int_equal(f.job_count, 1);
    assert_int_equal(f.held, 1);
    assert_false(evaluation_is_idle(f.evaluation));
    adopt(&f, "- {alert: A, expr: a == 0}\n", 2);
    work_off(&f);
    assert_true(evaluation_is_idle(f.evaluation));
    assert_string_equal(buf_text(&f.told), "");
    f.is_deferred = false;
    touch_all(&f, 3, "A:fired ");
    assert_true(evaluation_rule(f.evaluation, f.rules.groups[0]->rules[0]).is_ok);
    adopt(&f, yaml, 4);
    assert_true(evaluation_rule(f.evaluation, f.rules.groups[0]->rules[0]).is_ok);
    assert_false(
        evaluation_rule(f.evaluation, f.rules.groups[0]->rules[1]).was_evaluated);
    touch_all(&f, 5, "B:fired ");
    finish(&f);
}

static void a_full_pool_is_asked_again(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, "- {name: g, interval: 1h, rules: [{alert: A, expr: a == 0}]}\n");
    put(&f, "a", 1, 0);
    f.is_full = true;
    evaluation_touch(f.evaluation, f.owner);
    const struct wall next = evaluation_advance(f.evaluation, at(1), NULL);
    assert_true(next.ns == at(1).ns + 100 * NSEC_PER_MSEC);
    f.is_full = false;
    (void)evaluation_advance(f.evaluation, next, NULL);
    assert_string_equal(buf_text(&f.told), "A:fired ");
    finish(&f);
}

static void put_many(struct fixture *f, const char *name, int count, int second)
{
    for (int i = 0; i < count; i++) {
        const struct label own = {"n", arena_printf(f->arena, "%d", i)};
        history_put(f->owner, name, (struct labels){&own, 1}, wall_to_ms(at(second)), i);
    }
}

/* What is pinned for one trip to the pool is bounded, but for a rule that reads more by itself. */
static void a_step_pins_so_much(void **state)
{
    static const struct {
        int series;
        size_t steps;
    } cases[] = {{10, 1}, {1600, 1}, {1700, 2}, {2600, 3}, {6000, 3}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        start(&f, "- {name: g, interval: 1h, rules: [\n"
                  "  {alert: A, expr: a < 0}, {alert: B, expr: a < 1}, {alert: C, expr: "
                  "a < 2}]}\n");
        put_many(&f, "a", cases[i].series, 1);
        touch(&f, 1, "B:fired C:fired C:fired ");
        assert_int_equal(f.submitted, cases[i].steps);
        finish(&f);
    }
}

/* Each absent alert asks for its own probe, not for all of them. */
static void each_alert_asks_for_its_probe(void **state)
{
    enum { PROBES = 2000, FALLEN = 3 };
    struct fixture f;
    start(&f, "- {alert: Down, expr: up == 0}\n");
    for (int i = 0; i < PROBES; i++) {
        const struct label own = {"probe", arena_printf(f.arena, "p%d", i)};
        struct history_owner *o = history_owner(f.history, (struct labels){&own, 1});
        history_put(o, "up", (struct labels){0}, wall_to_ms(at(1)), i >= FALLEN);
    }
    put(&f, "up", 1, 1);
    touch(&f, 1, "Down:fired Down:fired Down:fired ");
    f.unknown = "p1";
    f.questions = 0;
    touch_all(&f, 200, "");
    touch_all(&f, 400, "Down:resolved Down:held Down:resolved ");
    assert_in_range(f.questions, FALLEN, 10 * FALLEN);
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_seen_by_later_rules),
        cmocka_unit_test(groups_run_on_their_grid),
        cmocka_unit_test(groups_share_slots_and_many_are_spread),
        cmocka_unit_test(unknown_is_held),
        cmocka_unit_test(a_range_has_to_warm_up),
        cmocka_unit_test(absence_is_believed_once_all_ran),
        cmocka_unit_test(hysteresis_ends_with_its_series),
        cmocka_unit_test(an_offset_is_seen_through),
        cmocka_unit_test(a_rule_that_fails_says_why),
        cmocka_unit_test(a_reload_drops_what_is_computed),
        cmocka_unit_test(a_full_pool_is_asked_again),
        cmocka_unit_test(a_step_pins_so_much),
        cmocka_unit_test(each_alert_asks_for_its_probe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
