/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of many series in slices: how many, and what is seen in between. Run by ./dev test unit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/query/history.h"

#define T0 INT64_C(1764200000000)

static const struct metric sold = {
    .name = "sold", .kind = METRIC_GAUGE, .labels = {"till"}};

struct stage {
    struct arena *arena;
    struct history *history;
    struct history_owner *owner;
};

static struct stage stage_set(void)
{
    static const struct label label = {"job", "shop"};
    struct stage s = {arena_create(0), history_create(&(struct history_limits){0}), NULL};
    s.owner = history_owner(s.history, (struct labels){&label, 1});
    return s;
}

static void stage_clear(struct stage *s)
{
    history_destroy(s->history);
    arena_destroy(s->arena);
}

static void batch_put(struct stage *s, struct batch *b, const char *group, int from,
                      int to)
{
    for (int i = from; i < to; i++) {
        const char *values[] = {arena_printf(s->arena, "%d", i)};
        batch_add(b, batch_group(b, group), &sold, values, (struct labels){0}, i);
    }
}

/* sold{till}, of each in from..to. */
static struct batch *batch_of(struct stage *s, int from, int to)
{
    struct batch *b = batch_create(s->arena);
    batch_group(b, "");
    batch_put(s, b, "", from, to);
    return b;
}

struct seen {
    size_t live, ended;
    int64_t oldest, newest;
};

static void see(void *ctx, struct labels labels, struct point newest)
{
    struct seen *seen = ctx;
    seen->live += !is_stale(newest.value);
    seen->ended += is_stale(newest.value);
    if (!seen->oldest || newest.ms < seen->oldest)
        seen->oldest = newest.ms;
    if (newest.ms > seen->newest)
        seen->newest = newest.ms;
}

static struct seen look(struct stage *s)
{
    struct matchers all = {0};
    struct seen seen = {0};
    history_each(s->history, &all, 1, 0, INT64_MAX, see, &seen);
    return seen;
}

static void expect(struct stage *s, size_t live, size_t ended, int64_t ms)
{
    const struct seen seen = look(s);
    assert_int_equal(seen.live, live);
    assert_int_equal(seen.ended, ended);
    if (live + ended > 0)
        assert_int_equal(seen.oldest, ms);
    if (live + ended > 0)
        assert_int_equal(seen.newest, ms);
}

/* Goes on in the smallest slices while what is seen stays as it was; returns how many it took. */
static size_t slices(struct stage *s, struct history_publication *p, size_t live,
                     int64_t ms)
{
    size_t count = 1;
    while (!history_publication_go(p, 0)) {
        expect(s, live, 0, ms);
        assert_true(++count < 10000);
    }
    return count;
}

static void a_first_page_is_seen_whole(void **state)
{
    struct stage s = stage_set();
    struct history_publication p;
    history_publication_begin(&p, s.owner, T0, batch_of(&s, 0, 5000));
    assert_in_range(slices(&s, &p, 0, 0), 100, 1000);
    expect(&s, 5000, 0, T0);
    assert_null(p.owner);
    assert_true(history_publication_go(&p, 0)); /* again: nothing to do */
    history_publication_begin(&p, s.owner, T0 + 1000, batch_of(&s, 0, 5000));
    history_publication_go(&p, INT64_MAX);
    expect(&s, 5000, 0, T0 + 1000);
    stage_clear(&s);
}

static void what_is_no_longer_named_ends_with_it(void **state)
{
    struct stage s = stage_set();
    struct history_publication p;
    history_publish(s.owner, T0, batch_of(&s, 0, 600));
    history_publication_begin(&p, s.owner, T0 + 1000, batch_of(&s, 400, 1000));
    assert_in_range(slices(&s, &p, 600, T0), 20, 100);
    expect(&s, 600, 400, T0 + 1000);
    history_publication_begin(&p, s.owner, T0 + 2000, batch_of(&s, 0, 0));
    history_publication_go(&p, 0);
    assert_int_equal(look(&s).live, 0);
    assert_int_equal(look(&s).ended, 1000);
    history_publish(s.owner, T0 + 3000, batch_of(&s, 0, 1000));
    expect(&s, 1000, 0, T0 + 3000);
    stage_clear(&s);
}

/* Ended series are let go little by little, and those that return meanwhile stay. */
static void what_ends_and_returns_goes_on(void **state)
{
    struct stage s = stage_set();
    history_publish(s.owner, T0, batch_of(&s, 0, 500));
    for (int i = 1; i <= 40; i++) {
        const bool is_there = i % 2 == 0;
        history_publish(s.owner, T0 + i * 1000, batch_of(&s, 0, is_there ? 500 : 0));
        assert_int_equal(look(&s).live, is_there ? 500 : 0);
        assert_int_equal(history_stats(s.history).refused_samples, 0);
    }
    history_owner_end(s.owner, T0 + 60000);
    assert_int_equal(look(&s).live, 0);
    stage_clear(&s);
}

static void put_one(struct stage *s, int number, int64_t ms)
{
    const struct label own = {"number", arena_printf(s->arena, "%d", number)};
    history_put(s->owner, "put", (struct labels){&own, 1}, ms, number);
}

static void what_is_put_again_goes_on(void **state)
{
    struct stage s = stage_set();
    for (int i = 0; i < 100; i++)
        put_one(&s, i, T0);
    history_end_others(s.owner, T0 + 1000);
    assert_int_equal(look(&s).ended, 100);
    for (int i = 0; i < 100; i++)
        put_one(&s, i, T0 + 2000);
    assert_int_equal(look(&s).live, 100);
    for (int i = 0; i < 50; i++)
        put_one(&s, i, T0 + 3000);
    history_end_others(s.owner, T0 + 3000);
    assert_int_equal(look(&s).live, 50);
    assert_int_equal(look(&s).ended, 50);
    stage_clear(&s);
}

static void others_finish_it_first(void **state)
{
    struct stage s = stage_set();
    struct history_publication first, second;
    history_publication_begin(&first, s.owner, T0, batch_of(&s, 0, 100));
    assert_false(history_publication_go(&first, 0));
    history_publication_begin(&second, s.owner, T0 + 1000, batch_of(&s, 50, 150));
    assert_true(history_publication_go(&first, 0));
    expect(&s, 100, 0, T0);
    assert_false(history_publication_go(&second, 0));
    history_owner_end(s.owner, T0 + 2000);
    assert_true(history_publication_go(&second, 0));
    assert_int_equal(look(&s).live, 0);
    assert_int_equal(look(&s).ended, 150);
    s.owner = history_owner(s.history, (struct labels){0});
    history_publication_begin(&first, s.owner, T0, batch_of(&s, 0, 100));
    assert_false(history_publication_go(&first, 0));
    stage_clear(&s);
}

static void a_group_that_is_absent_stays(void **state)
{
    struct stage s = stage_set();
    struct batch *both = batch_of(&s, 0, 10);
    batch_put(&s, both, "slow", 10, 20);
    history_publish(s.owner, T0, both);
    history_publish(s.owner, T0 + 1000, batch_of(&s, 0, 5));
    assert_int_equal(look(&s).live, 15);
    /* From one group to another: the one that has it keeps it until it ends. */
    struct batch *moved = batch_of(&s, 0, 5);
    batch_put(&s, moved, "slow", 5, 20);
    history_publish(s.owner, T0 + 2000, moved);
    assert_int_equal(look(&s).live, 20);
    stage_clear(&s);
}

/* One number is one shape: its names are not looked at again. Another, or none, and they are. */
static void a_shape_is_compared_once(void **state)
{
    static const struct {
        uint64_t shape;
        int from;  /* what the batch names: ten from here on */
        int is_at; /* where the values are found afterwards */
    } steps[] = {
        {7, 0, 0},   /* the first */
        {7, 100, 0}, /* the same number: taken for the same names */
        {8, 100, 100}, {8, 0, 100}, {0, 0, 0}, {0, 100, 100}, {8, 0, 0}, {8, 100, 0},
    };
    struct stage s = stage_set();
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        const int64_t ms = T0 + (int64_t)i * 1000;
        struct batch *b = batch_of(&s, steps[i].from, steps[i].from + 10);
        struct matchers m = {0};
        struct seen seen = {0};
        struct err e = {0};
        b->first->shape = steps[i].shape;
        history_publish(s.owner, ms, b);
        assert_true(matchers_parse(
            s.arena, arena_printf(s.arena, "till=\"%d\"", steps[i].is_at + 3), &m, &e));
        history_each(s.history, &m, 1, ms, INT64_MAX, see, &seen);
        assert_int_equal(seen.live, 1);
        assert_int_equal(seen.newest, ms);
        assert_int_equal(look(&s).live, 10);
    }
    stage_clear(&s);
}

static void a_series_that_is_named_twice_has_the_first(void **state)
{
    struct stage s = stage_set();
    for (int i = 0; i < 3; i++) {
        struct batch *b = batch_of(&s, 0, 10);
        batch_put(&s, b, "", 3, 5);
        batch_put(&s, b, "", 10, 20);
        history_publish(s.owner, T0 + i * 1000, b);
        expect(&s, 20, 0, T0 + i * 1000);
        assert_int_equal(history_stats(s.history).refused_samples, 2 * (i + 1));
    }
    stage_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_page_is_seen_whole),
        cmocka_unit_test(what_is_no_longer_named_ends_with_it),
        cmocka_unit_test(what_ends_and_returns_goes_on),
        cmocka_unit_test(what_is_put_again_goes_on),
        cmocka_unit_test(others_finish_it_first),
        cmocka_unit_test(a_group_that_is_absent_stays),
        cmocka_unit_test(a_shape_is_compared_once),
        cmocka_unit_test(a_series_that_is_named_twice_has_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
