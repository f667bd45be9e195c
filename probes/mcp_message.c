/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of JSON-RPC 2.0, as the Model Context Protocol has them: what we say at each step, and what is made of what
 * comes. Called by mcp.c and by both ways. Answers the server's own requests; judges nothing.
 */
#include <inttypes.h>
#include <string.h>

#include "probes/mcp.h"

#define MAX_MESSAGE_BYTES (2u << 20)
#define METHOD_NOT_FOUND (-32601)

const char *const mcp_revisions[] = {"2024-11-05", "2025-03-26", "2025-06-18",
                                     "2025-11-25", "2026-07-28", NULL};

/* ---- what we say ---- */

static struct bytes finish(struct mcp_state *s, struct buf *text)
{
    const struct bytes whole = {
        arena_strndup(run_arena(s->run), buf_text(text), text->len), text->len};
    buf_finish(text);
    return whole;
}

static void add_client(struct buf *out)
{
    buf_add_text(out, "{\"name\":\"healthd\",\"version\":");
    buf_add_json(out, bytes_of(HEALTHD_VERSION));
    buf_add_byte(out, '}');
}

/* A request of the revision without sessions says each time what a session would have settled. */
static void add_meta(const struct mcp_state *s, struct buf *out)
{
    if (s->revision != MCP_2026_07_28)
        return;
    buf_printf(out,
               "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"%s\","
               "\"io.modelcontextprotocol/clientCapabilities\":{},"
               "\"io.modelcontextprotocol/clientInfo\":",
               mcp_revisions[s->revision]);
    add_client(out);
    buf_add_text(out, "}");
}

static void add_params(const struct mcp_state *s, struct buf *out)
{
    switch (s->step) {
    case MCP_STEP_INITIALIZE:
        buf_printf(out, "\"protocolVersion\":\"%s\",\"capabilities\":{},\"clientInfo\":",
                   mcp_revisions[s->revision]);
        add_client(out);
        return;
    case MCP_STEP_LIST:
        add_meta(s, out);
        if (!s->cursor)
            return;
        buf_add_text(out, s->revision == MCP_2026_07_28 ? "," : "");
        buf_add_text(out, "\"cursor\":");
        buf_add_json(out, bytes_of(s->cursor));
        return;
    case MCP_STEP_CALL:
        buf_add_text(out, "\"name\":");
        buf_add_json(out, bytes_of(s->conf->call.tool));
        buf_printf(out, ",\"arguments\":");
        buf_add_text(out, s->conf->arguments);
        buf_add_text(out, s->revision == MCP_2026_07_28 ? "," : "");
        add_meta(s, out);
        return;
    case MCP_STEP_DISCOVER:
        add_meta(s, out);
        return;
    case MCP_STEP_INITIALIZED:
    case MCP_STEP_NONE:
    case MCP_STEP_OVER:
        return;
    }
}

const char *mcp_method_of_step(enum mcp_step step)
{
    switch (step) {
    case MCP_STEP_DISCOVER:
        return "server/discover";
    case MCP_STEP_INITIALIZE:
        return "initialize";
    case MCP_STEP_INITIALIZED:
        return "notifications/initialized";
    case MCP_STEP_LIST:
        return "tools/list";
    case MCP_STEP_CALL:
        return "tools/call";
    case MCP_STEP_NONE:
    case MCP_STEP_OVER:
        break;
    }
    return "";
}

struct bytes mcp_text_of_step(struct mcp_state *s)
{
    struct buf text = BUF_MAX(MAX_MESSAGE_BYTES);
    buf_add_text(&text, "{\"jsonrpc\":\"2.0\",");
    if (s->step != MCP_STEP_INITIALIZED)
        buf_printf(&text, "\"id\":%" PRId64 ",", ++s->id);
    buf_printf(&text, "\"method\":\"%s\"", mcp_method_of_step(s->step));
    if (s->step != MCP_STEP_INITIALIZED) {
        buf_add_text(&text, ",\"params\":{");
        add_params(s, &text);
        buf_add_byte(&text, '}');
    }
    buf_add_byte(&text, '}');
    return finish(s, &text);
}

/* ---- what we answer ---- */

static int add_dumped(const char *ptr, size_t len, void *out)
{
    buf_add(out, ptr, len);
    return 0;
}

static void add_id(const json_t *request, struct buf *out)
{
    json_dump_callback(json_object_get(request, "id"), add_dumped, out,
                       JSON_COMPACT | JSON_ENCODE_ANY);
}

/* A ping is answered. We have said that we offer nothing, so anything else is refused. */
struct bytes mcp_text_of_refusal(struct mcp_state *s, const json_t *request)
{
    const char *method = json_string_value(json_object_get(request, "method"));
    struct buf text = BUF_MAX(MAX_MESSAGE_BYTES);
    buf_add_text(&text, "{\"jsonrpc\":\"2.0\",\"id\":");
    add_id(request, &text);
    if (!strcmp(method, "ping")) {
        buf_add_text(&text, ",\"result\":{}}");
        return finish(s, &text);
    }
    buf_printf(&text, ",\"error\":{\"code\":%d,\"message\":", METHOD_NOT_FOUND);
    buf_add_json(&text, bytes_of("healthd only asks: it offers no roots, no sampling and "
                                 "no elicitation"));
    buf_add_text(&text, "}}");
    return finish(s, &text);
}

/* ---- what comes ---- */

/* An error of somebody who could not read our id has none. */
static bool is_ours(const struct mcp_state *s, const json_t *message)
{
    const json_t *id = json_object_get(message, "id");
    if (s->step == MCP_STEP_INITIALIZED || s->is_over)
        return false;
    if (!id || json_is_null(id))
        return json_object_get(message, "error") != NULL;
    return json_is_integer(id) && json_integer_value(id) == s->id;
}

static enum mcp_taken take_one(struct mcp_state *s, const json_t *message, struct err *e)
{
    const json_t *method = json_object_get(message, "method");
    const json_t *id = json_object_get(message, "id");
    const char *version = json_string_value(json_object_get(message, "jsonrpc"));
    if (!json_is_object(message) || !version || strcmp(version, "2.0")) {
        err_set(e, "no message of JSON-RPC 2.0");
        return MCP_IS_NONSENSE;
    }
    if (json_is_string(method) && (json_is_string(id) || json_is_integer(id))) {
        s->asked++;
        s->way->send(s, MCP_RESPONSE, mcp_text_of_refusal(s, message));
        return MCP_TAKEN;
    }
    if (json_is_string(method)) {
        s->told++;
        return MCP_TAKEN;
    }
    if (!json_object_get(message, "result") && !json_object_get(message, "error")) {
        err_set(e, "it has neither method nor result nor error");
        return MCP_IS_NONSENSE;
    }
    if (!is_ours(s, message))
        return MCP_TAKEN; /* a late answer to what is no longer waited for */
    s->response = message;
    return MCP_IS_RESPONSE;
}

static enum mcp_taken take_batch(struct mcp_state *s, const json_t *root, struct err *e)
{
    enum mcp_taken taken = MCP_TAKEN;
    for (size_t i = 0; i < json_array_size(root) && taken <= MCP_IS_RESPONSE; i++) {
        if (++s->messages > MCP_MAX_MESSAGES)
            return MCP_TOO_MANY;
        const enum mcp_taken one = take_one(s, json_array_get(root, i), e);
        taken = one > taken ? one : taken;
    }
    return taken;
}

enum mcp_taken mcp_take(struct mcp_state *s, const json_t *root, struct err *e)
{
    enum mcp_taken taken = MCP_TAKEN;
    if (json_is_array(root))
        taken = take_batch(s, root, e);
    else
        taken = take_one(s, root, e);
    if (taken != MCP_IS_RESPONSE)
        s->response = NULL;
    return taken;
}
