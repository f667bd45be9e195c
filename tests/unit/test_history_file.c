/* SPDX-License-Identifier: Apache-2.0 */
/* History goes to disk and comes back; a segment that was cut or changed anywhere is known for one. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/query/history.h"
#include "lib/query/history_file.h"

#define T0 INT64_C(1764200000000)

static void fill(struct history *h, int from, int to)
{
    struct history_owner *o = history_owner(h, (struct labels){0});
    for (int i = from; i < to; i++) {
        for (int k = 0; k < 3; k++) {
            const struct label own[] = {{"k", (char[]){(char)('a' + k), 0}}};
            history_put(o, "x", (struct labels){own, 1}, T0 + i * 1000, i * k);
        }
    }
}

static bool save(struct history *h, const char *folder, bool is_final)
{
    struct err e = {0};
    struct history_job *j = history_save_prepare(h, folder, is_final);
    history_save_work(j);
    return history_save_done(j, &e);
}

static bool restore(struct history *h, const char *folder, struct err *e)
{
    struct history_job *j = history_restore_prepare(h, folder);
    history_restore_work(j);
    *e = (struct err){0};
    while (!history_restore_merge(j, 0, e))
        continue;
    return !*e->text;
}

static size_t count_points(struct history *h)
{
    struct arena *arena = arena_create(0);
    struct err e = {0};
    struct selector all = {.reach = NSEC_PER_DAY};
    const struct selector *list[] = {&all};
    struct promql_set set;
    assert_true(matchers_parse(arena, "__name__=x", &all.matchers, &e));
    struct history_view *v = history_view(h, list, 1);
    struct promql_source source = history_view_source(v);
    assert_true(source.select(v, &all, 0, INT64_MAX, arena, &set, &e));
    size_t count = 0;
    for (size_t i = 0; i < set.count; i++) {
        for (size_t k = 1; k < set.items[i].count; k++)
            assert_true(set.items[i].points[k].ms > set.items[i].points[k - 1].ms);
        count += set.items[i].count;
    }
    history_view_release(v);
    arena_destroy(arena);
    return count;
}

static char *folder_make(void)
{
    char *folder = strdup("/tmp/healthd-history-XXXXXX");
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

static void what_was_saved_comes_back(void **state)
{
    const struct history_limits limits = {0};
    char *folder = folder_make();
    struct err e;
    struct history *h = history_create(&limits);
    fill(h, 0, 500);
    assert_true(save(h, folder, false)); /* two finished chunks a series */
    assert_true(save(h, folder, false)); /* nothing new: no file */
    struct history *crashed = history_create(&limits);
    assert_true(restore(crashed, folder, &e));
    /* Heads are finished after 1, 2 and 3 samples first, and then every 60. */
    assert_int_equal(count_points(crashed), 3 * (180 + 240) + 1 + 2 + 3);
    history_destroy(crashed);
    assert_true(save(h, folder, true));
    history_destroy(h);

    h = history_create(&limits);
    fill(h, 600, 700); /* has begun before the former is back */
    assert_true(restore(h, folder, &e));
    assert_int_equal(count_points(h), 3 * 600);
    assert_true(restore(h, folder, &e)); /* twice changes nothing */
    assert_int_equal(count_points(h), 3 * 600);
    history_destroy(h);
    folder_remove(folder);
}

static void a_damaged_segment_is_put_aside(void **state)
{
    const struct history_limits limits = {0};
    char *folder = folder_make();
    char path[200];
    struct err e;
    struct history *h = history_create(&limits);
    fill(h, 0, 200);
    assert_true(save(h, folder, true));
    history_destroy(h);
    snprintf(path, sizeof(path), "%s/%s", folder, "1-0.seg");
    FILE *f = fopen(path, "w");
    fputs("HDSEG001 and then nonsense", f);
    fclose(f);
    h = history_create(&limits);
    assert_false(restore(h, folder, &e));
    assert_non_null(strstr(e.text, "1-0.seg.damaged"));
    assert_int_equal(count_points(h), 600);
    history_destroy(h);
    h = history_create(&limits);
    assert_true(restore(h, folder, &e));
    history_destroy(h);
    folder_remove(folder);
}

static void note_end(void *ctx, struct labels labels, struct point newest)
{
    buf_printf(ctx, "%s@%d%s ", labels_get(labels, "k"), (int)(newest.ms - T0),
               is_stale(newest.value) ? " ended" : "");
}

static const struct matcher x_matcher = {
    .name = "__name__", .op = MATCH_EQUAL, .value = "x"};
static const struct matchers all_x = {&x_matcher, 1};

static void ends_are(struct history *h, const char *expected)
{
    struct buf out = BUF_MAX(1000);
    history_each(h, &all_x, 1, 0, INT64_MAX, note_end, &out);
    assert_string_equal(buf_text(&out), expected);
    buf_finish(&out);
}

static void what_nobody_writes_any_more_can_be_ended(void **state)
{
    const struct history_limits limits = {0};
    const struct label a = {"k", "a"}, b = {"k", "b"};
    char *folder = folder_make();
    struct err e;
    struct history *h = history_create(&limits);
    fill(h, 0, 100);
    assert_true(save(h, folder, true));
    history_destroy(h);
    h = history_create(&limits);
    assert_true(restore(h, folder, &e));
    struct history_owner *o = history_owner(h, (struct labels){0});
    history_put(o, "x", (struct labels){&a, 1}, T0 + 100000, 1);
    for (int i = 0; i < 2; i++) { /* twice changes nothing */
        history_end_unowned(h, all_x);
        ends_are(h, "a@100000 b@99001 ended c@99001 ended ");
    }
    history_put(o, "x", (struct labels){&b, 1}, T0 + 101000, 1);
    ends_are(h, "a@100000 b@101000 c@99001 ended ");
    history_destroy(h);
    folder_remove(folder);
}

static void drop(void *ctx, const struct record *r)
{
    ++*(size_t *)ctx;
    for (size_t i = 0; i < r->count; i++)
        chunk_unref(r->chunks[i]);
}

static void every_cut_and_flip_is_found(void **state)
{
    static const struct label labels[] = {{"__name__", "x"}, {"k", "v"}};
    struct chunk_head head = {0};
    for (int i = 0; i < 30; i++)
        chunk_append(&head, T0 + i * 1000, i);
    struct chunk *c = chunk_seal(&head);
    const struct record r = {{labels, 2}, &c, 1};
    struct buf file = BUF_MAX(1 << 20);
    segment_begin(&file, SEGMENT_SAMPLES);
    segment_add(&file, &r);
    segment_add(&file, &r);
    segment_end(&file);
    struct arena *arena = arena_create(0);
    struct err e = {0};
    size_t records = 0;
    assert_true(
        segment_read(buf_bytes(&file), SEGMENT_SAMPLES, arena, drop, &records, &e));
    assert_int_equal(records, 2);
    for (size_t len = 0; len < file.len; len++)
        assert_false(segment_read((struct bytes){file.ptr, len}, SEGMENT_SAMPLES, arena,
                                  drop, &records, &e));
    for (size_t bit = 0; bit < (file.len - 4) * 8;
         bit++) { /* what follows the end is nobody's */
        file.ptr[bit / 8] ^= (char)(1 << bit % 8);
        assert_false(
            segment_read(buf_bytes(&file), SEGMENT_SAMPLES, arena, drop, &records, &e));
        file.ptr[bit / 8] ^= (char)(1 << bit % 8);
    }
    arena_destroy(arena);
    buf_finish(&file);
    chunk_unref(c);
}

static void a_folder_that_cannot_be_is_said(void **state)
{
    const struct history_limits limits = {0};
    struct history *h = history_create(&limits);
    fill(h, 0, 10);
    assert_false(save(h, "/proc/healthd-history", true));
    struct err e;
    assert_true(restore(h, "/nonexistent", &e)); /* nothing was saved yet */
    history_destroy(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_saved_comes_back),
        cmocka_unit_test(a_damaged_segment_is_put_aside),
        cmocka_unit_test(what_nobody_writes_any_more_can_be_ended),
        cmocka_unit_test(every_cut_and_flip_is_found),
        cmocka_unit_test(a_folder_that_cannot_be_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
