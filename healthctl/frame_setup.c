/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes each part of a frame that is asked for, in order, and takes them down in the other. Called by asked.c, client.c
 * and smoke_run.c. Starts no run.
 */
#include "healthctl/frame_setup.h"

#include <stddef.h>

#include "lib/base/clock.h"
#include "lib/config/generation.h"
#include "lib/core/budget.h"
#include "lib/core/fetch.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"
#include "lib/core/resolve.h"
#include "lib/core/tls.h"

#define POOL_THREADS 1

static const struct resolver_conf default_resolver = {
    .kind = RESOLVER_CARES,
    .max_ttl = 5 * NSEC_PER_SEC,
    .resolv_conf = "/etc/resolv.conf",
    .hosts = "/etc/hosts",
};

static void stop(void *ctx)
{
    loop_stop(ctx);
}

static bool make_trust(struct frame *f, enum frame_use use, struct err *e)
{
    f->tls = tls_create(f->pool, e);
    if (!f->tls)
        return false;
    if (use == FRAME_WHOLE) {
        tls_when_ready(f->tls, stop, f->loop);
        loop_run(f->loop);
    }
    return true;
}

static void make_budgets(struct frame *f, const struct generation *g)
{
    struct arena *arena = arena_create(0);
    f->budgets =
        budgets_create(f->loop, g ? g->state_path : generation_state_path(arena));
    arena_destroy(arena);
}

bool frame_setup(struct frame *f, enum frame_use use, const struct generation *g,
                 struct secrets *secrets, struct err *e)
{
    *f = (struct frame){.secrets = secrets};
    f->loop = loop_create(e);
    if (!f->loop)
        return false;
    f->pool = pool_create(f->loop, POOL_THREADS);
    if (use != FRAME_PLAIN) {
        if (!make_trust(f, use, e))
            return false;
        make_budgets(f, g);
    }
    f->resolver =
        resolver_create(f->loop, f->pool, g ? &g->resolver : &default_resolver, e);
    if (!f->resolver)
        return false;
    f->fetcher = fetcher_create(f, e);
    return f->fetcher != NULL;
}

void frame_finish(struct frame *f)
{
    fetcher_destroy(f->fetcher);
    if (f->resolver)
        resolver_destroy(f->resolver);
    if (f->tls)
        tls_destroy(f->tls);
    budgets_destroy(f->budgets);
    if (f->pool)
        pool_destroy(f->pool, 100 * NSEC_PER_MSEC);
    loop_destroy(f->loop);
    *f = (struct frame){0};
}
