/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An errand that comes back, one that nobody waits for any more, and what its session had lent to it: that ends once,
 * and never while a thread has it. The thread stands at a gate, which is the tests' file system that hangs.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/core/errand.h"
#include "lib/core/session.h"
#include "tests/loopback/stand.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

struct lent { /* by the session */
    int used, ended;
};

struct sender {
    struct errand errand;
    struct lent *lent;
};

static void end_lent(void *kept)
{
    ((struct lent *)kept)->ended++;
}

static bool sender_open(struct session *s, struct err *e)
{
    struct sender *sender = s->state;
    errand_init(&sender->errand, "errand", s->frame);
    return true;
}

static void sender_close(struct session *s)
{
    struct sender *sender = s->state;
    errand_finish(&sender->errand, end_lent, sender->lent);
}

static void use_lent(void *ctx)
{
    struct lent *lent = *(struct lent **)ctx;
    pthread_mutex_lock(&gate);
    lent->used += lent->ended ? 100 : 1;
    pthread_mutex_unlock(&gate);
}

static void on_back(struct run *run, void *ctx)
{
    run_up(run);
    run_finish(run);
}

static void sender_start(struct run *run)
{
    struct sender *sender = run_session(run)->state;
    if (errand_hangs(&sender->errand, run, "/srv")) {
        run_finish(run);
        return;
    }
    struct arena *arena = arena_create(0);
    struct lent **ctx = arena_alloc(arena, sizeof(struct lent *));
    *ctx = sender->lent;
    if (!errand_send(&sender->errand, run, arena, use_lent, on_back, ctx))
        run_finish(run);
}

static void sender_cancel(struct run *run)
{
    struct sender *sender = run_session(run)->state;
    errand_forsake(&sender->errand, run);
    run_finish(run);
}

static const struct opt no_opts[] = {{0}};
static const struct probe_type sender_type = {
    .name = "sender",
    .opts = no_opts,
    .conf_size = 1,
    .session_size = sizeof(struct sender),
    .open = sender_open,
    .close = sender_close,
    .start = sender_start,
    .cancel = sender_cancel,
};

static const struct verdict *ask(struct stand *s, struct session *session)
{
    return stand_ask(s, stand_probe(s, &sender_type, "{}", NULL), session,
                     20 * NSEC_PER_MSEC, NULL);
}

static struct session *session_lending(struct stand *s, struct lent *lent)
{
    struct session *session = stand_session(s, &sender_type);
    ((struct sender *)session->state)->lent = lent;
    return session;
}

static void test_comes_back(void **state)
{
    struct stand s;
    struct lent lent = {0};
    stand_begin(&s);
    struct session *session = session_lending(&s, &lent);
    for (int run = 1; run <= 2; run++) {
        const struct probe *probe = stand_probe(&s, &sender_type, "{}", NULL);
        assert_int_equal(stand_ask(&s, probe, session, 5 * NSEC_PER_SEC, NULL)->health,
                         HEALTH_UP);
        assert_int_equal(lent.used, run);
    }
    assert_int_equal(lent.ended, 0);
    session_destroy(session);
    assert_int_equal(lent.ended, 1); /* at once: nobody is out */
    stand_end(&s);
}

static void test_is_seen_to_hang(void **state)
{
    struct stand s;
    struct lent lent = {0};
    stand_begin(&s);
    struct session *session = session_lending(&s, &lent);
    pthread_mutex_lock(&gate);
    assert_int_equal(ask(&s, session)->reason, REASON_TIMEOUT);
    assert_int_equal(ask(&s, session)->reason, REASON_HUNG);
    pthread_mutex_unlock(&gate);
    session_destroy(session);
    assert_true(stand_wait(&s, &lent.ended, 1));
    stand_end(&s);
}

static void test_outlives_its_session(void **state)
{
    struct stand s;
    struct lent lent = {0};
    stand_begin(&s);
    struct session *session = session_lending(&s, &lent);
    pthread_mutex_lock(&gate);
    assert_int_equal(ask(&s, session)->reason, REASON_TIMEOUT);
    session_destroy(session);
    assert_int_equal(lent.ended, 0); /* a thread still has it */
    pthread_mutex_unlock(&gate);
    assert_true(stand_wait(&s, &lent.ended, 1));
    assert_int_equal(lent.used, 1);
    stand_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comes_back),
        cmocka_unit_test(test_is_seen_to_hang),
        cmocka_unit_test(test_outlives_its_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
