/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an answer leads, and what of the request goes along. Called by http.c after each hop. Pure.
 * Methods change as browsers and Go's client do it (RFC 9110 §15.4 allows it for 301 and 302); credentials, unlike
 * with blackbox_exporter, never reach another host.
 */
#include <string.h>
#include <strings.h>

#include "probes/http.h"

bool http_may_trust(const struct url *from, const struct url *to)
{
    if (strcasecmp(from->host, to->host))
        return false;
    if (from->is_tls == to->is_tls && from->port == to->port)
        return true;
    return !from->is_tls && to->is_tls && from->port == 80 && to->port == 443;
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 ||
           status == 308;
}

/* A path or query: the Host header that was configured is still meant. */
static bool is_relative(const char *location)
{
    return strncmp(location, "//", 2) != 0 && !strstr(location, "://");
}

enum http_next http_redirect(const struct http_conf *conf, const struct http_walk *w,
                             const struct reply *reply, struct arena *arena,
                             struct http_hop *ret_hop, const char **ret_why)
{
    const char *location = reply_header(reply, "location");
    if (!is_redirect(reply->status) || !location || !location[0])
        return HTTP_FINAL;
    if (!conf->follow_redirects)
        return HTTP_REFUSED;
    if (w->redirects >= conf->max_redirects) {
        *ret_why =
            arena_printf(arena, "%d redirects were followed, and %s leads on to %.200s",
                         w->redirects, w->at.text, location);
        return HTTP_REFUSED;
    }
    struct http_hop hop = {0};
    struct err e = {0};
    if (!url_join(arena, &w->at, location, &hop.to, &e)) {
        *ret_why = arena_printf(arena, "%s redirects to '%.200s': %s", w->at.text,
                                location, e.text);
        return HTTP_REFUSED;
    }
    if (!url_is_http(&hop.to)) {
        *ret_why =
            arena_printf(arena, "%s redirects to %s, which is neither http nor https",
                         w->at.text, hop.to.text);
        return HTTP_REFUSED;
    }
    const bool keeps_method = reply->status == 307 || reply->status == 308;
    const bool is_safe = !strcmp(w->method, "GET") || !strcmp(w->method, "HEAD");
    hop.method = keeps_method || is_safe ? w->method : "GET";
    hop.has_body = keeps_method && w->has_body;
    hop.keeps_host = w->keeps_host && is_relative(location);
    hop.is_trusted = w->is_trusted && http_may_trust(&conf->target, &hop.to);
    *ret_hop = hop;
    return HTTP_FOLLOW;
}
