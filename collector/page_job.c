/* SPDX-License-Identifier: Apache-2.0 */
/* See page_job.h. */
#include "collector/page_job.h"

#include <assert.h>

#include "collector/self.h"
#include "exporters/prometheus.h"
#include "lib/base/list.h"
#include "lib/core/gzip.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"

#define SLICE (2 * NSEC_PER_MSEC)
/* Below this, compressing at level 1 takes less than half a millisecond and a thread would only add waiting. */
#define COMPRESS_INLINE_MAX (192u << 10)

struct waiting { /* a client of a page that is not ready */
    struct list link;
    struct exchange *exchange; /* NULL: it has left */
    struct page_job *job;
};

struct page_job {
    struct list link; /* in daemon->page_jobs while it can be joined */
    struct daemon *daemon;
    struct page_kind kind;
    struct page *page;
    struct buf text, compressed;
    struct list waiting;
    size_t holds; /* its own making, and each client that is still being sent to */
};

static void release(void *owner)
{
    struct page_job *job = owner;
    assert(job->holds > 0);
    if (--job->holds > 0)
        return;
    buf_finish(&job->text);
    buf_finish(&job->compressed);
    free(job);
}

static void send_to(struct page_job *job, struct exchange *x)
{
    if (job->text.overflow) {
        exchange_error(
            x, 500,
            "The page is larger than 1 GiB: scrape /metrics/<probe> instead (see /sd).");
        return;
    }
    const struct buf *body = job->compressed.len ? &job->compressed : &job->text;
    if (job->compressed.len)
        exchange_add_header(x, "Content-Encoding", "gzip");
    exchange_add_header(x, "Vary", "Accept, Accept-Encoding");
    job->holds++;
    exchange_reply_shared(x, 200, prometheus_content_type(job->kind.format),
                          buf_bytes(body), release, job);
}

static void finish(void *ctx)
{
    struct page_job *job = ctx;
    list_remove(&job->link);
    LIST_EACH (at, &job->waiting) {
        struct waiting *w = LIST_ITEM(at, struct waiting, link);
        list_remove(at);
        if (w->exchange)
            send_to(job, w->exchange);
        free(w);
    }
    release(job);
}

static void compress(void *ctx)
{
    struct page_job *job = ctx;
    gzip_text(buf_bytes(&job->text), job->kind.gzip_level, &job->compressed);
}

static void take_text(struct page_job *job)
{
    job->text = *page_buf(job->page);
    *page_buf(job->page) = BUF_MAX(0);
    page_destroy(job->page);
    job->page = NULL;
}

/* Renders one slice. True when the body is ready to be sent; else more comes by itself. */
static bool go_on(struct page_job *job);

static void render(void *ctx)
{
    if (go_on(ctx))
        finish(ctx);
}

static bool go_on(struct page_job *job)
{
    if (!page_continue(job->page, SLICE)) {
        loop_defer(job->daemon->frame.loop, "page", render, job);
        return false;
    }
    take_text(job);
    const int level = job->kind.gzip_level;
    if (level > 1 || (level && job->text.len > COMPRESS_INLINE_MAX))
        return !pool_submit(job->daemon->frame.pool, compress, finish, job);
    if (level)
        compress(job);
    return true;
}

static void client_left(void *ctx)
{
    ((struct waiting *)ctx)->exchange = NULL;
}

static void wait_for(struct page_job *job, struct exchange *x)
{
    struct waiting *w = calloc(1, sizeof(*w));
    assert(w);
    w->job = job;
    w->exchange = x;
    list_append(&job->waiting, &w->link);
    exchange_suspend(x, client_left, w);
}

static struct page_job *find_job(struct daemon *d, const struct page_kind *kind)
{
    LIST_EACH (at, &d->page_jobs) {
        struct page_job *job = LIST_ITEM(at, struct page_job, link);
        if (job->kind.format == kind->format && job->kind.only == kind->only &&
            job->kind.gzip_level == kind->gzip_level)
            return job;
    }
    return NULL;
}

static struct page_job *job_create(struct daemon *d, const struct page_kind *kind)
{
    struct page_job *job = calloc(1, sizeof(*job));
    assert(job);
    job->daemon = d;
    job->kind = *kind;
    job->holds = 1;
    job->compressed = BUF_MAX(1u << 30);
    list_init(&job->waiting);
    list_append(&d->page_jobs, &job->link);
    job->page = page_start(d->registry, kind->format, kind->only);
    return job;
}

void page_job_answer(struct exchange *x, struct daemon *d, const struct page_kind *kind)
{
    struct page_job *job = find_job(d, kind);
    if (job) {
        wait_for(job, x);
        return;
    }
    self_refresh(d->self);
    job = job_create(d, kind);
    if (!go_on(job)) {
        wait_for(job, x);
        return;
    }
    send_to(job, x);
    finish(job);
}
