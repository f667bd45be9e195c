/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the job that makes this page, of this format and encoding, or begins one; the registry prints it, and the
 * rendering sends it. Called by api_metrics.c. Keeps no page: the next scrape makes its own.
 */
#include "collector/page_job.h"

#include <stdlib.h>

#include "collector/rendering.h"
#include "collector/self.h"
#include "exporters/prometheus.h"
#include "lib/base/list.h"
#include "lib/base/memory.h"

struct page_job {     /* while it is being made; then its rendering alone lives on */
    struct list link; /* in daemon->page_jobs */
    struct page_kind kind;
    struct page *page;
    struct rendering *rendering;
};

static bool print(void *ctx, struct buf *out, nsec budget)
{
    struct page_job *job = ctx;
    if (!page_continue(job->page, budget))
        return false;
    *out = *page_buf(job->page);
    *page_buf(job->page) = BUF_MAX(0);
    return true;
}

static void made(void *ctx)
{
    struct page_job *job = ctx;
    list_remove(&job->link);
    page_destroy(job->page);
    rendering_release(job->rendering);
    free(job);
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
    const struct rendering_kind rendering = {
        .name = "page",
        .content_type = prometheus_content_type(kind->format),
        .gzip_level = kind->gzip_level,
        .max_bytes = 1u << 30,
        .too_large = "The page is larger than 1 GiB: scrape /metrics/<probe> instead "
                     "(see /sd).",
        .print = print,
        .made = made,
    };
    struct page_job *job = memory_take(sizeof(*job));
    *job = (struct page_job){.kind = *kind};
    job->page = page_start(d->registry, kind->format, kind->only);
    job->rendering = rendering_create(d, &rendering, job);
    list_append(&d->page_jobs, &job->link);
    return job;
}

void page_job_answer(struct exchange *x, struct daemon *d, const struct page_kind *kind)
{
    exchange_add_header(x, "Vary", "Accept, Accept-Encoding");
    struct page_job *job = find_job(d, kind);
    if (job) {
        rendering_answer(job->rendering, x);
        return;
    }
    if (!kind->only) /* a probe's page has nothing of healthd itself */
        self_refresh(d->self);
    job = job_create(d, kind);
    rendering_answer(job->rendering, x);
    rendering_begin(job->rendering);
}
