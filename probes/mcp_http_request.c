/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The request that carries one message over streamable HTTP: headers of the protocol, of the configuration, and what
 * names this asking. Called by mcp_http.c before each fetch. Credentials go to the configured origin only.
 */
#include <string.h>
#include <strings.h>

#include "lib/core/secret.h"
#include "probes/mcp.h"

#define MAX_OWN_HEADERS 12

struct header_list {
    struct pair *items;
    size_t count;
};

static void put(struct header_list *list, const char *key, const char *value)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!strcasecmp(list->items[i].key, key))
            return;
    }
    list->items[list->count++] = (struct pair){key, value};
}

/* Which asking this is, so that the target's own logs and traces can be found (https://www.w3.org/TR/trace-context/). */
static void add_task(struct mcp_state *s, struct header_list *list)
{
    const char *id = run_task_id(s->run);
    char trace[33] = "";
    size_t len = 0;
    if (!id)
        return;
    put(list, "X-Request-Id", id);
    for (; *id && len < sizeof(trace) - 1; id++) {
        if (*id != '-')
            trace[len++] = *id;
    }
    put(list, "traceparent",
        arena_printf(run_arena(s->run), "00-%s-%s-01", trace, &trace[16]));
}

/* Without sessions the headers repeat what the body says, for those on the way who do not read bodies. */
static void add_protocol(struct mcp_state *s, struct header_list *list)
{
    if (s->is_agreed || s->revision == MCP_2026_07_28)
        put(list, "MCP-Protocol-Version", mcp_revisions[s->revision]);
    if (*s->session)
        put(list, "Mcp-Session-Id", s->session);
    if (s->revision != MCP_2026_07_28)
        return;
    put(list, "Mcp-Method", mcp_method_of_step(s->step));
    if (s->step == MCP_STEP_CALL)
        put(list, "Mcp-Name", s->conf->call.tool);
}

static bool add_headers(struct mcp_state *s, const struct mcp_post *post,
                        struct request *q, struct err *e)
{
    const struct mcp_conf *c = s->conf;
    const bool is_home = url_same_origin(&c->target, post->at);
    struct arena *arena = run_arena(s->run);
    struct header_list list = {
        .items = arena_alloc(arena,
                             (c->headers.count + MAX_OWN_HEADERS) * sizeof(struct pair))};
    const char *authorization = NULL;
    for (size_t i = 0; i < c->headers.count && is_home; i++)
        put(&list, c->headers.items[i].key, c->headers.items[i].value);
    if (is_home && !http_auth_fill(&c->auth, run_frame(s->run)->secrets, arena, q,
                                   &authorization, e))
        return false;
    if (is_home && !q->username && c->target.username) {
        q->username = c->target.username;
        q->password.value = c->target.password ? c->target.password : "";
    }
    if (authorization)
        put(&list, "Authorization", authorization);
    if (q->body.len)
        put(&list, "Content-Type", "application/json");
    put(&list, "Accept",
        strcmp(q->method, "GET") ? "application/json, text/event-stream"
                                 : "text/event-stream");
    put(&list, "User-Agent", "healthd/" HEALTHD_VERSION);
    if (post->last_event)
        put(&list, "Last-Event-ID", post->last_event);
    add_protocol(s, &list);
    add_task(s, &list);
    q->headers = (struct pairs){list.items, list.count};
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
