/* SPDX-License-Identifier: Apache-2.0 */
/* Rules over real history: on the grid and out of turn, recorded series, what nobody knows, and reloads while something
 * is computed. The pool is a list that the test works off when it wants to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "alerts/evaluation.h"
#include "alerts/rule_file.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"

enum { START = 1600000000, JOBS_MAX = 20 };

struct job {
    void (*work)(void *job);
    void (*done)(void *job);
    void *job;
};

struct fixture {
    struct arena *arena;
    struct history *history;
    struct history_owner *owner;
    struct book *book;
    struct evaluation *evaluation;
    struct rules rules;
    struct buf told;
    const char
        *unknown; /* a probe of which nothing is known; NULL: all are as is_known */
    size_t questions;
    bool is_known, is_settled, is_deferred, is_full;
    struct wall first_run, now;
    int held;
    struct job jobs[JOBS_MAX];
    size_t job_count, submitted;
};

static void tell(void *ctx, struct alert *a, enum change change)
{
    struct fixture *f = ctx;
    buf_printf(&f->told, "%s:%s ", a->name, change_name(change));
}

static bool submit(void *ctx, const char *name, void (*work)(void *job),
                   void (*done)(void *job), void *job)
{
    struct fixture *f = ctx;
    if (f->is_full)
        return false;
    f->submitted++;
    if (f->is_deferred) {
        assert_true(f->job_count < JOBS_MAX);
        f->jobs[f->job_count++] = (struct job){work, done, job};
        return true;
    }
    work(job);
    done(job);
    return true;
}

static void work_off(struct fixture *f)
{
    for (size_t i = 0; i < f->job_count; i++) {
        f->jobs[i].work(f->jobs[i].job);
        f->jobs[i].done(f->jobs[i].job);
    }
    f->job_count = 0;
}

static struct ledger_txn *begin(void *ctx)
{
    return NULL;
}

static void end(void *ctx, struct ledger_txn *txn)
{
}

static bool is_known(void *ctx, struct labels owner, struct wall *ret_first_run)
{
    struct fixture *f = ctx;
    const char *probe = labels_get(owner, "probe");
    *ret_first_run = f->first_run;
    f->questions++;
    if (f->unknown && probe && !strcmp(probe, f->unknown))
        return false;
    return f->is_known || !labels_get(owner, "probe");
}

static bool is_settled(void *ctx)
{
    return ((struct fixture *)ctx)->is_settled;
}

static void *hold(void *ctx)
{
    ((struct fixture *)ctx)->held++;
    return ctx;
}

static void release(void *ctx, void *held)
{
    assert_ptr_equal(ctx, held);
    ((struct fixture *)ctx)->held--;
}

static struct wall at(int second)
{
    return (struct wall){(START + (nsec)second) * NSEC_PER_SEC};
}

static void adopt(struct fixture *f, const char *yaml, int second)
{
    static const struct rule_source source = {.file = "r.yml"};
    struct diag *d = diag_create(f->arena);
    const struct rule_reader reader = {.arena = f->arena, .diag = d};
    struct rule_list *l = rule_list_create(&reader);
    const struct node *root = node_parse(f->arena, "r.yml", bytes_of(yaml), d);
    assert_non_null(root);
    rule_inline_read(l, &source, "g", root);
    rule_list_finish(l, &f->rules);
    if (diag_error_count(d))
        fail_msg("%s", diag_first(d)->text);
    f->now = at(second);
    book_adopt(f->book, &f->rules, f->now, NULL);
    evaluation_adopt(f->evaluation, &f->rules, 3, f->now);
}

static void start(struct fixture *f, const char *yaml)
{
    static const struct label labels[] = {{"probe", "db"}};
    const struct history_limits limits = {.budget_bytes = 1 << 20,
                                          .keep = 6 * NSEC_PER_HOUR};
    const struct evaluation_hooks hooks = {
        .ctx = f,
        .begin = begin,
        .end = end,
        .is_known = is_known,
        .is_settled = is_settled,
        .hold = hold,
        .release = release,
    };
    *f = (struct fixture){.arena = arena_create(0),
                          .history = history_create(&limits),
                          .told = BUF_MAX(10000),
                          .is_known = true,
                          .is_settled = true};
    f->owner = history_owner(f->history, (struct labels){labels, 1});
    f->book = book_create(tell, f);
    f->evaluation =
        evaluation_create(f->history, f->book, (struct offload){f, submit}, &hooks);
    adopt(f, yaml, 0);
}

static void finish(struct fixture *f)
{
    evaluation_destroy(f->evaluation);
    book_destroy(f->book);
    history_destroy(f->history);
    assert_int_equal(f->held, 0);
    buf_finish(&f->told);
    arena_destroy(f->arena);
}

static void put(struct fixture *f, const char *name, int second, double value)
{
    history_put(f->owner, name, (struct labels){0}, wall_to_ms(at(second)), value);
}

/* Evaluates out of turn what reads the probe's series. */
static void touch(struct fixture *f, int second, const char *told)
{
    buf_clear(&f->told);
    evaluation_touch(f->evaluation, f->owner, at(second));
    (void)evaluation_advance(f->evaluation, at(second), NULL);
    if (strcmp(buf_text(&f->told), told) != 0)
        fail_msg("at %d: '%s' instead of '%s'", second, buf_text(&f->told), told);
}

static void find_value(void *ctx, struct labels labels, struct point newest)
{
    *(double *)ctx = newest.value;
}

/* The newest sample of a series since the start, or -1. */
static double newest(struct fixture *f, const char *name, int second)
{
    const struct matcher m = {"__name__", MATCH_EQUAL, name, NULL};
    const struct matchers set = {&m, 1};
    double value = -1;
    history_each(f->history, &set, 1, wall_to_ms(at(0)), wall_to_ms(at(second)),
                 find_value, &value);
    return value;
}

/* ---- stories ---- */

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
    touch(&f, 1, "");
    assert_int_equal(evaluation_stats_take(f.evaluation).evaluations, 2);
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
    touch(&f, 400, "Down:held ");
    assert_int_equal(evaluation_rule(f.evaluation, f.rules.groups[0]->rules[0]).held, 1);
    touch(&f, 500, "");
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
    touch(&f, 400, "Errors:held ");
    put(&f, "errors", 415, 5);
    touch(&f, 415, "");
    put(&f, "errors", 430, 5);
    touch(&f, 430, "Errors:resolved ");
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
    touch(&f, 2, "Gone:fired ");
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
    touch(&f, 3602, "High:resolved ");
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
    touch(&f, 3, "A:fired ");
    assert_true(evaluation_rule(f.evaluation, f.rules.groups[0]->rules[0]).is_ok);
    adopt(&f, yaml, 4);
    assert_true(evaluation_rule(f.evaluation, f.rules.groups[0]->rules[0]).is_ok);
    assert_false(
        evaluation_rule(f.evaluation, f.rules.groups[0]->rules[1]).was_evaluated);
    touch(&f, 5, "B:fired ");
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

static void a_full_pool_is_asked_again(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, "- {name: g, interval: 1h, rules: [{alert: A, expr: a == 0}]}\n");
    put(&f, "a", 1, 0);
    f.is_full = true;
    evaluation_touch(f.evaluation, f.owner, at(1));
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

static bool one_is_enough(void *ctx)
{
    const struct fixture *f = ctx;
    return f->submitted > 0;
}

/* Who had no turn in the slice has the first in the next one, whatever came meanwhile. */
static void groups_have_their_turns(void **state)
{
    struct fixture f;
    start(&f, "- {name: f, interval: 1h, rules: [{alert: A, expr: a == 1}]}\n"
              "- {name: g, interval: 1h, rules: [{alert: B, expr: a == 1}]}\n"
              "- {name: h, interval: 1h, rules: [{alert: C, expr: a == 1}]}\n");
    const struct slice slice = {&f, one_is_enough};
    put(&f, "a", 1, 1);
    for (int i = 0; i < 3; i++) {
        f.submitted = 0;
        evaluation_touch(f.evaluation, f.owner, at(2 + i));
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
        evaluation_touch(f.evaluation, f.owner, ended);
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
    touch(&f, 200, "");
    touch(&f, 400, "Down:resolved Down:held Down:resolved ");
    assert_in_range(f.questions, FALLEN, 10 * FALLEN);
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_seen_by_later_rules),
        cmocka_unit_test(groups_run_on_their_grid),
        cmocka_unit_test(groups_share_slots_and_many_are_spread),
        cmocka_unit_test(only_what_reads_the_probe_is_touched),
        cmocka_unit_test(unknown_is_held),
        cmocka_unit_test(a_range_has_to_warm_up),
        cmocka_unit_test(absence_is_believed_once_all_ran),
        cmocka_unit_test(hysteresis_ends_with_its_series),
        cmocka_unit_test(an_offset_is_seen_through),
        cmocka_unit_test(a_rule_that_fails_says_why),
        cmocka_unit_test(a_reload_drops_what_is_computed),
        cmocka_unit_test(a_touch_while_it_runs_is_not_lost),
        cmocka_unit_test(a_full_pool_is_asked_again),
        cmocka_unit_test(a_step_pins_so_much),
        cmocka_unit_test(groups_have_their_turns),
        cmocka_unit_test(what_takes_long_rests),
        cmocka_unit_test(each_alert_asks_for_its_probe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
