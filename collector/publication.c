/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few publications that did not fit into one slice, in a list, each with the run that it keeps alive, since batch
 * and verdict are in that run's arena. Called by pipeline.c, and at a stop, which ends all of them at once. Confirms no
 * state.
 */
#include "collector/publication.h"

#include "lib/base/memory.h"
#include "lib/core/loop.h"
#include "lib/core/runner.h"

/* What a turn of the loop has for it. */
#define PUBLICATION_SLICE (2 * NSEC_PER_MSEC)

struct publication {
    struct publication *next;
    struct publications *all;
    struct engine_host *host;
    struct tracked *tracked; /* lives as long as the run */
    struct run *run;         /* kept: verdict and batch are in it */
    const struct verdict *verdict;
    struct history_publication samples;
};

static struct loop *loop_of(const struct tracked *t)
{
    return t->session->frame->loop;
}

static void unlink_from(struct publications *all, struct publication *p)
{
    struct publication **at = &all->first;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
}

/* Nobody is told of a probe that is gone. */
static void end(struct publication *p)
{
    struct run *run = p->run;
    if (!p->tracked->is_removed)
        engine_host_observe(p->host, p->tracked, p->verdict, p->samples.batch);
    unlink_from(p->all, p);
    free(p);
    run_release(run);
}

static void go_on(void *ctx)
{
    struct publication *p = ctx;
    if (history_publication_go(&p->samples, PUBLICATION_SLICE))
        end(p);
    else
        loop_defer(loop_of(p->tracked), "publication", go_on, p);
}

static void later(struct publications *all, struct engine_host *host, struct tracked *t,
                  const struct verdict *v, struct history_publication *begun)
{
    struct publication *p = memory_take(sizeof(*p));
    *p = (struct publication){.next = all->first,
                              .all = all,
                              .host = host,
                              .tracked = t,
                              .run = t->run,
                              .verdict = v};
    history_publication_move(&p->samples, begun);
    all->first = p;
    loop_defer(loop_of(t), "publication", go_on, p);
}

void publications_add(struct publications *all, struct engine_host *host,
                      struct tracked *t, const struct verdict *v, const struct batch *b)
{
    const struct loop *loop = loop_of(t);
    const nsec left = PUBLICATION_SLICE - mono_since(mono_read(), loop_now(loop));
    struct history_publication samples;
    engine_host_publish(host, t, v, b, &samples);
    if (!history_publication_go(&samples, left > 0 ? left : 0)) {
        if (t->run && runner_keep(t->run)) {
            later(all, host, t, v, &samples);
            return;
        }
        history_publication_go(&samples, INT64_MAX);
    }
    engine_host_observe(host, t, v, b);
}

void publications_finish(struct publications *all)
{
    while (all->first) {
        struct publication *p = all->first;
        loop_forget(loop_of(p->tracked), p);
        history_publication_go(&p->samples, INT64_MAX);
        end(p);
    }
}
