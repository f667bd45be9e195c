/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runs on the loop without a descriptor or an instant: deferred calls, calls posted by other
 * threads, signals. loop_post is the one function of the loop that other threads may call.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/lock.h"
#include "lib/base/memory.h"
#include "lib/core/loop_impl.h"

struct deferred {
    struct deferred *next;
    const char *name;
    void (*fn)(void *ctx); /* NULL: forgotten */
    void *ctx;
};

struct post {
    struct post *next;
    const char *name;
    void (*fn)(void *ctx); /* NULL: forgotten */
    void *ctx;
};

struct signal_handler {
    uv_signal_t uv;
    struct signal_handler *next;
    struct loop *loop;
    void (*fn)(void *ctx, int signal);
    void *ctx;
};

static void call(struct loop *l, const char *name, void (*fn)(void *ctx), void *ctx)
{
    if (!fn)
        return;
    loop_begin(l);
    fn(ctx);
    loop_end(l, name);
}

/* Only what is there when it starts: what that defers has the next turn. */
static void on_idle(uv_idle_t *idle)
{
    struct loop *l = idle->data;
    struct deferred **end = l->deferred_last;
    for (bool is_last = false; !is_last && l->deferred_first;) {
        struct deferred *d = l->deferred_first;
        is_last = &d->next == end;
        l->deferred_first = d->next;
        if (!d->next)
            l->deferred_last = &l->deferred_first;
        const struct deferred copy = *d;
        slab_return(&l->deferred_slab, d);
        call(l, copy.name, copy.fn, copy.ctx);
        loop_alive(l, -1);
    }
    if (!l->deferred_first)
        uv_idle_stop(idle);
}

void loop_defer(struct loop *l, const char *name, void (*fn)(void *ctx), void *ctx)
{
    struct deferred *d = slab_take(&l->deferred_slab);
    *d = (struct deferred){.name = name, .fn = fn, .ctx = ctx};
    *l->deferred_last = d;
    l->deferred_last = &d->next;
    loop_alive(l, 1);
    if (!l->is_closing)
        uv_idle_start(&l->idle, on_idle);
}

/* A counter of the kernel's, not a uv_async_t: that one has the loop spin while a thread that sends is not running. */
static void wake(struct loop *l)
{
    const ssize_t written = write(l->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
    (void)written; /* fails only when it is awake 2^64 times */
}

static struct post *post_take(struct loop *l)
{
    pthread_mutex_lock(&l->posts_lock);
    struct post *p = l->posts_first;
    if (p)
        l->posts_first = p->next;
    if (!l->posts_first)
        l->posts_last = &l->posts_first;
    pthread_mutex_unlock(&l->posts_lock);
    return p;
}

static void on_wake(uv_poll_t *poll, int status, int events)
{
    struct loop *l = poll->data;
    const struct mono started = mono_read();
    uint64_t count;
    struct post *p;

    (void)status, (void)events;
    if (read(l->wake_fd, &count, sizeof(count)) < 0)
        return;
    while ((p = post_take(l)) != NULL) {
        call(l, p->name, p->fn, p->ctx);
        free(p);
        if (mono_since(mono_read(), started) > LOOP_SLICE) {
            wake(l); /* the rest after the others had their turn */
            return;
        }
    }
}

void loop_post(struct loop *l, const char *name, void (*fn)(void *ctx), void *ctx)
{
    struct post *p = memory_take(sizeof(*p));
    *p = (struct post){.name = name, .fn = fn, .ctx = ctx};
    pthread_mutex_lock(&l->posts_lock);
    const bool is_asleep = !l->posts_first;
    *l->posts_last = p;
    l->posts_last = &p->next;
    pthread_mutex_unlock(&l->posts_lock);
    if (is_asleep) /* else whoever posted the first has woken it, or it is taking them */
        wake(l);
}

void loop_forget(struct loop *l, const void *ctx)
{
    for (struct deferred *d = l->deferred_first; d; d = d->next) {
        if (d->ctx == ctx)
            d->fn = NULL;
    }
    pthread_mutex_lock(&l->posts_lock);
    for (struct post *p = l->posts_first; p; p = p->next) {
        if (p->ctx == ctx)
            p->fn = NULL;
    }
    pthread_mutex_unlock(&l->posts_lock);
}

static void on_signal(uv_signal_t *uv, int signal)
{
    struct signal_handler *h = uv->data;
    loop_begin(h->loop);
    h->fn(h->ctx, signal);
    loop_end(h->loop, "signal");
}

void loop_on_signal(struct loop *l, int signal, void (*fn)(void *ctx, int signal),
                    void *ctx)
{
    struct signal_handler *h = memory_take(sizeof(*h));
    *h = (struct signal_handler){0};
    h->loop = l;
    h->fn = fn;
    h->ctx = ctx;
    h->next = l->signals;
    l->signals = h;
    uv_signal_init(&l->uv, &h->uv);
    h->uv.data = h;
    const int failed = uv_signal_start(&h->uv, on_signal, signal);
    assert(failed == 0); /* only for SIGKILL, SIGSTOP and numbers that are no signal */
    (void)failed;
    uv_unref((uv_handle_t *)&h->uv);
}

bool loop_queue_init(struct loop *l, struct err *e)
{
    l->epoll_fd = l->wake_fd =
        -1; /* so that a loop which fails here is destroyed like any other */
    l->deferred_slab.item_size = sizeof(struct deferred);
    l->deferred_last = &l->deferred_first;
    l->posts_last = &l->posts_first;
    lock_init(&l->posts_lock);
    uv_idle_init(&l->uv, &l->idle);
    l->idle.data = l;
    uv_unref((uv_handle_t *)&l->idle);
    l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->wake_fd < 0)
        return err_errno(e, errno, "cannot make the loop's wake-up");
    const int failed = uv_poll_init(&l->uv, &l->wake, l->wake_fd);
    if (failed)
        return err_set(e, "cannot watch the loop's wake-up: %s", uv_strerror(failed));
    l->wake.data = l;
    uv_poll_start(&l->wake, UV_READABLE, on_wake);
    uv_unref((uv_handle_t *)&l->wake);
    return true;
}

void loop_queue_finish(struct loop *l)
{
    if (l->wake_fd >= 0)
        close(l->wake_fd);
    for (struct post *p = l->posts_first; p;) {
        struct post *next = p->next;
        free(p);
        p = next;
    }
    while (l->signals) {
        struct signal_handler *next = l->signals->next;
        free(l->signals);
        l->signals = next;
    }
    slab_finish(&l->deferred_slab);
    pthread_mutex_destroy(&l->posts_lock);
}
