/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages over streamable HTTP: each is a POST of its own, answered by one JSON document or by a stream of events that
 * the response is among; at the end the session is deleted. Called by mcp.c; what an exchange's end means is
 * mcp_http_judge.c's to say.
 */
#include <string.h>

#include "lib/core/conn.h"
#include "lib/core/run_fetch.h"
#include "lib/core/secret.h"
#include "probes/mcp_http.h"

#define MAX_STREAM_FACTOR 4 /* a stream holds so many of the largest messages */

/* ---- where we are ---- */

static void show_address(struct mcp_state *s, const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];
    if (s->is_over)
        return;
    if (address && address->len)
        s->http->from = arena_strdup(run_arena(s->run), address_format(address, text));
    else if (s->conf->unix_path[0])
        s->http->from = s->conf->unix_path;
    if (s->http->from)
        run_address(s->run, s->http->from);
}

static void on_phase(void *ctx, enum phase phase)
{
    struct exchange *x = ctx;
    if (x->s->is_over || x->kind == MCP_RESPONSE)
        return;
    run_phase(x->s->run, phase);
    if (phase == PHASE_CONNECT && x->fetch)
        show_address(x->s, fetch_address(x->fetch));
}

static void note_reply(struct mcp_state *s, const struct reply *reply)
{
    if (s->is_over)
        return;
    show_address(s, &reply->address);
    run_fetch_reply(s->run, reply);
}

/* ---- what comes ---- */

static bool on_event(void *ctx, const struct sse_event *event)
{
    struct exchange *x = ctx;
    const bool is_message = event->name.len == 0 || bytes_is(event->name, "message");
    if (is_message && bytes_trim(event->data).len)
        mcp_hear(x->s, event->data);
    return !mcp_exchange_is_settled(x);
}

/* With the head: what the server asks before it answers is replied to within the session. */
static void take_session(struct mcp_state *s, const struct reply *reply)
{
    const char *id = reply_header(reply, "mcp-session-id");
    if (s->is_over || s->step != MCP_STEP_INITIALIZE || !id || reply->status != 200)
        return;
    if (strlen(id) <= MCP_MAX_ID_BYTES)
        s->session = arena_strdup(run_arena(s->run), id);
}

static void read_head(struct exchange *x)
{
    const struct reply *reply = fetch_so_far(x->fetch);
    const char *type = reply_header(reply, "content-type");
    x->has_head = true;
    if (x->kind == MCP_REQUEST)
        take_session(x->s, reply);
    x->is_stream = reply->status == 200 && x->kind == MCP_REQUEST && type &&
                   bytes_starts(bytes_of(type), "text/event-stream");
}

static bool on_piece(void *ctx, struct bytes piece)
{
    struct exchange *x = ctx;
    const size_t max = (size_t)x->s->conf->max_size;
    if (!x->has_head)
        read_head(x);
    x->taken += piece.len;
    if (x->taken > (x->is_stream ? MAX_STREAM_FACTOR * max : max)) {
        x->is_too_large = true;
        return false;
    }
    if (!x->is_stream) {
        buf_add_bytes(&x->body, piece);
        return true;
    }
    const bool wants_more = sse_feed(&x->sse, piece);
    x->is_too_large |= x->sse.is_over;
    return wants_more;
}

/* ---- exchanges ---- */

static void on_done(void *ctx, const struct reply *reply)
{
    struct exchange *x = ctx;
    struct mcp_state *s = x->s;
    x->fetch = NULL;
    note_reply(s, reply);
    if (!s->is_over)
        run_trace(s->run, x->post.method, "status %d, %llu bytes%s", reply->status,
                  (unsigned long long)reply->body_bytes,
                  x->is_stream ? " of a stream" : "");
    if (x->kind == MCP_CANCELLED)
        mcp_closed(s);
    else if (x->kind != MCP_RESPONSE && !s->is_over)
        mcp_exchange_judge(x, reply);
}

void mcp_exchange_start(struct exchange *x)
{
    struct mcp_state *s = x->s;
    struct request request;
    struct err e = {0};
    sse_finish(&x->sse);
    sse_init(&x->sse, (size_t)s->conf->max_size, on_event, x);
    buf_clear(&x->body);
    x->has_head = x->is_stream = x->is_answered = false;
    x->fault.text[0] = '\0';
    x->reply = NULL;
    x->taken = 0;
    x->post.at = &s->http->at;
    const bool is_made = mcp_http_request(s, &x->post, &request, &e);
    if (is_made) {
        request.take = on_piece;
        if (x->kind == MCP_CANCELLED)
            request.timeout = MCP_CLOSING;
        x->fetch = fetch_start(run_frame(s->run)->fetcher, run_arena(s->run), &request,
                               on_phase, on_done, x);
    } else if (x->kind == MCP_CANCELLED) {
        mcp_closed(s);
    } else {
        mcp_find(s, HEALTH_UNKNOWN, REASON_CONFIG, "%s", e.text);
        mcp_over(s);
    }
}

static struct exchange *place(struct mcp_state *s)
{
    for (size_t i = 1; i < MCP_MAX_OPEN; i++) {
        if (!s->http->open[i].fetch && !s->http->open[i].is_waiting)
            return &s->http->open[i];
    }
    return NULL;
}

static void start_waiting(void *ctx)
{
    struct exchange *x = ctx;
    x->is_waiting = false;
    mcp_exchange_start(x);
}

/* ---- the way ---- */

static bool http_open(struct mcp_state *s, struct err *e)
{
    struct arena *arena = run_arena(s->run);
    const struct url *target = &s->conf->target;
    (void)e;
    s->http = arena_alloc(arena, sizeof(*s->http));
    s->http->at = *target;
    for (size_t i = 0; i < MCP_MAX_OPEN; i++) {
        struct exchange *x = &s->http->open[i];
        x->s = s;
        x->body = BUF_MAX((size_t)s->conf->max_size);
        arena_cleanup(arena, sse_finish, &x->sse);
        arena_cleanup(arena, (void (*)(void *))buf_finish, &x->body);
    }
    run_asks(s->run, target->host, target->port);
    return true;
}

static void http_send(struct mcp_state *s, enum mcp_kind kind, struct bytes text)
{
    struct exchange *x = kind == MCP_RESPONSE ? place(s) : &s->http->open[0];
    if (!x)
        return; /* a server that asks so much waits for its answer */
    x->kind = kind;
    x->redirects = 0;
    x->post = (struct mcp_post){.method = "POST", .body = text};
    if (kind != MCP_RESPONSE) {
        mcp_exchange_start(x);
        return;
    }
    x->is_waiting = true; /* libcurl is calling us */
    loop_defer(run_frame(s->run)->loop, "mcp reply", start_waiting, x);
}

static void http_close(struct mcp_state *s)
{
    struct mcp_http *http = s->http;
    timer_destroy(http->resume);
    http->resume = NULL;
    for (size_t i = 0; i < MCP_MAX_OPEN; i++) {
        loop_forget(run_frame(s->run)->loop, &http->open[i]);
        fetch_cancel(http->open[i].fetch);
        http->open[i].fetch = NULL;
    }
    if (!*s->session) {
        mcp_closed(s);
        return;
    }
    struct exchange *x = &http->open[1];
    x->kind = MCP_CANCELLED;
    x->post = (struct mcp_post){.method = "DELETE"};
    mcp_exchange_start(x);
}

static const char *http_peer(const struct mcp_state *s)
{
    return s->http->from ? s->http->from : s->http->at.host;
}

static struct bytes http_log(const struct mcp_state *s)
{
    return (struct bytes){"", 0};
}

const struct mcp_way mcp_http_way = {
    .open = http_open,
    .send = http_send,
    .close = http_close,
    .heard = mcp_http_heard,
    .went_on = mcp_http_went_on,
    .peer = http_peer,
    .log = http_log,
};
