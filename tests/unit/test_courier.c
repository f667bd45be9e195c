/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The courier as stories: what is committed, what receivers answer, what they got. The ledger works inline and in
 * memory, the transport and the clock are the story's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alerts/courier_impl.h"
#include "lib/base/log.h"

#define START (INT64_C(1764200000) * NSEC_PER_SEC)

/* ---- a notifier that writes down what it is asked to send ---- */

struct plain_conf {
    const char *unused;
};
static const struct opt plain_opts[] = {{0}};

static void plain_render(const void *conf, const struct notice *n,
                         const struct attempt *a, struct arena *arena,
                         struct request *ret)
{
    struct buf b = BUF_MAX(4096);
    buf_printf(&b, "%s %s %s", n->receiver, notice_kind_name(n->kind), n->title);
    if (*n->also)
        buf_printf(&b, " (%s)", n->also);
    for (size_t i = 0; i < n->alert_count; i++)
        buf_printf(&b, " [%s %g %s]", labels_get(n->alerts[i].labels, "probe"),
                   n->alerts[i].value, n->alerts[i].detail);
    if (a->is_degraded)
        buf_add_text(&b, " degraded");
    if (a->is_in_doubt)
        buf_add_text(&b, " re-sent");
    if (a->merged_count)
        buf_printf(&b, " +%zu from %s", a->merged_count, a->merged_first->title);
    if (*a->remote)
        buf_printf(&b, " remote %s", a->remote);
    ret->body = bytes_of(arena_strdup(arena, buf_text(&b)));
    buf_finish(&b);
}

/* The fake's status says the outcome: 200 ok, 429 wait 60 s, 500 retry, 403 config, 400 reject, 410 anew. */
static void plain_judge(const void *conf, const struct notice *n, const struct attempt *a,
                        const struct reply *reply, struct arena *arena,
                        struct judgement *ret)
{
    static const struct {
        int status;
        enum outcome outcome;
    } outcomes[] = {{200, OUTCOME_OK},     {429, OUTCOME_RETRY},  {500, OUTCOME_RETRY},
                    {403, OUTCOME_CONFIG}, {400, OUTCOME_REJECT}, {410, OUTCOME_ANEW}};
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        if (outcomes[i].status == reply->status)
            ret->outcome = outcomes[i].outcome;
    }
    ret->why = arena_printf(arena, "HTTP %d", reply->status);
    ret->retry_after = reply->status == 429 ? NSEC_PER_MINUTE : 0;
    ret->remote = reply->status == 200 ? arena_printf(arena, "r%s", n->title) : NULL;
}

static const struct notifier_type plain = {.name = "plain",
                                           .opts = plain_opts,
                                           .conf_size = sizeof(struct plain_conf),
                                           .timeout = NSEC_PER_SEC,
                                           .render = plain_render,
                                           .judge = plain_judge};

/* ---- the stage ---- */

#define MAX_ANSWERS 64
struct stage {
    struct arena *arena;
    struct ledger *ledger;
    struct outbox *outbox;
    struct courier *courier;
    struct secrets *secrets;
    struct receiver receivers[3];
    const struct receiver *list[3];
    struct buf got;           /* a line each */
    struct buf said;          /* of the log */
    int answers[MAX_ANSWERS]; /* to come; 0: 200 */
    size_t answered, answers_left;
    bool hangs;
    void (*done)(void *ctx, const struct reply *reply);
    void *done_ctx;
    struct wall now;
};

static void *fake_send(void *ctx, struct arena *arena, const struct request *request,
                       void (*done)(void *done_ctx, const struct reply *reply),
                       void *done_ctx)
{
    struct stage *s = ctx;
    buf_add_bytes(&s->got, request->body);
    buf_add_text(&s->got, "\n");
    if (s->hangs) {
        s->done = done;
        s->done_ctx = done_ctx;
        return s;
    }
    const int status = s->answered < s->answers_left ? s->answers[s->answered++] : 200;
    done(done_ctx, &(struct reply){.status = status});
    return NULL;
}

static void fake_cancel(void *ctx, void *sending)
{
    ((struct stage *)ctx)->done = NULL;
}

static void quiet(void *ctx, struct buf *line)
{
}

static struct template *template_empty(struct arena *arena)
{
    const struct opt_part part = {plain_opts, sizeof(struct plain_conf)};
    const struct opt_ctx ctx = {.arena = arena, .diag = diag_create(arena)};
    return template_load(&ctx, &part, 1, NULL, NULL);
}

static void stage_set(struct stage *s)
{
    static const char *const names[] = {"page", "chat", "mail"};
    enum store_fault fault;
    struct err e = {0};
    *s =
        (struct stage){.arena = arena_create(0), .got = BUF_MAX(1 << 20), .now = {START}};
    log_to(quiet, NULL);
    s->secrets = secrets_create();
    s->ledger = ledger_open(NULL, ":memory:", true, &fault, &e);
    assert_non_null(s->ledger);
    s->outbox = outbox_open(s->ledger, NULL, &e);
    s->courier = courier_create(s->outbox, s->secrets,
                                (struct transport){s, fake_send, fake_cancel});
    courier_seed(s->courier, 1);
    for (size_t i = 0; i < 3; i++) {
        s->receivers[i] =
            (struct receiver){.name = names[i],
                              .type = &plain,
                              .conf = template_empty(s->arena),
                              .backlog = i ? BACKLOG_COALESCE : BACKLOG_REPLAY,
                              .rate = 100,
                              .burst = 100,
                              .max_age = 7 * NSEC_PER_DAY,
                              .canonical = names[i]};
        s->list[i] = &s->receivers[i];
    }
    static const char *const fallback[] = {"mail"};
    ledger_advance(s->ledger, s->now);
    courier_adopt(s->courier, &(struct receivers){s->list, 3},
                  &(struct texts){fallback, 1}, s->now);
}

static void stage_clear(struct stage *s)
{
    courier_destroy(s->courier);
    outbox_close(s->outbox);
    ledger_close(s->ledger, 0);
    secrets_destroy(s->secrets);
    buf_finish(&s->got);
    arena_destroy(s->arena);
    log_to(NULL, NULL);
}

static void tell_of(struct stage *s, const char *receiver, const char *lane,
                    enum notice_kind kind, const char *title,
                    const struct notice_alert *alert)
{
    struct ledger_txn *txn = ledger_begin(s->ledger);
    ledger_notice(txn, &(struct notice){.kind = kind,
                                        .alerts = alert,
                                        .alert_count = alert ? 1 : 0,
                                        .receiver = receiver,
                                        .lane = lane,
                                        .dedup_key = "hd-0",
                                        .site = "",
                                        .group_key = "",
                                        .severity = strcmp(receiver, "page") ? "warning"
                                                                             : "critical",
                                        .reason = "",
                                        .title = title,
                                        .external_url = "",
                                        .runbook = "",
                                        .last_deploy = "",
                                        .also = "",
                                        .ack_hint = "",
                                        .timezone = "UTC",
                                        .made = s->now});
    ledger_commit(txn, NULL, NULL);
}

static void tell(struct stage *s, const char *receiver, const char *lane,
                 enum notice_kind kind, const char *title)
{
    tell_of(s, receiver, lane, kind, title, NULL);
}

/* Seconds pass, one call a second. */
static void pass(struct stage *s, int seconds)
{
    for (int i = 0; i <= seconds; i++) {
        courier_advance(s->courier, s->now);
        if (i < seconds)
            s->now = wall_add(s->now, NSEC_PER_SEC);
    }
}

static void answer(struct stage *s, const int *statuses, size_t count)
{
    memcpy(s->answers, statuses, count * sizeof(*statuses));
    s->answered = 0;
    s->answers_left = count;
}
#define ANSWERS(s, ...)                   \
    answer(s, (const int[]){__VA_ARGS__}, \
           sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

static void expect_got(struct stage *s, const char *lines)
{
    assert_string_equal(buf_text(&s->got), lines);
    buf_clear(&s->got);
}

/* ---- stories ---- */

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
        cmocka_unit_test(a_removed_receiver_owes_nothing_in_silence),
        cmocka_unit_test(a_letter_says_all_that_the_notice_said),
        cmocka_unit_test(a_letter_of_what_grew_too_old_as_well),
        cmocka_unit_test(a_reload_sends_again_what_was_under_way),
        cmocka_unit_test(a_pause_that_was_asked_for_outlives_the_process),
        cmocka_unit_test(a_backoff_outlives_the_process),
        cmocka_unit_test(who_restarts_to_correct_it_does_not_wait),
        cmocka_unit_test(a_first_half_that_is_done_is_remembered),
        cmocka_unit_test(deliveries_are_counted_with_a_reason),
        cmocka_unit_test(each_attempt_is_said),
        cmocka_unit_test(a_clock_that_is_set_back_holds_nothing),
        cmocka_unit_test(a_storm_becomes_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
