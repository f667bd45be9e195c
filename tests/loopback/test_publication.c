/* SPDX-License-Identifier: Apache-2.0 */
/* A verdict with very many new series takes several turns of the loop, and is told of once, when all are seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "collector/publication.h"
#include "lib/core/loop.h"
#include "lib/core/session.h"
#include "tests/loopback/stand.h"

#define MANY 20000 /* no machine makes so many within a slice */

static const struct metric sold = {
    .name = "sold", .kind = METRIC_GAUGE, .help = "Sold", .labels = {"till"}};

struct conf {
    int64_t count;
};
#define OPT_STRUCT struct conf
static const struct opt opts[] = {
    OPT_ROW_INT("count", count, "1", 0, MANY, "Samples.", .flags = OPT_SHORTHAND),
    {0},
};
#undef OPT_STRUCT

static void count_work(struct run *run)
{
    const struct conf *conf = run_conf(run);
    for (int i = 0; i < conf->count; i++) {
        char till[16];
        snprintf(till, sizeof(till), "%d", i);
        run_sample_with(run, &sold, (const char *const[]){till}, i);
    }
    run_up(run);
}

static const struct probe_type count_type = {
    .name = "count", .opts = opts, .conf_size = sizeof(struct conf), .work = count_work};

struct scene {
    struct stand stand;
    struct history *history;
    struct tracked tracked;
    struct publications publications;
    int done, gone, told, turns;
    size_t seen_when_done;
};

static void count_one(void *ctx, struct labels labels, struct point newest)
{
    ++*(size_t *)ctx;
}

static size_t seen(const struct scene *s)
{
    struct matchers all = {0};
    size_t count = 0;
    history_each(s->history, &all, 1, 0, INT64_MAX, count_one, &count);
    return count;
}

/* ---- in place of the engine ---- */

void engine_host_publish(struct engine_host *h, struct tracked *t,
                         const struct verdict *v, const struct batch *b,
                         struct history_publication *ret_samples)
{
    history_publication_begin(ret_samples, t->history, wall_to_ms(v->started), b);
}

void engine_host_observe(struct engine_host *h, struct tracked *t,
                         const struct verdict *v, const struct batch *b)
{
    struct scene *s = (struct scene *)(void *)h;
    s->told++;
    assert_int_equal(v->health, HEALTH_UP); /* both live still */
    assert_true(seen(s) >= b->count);
    assert_int_equal(s->gone, 0);
}

/* ---- a run ---- */

/* Each turn, while it lasts: nothing is seen before it ends. */
static void turn(void *ctx)
{
    struct scene *s = ctx;
    if (!s->publications.first)
        return;
    s->turns++;
    assert_int_equal(seen(s), s->seen_when_done);
    loop_defer(s->stand.frame.loop, "turn", turn, s);
}

static void on_done(void *ctx, struct verdict *v, struct batch *b)
{
    struct scene *s = ctx;
    s->done++;
    publications_add(&s->publications, (struct engine_host *)(void *)s, &s->tracked, v,
                     b);
    s->tracked.run = NULL;
    s->seen_when_done = seen(s);
    turn(s);
    loop_stop(s->stand.frame.loop);
}

static void on_gone(void *ctx)
{
    struct scene *s = ctx;
    s->gone++;
    loop_stop(s->stand.frame.loop);
}

static void scene_begin(struct scene *s, const char *count)
{
    *s = (struct scene){.history = history_create(&(struct history_limits){0})};
    stand_begin(&s->stand);
    struct probe *probe = stand_probe(&s->stand, &count_type, count, NULL);
    s->tracked.session = stand_session(&s->stand, &count_type);
    s->tracked.history = history_owner(s->history, (struct labels){0});
    s->tracked.run =
        runner_start(s->stand.runner, &(struct ask){.probe = probe,
                                                    .session = s->tracked.session,
                                                    .origin = ORIGIN_SCHEDULED,
                                                    .timeout = 60 * NSEC_PER_SEC,
                                                    .done = on_done,
                                                    .gone = on_gone,
                                                    .ctx = s});
}

static void scene_end(struct scene *s)
{
    assert_int_equal(s->done, 1);
    assert_int_equal(s->gone, 1);
    assert_null(s->publications.first);
    assert_false(s->tracked.session->is_draining);
    assert_int_equal(runner_active(s->stand.runner), 0);
    session_destroy(s->tracked.session);
    stand_end(&s->stand);
    history_destroy(s->history);
}

static void few_are_told_at_once(void **state)
{
    struct scene s;
    scene_begin(&s, "10");
    assert_true(stand_wait(&s.stand, &s.gone, 1));
    assert_int_equal(s.told, 1);
    assert_int_equal(s.turns, 0);
    scene_end(&s);
}

static void many_take_turns(void **state)
{
    struct scene s;
    scene_begin(&s, "20000");
    assert_true(stand_wait(&s.stand, &s.gone, 1));
    assert_int_equal(s.told, 1);
    assert_true(s.turns >= 2);
    assert_true(s.seen_when_done == 0 && seen(&s) >= MANY);
    scene_end(&s);
}

static void a_probe_that_is_gone_is_not_told_of(void **state)
{
    struct scene s;
    scene_begin(&s, "20000");
    assert_true(stand_wait(&s.stand, &s.done, 1));
    s.tracked.is_removed = true;
    assert_true(stand_wait(&s.stand, &s.gone, 1));
    assert_int_equal(s.told, 0);
    scene_end(&s);
}

static void the_end_finishes_it(void **state)
{
    struct scene s;
    scene_begin(&s, "20000");
    assert_true(stand_wait(&s.stand, &s.done, 1));
    publications_finish(&s.publications);
    assert_int_equal(s.told, 1);
    assert_true(seen(&s) >= MANY);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_are_told_at_once),
        cmocka_unit_test(many_take_turns),
        cmocka_unit_test(a_probe_that_is_gone_is_not_told_of),
        cmocka_unit_test(the_end_finishes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
