/* SPDX-License-Identifier: Apache-2.0 */
/* See web.h. Finds the endpoint of a request, has it checked who may, and hands over. */
#include <assert.h>

#include "collector/limiter.h"
#include "collector/web_parts.h"

/* Addresses and tokens that are remembered at a time: some 500 KiB. */
#define LIMITER_KEYS 4096

struct web *web_create(struct daemon *d, const struct endpoint *const *endpoints)
{
    struct web *w = calloc(1, sizeof(*w));
    assert(w);
    w->daemon = d;
    w->loop = d->frame.loop;
    w->endpoints = endpoints;
    w->request_timeout = 30 * NSEC_PER_SEC;
    w->limiter = limiter_create(LIMITER_KEYS);
    list_init(&w->listeners);
    list_init(&w->closing);
    list_init(&w->spare);
    list_init(&w->held);
    return w;
}

static void set_key(struct buf *key, const struct listen_conf *c,
                    const struct web_conf *limits)
{
    buf_printf(key, "%s|%s|%s|%s|%s|%s|%s|%s|%jo|%jd|%jd", c->address, c->cert_file,
               c->key_file, c->client_ca_file, c->bearer_token.value, c->username,
               c->password.value, c->rights, (intmax_t)c->socket_mode,
               (intmax_t)limits->max_connections,
               (intmax_t)limits->max_connections_per_ip);
}

static struct listener *find_listener(struct web *w, const char *key)
{
    LIST_EACH (at, &w->listeners) {
        struct listener *l = LIST_ITEM(at, struct listener, link);
        if (!strcmp(l->key, key))
            return l;
    }
    return NULL;
}

static struct listener *find_address(struct web *w, const char *address)
{
    LIST_EACH (at, &w->listeners) {
        struct listener *l = LIST_ITEM(at, struct listener, link);
        if (!strcmp(l->address, address))
            return l;
    }
    return NULL;
}

/* From now on the socket's file is the new one's, to be removed when that one closes. */
static void settle(struct web *w, struct listener *l)
{
    struct listener *former = l->has_borrowed ? find_address(w, l->address) : NULL;
    if (former)
        former->has_borrowed = true;
    l->has_borrowed = false;
}

static void close_pending(void *ctx)
{
    struct web *w = ctx;
    LIST_EACH (at, &w->closing) {
        list_remove(at);
        listener_close(LIST_ITEM(at, struct listener, link));
    }
}

/* Listeners of `from` that are not kept are closed in a moment: this may be running in one of their handlers. */
static void retire(struct web *w, struct list *from)
{
    LIST_EACH (at, from) {
        struct listener *l = LIST_ITEM(at, struct listener, link);
        if (!l->is_kept) {
            listener_quiet(l);
            list_remove(at);
            list_append(&w->closing, at);
        }
        l->is_kept = false;
    }
    if (!w->is_held)
        loop_defer(w->loop, "web close", close_pending, w);
}

static bool open_missing(struct web *w, const struct web_conf *conf, struct list *opened,
                         struct err *e)
{
    for (size_t i = 0; i < conf->listen.count; i++) {
        const struct listen_conf *entry =
            (const struct listen_conf *)conf->listen.items + i;
        struct buf key = BUF_MAX(8192);
        set_key(&key, entry, conf);
        struct listener *l = find_listener(w, buf_text(&key));
        if (l) {
            l->is_kept = true;
        } else {
            l = listener_open(w, find_address(w, entry->address), entry, conf,
                              buf_text(&key), e);
            if (l)
                list_append(opened, &l->link);
        }
        explicit_bzero(key.ptr, key.len);
        buf_finish(&key);
        if (!l)
            return false;
    }
    return true;
}

bool web_listen(struct web *w, const struct generation *g, struct err *e)
{
    struct list opened;
    list_init(&opened);
    if (!open_missing(w, &g->web, &opened, e)) {
        LIST_EACH (at, &w->listeners)
            LIST_ITEM(at, struct listener, link)->is_kept = false;
        retire(w, &opened);
        return false;
    }
    LIST_EACH (at, &opened)
        settle(w, LIST_ITEM(at, struct listener, link));
    retire(w, &w->listeners);
    LIST_EACH (at, &opened) {
        list_remove(at);
        list_append(&w->listeners, at);
    }
    w->request_timeout = g->web.request_timeout;
    w->limits = g->web.limits;
    web_set_tokens(w, &g->web);
    return true;
}

static bool take_segment(struct exchange *x, struct bytes pattern, struct bytes value)
{
    if (value.len == 0 || x->segment_count == WEB_MAX_SEGMENTS)
        return false;
    x->segments[x->segment_count++] = (struct segment){
        .name = arena_strndup(x->arena, pattern.ptr + 1, pattern.len - 2),
        .value = arena_strndup(x->arena, value.ptr, value.len),
    };
    return true;
}

/* "/api/probes/{name}" against "/api/probes/cache"; the last {segment} takes the rest, slashes and all. */
static bool matches_path(struct exchange *x, const char *pattern)
{
    if (!strchr(pattern, '{'))
        return !strcmp(pattern, x->path);
    struct bytes want = bytes_of(pattern), have = bytes_of(x->path), w, h;
    x->segment_count = 0;
    while (bytes_token(&want, '/', &w)) {
        if (w.len > 0 && w.ptr[0] == '{' && want.len == 0)
            return take_segment(x, w, have);
        if (!bytes_token(&have, '/', &h))
            return false;
        if (w.len > 0 && w.ptr[0] == '{') {
            if (!take_segment(x, w, h))
                return false;
        } else if (!bytes_equal(w, h)) {
            return false;
        }
    }
    return have.len == 0;
}

static bool matches_method(const struct exchange *x, const struct endpoint *endpoint)
{
    return !strcmp(endpoint->method, x->method) ||
           (!strcmp(x->method, MHD_HTTP_METHOD_HEAD) &&
            !strcmp(endpoint->method, MHD_HTTP_METHOD_GET));
}

static void call(struct exchange *x, const struct endpoint *endpoint)
{
    x->endpoint = endpoint;
    x->peer = exchange_peer(x); /* before it may leave */
    x->caller = (struct caller){.who = ""};
    if (!web_may_show(x))
        return;
    x->caller = web_caller(x);
    if (web_is_within_limits(x) && web_may(x))
        endpoint->handle(x, x->listener->web->daemon);
}

static void dispatch(struct exchange *x)
{
    const struct endpoint *other = NULL;
    for (const struct endpoint *const *table = x->listener->web->endpoints; *table;
         table++) {
        for (const struct endpoint *endpoint = *table; endpoint->path; endpoint++) {
            if (!matches_path(x, endpoint->path))
                continue;
            if (!matches_method(x, endpoint)) {
                other = endpoint;
                continue;
            }
            call(x, endpoint);
            return;
        }
    }
    if (other) {
        exchange_add_header(x, MHD_HTTP_HEADER_ALLOW, other->method);
        exchange_error(x, MHD_HTTP_METHOD_NOT_ALLOWED, "%s wants %s, not %s.", x->path,
                       other->method, x->method);
        return;
    }
    exchange_error(x, MHD_HTTP_NOT_FOUND,
                   "There is no %s here; /api/openapi.json lists what there is.",
                   x->path);
}

/* ---- holding ---- */

static void leave_held(void *exchange)
{
    list_remove(&((struct exchange *)exchange)->link);
}

static void hold(struct exchange *x)
{
    exchange_suspend(x, leave_held, x);
    list_append(&x->listener->web->held, &x->link);
}

void web_hold(struct web *w)
{
    w->is_held = true;
}

/* One a turn: each of them may ask for much. */
static void answer_held(void *ctx)
{
    struct web *w = ctx;
    struct list *first = w->is_held ? NULL : list_take(&w->held);
    if (!first)
        return;
    struct exchange *x = LIST_ITEM(first, struct exchange, link);
    exchange_unsuspend(x);
    dispatch(x);
    if (!x->is_suspended)
        exchange_resume(x);
    loop_defer(w->loop, "web", answer_held, w);
}

void web_release(struct web *w)
{
    w->is_held = false;
    loop_defer(w->loop, "web", answer_held, w);
    loop_defer(w->loop, "web close", close_pending, w);
}

enum MHD_Result web_handle(void *ctx, struct MHD_Connection *connection, const char *path,
                           const char *method, const char *version, const char *upload,
                           size_t *upload_size, void **exchange)
{
    struct listener *l = ctx;
    struct exchange *x = *exchange;
    if (!x) {
        *exchange = exchange_create(l, connection, method, path);
        return MHD_YES;
    }
    if (*upload_size > 0) {
        buf_add(&x->body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    if (!x->is_handled) {
        x->is_handled = true;
        if (x->body.overflow)
            exchange_error(x, MHD_HTTP_CONTENT_TOO_LARGE,
                           "The body is larger than %u bytes.", WEB_MAX_BODY);
        else if (l->web->is_held)
            hold(x);
        else
            dispatch(x);
    }
    if (x->is_suspended) {
        x->is_parked = true;
        client_waits(x->client);
        MHD_suspend_connection(connection);
        return MHD_YES;
    }
    assert(x->response);
    return MHD_queue_response(connection, (unsigned)x->status, x->response);
}

void web_stop(struct web *w)
{
    w->is_held = false;
    retire(w, &w->listeners);
}

void web_destroy(struct web *w)
{
    if (!w)
        return;
    w->is_stopping = true;
    loop_forget(w->loop, w);
    LIST_EACH (at, &w->listeners) {
        list_remove(at);
        list_append(&w->closing, at);
    }
    close_pending(w);
    LIST_EACH (at, &w->spare) {
        struct exchange *x = LIST_ITEM(at, struct exchange, link);
        arena_destroy(x->arena);
        free(x);
    }
    timer_destroy(w->sweep);
    web_set_tokens(w, NULL);
    limiter_destroy(w->limiter);
    free(w);
}

const char *web_address(const struct web *w)
{
    return list_empty(&w->listeners)
               ? ""
               : LIST_ITEM(w->listeners.next, struct listener, link)->url;
}
