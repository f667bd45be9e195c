/* SPDX-License-Identifier: Apache-2.0 */
/* A job's pings as stories: what came when, what is true at which time, and in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "probes/heartbeat.h"

static struct wall instant(const char *text)
{
    struct wall at = {0};
    assert_true(!text || wall_parse(bytes_of(text), &at));
    return at;
}

static struct heartbeat_conf nightly(struct arena *arena)
{
    struct err e = {0};
    struct heartbeat_conf c = {
        .cron = "0 3 * * *", .grace = 20 * NSEC_PER_MINUTE, .early = NSEC_PER_MINUTE};
    c.zone = zone_load(arena, "Europe/Berlin", &e);
    assert_true(c.zone && cron_parse(bytes_of(c.cron), &c.schedule, &e));
    return c;
}

static struct heartbeat_conf hourly(struct arena *arena)
{
    return (struct heartbeat_conf){.cron = "",
                                   .every = NSEC_PER_HOUR,
                                   .grace = 5 * NSEC_PER_MINUTE,
                                   .zone = zone_utc};
}

struct told { /* one ping; kind NULL ends the list */
    const char *kind, *at, *run_id;
    int status;
};

static void tell(struct heartbeat_memory *m, const struct told *told)
{
    for (; told->kind; told++) {
        const bool is_start = !strcmp(told->kind, "start");
        heartbeat_note(m, &(struct heartbeat_ping){
                              .kind = is_start ? HEARTBEAT_START : HEARTBEAT_END,
                              .status = told->status,
                              .took = -1,
                              .run_id = told->run_id ? told->run_id : "",
                              .at = instant(told->at)});
    }
}

static const struct {
    const char *what;
    struct heartbeat_conf (*conf)(struct arena *arena);
    nsec max_run_time;
    const char *configured;
    struct told told[5];
    const char *now;
    enum heartbeat_stand stand;
    const char *due, *sentence;
    const char *listening; /* NULL: for ever */
} stories[] = {
    {"never pinged, in time",
     nightly,
     0,
     "2026-11-26T12:00:00Z",
     {{0}},
     "2026-11-27T02:20:00Z",
     HEARTBEAT_WAITS,
     "2026-11-27T02:00:00.000Z",
     "",
     NULL},
    {"never pinged counts as late",
     nightly,
     0,
     "2026-11-26T12:00:00Z",
     {{0}},
     "2026-11-27T02:20:01Z",
     HEARTBEAT_LATE,
     "2026-11-27T02:00:00.000Z",
     "expected by 03:20 Europe/Berlin, it has never come since it was configured, "
     "2026-11-26 13:00",
     NULL},
    {"came yesterday",
     nightly,
     0,
     "2026-11-20T12:00:00Z",
     {{"end", "2026-11-26T02:02:00Z"}},
     "2026-11-27T02:20:01Z",
     HEARTBEAT_LATE,
     "2026-11-27T02:00:00.000Z",
     "expected by 03:20 Europe/Berlin, last came 2026-11-26 03:02",
     NULL},
    {"came today",
     nightly,
     0,
     "2026-11-20T12:00:00Z",
     {{"end", "2026-11-27T02:02:00Z"}},
     "2026-11-27T02:20:01Z",
     HEARTBEAT_ON_TIME,
     "2026-11-28T02:00:00.000Z",
     "",
     NULL},
    {"a clock that is ahead",
     nightly,
     0,
     "2026-11-20T12:00:00Z",
     {{"end", "2026-11-27T01:59:30Z"}},
     "2026-11-27T02:20:01Z",
     HEARTBEAT_ON_TIME,
     "2026-11-28T02:00:00.000Z",
     "",
     NULL},
    {"too early is not this one",
     nightly,
     0,
     "2026-11-20T12:00:00Z",
     {{"end", "2026-11-27T01:58:59Z"}},
     "2026-11-27T02:20:01Z",
     HEARTBEAT_LATE,
     "2026-11-27T02:00:00.000Z",
     "expected by 03:20 Europe/Berlin, last came 02:58",
     NULL},
    {"failed",
     nightly,
     0,
     "2026-11-20T12:00:00Z",
     {{"start", "2026-11-27T02:00:00Z"}, {"end", "2026-11-27T02:04:12Z", NULL, 3}},
     "2026-11-27T12:00:00Z",
     HEARTBEAT_FAILED,
     "2026-11-28T02:00:00.000Z",
     "the run that ended 03:04 Europe/Berlin failed with exit status 3 after 4 m 12 "
     "s",
     NULL},
    {"failed, without a status",
     nightly,
     0,
     "2026-11-20T12:00:00Z",
     {{"end", "2026-11-27T02:04:12Z", NULL, HEARTBEAT_NO_STATUS}},
     "2026-11-27T12:00:00Z",
     HEARTBEAT_FAILED,
     "2026-11-28T02:00:00.000Z",
     "the run that ended 03:04 Europe/Berlin failed",
     NULL},
    {"failed, and the next did not come",
     nightly,
     0,
     "2026-11-20T12:00:00Z",
     {{"end", "2026-11-26T02:04:12Z", NULL, 1}},
     "2026-11-27T03:00:00Z",
     HEARTBEAT_LATE,
     "2026-11-27T02:00:00.000Z",
     "expected by 03:20 Europe/Berlin, last came 2026-11-26 03:04; that one failed",
     NULL},
    {"well again",
     nightly,
     0,
     "2026-11-20T12:00:00Z",
     {{"end", "2026-11-27T02:04:12Z", NULL, 1}, {"end", "2026-11-27T04:00:00Z"}},
     "2026-11-27T12:00:00Z",
     HEARTBEAT_ON_TIME,
     "2026-11-28T02:00:00.000Z",
     "",
     NULL},
    {"a start is a sign of life",
     nightly,
     0,
     "2026-11-20T12:00:00Z",
     {{"start", "2026-11-27T02:00:01Z"}},
     "2026-11-27T12:00:00Z",
     HEARTBEAT_ON_TIME,
     "2026-11-28T02:00:00.000Z",
     "",
     NULL},
    {"but the next is expected",
     nightly,
     0,
     "2026-11-20T12:00:00Z",
     {{"start", "2026-11-26T02:00:01Z"}},
     "2026-11-27T03:00:00Z",
     HEARTBEAT_LATE,
     "2026-11-27T02:00:00.000Z",
     "expected by 03:20 Europe/Berlin, last came 2026-11-26 03:00; the run that "
     "started 2026-11-26 03:00 has not ended",
     NULL},
    {"still within its time",
     nightly,
     2 * NSEC_PER_HOUR,
     "2026-11-20T12:00:00Z",
     {{"start", "2026-11-27T01:00:00Z"}},
     "2026-11-27T03:00:00Z",
     HEARTBEAT_ON_TIME,
     "2026-11-27T02:00:00.000Z",
     "",
     NULL},
    {"over its time",
     nightly,
     2 * NSEC_PER_HOUR,
     "2026-11-20T12:00:00Z",
     {{"start", "2026-11-27T02:00:00Z"}},
     "2026-11-27T04:05:00Z",
     HEARTBEAT_OVERRUN,
     "2026-11-28T02:00:00.000Z",
     "the run that started 03:00 Europe/Berlin still goes on after 2 h 5 m; "
     "`max_run_time` is 2 h",
     NULL},
    {"two overlap, and the older ends",
     nightly,
     2 * NSEC_PER_HOUR,
     "2026-11-20T12:00:00Z",
     {{"start", "2026-11-27T02:00:00Z", "a"},
      {"start", "2026-11-27T02:30:00Z", "b"},
      {"end", "2026-11-27T02:40:00Z", "a"}},
     "2026-11-27T04:31:00Z",
     HEARTBEAT_OVERRUN,
     "2026-11-28T02:00:00.000Z",
     "the run that started 03:30 Europe/Berlin still goes on after 2 h 1 m; "
     "`max_run_time` is 2 h",
     NULL},
    {"healthd was not there",
     nightly,
     0,
     "2026-11-20T12:00:00Z",
     {{"end", "2026-11-26T02:02:00Z"}},
     "2026-11-27T05:00:00Z",
     HEARTBEAT_LATE,
     "2026-11-27T02:00:00.000Z",
     "expected by 03:20 Europe/Berlin, last came 2026-11-26 03:02; healthd itself "
     "was "
     "started only at 05:30, and heard nothing before",
     "2026-11-27T04:30:00Z"},
    {"every hour, in time",
     hourly,
     0,
     "2026-11-27T00:00:00Z",
     {{"end", "2026-11-27T02:02:00Z"}},
     "2026-11-27T03:07:00Z",
     HEARTBEAT_ON_TIME,
     "2026-11-27T03:02:00.000Z",
     "",
     NULL},
    {"every hour, late",
     hourly,
     0,
     "2026-11-27T00:00:00Z",
     {{"end", "2026-11-27T02:02:00Z"}},
     "2026-11-27T03:07:01Z",
     HEARTBEAT_LATE,
     "2026-11-27T03:02:00.000Z",
     "expected by 03:07 UTC, last came 02:02",
     NULL},
    {"a ping older than the plan counts for nothing",
     hourly,
     0,
     "2026-11-27T12:00:00Z",
     {{"end", "2026-11-27T02:02:00Z"}},
     "2026-11-27T13:04:00Z",
     HEARTBEAT_ON_TIME,
     "2026-11-27T13:00:00.000Z",
     "",
     NULL},
};

static void stands(void **state)
{
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        struct heartbeat_conf c = stories[i].conf(arena);
        struct heartbeat_memory m = {.took = -1};
        char due[WALL_TEXT_SIZE];
        const struct wall now = instant(stories[i].now);
        c.max_run_time = stories[i].max_run_time;
        heartbeat_plan(&m, "plan", instant(stories[i].configured));
        tell(&m, stories[i].told);
        const struct heartbeat_view v = heartbeat_look(&c, &m, now);
        const char *sentence =
            heartbeat_sentence(&c, &m, &v, instant(stories[i].listening), now, arena);
        if (v.stand != stories[i].stand ||
            strcmp(wall_format(v.due, due), stories[i].due) ||
            strcmp(sentence, stories[i].sentence))
            fail_msg("%s: stands %d, due %s, '%s'", stories[i].what, v.stand, due,
                     sentence);
    }
    arena_destroy(arena);
}

static void times_of_runs_are_measured(void **state)
{
    static const struct {
        struct told told[5];
        nsec took;
        bool is_running;
    } cases[] = {
        {{{"start", "2026-11-27T02:00:00Z"}, {"end", "2026-11-27T02:00:12Z"}},
         12 * NSEC_PER_SEC,
         false},
        {{{"end", "2026-11-27T02:00:12Z"}}, -1, false}, /* nobody said when it began */
        {{{"start", "2026-11-27T02:00:00Z", "a"},
          {"start", "2026-11-27T02:01:00Z", "b"},
          {"end", "2026-11-27T02:02:00Z", "a"}},
         -1,
         true}, /* not the one that is known */
        {{{"start", "2026-11-27T02:00:00Z", "a"},
          {"start", "2026-11-27T02:01:00Z", "b"},
          {"end", "2026-11-27T02:02:00Z", "b"}},
         60 * NSEC_PER_SEC,
         false},
        {{{"start", "2026-11-27T02:00:00Z", "a"}, {"end", "2026-11-27T02:02:00Z"}},
         120 * NSEC_PER_SEC,
         false},
        {{{"start", "2026-11-27T02:00:00Z"}, {"end", "2026-11-27T01:00:00Z"}},
         -1,
         false}, /* the clock was set back */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct heartbeat_memory m = {.took = -1};
        tell(&m, cases[i].told);
        assert_int_equal(m.took, cases[i].took);
        assert_int_equal(m.is_running, cases[i].is_running);
    }
}

static void a_new_plan_counts_from_now_on(void **state)
{
    struct heartbeat_memory m = {0};
    heartbeat_plan(&m, "0 3 * * * UTC", (struct wall){1});
    assert_int_equal(m.since.ns, 1);
    heartbeat_plan(&m, "0 3 * * * UTC", (struct wall){2});
    assert_int_equal(m.since.ns, 1);
    heartbeat_plan(&m, "0 * * * * UTC", (struct wall){3});
    assert_int_equal(m.since.ns, 3);
    assert_int_equal(m.first.ns, 1);
}

static void memos_come_back(void **state)
{
    struct heartbeat_memory m = {.took = -1}, back;
    struct buf memo = BUF_MAX(64 << 10);
    heartbeat_plan(&m, "0 3 * * * Europe/Berlin", instant("2026-11-20T12:00:00Z"));
    const struct told told[] = {{"start", "2026-11-27T02:00:00Z", "run \"1\""},
                                {"end", "2026-11-27T02:00:12Z", "", 3},
                                {"start", "2026-11-27T02:01:00Z", "x"},
                                {0}};
    tell(&m, told);
    heartbeat_keep_words(&m, bytes_of("  no space left\n"));
    heartbeat_memo_write(&m, 4096, &memo);
    heartbeat_memo_read(buf_text(&memo), &back);
    assert_string_equal(back.words, "no space left");
    assert_string_equal(back.plan, m.plan);
    assert_string_equal(back.run_id, "x");
    assert_int_equal(back.first.ns, m.first.ns);
    assert_int_equal(back.since.ns, m.since.ns);
    assert_int_equal(back.last_ping.ns, m.last_ping.ns);
    assert_int_equal(back.last_start.ns, m.last_start.ns);
    assert_int_equal(back.last_end.ns, m.last_end.ns);
    assert_int_equal(back.last_success.ns, 0);
    assert_int_equal(back.took, 12 * NSEC_PER_SEC);
    assert_int_equal(back.status, 3);
    assert_int_equal(back.starts, 2);
    assert_int_equal(back.failures, 1);
    assert_true(back.is_running && back.has_failed);
    buf_finish(&memo);
}

static void memos_have_room(void **state)
{
    struct heartbeat_memory m = {.took = -1}, back;
    struct buf memo = BUF_MAX(64 << 10);
    char noise[5000];
    memset(noise, 1, sizeof(noise)); /* six bytes each, as JSON */
    heartbeat_keep_words(&m, (struct bytes){noise, sizeof(noise)});
    assert_int_equal(strlen(m.words), HEARTBEAT_MAX_WORDS);
    heartbeat_memo_write(&m, 4096, &memo);
    assert_true(memo.len <= 4096);
    heartbeat_memo_read(buf_text(&memo), &back);
    assert_true(strlen(back.words) > 300);
    buf_finish(&memo);
}

static void words_do_not_begin_within_a_character(void **state)
{
    struct heartbeat_memory m = {0};
    char text[HEARTBEAT_MAX_WORDS + 2] = "\xc3\xa9";
    memset(text + 2, 'x', HEARTBEAT_MAX_WORDS - 1);
    heartbeat_keep_words(&m, bytes_of(text)); /* one byte too many: half of the e */
    assert_int_equal(m.words[0], 'x');
    assert_int_equal(strlen(m.words), HEARTBEAT_MAX_WORDS - 1);
}

static void broken_memos_are_none(void **state)
{
    static const char *const memos[] = {
        "", "{", "[]", "null", "{\"first\":\"x\"}", "{\"words\":7,\"running\":1}"};
    for (size_t i = 0; i < ARRAY_LEN(memos); i++) {
        struct heartbeat_memory m;
        heartbeat_memo_read(memos[i], &m);
        assert_int_equal(m.first.ns, 0);
        assert_int_equal(m.took, -1);
        assert_false(m.is_running);
        assert_string_equal(m.words, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stands),
        cmocka_unit_test(times_of_runs_are_measured),
        cmocka_unit_test(a_new_plan_counts_from_now_on),
        cmocka_unit_test(memos_come_back),
        cmocka_unit_test(memos_have_room),
        cmocka_unit_test(words_do_not_begin_within_a_character),
        cmocka_unit_test(broken_memos_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
