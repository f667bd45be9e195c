/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl's multi interface on our loop: its sockets become watches, its timeout a timer, its finished transfers
 * calls of fetch_ended. Called by fetch.c. Knows nothing of requests.
 */
#include <curl/curl.h>
#include <stdlib.h>

#include "lib/base/attr.h"
#include "lib/base/memory.h"
#include "lib/core/fetch_parts.h"

struct fetch_socket {
    struct fetch_engine *engine;
    struct watch *watch;
    curl_socket_t fd;
};

/* Messages are copied before the handle leaves the multi: they die with it. */
static void engine_reap(struct fetch_engine *g)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(g->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURL *easy = message->easy_handle;
        const CURLcode code = message->data.result;
        struct fetch *x = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&x);
        curl_multi_remove_handle(g->multi, easy);
        fetch_ended(x, (int)code);
    }
}

static void engine_drive(struct fetch_engine *g, curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(g->multi, fd, events, &running);
    engine_reap(g);
}

static void on_ready(void *ctx, int events)
{
    const struct fetch_socket *s = ctx;
    struct fetch_engine *g = s->engine;
    const int flags = ((events & WATCH_READ) ? CURL_CSELECT_IN : 0) |
                      ((events & WATCH_WRITE) ? CURL_CSELECT_OUT : 0) |
                      ((events & WATCH_ERROR) ? CURL_CSELECT_ERR : 0);
    engine_drive(g, s->fd, flags); /* s may be gone after this */
}

static void on_due(void *ctx)
{
    engine_drive(ctx, CURL_SOCKET_TIMEOUT, 0);
}

/* libcurl closes the descriptor right after CURL_POLL_REMOVE, so the watch ends here. */
static int on_socket(CURL *easy UNUSED, curl_socket_t fd, int what, void *ctx,
                     void *socket)
{
    struct fetch_engine *g = ctx;
    struct fetch_socket *s = socket;
    if (what == CURL_POLL_REMOVE) {
        if (!s)
            return 0;
        curl_multi_assign(g->multi, fd, NULL);
        watch_destroy(s->watch);
        free(s);
        return 0;
    }
    if (!s) {
        s = memory_take(sizeof(*s));
        *s = (struct fetch_socket){.engine = g, .fd = fd};
        s->watch = loop_watch_create(g->fetcher->frame->loop, "fetch", fd, on_ready, s);
        curl_multi_assign(g->multi, fd, s);
    }
    watch_set(s->watch, ((what & CURL_POLL_IN) ? WATCH_READ : 0) |
                            ((what & CURL_POLL_OUT) ? WATCH_WRITE : 0));
    return 0;
}

/* curl_multi_socket_action must not be called from here: a due timer fires in the next turn. */
static int on_timeout(CURLM *multi UNUSED, long msec, void *ctx)
{
    struct fetch_engine *g = ctx;
    if (msec < 0) {
        timer_stop(g->timer);
        return 0;
    }
    struct loop *loop = g->fetcher->frame->loop;
    const struct mono now = msec ? loop_now_exact(loop) : loop_now(loop);
    timer_at(g->timer, mono_add(now, msec * NSEC_PER_MSEC));
    return 0;
}

bool fetch_engine_create(struct fetch_engine *g, struct fetcher *f, struct err *e)
{
    g->fetcher = f;
    g->multi = curl_multi_init();
    if (!g->multi)
        return err_set(e, "libcurl cannot start: no memory or no descriptors");
    g->timer = loop_timer_create(f->frame->loop, "fetch", on_due, g);
    curl_multi_setopt(g->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(g->multi, CURLMOPT_SOCKETDATA, g);
    curl_multi_setopt(g->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(g->multi, CURLMOPT_TIMERDATA, g);
    return true;
}

/* curl_multi_cleanup still calls on_socket for kept connections. */
void fetch_engine_destroy(struct fetch_engine *g)
{
    if (!g->multi)
        return;
    curl_multi_cleanup(g->multi);
    timer_destroy(g->timer);
    g->multi = NULL;
    g->timer = NULL;
}

bool fetch_engine_add(struct fetch_engine *g, struct fetch *x)
{
    return curl_multi_add_handle(g->multi, x->easy) == CURLM_OK;
}

void fetch_engine_remove(struct fetch_engine *g, struct fetch *x)
{
    curl_multi_remove_handle(g->multi, x->easy);
}
