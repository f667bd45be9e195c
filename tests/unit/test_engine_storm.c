/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One rule fires thousands of alerts at once, with a real loop, pool and disk: the loop turns meanwhile, nothing of it is
 * on disk or told before all of it is, and whatever comes in the middle (an act, a reload, the next evaluation, a stop,
 * SIGKILL) finds or leaves it whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alerts/engine_impl.h"
#include "lib/base/log.h"
#include "lib/config/generation.h"
#include "lib/core/batch.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"
#include "tests/unit/folder.h"

enum { ALERTS = 3000 };

struct storm_stage {
    char folder[64];
    struct loop *loop;
    struct pool *pool;
    struct timer *timer;
    struct mono armed; /* 0: it is not */
    struct secrets *secrets;
    struct generation *generations[2];
    struct engine *engine;
    struct history_owner *owner;
    struct buf bodies;
    size_t sent, turns;
    bool is_looking;
    void (*at_half)(struct storm_stage *s); /* NULL: done */
};

/* ---- what the engine asks for ---- */

/* The earliest counts, as collector/engine_host.c has it. */
static void wake(void *ctx, struct wall at)
{
    struct storm_stage *s = ctx;
    const nsec sleep = at.ns - loop_wall(s->loop).ns;
    const struct mono then = mono_add(loop_now(s->loop), sleep > 0 ? sleep : 0);
    if (s->armed.ns && s->armed.ns <= then.ns)
        return;
    s->armed = then;
    timer_at(s->timer, then);
}

static void on_timer(void *ctx)
{
    struct storm_stage *s = ctx;
    s->armed = (struct mono){0};
    engine_advance(s->engine, loop_wall(s->loop));
}

static bool submit(void *ctx, const char *name, void (*work)(void *job),
                   void (*done)(void *job), void *job)
{
    return pool_submit(((struct storm_stage *)ctx)->pool, name, work, done, job) != NULL;
}

static void *send_letter(void *ctx, struct arena *arena, const struct request *request,
                         void (*done)(void *done_ctx, const struct reply *reply),
                         void *done_ctx)
{
    struct storm_stage *s = ctx;
    s->sent++;
    buf_add_bytes(&s->bodies, request->body);
    done(done_ctx, &(struct reply){.status = 200});
    return NULL;
}

static void cancel(void *ctx, void *sending)
{
}

static enum probe_phase phase(void *ctx, const char *probe, struct wall *ret_since)
{
    *ret_since = (struct wall){0};
    return PROBE_UP;
}

static const char *const *depends_on(void *ctx, const char *probe)
{
    return NULL;
}

static void run(void *ctx, const char *probe)
{
}

/* ---- the stage ---- */

static void no_line(void *ctx, struct buf *line)
{
}

static struct generation *configuration(struct secrets *secrets)
{
    static const char text[] =
        "receivers: {to: {webhook: {url: 'http://to/'}}}\n"
        "route: {receiver: to, group_wait: 0s, group_interval: 1s}\n"
        "probes: [{name: p, tcp: 'p:1'}]\n"
        "packs: {probes: false}\n"
        "rules: [{alert: Many, expr: many == 1, labels: {severity: warning}}]\n";
    struct arena *arena = arena_create(0);
    struct generation *g =
        generation_parse("test", bytes_of(text), secrets, diag_create(arena));
    assert_non_null(g);
    arena_destroy(arena);
    return g;
}

static void open_engine(struct storm_stage *s)
{
    static const struct label probe[] = {{"probe", "p"}};
    struct err e = {0};
    const struct engine_io io = {
        .loop = s->loop,
        .state_path = s->folder,
        .offload = {s, submit},
        .transport = {s, send_letter, cancel},
        .secrets = s->secrets,
        .probes = {.ctx = s, .phase = phase, .depends_on = depends_on, .run = run},
        .wake = wake,
        .ctx = s};
    s->engine = engine_create(&io, loop_wall(s->loop), &e);
    assert_non_null(s->engine);
    s->owner = engine_owner(s->engine, (struct labels){probe, 1});
    engine_adopt(s->engine, &s->generations[0]->alerting, loop_wall(s->loop));
}

static void set(struct storm_stage *s, const char *folder)
{
    struct err e = {0};
    *s = (struct storm_stage){.bodies = BUF_MAX((size_t)64 << 20)};
    snprintf(s->folder, sizeof(s->folder), "%s", folder);
    log_to(no_line, NULL);
    s->loop = loop_create(&e);
    s->pool = pool_create(s->loop, 2);
    s->secrets = secrets_create();
    for (size_t i = 0; i < 2; i++)
        s->generations[i] = configuration(s->secrets);
    s->timer = loop_timer_create(s->loop, "alerting", on_timer, s);
    open_engine(s);
}

static void stop_loop(void *ctx)
{
    struct storm_stage *s = ctx;
    s->is_looking = false;
    loop_stop(s->loop);
}

static void clear(struct storm_stage *s)
{
    engine_stop(s->engine, loop_wall(s->loop));
    for (int i = 0; !engine_is_idle(s->engine) && i < 1000; i++) {
        loop_defer(s->loop, "stop", stop_loop, s);
        loop_run(s->loop);
    }
    engine_destroy(s->engine, loop_wall(s->loop));
    timer_destroy(s->timer);
    pool_destroy(s->pool, NSEC_PER_SEC);
    loop_destroy(s->loop);
    for (size_t i = 0; i < 2; i++)
        generation_unref(s->generations[i]);
    secrets_destroy(s->secrets);
    buf_finish(&s->bodies);
    log_to(NULL, NULL);
}

static size_t firing(const struct storm_stage *s)
{
    return book_count(engine_book(s->engine), ALERT_FIRING);
}

static bool count_row(void *ctx, const char *key, const char *value)
{
    ++*(size_t *)ctx;
    return true;
}

static size_t rows(const struct storm_stage *s, enum ledger_kind kind)
{
    size_t count = 0;
    struct err e = {0};
    assert_true(ledger_load(engine_ledger(s->engine), kind, count_row, &count, &e));
    return count;
}

/* A verdict whose samples all have this value; rules look at once. */
static void measure(struct storm_stage *s, double value)
{
    static const char *const names[] = {"shard", NULL};
    struct arena *arena = arena_create(0);
    struct batch *batch = batch_create(arena);
    const struct metric *m = batch_metric(batch, "many", METRIC_GAUGE, "", names);
    const struct wall now = loop_wall(s->loop);
    for (size_t i = 0; i < ALERTS; i++) {
        const char *shard = arena_printf(arena, "s%zu", i);
        batch_add(batch, batch_group(batch, ""), m, &shard, (struct labels){0}, value);
    }
    const struct verdict v = {.probe = s->generations[0]->probes[0],
                              .origin = ORIGIN_SCHEDULED,
                              .due = now,
                              .started = now,
                              .health = HEALTH_UP,
                              .detail = "",
                              .address = ""};
    engine_verdict(s->engine, s->owner, &v, batch, now);
    evaluation_touch_all(engine_evaluation(s->engine));
    wake(s, now);
    arena_destroy(arena);
}

/* Once a turn of the loop, also of those that apply a slice. */
static void look(void *ctx)
{
    struct storm_stage *s = ctx;
    const size_t count = s->at_half ? firing(s) : 0;
    if (count > 0 && count < ALERTS) {
        void (*act)(struct storm_stage *) = s->at_half;
        s->at_half = NULL;
        act(s);
    }
    s->turns++;
    if (s->is_looking)
        loop_defer(s->loop, "look", look, s);
}

static void go_on(struct storm_stage *s)
{
    struct timer *end = loop_timer_create(s->loop, "end", stop_loop, s);
    timer_at(end, mono_add(loop_now_exact(s->loop), 20 * NSEC_PER_MSEC));
    s->is_looking = true;
    loop_defer(s->loop, "look", look, s);
    loop_run(s->loop);
    loop_forget(s->loop, s);
    timer_destroy(end);
}

/* Until so many fire, nothing is under way, and so many letters went out. */
static void until(struct storm_stage *s, size_t wanted, size_t sent)
{
    for (int i = 0; i < 3000; i++) {
        go_on(s);
        if (engine_is_idle(s->engine) && firing(s) == wanted && s->sent >= sent)
            return;
    }
    fail_msg("%zu of %zu fire, %zu of %zu letters", firing(s), wanted, s->sent, sent);
}

static void until_quiet(struct storm_stage *s)
{
    measure(s, 0);
    until(s, 0, 0);
}

static bool is_told_whole(const struct storm_stage *s)
{
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "\"truncatedAlerts\":%d",
             ALERTS - NOTICE_MAX_ALERTS);
    return strstr(s->bodies.len ? s->bodies.ptr : "", wanted) != NULL;
}

/* ---- what comes in the middle ---- */

static void nothing_is_there(struct storm_stage *s)
{
    assert_int_equal(rows(s, LEDGER_ALERT), 0);
    assert_int_equal(rows(s, LEDGER_GROUP), 0);
    assert_int_equal(s->sent, 0);
}

static void somebody_acts(struct storm_stage *s)
{
    struct ledger_txn *txn = engine_begin(s->engine, loop_wall(s->loop));
    ledger_put(txn, LEDGER_MEMO, "mark", "{}");
    engine_commit(s->engine, txn);
    nothing_is_there(s);
}

static void it_is_reloaded(struct storm_stage *s)
{
    engine_adopt(s->engine, &s->generations[1]->alerting, loop_wall(s->loop));
    assert_int_equal(firing(s), ALERTS);
}

static void all_is_well_again(struct storm_stage *s)
{
    measure(s, 0);
}

static void it_is_stopped(struct storm_stage *s)
{
    engine_stop(s->engine, loop_wall(s->loop));
    assert_int_equal(firing(s), ALERTS);
}

static void it_is_killed(struct storm_stage *s)
{
    raise(SIGKILL);
}

/* ---- tests ---- */

static const char *folder_make(char *folder)
{
    assert_non_null(mkdtemp(folder));
    return folder;
}

static void a_storm_is_told_whole(struct storm_stage *s,
                                  void (*act)(struct storm_stage *), size_t last)
{
    char folder[] = "/tmp/healthd-storm-XXXXXX";
    set(s, folder_make(folder));
    until_quiet(s);
    s->at_half = act;
    s->turns = 0;
    measure(s, 1);
    until(s, last, 1);
    assert_null(s->at_half); /* the loop turned in the middle of it */
    assert_true(is_told_whole(s));
}

static void the_loop_turns_and_nothing_is_half_told(void **state)
{
    struct storm_stage s;
    a_storm_is_told_whole(&s, nothing_is_there, ALERTS);
    assert_int_equal(s.sent, 1);
    assert_int_equal(rows(&s, LEDGER_ALERT), ALERTS);
    assert_int_equal(rows(&s, LEDGER_GROUP), 1);
    clear(&s);
    assert_int_equal(folder_remove(s.folder), 0);
}

static void what_people_do_joins(void **state)
{
    struct storm_stage s;
    a_storm_is_told_whole(&s, somebody_acts, ALERTS);
    assert_int_equal(s.sent, 1);
    assert_int_equal(rows(&s, LEDGER_MEMO), 1);
    clear(&s);
    assert_int_equal(folder_remove(s.folder), 0);
}

static void a_reload_finishes_it_first(void **state)
{
    struct storm_stage s;
    a_storm_is_told_whole(&s, it_is_reloaded, ALERTS);
    assert_int_equal(s.sent, 1);
    assert_int_equal(rows(&s, LEDGER_ALERT), ALERTS);
    clear(&s);
    assert_int_equal(folder_remove(s.folder), 0);
}

static void the_next_evaluation_waits(void **state)
{
    struct storm_stage s;
    a_storm_is_told_whole(&s, all_is_well_again, 0);
    until(&s, 0, 2);
    assert_int_equal(book_count(engine_book(s.engine), ALERT_RESOLVED), ALERTS);
    const char *fired = strstr(s.bodies.ptr, "\"status\":\"firing\"");
    const char *over = strstr(s.bodies.ptr, "all alerts resolved");
    assert_true(fired && over && fired < over);
    clear(&s);
    assert_int_equal(folder_remove(s.folder), 0);
}

static void a_stop_leaves_it_whole(void **state)
{
    struct storm_stage s, next;
    char folder[] = "/tmp/healthd-storm-XXXXXX";
    set(&s, folder_make(folder));
    until_quiet(&s);
    s.at_half = it_is_stopped;
    measure(&s, 1);
    until(&s, ALERTS, 0);
    assert_null(s.at_half);
    clear(&s);
    set(&next, folder);
    assert_int_equal(firing(&next), ALERTS);
    measure(&next, 1);
    until(&next, ALERTS, 1);
    assert_true(is_told_whole(&next));
    assert_int_equal(next.sent, 1);
    clear(&next);
    assert_int_equal(folder_remove(folder), 0);
}

static void what_is_killed_leaves_nothing_half(void **state)
{
    struct storm_stage s;
    char folder[] = "/tmp/healthd-storm-XXXXXX";
    int status = 0;
    folder_make(folder);
    const pid_t child = fork();
    if (child == 0) {
        set(&s, folder);
        until_quiet(&s);
        s.at_half = it_is_killed;
        measure(&s, 1);
        until(&s, ALERTS, 1);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    set(&s, folder);
    nothing_is_there(&s);
    measure(&s, 1);
    until(&s, ALERTS, 1);
    assert_true(is_told_whole(&s));
    assert_int_equal(s.sent, 1);
    clear(&s);
    assert_int_equal(folder_remove(folder), 0);
}

/* Who wakes the engine for nothing has nobody look at all groups again; what people do has. */
static void what_brings_nothing_is_no_pass(void **state)
{
    struct storm_stage s;
    char folder[] = "/tmp/healthd-storm-XXXXXX";
    set(&s, folder_make(folder));
    until_quiet(&s);
    const struct wall now = s.engine->work.looked;
    engine_advance(s.engine, now);
    const uint64_t before = s.engine->work.passes;
    for (int i = 0; i < 100; i++)
        engine_advance(s.engine, now);
    assert_int_equal(s.engine->work.passes, before);
    engine_commit(s.engine, engine_begin(s.engine, now));
    engine_advance(s.engine, now);
    assert_int_equal(s.engine->work.passes, before + 1);
    engine_advance(s.engine, wall_add(now, NSEC_PER_SEC));
    assert_int_equal(s.engine->work.passes, before + 2);
    clear(&s);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loop_turns_and_nothing_is_half_told),
        cmocka_unit_test(what_people_do_joins),
        cmocka_unit_test(a_reload_finishes_it_first),
        cmocka_unit_test(the_next_evaluation_waits),
        cmocka_unit_test(a_stop_leaves_it_whole),
        cmocka_unit_test(what_is_killed_leaves_nothing_half),
        cmocka_unit_test(what_brings_nothing_is_no_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
