/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is out for a session, and what becomes of its memory. Called by probe types with blocking work. A thread touches
 * its trip's arena alone, and the loop touches that arena only when the thread is back.
 */
#include "lib/core/errand.h"

#include <assert.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/units.h"
#include "lib/core/frame.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"
#include "lib/core/run.h"

struct trip {
    struct arena *arena;
    struct errand *errand; /* NULL: the session is gone */
    struct run *run;       /* NULL: waits no more */
    struct job *job;
    struct mono since;
    void (*work)(void *ctx);
    void (*back)(struct run *run, void *ctx);
    void *ctx;
    void (*end)(void *kept); /* of what a session that is gone had lent; NULL: nothing */
    void *kept;
};

void errand_init(struct errand *e, const char *name, struct frame *f)
{
    *e = (struct errand){.name = name, .frame = f};
}

bool errand_is_out(const struct errand *e)
{
    return e->trip != NULL;
}

bool errand_is_for(const struct errand *e, const struct run *run)
{
    return e->trip && e->trip->run == run;
}

nsec errand_out_for(const struct errand *e, struct mono now)
{
    return e->trip ? mono_since(now, e->trip->since) : 0;
}

bool errand_hangs(const struct errand *e, struct run *run, const char *path)
{
    if (!errand_is_out(e))
        return false;
    run_down(
        run, REASON_HUNG,
        "the file system of %s has not answered for %s: is its server or disk there?",
        path,
        duration_text_short(run_arena(run), errand_out_for(e, loop_now(e->frame->loop))));
    return true;
}

static void trip_work(void *ctx)
{
    struct trip *trip = ctx;
    trip->work(trip->ctx);
}

static void on_back(void *ctx)
{
    struct trip *trip = ctx;
    trip->errand->trip = NULL;
    arena_cleanup(run_arena(trip->run), (void (*)(void *))arena_destroy, trip->arena);
    trip->back(trip->run, trip->ctx);
}

static void on_back_to_nobody(void *ctx)
{
    struct trip *trip = ctx;
    void (*const end)(void *kept) = trip->end;
    void *const kept = trip->kept;
    if (trip->errand)
        trip->errand->trip = NULL;
    arena_destroy(trip->arena);
    if (end)
        end(kept);
}

bool errand_send(struct errand *e, struct run *run, struct arena *arena,
                 void (*work)(void *ctx), void (*back)(struct run *run, void *ctx),
                 void *ctx)
{
    assert(!e->trip);
    struct trip *trip = arena_alloc(arena, sizeof(*trip));
    *trip = (struct trip){.arena = arena,
                          .errand = e,
                          .run = run,
                          .since = loop_now(e->frame->loop),
                          .work = work,
                          .back = back,
                          .ctx = ctx};
    trip->job = pool_detach(e->frame->pool, e->name, trip_work, on_back, trip);
    if (!trip->job) {
        arena_destroy(arena);
        run_unknown(run, REASON_SELF, "%s", pool_no_thread);
        return false;
    }
    e->trip = trip;
    return true;
}

static void trip_forsake(struct trip *trip)
{
    trip->run = NULL;
    job_abandon(trip->job, on_back_to_nobody);
}

void errand_forsake(struct errand *e, const struct run *run)
{
    if (errand_is_for(e, run))
        trip_forsake(e->trip);
}

void errand_finish(struct errand *e, void (*end)(void *kept), void *kept)
{
    struct trip *trip = e->trip;
    if (!trip) {
        if (end)
            end(kept);
        return;
    }
    if (trip->run)
        trip_forsake(trip);
    trip->errand = NULL;
    trip->end = end;
    trip->kept = kept;
    e->trip = NULL;
}
