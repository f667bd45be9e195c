/* SPDX-License-Identifier: Apache-2.0 */
/* A list of alerts that is printed in slices: what ends, comes or goes between two of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "alerts/book.h"
#include "collector/alert_keys.h"

#define MINUTE(n) ((struct wall){(n)*NSEC_PER_MINUTE})

struct fixture {
    struct arena *arena;
    struct book *book;
    struct rule rule;
    struct rule_group group;
    struct alert_keys keys;
};

static void ignore(void *ctx, struct alert *a, enum change change)
{
}

static void start(struct fixture *f)
{
    *f = (struct fixture){
        .arena = arena_create(0),
        .rule = {.name = "Down", .id = "f/g/Down", .expr_text = "up", .canonical = "1"},
        .group = {.name = "g", .file = "f", .interval = NSEC_PER_MINUTE, .count = 1},
    };
    const struct rule *rules[] = {&f->rule};
    const struct rule_group *groups[] = {&f->group};
    f->book = book_create(ignore, NULL);
    f->rule.group = &f->group;
    f->group.rules = arena_memdup(f->arena, rules, sizeof(rules));
    const struct rules all = {.groups = groups, .count = 1};
    book_adopt(f->book, &all, MINUTE(0), NULL);
}

static void finish(struct fixture *f)
{
    alert_keys_finish(&f->keys);
    book_destroy(f->book);
    arena_destroy(f->arena);
}

/* The rule's result: an element for each letter. */
static void observe(struct fixture *f, int minute, const char *letters)
{
    const size_t count = strlen(letters);
    struct promql_series *items = arena_alloc(f->arena, (count + 1) * sizeof(*items));
    static struct point one = {.value = 1};
    for (size_t i = 0; i < count; i++) {
        struct label *label = arena_alloc(f->arena, sizeof(*label));
        *label = (struct label){"t", arena_strndup(f->arena, letters + i, 1)};
        items[i] = (struct promql_series){{label, 1}, &one, 1};
    }
    struct rule_outcome o = {.rule = &f->rule,
                             .result = {PROMQL_VECTOR, .items = items, .count = count}};
    struct err e = {0};
    assert_true(book_apply(f->book, &o, NULL, MINUTE(minute), NULL, &e));
}

static bool is_firing(const struct alert *a)
{
    return a->status.state == ALERT_FIRING;
}

static bool is_any(const struct alert *a)
{
    return a->status.state != ALERT_INACTIVE;
}

static char letter_of(const struct alert *a)
{
    const char letter = labels_get(a->labels, "t")[0];
    return is_firing(a) ? (char)(letter - 'a' + 'A') : letter;
}

/* The next slice of so many alerts: their letters, large when they fire, and '-' for what is gone. */
static void expect(struct fixture *f, size_t slice, const char *letters)
{
    const struct alert *a;
    struct buf said = BUF_MAX(100);
    while (slice-- > 0 && alert_keys_next(&f->keys, f->book, &a))
        buf_add_byte(&said, a ? letter_of(a) : '-');
    assert_string_equal(buf_text(&said), letters);
    buf_finish(&said);
}

static void test_what_ends_between_slices_is_said_to_have_ended(void **state)
{
    struct fixture f;
    start(&f);
    observe(&f, 1, "abcde");
    alert_keys_take(&f.keys, f.book, NULL, is_firing);
    expect(&f, 2, "AB");
    observe(&f, 2, "abdz"); /* c and e resolve; z, which comes now, is the next list's */
    expect(&f, 99, "cDe");
    finish(&f);
}

static void test_what_is_gone_between_slices_is_left_out(void **state)
{
    struct fixture f;
    start(&f);
    observe(&f, 1, "abc");
    observe(&f, 2, "a");
    alert_keys_take(&f.keys, f.book, NULL, is_any);
    expect(&f, 1, "A");
    assert_true(book_expire(f.book, MINUTE(30), NULL, NULL));
    expect(&f, 99, "--");
    finish(&f);
}

static void test_of_one_rule_and_again(void **state)
{
    struct fixture f;
    start(&f);
    observe(&f, 1, "ab");
    const struct rule other = {.name = "Up", .id = "f/g/Up"};
    alert_keys_take(&f.keys, f.book, &other, is_firing);
    expect(&f, 99, "");
    alert_keys_take(&f.keys, f.book, &f.rule, is_firing);
    expect(&f, 1, "A");
    alert_keys_take(&f.keys, f.book, &f.rule, is_firing);
    expect(&f, 99, "AB");
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_ends_between_slices_is_said_to_have_ended),
        cmocka_unit_test(test_what_is_gone_between_slices_is_left_out),
        cmocka_unit_test(test_of_one_rule_and_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
