/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What expectations may name of a server, its tools, and the result of the call. Called by expressions, after the run.
 */
#include <string.h>

#include "probes/mcp.h"

static struct mcp_state *agreed(struct run *run, struct err *why)
{
    struct mcp_state *s = run_state(run);
    if (s->is_agreed)
        return s;
    err_set(why, "the server did not answer the handshake");
    return NULL;
}

static struct mcp_state *listed(struct run *run, struct err *why)
{
    struct mcp_state *s = run_state(run);
    if (s->has_tools)
        return s;
    err_set(why, "the server did not list its tools");
    return NULL;
}

static struct mcp_state *called(struct run *run, struct err *why)
{
    struct mcp_state *s = run_state(run);
    if (s->result || s->error)
        return s;
    err_set(why, s->conf->call.tool ? "the tool's call was not answered"
                                    : "no tool was called: say which by `call`");
    return NULL;
}

static bool take_json(const json_t *json, const char *what, struct value *ret,
                      struct err *why)
{
    if (!json)
        return err_set(why, "%s", what);
    *ret = value_json(json);
    return true;
}

static bool get_server(struct run *run, struct arena *arena, struct value *ret,
                       struct err *why)
{
    const struct mcp_state *s = agreed(run, why);
    (void)arena;
    return s && take_json(s->server, "the server did not say its name", ret, why);
}

static bool get_capabilities(struct run *run, struct arena *arena, struct value *ret,
                             struct err *why)
{
    const struct mcp_state *s = agreed(run, why);
    (void)arena;
    return s && take_json(s->capabilities, "the server did not say them", ret, why);
}

static bool get_protocol(struct run *run, struct arena *arena, struct value *ret,
                         struct err *why)
{
    const struct mcp_state *s = agreed(run, why);
    (void)arena;
    if (s)
        *ret = value_text(bytes_of(mcp_revisions[s->revision]));
    return s != NULL;
}

static bool get_instructions(struct run *run, struct arena *arena, struct value *ret,
                             struct err *why)
{
    const struct mcp_state *s = agreed(run, why);
    (void)arena;
    if (s)
        *ret = value_text(bytes_of(s->instructions));
    return s != NULL;
}

static bool get_tools(struct run *run, struct arena *arena, struct value *ret,
                      struct err *why)
{
    const struct mcp_state *s = listed(run, why);
    if (!s)
        return false;
    struct value *items = arena_alloc(arena, (s->tools.count + 1) * sizeof(*items));
    for (size_t i = 0; i < s->tools.count; i++)
        items[i] = value_text(bytes_of(s->tools.items[i].name));
    *ret = (struct value){.type = VALUE_LIST, .items = items, .count = s->tools.count};
    return true;
}

static bool schema_lookup(const void *map, struct bytes key, struct arena *arena,
                          struct value *ret)
{
    const struct mcp_state *s = map;
    const struct mcp_tool *tool =
        mcp_tools_find(&s->tools, arena_strndup(arena, key.ptr, key.len));
    if (tool)
        *ret = value_json(tool->input);
    return tool != NULL;
}

static bool get_schema(struct run *run, struct arena *arena, struct value *ret,
                       struct err *why)
{
    const struct mcp_state *s = listed(run, why);
    (void)arena;
    if (s)
        *ret = (struct value){.type = VALUE_MAP, .lookup = schema_lookup, .map = s};
    return s != NULL;
}

static bool get_schema_sha256(struct run *run, struct arena *arena, struct value *ret,
                              struct err *why)
{
    const struct mcp_state *s = listed(run, why);
    (void)arena;
    if (s)
        *ret = value_text(bytes_of(s->schema));
    return s != NULL;
}

static bool get_drift(struct run *run, struct arena *arena, struct value *ret,
                      struct err *why)
{
    const struct mcp_state *s = listed(run, why);
    if (!s)
        return false;
    if (!s->changes)
        return err_set(why, "there is no lock to compare the tools with");
    const size_t count =
        s->changes->count < MCP_MAX_CHANGES ? s->changes->count : MCP_MAX_CHANGES;
    struct value *items = arena_alloc(arena, (count + 1) * sizeof(*items));
    for (size_t i = 0; i < count; i++)
        items[i] = value_text(bytes_of(s->changes->items[i].text));
    *ret = (struct value){.type = VALUE_LIST, .items = items, .count = count};
    return true;
}

static bool get_is_error(struct run *run, struct arena *arena, struct value *ret,
                         struct err *why)
{
    const struct mcp_state *s = called(run, why);
    (void)arena;
    if (s)
        *ret = value_bool(s->is_error);
    return s != NULL;
}

static bool get_text(struct run *run, struct arena *arena, struct value *ret,
                     struct err *why)
{
    const struct mcp_state *s = called(run, why);
    (void)arena;
    if (s)
        *ret = value_text(bytes_of(s->text));
    return s != NULL;
}

static bool get_json(struct run *run, struct arena *arena, struct value *ret,
                     struct err *why)
{
    const struct mcp_state *s = called(run, why);
    (void)arena;
    if (!s)
        return false;
    const json_t *json = json_read(run_arena(run), bytes_of(s->text), SIZE_MAX, why);
    if (!json)
        return err_wrap(why, "the result's text is no JSON");
    *ret = value_json(json);
    return true;
}

static bool get_structured(struct run *run, struct arena *arena, struct value *ret,
                           struct err *why)
{
    const struct mcp_state *s = called(run, why);
    (void)arena;
    return s && take_json(json_object_get(s->result, "structuredContent"),
                          "the result has no structured content", ret, why);
}

static bool get_result(struct run *run, struct arena *arena, struct value *ret,
                       struct err *why)
{
    const struct mcp_state *s = called(run, why);
    (void)arena;
    return s && take_json(s->result, "the call was refused with an error", ret, why);
}

static bool get_error(struct run *run, struct arena *arena, struct value *ret,
                      struct err *why)
{
    const struct mcp_state *s = called(run, why);
    (void)arena;
    return s && take_json(s->error, "the call was not refused", ret, why);
}

static bool get_took(struct run *run, enum mcp_step step, struct value *ret)
{
    const struct mcp_state *s = run_state(run);
    *ret = value_duration(s->took[step]);
    return true;
}

static bool get_call_time(struct run *run, struct arena *arena, struct value *ret,
                          struct err *why)
{
    (void)arena;
    return called(run, why) && get_took(run, MCP_STEP_CALL, ret);
}

static bool get_list_time(struct run *run, struct arena *arena, struct value *ret,
                          struct err *why)
{
    (void)arena;
    return listed(run, why) && get_took(run, MCP_STEP_LIST, ret);
}

const struct var mcp_vars[] = {
    {"server", VALUE_JSON, "What the server calls itself: server.name, server.version.",
     get_server},
    {"protocol", VALUE_TEXT, "The revision agreed on: \"2025-11-25\".", get_protocol},
    {"capabilities", VALUE_JSON, "What it can do: has(capabilities.prompts).",
     get_capabilities},
    {"instructions", VALUE_TEXT, "How a model should use it; empty when it says nothing.",
     get_instructions},
    {"tools", VALUE_LIST, "Names of its tools, in order: \"search\" in tools.",
     get_tools},
    {"schema", VALUE_MAP,
     "Input schemas by tool, without texts for readers: schema[\"search\"].required.",
     get_schema},
    {"schema_sha256", VALUE_TEXT, "Digest of all tools' names and input schemas.",
     get_schema_sha256},
    {"drift", VALUE_LIST, "Differences from `lock`, a sentence each.", get_drift},
    {"list_time", VALUE_DURATION, "How long the list of tools took, all pages.",
     get_list_time},
    {"is_error", VALUE_BOOL, "The tool reported an error, or the call was refused.",
     get_is_error},
    {"text", VALUE_TEXT, "Texts of the result, a line each, up to 256 KiB.", get_text},
    {"json", VALUE_JSON, "That text as JSON.", get_json},
    {"structured", VALUE_JSON, "The result's structured content.", get_structured},
    {"result", VALUE_JSON, "The whole result.", get_result},
    {"error", VALUE_JSON, "The error that the call was refused with.", get_error},
    {"call_time", VALUE_DURATION, "How long the call took.", get_call_time},
    {0}};
