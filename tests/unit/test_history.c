/* SPDX-License-Identifier: Apache-2.0 */
/* Batches go in, points come out: ends, owners, views, time and budget. Run by ./dev test unit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/query/history.h"

#define T0 INT64_C(1764200000000)

static const struct metric up = {.name = "up_x", .kind = METRIC_GAUGE};
static const struct metric part = {
    .name = "part", .kind = METRIC_GAUGE, .labels = {"disk", "task_id"}};

struct stage {
    struct arena *arena;
    struct history *history;
    struct history_owner *owner;
};

static struct stage stage_set(struct history_limits limits)
{
    static const struct label labels[] = {
        {"instance", "a:1"}, {"job", "node"}, {"task_id", "7"}};
    struct stage s = {arena_create(0), history_create(&limits), NULL};
    s.owner = history_owner(s.history, (struct labels){labels, 3});
    return s;
}

static void stage_clear(struct stage *s)
{
    history_destroy(s->history);
    arena_destroy(s->arena);
}

/* A batch of one group: up_x, and part{disk} for each letter of disks. */
static void publish(struct stage *s, int64_t ms, double value, const char *disks)
{
    struct arena *arena = arena_create(0);
    struct batch *b = batch_create(arena);
    struct batch_group *g = batch_group(b, "");
    batch_add(b, g, &up, NULL, (struct labels){0}, value);
    for (const char *d = disks; *d; d++) {
        const char *values[] = {(char[]){*d, 0}, "42"};
        batch_add(b, g, &part, values, (struct labels){0}, value * 10);
    }
    history_publish(s->owner, ms, b);
    arena_destroy(arena);
}

static struct selector select_text(struct stage *s, const char *text, nsec reach)
{
    struct err e = {0};
    struct selector selector = {.range = reach, .reach = reach};
    if (!matchers_parse(s->arena, text, &selector.matchers, &e))
        fail_msg("%s: %s", text, e.text);
    return selector;
}

/* What a selector gives in from..to as "labels@ms=value …" lines, sorted as they come. */
static const char *read_all(struct stage *s, const char *text, int64_t from, int64_t to)
{
    struct buf out = BUF_MAX(1 << 20);
    struct err e = {0};
    struct promql_set set;
    const struct selector selector = select_text(s, text, NSEC_PER_DAY);
    const struct selector *list[] = {&selector};
    struct history_view *v = history_view(s->history, list, 1);
    struct promql_source source = history_view_source(v);
    assert_true(source.select(source.ctx, &selector, from, to, s->arena, &set, &e));
    for (size_t i = 0; i < set.count; i++) {
        labels_print(set.items[i].labels, &out);
        for (size_t k = 0; k < set.items[i].count; k++) {
            const struct point p = set.items[i].points[k];
            buf_printf(&out, " %d=%s", (int)(p.ms - T0),
                       is_stale(p.value) ? "stale"
                                         : arena_printf(s->arena, "%g", p.value));
        }
        buf_add_text(&out, "\n");
    }
    history_view_release(v);
    return arena_keep(s->arena, &out);
}

static void batches_are_read_back(void **state)
{
    struct stage s = stage_set((struct history_limits){0});
    publish(&s, T0, 1, "ab");
    publish(&s, T0 + 1000, 2, "ab");
    assert_string_equal(read_all(&s, "__name__=up_x", T0, T0 + 5000),
                        "__name__=\"up_x\",instance=\"a:1\",job=\"node\" 0=1 1000=2\n");
    assert_string_equal(
        read_all(&s, "disk=~\"a|c\"", T0 + 500, T0 + 5000),
        "__name__=\"part\",disk=\"a\",instance=\"a:1\",job=\"node\" 1000=20\n");
    assert_string_equal(read_all(&s, "disk=a", T0 + 2000, T0 + 5000), "");
    assert_string_equal(read_all(&s, "__name__=\"nothing\"", T0, T0 + 5000), "");
    stage_clear(&s);
}

static void what_is_not_named_ends(void **state)
{
    struct stage s = stage_set((struct history_limits){0});
    publish(&s, T0, 1, "ab");
    publish(&s, T0 + 1000, 2, "b");
    publish(&s, T0 + 2000, 3, "ba");
    publish(&s, T0 + 2000, 9, "ba"); /* no later: refused */
    assert_string_equal(read_all(&s, "disk=a", T0, T0 + 5000),
                        "__name__=\"part\",disk=\"a\",instance=\"a:1\",job=\"node\" 0=10 "
                        "1000=stale 2000=30\n");
    assert_string_equal(read_all(&s, "disk=b", T0, T0 + 5000),
                        "__name__=\"part\",disk=\"b\",instance=\"a:1\",job=\"node\" 0=10 "
                        "1000=20 2000=30\n");
    assert_int_equal(history_stats(s.history).refused_samples, 3);
    history_owner_end(s.owner, T0 + 3000);
    assert_string_equal(read_all(&s, "__name__=up_x", T0 + 2500, T0 + 5000),
                        "__name__=\"up_x\",instance=\"a:1\",job=\"node\" 3000=stale\n");
    stage_clear(&s);
}

static void single_series_end_with_their_round(void **state)
{
    static const struct label one[] = {{"rule", "1"}}, two[] = {{"rule", "2"}};
    struct stage s = stage_set((struct history_limits){0});
    history_put(s.owner, "r", (struct labels){one, 1}, T0, 1);
    history_put(s.owner, "r", (struct labels){two, 1}, T0, 2);
    history_put(s.owner, "r", (struct labels){two, 1}, T0 + 1000, 3);
    history_end_others(s.owner, T0 + 1000);
    assert_string_equal(read_all(&s, "rule=~\".+\"", T0, T0 + 9000),
                        "__name__=\"r\",instance=\"a:1\",job=\"node\",rule=\"1\" 0=1 "
                        "1000=stale\n"
                        "__name__=\"r\",instance=\"a:1\",job=\"node\",rule=\"2\" 0=2 "
                        "1000=3\n");
    stage_clear(&s);
}

static void two_owners_do_not_share(void **state)
{
    struct stage s = stage_set((struct history_limits){0});
    struct history_owner *other = history_owner(s.history, history_owner_labels(s.owner));
    history_put(s.owner, "x", (struct labels){0}, T0, 1);
    history_put(other, "x", (struct labels){0}, T0 + 1, 5);
    assert_int_equal(history_stats(s.history).refused_samples, 1);
    history_owner_end(s.owner, T0 + 2);
    history_put(other, "x", (struct labels){0}, T0 + 3, 6);
    assert_string_equal(read_all(&s, "__name__=x", T0, T0 + 9),
                        "__name__=\"x\",instance=\"a:1\",job=\"node\" 0=1 2=stale 3=6\n");
    stage_clear(&s);
}

static void a_view_keeps_what_it_saw(void **state)
{
    struct stage s = stage_set((struct history_limits){.keep = 600 * NSEC_PER_SEC});
    struct err e = {0};
    struct promql_set set;
    const struct selector selector = select_text(&s, "__name__=up_x", NSEC_PER_DAY);
    const struct selector *list[] = {&selector};
    for (int i = 0; i < 130; i++)
        publish(&s, T0 + i * 1000, i, "");
    struct history_view *v = history_view(s.history, list, 1);
    for (int i = 130; i < 5000; i++)
        publish(&s, T0 + i * 1000, i, "");
    history_owner_end(s.owner, T0 + 5000 * 1000);
    struct promql_source source = history_view_source(v);
    assert_true(source.select(source.ctx, &selector, T0, INT64_MAX, s.arena, &set, &e));
    assert_int_equal(set.count, 1);
    assert_int_equal(set.items[0].count, 130);
    for (int i = 0; i < 130; i++)
        assert_true(set.items[0].points[i].value == i);
    history_view_release(v);
    stage_clear(&s);
}

static void the_newest_needs_no_decoding(void **state)
{
    struct stage s = stage_set((struct history_limits){0});
    struct err e = {0};
    struct promql_set set;
    struct selector selector = select_text(&s, "__name__=up_x", PROMQL_LOOKBACK);
    selector.is_last_only = true;
    const struct selector *list[] = {&selector};
    for (int i = 0; i < 20; i++)
        publish(&s, T0 + i * 1000, i, "");
    struct history_view *v = history_view(s.history, list, 1);
    struct promql_source source = history_view_source(v);
    assert_true(source.select(source.ctx, &selector, T0, T0 + 60000, s.arena, &set, &e));
    assert_int_equal(set.items[0].count, 1);
    assert_true(set.items[0].points[0].value == 19);
    assert_true(source.select(source.ctx, &selector, T0, T0 + 5500, s.arena, &set, &e));
    assert_true(set.items[0].points[set.items[0].count - 1].value == 5);
    history_view_release(v);
    stage_clear(&s);
}

/* A look-back of its own may lie before any that a selector has by itself. */
static void an_evaluation_may_look_further_back(void **state)
{
    static const struct {
        int seconds_later;
        nsec lookback;
        size_t count;
    } cases[] = {
        {299, 0, 1},
        {301, 0, 0},
        {1799, 30 * NSEC_PER_MINUTE, 1},
        {1801, 30 * NSEC_PER_MINUTE, 0},
        {59, NSEC_PER_MINUTE, 1},
        {61, NSEC_PER_MINUTE, 0},
    };
    struct stage s = stage_set((struct history_limits){0});
    struct promql_fault fault;
    const struct promql *q = promql_parse(s.arena, "up_x + up_x", &fault);
    size_t selectors;
    const struct selector *const *list = promql_selectors(q, &selectors);
    publish(&s, T0, 1, "a");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const int64_t ms = T0 + cases[i].seconds_later * 1000;
        const struct promql_opts opts = {
            .start = ms, .end = ms, .lookback = cases[i].lookback};
        struct history_view *v = history_view_for(s.history, list, selectors, &opts);
        const struct promql_source source = history_view_source(v);
        struct promql_result result;
        struct err e = {0};
        assert_true(promql_eval(q, &source, &opts, s.arena, &result, &e));
        assert_int_equal(result.count, cases[i].count);
        history_view_release(v);
    }
    stage_clear(&s);
}

/* Each time of a grid has a newest sample of its own, also when the grid ends after the last. */
static void a_grid_reads_more_than_the_newest(void **state)
{
    struct stage s = stage_set((struct history_limits){0});
    struct promql_fault fault;
    const struct promql *q = promql_parse(s.arena, "up_x", &fault);
    size_t selectors;
    const struct selector *const *list = promql_selectors(q, &selectors);
    for (int i = 0; i <= 10; i++)
        publish(&s, T0 + i * 1000, i, "a");
    const struct promql_opts opts = {
        .start = T0, .end = T0 + 12000, .step = 3000, .is_grid = true};
    struct history_view *v = history_view_for(s.history, list, selectors, &opts);
    const struct promql_source source = history_view_source(v);
    struct promql_result result;
    struct err e = {0};
    assert_true(promql_eval(q, &source, &opts, s.arena, &result, &e));
    assert_int_equal(result.count, 1);
    assert_int_equal(result.items[0].count, 5);
    for (int i = 0; i < 5; i++)
        assert_float_equal(result.items[0].points[i].value, i < 4 ? i * 3 : 10, 0);
    history_view_release(v);
    stage_clear(&s);
}

static void time_and_budget_are_kept(void **state)
{
    struct stage s = stage_set((struct history_limits){.keep = 600 * NSEC_PER_SEC});
    for (int i = 0; i < 5000; i++)
        publish(&s, T0 + i * 1000, i, "a");
    struct history_stats stats = history_stats(s.history);
    assert_true(stats.oldest_ms >= T0 + (5000 - 600 - 2 * 240) * 1000);
    assert_true(stats.dropped_chunks == 0);
    const struct selector rule = select_text(&s, "__name__=up_x", NSEC_PER_HOUR);
    const struct selector *list[] = {&rule};
    history_protect(s.history, list, 1);
    const struct history_limits small = {.budget_bytes = 1, .keep = NSEC_PER_HOUR};
    for (int i = 5000; i < 5200; i++)
        publish(&s, T0 + i * 1000, i, "a");
    assert_string_not_equal(read_all(&s, "__name__=up_x", T0 + 4800000, T0 + 4900000),
                            "");
    history_set_limits(s.history, &small);
    history_tidy(s.history, INT64_MAX);
    stats = history_stats(s.history);
    assert_int_equal(stats.chunks, 0);
    assert_true(stats.dropped_chunks > 0);
    assert_int_equal(stats.series, 2); /* they go on */
    stage_clear(&s);
}

/* The series of a probe that is gone expire all at once: each chunk that comes has a few of theirs dropped, and tidying
 * drops the rest in slices. */
static void what_expires_at_once_goes_bit_by_bit(void **state)
{
    enum { SERIES = 2000, MOST = 32 };
    struct stage s = stage_set((struct history_limits){.keep = NSEC_PER_MINUTE});
    struct history_owner *gone = history_owner(s.history, (struct labels){0});
    size_t before, slices = 0;
    for (int i = 0; i < SERIES; i++) {
        const struct label own = {"n", arena_printf(s.arena, "%d", i)};
        history_put(gone, "short", (struct labels){&own, 1}, T0, i);
    }
    history_owner_end(gone, T0 + 1);
    before = history_stats(s.history).chunks;
    assert_int_equal(before, SERIES);
    for (int i = 0; i < 100; i++) {
        publish(&s, T0 + 600000 + i * 1000, i, "");
        const size_t left = history_stats(s.history).chunks;
        assert_true(left + MOST >= before);
        before = left;
    }
    assert_true(before < SERIES);
    while (!history_tidy(s.history, 0))
        slices++;
    assert_in_range(slices, before / MOST - 2, before / MOST + 1);
    assert_true(history_stats(s.history).chunks < 5);
    assert_int_equal(history_stats(s.history).series, 1);
    stage_clear(&s);
}

/* What rules read is told anew in slices, while chunks and series come and go. It comes to what it is at once. */
static void new_rules_are_told_in_slices(void **state)
{
    enum { SERIES = 1000, A_SLICE = 64 };
    struct stage s = stage_set((struct history_limits){0});
    struct history_owner *many = history_owner(s.history, (struct labels){0});
    size_t slices = 1;
    for (int i = 0; i < SERIES; i++) {
        const struct label own = {"n", arena_printf(s.arena, "%d", i)};
        history_put(many, i % 2 ? "read" : "unread", (struct labels){&own, 1}, T0 + i, i);
    }
    history_owner_end(many, T0 + SERIES); /* which makes a chunk of each */
    const int64_t oldest = history_stats(s.history).oldest_ms;
    const struct selector rule = select_text(&s, "__name__=read", NSEC_PER_HOUR);
    const struct selector *list[] = {&rule};
    history_protect_begin(s.history, list, 1);
    while (!history_protect_go(s.history, 0)) {
        slices++;
        publish(&s, T0 + 10000 + (int64_t)slices, 1, "a");
        assert_int_equal(history_stats(s.history).oldest_ms, oldest);
        assert_true(history_tidy(s.history, 0)); /* nothing goes out of order */
    }
    assert_in_range(slices, 2 * SERIES / A_SLICE, 2 * SERIES / A_SLICE + 2);
    history_set_limits(s.history, &(struct history_limits){.budget_bytes = 1});
    while (history_stats(s.history).chunks > SERIES / 2)
        history_tidy(s.history, 0);
    assert_string_equal(read_all(&s, "__name__=unread", T0, T0 + SERIES), "");
    assert_string_not_equal(read_all(&s, "__name__=read", T0, T0 + SERIES), "");
    stage_clear(&s);
}

static void unread_series_go_first(void **state)
{
    struct stage s = stage_set((struct history_limits){0});
    for (int i = 0; i < 1000; i++)
        publish(&s, T0 + i * 1000, i * 1.1, "a");
    const struct selector rule = select_text(&s, "__name__=up_x", NSEC_PER_HOUR);
    const struct selector *list[] = {&rule};
    history_protect(s.history, list, 1);
    const struct history_limits tight = {.budget_bytes =
                                             history_stats(s.history).bytes - 2000};
    history_set_limits(s.history, &tight);
    history_tidy(s.history, INT64_MAX);
    const char *read = read_all(&s, "__name__=up_x", T0, T0 + 1000);
    assert_non_null(strstr(read, " 0=0 "));
    assert_null(strstr(read_all(&s, "disk=a", T0, T0 + 1000), " 0=0 "));
    stage_clear(&s);
}

/* What differs in anything is read by itself. */
static void selectors_that_are_alike_are_read_once(void **state)
{
    struct stage s = stage_set((struct history_limits){0});
    struct err e = {0};
    const struct selector one = select_text(&s, "disk=a", NSEC_PER_MINUTE);
    const struct selector same = select_text(&s, "disk=a", NSEC_PER_MINUTE);
    const struct selector longer = select_text(&s, "disk=a", NSEC_PER_HOUR);
    const struct selector other = select_text(&s, "disk!=b", NSEC_PER_MINUTE);
    const struct selector *list[] = {&one, &same, &longer, &other};
    struct promql_set sets[ARRAY_LEN(list)], later;
    for (int i = 0; i < 10; i++)
        publish(&s, T0 + i * 1000, i, "a");
    struct history_view *v = history_view(s.history, list, ARRAY_LEN(list));
    const struct promql_source source = history_view_source(v);
    for (size_t i = 0; i < ARRAY_LEN(list); i++) {
        assert_true(
            source.select(source.ctx, list[i], T0, T0 + 5000, s.arena, &sets[i], &e));
        assert_int_equal(sets[i].count, 1 + (i == 3));
        assert_int_equal(sets[i].items[0].count, 6);
    }
    assert_ptr_equal(sets[1].items, sets[0].items);
    assert_ptr_not_equal(sets[2].items, sets[0].items);
    assert_true(source.select(source.ctx, &same, T0, T0 + 3000, s.arena, &later, &e));
    assert_int_equal(later.items[0].count, 4);
    assert_int_equal(sets[0].items[0].count, 6);
    history_view_release(v);
    stage_clear(&s);
}

static void too_many_series_are_refused(void **state)
{
    struct stage s = stage_set((struct history_limits){.max_series = 3});
    publish(&s, T0, 1, "abcd");
    publish(&s, T0 + 1000, 1, "abcd");
    const struct history_stats stats = history_stats(s.history);
    assert_int_equal(stats.series, 3);
    assert_true(stats.refused_series >= 2);
    stage_clear(&s);
}

struct asked { /* of history_owners */
    const struct selector *last_by;
    int given, most;
};

static bool note_owner(void *ctx, struct history_owner *o, const struct selector *by)
{
    struct asked *a = ctx;
    a->last_by = by;
    return ++a->given < a->most;
}

static void count_each(void *ctx, struct labels labels, struct point newest)
{
    ++*(int *)ctx;
}

static void who_is_covered(void **state)
{
    struct stage s = stage_set((struct history_limits){0});
    publish(&s, T0, 1, "ab");
    const struct selector rule = select_text(&s, "disk=~\".+\"", NSEC_PER_HOUR);
    const struct selector *list[] = {&rule};
    struct asked asked = {.most = 10};
    int series = 0;
    history_owners(s.history, list, 1, note_owner, &asked);
    assert_int_equal(asked.given, 1);
    history_each(s.history, &rule.matchers, 1, T0, T0, count_each, &series);
    assert_int_equal(series, 2);
    history_each(s.history, &rule.matchers, 1, T0 + 1, T0 + 2, count_each, &series);
    assert_int_equal(series, 2);
    stage_clear(&s);
}

/* Each of thousands once, by the first selector that meets it, and no more of them than are wanted. */
static void owners_are_given_once(void **state)
{
    enum { OWNERS = 5000 };
    struct stage s = stage_set((struct history_limits){0});
    for (int i = 0; i < OWNERS; i++) {
        const struct label own[] = {{"probe", arena_printf(s.arena, "p%d", i)}};
        struct history_owner *o = history_owner(s.history, (struct labels){own, 1});
        history_put(o, "first", (struct labels){0}, T0, 1);
        if (i < OWNERS - 1)
            history_put(o, "second", (struct labels){0}, T0, 1);
    }
    const struct selector first = select_text(&s, "__name__=first", 0);
    const struct selector second = select_text(&s, "__name__=second", 0);
    const struct selector *list[] = {&second, &second, &first};
    struct asked all = {.most = OWNERS + 1}, some = {.most = 3};
    history_owners(s.history, list, 3, note_owner, &all);
    assert_int_equal(all.given, OWNERS);
    assert_ptr_equal(all.last_by, &first);
    history_owners(s.history, list, 3, note_owner, &some);
    assert_int_equal(some.given, 3);
    assert_ptr_equal(some.last_by, &second);
    stage_clear(&s);
}

static void note_disk(void *ctx, struct labels labels)
{
    const char *disk = labels_get(labels, "disk");
    if (disk)
        ((int *)ctx)[(unsigned char)*disk]++;
}

/* In slices of one look at a time, while some series end and others begin. */
static void a_walk_sees_what_stays_once(void **state)
{
    struct stage s = stage_set((struct history_limits){.keep = NSEC_PER_SEC});
    struct history_owner *other = history_owner(s.history, (struct labels){0});
    struct history_walk walk = {.to = INT64_MAX};
    int seen[128] = {0}, slices = 0;
    for (int i = 0; i < 300; i++) {
        const char letter[] = {(char)('A' + i % 50), 0};
        const struct label own[] = {{"n", letter}};
        history_put(other, "short", (struct labels){own, 1}, T0 + i, i);
    }
    publish(&s, T0, 1, "abcdefghijklmnopqrstuvwxyz");
    history_walk_begin(s.history, &walk);
    while (!history_walk(s.history, &walk, 0, note_disk, seen)) {
        if (++slices == 2)
            history_owner_end(other, T0 + 1000);
        publish(&s, T0 + slices * 5000, 1, "abcdefghijklmnopqrstuvwxyz");
    }
    assert_true(slices >= 2);
    for (char letter = 'a'; letter <= 'z'; letter++)
        assert_int_equal(seen[(int)letter], 1);
    walk = (struct history_walk){.from = T0 + 1000000, .to = INT64_MAX};
    history_walk_begin(s.history, &walk);
    assert_true(history_walk(s.history, &walk, NSEC_PER_SEC, note_disk, seen));
    assert_int_equal(seen['a'], 1);
    stage_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_are_read_back),
        cmocka_unit_test(what_is_not_named_ends),
        cmocka_unit_test(single_series_end_with_their_round),
        cmocka_unit_test(two_owners_do_not_share),
        cmocka_unit_test(a_view_keeps_what_it_saw),
        cmocka_unit_test(the_newest_needs_no_decoding),
        cmocka_unit_test(selectors_that_are_alike_are_read_once),
        cmocka_unit_test(an_evaluation_may_look_further_back),
        cmocka_unit_test(a_grid_reads_more_than_the_newest),
        cmocka_unit_test(time_and_budget_are_kept),
        cmocka_unit_test(what_expires_at_once_goes_bit_by_bit),
        cmocka_unit_test(unread_series_go_first),
        cmocka_unit_test(new_rules_are_told_in_slices),
        cmocka_unit_test(too_many_series_are_refused),
        cmocka_unit_test(who_is_covered),
        cmocka_unit_test(owners_are_given_once),
        cmocka_unit_test(a_walk_sees_what_stays_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
