/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A job of the pool that loads the file, and what becomes of that on the loop: the secrets are taken over when the
 * configuration is accepted, and end with it when not. Called by reload.c. Says no fault: diag has them.
 */
#include "collector/reading.h"

#include <stdlib.h>

#include "lib/base/memory.h"
#include "lib/core/diag.h"
#include "lib/core/loop.h"
#include "lib/core/secret.h"

static void work(void *ctx)
{
    struct reading *r = ctx;
    r->g = generation_load_named(r->path, r->secrets, r->diag, r->arena, &r->files);
}

static void done(void *ctx)
{
    struct reading *r = ctx;
    r->job = NULL;
    r->done(r->ctx);
}

struct reading *reading_start(struct frame *f, const char *path, void (*fn)(void *ctx),
                              void *ctx)
{
    struct reading *r = memory_take(sizeof(*r));
    struct arena *arena = arena_create(0);
    *r = (struct reading){.frame = f,
                          .path = path,
                          .secrets = secrets_draft(f->secrets),
                          .arena = arena,
                          .diag = diag_create(arena),
                          .done = fn,
                          .ctx = ctx};
    r->job = pool_submit(f->pool, "configuration", work, done, r);
    if (r->job)
        return r;
    work(r); /* a thousand jobs wait: better late than not at all */
    loop_defer(f->loop, "configuration", done, r);
    return r;
}

void reading_learn(struct reading *r)
{
    secrets_learn(r->frame->secrets, r->secrets);
    if (r->g)
        r->g->secrets = r->frame->secrets;
}

static void end_secrets(void *ctx)
{
    secrets_destroy(ctx);
}

/* Its templates have the draft, so that it ends with them. */
struct generation *reading_accept(struct reading *r)
{
    struct generation *g = r->g;
    secrets_adopt(r->frame->secrets, r->secrets);
    arena_cleanup(g->arena, end_secrets, r->secrets);
    r->secrets = NULL;
    r->g = NULL;
    return g;
}

static void dispose(void *ctx)
{
    struct reading *r = ctx;
    generation_unref(r->g);
    arena_destroy(r->arena);
    secrets_destroy(r->secrets);
    free(r);
}

void reading_destroy(struct reading *r)
{
    if (!r)
        return;
    loop_forget(r->frame->loop, r);
    if (r->job)
        job_abandon(r->job, dispose);
    else
        dispose(r);
}
