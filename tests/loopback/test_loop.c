/* SPDX-License-Identifier: Apache-2.0 */
/* The loop's promises: order, never early, destroyed means silent, whoever is slow is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/attr.h"
#include "lib/core/loop.h"

static struct loop *loop_of_test(void)
{
    struct err e = {0};
    struct loop *l = loop_create(&e);
    if (!l)
        fail_msg("%s", e.text);
    return l;
}

struct shot {
    struct timer *timer;
    struct loop *loop;
    struct mono at;
    char *order; /* names of those that fired */
    char name[2];
};

static void shot_fired(void *ctx)
{
    struct shot *s = ctx;
    assert_true(mono_reached(mono_read(), s->at));
    assert_true(mono_reached(loop_now(s->loop), s->at));
    s->order[strlen(s->order)] = s->name[0];
}

static void timers_fire_in_order_and_never_early(void **state)
{
    static const int64_t usec[] = {2700, 300, 1500, 0, -5000, 1500};
    struct loop *l = loop_of_test();
    char order[16] = "";
    struct shot shots[ARRAY_LEN(usec)];
    const struct mono now = loop_now(l);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(usec); i++) {
        shots[i] = (struct shot){.loop = l,
                                 .at = mono_add(now, usec[i] * NSEC_PER_USEC),
                                 .order = order,
                                 .name = {(char)('a' + (char)i)}};
        shots[i].timer = loop_timer_create(l, "shot", shot_fired, &shots[i]);
        timer_at(shots[i].timer, mono_add(now, NSEC_PER_HOUR));
        timer_at(shots[i].timer, shots[i].at);
    }
    loop_run(l); /* ends because nothing is left */
    assert_string_equal(order, "edbcfa");
    for (size_t i = 0; i < ARRAY_LEN(usec); i++)
        timer_destroy(shots[i].timer);
    loop_destroy(l);
}

static void fail_when_fired(void *ctx)
{
    (void)ctx;
    fail_msg("a stopped timer fired");
}

static void destroy_own(void *ctx)
{
    struct timer **both = ctx;
    timer_destroy(both[0]);
    timer_destroy(both[1]);
}

static void a_timer_may_destroy_itself_and_others(void **state)
{
    struct loop *l = loop_of_test();
    struct timer *both[2];
    (void)state;
    both[0] = loop_timer_create(l, "first", destroy_own, both);
    both[1] = loop_timer_create(l, "second", fail_when_fired, NULL);
    timer_at(both[0], loop_now(l));
    timer_at(both[1], loop_now(l));
    struct timer *stopped = loop_timer_create(l, "stopped", fail_when_fired, NULL);
    timer_at(stopped, loop_now(l));
    timer_stop(stopped);
    timer_stop(stopped);
    loop_run(l);
    timer_destroy(stopped);
    timer_destroy(NULL);
    loop_destroy(l);
}

struct pair_of_watches {
    struct watch *watch[2];
    int fd[2];
    int calls;
    int events;
};

/* Whichever comes first silences the other, closes its descriptor and makes a new one that takes its
 * number: the event already taken from the kernel must reach nobody. */
static void first_kills_second(void *ctx, int events)
{
    struct pair_of_watches *p = ctx;
    p->calls++;
    assert_int_equal(events, WATCH_WRITE);
    for (int i = 0; i < 2; i++) {
        watch_destroy(p->watch[i]);
        close(p->fd[i]);
    }
}

static void a_destroyed_watch_is_silent(void **state)
{
    struct loop *l = loop_of_test();
    struct pair_of_watches p = {0};
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p.fd), 0);
    for (int i = 0; i < 2; i++) {
        p.watch[i] = loop_watch_create(l, "pair", p.fd[i], first_kills_second, &p);
        watch_set(p.watch[i], WATCH_WRITE);
    }
    loop_run(l);
    assert_int_equal(p.calls, 1);
    loop_destroy(l);
}

static void note_events(void *ctx, int events)
{
    struct pair_of_watches *p = ctx;
    char bytes[16];
    p->calls++;
    p->events |= events;
    if (read(p->fd[0], bytes, sizeof(bytes)) <= 0)
        watch_set(p->watch[0], 0);
}

static void readiness_and_the_end_are_seen(void **state)
{
    struct loop *l = loop_of_test();
    struct pair_of_watches p = {0};
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p.fd), 0);
    p.watch[0] = loop_watch_create(l, "reader", p.fd[0], note_events, &p);
    watch_set(p.watch[0], WATCH_READ);
    assert_int_equal(write(p.fd[1], "hello", 5), 5);
    close(p.fd[1]);
    loop_run(l);
    assert_int_equal(p.events, WATCH_READ);
    assert_int_equal(p.calls, 2);
    watch_destroy(p.watch[0]);
    watch_destroy(NULL);
    close(p.fd[0]);
    loop_destroy(l);
}

static void note_error(void *ctx, int events)
{
    struct pair_of_watches *p = ctx;
    p->events |= events;
    watch_set(p->watch[0], 0);
}

static void an_unwatchable_descriptor_is_an_error(void **state)
{
    struct loop *l = loop_of_test();
    struct pair_of_watches p = {0};
    (void)state;
    p.watch[0] = loop_watch_create(l, "bad", 1 << 20, note_error, &p);
    watch_set(p.watch[0], WATCH_READ);
    loop_run(l);
    assert_int_equal(p.events, WATCH_READ | WATCH_ERROR);
    watch_destroy(p.watch[0]);
    loop_destroy(l);
}

struct chain {
    struct loop *loop;
    int left, calls;
};

static void defer_again(void *ctx)
{
    struct chain *c = ctx;
    c->calls++;
    if (c->left-- > 0)
        loop_defer(c->loop, "again", defer_again, c);
}

static void deferred_calls_run_and_can_be_forgotten(void **state)
{
    struct loop *l = loop_of_test();
    struct chain kept = {.loop = l, .left = 5}, forgotten = {.loop = l};
    (void)state;
    loop_defer(l, "forgotten", defer_again, &forgotten);
    loop_defer(l, "kept", defer_again, &kept);
    loop_post(l, "forgotten", defer_again, &forgotten);
    loop_forget(l, &forgotten);
    loop_run(l);
    assert_int_equal(kept.calls, 6);
    assert_int_equal(forgotten.calls, 0);
    loop_destroy(l);
}

#define POSTS 1000

static void count_post(void *ctx)
{
    struct chain *c = ctx;
    if (++c->calls == 2 * POSTS)
        loop_release(c->loop);
}

static void *post_many(void *ctx)
{
    struct chain *c = ctx;
    for (int i = 0; i < POSTS; i++)
        loop_post(c->loop, "post", count_post, c);
    return NULL;
}

static void posts_of_other_threads_all_arrive(void **state)
{
    struct loop *l = loop_of_test();
    struct chain c = {.loop = l};
    pthread_t threads[2];
    (void)state;
    loop_hold(l);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, &c), 0);
    loop_run(l);
    assert_int_equal(c.calls, 2 * POSTS);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    loop_post(l, "left over", count_post, &c); /* freed, not called */
    loop_destroy(l);
}

static void on_usr1(void *ctx, int signal)
{
    struct chain *c = ctx;
    assert_int_equal(signal, SIGUSR1);
    c->calls++;
    loop_stop(c->loop);
}

static void signals_arrive_on_the_loop(void **state)
{
    struct loop *l = loop_of_test();
    struct chain c = {.loop = l};
    (void)state;
    loop_on_signal(l, SIGUSR1, on_usr1, &c);
    loop_hold(l);
    raise(SIGUSR1);
    loop_run(l);
    assert_int_equal(c.calls, 1);
    loop_release(l);
    loop_destroy(l);
}

static void hold_up(void *ctx)
{
    struct chain *c = ctx;
    const struct mono until = mono_add(mono_read(), LOOP_SLOW_CALLBACK + NSEC_PER_MSEC);
    while (!mono_reached(mono_read(), until))
        c->calls++;
}

static void the_slow_callback_is_named(void **state)
{
    struct loop *l = loop_of_test();
    struct chain c = {.loop = l};
    (void)state;
    loop_defer(l, "the slow one", hold_up, &c);
    loop_run(l);
    const struct loop_stats stats = loop_stats_take(l);
    assert_true(stats.worst_callback > LOOP_SLOW_CALLBACK);
    assert_string_equal(stats.worst_name, "the slow one");
    assert_int_equal(stats.slow_callbacks, 1);
    assert_true(stats.turns > 0);
    const struct loop_stats after = loop_stats_peek(l);
    assert_int_equal(after.worst_callback, 0);
    assert_int_equal(after.slow_callbacks, 1);
    loop_destroy(l);
}

/* What holds the loop makes the timer late that was due meanwhile. */
static void a_late_timer_is_lag(void **state)
{
    struct loop *l = loop_of_test();
    struct chain c = {.loop = l};
    struct shot s = {.loop = l, .at = mono_add(loop_now(l), NSEC_PER_MSEC), .name = "x"};
    char order[2] = "";
    (void)state;
    s.order = order;
    s.timer = loop_timer_create(l, "shot", shot_fired, &s);
    timer_at(s.timer, s.at);
    loop_defer(l, "the slow one", hold_up, &c);
    loop_run(l);
    assert_true(loop_stats_take(l).worst_lag > 2 * NSEC_PER_MSEC);
    assert_int_equal(loop_stats_peek(l).worst_lag, 0);
    timer_destroy(s.timer);
    loop_destroy(l);
    loop_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_order_and_never_early),
        cmocka_unit_test(a_timer_may_destroy_itself_and_others),
        cmocka_unit_test(a_destroyed_watch_is_silent),
        cmocka_unit_test(readiness_and_the_end_are_seen),
        cmocka_unit_test(an_unwatchable_descriptor_is_an_error),
        cmocka_unit_test(deferred_calls_run_and_can_be_forgotten),
        cmocka_unit_test(posts_of_other_threads_all_arrive),
        cmocka_unit_test(signals_arrive_on_the_loop),
        cmocka_unit_test(the_slow_callback_is_named),
        cmocka_unit_test(a_late_timer_is_lag),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
