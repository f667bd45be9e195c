/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The request that carries one message over streamable HTTP: headers of the protocol, of the configuration, and what
 * names this asking. Called by mcp_http.c before each fetch. Credentials go to the configured origin only.
 */
#include <string.h>

#include "lib/base/base64.h"
#include "lib/core/headers.h"
#include "probes/mcp.h"

#define MAX_PARAMETERS 16

/* ---- headers of the revision without sessions ---- */

/* As it is where a header may have it, else by base64 within marks. */
static const char *encoded(struct mcp_state *s, const char *text)
{
    const size_t len = strlen(text);
    bool is_fit = len > 0 && text[0] != ' ' && text[len - 1] != ' ' &&
                  !bytes_starts(bytes_of(text), "=?base64?");
    for (size_t i = 0; i < len && is_fit; i++)
        is_fit = text[i] >= ' ' && text[i] <= '~';
    if (is_fit)
        return text;
    struct buf value = BUF_MAX(2 * len + 64);
    buf_add_text(&value, "=?base64?");
    base64_add(&value, bytes_of(text));
    buf_add_text(&value, "?=");
    return arena_keep(run_arena(s->run), &value);
}

static bool is_token(const char *text)
{
    return text[0] && strlen(text) <= 64 &&
           strspn(text, "-_0123456789abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(text);
}

static void put_parameter(struct mcp_state *s, struct headers *list, const char *name,
                          const json_t *value)
{
    const char *text = json_is_string(value) ? json_string_value(value)
                       : json_is_object(value) || json_is_array(value) || !value
                           ? NULL
                           : mcp_schema_text(value, run_arena(s->run));
    if (text && is_token(name))
        headers_put(list, arena_printf(run_arena(s->run), "Mcp-Param-%s", name),
                    encoded(s, text));
}

/* Parameters that the tool's schema wants repeated in a header (`x-mcp-header`), so that somebody on the way can route
 * by them. */
static void add_parameters(struct mcp_state *s, struct headers *list)
{
    struct err e;
    const struct mcp_tool *tool = mcp_tools_find(&s->tools, s->conf->call.tool);
    const json_t *properties = json_object_get(tool->input, "properties");
    const json_t *arguments = json_read(run_arena(s->run), bytes_of(s->conf->arguments),
                                        MCP_MAX_LOCK_BYTES, &e);
    const char *name;
    json_t *schema;
    size_t count = 0;
    json_object_foreach ((json_t *)(uintptr_t)properties, name, schema) {
        const char *header = json_string_value(json_object_get(schema, "x-mcp-header"));
        if (header && count++ < MAX_PARAMETERS)
            put_parameter(s, list, header, json_object_get(arguments, name));
    }
}

/* There the headers repeat what the body says, for those on the way who do not read bodies. */
static void add_protocol(struct mcp_state *s, struct headers *list)
{
    if (s->is_agreed || s->revision == MCP_2026_07_28)
        headers_put(list, "MCP-Protocol-Version", mcp_revisions[s->revision]);
    if (*s->session)
        headers_put(list, "Mcp-Session-Id", s->session);
    if (s->revision != MCP_2026_07_28)
        return;
    headers_put(list, "Mcp-Method", mcp_method_of_step(s->step));
    if (s->step != MCP_STEP_CALL)
        return;
    headers_put(list, "Mcp-Name", encoded(s, s->conf->call.tool));
    add_parameters(s, list);
}

/* ---- the request ---- */

static bool add_headers(struct mcp_state *s, const struct mcp_post *post,
                        struct request *q, struct err *e)
{
    const struct mcp_conf *c = s->conf;
    const bool is_home = url_same_origin(&c->target, post->at);
    struct arena *arena = run_arena(s->run);
    struct headers list = headers_in(arena);
    const char *authorization = NULL;
    for (size_t i = 0; i < c->headers.count && is_home; i++)
        headers_put(&list, c->headers.items[i].key, c->headers.items[i].value);
    if (is_home && !http_auth_fill(&c->auth, &c->target, run_frame(s->run)->secrets,
                                   arena, q, &authorization, e))
        return false;
    if (authorization)
        headers_put(&list, "Authorization", authorization);
    if (q->body.len)
        headers_put(&list, "Content-Type", "application/json");
    headers_put(&list, "Accept",
                strcmp(q->method, "GET") ? "application/json, text/event-stream"
                                         : "text/event-stream");
    headers_put(&list, "User-Agent", "healthd/" HEALTHD_VERSION);
    if (post->last_event)
        headers_put(&list, "Last-Event-ID", post->last_event);
    add_protocol(s, &list);
    headers_put_task(&list, run_task_id(s->run));
    q->headers = headers_pairs(&list);
    return true;
}

bool mcp_http_request(struct mcp_state *s, const struct mcp_post *post,
                      struct request *ret_request, struct err *e)
{
    const struct mcp_conf *c = s->conf;
    *ret_request =
        (struct request){.method = post->method,
                         .url = post->at->text,
                         .at = post->at,
                         .body = post->body,
                         .unix_path = c->unix_path[0] ? c->unix_path : NULL,
                         .tls = c->tls,
                         .proxy = c->proxy_url,
                         .no_proxy = c->no_proxy,
                         .family = IP_PREFER_6,
                         .version = HTTP_VERSION_AUTO,
                         .reuse = FETCH_FRESH,
                         .max_body = (size_t)c->max_size,
                         .max_header = 64u << 10,
                         .timeout = run_left(s->run) +
                                    NSEC_PER_SEC}; /* the run's own deadline says more */
    return add_headers(s, post, ret_request, e);
}
