/* SPDX-License-Identifier: Apache-2.0 */
/* A notice goes to JSON and comes back the same, whatever is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "alerts/notice.h"
#include "lib/base/attr.h"

static const char *json_of(struct arena *arena, const struct notice *n)
{
    struct buf out = BUF_MAX(NOTICE_MAX_BYTES);
    notice_to_json(n, &out);
    assert_false(out.overflow);
    return arena_keep(arena, &out);
}

static const struct notice_alert alert = {
    .key = "k1",
    .fingerprint = 0x0123456789abcdef,
    .is_firing = true,
    .labels = {(const struct label[]){{"alertname", "Down"}, {"probe", "db \"1\"\r\n"}},
               2},
    .since = {1800000000000000001},
    .value = -0.5,
    .threshold = "> 0.9",
    .spark = (const double[]){1, NAN, 1e300},
    .spark_count = 3,
    .detail = "connection refused",
    .hides = (const char *const[]){"cache", "payload", NULL},
};
static const struct notice whole = {
    .id = 812,
    .kind = NOTICE_UPDATE,
    .receiver = "oncall",
    .dedup_key = "hd-0",
    .site = "shop",
    .severity = "critical",
    .common_labels = {(const struct label[]){{"alertname", "Down"}}, 1},
    .alerts = &alert,
    .alert_count = 1,
    .title = "Down \xC3\xA4",
    .is_drill = true,
    .made = {1800000000000000002},
};

static void every_member_comes_back(void **state UNUSED)
{
    struct arena *arena = arena_create(0);
    struct notice back;
    struct err e = {0};
    const char *json = json_of(arena, &whole);
    if (!notice_from_json(arena, bytes_of(json), &back, &e))
        fail_msg("%s in %s", e.text, json);
    assert_string_equal(json_of(arena, &back), json);
    assert_string_equal(json_of(arena, notice_copy(arena, &back)), json);
    assert_int_equal(back.kind, NOTICE_UPDATE);
    assert_int_equal(back.id, 812);
    assert_true(back.is_drill);
    assert_string_equal(back.runbook, "");
    const struct notice_alert *a = &back.alerts[0];
    assert_int_equal(a->fingerprint, alert.fingerprint);
    assert_int_equal(a->since.ns, alert.since.ns);
    assert_true(a->value == -0.5);
    assert_true(isnan(a->spark[1]));
    assert_string_equal(a->hides[1], "payload");
    assert_null(a->hides[2]);
    assert_string_equal(labels_get(a->labels, "probe"), "db \"1\"\r\n");
    arena_destroy(arena);
}

static void odd_texts_are_read(void **state UNUSED)
{
    static const struct {
        const char *json, *error; /* NULL: read */
    } cases[] = {
        {"{\"kind\":\"trigger\"}", NULL},
        {"{\"kind\":\"trigger\",\"of a later version\":{}}", NULL},
        {"{\"kind\":\"ack\",\"alerts\":{},\"title\":1,\"id\":[],\"made\":\"x\"}", NULL},
        {"{\"kind\":\"ack\",\"alerts\":[1,null,{\"labels\":[]}],\"truncated\":-5}", NULL},
        {"{\"kind\":\"ack\",\"alerts\":[{\"value\":1.5,\"spark\":[null,\"x\",2]}]}",
         NULL},
        {"{\"kind\":\"shout\"}", "there is no notice of the kind 'shout'"},
        {"{}", "there is no notice of the kind ''"},
        {"[]", "a notice is an object, not []"},
        {"", "a notice: empty, so no JSON"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct notice n = {0};
        struct err e = {0};
        const bool ok = notice_from_json(arena, bytes_of(cases[i].json), &n, &e);
        assert_string_equal(e.text, cases[i].error ? cases[i].error : "");
        assert_int_equal(ok, !cases[i].error);
        if (ok)
            assert_non_null(n.title);
        arena_destroy(arena);
    }
}

/* Whatever the size, what is written can be read. */
static void big_ones_are_cut(void **state UNUSED)
{
    static const struct {
        size_t alerts, text, labels; /* each with that many labels of that many bytes */
        size_t kept, truncated;
    } cases[] = {
        {100, 10, 1, 100, 0},   {101, 10, 1, 100, 1},      {1000, 10, 5, 100, 900},
        {2, 100000, 1, 2, 0},   {100, 100000, 40, 100, 0}, {100, 2000, 200, 100, 0},
        {3, 100000, 250, 3, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        char *value = arena_alloc(arena, cases[i].text + 1);
        memset(value, '\x01', cases[i].text); /* six bytes each */
        struct label *items = arena_alloc(arena, cases[i].labels * sizeof(*items));
        for (size_t j = 0; j < cases[i].labels; j++)
            items[j] = (struct label){arena_printf(arena, "l%03zu", j), value};
        const struct labels labels = {items, cases[i].labels};
        struct notice_alert *alerts =
            arena_alloc(arena, cases[i].alerts * sizeof(*alerts));
        for (size_t j = 0; j < cases[i].alerts; j++)
            alerts[j] = (struct notice_alert){.labels = labels, .detail = value};
        const struct notice n = {.common_labels = labels,
                                 .title = value,
                                 .alerts = alerts,
                                 .alert_count = cases[i].alerts};
        struct notice back;
        struct err e = {0};
        if (!notice_from_json(arena, bytes_of(json_of(arena, &n)), &back, &e))
            fail_msg("%zu: %s", i, e.text);
        assert_int_equal(back.alert_count, cases[i].kept);
        assert_int_equal(back.truncated, cases[i].truncated);
        arena_destroy(arena);
    }
}

static void kinds_have_names(void **state UNUSED)
{
    for (int i = NOTICE_TRIGGER; i <= NOTICE_TEST; i++) {
        enum notice_kind kind;
        const char *name = notice_kind_name((enum notice_kind)i);
        assert_true(notice_kind_from(bytes_of(name), &kind));
        assert_int_equal(kind, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_comes_back),
        cmocka_unit_test(odd_texts_are_read),
        cmocka_unit_test(big_ones_are_cut),
        cmocka_unit_test(kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
