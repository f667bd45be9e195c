/* SPDX-License-Identifier: Apache-2.0 */
/* What notices say, to whom they go, and what is kept of groups: the parts of dispatch that no story shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/dispatch_fixture.h"

static const char by_severity[] = "notify: {critical: [oncall, chat], warning: [chat]}";

static void assert_reasons(struct story_fixture *s, const char *const *expected)
{
    struct bytes rest = buf_bytes(&s->reasons), line;
    for (; *expected; expected++) {
        assert_true(bytes_line(&rest, &line));
        const ptrdiff_t bar = bytes_find_byte(line, '|');
        assert_int_equal(bar, 43);
        assert_memory_equal(line.ptr, "hd-", 3);
        assert_string_equal(
            arena_strndup(s->arena, line.ptr + bar + 1, line.len - (size_t)bar - 1),
            *expected);
    }
    assert_int_equal(rest.len, 0);
}

/* Why they come, what was deployed, and the word that takes what they are about, no less and no more than one. */
static void notices_say_why(void **state)
{
    static const char *const expected[] = {
        "warning|first notification|40 s after deploy a1b2c3 of shop|healthctl ack a",
        "critical|new alerts added|40 s after deploy a1b2c3 of shop|healthctl ack Down",
        "critical|repeat interval elapsed|40 s after deploy a1b2c3 of shop|healthctl ack "
        "Down",
        "warning|some alerts resolved|40 s after deploy a1b2c3 of shop|healthctl ack "
        "Down",
        "warning|all alerts resolved|40 s after deploy a1b2c3 of shop|",
        NULL};
    struct story_fixture s;
    story_begin(&s, "route: {receiver: chat, group_by: [alertname], group_wait: 0s, "
                    "group_interval: 1m, repeat_interval: 1h}");
    s.overlay.has_deploy = true;
    s.overlay.deploy =
        (struct deploy){.what = "shop", .release = "a1b2c3", .begun = story_time(-40)};
    story_fire(&s, "Down/a", "severity=warning", story_time(0));
    story_advance(&s, story_time(0));
    story_fire(&s, "Down/b", "severity=critical", story_time(100));
    story_advance(&s, story_time(100));
    story_until(&s, story_time(3800));
    story_resolve(&s, "Down/b", story_time(3900));
    story_advance(&s, story_time(3900));
    story_resolve(&s, "Down/a", story_time(4000));
    story_advance(&s, story_time(4000));
    assert_reasons(&s, expected);
    story_end(&s);
}

/* Whatever is done for each member of a group lets the loop turn after each: judging, looking, gathering, remembering and
 * writing, and the same for those that an escalation tells. */
static void a_large_group_is_told_in_slices(void **state)
{
    enum { MEMBERS = ALERTS_MAX };
    struct story_fixture s;
    size_t before;
    story_begin(&s, "route: {receiver: chat, group_by: [alertname], group_wait: 0s, "
                    "repeat_interval: 0s, escalate: [{after: 15m, to: mail}]}");
    for (int i = 0; i < MEMBERS; i++)
        story_fire(&s, arena_printf(s.arena, "Down/p%d", i), "severity=critical",
                   story_time(0));
    story_advance(&s, story_time(0));
    assert_true(s.slices >= (size_t)6 * MEMBERS);
    before = s.slices;
    story_until(&s, story_time(900));
    assert_true(s.slices - before >= (size_t)10 * MEMBERS);
    assert_non_null(strstr(buf_text(&s.told), "mail"));
    story_end(&s);
}

static void lanes_have_the_same_key_for_ever(void **state)
{
    char first[LANE_SIZE + 3], second[LANE_SIZE + 3];
    dedup_key("shop", "oncall", "lane", first);
    dedup_key("shop", "oncall", "lane", second);
    assert_string_equal(first, second);
    assert_string_equal(first, "hd-222d5e39a18d750eeb7c046659011bfcba0f2a2b");
    dedup_key("shop", "oncallane", "l", second);
    assert_string_not_equal(first, second);
}

static void thresholds_are_read_off_rules(void **state)
{
    static const struct {
        const char *expr, *threshold;
    } cases[] = {
        {"up == 0", "== 0"},
        {"a / b > 0.9", "> 0.9"},
        {"rate(x[5m]) >= 1e3 ", ">= 1e3"},
        {"a{b!=\"c\"} < 5", "< 5"},
        {"a != 3", "!= 3"},
        {"a > b", ""},
        {"a > 5 and b", ""},
        {"absent(up)", ""},
        {"a{b=\"5\"}", ""},
        {"", ""},
    };
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(rule_threshold(cases[i].expr, arena), cases[i].threshold);
    arena_destroy(arena);
}

static void receivers_may_want_less(void **state)
{
    static const struct receiver quiet = {
        .name = "chat", .type = &fixture_chat, .severity_floor = "critical"};
    static const struct receiver *const no_ends[] = {&quiet};
    struct story_fixture s;
    story_begin(&s, "notify: chat");
    /* The fixture's receivers are constant: this one takes chat's place in the routes. */
    const struct receiver *const *listed = s.routing[0].routing->root->receivers;
    *(const struct receiver **)(uintptr_t)listed = no_ends[0];
    story_fire(&s, "Slow/a", "severity=warning", story_time(0));
    story_fire(&s, "Down/a", "severity=critical", story_time(0));
    story_advance(&s, story_time(0));
    story_until(&s, story_time(100));
    story_resolve(&s, "Down/a", story_time(200));
    story_resolve(&s, "Slow/a", story_time(200));
    story_advance(&s, story_time(200));
    story_fire(&s, "Down/a", "severity=critical", story_time(300));
    story_advance(&s, story_time(300));
    story_fire(&s, "Odd/a", "severity=sev1", story_time(400));
    story_advance(&s, story_time(400));
    story_until(&s, story_time(450));
    assert_string_equal(buf_text(&s.told), "0 chat trigger Down a +1 -0\n"
                                           "300 chat trigger Down a +1 -0\n"
                                           "430 chat trigger Odd a +1 -0\n");
    story_end(&s);
}

static void a_group_waits_for_its_transaction(void **state)
{
    struct story_fixture s;
    story_begin(&s, "route: {receiver: oncall}");
    struct ledger_txn second = s.txn;
    story_fire(&s, "Down/a", "severity=critical", story_time(0));
    (void)dispatch_advance(s.dispatch, story_time(0), &s.txn);
    story_alert(&s, "Down/a")->alert.status.state = ALERT_RESOLVED;
    dispatch_change(s.dispatch, &story_alert(&s, "Down/a")->alert, CHANGE_RESOLVED,
                    story_time(1), &second);
    (void)dispatch_advance(s.dispatch, story_time(1), &second);
    assert_string_equal(buf_text(&s.told), "0 oncall trigger Down a +1 -0\n");
    dispatch_committed(s.dispatch, &s.txn);
    second.now = story_time(2);
    (void)dispatch_advance(s.dispatch, story_time(2), &second);
    assert_string_equal(buf_text(&s.told), "0 oncall trigger Down a +1 -0\n"
                                           "2 oncall resolve Down a +0 -1\n");
    story_end(&s);
}

static void deploys_go_to_those_who_take_them(void **state)
{
    struct story_fixture s;
    story_begin(&s, "notify: [oncall, chat]");
    const struct deploy begun = {.what = "shop", .release = "a1", .begun = story_time(0)};
    dispatch_deploy(s.dispatch, &begun, story_time(0), &s.txn);
    const struct deploy ended = {
        .what = "", .release = "", .begun = story_time(0), .ended = story_time(9)};
    dispatch_deploy(s.dispatch, &ended, story_time(9), &s.txn);
    assert_string_equal(buf_text(&s.told), "0 oncall deploy deploy a1 of shop began\n"
                                           "0 oncall deploy deploy ended\n");
    story_end(&s);
}

static void note_told(void *ctx, const struct told *t)
{
    buf_printf(ctx, "%s %s %s held %d\n", t->receiver, t->route,
               t->was_told ? "told" : "waits", (int)t->held.kind);
}

static void it_is_known_who_was_told(void **state)
{
    struct story_fixture s;
    struct buf out = BUF_MAX(1000);
    story_begin(&s, by_severity);
    story_fire(&s, "Down/a", "severity=critical", story_time(0));
    story_advance(&s, story_time(0));
    dispatch_each(s.dispatch, &story_alert(&s, "Down/a")->alert, note_told, &out);
    story_fire(&s, "Slow/b", "severity=warning", story_time(1));
    story_alert(&s, "Slow/b")->held = OVERLAY_SILENCED;
    story_advance(&s, story_time(1));
    dispatch_each(s.dispatch, &story_alert(&s, "Slow/b")->alert, note_told, &out);
    assert_string_equal(buf_text(&out), "oncall {}/{severity=\"critical\"} told held 0\n"
                                        "chat {}/{severity=\"critical\"} told held 0\n"
                                        "chat {} waits held 1\n");
    buf_finish(&out);
    story_end(&s);
}

static void rows_that_are_not_ours_are_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "[]",
        "{}",
        "{\"kind\":9,\"receiver\":\"chat\",\"lane\":\"x\"}",
        "{\"kind\":1,\"receiver\":\"\",\"lane\":\"x\"}",
        "{\"kind\":1,\"receiver\":5,\"lane\":{}}",
    };
    struct story_fixture s;
    story_begin(&s, by_severity);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err e = {0};
        assert_false(dispatch_restore(s.dispatch, "chat/x", rows[i], &e));
        assert_true(e.text[0] != '\0');
    }
    struct err e = {0};
    static const char odd[] = "{\"kind\":1,\"receiver\":\"chat\",\"lane\":\"x\","
                              "\"members\":[1,{},{\"alert\":\"k\",\"labels\":[]}]}";
    assert_true(dispatch_restore(s.dispatch, "chat/x", odd, &e));
    assert_false(dispatch_restore(s.dispatch, "chat/x", odd, &e));
    story_advance(&s, story_time(0));
    assert_string_equal(buf_text(&s.told), "");
    story_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notices_say_why),
        cmocka_unit_test(a_large_group_is_told_in_slices),
        cmocka_unit_test(lanes_have_the_same_key_for_ever),
        cmocka_unit_test(thresholds_are_read_off_rules),
        cmocka_unit_test(receivers_may_want_less),
        cmocka_unit_test(a_group_waits_for_its_transaction),
        cmocka_unit_test(deploys_go_to_those_who_take_them),
        cmocka_unit_test(it_is_known_who_was_told),
        cmocka_unit_test(rows_that_are_not_ours_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
