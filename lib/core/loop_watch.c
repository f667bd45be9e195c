/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readiness of descriptors: an epoll set of our own inside libuv's. A uv_poll_t would cost three
 * system calls more a connection (it tests the descriptor by adding and removing it) and a close
 * callback a turn later; this costs one epoll_wait more a turn, for all of them.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/core/loop_impl.h"

#define BATCH_EVENTS 64

struct watch {
    struct loop *loop;
    const char *name;
    int fd;
    int events; /* asked for; 0: not in the set */
    bool is_dead;
    bool is_refused; /* watch_refused may be waiting */
    void (*fn)(void *ctx, int events);
    void *ctx;
    struct watch *next_dead;
};

struct watch *loop_watch_create(struct loop *l, const char *name, int fd,
                                void (*fn)(void *ctx, int events), void *ctx)
{
    struct watch *w = slab_take(&l->watch_slab);
    w->loop = l;
    w->name = name;
    w->fd = fd;
    w->fn = fn;
    w->ctx = ctx;
    return w;
}

/* The kernel would not watch it (no memory, or its limit of watches): said to the owner from the
 * loop, as an error of the descriptor. */
static void watch_refused(void *ctx)
{
    struct watch *w = ctx;
    if (w->events && !w->is_dead)
        w->fn(w->ctx, w->events | WATCH_ERROR);
}

void watch_set(struct watch *w, int events)
{
    assert(!w->is_dead);
    if (w->events == events)
        return;
    const int op = !w->events ? EPOLL_CTL_ADD : events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
    struct epoll_event ask = {.events = ((events & WATCH_READ) ? (uint32_t)EPOLLIN : 0) |
                                        ((events & WATCH_WRITE) ? (uint32_t)EPOLLOUT : 0),
                              .data.ptr = w};
    const int failed = epoll_ctl(w->loop->epoll_fd, op, w->fd, &ask) ? errno : 0;
    loop_alive(w->loop, (events != 0) - (w->events != 0));
    w->events = events;
    if (failed && events) {
        log_error(EV("watch refused"), STR("name", w->name),
                  STR("why", strerror(failed)));
        w->is_refused = true;
        loop_defer(w->loop, w->name, watch_refused, w);
    }
}

void watch_destroy(struct watch *w)
{
    if (!w)
        return;
    watch_set(w, 0);
    if (w->is_refused)
        loop_forget(w->loop, w);
    if (!w->loop->is_dispatching) {
        slab_return(&w->loop->watch_slab, w);
        return;
    }
    w->is_dead = true;
    w->next_dead = w->loop->dead;
    w->loop->dead = w;
}

void watch_redirect(struct watch *w, const char *name, void (*fn)(void *ctx, int events),
                    void *ctx)
{
    w->name = name;
    w->fn = fn;
    w->ctx = ctx;
}

static int watch_events(const struct watch *w, uint32_t ready)
{
    int events =
        ((ready & EPOLLIN) ? WATCH_READ : 0) | ((ready & EPOLLOUT) ? WATCH_WRITE : 0);
    if (ready & (EPOLLERR | EPOLLHUP))
        events |= w->events;
    events &= w->events;
    if (w->events && (ready & EPOLLERR))
        events |= WATCH_ERROR;
    return events;
}

static void graves_clear(struct loop *l)
{
    while (l->dead) {
        struct watch *w = l->dead;
        l->dead = w->next_dead;
        slab_return(&l->watch_slab, w);
    }
}

static void on_poll(uv_poll_t *poll, int status, int uv_events)
{
    struct loop *l = poll->data;
    struct epoll_event ready[BATCH_EVENTS];
    const int count = epoll_wait(l->epoll_fd, ready, BATCH_EVENTS, 0);
    struct mono now = mono_read();
    const struct mono started = now;
    (void)status;
    (void)uv_events;
    l->is_dispatching = true;
    /* What a slice leaves over is still ready, and comes again after the timers. */
    for (int i = 0; i < count && mono_since(now, started) <= LOOP_SLICE; i++) {
        struct watch *w = ready[i].data.ptr;
        const int events = w->is_dead ? 0 : watch_events(w, ready[i].events);
        if (!events)
            continue;
        const char *name = w->name;
        loop_begin_at(l, now);
        w->fn(w->ctx, events);
        now = loop_end(l, name);
    }
    l->is_dispatching = false;
    graves_clear(l);
}

bool loop_watches_init(struct loop *l, struct err *e)
{
    l->watch_slab.item_size = sizeof(struct watch);
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll_fd < 0)
        return err_errno(e, errno, "cannot make an epoll descriptor");
    const int failed = uv_poll_init(&l->uv, &l->poll, l->epoll_fd);
    if (failed)
        return err_set(e, "cannot watch an epoll descriptor: %s", uv_strerror(failed));
    l->poll.data = l;
    uv_poll_start(&l->poll, UV_READABLE, on_poll);
    uv_unref((uv_handle_t *)&l->poll);
    return true;
}

void loop_watches_finish(struct loop *l)
{
    if (l->epoll_fd >= 0)
        close(l->epoll_fd);
    slab_finish(&l->watch_slab);
}
