/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request and its one answer, now or later. Handlers see only this. Exchanges are used again, with their
 * arenas, because a scrape or a probe on demand should not cost a round of allocations.
 */
#include <assert.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collector/web_coding.h"
#include "collector/web_parts.h"
#include "lib/core/resolve.h"

#define SPARE_MAX 64
#define VALUE_MAX_BYTES (32 << 20)

struct exchange *exchange_create(struct listener *l, struct MHD_Connection *connection,
                                 const char *method, const char *path)
{
    struct web *w = l->web;
    struct exchange *x;
    if (list_empty(&w->spare)) {
        x = calloc(1, sizeof(*x));
        assert(x);
        x->arena = arena_create(0);
    } else {
        x = LIST_ITEM(w->spare.next, struct exchange, link);
        list_remove(&x->link);
        w->spare_count--;
    }
    x->listener = l;
    x->client = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
                    ->socket_context;
    x->client->exchange = x;
    client_due_in(x->client, w->request_timeout);
    x->connection = connection;
    x->method = arena_strdup(x->arena, method);
    x->path = arena_strdup(x->arena, path);
    x->body = BUF_MAX(WEB_MAX_BODY);
    return x;
}

void exchange_end(struct exchange *x)
{
    struct web *w = x->listener->web;
    struct arena *arena = x->arena;
    web_count_refusal(x);
    web_tell_act(x);
    if (x->is_suspended && x->gone)
        x->gone(x->gone_ctx);
    if (x->feed.gone)
        x->feed.gone(x->feed.ctx);
    if (x->response)
        MHD_destroy_response(x->response);
    buf_finish(&x->body);
    x->client->exchange = NULL;
    if (w->spare_count >= SPARE_MAX || w->is_stopping) {
        arena_destroy(arena);
        free(x);
        return;
    }
    arena_reset(arena);
    *x = (struct exchange){.arena = arena};
    list_append(&w->spare, &x->link);
    w->spare_count++;
}

void exchange_unsuspend(struct exchange *x)
{
    x->gone = NULL;
    x->is_suspended = false;
}

void exchange_resume(struct exchange *x)
{
    x->is_suspended = false;
    if (!x->is_parked)
        return;
    x->is_parked = false;
    MHD_resume_connection(x->connection);
    listener_pump(x->listener);
}

void exchange_abandon(struct exchange *x)
{
    void (*const gone)(void *) = x->gone;
    x->gone = NULL;
    x->is_abandoned = true;
    if (gone)
        gone(x->gone_ctx);
    if (!x->response)
        x->response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    x->status = MHD_HTTP_SERVICE_UNAVAILABLE;
    exchange_resume(x);
}

struct arena *exchange_arena(struct exchange *x)
{
    return x->arena;
}

const char *exchange_param(struct exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *exchange_segment(struct exchange *x, const char *name)
{
    for (size_t i = 0; i < x->segment_count; i++) {
        if (!strcmp(x->segments[i].name, name))
            return x->segments[i].value;
    }
    return NULL;
}

const char *exchange_header(struct exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

struct bytes exchange_body(struct exchange *x)
{
    return buf_bytes(&x->body);
}

const char *exchange_scheme(struct exchange *x)
{
    return bytes_starts(bytes_of(x->listener->url), "https:") ? "https" : "http";
}

const char *exchange_peer(struct exchange *x)
{
    if (x->peer)
        return x->peer;
    if (x->listener->unix_path) {
        struct ucred who = {0};
        socklen_t len = sizeof(who);
        getsockopt(x->client->fd, SOL_SOCKET, SO_PEERCRED, &who, &len);
        return arena_printf(x->arena, "uid %d", (int)who.uid);
    }
    struct address at = {.len = sizeof(at.to)};
    char text[ADDRESS_TEXT_SIZE];
    if (getpeername(x->client->fd, &at.to.sa, &at.len) != 0)
        return "";
    return arena_strdup(x->arena, address_format(&at, text));
}

bool exchange_accepts_gzip(struct exchange *x)
{
    return coding_accepts_gzip(bytes_of(exchange_header(x, "Accept-Encoding")));
}

void exchange_add_header(struct exchange *x, const char *name, const char *value)
{
    struct pair *items =
        arena_alloc(x->arena, (x->headers_out.count + 1) * sizeof(*items));
    if (x->headers_out.count)
        memcpy(items, x->headers_out.items, x->headers_out.count * sizeof(*items));
    items[x->headers_out.count] =
        (struct pair){arena_strdup(x->arena, name), arena_strdup(x->arena, value)};
    x->headers_out = (struct pairs){items, x->headers_out.count + 1};
}

void exchange_reply_made(struct exchange *x, int status, const char *type,
                         struct MHD_Response *response)
{
    assert(!x->response && response);
    x->response = response;
    x->status = status;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    for (size_t i = 0; i < x->headers_out.count; i++)
        MHD_add_response_header(response, x->headers_out.items[i].key,
                                x->headers_out.items[i].value);
    if (x->is_suspended)
        exchange_resume(x);
}

void exchange_reply(struct exchange *x, int status, const char *type, struct bytes body)
{
    exchange_reply_made(x, status, type,
                        MHD_create_response_from_buffer(
                            body.len, (void *)(uintptr_t)(body.len ? body.ptr : ""),
                            MHD_RESPMEM_MUST_COPY));
}

void exchange_reply_buf(struct exchange *x, int status, const char *type,
                        struct buf *taken)
{
    size_t len;
    char *text = buf_steal(taken, &len);
    exchange_reply_made(
        x, status, type,
        text ? MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE)
             : MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT));
}

void exchange_reply_shared(struct exchange *x, int status, const char *type,
                           struct bytes body, void (*release)(void *owner), void *owner)
{
    exchange_reply_made(x, status, type,
                        MHD_create_response_from_buffer_with_free_callback_cls(
                            body.len, (void *)(uintptr_t)body.ptr, release, owner));
}

void exchange_reply_json(struct exchange *x, int status, struct buf *taken)
{
    exchange_reply_buf(x, status, "application/json", taken);
}

void exchange_error(struct exchange *x, int status, const char *fmt, ...)
{
    struct buf text = BUF_MAX(4096), body = BUF_MAX(16384);
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    const char *accept = exchange_header(x, "Accept");
    const bool wants_json = !strncmp(x->path, "/api/", 5) ||
                            (accept && strstr(accept, "application/json") != NULL);
    if (wants_json) {
        buf_add_text(&body, "{\"status\":\"error\",\"error\":");
        buf_add_json(&body, buf_bytes(&text));
        buf_add_text(&body, "}\n");
        exchange_reply_json(x, status, &body);
    } else {
        buf_add_byte(&text, '\n');
        exchange_reply_buf(x, status, "text/plain; charset=utf-8", &text);
    }
    buf_finish(&text);
    buf_finish(&body);
}

/* Text of our own making is UTF-8; that of a peer may not be, and then there is no value. */
void exchange_reply_value(struct exchange *x, int status, json_t *value)
{
    struct buf body = BUF_MAX(VALUE_MAX_BYTES);
    char *text = value ? json_dumps(value, JSON_INDENT(2)) : NULL;
    json_decref(value);
    buf_add_text(&body, text ? text : "");
    buf_add_byte(&body, '\n');
    if (text && !body.overflow) {
        exchange_reply_json(x, status, &body);
    } else {
        buf_finish(&body);
        exchange_error(x, text ? 422 : 500, "%s",
                       text
                           ? "the answer is larger than 32 MiB; ask for less of it"
                           : "the answer cannot be written as JSON; a text in it may not "
                             "be UTF-8");
    }
    free(text);
}

void exchange_suspend(struct exchange *x, void (*gone)(void *ctx), void *ctx)
{
    assert(!x->response && !x->is_suspended);
    x->gone = gone;
    x->gone_ctx = ctx;
    /* web_handle parks the connection, unless the answer came before that */
    x->is_suspended = true;
}

static void forget(void *exchange)
{
    *(struct exchange **)exchange = NULL;
}

void exchange_suspend_as(struct exchange *x, struct exchange **ret_exchange)
{
    *ret_exchange = x;
    exchange_suspend(x, forget, ret_exchange);
}
