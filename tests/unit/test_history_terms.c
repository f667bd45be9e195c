/* SPDX-License-Identifier: Apache-2.0 */
/* Many series come and go: all are found while they are there, and nothing is left of them. Run by ./dev test unit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/query/hash_table.h"
#include "lib/query/history.h"

#define T0 INT64_C(1764200000000)

static struct hash_link *find(const struct hash_table *t, const struct hash_link *wanted)
{
    struct hash_link *link = hash_table_first(t, wanted->hash);
    while (link && link != wanted)
        link = link->next;
    return link;
}

/* Every hash three times, so that buckets are shared whatever their number is. */
static void a_table_finds_what_is_in_it(void **state)
{
    enum { COUNT = 3000 };
    static struct hash_link links[COUNT];
    struct hash_table t;
    hash_table_init(&t);
    for (uint32_t i = 0; i < COUNT; i++) {
        hash_table_add(&t, &links[i], i / 3 * 2654435761u);
        assert_ptr_equal(find(&t, &links[i / 2]), &links[i / 2]);
    }
    for (uint32_t i = 0; i < COUNT; i += 2)
        hash_table_remove(&t, &links[i]);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_true((find(&t, &links[i]) != NULL) == (i % 2 == 1));
    assert_int_equal(t.count, COUNT / 2);
    hash_table_finish(&t);
}

static void put(struct history_owner *o, int number, int64_t ms)
{
    char value[16];
    snprintf(value, sizeof(value), "%d", number);
    const struct label own[] = {{"all", "same"}, {"number", value}};
    history_put(o, number % 2 ? "odd" : "even", (struct labels){own, 2}, ms, number);
}

static void count_one(void *ctx, struct labels labels, struct point newest)
{
    ++*(size_t *)ctx;
}

static size_t count_of(struct history *h, const char *text)
{
    struct arena *arena = arena_create(0);
    struct matchers m = {0};
    struct err e = {0};
    size_t count = 0;
    assert_true(matchers_parse(arena, text, &m, &e));
    history_each(h, &m, 1, 0, INT64_MAX, count_one, &count);
    arena_destroy(arena);
    return count;
}

static void series_leave_nothing(void **state)
{
    enum { COUNT = 500 };
    static const struct label label = {"job", "shop"};
    const struct history_limits limits = {.keep = NSEC_PER_MINUTE};
    struct history *h = history_create(&limits);
    struct history_owner *stays = history_owner(h, (struct labels){&label, 1});
    put(stays, COUNT, T0);
    const size_t before = history_stats(h).bytes;
    for (int round = 0; round < 3; round++) {
        const int64_t ms = T0 + (round + 1) * INT64_C(1000000);
        struct history_owner *goes = history_owner(h, (struct labels){&label, 1});
        for (int i = 0; i < COUNT; i++)
            put(goes, i, ms);
        assert_int_equal(count_of(h, "all=same"), COUNT + 1);
        assert_int_equal(count_of(h, "job=shop,__name__=odd"), COUNT / 2);
        assert_int_equal(count_of(h, "number=\"7\""), 1);
        assert_int_equal(count_of(h, "number=\"none\""), 0);
        history_owner_end(goes, ms + 1000);
        history_set_limits(h, &limits);
        history_tidy(h, INT64_MAX);
        assert_int_equal(count_of(h, "all=same"), COUNT + 1); /* for a minute */
        put(stays, COUNT, ms + 120000);
        history_set_limits(h, &limits);
        history_tidy(h, INT64_MAX);
        assert_int_equal(count_of(h, "all=same"), 1);
        assert_int_equal(history_stats(h).series, 1);
    }
    /* Room for lists of those that were there, four of them. */
    assert_in_range(history_stats(h).bytes, before, before + 4 * 512 * sizeof(void *));
    history_destroy(h);
}

static void what_is_refused_leaves_nothing(void **state)
{
    struct history *h = history_create(&(struct history_limits){.max_series = 2});
    struct history_owner *o = history_owner(h, (struct labels){0});
    put(o, 1, T0);
    put(o, 2, T0);
    const size_t before = history_stats(h).bytes;
    for (int i = 3; i < 100; i++)
        put(o, i, T0);
    assert_int_equal(history_stats(h).refused_series, 97);
    assert_int_equal(history_stats(h).bytes, before);
    put(o, 1, T0 + 1);
    assert_int_equal(count_of(h, "all=same"), 2);
    history_destroy(h);
}

/* A rule's selector goes on seeing series of a metric that was gone meanwhile. */
static void a_selection_outlives_its_series(void **state)
{
    const struct history_limits limits = {.keep = NSEC_PER_MINUTE};
    struct history *h = history_create(&limits);
    struct arena *arena = arena_create(0);
    struct selector odd = {0};
    struct err e = {0};
    const struct selector *const selectors[] = {&odd};
    assert_true(matchers_parse(arena, "__name__=odd", &odd.matchers, &e));
    history_protect(h, selectors, 1);
    for (int round = 0; round < 3; round++) {
        const int64_t ms = T0 + round * INT64_C(1000000);
        struct history_owner *o = history_owner(h, (struct labels){0});
        put(o, 1, ms);
        const struct promql_opts now = {.start = ms, .end = ms};
        struct history_view *v = history_view_for(h, selectors, 1, &now);
        const struct promql_source source = history_view_source(v);
        struct promql_set set;
        assert_true(source.select(source.ctx, &odd, ms - 1000, ms, arena, &set, &e));
        assert_int_equal(set.count, 1);
        history_view_release(v);
        history_owner_end(o, ms + 1);
        o = history_owner(h, (struct labels){0});
        put(o, 2, ms + 500000);
        history_set_limits(h, &limits);
        history_tidy(h, INT64_MAX);
        assert_int_equal(count_of(h, "__name__=odd"), 0);
        history_owner_end(o, ms + 500001);
    }
    arena_destroy(arena);
    history_destroy(h);
}

/* Two views read the labels of a series that goes meanwhile; after the second nothing of it is left. */
static void a_view_keeps_the_labels_of_what_goes(void **state)
{
    struct history *h = history_create(&(struct history_limits){0});
    struct arena *arena = arena_create(0);
    struct selector odd = {.reach = NSEC_PER_HOUR};
    struct err e = {0};
    const struct selector *const selectors[] = {&odd};
    size_t left[3];
    assert_true(matchers_parse(arena, "__name__=odd", &odd.matchers, &e));
    for (size_t round = 0; round < 3; round++) {
        struct history_view *views[2];
        struct promql_set set;
        struct history_owner *o = history_owner(h, (struct labels){0});
        history_set_limits(h, &(struct history_limits){0});
        history_tidy(h, INT64_MAX);
        put(o, 1, T0 + (int64_t)round * 1000);
        for (size_t i = 0; i < round; i++)
            views[i] = history_view(h, selectors, 1);
        history_owner_end(o, T0 + (int64_t)round * 1000 + 1);
        history_set_limits(h, &(struct history_limits){.budget_bytes = 1});
        history_tidy(h, INT64_MAX);
        assert_int_equal(count_of(h, "__name__=odd"), 0);
        for (size_t i = 0; i < round; i++) {
            const struct promql_source source = history_view_source(views[i]);
            assert_true(source.select(source.ctx, &odd, T0, INT64_MAX, arena, &set, &e));
            assert_int_equal(set.count, 1);
            assert_string_equal(labels_get(set.items[0].labels, "__name__"), "odd");
            history_view_release(views[i]);
        }
        left[round] = history_stats(h).bytes;
    }
    assert_int_equal(left[1], left[0]);
    assert_int_equal(left[2], left[0]);
    arena_destroy(arena);
    history_destroy(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_finds_what_is_in_it),
        cmocka_unit_test(series_leave_nothing),
        cmocka_unit_test(what_is_refused_leaves_nothing),
        cmocka_unit_test(a_selection_outlives_its_series),
        cmocka_unit_test(a_view_keeps_the_labels_of_what_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
