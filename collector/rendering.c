/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints, compresses, and sends to each who waits, in this order; whoever comes while it prints waits with the others.
 * Called by its owners (list_job.c, overview.c, page_job.c). Knows no text: a kind's functions print it.
 */
#include "collector/rendering.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/list.h"
#include "lib/base/memory.h"
#include "lib/core/gzip.h"
#include "lib/core/loop.h"
#include "lib/core/pool.h"

#define SLICE (2 * NSEC_PER_MSEC)
/* Below this, compressing at level 1 takes less than half a millisecond and a thread would only add waiting. */
#define COMPRESS_INLINE_MAX (192u << 10)

enum progress { PRINTING, COMPRESSING, MADE };

struct waiting { /* a client of what is not ready */
    struct list link;
    struct exchange *exchange; /* NULL: it has left */
};

struct rendering {
    struct daemon *daemon;
    struct rendering_kind kind;
    void *ctx;
    enum progress progress;
    struct buf text, compressed;
    struct list waiting;
    /* its owner, a job of the pool, and each client that is still being sent to */
    size_t holds;
    bool is_owned;
};

static void let_go(void *owner)
{
    struct rendering *r = owner;
    assert(r->holds > 0);
    if (--r->holds > 0)
        return;
    LIST_EACH (at, &r->waiting)
        free(LIST_ITEM(at, struct waiting, link));
    buf_finish(&r->text);
    buf_finish(&r->compressed);
    free(r);
}

static void send_to(struct rendering *r, struct exchange *x)
{
    if (r->text.overflow) {
        exchange_error(x, 500, "%s", r->kind.too_large);
        return;
    }
    const bool is_gzip = r->compressed.len > 0 && exchange_accepts_gzip(x);
    if (is_gzip)
        exchange_add_header(x, "Content-Encoding", "gzip");
    r->holds++;
    exchange_reply_shared(x, 200, r->kind.content_type,
                          buf_bytes(is_gzip ? &r->compressed : &r->text), let_go, r);
}

static void finish(struct rendering *r)
{
    r->progress = MADE;
    r->holds++;
    if (r->is_owned && r->kind.made)
        r->kind.made(r->ctx);
    LIST_EACH (at, &r->waiting) {
        struct waiting *w = LIST_ITEM(at, struct waiting, link);
        list_remove(at);
        if (w->exchange)
            send_to(r, w->exchange);
        free(w);
    }
    let_go(r);
}

/* ---- making ---- */

static void compress(void *ctx)
{
    struct rendering *r = ctx;
    gzip_text(buf_bytes(&r->text), r->kind.gzip_level, &r->compressed);
}

static void on_compressed(void *ctx)
{
    struct rendering *r = ctx;
    finish(r);
    let_go(r);
}

static bool is_compressed_elsewhere(struct rendering *r)
{
    const int level = r->kind.gzip_level;
    if (!level || r->text.overflow)
        return false;
    if (level > 1 || r->text.len > COMPRESS_INLINE_MAX) {
        r->progress = COMPRESSING;
        r->holds++;
        if (pool_submit(r->daemon->frame.pool, r->kind.name, compress, on_compressed, r))
            return true;
        r->holds--; /* the pool has too much to do: it goes as it is */
        return false;
    }
    compress(r);
    return false;
}

static void go_on(void *ctx)
{
    struct rendering *r = ctx;
    if (!r->kind.print(r->ctx, &r->text, SLICE) && !r->text.overflow)
        loop_defer(r->daemon->frame.loop, r->kind.name, go_on, r);
    else if (!is_compressed_elsewhere(r))
        finish(r);
}

void rendering_begin(struct rendering *r)
{
    go_on(r);
}

/* ---- who asks ---- */

static void client_left(void *ctx)
{
    ((struct waiting *)ctx)->exchange = NULL;
}

void rendering_answer(struct rendering *r, struct exchange *x)
{
    if (r->progress == MADE) {
        send_to(r, x);
        return;
    }
    struct waiting *w = memory_take(sizeof(*w));
    *w = (struct waiting){.exchange = x};
    list_append(&r->waiting, &w->link);
    exchange_suspend(x, client_left, w);
}

struct rendering *rendering_create(struct daemon *d, const struct rendering_kind *kind,
                                   void *ctx)
{
    struct rendering *r = memory_take(sizeof(*r));
    *r = (struct rendering){.daemon = d, .kind = *kind, .ctx = ctx, .holds = 1};
    r->is_owned = true;
    r->text = BUF_MAX(kind->max_bytes);
    r->compressed = BUF_MAX(kind->max_bytes);
    list_init(&r->waiting);
    return r;
}

void rendering_release(struct rendering *r)
{
    if (!r)
        return;
    loop_forget(r->daemon->frame.loop, r);
    r->is_owned = false;
    let_go(r);
}
