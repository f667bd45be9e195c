/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the response of each step says, as far as all of the protocol agrees on it: who the server is, a page of its
 * tools. Called by mcp.c with s->response. Touches the state and its finding only.
 */
#include <string.h>

#include "probes/mcp.h"

#define SERVER_INFO "io.modelcontextprotocol/serverInfo"

static const json_t *result_of(const struct mcp_state *s)
{
    return json_object_get(s->response, "result");
}

/* "error -32602 ("Unknown tool")" */
static const char *error_words(const struct mcp_state *s, const json_t *error)
{
    const char *message = json_string_value(json_object_get(error, "message"));
    return arena_printf(run_arena(s->run), "error %lld (%s)",
                        (long long)json_integer_value(json_object_get(error, "code")),
                        message ? run_quoted(s->run, bytes_of(message))
                                : "without a message");
}

/* An error, or a result that is no object: false, with a finding. */
static bool is_result(struct mcp_state *s)
{
    const json_t *error = json_object_get(s->response, "error");
    const char *method = mcp_method_of_step(s->step);
    if (error)
        mcp_find(s, HEALTH_DOWN, REASON_PROTOCOL, "%s answered %s with %s",
                 s->way->peer(s), method, error_words(s, error));
    else if (!json_is_object(result_of(s)))
        mcp_find(s, HEALTH_DOWN, REASON_PROTOCOL,
                 "%s answered %s with a result that is no object: %s", s->way->peer(s),
                 method, json_brief(result_of(s), run_arena(s->run), 80));
    else
        return true;
    return false;
}

/* ---- who it is ---- */

static bool is_listed(const json_t *list, const char *word)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *one = json_string_value(json_array_get(list, i));
        if (one && !strcmp(one, word))
            return true;
    }
    return false;
}

static bool read_revision(struct mcp_state *s, const json_t *result)
{
    const char *said = json_string_value(json_object_get(result, "protocolVersion"));
    for (size_t i = 0; said && mcp_revisions[i]; i++) {
        if (strcmp(said, mcp_revisions[i]) != 0)
            continue;
        s->revision = (enum mcp_revision)i;
        return true;
    }
    mcp_find(
        s, HEALTH_DOWN, REASON_VERSION,
        "%s wants to speak revision %s of the protocol, and healthd knows 2024-11-05 "
        "to 2026-07-28",
        s->way->peer(s), said ? run_quoted(s->run, bytes_of(said)) : "(none)");
    return false;
}

static bool read_discovery(struct mcp_state *s, const json_t *result)
{
    const json_t *versions = json_object_get(result, "supportedVersions");
    if (!is_listed(versions, mcp_revisions[MCP_2026_07_28])) {
        mcp_find(s, HEALTH_DOWN, REASON_VERSION, "%s speaks %s, not %s", s->way->peer(s),
                 json_brief(versions, run_arena(s->run), 80),
                 mcp_revisions[MCP_2026_07_28]);
        return false;
    }
    s->server = json_object_get(json_object_get(result, "_meta"), SERVER_INFO);
    return true;
}

bool mcp_read_agreement(struct mcp_state *s)
{
    const json_t *result = result_of(s);
    if (!is_result(s))
        return false;
    if (s->step == MCP_STEP_DISCOVER ? !read_discovery(s, result)
                                     : !read_revision(s, result))
        return false;
    if (s->step == MCP_STEP_INITIALIZE)
        s->server = json_object_get(result, "serverInfo");
    s->capabilities = json_object_get(result, "capabilities");
    s->instructions = json_string_value(json_object_get(result, "instructions"));
    s->is_agreed = true;
    if (json_is_object(s->capabilities))
        return true;
    mcp_find(s, HEALTH_DOWN, REASON_PROTOCOL, "%s did not say its `capabilities`",
             s->way->peer(s));
    return false;
}

/* ---- its tools ---- */

/* Its schemas are bare already (mcp_inbox.c). */
static bool read_tool(struct mcp_state *s, const json_t *from, struct mcp_tool *ret_tool)
{
    const char *name = json_string_value(json_object_get(from, "name"));
    const char *description = json_string_value(json_object_get(from, "description"));
    const json_t *input = json_object_get(from, "inputSchema");
    const json_t *output = json_object_get(from, "outputSchema");
    if (!name || !*name || !json_is_object(input)) {
        mcp_find(s, HEALTH_DOWN, REASON_PROTOCOL,
                 "%s lists a tool without a `name` or an `inputSchema`: %s",
                 s->way->peer(s), json_brief(from, run_arena(s->run), 120));
        return false;
    }
    *ret_tool = (struct mcp_tool){.name = name,
                                  .description = description ? description : "",
                                  .input = input,
                                  .output = json_is_object(output) ? output : NULL};
    return true;
}

static struct mcp_tool *room_for(struct mcp_state *s, size_t count)
{
    struct mcp_tool *items = (struct mcp_tool *)(uintptr_t)s->tools.items;
    if (items && count <= s->tool_room)
        return items;
    s->tool_room = 2 * count + 8;
    struct mcp_tool *more = arena_alloc(run_arena(s->run), s->tool_room * sizeof(*more));
    if (s->tools.count)
        memcpy(more, items, s->tools.count * sizeof(*more));
    return more;
}

static bool read_tools(struct mcp_state *s, const json_t *list)
{
    const size_t count = s->tools.count + json_array_size(list);
    if (count > (size_t)s->conf->max_tools) {
        mcp_find(s, HEALTH_DOWN, REASON_TOO_LARGE,
                 "%s has more than %lld tools (`max_tools`)", s->way->peer(s),
                 (long long)s->conf->max_tools);
        return false;
    }
    struct mcp_tool *items = room_for(s, count);
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!read_tool(s, json_array_get(list, i), &items[s->tools.count + i]))
            return false;
    }
    s->tools = (struct mcp_tools){items, count};
    return true;
}

static bool read_cursor(struct mcp_state *s, const json_t *result)
{
    const char *cursor = json_string_value(json_object_get(result, "nextCursor"));
    const char *before = s->cursor;
    s->cursor = cursor;
    if (!cursor)
        return true;
    if (strlen(cursor) > MCP_MAX_ID_BYTES || s->pages >= MCP_MAX_PAGES ||
        (before && !strcmp(before, cursor))) {
        mcp_find(s, HEALTH_DOWN, REASON_TOO_LARGE,
                 "%s does not come to an end with its tools: after %zu pages and %zu "
                 "tools there is another one",
                 s->way->peer(s), s->pages, s->tools.count);
        return false;
    }
    return true;
}

static void note_twins(struct mcp_state *s)
{
    for (size_t i = 1; i < s->tools.count; i++) {
        if (strcmp(s->tools.items[i - 1].name, s->tools.items[i].name) != 0)
            continue;
        mcp_find(s, HEALTH_DEGRADED, REASON_PROTOCOL, "%s lists tool '%.80s' twice",
                 s->way->peer(s), s->tools.items[i].name);
        return;
    }
}

bool mcp_read_page(struct mcp_state *s)
{
    const json_t *list = json_object_get(result_of(s), "tools");
    if (!is_result(s))
        return false;
    if (!json_is_array(list)) {
        mcp_find(s, HEALTH_DOWN, REASON_PROTOCOL,
                 "%s answered tools/list without a list `tools`", s->way->peer(s));
        return false;
    }
    s->pages++;
    if (!read_tools(s, list) || !read_cursor(s, result_of(s)))
        return false;
    if (s->cursor)
        return true;
    s->has_tools = true;
    mcp_tools_sort(&s->tools);
    mcp_tools_digest(&s->tools, s->schema);
    note_twins(s);
    mcp_judge_lock(s); /* first: it knows what a missing tool is called now */
    mcp_judge_tools(s);
    return true;
}
