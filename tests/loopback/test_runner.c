/* SPDX-License-Identifier: Apache-2.0 */
/* Runs end exactly once: by their answer, at the deadline, by a cancel, or because they cannot start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/loop.h"
#include "lib/core/session.h"
#include "lib/core/talk.h"
#include "tests/loopback/stand.h"

struct conf {
    const char *target;
};
#define OPT_STRUCT struct conf
static const struct opt opts[] = {
    OPT_ROW_TEXT("target", target, "", "Whatever.", .flags = OPT_SHORTHAND),
    {0},
};
#undef OPT_STRUCT

/* Asks for a pong, and reports that it was told to. */
static const struct metric reported_metric = {.name = "reported", .help = "Always"};

static enum talk ping_talk(struct run *run, enum talk_event event, struct bytes *in)
{
    struct bytes line;

    if (event == TALK_OPEN)
        run_say_text(run, "ping\n");
    while (bytes_line(in, &line)) {
        if (bytes_is(line, "pong"))
            return run_up(run);
    }
    return TALK_MORE;
}

static void ping_report(struct run *run)
{
    run_sample(run, &reported_metric, 1);
}

static const struct probe_type ping_type = {
    .name = "ping",
    .opts = opts,
    .conf_size = sizeof(struct conf),
    .talk = ping_talk,
    .report = ping_report,
};

static double reported, success, failure;

static void look(struct stand *s, const struct verdict *v, const struct batch *b)
{
    reported = batch_value(b, "reported");
    success = batch_value(b, "probe_success");
    failure = batch_value(b, "probe_failure_info");
    assert_true(v->health == HEALTH_UNKNOWN ||
                batch_value(b, "probe_duration_seconds") >= 0);
    /* A Unix socket has no name to look up. */
    assert_true(isnan(batch_value(b, "probe_dns_lookup_time_seconds")));
}

static const struct probe *ping_probe(struct stand *s, const char *expect)
{
    s->look = look;
    return stand_probe(s, &ping_type, arena_printf(s->arena, "{unix: %s}", s->peer.path),
                       expect);
}

static void test_up(void **state)
{
    struct stand s;
    stand_begin(&s);
    const struct verdict *v =
        stand_ask(&s, ping_probe(&s, "timing.total < 1s && timing.resolve == 0s"), NULL,
                  NSEC_PER_SEC, NULL);
    assert_string_equal(v->detail, "");
    assert_int_equal(v->health, HEALTH_UP);
    assert_int_equal(v->reason, REASON_NONE);
    assert_string_equal(v->address, s.peer.path);
    assert_true(success == 1 && reported == 1 && isnan(failure));
    assert_int_equal(v->seq, 1);
    stand_end(&s);
}

static void test_expectation(void **state)
{
    struct stand s;
    stand_begin(&s);
    const struct verdict *v =
        stand_ask(&s, ping_probe(&s, "timing.total > 1h"), NULL, NSEC_PER_SEC, NULL);
    assert_int_equal(v->health, HEALTH_DOWN);
    assert_int_equal(v->reason, REASON_EXPECT);
    assert_true(strstr(v->detail, "timing.total > 1h") != NULL);
    assert_true(success == 0 && failure == 1);
    /* A value that is missing is an error, never 0. */
    v = stand_ask(&s, ping_probe(&s, "timing.tls < 1h"), NULL, NSEC_PER_SEC, NULL);
    assert_int_equal(v->reason, REASON_EXPECT_ERROR);
    stand_end(&s);
}

static void test_deadline(void **state)
{
    struct stand s;
    stand_begin(&s);
    s.peer.is_silent = true;
    const struct verdict *v =
        stand_ask(&s, ping_probe(&s, NULL), NULL, 30 * NSEC_PER_MSEC, NULL);
    char begin[256];
    snprintf(begin, sizeof(begin), "no answer from %s within 30 ms; connected after ",
             s.peer.path);
    assert_int_equal(v->health, HEALTH_DOWN);
    assert_int_equal(v->reason, REASON_TIMEOUT);
    assert_memory_equal(v->detail, begin, strlen(begin));
    assert_true(strstr(v->detail, "then waited for the first byte") != NULL);
    assert_in_range(v->duration, 30 * NSEC_PER_MSEC, 130 * NSEC_PER_MSEC);
    assert_true(success == 0 && reported == 1);
    assert_int_equal(s.done, 1);
    stand_end(&s);
}

static void test_closed(void **state)
{
    struct stand s;
    stand_begin(&s);
    s.peer.is_short = true;
    const struct verdict *v =
        stand_ask(&s, ping_probe(&s, NULL), NULL, NSEC_PER_SEC, NULL);
    assert_int_equal(v->health, HEALTH_DOWN);
    assert_int_equal(v->reason, REASON_CLOSED);
    assert_string_equal(
        v->detail,
        arena_printf(s.arena, "%s closed the connection before its answer was complete",
                     s.peer.path));
    stand_end(&s);
}

/* Answers when the peer has said all it has to say. */
static enum talk reader_talk(struct run *run, enum talk_event event, struct bytes *in)
{
    if (event != TALK_EOF)
        return TALK_MORE;
    return bytes_is(*in, "hello\n") ? run_up(run) : run_down(run, REASON_BODY, "other");
}

static const struct probe_type reader_type = {.name = "reader",
                                              .opts = opts,
                                              .conf_size = sizeof(struct conf),
                                              .talk = reader_talk};

static void test_answer_at_the_end(void **state)
{
    struct stand s;
    stand_begin(&s);
    s.peer.is_short = true;
    const struct probe *probe = stand_probe(
        &s, &reader_type, arena_printf(s.arena, "{unix: %s}", s.peer.path), NULL);
    assert_int_equal(stand_ask(&s, probe, NULL, NSEC_PER_SEC, NULL)->health, HEALTH_UP);
    stand_end(&s);
}

static void test_nobody_there(void **state)
{
    struct stand s;
    stand_begin(&s);
    const struct probe *probe =
        stand_probe(&s, &ping_type, "{unix: /nonexistent/socket}", NULL);
    const struct verdict *v = stand_ask(&s, probe, NULL, NSEC_PER_SEC, NULL);
    assert_int_equal(v->health, HEALTH_DOWN);
    assert_int_equal(v->reason, REASON_UNREACHABLE);
    stand_end(&s);
}

static void test_nothing_to_ask(void **state)
{
    struct stand s;
    stand_begin(&s);
    const struct probe *probe = stand_probe(&s, &ping_type, "{}", NULL);
    const struct verdict *v = stand_ask(&s, probe, NULL, NSEC_PER_SEC, NULL);
    assert_int_equal(v->health, HEALTH_UNKNOWN);
    assert_int_equal(v->reason, REASON_CONFIG);
    assert_int_equal(s.samples, 0);
    stand_end(&s);
}

/* ---- cancels, and more at once than allowed ---- */

struct tally {
    int done, gone, unknown;
};

static void tally_done(void *ctx, struct verdict *v, struct batch *b)
{
    struct tally *t = ctx;
    t->done++;
    t->unknown += v->health == HEALTH_UNKNOWN && v->reason == REASON_SELF;
    assert_null(b->first);
}

static void tally_gone(void *ctx)
{
    struct tally *t = ctx;
    t->gone++;
}

static struct run *begin(struct stand *s, const struct probe *probe, struct tally *t)
{
    return runner_start(s->runner, &(struct ask){.probe = probe,
                                                 .timeout = NSEC_PER_SEC,
                                                 .done = tally_done,
                                                 .gone = tally_gone,
                                                 .ctx = t});
}

static void test_cancel(void **state)
{
    struct stand s;
    struct tally t = {0};
    stand_begin(&s);
    s.peer.is_silent = true;
    struct run *run = begin(&s, ping_probe(&s, NULL), &t);
    assert_int_equal(runner_active(s.runner), 1);
    runner_cancel(run);
    assert_int_equal(t.done, 1);
    assert_int_equal(t.gone, 1);
    assert_int_equal(t.unknown, 1);
    assert_int_equal(runner_active(s.runner), 0);
    stand_end(&s);
}

static void test_too_many(void **state)
{
    struct stand s;
    struct tally t = {0};
    stand_begin(&s);
    const struct probe *probe = ping_probe(&s, NULL);
    for (int i = 0; i < 10; i++)
        begin(&s, probe, &t);
    assert_int_equal(t.done, 0);
    begin(&s, probe, &t);
    assert_int_equal(t.done, 1);
    assert_int_equal(t.unknown, 1);
    assert_int_equal(runner_active(s.runner), 10);
    /* The end of the runner is the end of all. */
    runner_destroy(s.runner);
    assert_int_equal(t.done, 11);
    assert_int_equal(t.gone, 11);
    s.runner = NULL;
    stand_end(&s);
}

/* ---- a probe whose handles take their time: answered, but not gone ---- */

static struct run *slow_run;

static void slow_start(struct run *run)
{
    run_hold(run);
    slow_run = run;
    run_up(run);
    run_finish(run);
}

static const struct probe_type slow_type = {
    .name = "slow", .opts = opts, .conf_size = sizeof(struct conf), .start = slow_start};

static void on_slow_done(void *ctx, struct verdict *v, struct batch *b)
{
    struct tally *t = ctx;
    t->done++;
    assert_int_equal(v->health, HEALTH_UP);
}

static void test_draining(void **state)
{
    struct stand s;
    struct tally t = {0};
    stand_begin(&s);
    struct session *session = stand_session(&s, &slow_type);
    const struct probe *probe = stand_probe(&s, &slow_type, "x", NULL);
    struct ask ask = {.probe = probe,
                      .session = session,
                      .timeout = NSEC_PER_SEC,
                      .done = on_slow_done,
                      .gone = tally_gone,
                      .ctx = &t};
    runner_start(s.runner, &ask);
    assert_int_equal(t.done, 1);
    assert_int_equal(t.gone, 0);
    assert_true(session->is_draining);
    assert_int_equal(runner_draining(s.runner), 1);
    /* Meanwhile it is not asked again. */
    ask.done = tally_done;
    runner_start(s.runner, &ask);
    assert_int_equal(t.unknown, 1);
    assert_true(session->is_draining);
    run_release(slow_run);
    assert_int_equal(t.gone, 2);
    assert_false(session->is_draining);
    session_destroy(session);
    stand_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_up),
        cmocka_unit_test(test_expectation),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_nothing_to_ask),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_closed),
        cmocka_unit_test(test_answer_at_the_end),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_draining),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
