/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs end on the loop exactly once, or are disposed of; a hung one holds nobody up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>

#include "lib/core/loop.h"
#include "lib/core/pool.h"

struct story {
    struct loop *loop;
    struct pool *pool;
    pthread_t loop_thread;
    pthread_mutex_t gate; /* held: hanging jobs hang */
    int done, disposed;
    int worked; /* under gate */
};

static void story_begin(struct story *s)
{
    struct err e = {0};
    *s = (struct story){.loop_thread = pthread_self()};
    pthread_mutex_init(&s->gate, NULL);
    s->loop = loop_create(&e);
    if (!s->loop)
        fail_msg("%s", e.text);
    s->pool = pool_create(s->loop, 2);
}

static void story_end(struct story *s)
{
    loop_destroy(s->loop);
    pthread_mutex_destroy(&s->gate);
}

static void work(void *ctx)
{
    struct story *s = ctx;
    assert_false(pthread_equal(pthread_self(), s->loop_thread));
    pthread_mutex_lock(&s->gate);
    s->worked++;
    pthread_mutex_unlock(&s->gate);
}

static void done(void *ctx)
{
    struct story *s = ctx;
    assert_true(pthread_equal(pthread_self(), s->loop_thread));
    s->done++;
}

static void dispose(void *ctx)
{
    struct story *s = ctx;
    assert_true(pthread_equal(pthread_self(), s->loop_thread));
    s->disposed++;
}

static void every_job_is_done_once(void **state)
{
    struct story s;
    (void)state;
    story_begin(&s);
    for (int i = 0; i < 50; i++)
        assert_non_null(pool_submit(s.pool, "job", work, done, &s));
    for (int i = 0; i < 10; i++)
        assert_non_null(pool_detach(s.pool, "job", work, done, &s));
    loop_run(s.loop);
    assert_int_equal(s.worked, 60);
    assert_int_equal(s.done, 60);
    assert_int_equal(pool_stats(s.pool).detached, 0);
    pool_destroy(s.pool, NSEC_PER_SEC);
    story_end(&s);
}

static void done_and_forget(void *ctx) /* what was measured before it */
{
    struct story *s = ctx;
    s->done++;
    (void)loop_stats_take(s->loop);
}

/* Whoever holds the loop in its done is named, also when several have ended before the loop looks. */
static void a_slow_done_has_its_name(void **state)
{
    static const char *const names[] = {"first", "second", "last"};
    struct story s;
    (void)state;
    story_begin(&s);
    for (size_t count = 1; count <= 3; count++) {
        struct pool *pool = pool_create(s.loop, 1);
        for (size_t i = 0; i < count; i++)
            assert_non_null(pool_submit(pool, names[i], work, done_and_forget, &s));
        while (pool_stats(pool).queued + pool_stats(pool).running > 0)
            continue;
        loop_run(s.loop);
        assert_string_equal(loop_stats_peek(s.loop).worst_name, names[count - 1]);
        pool_destroy(pool, NSEC_PER_SEC);
    }
    assert_non_null(pool_detach(s.pool, "apart", work, done_and_forget, &s));
    loop_run(s.loop);
    assert_string_equal(loop_stats_peek(s.loop).worst_name, "apart");
    pool_destroy(s.pool, NSEC_PER_SEC);
    story_end(&s);
}

static void limits_are_said(void **state)
{
    struct story s;
    size_t queued = 0, detached = 0;
    (void)state;
    story_begin(&s);
    pthread_mutex_lock(&s.gate);
    while (queued < 2000 && pool_submit(s.pool, "job", work, done, &s))
        queued++;
    while (detached < 200 && pool_detach(s.pool, "job", work, done, &s))
        detached++;
    pthread_mutex_unlock(&s.gate);
    assert_in_range(queued, 1000, 1002);
    assert_int_equal(detached, 64);
    loop_run(s.loop);
    assert_int_equal(s.done, queued + detached);
    pool_destroy(s.pool, NSEC_PER_SEC);
    story_end(&s);
}

static void an_abandoned_job_is_disposed_of(void **state)
{
    struct story s;
    (void)state;
    story_begin(&s);
    pthread_mutex_lock(&s.gate);
    struct job *hung[3] = {pool_detach(s.pool, "job", work, done, &s),
                           pool_submit(s.pool, "job", work, done, &s),
                           pool_submit(s.pool, "job", work, done, &s)};
    struct job *queued = pool_submit(s.pool, "job", work, done, &s);
    job_abandon(queued, dispose);
    for (int i = 0; i < 3; i++)
        job_abandon(hung[i], dispose);
    loop_run(s.loop); /* nothing keeps it: all are abandoned */
    assert_int_equal(s.done, 0);
    assert_true(pool_stats(s.pool).abandoned >= 1);
    pthread_mutex_unlock(&s.gate);
    pool_destroy(s.pool, 10 * NSEC_PER_SEC);
    assert_int_equal(s.done, 0);
    assert_int_equal(s.disposed, 4);
    story_end(&s);
}

static void a_hung_thread_may_outlive_the_pool(void **state)
{
    static struct story s; /* its thread may outlive this call, too */
    (void)state;
    story_begin(&s);
    pthread_mutex_lock(&s.gate);
    assert_non_null(pool_detach(s.pool, "job", work, done, &s));
    assert_non_null(pool_submit(s.pool, "job", work, done, &s));
    pool_destroy(s.pool, 0);
    loop_destroy(s.loop);
    pthread_mutex_unlock(&s.gate);
    int worked = 0;
    while (worked <
           1) { /* the detached one runs for certain; the other may have been dropped */
        pthread_mutex_lock(&s.gate);
        worked = s.worked;
        pthread_mutex_unlock(&s.gate);
    }
    assert_int_equal(s.done, 0);
    pool_destroy(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_job_is_done_once),
        cmocka_unit_test(a_slow_done_has_its_name),
        cmocka_unit_test(limits_are_said),
        cmocka_unit_test(an_abandoned_job_is_disposed_of),
        cmocka_unit_test(a_hung_thread_may_outlive_the_pool),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
