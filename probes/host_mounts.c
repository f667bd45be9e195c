/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking mounts for their sizes without waiting for one that hangs. One thread walks all of them; when it stands still,
 * another takes those behind, and who still stands at the end of the run's patience is hung: the thread stays where it
 * is, and the mount is not asked again until it comes back. Everything but walk_work runs on the loop.
 */
#include <errno.h>
#include <string.h>
#include <sys/vfs.h>

#include "lib/core/frame.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"
#include "lib/core/run.h"
#include "probes/host.h"

#define STALL (100 * NSEC_PER_MSEC) /* a walk that stands this long gets company */
#define MAX_WALKS 24                /* threads that hang, or walk, at the same time */

struct question {
    const char *path;
    size_t answer; /* its place in the wait's answers */
    struct statfs numbers;
    int error;
};

struct walk {
    struct list link;           /* in mounts->walks */
    struct host_mounts *mounts; /* NULL: the session is gone */
    struct arena *arena;
    struct job *job;
    struct mono started;
    bool is_awaited;
    size_t taken; /* answers that the wait has */
    size_t seen;  /* of done, when the timer last looked */
    struct question *questions;
    atomic_size_t done, limit;
};

enum answer_state { ANSWER_WAITING, ANSWER_HERE, ANSWER_HUNG };
struct answer {
    const struct host_mount *mount;
    enum answer_state state;
    struct statfs numbers;
    int error;
    nsec hung_for;
};

struct host_wait {
    struct run *run;
    void (*done)(struct run *run);
    struct mono started, until;
    struct answer *answers;
    size_t count, pending;
};

/* ---- a walk ---- */

static void walk_work(void *ctx)
{
    struct walk *walk = ctx;
    for (size_t i = 0; i < atomic_load(&walk->limit); i++) {
        struct question *q = &walk->questions[i];
        q->error = statfs(q->path, &q->numbers) == 0 ? 0 : errno;
        atomic_store(&walk->done, i + 1);
    }
}

static void walk_take_answers(struct walk *walk, struct host_wait *wait)
{
    const size_t limit = atomic_load(&walk->limit);
    const size_t done = atomic_load(&walk->done);
    for (; walk->taken < done && walk->taken < limit; walk->taken++) {
        const struct question *q = &walk->questions[walk->taken];
        struct answer *a = &wait->answers[q->answer];
        a->state = ANSWER_HERE;
        a->numbers = q->numbers;
        a->error = q->error;
    }
}

static void walk_end(struct walk *walk)
{
    if (walk->mounts) {
        list_remove(&walk->link);
        walk->mounts->walk_count--;
    }
    arena_destroy(walk->arena);
}

static void on_walk_disposed(void *ctx)
{
    walk_end(ctx);
}

static void wait_end(struct host_mounts *mounts);

static void on_walked(void *ctx)
{
    struct walk *walk = ctx;
    struct host_mounts *mounts = walk->mounts;
    const bool is_awaited = walk->is_awaited;
    if (is_awaited)
        walk_take_answers(walk, mounts->wait);
    walk_end(walk);
    if (is_awaited && --mounts->wait->pending == 0)
        wait_end(mounts);
}

/* Asks for the answers first to last of the wait that nobody has yet; those for which there is no thread say so. */
static void walk_start(struct host_mounts *mounts, const size_t *answers, size_t count)
{
    struct host_wait *wait = mounts->wait;
    struct arena *arena = arena_create(0);
    struct walk *walk = arena_alloc(arena, sizeof(*walk));
    walk->mounts = mounts;
    walk->arena = arena;
    walk->started = loop_now(mounts->frame->loop);
    walk->is_awaited = true;
    walk->questions = arena_alloc(arena, (count + 1) * sizeof(*walk->questions));
    for (size_t i = 0; i < count; i++) {
        walk->questions[i].answer = answers[i];
        walk->questions[i].path =
            arena_strdup(arena, wait->answers[answers[i]].mount->path);
    }
    atomic_store(&walk->limit, count);
    if (mounts->walk_count < MAX_WALKS)
        walk->job =
            pool_detach(mounts->frame->pool, "mounts", walk_work, on_walked, walk);
    if (walk->job) {
        list_append(&mounts->walks, &walk->link);
        mounts->walk_count++;
        wait->pending++;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        wait->answers[answers[i]].state = ANSWER_HERE;
        wait->answers[answers[i]].error = EAGAIN;
    }
    arena_destroy(arena);
}

/* ---- patience ---- */

static void timer_move(struct host_mounts *mounts)
{
    const struct mono next = mono_add(loop_now(mounts->frame->loop), STALL);
    const struct mono until = mounts->wait->until;
    timer_at(mounts->timer, mono_reached(next, until) ? until : next);
}

/* What stands behind the mount that keeps this walk goes to another. */
static void walk_split(struct host_mounts *mounts, struct walk *walk)
{
    const size_t done = atomic_load(&walk->done);
    const size_t limit = atomic_load(&walk->limit);
    if (done != walk->seen || done + 1 >= limit) {
        walk->seen = done;
        return;
    }
    size_t *rest = arena_alloc(walk->arena, limit * sizeof(*rest));
    size_t count = 0;
    for (size_t i = done + 1; i < limit; i++)
        rest[count++] = walk->questions[i].answer;
    atomic_store(&walk->limit, done + 1);
    walk_start(mounts, rest, count);
}

static void give_up(struct host_mounts *mounts)
{
    struct host_wait *wait = mounts->wait;
    const nsec waited = mono_since(loop_now(mounts->frame->loop), wait->started);
    LIST_EACH (link, &mounts->walks) {
        struct walk *walk = LIST_ITEM(link, struct walk, link);
        if (!walk->is_awaited)
            continue;
        atomic_store(&walk->limit, atomic_load(&walk->done) + 1);
        walk->is_awaited = false;
    }
    for (size_t i = 0; i < wait->count; i++) {
        if (wait->answers[i].state != ANSWER_WAITING)
            continue;
        wait->answers[i].state = ANSWER_HUNG;
        wait->answers[i].hung_for = waited;
    }
    wait_end(mounts);
}

static void on_timer(void *ctx)
{
    struct host_mounts *mounts = ctx;
    struct host_wait *wait = mounts->wait;
    if (!wait)
        return;
    LIST_EACH (link, &mounts->walks) {
        struct walk *walk = LIST_ITEM(link, struct walk, link);
        if (!walk->is_awaited)
            continue;
        walk_take_answers(walk, wait);
        walk_split(mounts, walk);
    }
    if (mono_reached(loop_now(mounts->frame->loop), wait->until))
        give_up(mounts);
    else
        timer_move(mounts);
}

static void wait_end(struct host_mounts *mounts)
{
    struct host_wait *wait = mounts->wait;
    timer_stop(mounts->timer);
    mounts->wait = NULL;
    for (size_t i = 0; i < wait->count; i++) {
        const struct answer *a = &wait->answers[i];
        if (a->state == ANSWER_HERE)
            host_filesystem_show(wait->run, a->mount, &a->numbers, a->error);
        else
            host_filesystem_show_hung(wait->run, a->mount, a->hung_for);
    }
    wait->done(wait->run);
}

/* ---- what a run asks ---- */

/* The walk that stands at this path since an earlier run. */
static const struct walk *hung_at(const struct host_mounts *mounts, const char *path)
{
    LIST_EACH (link, &mounts->walks) {
        const struct walk *walk = LIST_ITEM(link, struct walk, link);
        const size_t at = atomic_load(&walk->done);
        if (!walk->is_awaited && at < atomic_load(&walk->limit) &&
            !strcmp(walk->questions[at].path, path))
            return walk;
    }
    return NULL;
}

void host_mounts_ask(struct host_mounts *mounts, struct run *run,
                     const struct host_scan *scan, void (*done)(struct run *run))
{
    struct arena *arena = run_arena(run);
    struct host_wait *wait = arena_alloc(arena, sizeof(*wait));
    const struct mono now = loop_now(mounts->frame->loop);
    size_t count = 0;
    for (const struct host_mount *m = scan->mounts; m; m = m->next)
        wait->count++;
    wait->run = run;
    wait->done = done;
    wait->started = now;
    wait->until = mono_add(now, scan->conf->mount_timeout);
    wait->answers = arena_alloc(arena, (wait->count + 1) * sizeof(*wait->answers));
    size_t *open = arena_alloc(arena, (wait->count + 1) * sizeof(*open));
    size_t i = 0;
    for (const struct host_mount *m = scan->mounts; m; m = m->next, i++) {
        const struct walk *hung = hung_at(mounts, m->path);
        wait->answers[i].mount = m;
        if (hung) {
            wait->answers[i].state = ANSWER_HUNG;
            wait->answers[i].hung_for = mono_since(now, hung->started);
        } else {
            open[count++] = i;
        }
    }
    mounts->wait = wait;
    if (count)
        walk_start(mounts, open, count);
    if (wait->pending)
        timer_move(mounts);
    else
        wait_end(mounts);
}

void host_mounts_cancel(struct host_mounts *mounts)
{
    timer_stop(mounts->timer);
    mounts->wait = NULL;
    LIST_EACH (link, &mounts->walks) {
        struct walk *walk = LIST_ITEM(link, struct walk, link);
        atomic_store(&walk->limit, atomic_load(&walk->done) + 1);
        walk->is_awaited = false;
    }
}

void host_mounts_init(struct host_mounts *mounts, struct frame *frame)
{
    *mounts = (struct host_mounts){.frame = frame};
    list_init(&mounts->walks);
    mounts->timer = loop_timer_create(frame->loop, "mounts", on_timer, mounts);
}

void host_mounts_finish(struct host_mounts *mounts)
{
    timer_destroy(mounts->timer);
    LIST_EACH (link, &mounts->walks) {
        struct walk *walk = LIST_ITEM(link, struct walk, link);
        list_remove(&walk->link);
        walk->mounts = NULL;
        job_abandon(walk->job, on_walk_disposed);
    }
}
