/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One exchange from start to its one call of done: wait for trust, resolve, hand to libcurl, judge. Called by
 * probes, notifiers and the Docker client. Never retries, never follows a redirect, never blocks.
 */
#include "lib/core/fetch.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/memory.h"
#include "lib/core/fetch_parts.h"

static struct fetch *fetch_take(struct fetcher *f)
{
    f->in_use++;
    if (!list_empty(&f->idle)) {
        struct fetch *x = LIST_ITEM(f->idle.next, struct fetch, link);
        list_remove(&x->link);
        f->idle_count--;
        return x;
    }
    struct fetch *x = memory_take(sizeof(*x));
    *x = (struct fetch){0};
    x->easy = fetch_easy_create();
    return x;
}

static void fetch_destroy(struct fetch *x)
{
    fetch_easy_destroy(x->easy);
    free(x);
}

/* Back to the pool: the easy handle keeps its caches, everything else is forgotten. */
static void fetch_put_back(struct fetch *x)
{
    struct fetcher *f = x->fetcher;
    void *easy = x->easy;
    timer_destroy(x->dns_timer);
    timer_destroy(x->head_timer);
    buf_finish(&x->body);
    fetch_tear_down(x);
    f->in_use--;
    if (f->idle_count >= FETCH_MAX_IDLE || !fetch_easy_is_clean(easy)) {
        fetch_destroy(x);
        return;
    }
    *x = (struct fetch){.easy = easy};
    list_append(&f->idle, &x->link);
    f->idle_count++;
}

void fetch_enter(struct fetch *x, enum phase phase)
{
    x->reply->reached = phase;
    if (x->phase)
        x->phase(x->ctx, phase);
}

static void fetch_answer(struct fetch *x)
{
    void (*done)(void *ctx, const struct reply *reply) = x->done;
    void *ctx = x->ctx;
    const struct reply *reply = x->reply;
    fetch_put_back(x);
    done(ctx, reply);
}

static void on_failed(void *ctx)
{
    fetch_answer(ctx);
}

/* Before libcurl had it: the answer comes from the loop, so never before fetch_start returned. */
static void fetch_fail(struct fetch *x, enum reason reason, bool is_unknown,
                       const char *detail)
{
    struct trouble *why = &x->reply->trouble;
    why->reason = reason;
    why->is_unknown = is_unknown;
    snprintf(why->detail, sizeof(why->detail), "%.500s", detail);
    x->state = FETCH_FAILED;
    loop_defer(x->fetcher->frame->loop, "fetch failed", on_failed, x);
}

void fetch_ended(struct fetch *x, int curl_code)
{
    fetch_fill_reply(x);
    if (!x->is_let_go)
        fetch_judge(x, curl_code);
    const enum reason reason = x->reply->trouble.reason;
    if (!x->is_connected && x->reply->resolution && reason != REASON_NONE)
        resolver_drop(x->fetcher->frame->resolver, x->peer.host);
    fetch_answer(x);
}

/* libcurl counts until the last byte, so that of an endless exchange this is counted here. */
static void on_head_late(void *ctx)
{
    struct fetch *x = ctx;
    fetch_engine_remove(&x->fetcher->engines[x->request.reuse], x);
    fetch_ended(x, CURLE_OPERATION_TIMEDOUT);
}

static void await_head(struct fetch *x)
{
    struct loop *loop = x->fetcher->frame->loop;
    x->head_timer = loop_timer_create(loop, "fetch head", on_head_late, x);
    timer_at(x->head_timer, mono_add(x->started, x->request.timeout));
}

void fetch_has_head(struct fetch *x)
{
    if (x->head_timer)
        timer_stop(x->head_timer);
}

static void fetch_go(struct fetch *x, const struct resolution *resolution)
{
    struct err e = {0};
    if (!fetch_set_up(x, resolution, &e)) {
        fetch_fail(x, REASON_CONFIG, true, e.text);
        return;
    }
    fetch_enter(x, PHASE_CONNECT);
    x->state = FETCH_UNDER_WAY;
    if (x->request.is_endless)
        await_head(x);
    if (fetch_engine_add(&x->fetcher->engines[x->request.reuse], x))
        return;
    fetch_has_head(x);
    fetch_fail(x, REASON_SELF, true, "libcurl did not take the request: no memory");
}

static void on_resolved(void *ctx, const struct resolution *resolution)
{
    struct fetch *x = ctx;
    x->query = NULL;
    if (x->dns_timer)
        timer_stop(x->dns_timer);
    x->resolve_took = resolution->took;
    x->reply->phases[PHASE_RESOLVE] = resolution->took;
    x->reply->is_proxied = x->has_proxy;
    x->reply->resolution = arena_memdup(x->arena, resolution, sizeof(*resolution));
    if (resolution->reason == REASON_NONE) {
        fetch_go(x, resolution);
        return;
    }
    const bool is_proxys = x->has_proxy && !resolution->is_unknown;
    fetch_fail(x, is_proxys ? REASON_PROXY : resolution->reason, resolution->is_unknown,
               resolution->detail);
}

static void on_dns_late(void *ctx)
{
    struct fetch *x = ctx;
    query_cancel(x->query);
    x->query = NULL;
    x->reply->phases[PHASE_RESOLVE] =
        mono_since(loop_now(x->fetcher->frame->loop), x->started);
    char detail[300];
    snprintf(detail, sizeof(detail),
             "the resolver said nothing about %.200s within the timeout", x->peer.host);
    fetch_fail(x, REASON_DNS_TIMEOUT, true, detail);
}

static void fetch_resolve(struct fetch *x)
{
    struct frame *frame = x->fetcher->frame;
    x->started = loop_now_exact(frame->loop);
    if (x->request.unix_path || x->request.only) {
        fetch_go(x, NULL);
        return;
    }
    x->state = FETCH_RESOLVING;
    fetch_enter(x, PHASE_RESOLVE);
    x->query = resolve(frame->resolver, x->peer.host, x->peer.port,
                       x->has_proxy ? IP_ANY : x->request.family, on_resolved, x);
    if (!x->query)
        return; /* answered already */
    x->dns_timer = loop_timer_create(frame->loop, "fetch resolve", on_dns_late, x);
    timer_at(x->dns_timer, mono_add(x->started, x->request.timeout));
}

static void on_trust(void *ctx)
{
    fetch_resolve(ctx);
}

/* "host", "host:port", "[v6]:port": the port stays the URL's unless named. */
static bool read_connect_to(struct fetch *x, struct err *e)
{
    struct url to;
    if (!url_parse(x->arena, x->request.connect_to, &to, e))
        return err_wrap(e, "connect_to");
    x->peer.host = to.host;
    x->peer.is_literal = to.is_literal;
    if (to.has_port)
        x->peer.port = to.port;
    return true;
}

static bool is_scheme_fit(const char *scheme, bool is_mail)
{
    if (is_mail)
        return !strcmp(scheme, "smtp") || !strcmp(scheme, "smtps");
    return !strcmp(scheme, "http") || !strcmp(scheme, "https");
}

/* What to resolve and connect to. */
static bool fetch_aim(struct fetch *x, struct err *e)
{
    const struct request *q = &x->request;
    if (q->at)
        x->url = *q->at;
    else if (!url_parse(x->arena, q->url, &x->url, e))
        return false;
    if (!is_scheme_fit(x->url.scheme, q->mail != NULL))
        return err_set(e, "'%s' has the scheme %s; %s can be asked", x->url.text,
                       x->url.scheme, q->mail ? "smtp and smtps" : "http and https");
    x->has_tls = x->url.is_tls || (q->mail && q->mail->tls != MAIL_PLAIN);
    x->peer = x->url;
    x->is_signed = q->aws_sigv4 && q->aws_sigv4[0];
    if (q->connect_to && q->connect_to[0] && !read_connect_to(x, e))
        return false;
    x->has_proxy =
        q->proxy && q->proxy[0] && !q->unix_path &&
        !(q->no_proxy && no_proxy_covers(q->no_proxy, x->url.host, x->url.port));
    if (!x->has_proxy)
        return true;
    if (!url_parse(x->arena, q->proxy, &x->peer, e))
        return err_wrap(e, "proxy");
    x->proxy_handshakes = x->peer.is_tls ? 1 : 0;
    return true;
}

struct fetch *fetch_start(struct fetcher *f, struct arena *arena,
                          const struct request *request,
                          void (*phase)(void *ctx, enum phase phase),
                          void (*done)(void *ctx, const struct reply *reply), void *ctx)
{
    struct fetch *x = fetch_take(f);
    x->fetcher = f;
    x->arena = arena;
    x->request = *request;
    x->phase = phase;
    x->done = done;
    x->ctx = ctx;
    x->body = BUF_MAX(request->max_body);
    x->reply = arena_alloc(arena, sizeof(*x->reply));
    x->reply->content_length = -1;
    struct err e = {0};
    if (!fetch_aim(x, &e)) {
        fetch_fail(x, REASON_CONFIG, true, e.text);
        return x;
    }
    struct tls *tls = f->frame->tls;
    if ((x->has_tls || x->proxy_handshakes) && !tls_is_ready(tls, &x->request.tls)) {
        x->state = FETCH_WAITING_TRUST;
        tls_when_ready(tls, on_trust, x);
    } else {
        fetch_resolve(x);
    }
    return x;
}

void fetch_cancel(struct fetch *x)
{
    if (!x)
        return;
    struct frame *frame = x->fetcher->frame;
    switch (x->state) {
    case FETCH_WAITING_TRUST:
        tls_forget(frame->tls, x);
        break;
    case FETCH_RESOLVING:
        query_cancel(x->query);
        break;
    case FETCH_UNDER_WAY:
        fetch_engine_remove(&x->fetcher->engines[x->request.reuse], x);
        break;
    case FETCH_FAILED:
        loop_forget(frame->loop, x);
        break;
    case FETCH_IDLE:
        assert(!"a fetch is cancelled once, and not after done");
        break;
    }
    fetch_put_back(x);
}

const struct address *fetch_address(const struct fetch *x)
{
    return x->reply->address.len ? &x->reply->address : NULL;
}

const char *reply_header(const struct reply *r, const char *name)
{
    for (size_t i = 0; i < r->headers.count; i++) {
        if (!strcasecmp(r->headers.items[i].key, name))
            return r->headers.items[i].value;
    }
    return NULL;
}

struct fetcher *fetcher_create(struct frame *frame, struct err *e)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        err_set(e, "libcurl cannot start");
        return NULL;
    }
    struct fetcher *f = memory_take(sizeof(*f));
    *f = (struct fetcher){0};
    f->frame = frame;
    list_init(&f->idle);
    if (fetch_engine_create(&f->engines[FETCH_FRESH], f, e) &&
        fetch_engine_create(&f->engines[FETCH_REUSE], f, e))
        return f;
    fetcher_destroy(f);
    return NULL;
}

void fetcher_destroy(struct fetcher *f)
{
    if (!f)
        return;
    assert(f->in_use == 0);
    LIST_EACH (it, &f->idle)
        fetch_destroy(LIST_ITEM(it, struct fetch, link));
    fetch_engine_destroy(&f->engines[FETCH_FRESH]);
    fetch_engine_destroy(&f->engines[FETCH_REUSE]);
    free(f);
    curl_global_cleanup();
}
