/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the result of a tool's call says: text, structured content, an error of the tool or of the protocol. Called by
 * mcp.c. Touches the state and its finding only.
 */
#include <string.h>

#include "probes/mcp.h"

#define MAX_TEXT_BYTES (256u << 10)

/* The texts of all its content, a line each. */
static const char *text_of(const struct mcp_state *s, const json_t *content)
{
    struct buf text = BUF_MAX(MAX_TEXT_BYTES);
    for (size_t i = 0; i < json_array_size(content); i++) {
        const char *one =
            json_string_value(json_object_get(json_array_get(content, i), "text"));
        if (!one)
            continue;
        if (text.len)
            buf_add_byte(&text, '\n');
        buf_add_bytes(&text, bytes_cut(bytes_of(one), text.max - text.len));
    }
    const char *copy = arena_strndup(run_arena(s->run), buf_text(&text), text.len);
    buf_finish(&text);
    return copy;
}

static void judge_refusal(struct mcp_state *s)
{
    const char *message = json_string_value(json_object_get(s->error, "message"));
    s->is_error = true;
    s->text = message ? message : "";
    if (s->conf->call.may_fail)
        return;
    mcp_find(s, HEALTH_DOWN, REASON_FAILED,
             "%s refused the call of tool '%s': error %lld (%s)", s->way->peer(s),
             s->conf->call.tool,
             (long long)json_integer_value(json_object_get(s->error, "code")),
             message ? run_quoted(s->run, bytes_of(message)) : "without a message");
}

/* A tool that says how its results look has to keep to it. */
static void judge_structure(struct mcp_state *s)
{
    const struct mcp_tool *tool = mcp_tools_find(&s->tools, s->conf->call.tool);
    const json_t *structured = json_object_get(s->result, "structuredContent");
    if (!tool || !tool->output || s->is_error)
        return;
    const char *why = structured
                          ? mcp_schema_fault(tool->output, structured, run_arena(s->run))
                          : "there is no `structuredContent`";
    if (why)
        mcp_find(s, HEALTH_DOWN, REASON_BODY,
                 "the result of tool '%s' is not as its `outputSchema` says: %s",
                 tool->name, why);
}

/* Revision 2026-07-28: a tool that asks back instead of answering. */
static bool wants_input(const json_t *result)
{
    const char *type = json_string_value(json_object_get(result, "resultType"));
    return type && !strcmp(type, "input_required");
}

bool mcp_read_result(struct mcp_state *s)
{
    s->result = json_object_get(s->response, "result");
    s->error = json_object_get(s->response, "error");
    if (s->error) {
        judge_refusal(s);
        return true;
    }
    const json_t *content = json_object_get(s->result, "content");
    if (wants_input(s->result)) {
        mcp_find(s, HEALTH_DOWN, REASON_FAILED,
                 "tool '%s' asks for input (elicitation, sampling or roots), which a "
                 "probe cannot give: call one that needs none",
                 s->conf->call.tool);
        return false;
    }
    if (!json_is_array(content)) {
        mcp_find(s, HEALTH_DOWN, REASON_PROTOCOL,
                 "%s answered tools/call without a list `content`: %s", s->way->peer(s),
                 json_brief(s->result, run_arena(s->run), 80));
        return false;
    }
    s->text = text_of(s, content);
    s->is_error = json_is_true(json_object_get(s->result, "isError"));
    if (s->is_error && !s->conf->call.may_fail)
        mcp_find(s, HEALTH_DOWN, REASON_FAILED, "tool '%s' reports an error: %s",
                 s->conf->call.tool, run_quoted(s->run, bytes_of(s->text)));
    judge_structure(s);
    return true;
}
