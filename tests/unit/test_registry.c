/* SPDX-License-Identifier: Apache-2.0 */
/* What batches do to series, and what the page shows of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/core/batch.h"
#include "lib/core/registry.h"

static const struct metric up = {.name = "up", .kind = METRIC_GAUGE, .help = "Is it"};
static const struct metric size = {.name = "size_bytes",
                                   .kind = METRIC_GAUGE,
                                   .unit = "bytes",
                                   .help = "Size",
                                   .labels = {"disk"}};
static const struct metric hits = {
    .name = "hits_total", .kind = METRIC_COUNTER, .help = "Hits"};
static const struct metric took = {.name = "took_seconds",
                                   .kind = METRIC_HISTOGRAM,
                                   .unit = "seconds",
                                   .help = "Took",
                                   .labels = {"phase"},
                                   .buckets = (const double[]){0.5, 1, INFINITY}};

struct world {
    struct registry *registry;
    struct arena *arena;
    struct batch *batch;
    const struct batch *published; /* the last */
};

static int setup(void **state)
{
    static struct world w;
    w = (struct world){.registry = registry_create(), .arena = arena_create(0)};
    w.batch = batch_create(w.arena);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    registry_destroy(w->registry);
    arena_destroy(w->arena);
    return 0;
}

/* Adds to the batch under way; value's label is that of `size`. */
static void sample(struct world *w, const char *group, const struct metric *metric,
                   const char *value, double number)
{
    const char *const values[] = {value};
    batch_add(w->batch, batch_group(w->batch, group), metric, value ? values : NULL,
              (struct labels){0}, number);
}

static void publish(struct world *w, struct source *s)
{
    registry_publish(w->registry, s, w->batch);
    w->published = w->batch;
    w->batch = batch_create(w->arena);
}

/* The page's series, without the # lines. */
static const char *shown(struct world *w, const struct source *only)
{
    struct page *p = page_start(w->registry, PAGE_TEXT, only);
    struct buf lines = BUF_MAX(1 << 20);
    while (!page_continue(p, NSEC_PER_SEC))
        continue;
    struct bytes text = buf_bytes(page_buf(p)), line;
    while (bytes_line(&text, &line)) {
        if (bytes_starts(line, "#"))
            continue;
        buf_add_bytes(&lines, line);
        buf_add_byte(&lines, '\n');
    }
    const char *copy = arena_keep(w->arena, &lines);
    page_destroy(p);
    return copy;
}

static struct source *plain_source(struct world *w)
{
    return registry_source(w->registry, "p", false, (struct labels){0});
}

static void a_batch_replaces_the_one_before(void **state)
{
    struct world *w = *state;
    struct source *s = plain_source(w);

    sample(w, "", &up, NULL, 1);
    sample(w, "", &size, "a", 1.5);
    sample(w, "", &size, "b", 2);
    publish(w, s);
    assert_string_equal(shown(w, NULL),
                        "size_bytes{disk=\"a\"} 1.5\nsize_bytes{disk=\"b\"} 2\nup 1\n");

    /* The same shape, other values; one text grows, one shrinks, one stays. */
    sample(w, "", &up, NULL, 0);
    sample(w, "", &size, "a", 1e9);
    sample(w, "", &size, "b", 0.25);
    publish(w, s);
    assert_string_equal(
        shown(w, NULL),
        "size_bytes{disk=\"a\"} 1e+09\nsize_bytes{disk=\"b\"} 0.25\nup 0\n");

    /* One is gone, one is new, the order is another. */
    sample(w, "", &size, "c", 3);
    sample(w, "", &size, "b", 2);
    sample(w, "", &up, NULL, 1);
    publish(w, s);
    assert_string_equal(shown(w, NULL),
                        "size_bytes{disk=\"b\"} 2\nsize_bytes{disk=\"c\"} 3\nup 1\n");
    assert_int_equal(registry_series_count(w->registry), 3);
    assert_int_equal(registry_family_count(w->registry), 2);

    /* Fewer at the end. */
    sample(w, "", &size, "c", 3);
    publish(w, s);
    assert_string_equal(shown(w, NULL), "size_bytes{disk=\"c\"} 3\n");
    assert_int_equal(registry_family_count(w->registry), 1);
}

static void groups_end_on_their_own(void **state)
{
    struct world *w = *state;
    struct source *s = plain_source(w);

    sample(w, "", &up, NULL, 1);
    sample(w, "disks", &size, "a", 1);
    publish(w, s);
    sample(w, "", &up, NULL, 0);
    publish(w, s);
    assert_string_equal(shown(w, NULL),
                        "size_bytes{disk=\"a\"} 1\nup 0\n"); /* disks was not asked */
    batch_group(w->batch, "disks")->failed = true;
    sample(w, "", &up, NULL, 1);
    publish(w, s);
    assert_string_equal(shown(w, NULL), "up 1\n"); /* asked, and failed */
    sample(w, "disks", &size, "a", 7);
    publish(w, s);
    assert_string_equal(shown(w, NULL), "size_bytes{disk=\"a\"} 7\nup 1\n");
    registry_source_end(w->registry, s);
    assert_string_equal(shown(w, NULL), "");
    assert_int_equal(registry_family_count(w->registry), 0);
}

static void labels_come_from_three_places(void **state)
{
    struct world *w = *state;
    const struct label own[] = {
        {"disk", "user's"}, {"probe", "user's"}, {"task_id", "7"}, {"zone", "eu"}};
    struct source *s = registry_source(w->registry, "db", true, (struct labels){own, 4});
    const struct label extra[] = {{"disk", "extra"}, {"item", "i"}, {"zone", ""}};

    sample(w, "", &up, NULL, 1);
    sample(w, "", &size, "a\"b", 2);
    batch_add(w->batch, batch_group(w->batch, ""), &size, NULL, (struct labels){extra, 3},
              3);
    publish(w, s);
    assert_string_equal(shown(w, NULL),
                        "size_bytes{disk=\"a\\\"b\",probe=\"db\",zone=\"eu\"} 2\n"
                        "size_bytes{disk=\"extra\",item=\"i\",probe=\"db\"} 3\n"
                        "up{disk=\"user's\",probe=\"db\",zone=\"eu\"} 1\n");
    assert_string_equal(shown(w, s), "size_bytes{disk=\"a\\\"b\",zone=\"eu\"} 2\n"
                                     "size_bytes{disk=\"extra\",item=\"i\"} 3\n"
                                     "up{disk=\"user's\",zone=\"eu\"} 1\n");
}

static void the_probe_label_is_cut_wherever_it_stands(void **state)
{
    static const struct {
        const char *name, *whole, *only;
    } cases[] = {
        {NULL, "up{probe=\"p\"} 1\n", "up 1\n"},
        {"a", "up{a=\"x\",probe=\"p\"} 1\n", "up{a=\"x\"} 1\n"},
        {"z", "up{probe=\"p\",z=\"x\"} 1\n", "up{z=\"x\"} 1\n"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct label label = {cases[i].name, "x"};
        struct source *s = registry_source(
            w->registry, "p", true, (struct labels){&label, cases[i].name ? 1 : 0});
        sample(w, "", &up, NULL, 1);
        publish(w, s);
        assert_string_equal(shown(w, NULL), cases[i].whole);
        assert_string_equal(shown(w, s), cases[i].only);
        registry_source_end(w->registry, s);
    }
}

/* A row's samples, for families with more labels and fewer; what the first had besides reads like the values of the other. */
static void samples_that_share_their_values_are_told_apart(void **state)
{
    static const struct metric read = {
        .name = "read", .help = "Read", .labels = {"disk", "part", "side"}};
    static const struct label label = {"1", "2"};
    static const char *const rows[][3] = {
        {"a", "1", "2"}, {"a", "1", "2"}, {"b", "1", "2"}};
    struct world *w = *state;
    struct source *s = plain_source(w);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct labels extra = {&label, i == 0};
        struct batch_group *group = batch_group(w->batch, "");
        batch_add_kept(w->batch, group, &read, rows[i], (struct labels){0}, 2);
        batch_add_kept(w->batch, group, &size, rows[i], extra, 1);
        publish(w, s);
        const char *expected = arena_printf(
            w->arena,
            "read{disk=\"%s\",part=\"1\",side=\"2\"} 2\nsize_bytes{%sdisk=\"%s\"} 1\n",
            rows[i][0], i ? "" : "1=\"2\",", rows[i][0]);
        assert_string_equal(shown(w, NULL), expected);
    }
}

static void the_first_owner_of_a_series_keeps_it(void **state)
{
    struct world *w = *state;
    struct source *one = plain_source(w), *two = plain_source(w);

    sample(w, "", &up, NULL, 1);
    publish(w, one);
    sample(w, "", &up, NULL, 2);
    sample(w, "", &size, "a", 2);
    sample(w, "", &size, "a", 3); /* twice in one batch */
    publish(w, two);
    assert_string_equal(shown(w, NULL), "size_bytes{disk=\"a\"} 2\nup 1\n");
    assert_int_equal(registry_duplicates(w->registry), 2);

    registry_source_end(w->registry, one);
    sample(w, "", &up, NULL, 2);
    publish(w, two);
    assert_string_equal(shown(w, NULL), "up 2\n");
}

static void a_series_of_ours_is_taken_from_a_batch(void **state)
{
    struct world *w = *state;
    struct source *scraped = plain_source(w), *own = plain_source(w);

    sample(w, "", &hits, NULL, 5);
    sample(w, "", &up, NULL, 1);
    publish(w, scraped);
    struct series *s = registry_series(w->registry, own, &hits, NULL);
    series_add(s, 2);
    assert_ptr_equal(registry_series(w->registry, own, &hits, NULL), s);
    sample(w, "", &hits, NULL, 6);
    sample(w, "", &up, NULL, 0);
    publish(w, scraped);
    assert_string_equal(shown(w, NULL), "hits_total 2\nup 0\n");
    assert_true(series_value(s) == 2);
}

static void a_counter_goes_on_over_a_reload(void **state)
{
    struct world *w = *state;
    struct source *before = plain_source(w);
    series_add(registry_series(w->registry, before, &hits, NULL), 2);
    struct source *after = plain_source(w);
    struct series *s = registry_series(w->registry, after, &hits, NULL);
    assert_ptr_equal(registry_series(w->registry, after, &hits, NULL), s);
    series_add(registry_series(w->registry, before, &hits, NULL), 1);
    registry_source_end(w->registry, before);
    series_add(s, 1);
    assert_string_equal(shown(w, NULL), "hits_total 4\n");
    assert_string_equal(shown(w, after), "hits_total 4\n");
    registry_source_end(w->registry, after);
    assert_string_equal(shown(w, NULL), "");
}

static void a_dynamic_family_gives_way(void **state)
{
    struct world *w = *state;
    struct source *s = plain_source(w), *t = plain_source(w);
    const char *const disk[] = {"disk", NULL};

    /* The other kind under a declared name. */
    sample(w, "", &up, NULL, 1);
    publish(w, s);
    for (int i = 0; i < 2; i++) {
        sample(w, "", batch_metric(w->batch, "up", METRIC_COUNTER, "x", disk), "a", 9);
        sample(w, "", batch_metric(w->batch, "other", METRIC_UNTYPED, "x", NULL), NULL,
               9);
        publish(w, t);
    }
    assert_string_equal(shown(w, NULL), "other 9\nup 1\n");
    assert_int_equal(registry_conflicts(w->registry), 1);

    /* It came first, also in the same batch; and under the name of a histogram's line. */
    const struct metric *early =
        batch_metric(w->batch, "hits_total", METRIC_GAUGE, "x", disk);
    sample(w, "", early, "a", 9);
    sample(w, "", &hits, NULL, 1);
    sample(w, "", batch_metric(w->batch, "took_seconds_sum", METRIC_GAUGE, "x", NULL),
           NULL, 9);
    publish(w, t);
    assert_string_equal(shown(w, NULL), "hits_total 1\ntook_seconds_sum 9\nup 1\n");
    histogram_observe(
        registry_histogram(w->registry, s, &took, (const char *const[]){"dns"}), 0.7);
    assert_string_equal(shown(w, NULL),
                        "hits_total 1\n"
                        "took_seconds_bucket{le=\"0.5\",phase=\"dns\"} 0\n"
                        "took_seconds_bucket{le=\"1.0\",phase=\"dns\"} 1\n"
                        "took_seconds_bucket{le=\"+Inf\",phase=\"dns\"} 1\n"
                        "took_seconds_sum{phase=\"dns\"} 0.7\n"
                        "took_seconds_count{phase=\"dns\"} 1\n"
                        "up 1\n");
    assert_int_equal(registry_conflicts(w->registry), 3);
    sample(w, "", batch_metric(w->batch, "took_seconds_sum", METRIC_GAUGE, "x", NULL),
           NULL, 9);
    publish(w, t);
    assert_int_equal(registry_conflicts(w->registry), 3); /* each name once */
}

/* A histogram and a summary that were read elsewhere: each one family, its lines together and in their order. */
static void parts_are_of_one_family(void **state)
{
    struct world *w = *state;
    struct source *s = plain_source(w);
    const struct label le = {"le", "+Inf"};
    for (int i = 1; i <= 2; i++) {
        const struct metric *bucket =
            batch_metric_part(w->batch, "h", "_bucket", METRIC_HISTOGRAM, "H");
        batch_add(w->batch, batch_group(w->batch, ""), bucket, NULL,
                  (struct labels){&le, 1}, i);
        sample(w, "", batch_metric_part(w->batch, "h", "_sum", METRIC_HISTOGRAM, "H"),
               NULL, 10 * i);
        sample(w, "", batch_metric_part(w->batch, "h", "_count", METRIC_HISTOGRAM, "H"),
               NULL, i);
        sample(w, "", batch_metric_part(w->batch, "h0", "", METRIC_SUMMARY, "S"), NULL,
               i);
        sample(w, "", batch_metric(w->batch, "h0_sum", METRIC_GAUGE, "", NULL), NULL, 9);
        publish(w, s);
        const char *expected =
            i == 1 ? "h_bucket{le=\"+Inf\"} 1\nh_sum 10\nh_count 1\nh0 1\n"
                   : "h_bucket{le=\"+Inf\"} 2\nh_sum 20\nh_count 2\nh0 2\n";
        assert_string_equal(shown(w, NULL), expected);
    }
    assert_int_equal(registry_family_count(w->registry), 2);
    assert_int_equal(registry_conflicts(w->registry), 1); /* h0_sum is the summary's */
}

static void illegal_names_are_no_metric(void **state)
{
    struct world *w = *state;
    const char *const bad[] = {"a-b", NULL};
    const char *const many[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", NULL};
    assert_null(batch_metric(w->batch, "", METRIC_GAUGE, "", NULL));
    assert_null(batch_metric(w->batch, "1a", METRIC_GAUGE, "", NULL));
    assert_null(batch_metric(w->batch, "a b", METRIC_GAUGE, "", NULL));
    assert_null(batch_metric(w->batch, "a", METRIC_GAUGE, "", bad));
    assert_null(batch_metric(w->batch, "a", METRIC_GAUGE, "", many));
    assert_null(batch_metric(w->batch, "a", METRIC_HISTOGRAM, "", NULL));
    assert_non_null(batch_metric(w->batch, "a:b_1", METRIC_GAUGE, NULL, many + 1));
}

/* Label values of any length: one that makes the line too long is dropped, and the next is not. */
static void a_line_has_a_largest_length(void **state)
{
    struct world *w = *state;
    struct source *s = plain_source(w);
    char *longest = arena_alloc(w->arena, 70001);

    memset(longest, 'x', 70000);
    sample(w, "", &size, longest, 1);
    longest[40000] = '\0';
    sample(w, "", &size, longest, 1);
    sample(w, "", &up, NULL, 1);
    publish(w, s);
    assert_int_equal(registry_series_count(w->registry), 2);
    assert_int_equal(registry_duplicates(w->registry), 1);
    assert_int_equal(strlen(shown(w, NULL)),
                     40000 + strlen("size_bytes{disk=\"\"} 1\nup 1\n"));
}

static void many(struct world *w, struct source *s, size_t count, size_t step,
                 double value)
{
    char text[32];
    for (size_t i = 0; i < count; i += step) {
        snprintf(text, sizeof(text), "%zu", i);
        sample(w, "", &size, text, value);
    }
    publish(w, s);
}

/* Over several chunks, with half of them ending in between. */
static void thousands_come_and_go(void **state)
{
    struct world *w = *state;
    struct source *s = plain_source(w);
    static const struct {
        size_t count, step;
        double value;
    } cases[] = {{3000, 1, 1},    {3000, 1, 0.123}, {3000, 2, 5},
                 {3000, 1, 1e-9}, {10, 3, 2},       {0, 1, 0}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        many(w, s, cases[i].count, cases[i].step, cases[i].value);
        batch_group(w->batch, "");
        if (!cases[i].count)
            publish(w, s);
        size_t lines = 0;
        struct bytes text = bytes_of(shown(w, NULL)), line;
        while (bytes_line(&text, &line))
            lines++;
        assert_int_equal(lines, (cases[i].count + cases[i].step - 1) / cases[i].step);
        assert_int_equal(registry_series_count(w->registry), lines);
    }
}

/* Nothing passes between the first and the last value of a source that a page shows. */
static void a_page_shows_one_batch(void **state)
{
    struct world *w = *state;
    struct source *s = plain_source(w);

    many(w, s, 3000, 1, 1);
    for (int only = 0; only < 2; only++) {
        struct page *p = page_start(w->registry, PAGE_TEXT, only ? s : NULL);
        size_t slices = 1;
        while (!page_continue(p, 0))
            many(w, s, 3000, 1, (double)(slices++ % 8));
        assert_true(slices >= 2);
        const char *text = buf_text(page_buf(p));
        const char first = strchr(text, '}')[2];
        size_t lines = 0;
        for (const char *at = strchr(text, '}'); at; at = strchr(at + 1, '}')) {
            assert_int_equal(at[2], first);
            lines++;
        }
        assert_int_equal(lines, 3000);
        page_destroy(p);
        many(w, s, 3000, 1, 1);
    }
}

static void a_page_outlives_its_source_and_registry(void **state)
{
    struct world *w = *state;
    struct source *s = plain_source(w);
    many(w, s, 3000, 1, 1);
    struct page *whole = page_start(w->registry, PAGE_TEXT, NULL);
    struct page *only = page_start(w->registry, PAGE_OPENMETRICS, s);
    struct page *unread = page_start(w->registry, PAGE_TEXT, NULL);
    page_continue(whole, 0);
    page_continue(only, 0);
    registry_source_end(w->registry, s);
    page_destroy(unread);
    registry_destroy(w->registry);
    assert_true(page_continue(whole, 0));
    assert_true(page_continue(only, 0));
    assert_non_null(strstr(buf_text(page_buf(only)), "# EOF\n"));
    page_destroy(whole);
    page_destroy(only);
    page_destroy(NULL);
    w->registry = registry_create();
}

static void visit(void *ctx, const struct source *s, const char *family,
                  const char *label_text, double value)
{
    buf_printf(ctx, "%s|%s|%g\n", family, label_text, value);
}

static bool is_of_size(const char *family)
{
    return !strncmp(family, "size_", 5);
}

static void every_series_is_visited(void **state)
{
    struct world *w = *state;
    struct source *s = registry_source(w->registry, "p", true, (struct labels){0});
    sample(w, "", &size, "a b{}", NAN);
    publish(w, s);
    struct source *own = plain_source(w);
    struct histogram *h = registry_histogram(w->registry, own, &took, NULL);
    histogram_observe(h, NAN);
    histogram_observe(h, 3);
    series_set(registry_series(w->registry, own, &up, NULL), -2);

    struct buf out = BUF_MAX(4096);
    registry_each(w->registry, NULL, visit, &out);
    assert_string_equal(buf_text(&out), "size_bytes|disk=\"a b{}\",probe=\"p\"|nan\n"
                                        "took_seconds_bucket|le=\"0.5\"|0\n"
                                        "took_seconds_bucket|le=\"1.0\"|0\n"
                                        "took_seconds_bucket|le=\"+Inf\"|1\n"
                                        "took_seconds_sum||3\n"
                                        "took_seconds_count||1\n"
                                        "up||-2\n");
    buf_clear(&out);
    registry_each(w->registry, is_of_size, visit, &out);
    assert_string_equal(buf_text(&out), "size_bytes|disk=\"a b{}\",probe=\"p\"|nan\n");
    buf_finish(&out);
}

static void exemplars_follow_their_bucket_in_openmetrics_alone(void **state)
{
    struct world *w = *state;
    static const char *const phases[] = {"connect"};
    static const struct label task = {"task_id", "a \"b\""};
    static const struct label large = {
        "task_id",
        "0123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789012345678901234567890123456789012345678901234567890"};
    const struct wall at = {1700000000250 * NSEC_PER_MSEC};
    struct source *s = registry_source(w->registry, "x", true, (struct labels){0});
    struct histogram *h = registry_histogram(w->registry, s, &took, phases);
    histogram_observe_as(h, 0.7, (struct labels){&task, 1}, at);
    histogram_observe_as(h, 7, (struct labels){&large, 1}, at);

    for (int only = 0; only <= 1; only++) {
        struct page *page = page_start(w->registry, PAGE_OPENMETRICS, only ? s : NULL);
        assert_true(page_continue(page, NSEC_PER_SEC));
        const char *text = buf_text(page_buf(page));
        assert_non_null(strstr(text, "le=\"1.0\""));
        assert_non_null(
            strstr(text, "} 1 # {task_id=\"a \\\"b\\\"\"} 0.7 1700000000.250\n"));
        assert_null(strstr(text, "0123456789"));
        page_destroy(page);
        page = page_start(w->registry, PAGE_TEXT, only ? s : NULL);
        assert_true(page_continue(page, NSEC_PER_SEC));
        assert_null(strstr(buf_text(page_buf(page)), "task_id"));
        page_destroy(page);
    }
    registry_source_end(w->registry, s);
}

/* Publishes size_bytes of these disks, and returns the number of the shape. */
static uint64_t shape_of(struct world *w, struct source *s, const char *disks)
{
    for (const char *d = disks; *d; d++)
        sample(w, "", &size, (char[]){*d, '\0'}, 1);
    publish(w, s);
    return w->published->first->shape;
}

static void a_shape_has_a_number_of_its_own(void **state)
{
    struct world *w = *state;
    struct source *s = registry_source(w->registry, "a", true, (struct labels){0});
    struct source *other = registry_source(w->registry, "b", true, (struct labels){0});
    const uint64_t ab = shape_of(w, s, "ab");
    assert_true(ab > 0);
    assert_int_equal(shape_of(w, s, "ab"), ab);
    assert_int_not_equal(shape_of(w, other, "ab"), ab);
    assert_int_equal(shape_of(w, s, "ab"), ab);
    const uint64_t shapes[] = {ab, shape_of(w, s, "ba"), shape_of(w, s, "bac"),
                               shape_of(w, s, "ba"), shape_of(w, s, "ab")};
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(shapes[i], shapes[k]);
    }
    assert_int_equal(shape_of(w, s, "ab"), shapes[4]);
    assert_int_equal(shape_of(w, s, "aab"), 0); /* one is named twice */
    assert_int_equal(shape_of(w, s, "aab"), 0);
    assert_true(shape_of(w, s, "ab") > shapes[4]);
}

#define STORY(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_batch_replaces_the_one_before),
        STORY(groups_end_on_their_own),
        STORY(labels_come_from_three_places),
        STORY(the_probe_label_is_cut_wherever_it_stands),
        STORY(samples_that_share_their_values_are_told_apart),
        STORY(the_first_owner_of_a_series_keeps_it),
        STORY(a_series_of_ours_is_taken_from_a_batch),
        STORY(a_counter_goes_on_over_a_reload),
        STORY(a_dynamic_family_gives_way),
        STORY(parts_are_of_one_family),
        STORY(illegal_names_are_no_metric),
        STORY(a_line_has_a_largest_length),
        STORY(thousands_come_and_go),
        STORY(a_page_shows_one_batch),
        STORY(a_page_outlives_its_source_and_registry),
        STORY(exemplars_follow_their_bucket_in_openmetrics_alone),
        STORY(every_series_is_visited),
        STORY(a_shape_has_a_number_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
