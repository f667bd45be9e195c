/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts runs, ends them at their deadline, hands their result over once and their memory back once. Owns the only deadline
 * timer. Called by the schedule, flows, /probe and healthctl. How a kind of probe begins is run_launch.c's; never asks
 * again: retries are the schedule's.
 */
#include "lib/core/runner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"
#include "lib/core/run_impl.h"
#include "lib/core/talk.h"

#define RUNNER_MAX_FREE 64 /* ended runs whose memory waits for the next */

struct runner {
    struct frame *frame;
    size_t max_active, active, draining;
    struct list runs;
    struct heap deadlines;
    struct timer *timer;
    struct mono timer_at; /* ns 0: stopped */
    struct run *free;
    size_t free_count;
};

static struct run *run_take(struct runner *r)
{
    struct run *run = r->free;

    if (run) {
        r->free = run->next_free;
        r->free_count--;
        run->next_free = NULL;
        return run;
    }
    run = memory_take(sizeof(*run));
    *run = (struct run){.arena = arena_create(0)};
    return run;
}

static void run_return(struct runner *r, struct run *run)
{
    struct arena *arena = run->arena;

    if (!r || r->free_count == RUNNER_MAX_FREE) {
        arena_destroy(arena);
        free(run);
        return;
    }
    arena_reset(arena);
    *run = (struct run){.arena = arena, .next_free = r->free};
    r->free = run;
    r->free_count++;
}

static void runner_arm(struct runner *r)
{
    const struct heap_item *first = heap_first(&r->deadlines);

    if (!first) {
        if (r->timer_at.ns)
            timer_stop(r->timer);
        r->timer_at.ns = 0;
    } else if (!r->timer_at.ns || first->key < r->timer_at.ns) {
        /* A first deadline that moved back is found when the timer fires: cheaper than moving it each time. */
        r->timer_at.ns = first->key;
        timer_at(r->timer, r->timer_at);
    }
}

/* Calls done: the one place. */
static void run_hand_over(struct run *run)
{
    struct run *voice = run->stand_in ? run->stand_in : run;

    run_conclude(voice);
    run->may_be_kept = voice == run;
    run->done(run->ctx, &voice->verdict, voice->batch);
    run->may_be_kept = false;
    if (run->stand_in)
        run_return(run->runner, run->stand_in);
    run->stand_in = NULL;
}

static void run_end(struct run *run)
{
    struct runner *r = run->runner;
    void (*gone)(void *ctx) = run->gone;
    void *ctx = run->ctx;

    if (run->own_session_is_open)
        session_finish(&run->own_session);
    if (r) {
        list_remove(&run->link);
        r->active--;
    }
    run_return(r, run);
    if (gone)
        gone(ctx);
}

static void drain(struct run *run)
{
    run->runner->draining++;
    run->session->is_draining = true;
}

static void run_move(struct run *run, enum run_place next)
{
    struct runner *r = run->runner;
    const enum run_place from = run->place;

    assert(next > from);
    run->place = next;
    switch (from) {
    case RUN_ACTIVE:
        heap_remove(&r->deadlines, &run->deadline);
        runner_arm(r);
        if (next == RUN_DRAINING)
            drain(run);
        run_hand_over(run);
        if (next == RUN_GONE && run->holds > 0) { /* it was kept */
            next = run->place = RUN_DRAINING;
            drain(run);
        }
        break;
    case RUN_DRAINING:
        if (r)
            r->draining--;
        run->session->is_draining = false;
        break;
    case RUN_GONE:
        break;
    }
    if (next == RUN_GONE)
        run_end(run);
}

void run_hold(struct run *run)
{
    run->holds++;
}

bool runner_keep(struct run *run)
{
    if (run->may_be_kept)
        run_hold(run);
    return run->may_be_kept;
}

void run_release(struct run *run)
{
    assert(run->holds > 0);
    if (--run->holds == 0)
        run_move(run, RUN_GONE);
}

void run_finish(struct run *run)
{
    assert(!run->is_finished);
    run->is_finished = true;
    if (run->place == RUN_ACTIVE && run->holds > 1)
        run_move(run, RUN_DRAINING);
    run_release(run);
}

/* A thread still works on the run's memory: what is said meanwhile is said from elsewhere. */
static struct run *stand_in_of(struct run *run)
{
    struct run *other = run_take(run->runner);

    other->is_stand_in = true;
    other->frame = run->frame;
    other->probe = run->probe;
    other->type = run->type;
    other->name = run->name;
    other->session = run->session;
    other->origin = run->origin;
    other->timeout = run->timeout;
    run_begin(other);
    other->started = run->started;
    other->verdict.started =
        wall_add(other->verdict.started, -mono_since(mono_read(), run->started));
    other->verdict.due = run->due.ns ? run->due : other->verdict.started;
    return other;
}

/* Ends a run that has not ended by itself; answer says what came of it. */
static void run_stop(struct run *run, void (*answer)(struct run *run))
{
    run_hold(run);
    if (run->job && run->type->work)
        run->stand_in = stand_in_of(run);
    answer(run->stand_in ? run->stand_in : run);
    run_move(run, RUN_DRAINING);
    if (run->talk)
        talk_cancel(run);
    else if (run->type->cancel && !run->is_finished)
        run->type->cancel(run);
    run_release(run);
}

static void on_deadline(void *ctx)
{
    struct runner *r = ctx;
    const struct mono now = loop_now(r->frame->loop);
    struct heap_item *first;

    r->timer_at.ns = 0;
    while ((first = heap_first(&r->deadlines)) && first->key <= now.ns)
        run_stop(CONTAINER_OF(first, struct run, deadline), run_answer_timeout);
    runner_arm(r);
}

static void answer_cancelled(struct run *run)
{
    run_unknown(run, REASON_SELF, "the run was cancelled before it had an answer");
}

void runner_cancel(struct run *run)
{
    if (run->place == RUN_ACTIVE)
        run_stop(run, answer_cancelled);
}

static bool run_prepare(struct runner *r, struct run *run, const struct ask *ask,
                        struct err *e)
{
    if (r->active > r->max_active) {
        run_unknown(run, REASON_SELF,
                    "%zu runs are under way, which is the most at a time", r->max_active);
        return false;
    }
    if (ask->session && ask->session->is_draining) {
        run_unknown(run, REASON_SELF,
                    "the run before has not let go of what it holds yet");
        return false;
    }
    if (!ask->session && !run->own_session_is_open) {
        run_unknown(run, REASON_SELF, "%s", e->text);
        return false;
    }
    if (!run_configure(run, ask, e)) {
        run_unknown(run, REASON_CONFIG, "%s", e->text);
        return false;
    }
    return true;
}

static struct run *run_of(struct runner *r, const struct ask *ask, struct err *e)
{
    struct run *run = run_take(r);

    run->runner = r;
    run->frame = r->frame;
    run->probe = ask->probe;
    run->type = ask->probe->type;
    run->name = ask->probe->name ? ask->probe->name : run->type->name;
    run->origin = ask->origin;
    run->is_traced = ask->is_traced;
    run->is_recording = ask->is_recording;
    run->scope = ask->scope;
    run->task_id = ask->task_id;
    run->judged = ask->judged;
    run->timeout = ask->timeout;
    run->due = ask->due;
    run->done = ask->done;
    run->gone = ask->gone;
    run->ctx = ask->ctx;
    run_begin(run);
    run->verdict.due = ask->due.ns ? ask->due : run->verdict.started;
    run->session = ask->session;
    if (!run->session) {
        run->session = &run->own_session;
        run->has_own_session = true;
        run->own_session_is_open =
            session_init(run->session, run->frame, run->type, run->name, run->arena, e);
    }
    return run;
}

struct run *runner_blank(struct arena *arena, struct frame *f, const struct scope *scope)
{
    struct run *run = arena_alloc(arena, sizeof(*run));

    run->arena = arena;
    run->frame = f;
    run->scope = scope;
    run->name = "";
    run->verdict.address = "";
    return run;
}

struct run *runner_start(struct runner *r, const struct ask *ask)
{
    struct err e = {0};
    struct run *run = run_of(r, ask, &e);

    assert(ask->timeout > 0 && ask->done);
    list_append(&r->runs, &run->link);
    r->active++;
    if (!run_prepare(r, run, ask, &e)) {
        run_finish(run);
        return run;
    }
    heap_put(&r->deadlines, &run->deadline, run_deadline(run).ns);
    runner_arm(r);
    if (!run_launch(run, &e))
        run_finish(run);
    return run;
}

struct runner *runner_create(struct frame *f, size_t max_active)
{
    struct runner *r = memory_take(sizeof(*r));

    *r = (struct runner){.frame = f, .max_active = max_active};
    list_init(&r->runs);
    r->timer = loop_timer_create(f->loop, "deadline", on_deadline, r);
    return r;
}

static void on_orphan_computed(void *ctx)
{
    struct run *run = ctx;

    run->job = NULL;
    run_release(run);
}

/* What still drains ends by itself later, or with the process. */
static void run_orphan(struct run *run)
{
    list_remove(&run->link);
    run->runner = NULL;
    if (run->job)
        job_abandon(run->job, run->type->work ? run_worked : on_orphan_computed);
}

void runner_destroy(struct runner *r)
{
    if (!r)
        return;
    for (struct list *it = r->runs.next; it != &r->runs;) {
        struct run *run = LIST_ITEM(it, struct run, link);
        if (run->place != RUN_ACTIVE) {
            it = it->next;
            continue;
        }
        runner_cancel(run);
        it = r->runs.next;
    }
    LIST_EACH (link, &r->runs)
        run_orphan(LIST_ITEM(link, struct run, link));
    while (r->free) {
        struct run *run = r->free;
        r->free = run->next_free;
        arena_destroy(run->arena);
        free(run);
    }
    heap_finish(&r->deadlines);
    timer_destroy(r->timer);
    free(r);
}

size_t runner_active(const struct runner *r)
{
    return r->active;
}

size_t runner_draining(const struct runner *r)
{
    return r->draining;
}
