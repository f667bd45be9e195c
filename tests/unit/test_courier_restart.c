/* SPDX-License-Identifier: Apache-2.0 */
/* What a courier does over restarts, reloads and steps of the clock: nothing is lost, nothing is held for longer than it was
 * asked. */
#include "tests/unit/courier_fixture.h"

static void a_reload_sends_again_what_was_under_way(void **state)
{
    struct stage s;
    stage_set(&s);
    s.hangs = true;
    tell(&s, "page", "a", NOTICE_TRIGGER, "A");
    pass(&s, 0);
    courier_adopt(s.courier, &(struct receivers){s.list, 3}, &(struct texts){0}, s.now);
    s.hangs = false;
    pass(&s, 0);
    expect_got(&s, "page trigger A\npage trigger A re-sent\n");
    stage_clear(&s);
}

/* The process ends, and another one begins with what the ledger has. */
static void restart(struct stage *s)
{
    struct err e = {0};
    static const char *const fallback[] = {"mail"};
    courier_destroy(s->courier);
    outbox_close(s->outbox);
    s->outbox = outbox_open(s->ledger, NULL, &e);
    s->courier = courier_create(s->outbox, s->secrets,
                                (struct transport){s, fake_send, fake_cancel});
    courier_adopt(s->courier, &(struct receivers){s->list, 3},
                  &(struct texts){fallback, 1}, s->now);
}

static void a_pause_that_was_asked_for_outlives_the_process(void **state)
{
    struct stage s;
    stage_set(&s);
    ANSWERS(&s, 429);
    tell(&s, "page", "a", NOTICE_TRIGGER, "A");
    tell(&s, "page", "b", NOTICE_TRIGGER, "B");
    pass(&s, 5);
    expect_got(&s, "page trigger A\n");
    restart(&s);
    pass(&s, 50);
    expect_got(&s, "");
    pass(&s, 6);
    expect_got(&s, "page trigger A re-sent\npage trigger B\n");
    ANSWERS(&s, 429);
    tell(&s, "page", "c", NOTICE_TRIGGER, "C");
    pass(&s, 0);
    expect_got(&s, "page trigger C\n");
    s.receivers[0].canonical = "page, elsewhere";
    restart(&s);
    pass(&s, 0);
    expect_got(&s, "page trigger C re-sent\n");
    stage_clear(&s);
}

static void a_backoff_outlives_the_process(void **state)
{
    struct stage s;
    stage_set(&s);
    tell(&s, "page", "a", NOTICE_TRIGGER, "A");
    struct wall next = s.now;
    for (int i = 0; i < 100 && next.ns < s.now.ns + 3 * NSEC_PER_SEC; i++) {
        ANSWERS(&s, 500, 500, 500, 500);
        pass(&s, 1);
        next = lane_first(box_lane(outbox_box(s.outbox, "page"), "a"))->row.next_at;
    }
    assert_true(next.ns >= s.now.ns + 3 * NSEC_PER_SEC);
    buf_clear(&s.got);
    s.answers_left = 0;
    restart(&s);
    pass(&s, 2);
    expect_got(&s, "");
    pass(&s, 301);
    expect_got(&s, "page trigger A re-sent\n");
    stage_clear(&s);
}

static void who_restarts_to_correct_it_does_not_wait(void **state)
{
    struct stage s;
    stage_set(&s);
    ANSWERS(&s, 403);
    tell(&s, "page", "a", NOTICE_TRIGGER, "A");
    pass(&s, 1);
    expect_got(&s, "page trigger A\n");
    restart(&s);
    pass(&s, 0);
    expect_got(&s, "page trigger A\n");
    stage_clear(&s);
}

/* Slack: the root was posted, its reply was not. */
static void a_first_half_that_is_done_is_remembered(void **state)
{
    struct stage s;
    stage_set(&s);
    tell(&s, "chat", "a", NOTICE_TRIGGER, "A");
    pass(&s, 0);
    lane_remember(box_lane(outbox_box(s.outbox, "chat"), "a"), "half");
    restart(&s);
    tell(&s, "chat", "a", NOTICE_UPDATE, "A grows");
    pass(&s, 0);
    expect_got(&s, "chat trigger A\nchat update A grows remote half\n");
    stage_clear(&s);
}

static void a_clock_that_is_set_back_holds_nothing(void **state)
{
    struct stage s;
    stage_set(&s);
    ANSWERS(&s, 429);
    tell(&s, "page", "a", NOTICE_TRIGGER, "A");
    pass(&s, 0);
    s.now.ns -= 5 * NSEC_PER_HOUR;
    pass(&s, 1);
    expect_got(&s, "page trigger A\npage trigger A re-sent\n");
    stage_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reload_sends_again_what_was_under_way),
        cmocka_unit_test(a_pause_that_was_asked_for_outlives_the_process),
        cmocka_unit_test(a_backoff_outlives_the_process),
        cmocka_unit_test(who_restarts_to_correct_it_does_not_wait),
        cmocka_unit_test(a_first_half_that_is_done_is_remembered),
        cmocka_unit_test(a_clock_that_is_set_back_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
