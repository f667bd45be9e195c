/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From step to step of a queue's run: sweep, measure, put in, look for it, clean, answer. Each is begun here, done by the
 * queue's kind, and ended by one of the calls that queue.h lists. Whatever comes of it, what was put in is taken out.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/core/loop.h"
#include "probes/queue.h"

#define FIRST_PAUSE (2 * NSEC_PER_MSEC)
#define LONGEST_PAUSE (250 * NSEC_PER_MSEC)

bool queue_is_answered(const struct queue_conf *conf)
{
    return conf->answered > 0;
}

static struct mono now_of(struct run *run)
{
    return loop_now_exact(run_frame(run)->loop);
}

/* What of the run's time is for taking the message out again. */
nsec queue_reserve_of(const struct queue_state *state)
{
    const nsec share = state->budget / 5;

    return share < NSEC_PER_SEC ? share : NSEC_PER_SEC;
}

const char *queue_seconds(struct run *run, nsec time)
{
    return arena_printf(run_arena(run), "%gs", nsec_to_sec(time));
}

/* ---- the end ---- */

void queue_finish(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);
    struct queue_session *session = run_session(run)->state;

    if (state->is_out)
        session->is_swept = false;
    state->step = QUEUE_OVER;
    timer_destroy(state->timer);
    state->timer = NULL;
    redis_link_close(state->link);
    if (conf->is_postgres && state->is_cancelled) {
        queue_postgres_drain(run);
        return;
    }
    if (conf->is_postgres)
        queue_postgres_close(run);
    run_finish(run);
}

void queue_break(struct run *run, const struct trouble *why)
{
    run_trouble(run, why);
    queue_finish(run);
}

void queue_clean(struct run *run)
{
    const struct queue_kind *kind = queue_kind_of(run_conf(run));
    struct queue_state *state = run_state(run);

    state->step = QUEUE_CLEANING;
    if (state->is_out && kind->clean)
        kind->clean(run);
    else
        queue_next(run);
}

void queue_fail(struct run *run, enum reason reason, const char *fmt, ...)
{
    const struct queue_state *state = run_state(run);
    char text[600];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    run_down(run, reason, "%s", text);
    if (state->step == QUEUE_CLEANING)
        queue_finish(run);
    else
        queue_clean(run);
}

void queue_leave(struct run *run, const char *fmt, ...)
{
    struct queue_state *state = run_state(run);
    va_list args;

    va_start(args, fmt);
    state->leftover = arena_vprintf(run_arena(run), fmt, args);
    va_end(args);
}

static void answer(struct run *run)
{
    struct queue_state *state = run_state(run);

    if (state->leftover)
        run_degraded(run, REASON_LEFTOVER, "%s", state->leftover);
    else
        run_up(run);
    state->is_out = state->leftover != NULL;
    queue_finish(run);
}

/* ---- steps ---- */

void queue_unmeasured(struct run *run, const char *fmt, ...)
{
    struct queue_state *state = run_state(run);
    char text[400];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    state->is_measured = false;
    run_group_failed(run, "depth", "%s", text);
}

static bool is_full(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    const struct queue_state *state = run_state(run);
    const double waiting = state->counts[QUEUE_WAITING];

    return conf->max_length && !isnan(waiting) && waiting >= (double)conf->max_length;
}

static void publish(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    const struct queue_kind *kind = queue_kind_of(conf);
    struct queue_state *state = run_state(run);

    if (kind->is_read_only) {
        answer(run);
        return;
    }
    if (is_full(run)) {
        queue_fail(run, REASON_QUEUE_FULL,
                   "%s has %.0f messages, and `max_length` is %lld: nothing was put in",
                   conf->name, state->counts[QUEUE_WAITING], (long long)conf->max_length);
        return;
    }
    state->step = QUEUE_PUBLISHING;
    state->published = now_of(run);
    kind->publish(run);
}

static void look(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    struct queue_state *state = run_state(run);
    const nsec left = run_left(run) - queue_reserve_of(state);
    const nsec wait = queue_is_answered(conf) ? conf->answered : left;

    state->step = QUEUE_LOOKING;
    state->look_until = mono_add(now_of(run), wait < left ? wait : left);
    state->look_pause = FIRST_PAUSE;
    queue_kind_of(conf)->look(run);
}

static void measure(struct run *run)
{
    const struct queue_kind *kind = queue_kind_of(run_conf(run));
    struct queue_state *state = run_state(run);

    state->step = QUEUE_MEASURING;
    state->is_measured = kind->measure != NULL;
    if (kind->measure)
        kind->measure(run);
    else
        queue_next(run);
}

static void sweep(struct run *run)
{
    const struct queue_kind *kind = queue_kind_of(run_conf(run));
    struct queue_state *state = run_state(run);

    state->step = QUEUE_SWEEPING;
    if (kind->sweep)
        kind->sweep(run);
    else
        queue_next(run);
}

void queue_next(struct run *run)
{
    const struct queue_state *state = run_state(run);

    switch (state->step) {
    case QUEUE_CONNECTING:
        sweep(run);
        break;
    case QUEUE_SWEEPING:
        measure(run);
        break;
    case QUEUE_MEASURING:
        publish(run);
        break;
    case QUEUE_PUBLISHING:
        look(run);
        break;
    case QUEUE_LOOKING:
        queue_clean(run);
        break;
    case QUEUE_CLEANING:
        answer(run);
        break;
    case QUEUE_OVER:
        break;
    }
}

void queue_arrived(struct run *run)
{
    struct queue_state *state = run_state(run);

    state->has_arrived = true;
    state->roundtrip = mono_since(now_of(run), state->published);
    queue_next(run);
}

static void give_up(struct run *run)
{
    const struct queue_conf *conf = run_conf(run);
    const struct queue_kind *kind = queue_kind_of(conf);
    const struct queue_state *state = run_state(run);
    const char *why = kind->tell ? kind->tell(run) : NULL;

    if (queue_is_answered(conf))
        queue_fail(run, REASON_LATE, "%s within %s",
                   why ? why : "the message was not answered",
                   queue_seconds(run, conf->answered));
    else
        queue_fail(run, REASON_LATE, "the message put into %s did not come out again",
                   state->place);
}

static void on_timer(void *ctx)
{
    struct run *run = ctx;
    const struct queue_state *state = run_state(run);

    if (state->is_cancelled)
        queue_finish(run); /* what is left is a later run's to find */
    else if (state->step == QUEUE_LOOKING)
        queue_kind_of(run_conf(run))->look(run);
}

void queue_wait_until(struct run *run, struct mono at)
{
    struct queue_state *state = run_state(run);

    if (!state->timer)
        state->timer = loop_timer_create(run_frame(run)->loop, "queue", on_timer, run);
    timer_at(state->timer, at);
}

void queue_look_again(struct run *run)
{
    struct queue_state *state = run_state(run);
    const struct mono now = now_of(run);

    if (state->is_cancelled) {
        queue_clean(run);
        return;
    }
    if (mono_reached(now, state->look_until)) {
        give_up(run);
        return;
    }
    const struct mono next = mono_add(now, state->look_pause);
    queue_wait_until(run,
                     mono_reached(next, state->look_until) ? state->look_until : next);
    state->look_pause += state->look_pause / 2;
    if (state->look_pause > LONGEST_PAUSE)
        state->look_pause = LONGEST_PAUSE;
}
