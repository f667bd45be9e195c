/* SPDX-License-Identifier: Apache-2.0 */
/* What people ask of the overlay and are refused, with what words; rows that come back broken; what is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "overlay_fixture.h"

static const struct routing nothing = {0};

static void test_silences_that_are_refused(void **ctx)
{
    static const struct {
        const char *matchers, *id;
        int starts, ends;
        const char *why;
    } cases[] = {
        {"a=b", "", 0, 10, ""},
        {"a=b", "", 5, 10, ""},
        {"a=b", "", 0, 0, "has to end in the future"},
        {"a=b", "", 0, -5, "has to end in the future"},
        {"a=b", "", 20, 10, "after it starts"},
        {"", "", 0, 10, "silence everything"},
        {"a=~\".*\"", "", 0, 10, "silence everything"},
        {"a!=b", "", 0, 10, "silence everything"},
        {"a=~\".+\"", "", 0, 10, ""},
        {"a=b", "12345678", 0, 10, "no silence '12345678'"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world w;
        world_open(&w, &nothing);
        struct err e = {0};
        const struct silence s = {.id = cases[i].id,
                                  .matchers = matchers_of(&w, cases[i].matchers),
                                  .starts = cases[i].starts ? at_second(cases[i].starts)
                                                            : (struct wall){0},
                                  .ends = at_second(cases[i].ends)};
        const char *id = silence_put(w.overlay, &s, at_second(0), &w.ledger, &e);
        if (!id != !!*cases[i].why || !strstr(e.text, cases[i].why))
            fail_msg("%s: '%s'", cases[i].matchers, e.text);
        assert_int_equal(map_count(w.ledger.rows), id ? 1 : 0);
        world_close(&w);
    }
}

static void count_silence(void *ctx, const struct silence *s)
{
    ++*(int *)ctx;
}

static void test_silences_are_bounded_replaced_and_forgotten(void **ctx)
{
    struct world w;
    struct err e = {0};
    world_open(&w, &nothing);
    struct silence s = {.matchers = matchers_of(&w, "a=b"), .ends = at_second(60)};
    const char *id = NULL;
    for (int i = 0; i < SILENCES_MAX; i++) {
        id = silence_put(w.overlay, &s, at_second(0), &w.ledger, &e);
        assert_non_null(id);
    }
    assert_null(silence_put(w.overlay, &s, at_second(0), &w.ledger, &e));
    assert_non_null(strstr(e.text, "there are 1000"));

    s.id = id;
    s.comment = "longer";
    s.ends = at_second(120);
    assert_non_null(silence_put(w.overlay, &s, at_second(1), &w.ledger, &e));
    assert_int_equal(map_count(w.ledger.rows), SILENCES_MAX);

    const int keep = (int)(SILENCE_KEEP_ENDED / NSEC_PER_SEC);
    overlay_expire(w.overlay, at_second(keep + 59), &w.ledger);
    assert_int_equal(map_count(w.ledger.rows), SILENCES_MAX);
    overlay_expire(w.overlay, at_second(keep + 60), &w.ledger);
    assert_int_equal(map_count(w.ledger.rows), 1);
    int count = 0;
    silence_each(w.overlay, count_silence, &count);
    assert_int_equal(count, 1);
    world_close(&w);
}

static void test_silences_that_cannot_be_expired(void **ctx)
{
    struct world w;
    struct err e = {0};
    world_open(&w, &nothing);
    assert_false(silence_expire(w.overlay, "nope", at_second(0), &w.ledger, &e));
    assert_non_null(strstr(e.text, "healthctl silence list"));
    const struct silence s = {.matchers = matchers_of(&w, "a=b"), .ends = at_second(60)};
    const char *id = silence_put(w.overlay, &s, at_second(0), &w.ledger, &e);
    assert_true(silence_expire(w.overlay, id, at_second(1), &w.ledger, &e));
    assert_false(silence_expire(w.overlay, id, at_second(2), &w.ledger, &e));
    assert_non_null(strstr(e.text, "ended already"));
    world_close(&w);
}

static void test_acks_that_are_refused(void **ctx)
{
    struct world w;
    struct err e = {0};
    world_open(&w, &nothing);
    struct ack a = {.alert_key = "cart", .at = at_second(0)};
    assert_false(ack_put(w.overlay, &a, &w.ledger, &e));
    assert_non_null(strstr(e.text, "no such alert fires"));
    alert_set(&w, "cart", ALERT_FIRING, at_second(0));
    a.until = at_second(-1);
    assert_false(ack_put(w.overlay, &a, &w.ledger, &e));
    assert_non_null(strstr(e.text, "future"));

    a.until = (struct wall){0};
    assert_true(ack_put(w.overlay, &a, &w.ledger, &e));
    const struct alert *cart = book_find(&w.book, "cart");
    assert_string_equal(ack_of(w.overlay, cart, at_second(1))->severity, "critical");
    a.severity = "warning"; /* what it was taken at: it has become worse since */
    assert_true(ack_put(w.overlay, &a, &w.ledger, &e));
    assert_null(ack_of(w.overlay, cart, at_second(1)));
    ack_clear(w.overlay, "cart", &w.ledger);
    ack_clear(w.overlay, "cart", &w.ledger);
    assert_int_equal(map_count(w.ledger.rows), 0);
    world_close(&w);
}

static void test_acks_are_forgotten_with_what_they_were_of(void **ctx)
{
    struct world w;
    struct err e = {0};
    world_open(&w, &nothing);
    alert_set(&w, "cart", ALERT_FIRING, at_second(0));
    alert_set(&w, "cache", ALERT_FIRING, at_second(0));
    const struct ack cart = {.alert_key = "cart", .at = at_second(1)};
    const struct ack cache = {.alert_key = "cache", .at = at_second(1)};
    assert_true(ack_put(w.overlay, &cart, &w.ledger, &e));
    assert_true(ack_put(w.overlay, &cache, &w.ledger, &e));
    alert_set(&w, "cart", ALERT_RESOLVED, at_second(2));
    overlay_expire(w.overlay, at_second(3), &w.ledger);
    assert_int_equal(map_count(w.ledger.rows), 1);
    overlay_expire(w.overlay, at_second(4 * 3600 + 1), &w.ledger);
    assert_int_equal(map_count(w.ledger.rows), 0);
    world_close(&w);
}

static void test_deploys(void **ctx)
{
    struct world w;
    struct err e = {0};
    char long_text[DEPLOY_TEXT_MAX + 2] = {0};
    memset(long_text, 'x', sizeof(long_text) - 1);
    world_open(&w, &nothing);
    assert_false(deploy_end(w.overlay, "nope", false, "", at_second(0), &w.ledger, &e));
    assert_non_null(strstr(e.text, "no deploy 'nope'"));
    assert_null(deploy_begin(w.overlay, &(struct deploy){.what = long_text}, at_second(0),
                             &w.ledger, &e));
    const struct alert *cart = book_find(&w.book, "cart");
    assert_null(deploy_last(w.overlay, cart->labels));
    const char *first = NULL;
    for (int i = 0; i < DEPLOYS_MAX + 5; i++) {
        const struct deploy d = {.what = i % 2 ? "shop" : "cart", .release = "r"};
        const char *id = deploy_begin(w.overlay, &d, at_second(i), &w.ledger, &e);
        assert_non_null(id);
        if (first)
            deploy_end(w.overlay, id, false, "", at_second(i), &w.ledger, &e);
        first = first ? first : arena_strdup(w.arena, id);
    }
    assert_int_equal(map_count(w.ledger.rows), DEPLOYS_MAX);
    assert_non_null(deploy_find(w.overlay, first)); /* it is under way */
    const struct deploy *last = deploy_last(w.overlay, cart->labels);
    assert_int_equal(last->begun.ns, at_second(DEPLOYS_MAX + 4).ns);
    assert_null(deploy_last(w.overlay, book_find(&w.book, "host")->labels));

    const struct deploy scoped = {.scope = matchers_of(&w, "probe=host"),
                                  .start_period = NSEC_PER_HOUR};
    const char *id = deploy_begin(w.overlay, &scoped, at_second(900), &w.ledger, &e);
    assert_non_null(deploy_last(w.overlay, book_find(&w.book, "host")->labels));
    assert_true(deploy_end(w.overlay, id, false, "", at_second(910), &w.ledger, &e));
    assert_int_equal(deploy_find(w.overlay, id)->hold_until.ns, at_second(910 + 300).ns);
    assert_false(deploy_end(w.overlay, id, false, "", at_second(911), &w.ledger, &e));
    world_close(&w);
}

static void keep_order(void *ctx, const struct deploy *d)
{
    buf_add_text(ctx, d->id);
}

/* The rows come by key, not by time. */
static void test_deploys_keep_their_order_over_a_restart(void **ctx)
{
    static const struct {
        const char *id;
        int begun, ended;
    } rows[] = {{"a", 30, 40}, {"b", 10, 0}, {"c", 20, 25}};
    struct world w;
    struct err e = {0};
    struct buf order = BUF_MAX(64);
    world_open(&w, &nothing);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *json =
            arena_printf(w.arena, "{\"what\":\"shop\",\"begun\":%jd,\"ended\":%jd}",
                         (intmax_t)at_second(rows[i].begun).ns,
                         (intmax_t)(rows[i].ended ? at_second(rows[i].ended).ns : 0));
        if (!overlay_restore(w.overlay, LEDGER_DEPLOY, rows[i].id, json, at_second(50),
                             &e))
            fail_msg("%s", e.text);
    }
    deploy_each(w.overlay, keep_order, &order);
    assert_string_equal(buf_text(&order), "bca");
    buf_finish(&order);

    const struct deploy more = {.what = "shop"};
    for (int i = 0; i < DEPLOYS_MAX - 1; i++)
        assert_non_null(deploy_begin(w.overlay, &more, at_second(60), &w.ledger, &e));
    assert_non_null(deploy_find(w.overlay, "b")); /* the oldest, and under way */
    assert_null(deploy_find(w.overlay, "c"));
    assert_null(deploy_find(w.overlay, "a"));
    assert_null(deploy_begin(w.overlay, &more, at_second(60), &w.ledger, &e));
    assert_non_null(strstr(e.text, "200 deploys are under way"));
    /* An hour later its end was lost. */
    assert_non_null(deploy_begin(w.overlay, &more, at_second(3700), &w.ledger, &e));
    assert_null(deploy_find(w.overlay, "b"));
    world_close(&w);
}

static void test_broken_rows_are_refused(void **ctx)
{
    static const struct {
        enum ledger_kind kind;
        const char *json;
    } rows[] = {
        {LEDGER_SILENCE, "{"},
        {LEDGER_SILENCE, "[]"},
        {LEDGER_SILENCE, "{}"},
        {LEDGER_SILENCE, "{\"ends\": 5, \"matchers\": [[\"a\", \"~\", \"b\"]]}"},
        {LEDGER_SILENCE, "{\"ends\": 5, \"matchers\": [[\"a\", \"=~\", \"(\"]]}"},
        {LEDGER_SILENCE, "{\"ends\": 5, \"matchers\": [7]}"},
        {LEDGER_ACK, "7"},
        {LEDGER_DEPLOY, "\"x\""},
        {LEDGER_DEPLOY, "{\"scope\": [[1, 2, 3]]}"},
        {LEDGER_LANE, "{}"},
    };
    struct world w;
    world_open(&w, &nothing);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err e = {0};
        if (overlay_restore(w.overlay, rows[i].kind, "k", rows[i].json, (struct wall){0},
                            &e) ||
            !*e.text)
            fail_msg("%s: %s", rows[i].json, e.text);
    }
    world_close(&w);
}

static bool is_probe(void *ctx, const char *name)
{
    return !strcmp(name, "payload");
}

static bool is_alert(void *ctx, const char *name)
{
    return !strcmp(name, "ProbeDown");
}

static void test_targets(void **ctx)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"payload", "{probe=\"payload\"}"},
        {"ProbeDown", "{alertname=\"ProbeDown\"}"},
        {"component=shop", "{component=\"shop\"}"},
        {"{a=~\"b|c\", d!=e}", "{a=~\"b|c\",d!=\"e\"}"},
        {"paylod", "no probe and no alert named 'paylod'"},
        {"a=~(", "matcher of 'a'"},
    };
    const struct target_names names = {.is_probe = is_probe, .is_alert = is_alert};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct matchers m = {0};
        struct err e = {0};
        struct buf text = BUF_MAX(1024);
        if (target_parse(arena, cases[i].text, &names, &m, &e))
            matchers_print(m, &text);
        if (strcmp(buf_text(&text), cases[i].want) && !strstr(e.text, cases[i].want))
            fail_msg("%s: '%s' '%s'", cases[i].text, buf_text(&text), e.text);
        buf_finish(&text);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silences_that_are_refused),
        cmocka_unit_test(test_silences_are_bounded_replaced_and_forgotten),
        cmocka_unit_test(test_silences_that_cannot_be_expired),
        cmocka_unit_test(test_acks_that_are_refused),
        cmocka_unit_test(test_acks_are_forgotten_with_what_they_were_of),
        cmocka_unit_test(test_deploys),
        cmocka_unit_test(test_deploys_keep_their_order_over_a_restart),
        cmocka_unit_test(test_broken_rows_are_refused),
        cmocka_unit_test(test_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
