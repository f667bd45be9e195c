/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules that reach further back than samples are kept: what they find in five-minute points, beside what all samples would
 * have told them. Run by ./dev test unit.
 */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/query/history.h"

#define T0 INT64_C(1764200000000)
#define STEP_MS 15000
#define PER_HOUR 240
#define HOURS 50

static const struct history_limits all_kept = {.budget_bytes = (size_t)1 << 30,
                                               .keep = 60 * NSEC_PER_HOUR};
static const struct history_limits six_hours = {0};

/* What rules read. An expression of a case is found among them by its text. */
static const struct {
    const char *expr;
    double tolerance; /* of the value that all samples give */
} cases[] = {
    {"avg_over_time(load[1d])", 0.005},
    {"sum_over_time(load[1d])", 0.005},
    {"count_over_time(load[1d])", 0.004},
    {"max_over_time(load[1d])", 0},
    {"min_over_time(load[1d])", 0},
    {"stddev_over_time(load[1d])", 0.01},
    {"stdvar_over_time(free[1d])", 0.01},
    {"quantile_over_time(0.5, load[1d])", 0.02},
    {"predict_linear(free[1d], 86400)", 0.001},
    {"deriv(free[1d])", 0.001},
    {"delta(free[1d])", 0.005},
    {"increase(requests_total[1d])", 0.002},
    {"rate(requests_total[1d])", 0.002},
    {"rate(requests_total[36h])", 0.002},
    {"resets(requests_total[1d])", 0},
    {"changes(load[1d])", 0.01},
    {"requests_total offset 1d", 0.02},
    {"free offset 1d", 0.002},
    {"rate(steady_total[5m] offset 1d)", 0.001},
    {"increase(steady_total[1h] offset 20h)", 0.001},
    {"max_over_time(rate(steady_total[5m])[1d:5m])", 0.05},
    {"last_over_time(load[1d])", 0},
    {"present_over_time(gone[1d])", 0},
    {"absent_over_time(load[1d])", 0},
    {"avg_over_time(load[5m])", 0},
    {"timestamp(free)", 0},
};

struct stage {
    struct arena *arena;
    struct history *history;
    struct history_owner *owner, *ends;
    uint64_t seed;
    double load, requests;
};

/* ---- rules ---- */

static const struct promql *parse(struct stage *s, const char *text)
{
    struct promql_fault fault;
    const struct promql *q = promql_parse(s->arena, text, &fault);
    if (!q)
        fail_msg("%s: %s", text, fault.text);
    return q;
}

static void protect(struct stage *s)
{
    static const char *const texts[] = {"load offset 2d", "free offset 2d",
                                        "requests_total offset 2d",
                                        "steady_total offset 2d", "gone offset 2d"};
    const struct selector *list[5];
    for (size_t i = 0; i < 5; i++) {
        size_t count;
        list[i] = promql_selectors(parse(s, texts[i]), &count)[0];
    }
    history_protect(s->history, list, 5);
}

static struct stage stage_set(struct history_limits limits)
{
    struct stage s = {.arena = arena_create(0),
                      .history = history_create(&limits),
                      .seed = 7,
                      .load = 10};
    protect(&s);
    s.owner = history_owner(s.history, (struct labels){0});
    s.ends = history_owner(s.history, (struct labels){0});
    return s;
}

static void stage_clear(struct stage *s)
{
    history_destroy(s->history);
    arena_destroy(s->arena);
}

/* ---- samples ---- */

static double random_unit(struct stage *s)
{
    s->seed = s->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(s->seed >> 11) / 9007199254740992.0;
}

static void put(struct stage *s, const char *name, int64_t ms, double value)
{
    history_put(s->owner, name, (struct labels){0}, ms, value);
}

/* load: noise with rare peaks · free: falls by a line, with noise · requests_total: reset every 7 h, also within five
 * minutes · steady_total: a rate that moves slowly · unread: no rule reads it · gone: ends after a day */
static void fill(struct stage *s, int from, int to)
{
    for (int i = from; i < to; i++) {
        const int64_t ms = T0 + (int64_t)i * STEP_MS;
        s->load = s->load * 0.9 + random_unit(s);
        s->requests += floor(random_unit(s) * 100);
        if (i % (7 * PER_HOUR) == 7 * PER_HOUR - 10 || i % (7 * PER_HOUR) == 0)
            s->requests = 0;
        put(s, "load", ms, i % 1999 == 5 ? 100 + i % 13 : s->load);
        put(s, "free", ms, 1e9 - i * 2e4 + floor(random_unit(s) * 1e6));
        put(s, "requests_total", ms, s->requests);
        put(s, "steady_total", ms, i * 30.0 + 5000 * sin(i / 2000.0));
        put(s, "unread", ms, i);
        if (i < 24 * PER_HOUR)
            history_put(s->ends, "gone", (struct labels){0}, ms, i);
        if (i == 24 * PER_HOUR)
            history_owner_end(s->ends, ms);
    }
}

static int64_t time_of(int i)
{
    return T0 + (int64_t)i * STEP_MS;
}

/* NAN for no element. */
static double value_at(struct stage *s, const char *text, int64_t ms)
{
    struct arena *arena = arena_create(0);
    const struct promql *q = parse(s, text);
    const struct promql_opts opts = {.start = ms, .end = ms};
    struct promql_result result = {0};
    struct err e = {0};
    size_t count;
    const struct selector *const *selectors = promql_selectors(q, &count);
    struct history_view *v = history_view_for(s->history, selectors, count, &opts);
    const struct promql_source source = history_view_source(v);
    if (!promql_eval(q, &source, &opts, arena, &result, &e))
        fail_msg("%s: %s", text, e.text);
    const double value = result.count ? result.items[0].points[0].value : NAN;
    history_view_release(v);
    arena_destroy(arena);
    return value;
}

static bool is_near(double value, double exact, double tolerance)
{
    return (isnan(value) && isnan(exact)) ||
           fabs(value - exact) <= tolerance * fabs(exact);
}

static void cases_agree(struct stage *s, struct stage *exact, int64_t ms)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const double value = value_at(s, cases[i].expr, ms);
        const double wanted = value_at(exact, cases[i].expr, ms);
        if (!is_near(value, wanted, cases[i].tolerance))
            fail_msg("%s: %.9g, and all samples give %.9g", cases[i].expr, value, wanted);
    }
}

/* ---- stories ---- */

static void points_tell_what_samples_would(void **state)
{
    struct stage s = stage_set(six_hours), exact = stage_set(all_kept);
    fill(&s, 0, HOURS * PER_HOUR);
    fill(&exact, 0, HOURS * PER_HOUR);
    assert_true(history_stats(s.history).rolled_bytes > 0);
    assert_true(history_stats(s.history).oldest_ms > time_of((HOURS - 8) * PER_HOUR));
    for (int back = 1; back < 300; back += 97)
        cases_agree(&s, &exact, time_of(HOURS * PER_HOUR - back));
    stage_clear(&s);
    stage_clear(&exact);
}

static void only_what_is_read_that_far(void **state)
{
    struct stage s = stage_set(six_hours);
    fill(&s, 0, 40 * PER_HOUR);
    const int64_t now = time_of(40 * PER_HOUR - 1);
    assert_int_equal(history_stats(s.history).rolled_series, 5);
    assert_true(isnan(value_at(&s, "unread offset 1d", now)));
    assert_false(isnan(value_at(&s, "free offset 1d", now)));
    history_protect(s.history, NULL, 0);
    assert_int_equal(history_stats(s.history).rolled_series, 0);
    assert_int_equal(history_stats(s.history).rolled_bytes, 0);
    assert_true(isnan(value_at(&s, "free offset 1d", now)));
    assert_false(isnan(value_at(&s, "free", now)));
    assert_int_equal(history_stats(s.history).series, 5); /* gone is gone */
    stage_clear(&s);
}

static void an_end_stays_an_end(void **state)
{
    struct stage s = stage_set(six_hours);
    fill(&s, 0, 40 * PER_HOUR);
    assert_true(isnan(value_at(&s, "gone offset 10h", time_of(40 * PER_HOUR - 1))));
    assert_false(isnan(value_at(&s, "gone offset 17h", time_of(40 * PER_HOUR - 1))));
    stage_clear(&s);
}

static void they_expire_as_well(void **state)
{
    struct stage s = stage_set(six_hours);
    fill(&s, 0, 90 * PER_HOUR);
    const int64_t now = time_of(90 * PER_HOUR - 1);
    assert_false(isnan(value_at(&s, "free offset 2d", now)));
    assert_true(isnan(value_at(&s, "free offset 80h", now)));
    assert_int_equal(history_stats(s.history).rolled_series, 4);
    stage_clear(&s);
}

static void they_have_half_of_the_budget(void **state)
{
    struct stage s = stage_set((struct history_limits){.budget_bytes = 60000});
    fill(&s, 0, HOURS * PER_HOUR);
    const struct history_stats stats = history_stats(s.history);
    assert_true(stats.bytes < 61000);
    assert_true(stats.rolled_bytes < 31000);
    assert_true(stats.dropped_chunks > 0);
    assert_false(isnan(value_at(&s, "free", time_of(HOURS * PER_HOUR - 1))));
    stage_clear(&s);
}

/* ---- over a restart ---- */

static char *folder_make(void)
{
    char *folder = strdup("/tmp/healthd-rollup-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

static void folder_remove(char *folder)
{
    DIR *d = opendir(folder);
    for (const struct dirent *x; (x = readdir(d));)
        unlinkat(dirfd(d), x->d_name, 0);
    closedir(d);
    rmdir(folder);
    free(folder);
}

static void save(struct stage *s, const char *folder, bool is_final)
{
    struct err e = {0};
    struct history_job *j = history_save_prepare(s->history, folder, is_final);
    history_save_work(j);
    if (!history_save_done(j, &e))
        fail_msg("%s", e.text);
}

static struct stage restart(const struct stage *before, const char *folder)
{
    struct stage s = stage_set(six_hours);
    struct err e = {0};
    struct history_job *j = history_restore_prepare(s.history, folder);
    history_restore_work(j);
    while (!history_restore_merge(j, 0, &e))
        continue;
    assert_string_equal(e.text, "");
    s.seed = before->seed;
    s.load = before->load;
    s.requests = before->requests;
    return s;
}

static void a_restart_keeps_them(void **state)
{
    char *folder = folder_make();
    struct stage s = stage_set(six_hours), exact = stage_set(all_kept);
    fill(&s, 0, 40 * PER_HOUR);
    save(&s, folder, true);
    struct stage again = restart(&s, folder);
    stage_clear(&s);
    fill(&again, 40 * PER_HOUR, HOURS * PER_HOUR);
    fill(&exact, 0, HOURS * PER_HOUR);
    cases_agree(&again, &exact, time_of(HOURS * PER_HOUR - 1));
    stage_clear(&again);
    stage_clear(&exact);
    folder_remove(folder);
}

/* Saved every five minutes, killed at any time: what was in heads is lost, and nothing else. */
static void a_kill_costs_little(void **state)
{
    char *folder = folder_make();
    struct stage s = stage_set(six_hours), exact = stage_set(all_kept);
    for (int i = 0; i < 40 * PER_HOUR + 70; i += 20) {
        fill(&s, i, i + 20);
        save(&s, folder, false);
    }
    struct stage again = restart(&s, folder);
    stage_clear(&s);
    fill(&again, 40 * PER_HOUR + 80, HOURS * PER_HOUR);
    fill(&exact, 0, HOURS * PER_HOUR);
    const int64_t now = time_of(HOURS * PER_HOUR - 1);
    static const char *const texts[] = {"avg_over_time(load[1d])",
                                        "count_over_time(load[1d])",
                                        "increase(steady_total[1d])", "free offset 1d"};
    for (size_t i = 0; i < 4; i++) {
        const double value = value_at(&again, texts[i], now);
        const double wanted = value_at(&exact, texts[i], now);
        if (!is_near(value, wanted, 0.05))
            fail_msg("%s: %.9g, and all samples give %.9g", texts[i], value, wanted);
    }
    stage_clear(&again);
    stage_clear(&exact);
    folder_remove(folder);
}

static void a_damaged_file_is_put_aside(void **state)
{
    char *folder = folder_make();
    char path[200];
    struct err e = {0};
    struct stage s = stage_set(six_hours);
    fill(&s, 0, 20 * PER_HOUR);
    save(&s, folder, true);
    snprintf(path, sizeof(path), "%s/rollups.seg", folder);
    assert_int_equal(truncate(path, 700), 0);
    struct stage again = stage_set(six_hours);
    struct history_job *j = history_restore_prepare(again.history, folder);
    history_restore_work(j);
    while (!history_restore_merge(j, 0, &e))
        continue;
    assert_non_null(strstr(e.text, "rollups.seg.damaged"));
    assert_false(isnan(value_at(&again, "free", time_of(20 * PER_HOUR - 1))));
    stage_clear(&s);
    stage_clear(&again);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_tell_what_samples_would),
        cmocka_unit_test(only_what_is_read_that_far),
        cmocka_unit_test(an_end_stays_an_end),
        cmocka_unit_test(they_expire_as_well),
        cmocka_unit_test(they_have_half_of_the_budget),
        cmocka_unit_test(a_restart_keeps_them),
        cmocka_unit_test(a_kill_costs_little),
        cmocka_unit_test(a_damaged_file_is_put_aside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
