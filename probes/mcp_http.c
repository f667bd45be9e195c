/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages over streamable HTTP: each is a POST of its own, answered by one JSON document or by a stream of events that
 * the response is among. Follows the redirects that keep a POST, takes a broken stream up again where the server allows
 * it, and ends the session. Called by mcp.c; decides nothing about what messages say.
 */
#include <string.h>

#include "lib/core/conn.h"
#include "lib/core/loop.h"
#include "lib/core/secret.h"
#include "lib/core/sse.h"
#include "probes/mcp.h"

#define MAX_REDIRECTS 3
#define MAX_RESUMES 5
#define MAX_OPEN 8          /* answers to the server's own requests at a time */
#define MAX_STREAM_FACTOR 4 /* a stream holds so many of the largest messages */
#define RESUME_AFTER (250 * NSEC_PER_MSEC)

struct exchange {
    struct mcp_state *s;
    struct fetch *fetch; /* NULL: this place is free */
    enum mcp_kind kind;
    struct mcp_post post;
    int redirects;
    bool is_waiting; /* to be started in the next turn */
    bool has_head, is_stream, is_answered, is_too_large;
    size_t taken;
    struct sse sse;
    struct buf body;
    struct err fault; /* a message that is none; "" for no fault */
};

struct mcp_http {
    struct url at; /* after redirects */
    struct exchange open[MAX_OPEN];
    struct timer *resume;
    int resumes;
    bool was_resolved, is_deleting;
    const char *from; /* an address, or a path; NULL: none yet */
};

static void start(struct exchange *x);

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
    const struct resolution *r = reply->resolution;
    const struct address *address = reply->address.len ? &reply->address : NULL;
    if (s->is_over)
        return;
    show_address(s, address);
    if (reply->tls)
        run_set_peer(s->run, reply->tls);
    if (!r || s->http->was_resolved || reply->is_proxied)
        return;
    s->http->was_resolved = true;
    if (!address && r->count)
        address = &r->addresses[0];
    run_resolved(s->run, r->took, address);
}

/* ---- what comes ---- */

static bool take_message(struct exchange *x, struct bytes text)
{
    const enum mcp_taken taken = mcp_take(x->s, text, &x->fault);
    if (taken == MCP_TOO_MANY)
        x->is_too_large = true;
    x->is_answered = taken == MCP_IS_RESPONSE;
    return taken == MCP_TAKEN;
}

static bool on_event(void *ctx, const struct sse_event *event)
{
    struct exchange *x = ctx;
    const bool is_message = event->name.len == 0 || bytes_is(event->name, "message");
    if (!is_message || bytes_trim(event->data).len == 0)
        return true;
    return take_message(x, event->data);
}

static void read_head(struct exchange *x)
{
    const struct reply *reply = fetch_so_far(x->fetch);
    const char *type = reply_header(reply, "content-type");
    x->has_head = true;
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

/* ---- what it means ---- */

static void on_resume(void *ctx)
{
    struct exchange *x = ctx;
    start(x);
}

/* The stream broke before the response came. Where its events have ids, the rest may be asked for. */
static bool resume(struct exchange *x)
{
    struct mcp_state *s = x->s;
    struct mcp_http *http = s->http;
    const nsec wait = x->sse.retry >= 0 ? x->sse.retry : RESUME_AFTER;
    if (!x->sse.id.len || http->resumes++ >= MAX_RESUMES || wait >= run_left(s->run))
        return false;
    run_trace(s->run, "stream", "it ended without the answer; taken up again after %s",
              buf_text(&x->sse.id));
    x->post = (struct mcp_post){
        .method = "GET",
        .at = &http->at,
        .last_event = arena_strdup(run_arena(s->run), buf_text(&x->sse.id))};
    if (!http->resume)
        http->resume =
            loop_timer_create(run_frame(s->run)->loop, "mcp stream", on_resume, x);
    timer_at(http->resume, mono_add(loop_now(run_frame(s->run)->loop), wait));
    return true;
}

static void judge_stream(struct exchange *x)
{
    struct mcp_state *s = x->s;
    if (resume(x))
        return;
    mcp_find(s, HEALTH_DOWN, REASON_CLOSED,
             "%s ended the stream without the answer to %s", s->way->peer(s),
             mcp_method_of_step(s->step));
    mcp_over(s);
}

/* A JSON-RPC error may come with any status; what the status alone says comes first where it says more. */
static bool is_answer(struct exchange *x, const struct reply *reply)
{
    const int status = reply->status;
    if (status == 401 || status == 403 || (status >= 300 && status < 400) ||
        status == 202 || (status == 404 && *x->s->session) || x->body.len == 0)
        return false;
    take_message(x, buf_bytes(&x->body));
    return x->is_answered;
}

static void judge_request(struct exchange *x, const struct reply *reply)
{
    struct mcp_state *s = x->s;
    if (x->is_answered || (!x->is_stream && is_answer(x, reply))) {
        mcp_answered(s);
        return;
    }
    if (reply->status == 404 && mcp_renew(s))
        return;
    if (x->fault.text[0] && reply->status == 200) {
        const struct bytes body = buf_bytes(&x->body);
        mcp_find(s, HEALTH_DOWN, REASON_PROTOCOL,
                 "%s answered %s with what is no message: %s%s%s", s->way->peer(s),
                 mcp_method_of_step(s->step), x->fault.text,
                 body.len ? "; it starts " : "",
                 body.len ? run_quoted(s->run, body) : "");
    } else if (x->is_stream) {
        judge_stream(x);
        return;
    } else {
        mcp_http_fault(s, reply, buf_bytes(&x->body));
    }
    mcp_over(s);
}

static void judge_notification(struct exchange *x, const struct reply *reply)
{
    struct mcp_state *s = x->s;
    if (reply->status >= 200 && reply->status < 300) {
        mcp_sent(s);
        return;
    }
    if (reply->status == 404 && mcp_renew(s))
        return;
    mcp_http_fault(s, reply, buf_bytes(&x->body));
    mcp_over(s);
}

/* 307 and 308 keep the method and the body; a slash more at the end of the path is what they are mostly for. */
static bool follow(struct exchange *x, const struct reply *reply)
{
    struct mcp_state *s = x->s;
    const char *location = reply_header(reply, "location");
    struct url to;
    struct err e;
    if ((reply->status != 307 && reply->status != 308) || !location ||
        !url_join(run_arena(s->run), x->post.at, location, &to, &e))
        return false;
    if (++x->redirects > MAX_REDIRECTS || !url_same_origin(&s->http->at, &to))
        return false;
    run_trace(s->run, "redirect", "%d to %s", reply->status, to.text);
    s->http->at = to;
    start(x);
    return true;
}

static void take_session(struct mcp_state *s, const struct reply *reply)
{
    const char *id = reply_header(reply, "mcp-session-id");
    if (s->step != MCP_STEP_INITIALIZE || !id || reply->status != 200)
        return;
    if (strlen(id) <= MCP_MAX_ID_BYTES)
        s->session = arena_strdup(run_arena(s->run), id);
    if (run_frame(s->run)->secrets)
        secrets_add(run_frame(s->run)->secrets, bytes_of(id));
}

static void judge(struct exchange *x, const struct reply *reply)
{
    struct mcp_state *s = x->s;
    take_session(s, reply);
    if (x->is_too_large)
        mcp_find_excess(s);
    else if (reply->trouble.reason != REASON_NONE && !x->is_answered && !x->is_stream)
        mcp_find_trouble(s, &reply->trouble);
    else if (follow(x, reply))
        return;
    else if (x->kind == MCP_NOTIFICATION) {
        judge_notification(x, reply);
        return;
    } else {
        judge_request(x, reply);
        return;
    }
    mcp_over(s);
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
        judge(x, reply);
}

static void start(struct exchange *x)
{
    struct mcp_state *s = x->s;
    struct request request;
    struct err e = {0};
    sse_finish(&x->sse);
    sse_init(&x->sse, (size_t)s->conf->max_size, on_event, x);
    buf_clear(&x->body);
    x->has_head = x->is_stream = x->is_answered = false;
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
    for (size_t i = 1; i < MAX_OPEN; i++) {
        if (!s->http->open[i].fetch && !s->http->open[i].is_waiting)
            return &s->http->open[i];
    }
    return NULL;
}

static void start_waiting(void *ctx)
{
    struct exchange *x = ctx;
    x->is_waiting = false;
    start(x);
}

/* ---- the way ---- */

static bool http_open(struct mcp_state *s, struct err *e)
{
    struct arena *arena = run_arena(s->run);
    const struct url *target = &s->conf->target;
    (void)e;
    s->http = arena_alloc(arena, sizeof(*s->http));
    s->http->at = *target;
    if (target->password && run_frame(s->run)->secrets)
        secrets_add(run_frame(s->run)->secrets, bytes_of(target->password));
    for (size_t i = 0; i < MAX_OPEN; i++) {
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
        start(x);
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
    for (size_t i = 0; i < MAX_OPEN; i++) {
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
    start(x);
}

static const char *http_peer(const struct mcp_state *s)
{
    return s->http->from ? s->http->from : s->http->at.host;
}

static const char *http_hint(const struct mcp_state *s)
{
    return "";
}

const struct mcp_way mcp_http_way = {
    .open = http_open,
    .send = http_send,
    .close = http_close,
    .peer = http_peer,
    .hint = http_hint,
};
