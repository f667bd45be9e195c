/* SPDX-License-Identifier: Apache-2.0 */
/* Which probes were configured before: over configurations, over starts, and not for ever. The ledger is a map of the test's
 * own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "alerts/roster.h"
#include "lib/base/bytes.h"
#include "lib/base/map.h"
#include "lib/query/history.h"

#define START (1000000 * NSEC_PER_SEC)

struct ledger_txn {
    struct map *rows; /* name → JSON */
};

void ledger_put(struct ledger_txn *t, enum ledger_kind kind, const char *key,
                const char *json)
{
    assert_int_equal(kind, LEDGER_PROBE);
    free(map_put(t->rows, bytes_of(key), strdup(json)));
}

void ledger_drop(struct ledger_txn *t, enum ledger_kind kind, const char *key)
{
    assert_int_equal(kind, LEDGER_PROBE);
    free(map_remove(t->rows, bytes_of(key)));
}

static void adopt(struct roster *r, struct ledger_txn *txn, const char *names, nsec at)
{
    const char *items[8];
    char copy[200];
    size_t count = 0;
    snprintf(copy, sizeof(copy), "%s", names);
    for (char *at_name = copy, *end; *at_name; at_name = end) {
        end = at_name + strcspn(at_name, " ");
        end += *end ? (*end = 0, 1) : 0;
        items[count++] = at_name;
    }
    roster_adopt(r, (struct texts){items, count}, (struct wall){START + at}, txn);
}

static void add_name(void *ctx, const struct roster_name *name)
{
    buf_printf(ctx, "%s@%d ", name->text,
               (int)((name->gone_at.ns - START) / NSEC_PER_SEC));
}

static void gone_are(const struct roster *r, const char *expected)
{
    struct buf out = BUF_MAX(100000);
    roster_each_gone(r, add_name, &out);
    assert_string_equal(buf_text(&out), expected);
    buf_finish(&out);
}

static struct roster *start_again(struct roster *r, const struct ledger_txn *txn)
{
    struct err e = {0};
    roster_destroy(r);
    r = roster_create();
    for (const struct map_entry *x = NULL; (x = map_next(txn->rows, x));)
        assert_true(roster_restore(r, x->key, x->value, &e));
    return r;
}

static void rows_free(struct ledger_txn *txn)
{
    for (const struct map_entry *x = NULL; (x = map_next(txn->rows, x));)
        free(x->value);
    map_destroy(txn->rows);
}

static void names_come_and_go(void **state)
{
    static const struct {
        int at; /* seconds */
        const char *configured, *gone;
        bool is_start;
    } steps[] = {
        {0, "a b c", "", false},
        {10, "a c", "b@10 ", false},
        {20, "a c", "b@10 ", true},
        {30, "c", "a@30 b@10 ", true}, /* taken out while healthd was away */
        {40, "b c d", "a@30 ", false}, /* it comes back */
        {50, "", "a@30 b@50 c@50 d@50 ", true},
        {60, "a b c d", "", true},
    };
    struct ledger_txn txn = {map_create()};
    struct roster *r = roster_create();
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (steps[i].is_start)
            r = start_again(r, &txn);
        adopt(r, &txn, steps[i].configured, steps[i].at * NSEC_PER_SEC);
        gone_are(r, steps[i].gone);
    }
    assert_null(roster_gone(r, "a"));
    assert_null(roster_gone(r, "never"));
    adopt(r, &txn, "b", 70 * NSEC_PER_SEC);
    assert_string_equal(roster_gone(r, "a")->text, "a");
    roster_destroy(r);
    rows_free(&txn);
}

static void what_no_rule_reaches_is_forgotten(void **state)
{
    struct ledger_txn txn = {map_create()};
    struct roster *r = roster_create();
    adopt(r, &txn, "a b", 0);
    adopt(r, &txn, "a", NSEC_PER_SEC);
    adopt(r, &txn, "a", HISTORY_ROLLUP_KEEP);
    assert_non_null(roster_gone(r, "b"));
    adopt(r, &txn, "a", HISTORY_ROLLUP_KEEP + NSEC_PER_SEC);
    assert_null(roster_gone(r, "b"));
    assert_int_equal(map_count(txn.rows), 1);
    roster_destroy(r);
    rows_free(&txn);
}

static void there_is_a_limit(void **state)
{
    struct ledger_txn txn = {map_create()};
    struct roster *r = roster_create();
    char name[40];
    for (int i = 0; i <= ROSTER_GONE_MAX + 1; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        adopt(r, &txn, name, i * NSEC_PER_SEC);
    }
    assert_null(roster_gone(r, "p0"));
    assert_non_null(roster_gone(r, "p1"));
    assert_int_equal(map_count(txn.rows), ROSTER_GONE_MAX + 1);
    roster_destroy(r);
    rows_free(&txn);
}

static void bad_rows_are_refused(void **state)
{
    struct roster *r = roster_create();
    struct err e = {0};
    assert_false(roster_restore(r, "a", "{", &e));
    assert_non_null(strstr(e.text, "the probe a of the last run"));
    assert_true(roster_restore(r, "a", "{}", &e));
    assert_true(roster_restore(r, "a", "{\"gone_at\":5}", &e)); /* the first counts */
    gone_are(r, "");
    roster_destroy(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_come_and_go),
        cmocka_unit_test(what_no_rule_reaches_is_forgotten),
        cmocka_unit_test(there_is_a_limit),
        cmocka_unit_test(bad_rows_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
