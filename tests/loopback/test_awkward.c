/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One throw-away probe of each awkward kind: what the contracts must be able to say. A kept
 * connection, 2,000 dynamic series, a computation in a dialogue, groups with intervals of their own, fifty
 * items, a target that only a variable knows, and work that hangs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/loop.h"
#include "lib/core/opt.h"
#include "lib/core/session.h"
#include "lib/core/talk.h"
#include "tests/loopback/stand.h"

struct plain_conf {
    const char *target;
};
#define OPT_STRUCT struct plain_conf
static const struct opt plain_opts[] = {
    OPT_ROW_TEXT("target", target, "", "Whatever.", .flags = OPT_SHORTHAND),
    {0},
};
#undef OPT_STRUCT

static const char *at_peer(struct stand *s)
{
    return arena_printf(s->arena, "{unix: %s}", s->peer.path);
}

/* ---- a kept connection: greeted once, then asked again on the same one ---- */

static enum talk kept_talk(struct run *run, enum talk_event event, struct bytes *in)
{
    bool *is_greeted = run_state(run);
    struct bytes line;

    if (event == TALK_OPEN && run_is_kept(run)) {
        *is_greeted = true;
        run_say_text(run, "ping\n");
    }
    if (!bytes_line(in, &line))
        return TALK_MORE;
    if (*is_greeted)
        return bytes_is(line, "pong") ? run_up(run)
                                      : run_down(run, REASON_PROTOCOL, "no pong");
    if (!bytes_is(line, "hello"))
        return run_down(run, REASON_PROTOCOL, "no greeting");
    *is_greeted = true;
    run_say_text(run, "ping\n");
    return TALK_MORE;
}

static const struct probe_type kept_type = {
    .name = "kept",
    .opts = plain_opts,
    .conf_size = sizeof(struct plain_conf),
    .state_size = sizeof(bool),
    .keeps_connection = true,
    .talk = kept_talk,
};

static void test_kept_connection(void **state)
{
    struct stand s;
    stand_begin(&s);
    struct session *session = stand_session(&s, &kept_type);
    const struct probe *probe = stand_probe(&s, &kept_type, at_peer(&s), NULL);

    for (int i = 0; i < 3; i++)
        assert_int_equal(stand_ask(&s, probe, session, NSEC_PER_SEC, NULL)->health,
                         HEALTH_UP);
    assert_int_equal(s.peer.accepted, 1);
    assert_int_equal(s.verdict.seq, 3);

    /* It ended unnoticed: no answer of the target, so a fresh one is opened. */
    peer_hang_up(&s.peer);
    assert_int_equal(stand_ask(&s, probe, session, NSEC_PER_SEC, NULL)->health,
                     HEALTH_UP);
    assert_int_equal(s.peer.accepted, 2);

    /* A run that has no probe of its own keeps nothing. */
    assert_int_equal(stand_ask(&s, probe, NULL, NSEC_PER_SEC, NULL)->health, HEALTH_UP);
    assert_int_equal(s.peer.accepted, 3);
    session_destroy(session);
    stand_end(&s);
}

static void test_kept_watch(void **state)
{
    struct stand s;
    stand_begin(&s);
    struct session *session = stand_session(&s, &kept_type);
    const struct probe *probe = stand_probe(&s, &kept_type, at_peer(&s), NULL);

    stand_ask(&s, probe, session, NSEC_PER_SEC, NULL);
    talk_watch(session, &(struct dial){.unix_path = s.peer.path});
    assert_true(session->is_watched);
    /* A run takes it, and gives it back still watched. */
    stand_ask(&s, probe, session, NSEC_PER_SEC, NULL);
    assert_true(session->is_watched);
    assert_int_equal(s.peer.accepted, 1);
    peer_hang_up(&s.peer);
    assert_true(stand_wait(&s, &s.woken, 1));
    assert_true(session->ended_orderly);
    assert_false(session->is_watched);

    /* A run that loses it tells so: the peer falls silent, and the deadline comes. */
    stand_ask(&s, probe, session, NSEC_PER_SEC, NULL);
    talk_watch(session, &(struct dial){.unix_path = s.peer.path});
    s.peer.is_silent = true;
    stand_ask(&s, probe, session, 20 * NSEC_PER_MSEC, NULL);
    assert_int_equal(s.woken, 2);
    assert_false(session->ended_orderly);
    session_destroy(session);
    stand_end(&s);
}

/* ---- watch without keeping: a connection of its own ---- */

static enum talk plain_talk(struct run *run, enum talk_event event, struct bytes *in)
{
    return run_up(run);
}

static const struct probe_type plain_type = {
    .name = "plain",
    .opts = plain_opts,
    .conf_size = sizeof(struct plain_conf),
    .talk = plain_talk,
};

static void test_plain_watch(void **state)
{
    struct stand s;
    stand_begin(&s);
    struct session *session = stand_session(&s, &plain_type);
    const struct dial dial = {.unix_path = s.peer.path};

    talk_watch(session, &dial);
    assert_true(stand_wait(&s, &s.peer.accepted, 0));
    const struct probe *probe = stand_probe(&s, &plain_type, at_peer(&s), NULL);
    assert_int_equal(stand_ask(&s, probe, session, NSEC_PER_SEC, NULL)->health,
                     HEALTH_UP);
    /* The peer drops the watched connection when the run's comes: one end, one wake. */
    assert_true(stand_wait(&s, &s.woken, 1));
    assert_int_equal(s.woken, 1);
    session_destroy(session);
    stand_end(&s);
}

/* ---- 2,000 series of families that only the run knows ---- */

static void dynamic_start(struct run *run)
{
    const char *const labels[] = {"shard", NULL};
    char name[64], shard[16];

    for (int family = 0; family < 20; family++) {
        snprintf(name, sizeof(name), "shop_family_%d_total", family);
        const struct metric *metric =
            batch_metric(run_batch(run), name, METRIC_COUNTER, "From the target", labels);
        for (int i = 0; i < 100; i++) {
            snprintf(shard, sizeof(shard), "%d", i);
            run_sample_with(run, metric, (const char *const[]){shard}, i);
        }
    }
    run_up(run);
    run_finish(run);
}

static const struct probe_type dynamic_type = {
    .name = "dynamic",
    .opts = plain_opts,
    .conf_size = sizeof(struct plain_conf),
    .has_dynamic_families = true,
    .start = dynamic_start,
};

static void test_dynamic_series(void **state)
{
    struct stand s;
    stand_begin(&s);
    const struct probe *probe = stand_probe(&s, &dynamic_type, "x", NULL);
    stand_ask(&s, probe, NULL, NSEC_PER_SEC, NULL);
    assert_int_equal(s.samples, 2002); /* and probe_success, probe_duration_seconds */
    stand_end(&s);
}

/* ---- a computation in a dialogue (SCRAM) ---- */

struct sum {
    const char *text;
    size_t len;
    unsigned result;
    pthread_t thread;
};

static void compute_sum(void *ctx)
{
    struct sum *sum = ctx;
    sum->thread = pthread_self();
    for (size_t i = 0; i < sum->len; i++)
        sum->result += (unsigned char)sum->text[i];
}

static enum talk offload_talk(struct run *run, enum talk_event event, struct bytes *in)
{
    struct sum *sum = run_state(run);
    struct bytes line;

    if (event == TALK_RESUMED) {
        assert_false(pthread_equal(sum->thread, pthread_self()));
        return sum->result == 'h' + 'e' + 'l' + 'l' + 'o'
                   ? run_up(run)
                   : run_down(run, REASON_BODY, "sum %u", sum->result);
    }
    if (!bytes_line(in, &line))
        return TALK_MORE;
    *sum = (struct sum){.text = arena_strndup(run_arena(run), line.ptr, line.len),
                        .len = line.len};
    run_offload(run, compute_sum, sum);
    return TALK_OFFLOAD;
}

static const struct probe_type offload_type = {
    .name = "offload",
    .opts = plain_opts,
    .conf_size = sizeof(struct plain_conf),
    .state_size = sizeof(struct sum),
    .talk = offload_talk,
};

static void test_offload(void **state)
{
    struct stand s;
    stand_begin(&s);
    const struct probe *probe = stand_probe(&s, &offload_type, at_peer(&s), NULL);
    assert_int_equal(stand_ask(&s, probe, NULL, NSEC_PER_SEC, NULL)->health, HEALTH_UP);
    stand_end(&s);
}

/* What was left unread during a computation and is taken behind it does not come again in the next run. */
static enum talk late_talk(struct run *run, enum talk_event event, struct bytes *in)
{
    struct sum *sum = run_state(run);
    struct bytes line, rest = *in;

    if (event == TALK_OPEN && run_is_kept(run))
        run_say_text(run, "ping\n");
    if (event == TALK_RESUMED) {
        bytes_line(in, &line);
        return bytes_is(line, run_is_kept(run) ? "pong" : "hello")
                   ? run_up(run)
                   : run_down(run, REASON_BODY, "%s", run_quoted(run, line));
    }
    if (!bytes_line(&rest, &line))
        return TALK_MORE;
    run_offload(run, compute_sum, sum);
    return TALK_OFFLOAD;
}

static const struct probe_type late_type = {
    .name = "late",
    .opts = plain_opts,
    .conf_size = sizeof(struct plain_conf),
    .state_size = sizeof(struct sum),
    .keeps_connection = true,
    .talk = late_talk,
};

static void test_offload_on_a_kept_connection(void **state)
{
    struct stand s;
    stand_begin(&s);
    struct session *session = stand_session(&s, &late_type);
    const struct probe *probe = stand_probe(&s, &late_type, at_peer(&s), NULL);
    for (int i = 0; i < 3; i++)
        assert_string_equal(stand_ask(&s, probe, session, NSEC_PER_SEC, NULL)->detail,
                            "");
    assert_int_equal(s.peer.accepted, 1);
    session_destroy(session);
    stand_end(&s);
}

/* ---- two groups, one with an interval of its own; on a thread ---- */

static const struct metric fast_metric = {.name = "group_fast", .help = "Every run"};
static const struct metric slow_metric = {.name = "group_slow", .help = "Once an hour"};

static void groups_work(struct run *run)
{
    if (run_group_is_due(run, "fast")) {
        run_group(run, "fast");
        run_sample(run, &fast_metric, 1);
    }
    if (run_group_is_due(run, "slow")) {
        run_group(run, "slow");
        run_sample(run, &slow_metric, 1);
    }
    run_group_failed(run, "fast", "permission denied");
    run_up(run);
}

static const struct probe_type groups_type = {
    .name = "groups",
    .opts = plain_opts,
    .conf_size = sizeof(struct plain_conf),
    .groups = (const struct group[]){{"fast", 0}, {"slow", NSEC_PER_HOUR}, {0}},
    .work = groups_work,
};

static void look_for_slow(struct stand *s, const struct verdict *v, const struct batch *b)
{
    s->seen = batch_value(b, "group_slow");
    assert_true(batch_value(b, "group_fast") == 1);
    assert_true(v->has_failed_group);
}

static void test_groups(void **state)
{
    struct stand s;
    stand_begin(&s);
    struct session *session = stand_session(&s, &groups_type);
    const struct probe *probe = stand_probe(&s, &groups_type, "x", NULL);
    s.look = look_for_slow;
    assert_int_equal(stand_ask(&s, probe, session, NSEC_PER_SEC, NULL)->health,
                     HEALTH_UP);
    assert_true(s.seen == 1);
    stand_ask(&s, probe, session, NSEC_PER_SEC, NULL);
    assert_true(s.seen != 1);
    session_destroy(session);
    stand_end(&s);
}

/* ---- fifty subjects, judged one by one ---- */

static void items_start(struct run *run)
{
    char key[16];

    for (int i = 0; i < 50; i++) {
        snprintf(key, sizeof(key), "disk%d", i);
        const struct labels labels = {&(struct label){"mount", key}, 1};
        run_item(run, key, labels, HEALTH_UP, REASON_NONE, "");
    }
    run_up(run);
    run_finish(run);
}

static bool used_get(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    const struct item *item = run_current_item(run);

    *ret_value = value_number(item && !strcmp(item->key, "disk7") ? 99 : 10);
    return true;
}

static const struct probe_type items_type = {
    .name = "items",
    .opts = plain_opts,
    .conf_size = sizeof(struct plain_conf),
    .vars = (const struct var[]){{"used", VALUE_NUMBER, "Percent.", used_get}, {0}},
    .start = items_start,
};

static void test_items(void **state)
{
    struct stand s;
    stand_begin(&s);
    const struct probe *probe = stand_probe(&s, &items_type, "x", "used < 90");
    const struct verdict *v = stand_ask(&s, probe, NULL, NSEC_PER_SEC, NULL);
    assert_int_equal(v->health, HEALTH_DOWN);
    assert_int_equal(v->reason, REASON_EXPECT);
    assert_int_equal(v->item_count, 50);
    assert_int_equal(v->items[7].health, HEALTH_DOWN);
    assert_int_equal(v->items[8].health, HEALTH_UP);
    assert_memory_equal(v->detail, "disk7: ", 7);
    stand_end(&s);
}

/* ---- a target that only the flow knows ---- */

static bool lookup_target(void *ctx, struct bytes name, struct arena *arena,
                          struct bytes *ret_value, struct err *e)
{
    if (!bytes_is(name, "order.id"))
        return false;
    *ret_value = bytes_of("42");
    return true;
}

static void variable_start(struct run *run)
{
    const struct plain_conf *conf = run_conf(run);

    if (strcmp(conf->target, "/orders/42") != 0)
        run_down(run, REASON_BODY, "%s", conf->target);
    run_up(run);
    run_finish(run);
}

static const struct probe_type variable_type = {
    .name = "variable",
    .opts = plain_opts,
    .conf_size = sizeof(struct plain_conf),
    .start = variable_start,
};

static void test_variable(void **state)
{
    const struct scope scope = {.lookup = lookup_target};
    struct stand s;
    stand_begin(&s);
    const struct probe *probe =
        stand_probe(&s, &variable_type, "\"/orders/${order.id}\"", NULL);
    assert_int_equal(stand_ask(&s, probe, NULL, NSEC_PER_SEC, &scope)->health, HEALTH_UP);
    /* Nobody knows it: ours, and not the target's. */
    assert_int_equal(stand_ask(&s, probe, NULL, NSEC_PER_SEC, NULL)->health,
                     HEALTH_UNKNOWN);
    assert_int_equal(s.verdict.reason, REASON_CONFIG);
    assert_int_equal(s.samples, 0);
    stand_end(&s);
}

/* ---- work that hangs: answered for at the deadline, waited for, and not asked again meanwhile ---- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void hanging_work(struct run *run)
{
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    run_sample(run, &fast_metric, 1);
    run_up(run);
}

static const struct probe_type hanging_type = {
    .name = "hanging",
    .opts = plain_opts,
    .conf_size = sizeof(struct plain_conf),
    .work = hanging_work,
};

static struct session *hanging_session;

static void look_at_hanging(struct stand *s, const struct verdict *v,
                            const struct batch *b)
{
    assert_int_equal(v->health, HEALTH_DOWN);
    assert_int_equal(v->reason, REASON_TIMEOUT);
    assert_true(hanging_session->is_draining);
    assert_int_equal(runner_draining(s->runner), 1);
    pthread_mutex_unlock(&gate);
}

static void test_hanging_work(void **state)
{
    struct stand s;
    stand_begin(&s);
    hanging_session = stand_session(&s, &hanging_type);
    const struct probe *probe = stand_probe(&s, &hanging_type, "x", NULL);
    s.look = look_at_hanging;
    pthread_mutex_lock(&gate);
    stand_ask(&s, probe, hanging_session, 20 * NSEC_PER_MSEC, NULL);
    assert_int_equal(s.done, 1);
    assert_int_equal(s.gone, 1);
    assert_int_equal(runner_active(s.runner), 0);
    assert_false(hanging_session->is_draining);
    session_destroy(hanging_session);
    stand_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_connection),
        cmocka_unit_test(test_kept_watch),
        cmocka_unit_test(test_plain_watch),
        cmocka_unit_test(test_dynamic_series),
        cmocka_unit_test(test_offload),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_variable),
        cmocka_unit_test(test_hanging_work),
        cmocka_unit_test(test_offload_on_a_kept_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
