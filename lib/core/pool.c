/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A few threads that take jobs in order, and threads of their own for jobs that may hang. A job that
 * ended is handed to the loop by one posted call; a thread that outlives the pool finds it closed
 * and touches nothing. All but job_run and its two thread bodies runs on the loop's thread.
 */
#include "lib/core/pool.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/list.h"
#include "lib/base/lock.h"
#include "lib/base/memory.h"
#include "lib/core/loop.h"

#define POOL_MAX_QUEUED 1000
#define POOL_MAX_DETACHED 64
#define POOL_STACK_BYTES ((size_t)1 << 20)
#define DETACHED_STACK_BYTES ((size_t)256 << 10)

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_ENDED };

struct job {
    struct list link; /* in queued, running or ended of its hub */
    struct hub *hub;
    struct pool *pool; /* the loop's thread only */
    const char *name;
    enum job_state state;
    bool is_detached;
    bool is_abandoned;
    void (*work)(void *ctx);
    void (*done)(void *ctx);
    void (*dispose)(void *ctx);
    void *ctx;
};

/* What threads share with the pool. Outlives it while a detached thread hangs. */
struct hub {
    pthread_mutex_t lock;
    pthread_cond_t work_there, work_gone;
    struct list queued, running, ended;
    size_t queued_count, running_count; /* running in pool threads */
    size_t detached_count;              /* running in threads of their own */
    size_t idle;                        /* pool threads that wait */
    size_t refs;                        /* the pool and every thread */
    bool is_closed, is_posted;
    struct loop *loop; /* not touched once is_closed */
};

struct pool {
    struct hub *hub;
    size_t max_threads, thread_count;
    pthread_t *threads;
    size_t abandoned;
};

const char pool_no_thread[] =
    "healthd has no thread free for this: too many hang, or the system's limit";

static void deliver(void *ctx);

static void hub_unref(struct hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    const bool is_last = --hub->refs == 0;
    pthread_mutex_unlock(&hub->lock);
    if (!is_last)
        return;
    pthread_cond_destroy(&hub->work_there);
    pthread_cond_destroy(&hub->work_gone);
    pthread_mutex_destroy(&hub->lock);
    free(hub);
}

/* Under the lock: the loop is woken for the first of those that have ended, by that one's name. */
static void post(struct hub *hub, struct pool *pool)
{
    const struct job *first = LIST_ITEM(hub->ended.next, struct job, link);
    hub->is_posted = true;
    loop_post(hub->loop, first->name, deliver, pool);
}

/* Under the lock, on the job's thread: hands it over. */
static void job_ended(struct hub *hub, struct job *job, struct pool *pool)
{
    list_remove(&job->link);
    job->state = JOB_ENDED;
    if (job->is_detached)
        hub->detached_count--;
    else
        hub->running_count--;
    if (hub->is_closed) {
        free(job); /* its ctx belongs to somebody who has gone, too */
        return;
    }
    list_append(&hub->ended, &job->link);
    pthread_cond_signal(&hub->work_gone);
    if (!hub->is_posted)
        post(hub, pool);
}

struct start { /* what a new thread is told */
    struct hub *hub;
    struct pool *pool; /* passed on, never followed */
    struct job *job;   /* detached only */
};

static void *detached_thread(void *arg)
{
    const struct start start = *(struct start *)arg;
    free(arg);
    start.job->work(start.job->ctx);
    pthread_mutex_lock(&start.hub->lock);
    job_ended(start.hub, start.job, start.pool);
    pthread_mutex_unlock(&start.hub->lock);
    hub_unref(start.hub);
    return NULL;
}

static void *pool_thread(void *arg)
{
    const struct start start = *(struct start *)arg;
    struct hub *hub = start.hub;
    free(arg);
    pthread_mutex_lock(&hub->lock);
    for (;;) {
        while (list_empty(&hub->queued) && !hub->is_closed) {
            hub->idle++;
            pthread_cond_wait(&hub->work_there, &hub->lock);
            hub->idle--;
        }
        if (hub->is_closed)
            break;
        struct job *job = LIST_ITEM(hub->queued.next, struct job, link);
        list_remove(&job->link);
        list_append(&hub->running, &job->link);
        job->state = JOB_RUNNING;
        hub->queued_count--;
        hub->running_count++;
        pthread_mutex_unlock(&hub->lock);
        job->work(job->ctx);
        pthread_mutex_lock(&hub->lock);
        job_ended(hub, job, start.pool);
    }
    pthread_mutex_unlock(&hub->lock);
    hub_unref(hub);
    return NULL;
}

/* Signals are the loop's: every thread of ours starts with all of them blocked. */
static bool thread_start(struct pool *p, void *(*body)(void *arg), struct job *job,
                         size_t stack_bytes, pthread_t *ret_thread)
{
    struct start *start = memory_take(sizeof(*start));
    *start = (struct start){.hub = p->hub, .pool = p, .job = job};
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, stack_bytes);
    if (job)
        pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_mutex_lock(&p->hub->lock);
    p->hub->refs++;
    pthread_mutex_unlock(&p->hub->lock);
    const int failed = pthread_create(ret_thread, &attr, body, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (failed) {
        free(start);
        hub_unref(p->hub);
    }
    return failed == 0;
}

static struct job *job_create(struct pool *p, const char *name, void (*work)(void *ctx),
                              void (*done)(void *ctx), void *ctx)
{
    struct job *job = memory_take(sizeof(*job));
    *job = (struct job){0};
    job->hub = p->hub;
    job->pool = p;
    job->name = name;
    job->work = work;
    job->done = done;
    job->ctx = ctx;
    return job;
}

struct pool *pool_create(struct loop *l, size_t threads)
{
    struct pool *p = memory_take(sizeof(*p));
    struct hub *hub = memory_take(sizeof(*hub));
    *p = (struct pool){.hub = hub, .max_threads = threads ? threads : 1};
    *hub = (struct hub){.refs = 1, .loop = l};
    p->threads = memory_take(p->max_threads * sizeof(pthread_t));
    lock_init(&hub->lock);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&hub->work_there, NULL);
    pthread_cond_init(&hub->work_gone, &attr);
    pthread_condattr_destroy(&attr);
    list_init(&hub->queued);
    list_init(&hub->running);
    list_init(&hub->ended);
    return p;
}

struct job *pool_submit(struct pool *p, const char *name, void (*work)(void *ctx),
                        void (*done)(void *ctx), void *ctx)
{
    struct hub *hub = p->hub;
    pthread_mutex_lock(&hub->lock);
    const bool is_full = hub->queued_count >= POOL_MAX_QUEUED;
    const bool wants_thread =
        hub->idle <= hub->queued_count && p->thread_count < p->max_threads;
    pthread_mutex_unlock(&hub->lock);
    if (is_full)
        return NULL;
    if (wants_thread && thread_start(p, pool_thread, NULL, POOL_STACK_BYTES,
                                     &p->threads[p->thread_count]))
        p->thread_count++;
    if (p->thread_count == 0)
        return NULL;
    struct job *job = job_create(p, name, work, done, ctx);
    loop_hold(hub->loop);
    pthread_mutex_lock(&hub->lock);
    list_append(&hub->queued, &job->link);
    hub->queued_count++;
    pthread_cond_signal(&hub->work_there);
    pthread_mutex_unlock(&hub->lock);
    return job;
}

struct job *pool_detach(struct pool *p, const char *name, void (*work)(void *ctx),
                        void (*done)(void *ctx), void *ctx)
{
    struct hub *hub = p->hub;
    struct job *job = job_create(p, name, work, done, ctx);
    job->is_detached = true;
    job->state = JOB_RUNNING;
    pthread_mutex_lock(&hub->lock);
    const bool is_full = hub->detached_count >= POOL_MAX_DETACHED;
    if (!is_full) {
        hub->detached_count++;
        list_append(&hub->running, &job->link);
    }
    pthread_mutex_unlock(&hub->lock);
    pthread_t thread;
    if (!is_full &&
        thread_start(p, detached_thread, job, DETACHED_STACK_BYTES, &thread)) {
        loop_hold(hub->loop);
        return job;
    }
    pthread_mutex_lock(&hub->lock);
    if (!is_full)
        hub->detached_count--;
    list_remove(&job->link);
    pthread_mutex_unlock(&hub->lock);
    free(job);
    return NULL;
}

static void job_answer(struct pool *p, struct job *job)
{
    void (*const fn)(void *ctx) = job->is_abandoned ? job->dispose : job->done;
    void *ctx = job->ctx;
    if (job->is_abandoned)
        p->abandoned--;
    else
        loop_release(job->hub->loop);
    free(job);
    if (fn)
        fn(ctx);
}

/* One job a call, so that each is measured and others have their turn between. */
static void deliver(void *ctx)
{
    struct pool *p = ctx;
    struct hub *hub = p->hub;
    pthread_mutex_lock(&hub->lock);
    struct job *job = LIST_ITEM(hub->ended.next, struct job, link);
    list_remove(&job->link);
    hub->is_posted = false;
    if (!list_empty(&hub->ended))
        post(hub, p);
    pthread_mutex_unlock(&hub->lock);
    job_answer(p, job);
}

void job_abandon(struct job *job, void (*dispose)(void *ctx))
{
    struct hub *hub = job->hub;
    assert(!job->is_abandoned);
    job->dispose = dispose;
    job->is_abandoned = true;
    job->pool->abandoned++;
    pthread_mutex_lock(&hub->lock);
    const bool was_queued = job->state == JOB_QUEUED;
    if (was_queued) {
        list_remove(&job->link);
        list_append(&hub->ended, &job->link);
        job->state = JOB_ENDED;
        hub->queued_count--;
    }
    if (was_queued && !hub->is_posted)
        post(hub, job->pool);
    pthread_mutex_unlock(&hub->lock);
    loop_release(hub->loop);
}

/* Under the lock. */
static void wait_for_jobs(struct hub *hub, nsec grace)
{
    const struct mono until = mono_add(mono_read(), grace);
    const struct timespec at = {.tv_sec = until.ns / NSEC_PER_SEC,
                                .tv_nsec = until.ns % NSEC_PER_SEC};
    while (hub->running_count + hub->detached_count > 0) {
        if (pthread_cond_timedwait(&hub->work_gone, &hub->lock, &at) == ETIMEDOUT)
            return;
    }
}

void pool_destroy(struct pool *p, nsec grace)
{
    if (!p)
        return;
    struct hub *hub = p->hub;
    pthread_mutex_lock(&hub->lock);
    LIST_EACH (link, &hub->queued) {
        list_remove(link);
        free(LIST_ITEM(link, struct job, link));
        loop_release(hub->loop);
    }
    hub->queued_count = 0;
    wait_for_jobs(hub, grace);
    hub->is_closed = true;
    const bool is_idle = hub->running_count == 0;
    pthread_cond_broadcast(&hub->work_there);
    pthread_mutex_unlock(&hub->lock);

    for (size_t i = 0; i < p->thread_count; i++) {
        if (is_idle)
            pthread_join(p->threads[i], NULL);
        else
            pthread_detach(p->threads[i]);
    }
    loop_forget(hub->loop, p);
    LIST_EACH (link, &hub->ended) {
        struct job *job = LIST_ITEM(link, struct job, link);
        list_remove(link);
        if (!job->is_abandoned)
            job->done = NULL; /* nobody is asked any more */
        job_answer(p, job);
    }
    hub_unref(hub);
    free(p->threads);
    free(p);
}

struct pool_stats pool_stats(const struct pool *p)
{
    pthread_mutex_lock(&p->hub->lock);
    const struct pool_stats stats = {.queued = p->hub->queued_count,
                                     .running = p->hub->running_count,
                                     .detached = p->hub->detached_count,
                                     .abandoned = p->abandoned};
    pthread_mutex_unlock(&p->hub->lock);
    return stats;
}
