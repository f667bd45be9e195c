/* SPDX-License-Identifier: Apache-2.0 */
/* All alerts of all rules: elements in, changes and rows out; over restarts, reloads, and what nobody knows. The ledger is
 * a map of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/alert_key.h"
#include "alerts/book.h"
#include "lib/base/attr.h"
#include "lib/base/map.h"

/* ---- the ledger ---- */

struct ledger_txn {
    struct map *rows; /* key → JSON */
};

void ledger_put(struct ledger_txn *t, enum ledger_kind kind, const char *key,
                const char *json)
{
    assert_int_equal(kind, LEDGER_ALERT);
    free(map_put(t->rows, bytes_of(key), strdup(json)));
}

void ledger_drop(struct ledger_txn *t, enum ledger_kind kind, const char *key)
{
    assert_int_equal(kind, LEDGER_ALERT);
    free(map_remove(t->rows, bytes_of(key)));
}

/* ---- rules ---- */

static struct rule_group group = {
    .name = "g", .file = "f", .interval = 15 * NSEC_PER_SEC};

struct fixture {
    struct arena *arena;
    struct book *book;
    struct ledger_txn ledger;
    struct rule rule;
    const struct rule *rules[2];
    struct rule_group group;
    const struct rule_group *groups[1];
    struct rules all;
    struct buf told;
    bool is_known, is_gone;
    const char
        *removed;  /* what this element is about is configured no more; NULL: none */
    size_t slices; /* that the newest result took */
};

static void tell(void *ctx, struct alert *a, enum change change)
{
    struct fixture *f = ctx;
    const char *target = labels_get(a->labels, "t");
    buf_printf(&f->told, "%s:%s ", target ? target : "-", change_name(change));
}

static const struct annotation *text(struct fixture *f, const char *template)
{
    return annotation_compile(f->arena, template, NULL, NULL);
}

static struct rule_texts texts(struct fixture *f, const char *name, const char *template)
{
    struct rule_text *item = arena_alloc(f->arena, sizeof(*item));
    *item = (struct rule_text){name, text(f, template)};
    return (struct rule_texts){item, 1};
}

static void adopt(struct fixture *f, bool has_rule, int at)
{
    f->rules[0] = &f->rule;
    f->group = group;
    f->group.rules = f->rules;
    f->group.count = has_rule;
    f->groups[0] = &f->group;
    f->rule.group = &f->group;
    f->all = (struct rules){.groups = f->groups, .count = 1};
    book_adopt(f->book, &f->all, (struct wall){at * NSEC_PER_SEC}, &f->ledger);
}

static void start(struct fixture *f)
{
    *f = (struct fixture){.arena = arena_create(0),
                          .ledger = {map_create()},
                          .is_known = true,
                          .told = BUF_MAX(10000)};
    f->book = book_create(tell, f);
    f->rule = (struct rule){
        .name = "Down",
        .id = "f/g/Down",
        .expr_text = "up == 0",
        .canonical = "1",
        .labels = texts(f, "severity", "critical"),
        .annotations = texts(f, "summary", "{{ $labels.t }} is {{ $value }}"),
        .no_data_after = 45 * NSEC_PER_SEC,
    };
    adopt(f, true, 0);
}

static void finish(struct fixture *f)
{
    book_destroy(f->book);
    for (const struct map_entry *x = NULL; (x = map_next(f->ledger.rows, x));)
        free(x->value);
    map_destroy(f->ledger.rows);
    buf_finish(&f->told);
    arena_destroy(f->arena);
}

/* "a=1 b=2": elements t="a" of value 1 … */
static struct promql_result result_of(struct fixture *f, const char *spec)
{
    struct promql_series *items = arena_alloc(f->arena, 20 * sizeof(*items));
    struct promql_result r = {.type = PROMQL_VECTOR, .items = items};
    struct bytes rest = bytes_of(spec), word, name;
    while (bytes_token(&rest, ' ', &word)) {
        struct label *labels = arena_alloc(f->arena, 2 * sizeof(*labels));
        struct point *point = arena_alloc(f->arena, sizeof(*point));
        assert_true(bytes_token(&word, '=', &name));
        assert_true(bytes_to_double(word, &point->value));
        labels[0] = (struct label){"__name__", "up"};
        labels[1] = (struct label){"t", arena_strndup(f->arena, name.ptr, name.len)};
        items[r.count++] = (struct promql_series){{labels, 2}, point, 1};
    }
    return r;
}

static bool known(void *ctx, const struct rule *rule, struct labels labels)
{
    return ((struct fixture *)ctx)->is_known;
}

static bool gone(void *ctx, const struct rule *rule, struct labels labels)
{
    return ((struct fixture *)ctx)->is_gone;
}

static bool is_removed(void *ctx, const struct rule *rule, struct labels labels)
{
    const char *removed = ((struct fixture *)ctx)->removed;
    return removed && !strcmp(labels_get(labels, "t"), removed);
}

static bool at_once(void *ctx)
{
    return true;
}

static bool apply_outcome(struct fixture *f, int at, struct rule_outcome *o,
                          struct err *e)
{
    const struct coverage_view view = {f, known, gone, is_removed};
    buf_clear(&f->told);
    struct book_pass *p = book_pass_begin(
        f->book, o, &view, (struct wall){at * NSEC_PER_SEC}, &f->ledger, e);
    f->slices = 1;
    while (p && !book_pass_go(p, &(struct slice){.is_over = at_once}))
        f->slices++;
    return book_pass_end(p, e);
}

/* In the smallest slices: it comes to the same. */
static bool apply(struct fixture *f, int at, const char *spec, const char *resolve,
                  struct err *e)
{
    struct rule_outcome o = {
        .rule = &f->rule, .result = result_of(f, spec), .resolve = result_of(f, resolve)};
    return apply_outcome(f, at, &o, e);
}

static void expect(struct fixture *f, int at, const char *spec, const char *told)
{
    struct err e = {0};
    if (!apply(f, at, spec, "", &e))
        fail_msg("at %d: %s", at, e.text);
    if (strcmp(buf_text(&f->told), told) != 0)
        fail_msg("at %d: '%s' instead of '%s'", at, buf_text(&f->told), told);
}

static void find_first(void *ctx, struct alert *a)
{
    struct alert **first = ctx;
    *first = *first ? *first : a;
}

static struct alert *first_alert(struct fixture *f)
{
    struct alert *a = NULL;
    book_each(f->book, find_first, &a);
    return a;
}

/* A new process: the book is made anew from the rows. */
static void restart(struct fixture *f)
{
    struct err e;
    book_destroy(f->book);
    f->book = book_create(tell, f);
    for (const struct map_entry *x = NULL; (x = map_next(f->ledger.rows, x));) {
        if (!book_restore(f->book, x->key, x->value, &e))
            fail_msg("%s", e.text);
    }
}

/* ---- stories ---- */

static void elements_become_alerts(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    expect(&f, 10, "b=2 a=1", "a:fired b:fired ");
    const struct alert *a = first_alert(&f);
    struct buf labels = BUF_MAX(200);
    labels_print(a->labels, &labels);
    assert_string_equal(buf_text(&labels),
                        "alertname=\"Down\",severity=\"critical\",t=\"a\"");
    assert_string_equal(labels_get(a->annotations, "summary"), "a is 1");
    assert_int_equal(strlen(a->key), 40);
    assert_ptr_equal(book_find(f.book, a->key), a);
    assert_int_equal(map_count(f.ledger.rows), 2);

    expect(&f, 25, "b=2 a=7 c=1", "c:fired ");
    assert_string_equal(labels_get(first_alert(&f)->annotations, "summary"), "a is 7");
    expect(&f, 40, "c=1", "a:resolved b:resolved ");
    assert_int_equal(book_count(f.book, ALERT_FIRING), 1);
    assert_int_equal(book_count(f.book, ALERT_RESOLVED), 2);
    buf_finish(&labels);
    finish(&f);
}

static void what_ended_is_forgotten(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    expect(&f, 10, "a=1 b=1", "a:fired b:fired ");
    alert_hold(first_alert(&f));
    expect(&f, 20, "", "a:resolved b:resolved ");
    book_expire(f.book, (struct wall){919 * NSEC_PER_SEC}, &f.ledger, NULL);
    assert_int_equal(book_count(f.book, ALERT_RESOLVED), 2);
    book_expire(f.book, (struct wall){920 * NSEC_PER_SEC}, &f.ledger, NULL);
    assert_int_equal(book_count(f.book, ALERT_RESOLVED), 1);
    assert_int_equal(map_count(f.ledger.rows), 1);
    alert_release(f.book, first_alert(&f));
    book_expire(f.book, (struct wall){921 * NSEC_PER_SEC}, &f.ledger, NULL);
    assert_int_equal(map_count(f.ledger.rows), 0);
    finish(&f);
}

static void pending_leaves_no_row(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    f.rule.hold_for = 30 * NSEC_PER_SEC;
    expect(&f, 0, "a=1", "a:pending ");
    assert_int_equal(map_count(f.ledger.rows), 1);
    expect(&f, 15, "", "a:dropped ");
    assert_int_equal(map_count(f.ledger.rows), 0);
    assert_null(first_alert(&f));
    finish(&f);
}

static void unknown_is_held(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    expect(&f, 0, "a=1", "a:fired ");
    f.is_known = false;
    expect(&f, 15, "", "a:held ");
    expect(&f, 30, "", "");
    f.is_known = true;
    expect(&f, 45, "", "a:resolved ");
    finish(&f);
}

static void nan_is_unknown(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    expect(&f, 0, "a=NaN", "");
    assert_null(first_alert(&f));
    expect(&f, 15, "a=1", "a:fired ");
    expect(&f, 30, "a=NaN", "a:held ");
    assert_string_equal(labels_get(first_alert(&f)->annotations, "summary"), "a is 1");
    expect(&f, 45, "a=1", "");
    finish(&f);
}

static void no_data_can_alert(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    f.rule.no_data = NO_DATA_ALERT;
    f.is_known = false;
    expect(&f, 0, "", "-:pending ");
    expect(&f, 45, "", "-:fired ");
    assert_string_equal(labels_get(first_alert(&f)->labels, "no_data"), "true");
    f.is_known = true;
    expect(&f, 60, "a=1", "a:fired -:resolved ");
    finish(&f);
}

static void hysteresis_holds(void **state)
{
    const struct promql *any = (const void *)"";
    struct fixture f;
    struct err e;
    (void)state;
    start(&f);
    f.rule.resolve_when = any;
    expect(&f, 0, "a=1 b=1", "a:fired b:fired ");
    expect(&f, 15, "", "");
    assert_true(apply(&f, 30, "", "b=0.3", &e));
    assert_string_equal(buf_text(&f.told), "b:resolved ");
    f.is_gone = true;
    expect(&f, 45, "", "a:resolved ");
    finish(&f);
}

static void a_rule_that_fails_moves_nothing(void **state)
{
    struct fixture f;
    struct err e;
    (void)state;
    start(&f);
    expect(&f, 0, "a=1", "a:fired ");
    assert_false(apply(&f, 15, "b=1 b=2", "", &e));
    assert_non_null(strstr(e.text, "two elements have the same labels {alertname"));
    f.group.limit = 1;
    assert_false(apply(&f, 30, "b=1 c=2", "", &e));
    assert_string_equal(e.text, "the rule gives 2 alerts, and its group allows 1");
    assert_string_equal(buf_text(&f.told), "");
    assert_int_equal(book_count(f.book, ALERT_FIRING), 1);
    expect(&f, 45, "a=1", "");
    finish(&f);
}

/* Alerts number first … first + count - 1, in slices of one. */
static bool apply_many(struct fixture *f, int at, int first, int count, struct err *e)
{
    const size_t size = (size_t)count * sizeof(struct promql_series);
    struct promql_series *items = arena_alloc(f->arena, size);
    for (int i = 0; i < count; i++) {
        struct label *label = arena_alloc(f->arena, sizeof(*label));
        struct point *point = arena_alloc(f->arena, sizeof(*point));
        *label = (struct label){"t", arena_printf(f->arena, "%06d", first + i)};
        items[i] = (struct promql_series){{label, 1}, point, 1};
    }
    struct rule_outcome o = {
        .rule = &f->rule,
        .result = {.type = PROMQL_VECTOR, .items = items, .count = (size_t)count}};
    return apply_outcome(f, at, &o, e);
}

/* Those that it has already take no room; looking for them is done in slices, too, and only where it decides. */
static void a_full_book_takes_all_or_nothing(void **state)
{
    enum { MANY = BOOK_MAX_ALERTS / 2 + 1 };
    struct fixture f;
    struct err e;
    (void)state;
    start(&f);
    assert_true(apply_many(&f, 0, 0, MANY, &e));
    assert_in_range(f.slices, MANY, 3 * MANY); /* each applied, put as not absent, kept */
    buf_clear(&f.told);
    assert_false(apply_many(&f, 15, MANY, MANY, &e));
    assert_string_equal(e.text, "there would be more than 50000 alerts");
    assert_string_equal(buf_text(&f.told), "");
    assert_int_equal(book_count(f.book, ALERT_FIRING), MANY);
    assert_in_range(f.slices, MANY, MANY + 1);
    const size_t before = f.slices;
    assert_true(apply_many(&f, 30, 0, MANY, &e));
    assert_in_range(f.slices, before + 2 * MANY, before + 4 * MANY);
    finish(&f);
}

static void a_restart_tells_nothing_again(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    f.rule.hold_for = 60 * NSEC_PER_SEC;
    expect(&f, 0, "a=1 b=1", "a:pending b:pending ");
    expect(&f, 40, "a=1 b=1", "");
    f.rule.hold_for = 0;
    expect(&f, 41, "a=1 b=1 c=inf", "a:fired b:fired c:fired ");
    f.rule.hold_for = 60 * NSEC_PER_SEC;
    expect(&f, 45, "a=1 b=1 c=1 d=1", "d:pending ");
    expect(&f, 80, "a=1 b=1 c=1 d=1", "");
    restart(&f);
    adopt(&f, true, 300);
    assert_string_equal(labels_get(first_alert(&f)->annotations, "summary"), "a is 1");
    assert_true(first_alert(&f)->status.is_unconfirmed);
    f.is_known = false;
    expect(&f, 300, "", "a:held b:held c:held ");
    f.is_known = true;
    expect(&f, 315, "a=1 c=1 d=1", "b:resolved ");
    expect(&f, 339, "a=1 c=1 d=1", "");
    expect(&f, 340, "a=1 c=1 d=1", "d:fired ");
    finish(&f);
}

static void a_clean_stop_saves_what_was_earned(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    f.rule.hold_for = 60 * NSEC_PER_SEC;
    expect(&f, 0, "a=1", "a:pending ");
    expect(&f, 15, "a=1", "");
    expect(&f, 29, "a=1", "");
    book_save(f.book, (struct wall){29 * NSEC_PER_SEC}, &f.ledger);
    restart(&f);
    adopt(&f, true, 100);
    expect(&f, 100, "a=1", "");
    expect(&f, 130, "a=1", "");
    expect(&f, 131, "a=1", "a:fired ");
    finish(&f);
}

static void a_reload_keeps_and_removes(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    expect(&f, 0, "a=1", "a:fired ");
    f.rule.hold_for = 30 * NSEC_PER_SEC;
    expect(&f, 10, "a=1 b=1", "b:pending ");
    f.rule.canonical = "2"; /* the rule was edited */
    adopt(&f, true, 35);
    expect(&f, 45, "a=1 b=1", "");
    expect(&f, 65, "a=1 b=1", "b:fired ");
    buf_clear(&f.told);
    adopt(&f, false, 70);
    assert_string_equal(buf_text(&f.told), "a:resolved b:resolved ");
    assert_string_equal(first_alert(&f)->status.end_reason, "removed");
    assert_null(first_alert(&f)->rule);
    struct err e;
    assert_false(apply(&f, 75, "a=1", "", &e));
    restart(&f);
    assert_int_equal(book_count(f.book, ALERT_RESOLVED), 2);
    adopt(&f, true, 80);
    assert_string_equal(first_alert(&f)->status.end_reason, "removed");
    expect(&f, 80, "a=1", "a:pending ");
    finish(&f);
}

static bool is_about_removed(void *ctx, const struct alert *a)
{
    return is_removed(ctx, a->rule, a->labels);
}

static void what_an_alert_is_about_can_be_removed(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    f.rule.keep_firing_for = 60 * NSEC_PER_SEC;
    expect(&f, 0, "a=1 b=1", "a:fired b:fired ");
    f.removed = "a";
    buf_clear(&f.told);
    adopt(&f, true, 10);
    book_end(f.book, is_about_removed, &f, (struct wall){10 * NSEC_PER_SEC}, &f.ledger);
    assert_string_equal(buf_text(&f.told), "a:resolved ");
    assert_string_equal(first_alert(&f)->status.end_reason, "removed");
    assert_ptr_equal(first_alert(&f)->rule, &f.rule);
    expect(&f, 15, "a=1 b=1", ""); /* whatever the rule still reads */
    restart(&f);
    adopt(&f, true, 20);
    assert_string_equal(first_alert(&f)->status.end_reason, "removed");
    expect(&f, 20, "a=1 b=1", "");
    f.removed = NULL;
    expect(&f, 30, "a=1 b=1", "a:fired ");
    f.rule.hold_for = 60 * NSEC_PER_SEC;
    expect(&f, 40, "a=1 b=1 c=1", "c:pending ");
    f.removed = "c";
    buf_clear(&f.told);
    book_end(f.book, is_about_removed, &f, (struct wall){50 * NSEC_PER_SEC}, &f.ledger);
    assert_string_equal(buf_text(&f.told), "c:dropped ");
    assert_int_equal(map_count(f.ledger.rows), 2);
    finish(&f);
}

static void bad_rows_are_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"rule\":\"r\",\"labels\":{},\"annotations\":{}}",
        "{\"rule\":\"r\",\"labels\":{\"a\":1},\"annotations\":{},\"state\":\"firing\"}",
        "{\"rule\":\"r\",\"labels\":{\"a\":\"1\"},\"annotations\":{},\"state\":"
        "\"firing\"}",
    };
    struct fixture f;
    (void)state;
    start(&f);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err e = {0};
        assert_false(book_restore(f.book, "0123", rows[i], &e));
        assert_true(*e.text);
    }
    finish(&f);
}

static void strange_bytes_are_replaced(void **state)
{
    struct fixture f;
    (void)state;
    start(&f);
    expect(&f, 0, "\xff=1", "\xEF\xBF\xBD:fired ");
    restart(&f);
    adopt(&f, true, 10);
    assert_string_equal(labels_get(first_alert(&f)->labels, "t"), "\xEF\xBF\xBD");
    finish(&f);
}

static void fingerprints_are_those_of_prometheus(void **state)
{
    static const struct label items[] = {{"a", "b"}};
    (void)state;
    /* FNV-1a of nothing, and of a 0xff b 0xff. */
    assert_true(alert_fingerprint((struct labels){0}) == UINT64_C(0xcbf29ce484222325));
    assert_true(alert_fingerprint((struct labels){items, 1}) ==
                bytes_hash64((struct bytes){"a\xff"
                                            "b\xff",
                                            4}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_become_alerts),
        cmocka_unit_test(what_ended_is_forgotten),
        cmocka_unit_test(pending_leaves_no_row),
        cmocka_unit_test(unknown_is_held),
        cmocka_unit_test(nan_is_unknown),
        cmocka_unit_test(no_data_can_alert),
        cmocka_unit_test(hysteresis_holds),
        cmocka_unit_test(a_rule_that_fails_moves_nothing),
        cmocka_unit_test(a_full_book_takes_all_or_nothing),
        cmocka_unit_test(a_restart_tells_nothing_again),
        cmocka_unit_test(a_clean_stop_saves_what_was_earned),
        cmocka_unit_test(a_reload_keeps_and_removes),
        cmocka_unit_test(what_an_alert_is_about_can_be_removed),
        cmocka_unit_test(bad_rows_are_refused),
        cmocka_unit_test(strange_bytes_are_replaced),
        cmocka_unit_test(fingerprints_are_those_of_prometheus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
