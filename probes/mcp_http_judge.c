/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the end of an exchange over HTTP means: an answer, a session that is gone, a redirect, a stream to take up again, a
 * fault. Called by mcp_http.c, and when an answer was read beside the loop. Decides nothing about what messages say.
 */
#include "probes/mcp_http.h"

#define MAX_REDIRECTS 3
#define MAX_RESUMES 5
#define RESUME_AFTER (250 * NSEC_PER_MSEC)

void mcp_http_heard(struct mcp_state *s, enum mcp_taken taken, struct bytes text,
                    const struct err *e)
{
    struct exchange *x = &s->http->open[0];
    x->is_answered |= taken == MCP_IS_RESPONSE;
    x->is_too_large |= taken == MCP_TOO_MANY;
    if (taken == MCP_IS_NONSENSE)
        x->fault = *e;
}

bool mcp_exchange_is_settled(const struct exchange *x)
{
    return x->is_answered || x->is_too_large || x->fault.text[0];
}

static void on_resume(void *ctx)
{
    struct exchange *x = ctx;
    mcp_exchange_start(x);
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
static bool may_be_answer(const struct exchange *x, const struct reply *reply)
{
    const int status = reply->status;
    return !x->is_stream && !mcp_exchange_is_settled(x) && x->body.len && status != 401 &&
           status != 403 && status != 202 && (status < 300 || status >= 400) &&
           (status != 404 || !*x->s->session);
}

static void judge_nonsense(struct exchange *x)
{
    struct mcp_state *s = x->s;
    const struct bytes body = buf_bytes(&x->body);
    mcp_find(s, HEALTH_DOWN, REASON_PROTOCOL,
             "%s answered %s with what is no message: %s%s%s", s->way->peer(s),
             mcp_method_of_step(s->step), x->fault.text, body.len ? "; it starts " : "",
             body.len ? run_quoted(s->run, body) : "");
    mcp_over(s);
}

static void judge_request(struct exchange *x, const struct reply *reply)
{
    struct mcp_state *s = x->s;
    if (may_be_answer(x, reply))
        mcp_hear(s, buf_bytes(&x->body));
    x->reply = reply;
    if (mcp_is_reading(s))
        return; /* http_went_on comes back */
    if (x->is_answered) {
        mcp_answered(s);
    } else if (x->is_too_large) {
        mcp_find_excess(s);
        mcp_over(s);
    } else if (reply->status == 404 && mcp_renew(s)) {
        return;
    } else if (x->fault.text[0] && reply->status == 200) {
        judge_nonsense(x);
    } else if (x->is_stream) {
        judge_stream(x);
    } else {
        mcp_http_fault(s, reply, buf_bytes(&x->body));
        mcp_over(s);
    }
}

/* The answer was so large that it was read beside the loop: the exchange may have ended meanwhile, or go on for nothing. */
void mcp_http_went_on(struct mcp_state *s)
{
    struct exchange *x = &s->http->open[0];
    if (mcp_is_reading(s) || (x->fetch && !mcp_exchange_is_settled(x)))
        return;
    if (x->fetch) {
        x->reply = fetch_so_far(x->fetch);
        fetch_cancel(x->fetch);
        x->fetch = NULL;
    }
    judge_request(x, x->reply);
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
    mcp_exchange_start(x);
    return true;
}

void mcp_exchange_judge(struct exchange *x, const struct reply *reply)
{
    struct mcp_state *s = x->s;
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
