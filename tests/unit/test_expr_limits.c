/* SPDX-License-Identifier: Apache-2.0 */
/* lib/core/expr: what bounds an expression and its evaluation, what it uses, and every example of
 * docs/expressions.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "tests/unit/expr_fixture.h"

static struct wall fixture_now(void)
{
    struct wall now = {0};
    assert_true(wall_parse(bytes_of(FIXTURE_NOW), &now));
    return now;
}

/* ---- limits ---- */

static char *repeated(struct arena *arena, const char *before, const char *part,
                      size_t times, const char *after)
{
    struct buf out = BUF_MAX(1 << 20);
    buf_add_text(&out, before);
    for (size_t i = 0; i < times; i++)
        buf_add_text(&out, part);
    buf_add_text(&out, after);
    char *text = arena_strndup(arena, buf_text(&out), out.len);
    buf_finish(&out);
    return text;
}

static const struct {
    const char *before, *part, *after;
    size_t times;
    const char *error; /* NULL: is compiled */
} sizes[] = {
    {"tls.verified", " && true", "", 400, NULL},
    {"status == 1", " || true", "", 400, NULL},
    {"status == 1", " || true", "", 600,
     "the expression has 4811 bytes; at most 4096 are allowed"},
    {"", "(", "", 64, "column 65: this is nested more than 64 deep; split it"},
    {"", "!", "true", 63, NULL},
    {"", "!", "true", 64, "column 64: this is nested more than 64 deep; split it"},
    {"1", " + 1", "", 60, NULL},
    {"1", " + 1", "", 70, "column 1: this is nested more than 64 deep; split it"},
    {"json", ".a", "", 70, "column 1: this is nested more than 64 deep; split it"},
    {"status in [1", ",1", "]", 999, NULL},
    {"status in [1", ",1", "]", 1000, "column 2012: a list has at most 1000 elements"},
};

static void test_bounds_expressions(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {{0}};
        const char *text = repeated(arena, sizes[i].before, sizes[i].part, sizes[i].times,
                                    sizes[i].after);
        const struct expr *x = expr_compile(arena, text, fixture_vars, &e);
        if (sizes[i].error)
            assert_string_equal(e.text, sizes[i].error);
        else if (!x)
            fail_msg("%.40s…: %s", text, e.text);
        arena_destroy(arena);
    }
}

static bool get_hostile(struct run *run, struct arena *arena, struct value *ret_value,
                        struct err *why)
{
    *ret_value = value_json((const json_t *)run);
    return true;
}

static const struct var hostile_vars[] = {
    {"json", VALUE_JSON, "a long list", get_hostile}, {0}};

static const char *const stalls[] = {
    "json.all(a, json.all(b, json.all(c, a + b + c < 1e9)))",
    "json.exists(a, a in json && a < 0)",
    "json.all(a, json == json)",
    "jsonpath(json, \"$[?@ < 0]\").size() == 0 && json.all(a, jsonpath(json, \"$..*\") "
    "== [])",
    "json.exists(a, text(json).contains(\"x\"))",
    "json.exists(a, text(json).matches(\"[0-9]+x\"))",
};

static void test_hostile_json_does_not_stall(void **state)
{
    json_t *list = json_array();
    for (int i = 0; i < 5000; i++)
        json_array_append_new(list, json_integer(i));
    const struct var *const vars[] = {hostile_vars, NULL};
    for (size_t i = 0; i < ARRAY_LEN(stalls); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {{0}};
        const char *detail = NULL;
        const struct expr *x = expr_compile(arena, stalls[i], vars, &e);
        assert_non_null(x);
        assert_int_equal(expr_judge(x, (struct run *)list, fixture_now(), arena, &detail),
                         EXPR_ERROR);
        assert_non_null(strstr(detail, "too much work"));
        arena_destroy(arena);
    }
    json_decref(list);
}

static bool get_blanks(struct run *run, struct arena *arena, struct value *ret_value,
                       struct err *why)
{
    char *blanks = arena_alloc(arena, 200001);
    memset(blanks, ' ', 200000);
    blanks[199999] = 'x';
    *ret_value = value_text((struct bytes){blanks, 200000});
    return true;
}

static const struct var blank_vars[] = {{"body", VALUE_TEXT, "blanks", get_blanks}, {0}};

static void test_a_pattern_that_gives_up_is_an_error(void **state)
{
    struct arena *arena = arena_create(0);
    struct err e = {{0}};
    const char *detail = NULL;
    const struct var *const vars[] = {blank_vars, NULL};
    const struct expr *x = expr_compile(arena, "body.matches(\"\\\\s+$\")", vars, &e);
    assert_non_null(x);
    assert_int_equal(expr_judge(x, NULL, fixture_now(), arena, &detail), EXPR_ERROR);
    assert_string_equal(
        detail, "body.matches(\"\\\\s+$\"): the pattern is too hard to match with "
                "this text (200000 bytes); make it more specific");
    arena_destroy(arena);
}

static void test_knows_what_it_uses(void **state)
{
    struct arena *arena = arena_create(0);
    struct err e = {{0}};
    const struct expr *x =
        expr_compile(arena, "json.items.all(status, status.up) && timing.total < 1s",
                     fixture_vars, &e);
    assert_non_null(x);
    assert_true(expr_uses(x, "json"));
    assert_true(expr_uses(x, "timing.total"));
    assert_false(expr_uses(x, "timing.connect"));
    assert_false(expr_uses(x, "status"));
    assert_int_equal(expr_type(x), VALUE_BOOL);
    arena_destroy(arena);
}

/* ---- the page ---- */

/* `expression  # holds`, `# fails`, `# error` or `# = value`, in blocks of the page. */
static void check_example(char *line)
{
    char *mark = strstr(line, " # ");
    if (!mark)
        fail_msg("docs/expressions.md: no answer behind: %s", line);
    *mark = 0;
    const char *answer = mark + 3;
    struct arena *arena = arena_create(0);
    struct err e = {{0}};
    const char *detail = NULL;
    struct value value;
    struct buf printed = BUF_MAX(4096);
    const struct expr *x = expr_compile(arena, line, fixture_vars, &e);
    if (!x) {
        buf_printf(&printed, "refused: %s", e.text);
    } else if (strncmp(answer, "= ", 2) == 0) {
        buf_add_text(&printed, "= ");
        assert_true(expr_eval(x, NULL, fixture_now(), arena, &value, &e));
        value_print(&value, &printed);
    } else {
        static const char *const names[] = {"holds", "fails", "error"};
        buf_add_text(&printed, names[expr_judge(x, NULL, fixture_now(), arena, &detail)]);
        const char *why = strstr(detail, ": ");
        if (why && strstr(answer, ": "))
            buf_add_text(&printed, why);
    }
    if (strcmp(buf_text(&printed), answer) != 0)
        fail_msg("docs/expressions.md: %s: the page says '%s', it is '%s'", line, answer,
                 buf_text(&printed));
    buf_finish(&printed);
    arena_destroy(arena);
}

static void test_page_tells_the_truth(void **state)
{
    FILE *file = fopen("docs/expressions.md", "r");
    assert_non_null(file);
    char line[1024];
    bool in_block = false;
    size_t examples = 0;
    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "```", 3) == 0) {
            in_block = strcmp(line, "```python") == 0; /* for its colours */
        } else if (in_block && line[0]) {
            check_example(line);
            examples++;
        }
    }
    fclose(file);
    assert_true(examples > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds_expressions),
        cmocka_unit_test(test_hostile_json_does_not_stall),
        cmocka_unit_test(test_a_pattern_that_gives_up_is_an_error),
        cmocka_unit_test(test_knows_what_it_uses),
        cmocka_unit_test(test_page_tells_the_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
