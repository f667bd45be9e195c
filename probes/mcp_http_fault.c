/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a status that is no answer means, and what to do about it. Called by mcp_http.c. Pure but for the finding.
 */
#include <string.h>

#include "probes/mcp.h"

/* What the body says, for the end of a sentence; "" for nothing. */
static const char *saying(struct mcp_state *s, struct bytes body)
{
    struct err e;
    const json_t *root =
        body.len ? json_read(run_arena(s->run), body, MCP_MAX_LOCK_BYTES, &e) : NULL;
    const char *message =
        json_string_value(json_object_get(json_object_get(root, "error"), "message"));
    const struct bytes said = message ? bytes_of(message) : bytes_trim(body);
    return said.len ? arena_printf(run_arena(s->run), ": %s", run_quoted(s->run, said))
                    : "";
}

static void find_auth(struct mcp_state *s, const struct reply *reply, struct bytes body)
{
    const bool has_credentials = http_auth_ways(&s->conf->auth) > 0;
    const char *wanted = reply_header(reply, "www-authenticate");
    mcp_find(s, HEALTH_DOWN, REASON_AUTH, "%s answered %s with status 401: %s%s%s%s",
             s->way->peer(s), mcp_method_of_step(s->step),
             has_credentials ? "the credentials were not accepted"
                             : "it wants credentials, as `bearer_token`",
             wanted ? "; it asks for " : "",
             wanted ? run_quoted(s->run, bytes_of(wanted)) : "", saying(s, body));
}

static const char *advice(const struct mcp_state *s, int status)
{
    const bool is_first = s->step == MCP_STEP_INITIALIZE || s->step == MCP_STEP_DISCOVER;
    if (is_first && status == 404)
        return "; is the path right? Most servers have /mcp";
    if (is_first && (status == 405 || status == 410))
        return "; a server that speaks only HTTP with SSE, as of 2024, is not supported";
    if (status == 404)
        return "; it does not know the session that it has just opened: do several "
               "servers behind one name share their sessions?";
    if (status == 400 && !is_first)
        return "; a server behind a balancer has to see each request of a session";
    if (status >= 300 && status < 400)
        return ", a redirect that is not followed: write its target as `url`";
    return "";
}

void mcp_http_fault(struct mcp_state *s, const struct reply *reply, struct bytes body)
{
    const int status = reply->status;
    const char *peer = s->way->peer(s), *method = mcp_method_of_step(s->step);
    if (status == 401)
        find_auth(s, reply, body);
    else if (status == 403)
        mcp_find(s, HEALTH_DOWN, REASON_FORBIDDEN, "%s answered %s with status 403%s",
                 peer, method, saying(s, body));
    else if (status >= 300 && status < 400)
        mcp_find(s, HEALTH_DOWN, REASON_REDIRECT, "%s answered %s with status %d to %s%s",
                 peer, method, status,
                 run_quoted(s->run, bytes_of(reply_header(reply, "location"))),
                 advice(s, status));
    else if (status == 202 || status == 204)
        mcp_find(s, HEALTH_DOWN, REASON_PROTOCOL,
                 "%s answered %s with status %d, as if it were no request", peer, method,
                 status);
    else if (status == 200)
        mcp_find(s, HEALTH_DOWN, REASON_PROTOCOL,
                 "%s answered %s without the response to it%s", peer, method,
                 saying(s, body));
    else
        mcp_find(s, HEALTH_DOWN, REASON_STATUS, "%s answered %s with status %d%s%s", peer,
                 method, status, saying(s, body), advice(s, status));
}
