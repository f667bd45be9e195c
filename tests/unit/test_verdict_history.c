/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered of verdicts, in memory: changes, time in each health, and what does not count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "collector/verdict_history.h"
#include "lib/base/attr.h"

#define START ((int64_t)20000 * 86400)
#define INTERVAL (10 * NSEC_PER_SEC)

struct run { /* seconds after START */
    int64_t at;
    enum health health, confirmed;
    enum origin origin;
};

static struct wall at(int64_t second)
{
    return (struct wall){(START + second) * NSEC_PER_SEC};
}

static struct verdict_history *tell(const struct run *runs, size_t count)
{
    struct verdict_history *h = verdict_history_create(NULL, NULL);
    struct wall since = {0};
    enum health before = HEALTH_UNKNOWN;
    for (size_t i = 0; i < count; i++) {
        if (runs[i].confirmed != before)
            since = at(runs[i].at);
        before = runs[i].confirmed;
        const struct verdict v = {
            .started = at(runs[i].at),
            .health = runs[i].health,
            .confirmed = runs[i].confirmed,
            .since = since,
            .origin = runs[i].origin,
            .reason = runs[i].health == HEALTH_DOWN ? REASON_REFUSED : REASON_NONE,
            .detail = runs[i].health == HEALTH_DOWN ? "nothing \"listens\" there" : ""};
        verdict_history_observe(h, "db", &v, INTERVAL);
    }
    return h;
}

static const struct tally *hour_of(const struct verdict_history *h)
{
    const struct verdict_record *r = verdict_history_find(h, "db");
    return availability_cell(&r->availability, WINDOW_DAY, START / 3600);
}

static void test_time_goes_to_the_confirmed_health(void **ctx)
{
    static const struct run runs[] = {
        {0, HEALTH_UP, HEALTH_UP, ORIGIN_SCHEDULED},
        {10, HEALTH_UP, HEALTH_UP, ORIGIN_SCHEDULED},
        {20, HEALTH_DOWN, HEALTH_UP, ORIGIN_SCHEDULED}, /* not believed yet */
        {25, HEALTH_DOWN, HEALTH_DOWN, ORIGIN_SCHEDULED},
        {40, HEALTH_UP, HEALTH_UP, ORIGIN_RUN_NOW},
    };
    struct verdict_history *h = tell(runs, ARRAY_LEN(runs));
    verdict_history_settle(h, at(45));
    assert_int_equal(30000, hour_of(h)->up_ms);
    assert_int_equal(15000, hour_of(h)->down_ms);
    assert_int_equal(5, hour_of(h)->runs);
    assert_int_equal(2, hour_of(h)->failed);
    const struct verdict_record *r = verdict_history_find(h, "db");
    assert_int_equal(3, r->change_count);
    assert_int_equal(HEALTH_DOWN, r->changes[1].health);
    assert_int_equal(at(25).ns, r->changes[1].at.ns);
    assert_string_equal("nothing \"listens\" there", r->changes[1].detail);
    verdict_history_destroy(h);
}

static void test_what_nobody_knows_counts_nowhere(void **ctx)
{
    static const struct run runs[] = {
        {0, HEALTH_UP, HEALTH_UP, ORIGIN_SCHEDULED},
        {10, HEALTH_UNKNOWN, HEALTH_UP, ORIGIN_SCHEDULED},
        {1800, HEALTH_UP, HEALTH_UP, ORIGIN_SCHEDULED}, /* nothing was asked meanwhile */
        {1805, HEALTH_DOWN, HEALTH_UP, ORIGIN_FLOW},    /* moves no state */
        {1810, HEALTH_UP, HEALTH_UP, ORIGIN_SCHEDULED},
    };
    struct verdict_history *h = tell(runs, ARRAY_LEN(runs));
    /* Two intervals and a minute after an answer it is still believed. */
    assert_int_equal(80000 + 10000, hour_of(h)->up_ms);
    assert_int_equal(0, hour_of(h)->down_ms);
    assert_int_equal(3, hour_of(h)->runs);
    verdict_history_settle(h, at(3000));
    assert_int_equal(80000 + 10000 + 80000, hour_of(h)->up_ms);
    verdict_history_settle(h, at(3000));
    assert_int_equal(80000 + 10000 + 80000, hour_of(h)->up_ms);
    verdict_history_destroy(h);
}

static void keep_text(void *ctx, struct buf *text, const struct err *e)
{
    assert_null(e);
    *(struct buf *)ctx = *text;
    *text = BUF_MAX(0);
}

static void test_reads_what_memory_has(void **ctx)
{
    static const struct run runs[] = {
        {0, HEALTH_UP, HEALTH_UP, ORIGIN_SCHEDULED},
        {36, HEALTH_DOWN, HEALTH_DOWN, ORIGIN_SCHEDULED},
    };
    struct verdict_history *h = tell(runs, ARRAY_LEN(runs));
    struct buf text = BUF_MAX(0);
    verdict_history_read(h, "db", at(10), at(40), keep_text, &text);
    const char *json = buf_text(&text);
    assert_non_null(strstr(json,
                           "\"kept\":\"memory\",\"changes\":[{\"at\":\"2024-10-04T00:"
                           "00:36.000Z\",\"health\":\"down\",\"reason\":\"refused\","
                           "\"detail\":\"nothing \\\"listens\\\" there\"}]"));
    assert_non_null(strstr(json, "\"hours\":[[1728000000,36,0,4,2,1,0,0]]}"));
    assert_non_null(strstr(json, "\"24h\":{\"ratio\":0.9,\"cells\":[null,"));
    assert_non_null(strstr(json, ",[0.9,0]]}"));
    buf_finish(&text);
    verdict_history_read(h, "nobody", at(10), at(40), keep_text, &text);
    assert_non_null(strstr(buf_text(&text), "\"changes\":[],\"hours\":[]}"));
    buf_finish(&text);
    verdict_history_destroy(h);
}

static void test_only_the_last_changes_are_in_memory(void **ctx)
{
    struct run runs[100];
    for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
        const enum health health = i % 2 ? HEALTH_DOWN : HEALTH_UP;
        runs[i] = (struct run){(int64_t)i, health, health, ORIGIN_SCHEDULED};
    }
    struct verdict_history *h = tell(runs, ARRAY_LEN(runs));
    struct buf text = BUF_MAX(0);
    verdict_history_read(h, "db", at(0), at(100), keep_text, &text);
    size_t count = 0;
    for (const char *p = buf_text(&text); (p = strstr(p, "{\"at\":")); p++)
        count++;
    assert_int_equal(CHANGES_KEPT, count);
    assert_null(strstr(buf_text(&text), "00:01:07.000Z"));
    const char *newest = strstr(buf_text(&text), "{\"at\":\"2024-10-04T00:01:39.000Z");
    const char *oldest = strstr(buf_text(&text), "{\"at\":\"2024-10-04T00:01:08.000Z");
    assert_true(newest && oldest && newest < oldest);
    buf_finish(&text);
    verdict_history_destroy(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_goes_to_the_confirmed_health),
        cmocka_unit_test(test_what_nobody_knows_counts_nowhere),
        cmocka_unit_test(test_reads_what_memory_has),
        cmocka_unit_test(test_only_the_last_changes_are_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
