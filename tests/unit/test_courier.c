/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The courier as stories: what is committed, what receivers answer, what they got. The ledger works inline and in
 * memory, the transport and the clock are the story's.
 */
#include "tests/unit/courier_fixture.h"

static void in_order_and_with_what_was_remembered(void **state)
{
    struct stage s;
    stage_set(&s);
    tell(&s, "page", "a", NOTICE_TRIGGER, "A");
    tell(&s, "page", "a", NOTICE_RESOLVE, "A ends");
    tell(&s, "page", "b", NOTICE_TRIGGER, "B");
    pass(&s, 1);
    expect_got(&s, "page trigger A\npage trigger B\npage resolve A ends remote rA\n");
    assert_true(courier_was_told(s.courier, "page", "b"));
    assert_false(courier_was_told(s.courier, "page", "a"));
    assert_int_equal(outbox_stats(s.outbox, NULL).pending, 0);
    stage_clear(&s);
}

static void a_failing_lane_holds_its_own_only(void **state)
{
    struct stage s;
    stage_set(&s);
    ANSWERS(&s, 500);
    tell(&s, "page", "a", NOTICE_TRIGGER, "A");
    tell(&s, "page", "a", NOTICE_RESOLVE, "A ends");
    tell(&s, "page", "b", NOTICE_TRIGGER, "B");
    pass(&s, 0);
    expect_got(&s, "page trigger A\npage trigger B\n");
    pass(&s, 3);
    expect_got(&s, "page trigger A re-sent\npage resolve A ends remote rA\n");
    stage_clear(&s);
}

static void retry_after_pauses_the_whole_receiver(void **state)
{
    struct stage s;
    stage_set(&s);
    ANSWERS(&s, 429);
    tell(&s, "page", "a", NOTICE_TRIGGER, "A");
    tell(&s, "page", "b", NOTICE_TRIGGER, "B");
    tell(&s, "chat", "a", NOTICE_TRIGGER, "A");
    pass(&s, 58);
    expect_got(&s, "page trigger A\nchat trigger A\n");
    pass(&s, 5);
    expect_got(&s, "page trigger A re-sent\npage trigger B\n");
    stage_clear(&s);
}

static void a_misconfigured_receiver_loses_nothing(void **state)
{
    struct stage s;
    stage_set(&s);
    ANSWERS(&s, 403);
    tell(&s, "page", "a", NOTICE_TRIGGER, "A");
    pass(&s, 200);
    expect_got(&s, "page trigger A\n");
    s.receivers[0].canonical = "page, corrected";
    courier_adopt(s.courier, &(struct receivers){s.list, 3}, &(struct texts){0}, s.now);
    pass(&s, 0);
    expect_got(&s, "page trigger A\n");
    stage_clear(&s);
}

static void a_rejected_notice_is_told_elsewhere(void **state)
{
    struct stage s;
    stage_set(&s);
    ANSWERS(&s, 400, 400);
    tell(&s, "page", "a", NOTICE_TRIGGER, "A");
    tell(&s, "page", "a", NOTICE_RESOLVE, "A ends");
    pass(&s, 2);
    expect_got(&s, "page trigger A\npage trigger A degraded\n"
                   "mail trigger A (could not be told to page: HTTP 400)\n"
                   "mail resolve A ends (could not be told to page: its trigger was told "
                   "here) remote rA (could not be told to page: HTTP 400)\n");
    struct outbox_stats stats = outbox_stats(s.outbox, NULL);
    assert_int_equal(stats.dead, 2);
    assert_int_equal(stats.pending, 0);
    struct err e = {0};
    assert_false(outbox_retry(s.outbox, 999, s.now, &e));
    assert_true(outbox_retry(s.outbox, 1, s.now, &e));
    pass(&s, 1);
    expect_got(&s, "page trigger A\npage resolve A ends remote rA\n");
    assert_false(courier_was_told(s.courier, "page", "a"));
    stage_clear(&s);
}

static void what_waited_comes_as_one(void **state)
{
    struct stage s;
    stage_set(&s);
    ANSWERS(&s, 500, 500, 500, 500);
    tell(&s, "chat", "a", NOTICE_TRIGGER, "A");
    pass(&s, 0);
    tell(&s, "chat", "a", NOTICE_UPDATE, "A grows");
    tell(&s, "chat", "a", NOTICE_RESOLVE, "A ends");
    s.answers_left = 1;
    buf_clear(&s.got);
    pass(&s, 4);
    expect_got(&s, "chat resolve A ends re-sent +2 from A\n");
    assert_int_equal(outbox_stats(s.outbox, NULL).pending, 0);
    stage_clear(&s);
}

static void a_day_of_outage_drains_in_order(void **state)
{
    struct stage s;
    stage_set(&s);
    int down[MAX_ANSWERS];
    for (size_t i = 0; i < MAX_ANSWERS; i++)
        down[i] = 500;
    for (int hour = 0; hour < 24; hour++) {
        char title[16];
        snprintf(title, sizeof(title), "A%d", hour);
        tell(&s, "page", "a", hour % 2 ? NOTICE_RESOLVE : NOTICE_TRIGGER, title);
        for (int minute = 0; minute < 60; minute++) {
            answer(&s, down, MAX_ANSWERS);
            s.now = wall_add(s.now, NSEC_PER_MINUTE);
            courier_advance(s.courier, s.now);
        }
    }
    buf_clear(&s.got);
    s.answered = s.answers_left = 0;
    pass(&s, 400);
    const char *at = buf_text(&s.got);
    for (int hour = 0; hour < 24; hour++) {
        char line[64];
        snprintf(line, sizeof(line), "page %s A%d", hour % 2 ? "resolve" : "trigger",
                 hour);
        at = strstr(at, line);
        assert_non_null(at);
    }
    assert_int_equal(outbox_stats(s.outbox, NULL).pending, 0);
    stage_clear(&s);
}

static void a_remote_that_is_gone_is_made_anew(void **state)
{
    struct stage s;
    stage_set(&s);
    tell(&s, "chat", "a", NOTICE_TRIGGER, "A");
    pass(&s, 0);
    ANSWERS(&s, 410);
    tell(&s, "chat", "a", NOTICE_UPDATE, "A grows");
    pass(&s, 1);
    expect_got(&s,
               "chat trigger A\nchat update A grows remote rA\nchat update A grows\n");
    stage_clear(&s);
}

static void take_retried(void *ctx, const struct courier_receiver *r)
{
    if (!strcmp(r->name, "chat"))
        *(uint64_t *)ctx = r->retried;
}

/* At once three times in a row, whatever was before; then it waits as for any failure. */
static void a_remote_that_is_gone_again_and_again_is_a_failure(void **state)
{
    struct stage s;
    uint64_t retried = 0;
    stage_set(&s);
    tell(&s, "chat", "a", NOTICE_TRIGGER, "A");
    ANSWERS(&s, 500, 410, 410, 410, 410);
    pass(&s, 3600);
    expect_got(&s, "chat trigger A\nchat trigger A re-sent\nchat trigger A re-sent\n"
                   "chat trigger A re-sent\nchat trigger A re-sent\n"
                   "chat trigger A re-sent\n");
    courier_each(s.courier, take_retried, &retried);
    assert_int_equal(retried, 2);
    stage_clear(&s);
}

static void a_removed_receiver_owes_nothing_in_silence(void **state)
{
    struct stage s;
    stage_set(&s);
    ANSWERS(&s, 500);
    static const char *const fallback[] = {"mail"};
    tell(&s, "page", "a", NOTICE_TRIGGER, "A");
    pass(&s, 0);
    courier_adopt(s.courier, &(struct receivers){s.list + 1, 2},
                  &(struct texts){fallback, 1}, s.now);
    pass(&s, 0);
    expect_got(
        &s, "page trigger A\nmail trigger A (could not be told to page: its receiver is "
            "not configured any more)\n");
    assert_int_equal(outbox_stats(s.outbox, "page").dead, 1);
    stage_clear(&s);
}

static const struct notice_alert shop_is_down = {
    .key = "k",
    .is_firing = true,
    .labels = {(const struct label[]){{"probe", "shop"}}, 1},
    .value = 3,
    .detail = "connection refused",
};

static void a_letter_says_all_that_the_notice_said(void **state)
{
    struct stage s;
    stage_set(&s);
    ANSWERS(&s, 500);
    static const char *const fallback[] = {"mail"};
    tell_of(&s, "page", "a", NOTICE_TRIGGER, "A", &shop_is_down);
    pass(&s, 0);
    courier_adopt(s.courier, &(struct receivers){s.list + 1, 2},
                  &(struct texts){fallback, 1}, s.now);
    pass(&s, 0);
    expect_got(&s, "page trigger A [shop 3 connection refused]\n"
                   "mail trigger A (could not be told to page: its receiver is not "
                   "configured any more) [shop 3 connection refused]\n");
    stage_clear(&s);
}

static void a_letter_of_what_grew_too_old_as_well(void **state)
{
    struct stage s;
    stage_set(&s);
    ANSWERS(&s, 500);
    tell_of(&s, "page", "a", NOTICE_TRIGGER, "A", &shop_is_down);
    pass(&s, 0);
    buf_clear(&s.got);
    s.now = wall_add(s.now, 8 * NSEC_PER_DAY);
    pass(&s, 1);
    expect_got(&s, "mail trigger A (could not be told to page: older than its max_age) "
                   "[shop 3 connection refused]\n");
    tell_of(&s, "page", "a", NOTICE_RESOLVE, "A ends", &shop_is_down);
    pass(&s, 1);
    expect_got(&s, "mail resolve A ends (could not be told to page: its trigger was told "
                   "here) [shop 3 connection refused] remote rA (could not be told to "
                   "page: older than its max_age)\n");
    stage_clear(&s);
}

static void deliveries_are_counted_with_a_reason(void **state)
{
    static const struct {
        int status;
        enum reason trouble;
        enum outcome outcome;
        const char *result, *reason;
    } cases[] = {
        {200, REASON_NONE, OUTCOME_OK, "ok", ""},
        {200, REASON_NONE, OUTCOME_CONFIG, "config", "body"},
        {302, REASON_NONE, OUTCOME_CONFIG, "config", "redirect"},
        {400, REASON_NONE, OUTCOME_REJECT, "rejected", "status"},
        {401, REASON_NONE, OUTCOME_CONFIG, "config", "auth"},
        {403, REASON_NONE, OUTCOME_CONFIG, "config", "forbidden"},
        {404, REASON_NONE, OUTCOME_CONFIG, "config", "status"},
        {404, REASON_NONE, OUTCOME_ANEW, "anew", "status"},
        {413, REASON_NONE, OUTCOME_REJECT, "rejected", "too_large"},
        {429, REASON_NONE, OUTCOME_RETRY, "retry", "throttled"},
        {503, REASON_NONE, OUTCOME_RETRY, "retry", "server_error"},
        {0, REASON_TIMEOUT, OUTCOME_RETRY, "retry", "timeout"},
        {550, REASON_AUTH, OUTCOME_CONFIG, "config", "auth"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct reply reply = {.status = cases[i].status,
                                    .trouble = {.reason = cases[i].trouble}};
        assert_string_equal(delivery_reason(&reply, cases[i].outcome), cases[i].reason);
        assert_string_equal(delivery_result(cases[i].outcome), cases[i].result);
    }
    assert_string_equal(delivery_reason(NULL, OUTCOME_CONFIG), "config");
}

static void keep_attempt(void *ctx, struct buf *line)
{
    struct stage *s = ctx;
    if (strstr(buf_text(line), "notify.attempt"))
        buf_add_bytes(&s->said, buf_bytes(line));
}

static void each_attempt_is_said(void **state)
{
    struct stage s;
    stage_set(&s);
    s.said = BUF_MAX(1 << 16);
    log_to(keep_attempt, &s);
    ANSWERS(&s, 503, 200);
    tell(&s, "page", "a", NOTICE_TRIGGER, "A");
    pass(&s, 3);
    static const char *const parts[] = {
        "outbox_id=1 receiver=page notifier=plain kind=trigger lane=a attempt=1 "
        "result=retry reason=server_error status=503",
        "attempt=2 result=ok reason=\"\" status=200"};
    for (size_t i = 0; i < 2; i++) {
        if (!strstr(buf_text(&s.said), parts[i]))
            fail_msg("'%s' is not in '%s'", parts[i], buf_text(&s.said));
    }
    buf_finish(&s.said);
    stage_clear(&s);
}

static void a_storm_becomes_one(void **state)
{
    struct stage s;
    stage_set(&s);
    for (int i = 0; i < 40; i++) {
        char lane[16];
        snprintf(lane, sizeof(lane), "l%d", i);
        tell(&s, "chat", lane, NOTICE_TRIGGER, lane);
    }
    pass(&s, 1);
    size_t lines = 0;
    for (const char *p = buf_text(&s.got); (p = strchr(p, '\n')); p++)
        lines++;
    assert_int_equal(lines, 30);
    buf_clear(&s.got);
    tell(&s, "chat", "l35", NOTICE_RESOLVE, "l35 ends");
    pass(&s, 301);
    expect_got(&s,
               "chat trigger l30, and 9 more (l31; l32; l33; l34; l35; l36; l37; l38; "
               "l39)\nchat resolve l35 ends\n");
    assert_int_equal(outbox_stats(s.outbox, NULL).pending, 0);
    assert_true(courier_was_told(s.courier, "chat", "l36"));
    assert_false(courier_was_told(s.courier, "chat", "l35"));
    stage_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order_and_with_what_was_remembered),
        cmocka_unit_test(a_failing_lane_holds_its_own_only),
        cmocka_unit_test(retry_after_pauses_the_whole_receiver),
        cmocka_unit_test(a_misconfigured_receiver_loses_nothing),
        cmocka_unit_test(a_rejected_notice_is_told_elsewhere),
        cmocka_unit_test(what_waited_comes_as_one),
        cmocka_unit_test(a_day_of_outage_drains_in_order),
        cmocka_unit_test(a_remote_that_is_gone_is_made_anew),
        cmocka_unit_test(a_remote_that_is_gone_again_and_again_is_a_failure),
        cmocka_unit_test(a_removed_receiver_owes_nothing_in_silence),
        cmocka_unit_test(a_letter_says_all_that_the_notice_said),
        cmocka_unit_test(a_letter_of_what_grew_too_old_as_well),
        cmocka_unit_test(deliveries_are_counted_with_a_reason),
        cmocka_unit_test(each_attempt_is_said),
        cmocka_unit_test(a_storm_becomes_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
