/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers of the Model Context Protocol: the handshake, their tools, and a call of one. Moves a run from step to step;
 * how messages travel is the way's business (mcp_http.c, mcp_stdio.c), what they say that of the others. Calls no tool
 * unless told to, and lets its session or child go at the end of each run.
 */
#include "probes/mcp.h"

#include <stdarg.h>
#include <string.h>

#include "lib/core/loop.h"
#include "lib/core/probe.h"
#include "lib/core/session.h"

static void next_step(struct mcp_state *s);

/* ---- findings ---- */

/* What is wrong for sure counts more than what nobody could tell. */
static int badness(const struct mcp_finding *f)
{
    if (f->is_unknown)
        return 2;
    return f->health == HEALTH_DOWN ? 3 : f->health == HEALTH_DEGRADED;
}

/* The worst counts, and of those alike the first. */
static void keep(struct mcp_state *s, const struct mcp_finding *f)
{
    if (badness(f) > badness(&s->finding))
        s->finding = *f;
}

void mcp_find(struct mcp_state *s, enum health health, enum reason reason,
              const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const struct mcp_finding f = {.health = health,
                                  .is_unknown = health == HEALTH_UNKNOWN,
                                  .reason = reason,
                                  .detail = arena_vprintf(run_arena(s->run), fmt, args)};
    va_end(args);
    keep(s, &f);
}

void mcp_find_excess(struct mcp_state *s)
{
    const char *peer = s->way->peer(s), *method = mcp_method_of_step(s->step);
    if (s->messages > MCP_MAX_MESSAGES)
        mcp_find(s, HEALTH_DOWN, REASON_TOO_LARGE,
                 "%s sent more than %d messages%s%s and not the answer to %s", peer,
                 MCP_MAX_MESSAGES, s->strays ? ", as " : "", s->strays ? s->stray : "",
                 method);
    else
        mcp_find(s, HEALTH_DOWN, REASON_TOO_LARGE,
                 "the answer of %s to %s is larger than `max_size` (%llu bytes)", peer,
                 method, (unsigned long long)s->conf->max_size);
}

void mcp_find_trouble(struct mcp_state *s, const struct trouble *why)
{
    mcp_find(s, why->is_unknown ? HEALTH_UNKNOWN : HEALTH_DOWN, why->reason, "%s",
             why->detail);
}

/* A server that could not start says why at the end of its log. */
const char *mcp_last_words(const struct mcp_state *s)
{
    struct bytes text = bytes_trim(s->way->log(s)), line = text;
    while (bytes_token(&text, '\n', &line))
        ;
    if (line.len == 0)
        return "";
    return arena_printf(run_arena(s->run), "; its standard error ends: %s",
                        run_quoted(s->run, line));
}

static void answer(struct mcp_state *s)
{
    const struct mcp_finding *f = &s->finding;
    switch (f->health) {
    case HEALTH_UP:
        run_up(s->run);
        break;
    case HEALTH_DEGRADED:
        run_degraded(s->run, f->reason, "%s", f->detail);
        break;
    case HEALTH_DOWN:
        run_down(s->run, f->reason, "%s", f->detail);
        break;
    case HEALTH_UNKNOWN:
        run_unknown(s->run, f->reason, "%s", f->detail);
        break;
    }
}

/* ---- the end ---- */

/* The verdict does not wait until the session or child is gone: the run does. */
void mcp_over(struct mcp_state *s)
{
    if (s->is_over)
        return;
    s->is_over = true;
    if (s->strays)
        mcp_find(s, HEALTH_DEGRADED, REASON_PROTOCOL,
                 "%s writes what is no message to its standard output, %zu times, first "
                 "%s: logs belong to standard error",
                 s->way->peer(s), s->strays, s->stray);
    run_hold(s->run);
    answer(s);
    run_finish(s->run);
    s->is_closing = true;
    s->way->close(s);
}

void mcp_closed(struct mcp_state *s)
{
    run_release(s->run);
}

/* ---- steps ---- */

static void ask(struct mcp_state *s, enum mcp_step step)
{
    s->step = step;
    s->response = NULL;
    s->since = loop_now_exact(run_frame(s->run)->loop);
    const struct bytes text = mcp_text_of_step(s);
    run_trace(s->run, "asked", "%s", mcp_method_of_step(step));
    s->way->send(s, step == MCP_STEP_INITIALIZED ? MCP_NOTIFICATION : MCP_REQUEST, text);
}

static void begin(struct mcp_state *s)
{
    const struct mcp_session *kept = run_session(s->run)->state;
    const bool is_auto = s->conf->revision == MCP_AUTO;
    const bool is_stateless = is_auto ? kept->is_stateless && !s->was_stateless_tried
                                      : s->conf->revision == MCP_2026_07_28;
    s->revision = is_stateless ? MCP_2026_07_28
                  : is_auto    ? MCP_2025_11_25
                               : (enum mcp_revision)s->conf->revision;
    s->was_stateless_tried = s->was_stateless_tried || is_stateless;
    ask(s, is_stateless ? MCP_STEP_DISCOVER : MCP_STEP_INITIALIZE);
}

bool mcp_renew(struct mcp_state *s)
{
    if (s->renewals++ || !*s->session)
        return false;
    run_trace(s->run, "session", "the server does not know it any more; a new one");
    s->session = "";
    s->tools.count = s->pages = 0;
    s->cursor = NULL;
    begin(s);
    return true;
}

static bool wants_call(const struct mcp_state *s)
{
    const char *tool = s->conf->call.tool;
    return tool && !s->result && !s->error && mcp_tools_find(&s->tools, tool);
}

/* What is asked after the step that has just gone well. */
static enum mcp_step step_after(struct mcp_state *s)
{
    const bool has_tools = json_object_get(s->capabilities, "tools") != NULL;
    switch (s->step) {
    case MCP_STEP_NONE:
    case MCP_STEP_INITIALIZE:
        return MCP_STEP_INITIALIZED;
    case MCP_STEP_DISCOVER:
    case MCP_STEP_INITIALIZED:
        return has_tools ? MCP_STEP_LIST : MCP_STEP_OVER;
    case MCP_STEP_LIST:
        if (s->cursor)
            return MCP_STEP_LIST;
        return wants_call(s) ? MCP_STEP_CALL : MCP_STEP_OVER;
    case MCP_STEP_CALL:
    case MCP_STEP_OVER:
        break;
    }
    return MCP_STEP_OVER;
}

static void next_step(struct mcp_state *s)
{
    const enum mcp_step next = step_after(s);
    if (next != MCP_STEP_OVER) {
        ask(s, next);
        return;
    }
    if (!s->has_tools) { /* a server without the capability has none */
        s->has_tools = true;
        mcp_tools_digest(&s->tools, s->schema);
        mcp_judge_lock(s); /* first: it knows what a missing tool is called now */
        mcp_judge_tools(s);
    }
    mcp_over(s);
}

static bool read_response(struct mcp_state *s)
{
    switch (s->step) {
    case MCP_STEP_DISCOVER:
    case MCP_STEP_INITIALIZE:
        return mcp_read_agreement(s);
    case MCP_STEP_LIST:
        return mcp_read_page(s);
    case MCP_STEP_CALL:
        return mcp_read_result(s);
    case MCP_STEP_NONE:
    case MCP_STEP_INITIALIZED:
    case MCP_STEP_OVER:
        break;
    }
    return false;
}

static void note_time(struct mcp_state *s)
{
    const struct mono now = loop_now_exact(run_frame(s->run)->loop);
    s->took[s->step] += mono_since(now, s->since);
}

/* The one revision was refused for what may be the other's sake: the other is tried once. */
static bool change_era(struct mcp_state *s)
{
    struct mcp_session *kept = run_session(s->run)->state;
    if (s->conf->revision != MCP_AUTO)
        return false;
    if (s->step == MCP_STEP_DISCOVER && json_object_get(s->response, "error")) {
        kept->is_stateless = false;
        begin(s);
        return true;
    }
    if (s->step != MCP_STEP_INITIALIZE || s->was_stateless_tried ||
        !json_object_get(s->response, "error"))
        return false;
    run_trace(s->run, "protocol", "%s refuses a session; asked without one",
              s->way->peer(s));
    kept->is_stateless = true;
    begin(s);
    return true;
}

void mcp_answered(struct mcp_state *s)
{
    struct mcp_session *kept = run_session(s->run)->state;
    note_time(s);
    if (change_era(s))
        return;
    if (!read_response(s)) {
        mcp_over(s);
        return;
    }
    if (s->step == MCP_STEP_INITIALIZE)
        kept->is_stateless = false;
    next_step(s);
}

void mcp_sent(struct mcp_state *s)
{
    note_time(s);
    next_step(s);
}

/* ---- the type ---- */

static bool mcp_aim(const void *ctx, struct arena *arena, struct dial *ret_dial,
                    struct err *e)
{
    const struct mcp_conf *c = ctx;
    (void)arena;
    (void)e;
    if (c->unix_path[0])
        ret_dial->unix_path = c->unix_path;
    ret_dial->host = c->argv ? c->argv[0] : c->target.host;
    ret_dial->port = c->argv ? 0 : c->target.port;
    return true;
}

static bool mcp_open(struct session *session, struct err *e)
{
    struct mcp_session *kept = session->state;
    (void)e;
    errand_init(&kept->errand, "mcp", session->frame);
    return true;
}

static void mcp_close(struct session *session)
{
    struct mcp_session *kept = session->state;
    errand_finish(&kept->errand, NULL, NULL);
    arena_destroy(kept->lock_arena);
}

static void set_out(struct run *run)
{
    struct mcp_state *s = run_state(run);
    struct err e = {0};
    if (s->way->open(s, &e)) {
        begin(s);
        return;
    }
    mcp_find(s, HEALTH_UNKNOWN, REASON_SELF, "%s", e.text);
    s->is_over = true;
    answer(s);
    run_finish(run);
}

static void mcp_start(struct run *run)
{
    struct mcp_state *s = run_state(run);
    s->run = run;
    s->conf = run_conf(run);
    s->finding = (struct mcp_finding){.health = HEALTH_UP, .detail = ""};
    s->session = s->text = "";
    s->way = s->conf->argv ? &mcp_stdio_way : &mcp_http_way;
    mcp_lock_read(s, set_out);
}

static void mcp_cancel(struct run *run)
{
    struct mcp_state *s = run_state(run);
    struct mcp_session *kept = run_session(run)->state;
    if (errand_is_for(&kept->errand, run)) {
        errand_forsake(&kept->errand, run);
        run_finish(run);
        return;
    }
    run_hold(run);
    s->is_over = s->is_closing = true;
    run_finish(run);
    s->way->close(s);
}

const struct probe_type probe_mcp = {
    .name = "mcp",
    .summary = "Servers of the Model Context Protocol, over HTTP or as a child: their "
               "tools, whether those changed, and a call.",
    .example = "mcp: {url: \"http://mcp:9000/mcp\", tools: [search], "
               "call: {tool: search, arguments: {query: healthd}}}",
    .job = "mcp",
    .refuses_modules = true,
    .conf_size = sizeof(struct mcp_conf),
    .state_size = sizeof(struct mcp_state),
    .session_size = sizeof(struct mcp_session),
    .opts = mcp_opts,
    .metrics = mcp_metrics,
    .vars = mcp_vars,
    .validate = mcp_validate,
    .aim = mcp_aim,
    .open = mcp_open,
    .close = mcp_close,
    .start = mcp_start,
    .report = mcp_report,
    .trace = mcp_trace,
    .cancel = mcp_cancel,
};
