/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a user's own question as samples: what is shown, and what is said when something is wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/core/custom_metric.h"
#include "lib/core/metric.h"
#include "lib/core/registry.h"
#include "lib/core/run.h"
#include "lib/core/talk.h"

static enum talk say_nothing(struct run *run, enum talk_event event, struct bytes *in)
{
    (void)run, (void)event, (void)in;
    return TALK_MORE;
}

static const struct probe_type silent = {.name = "silent", .talk = say_nothing};

#define MAX_ROWS 8
struct rows_case {
    const char *title;
    struct custom_metric metric;
    const char
        *rows[MAX_ROWS]; /* "column=value column=value"; #1.5 number, ~ null, !1 truth */
    const char *page;    /* without # lines */
    const char *why;     /* "": nothing is wrong */
    const char *json;
};

#define TEXTS(...)                                                 \
    {                                                              \
        (const char *const[]){__VA_ARGS__},                        \
            sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *) \
    }

static const struct rows_case cases[] = {
    {"one number",
     {.name = "orders", .max_rows = 9},
     {"count=#3"},
     "orders 3\n",
     "",
     "[{\"count\": 3}]"},
    {"labels tell rows apart",
     {.name = "orders", .labels = TEXTS("status"), .max_rows = 9},
     {"status=open n=#3", "status=paid n=#4"},
     "orders{status=\"open\"} 3\norders{status=\"paid\"} 4\n",
     "",
     "[{\"n\": 3, \"status\": \"open\"}, {\"n\": 4, \"status\": \"paid\"}]"},
    {"several columns, a family each",
     {.name = "orders", .max_rows = 9},
     {"n=#3 sum-eur=12.5"},
     "orders_n 3\norders_sum_eur 12.5\n",
     "",
     "[{\"n\": 3, \"sum-eur\": \"12.5\"}]"},
    {"named values leave the rest out",
     {.name = "orders", .values = TEXTS("n"), .max_rows = 9},
     {"n=#3 note=x"},
     "orders 3\n",
     "",
     "[{\"n\": 3, \"note\": \"x\"}]"},
    {"null is no sample, truth is 1",
     {.name = "x", .max_rows = 9},
     {"a=~ b=!1"},
     "x_b 1\n",
     "",
     "[{\"a\": null, \"b\": true}]"},
    {"no rows, no samples", {.name = "x", .max_rows = 9}, {0}, "", "", "[]"},
    {"a text is no number",
     {.name = "x", .max_rows = 9},
     {"a=#1 b=abc"},
     "x_a 1\n",
     "row 1, column 'b': expected a number, got \"abc\"; name it in `labels`, or the "
     "numbers in "
     "`values`",
     "[{\"a\": 1, \"b\": \"abc\"}]"},
    {"a column that is not there",
     {.name = "x", .labels = TEXTS("c"), .max_rows = 9},
     {"a=#1 b=#2"},
     "",
     "there is no column 'c'; there are a, b",
     "[{\"a\": 1, \"b\": 2}]"},
    {"rows that are one series",
     {.name = "x", .labels = TEXTS("a"), .max_rows = 9},
     {"a=k n=#1", "a=k n=#2"},
     "x{a=\"k\"} 1\n",
     "two rows have {a=\"k\"}: name in `labels` the column that tells them apart, or "
     "GROUP BY",
     "[{\"a\": \"k\", \"n\": 1}, {\"a\": \"k\", \"n\": 2}]"},
    {"more rows than allowed",
     {.name = "x", .labels = TEXTS("a"), .max_rows = 1},
     {"a=k n=#1", "a=l n=#2", "a=m n=#2"},
     "x{a=\"k\"} 1\n",
     "1 rows are shown and 2 left out: GROUP BY, or raise `max_rows`",
     "[{\"a\": \"k\", \"n\": 1}]"},
    {"documents with different fields",
     {.name = "x", .labels = TEXTS("a"), .max_rows = 9},
     {"n=#1", "a=l n=#2"},
     "x 1\nx{a=\"l\"} 2\n",
     "",
     "[{\"n\": 1}, {\"a\": \"l\", \"n\": 2}]"},
};

static struct cell cell_of(struct bytes word)
{
    const ptrdiff_t at = bytes_find_byte(word, '=');
    struct cell cell = {.column = bytes_slice(word, 0, (size_t)at)};
    struct bytes value = bytes_slice(word, (size_t)at + 1, word.len);

    if (bytes_is(value, "~"))
        return cell;
    cell.type = bytes_starts(value, "#")   ? CELL_NUMBER
                : bytes_starts(value, "!") ? CELL_TRUTH
                                           : CELL_TEXT;
    cell.text = value;
    if (cell.type != CELL_TEXT)
        assert_true(bytes_to_double(bytes_slice(value, 1, value.len), &cell.number));
    return cell;
}

static struct custom_rows *rows_of(const struct rows_case *c)
{
    struct custom_rows *rows = custom_rows_create((size_t)c->metric.max_rows);

    for (size_t i = 0; i < MAX_ROWS && c->rows[i]; i++) {
        struct cell cells[4];
        size_t count = 0;
        struct bytes text = bytes_of(c->rows[i]), word;
        while (bytes_token(&text, ' ', &word))
            cells[count++] = cell_of(word);
        custom_rows_add(rows, cells, count);
    }
    return rows;
}

static void drop_comments(const char *page, struct buf *out)
{
    struct bytes text = bytes_of(page), line;

    while (bytes_line(&text, &line)) {
        if (bytes_starts(line, "#"))
            continue;
        buf_add_bytes(out, line);
        buf_add_byte(out, '\n');
    }
}

static void play(const struct rows_case *c)
{
    struct frame frame = {0};
    struct talk_script *script = talk_script_create(&frame, &silent, NULL);
    struct run *run = talk_script_run(script);
    struct custom_kept kept = {0};
    struct buf page = BUF_MAX(10000), lines = BUF_MAX(10000);
    struct err why = {0};
    struct custom_metric metric = c->metric;
    metric.help = "";

    assert_int_equal(custom_answer(&kept, 0, &metric, rows_of(c), run, &why), !c->why[0]);
    assert_string_equal(why.text, c->why);
    page_of_batch(run_batch(run), &page);
    drop_comments(buf_text(&page), &lines);
    assert_string_equal(buf_text(&lines), c->page);

    const struct sections list = {.items = &metric, .count = 1};
    const json_t *all = custom_json(&kept, &list, sizeof(metric), run_arena(run));
    char *text = json_dumps(json_object_get(all, metric.name), JSON_SORT_KEYS);
    assert_string_equal(text, c->json);
    free(text);
    buf_finish(&page);
    buf_finish(&lines);
    custom_kept_finish(&kept);
    talk_script_destroy(script);
}

static void rows_become_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        print_message("  %s\n", cases[i].title);
        play(&cases[i]);
    }
}

static const struct {
    struct custom_metric metric;
    const char *why;
} faults[] = {
    {{.name = "orders", .labels = TEXTS("a", "b")}, ""},
    {{.name = "2x"},
     "'2x' cannot be the name of a metric: letters, digits and '_', not starting with a "
     "digit"},
    {{.name = "x", .labels = TEXTS("a-b")},
     "x: 'a-b' cannot be a label: name the column otherwise (… AS other_name), with "
     "letters, "
     "digits and '_'"},
    {{.name = "x", .labels = TEXTS("a", "a")}, "x: the label 'a' is there twice"},
    {{.name = "x", .labels = TEXTS("a"), .values = TEXTS("a")},
     "x: 'a' is in `labels` and in `values`"},
};

static void faults_are_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct err e = {0};
        const struct sections list = {.items = &faults[i].metric, .count = 1};
        assert_int_equal(custom_metrics_check(&list, sizeof(struct custom_metric), &e),
                         !faults[i].why[0]);
        assert_string_equal(e.text, faults[i].why);
    }
    const struct custom_metric twice[] = {{.name = "x"}, {.name = "x"}};
    const struct sections list = {.items = twice, .count = 2};
    struct err e = {0};
    assert_false(custom_metrics_check(&list, sizeof(twice[0]), &e));
    assert_string_equal(e.text, "two custom metrics are named x");
}

/* More than a peer may make us keep: rows, columns, bytes. */
static void caps_hold(void **state)
{
    (void)state;
    static char long_text[5000];
    struct custom_rows *rows = custom_rows_create(100000);
    struct cell cell = {.column = bytes_of("a"), .type = CELL_TEXT};
    size_t taken = 0;

    memset(long_text, 'x', sizeof(long_text));
    cell.text = (struct bytes){long_text, sizeof(long_text)};
    while (custom_rows_add(rows, &cell, 1))
        taken++;
    assert_in_range(taken, 500, 1100); /* of 1 KiB each, in 1 MiB */
    assert_int_equal(custom_rows_cell(rows, 0, 0).text.len, CUSTOM_MAX_CELL_BYTES);
    custom_rows_destroy(rows);

    rows = custom_rows_create(10);
    struct cell many[CUSTOM_MAX_COLUMNS + 1];
    for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
        many[i] = cell;
    assert_false(custom_rows_add(rows, many, CUSTOM_MAX_COLUMNS + 1));
    assert_int_equal(custom_rows_left_out(rows), 1);
    custom_rows_destroy(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_become_samples),
        cmocka_unit_test(faults_are_said),
        cmocka_unit_test(caps_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
