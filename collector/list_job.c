/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A queue of lists, of which the first is printed, a slice a turn. Called by the handlers of long lists, and by
 * daemon.c at the end. Knows no element: a list's kind prints it.
 */
#include "collector/list_job.h"

#include "collector/rendering.h"
#include "lib/base/list.h"
#include "lib/core/loop.h"

struct list_job {     /* until it is made; then its rendering alone lives on */
    struct list link; /* in daemon->list_jobs: the first is being made, the others wait */
    struct daemon *daemon;
    const struct list_kind *kind;
    struct arena *arena; /* this job's, too */
    void *list;
    struct rendering *rendering;
};

static bool print(void *ctx, struct buf *out, nsec budget)
{
    const struct list_job *job = ctx;
    return job->kind->print(job->list, out, mono_add(mono_read(), budget));
}

static void begin(void *ctx)
{
    const struct list_job *job = ctx;
    rendering_begin(job->rendering);
}

static void destroy(struct list_job *job)
{
    loop_forget(job->daemon->frame.loop, job);
    list_remove(&job->link);
    rendering_release(job->rendering);
    arena_destroy(job->arena);
}

static void made(void *ctx)
{
    struct list_job *job = ctx;
    const struct daemon *d = job->daemon;
    destroy(job);
    if (list_empty(&d->list_jobs))
        return;
    struct list_job *next = LIST_ITEM(d->list_jobs.next, struct list_job, link);
    loop_defer(d->frame.loop, next->kind->name, begin, next);
}

void list_job_answer(struct exchange *x, struct daemon *d, const struct list_kind *kind,
                     struct arena *arena, void *list)
{
    const struct rendering_kind rendering = {
        .name = kind->name,
        .content_type = "application/json",
        .gzip_level = exchange_accepts_gzip(x),
        .max_bytes = LIST_MAX_BYTES,
        .too_large = kind->too_large,
        .print = print,
        .made = made,
    };
    struct list_job *job = arena_alloc(arena, sizeof(*job));
    const bool is_first = list_empty(&d->list_jobs);
    *job = (struct list_job){.daemon = d, .kind = kind, .arena = arena, .list = list};
    job->rendering = rendering_create(d, &rendering, job);
    list_append(&d->list_jobs, &job->link);
    exchange_add_header(x, "Vary", "Accept-Encoding");
    rendering_answer(job->rendering, x);
    if (is_first)
        begin(job);
}

void list_jobs_destroy(struct daemon *d)
{
    LIST_EACH (at, &d->list_jobs)
        destroy(LIST_ITEM(at, struct list_job, link));
}
