/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pool threads evaluate and save while the loop appends, forgets and rolls up: a view is what it was when it was made.
 * Time of samples is made up, and runs. `./dev test threads` runs it under ThreadSanitizer.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/core/loop.h"
#include "lib/core/pool.h"
#include "lib/query/history.h"

#define T0 INT64_C(1764200000000)
#define STEP_MS 15000
#define SERIES 20
#define STEPS 6000
#define AT_ONCE 4
#define EVALUATIONS 300

struct story {
    struct loop *loop;
    struct pool *pool;
    struct arena *arena;
    struct history *history;
    struct history_owner *owner;
    const struct promql *rules[3];
    char folder[40];
    int steps, running, evaluated;
    bool is_saving;
};

struct asked { /* one evaluation; the pool sees nothing else */
    struct story *story;
    const struct promql *rule;
    struct arena *arena;
    struct history_view *view;
    struct promql_source source;
    struct promql_opts opts;
    double wanted;
    bool is_right;
};

struct save {
    struct story *story;
    struct history_job *job;
};

/* ---- the pool's ---- */

static void evaluate_work(void *ctx)
{
    struct asked *a = ctx;
    struct promql_result r = {0};
    struct err e = {0};
    a->is_right = promql_eval(a->rule, &a->source, &a->opts, a->arena, &r, &e) &&
                  (a->wanted == 0 ||
                   (r.count == SERIES && r.items[0].points[0].value == a->wanted));
}

static void save_work(void *ctx)
{
    history_save_work(((struct save *)ctx)->job);
}

/* ---- the loop's ---- */

static void evaluate_done(void *ctx)
{
    struct asked *a = ctx;
    assert_true(a->is_right);
    history_view_release(a->view);
    a->story->running--;
    a->story->evaluated++;
    arena_destroy(a->arena);
}

static void save_done(void *ctx)
{
    struct save *save = ctx;
    struct err e = {0};
    assert_true(history_save_done(save->job, &e));
    save->story->is_saving = false;
    free(save);
}

static int64_t now_of(const struct story *s)
{
    return T0 + (int64_t)s->steps * STEP_MS;
}

/* The first rule gives the newest value, which is the step's number. */
static void evaluate_start(struct story *s)
{
    struct arena *arena = arena_create(0);
    struct asked *a = arena_alloc(arena, sizeof(*a));
    const int nth = s->evaluated % 3;
    size_t count;
    *a = (struct asked){.story = s,
                        .rule = s->rules[nth],
                        .arena = arena,
                        .opts = {.start = now_of(s), .end = now_of(s)},
                        .wanted = nth ? 0 : s->steps};
    const struct selector *const *selectors = promql_selectors(a->rule, &count);
    a->view = history_view_for(s->history, selectors, count, &a->opts);
    a->source = history_view_source(a->view);
    assert_non_null(pool_submit(s->pool, "evaluate", evaluate_work, evaluate_done, a));
    s->running++;
}

static void save_start(struct story *s)
{
    struct save *save = calloc(1, sizeof(*save));
    assert_non_null(save);
    *save = (struct save){s, history_save_prepare(s->history, s->folder, false)};
    assert_non_null(pool_submit(s->pool, "save", save_work, save_done, save));
    s->is_saving = true;
}

static void append(struct story *s)
{
    s->steps++;
    for (int i = 0; i < SERIES; i++) {
        const char name[] = {(char)('a' + i), 0};
        const struct label own[] = {{"n", name}};
        if (s->steps % 500 > 3 || i % 2) /* some end, and begin again */
            history_put(s->owner, "x", (struct labels){own, 1}, now_of(s), s->steps);
    }
    if (s->steps % 500 == 1)
        history_end_others(s->owner, now_of(s));
}

static void turn(void *ctx)
{
    struct story *s = ctx;
    for (int i = 0; i < 10; i++)
        append(s);
    while (s->running < AT_ONCE && s->steps % 500 > 9)
        evaluate_start(s);
    if (!s->is_saving && s->steps % 300 == 0)
        save_start(s);
    /* As many evaluations on a machine that has other things to do. */
    if (s->steps < STEPS || (s->evaluated < EVALUATIONS && s->steps < 20 * STEPS))
        loop_defer(s->loop, "turn", turn, s);
}

static void folder_remove(const char *folder)
{
    DIR *d = opendir(folder);
    for (const struct dirent *x; d && (x = readdir(d));)
        unlinkat(dirfd(d), x->d_name, 0);
    closedir(d);
    rmdir(folder);
}

static void views_hold_while_the_loop_goes_on(void **state)
{
    static const char *const texts[] = {"x", "rate(x[20m])", "avg_over_time(x[6h])"};
    const struct history_limits limits = {.keep = NSEC_PER_HOUR};
    struct story s = {.arena = arena_create(0), .folder = "/tmp/healthd-threads-XXXXXX"};
    const struct selector *selectors[3];
    struct promql_fault fault;
    struct err e = {0};
    assert_non_null(mkdtemp(s.folder));
    s.loop = loop_create(&e);
    s.pool = pool_create(s.loop, 2);
    s.history = history_create(&limits);
    s.owner = history_owner(s.history, (struct labels){0});
    for (size_t i = 0; i < 3; i++) {
        size_t count;
        s.rules[i] = promql_parse(s.arena, texts[i], &fault);
        selectors[i] = promql_selectors(s.rules[i], &count)[0];
    }
    history_protect(s.history, selectors, 3);
    turn(&s);
    loop_run(s.loop);
    assert_int_equal(s.running, 0);
    assert_true(s.evaluated >= EVALUATIONS);
    assert_true(history_stats(s.history).rolled_bytes > 0);
    pool_destroy(s.pool, NSEC_PER_SEC);
    history_destroy(s.history);
    loop_destroy(s.loop);
    arena_destroy(s.arena);
    folder_remove(s.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_hold_while_the_loop_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
