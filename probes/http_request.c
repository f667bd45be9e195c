/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The request of one hop: headers, body, credentials, proxy. Called by http.c before each fetch. Reads files that
 * the configuration names; what is secret in them is known to the redactor from then on.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/core/headers.h"
#include "lib/core/secret.h"
#include "lib/core/whole_file.h"
#include "probes/http.h"

#define DEFAULT_HEADERS_BYTES (64u << 10)

static void add_configured(struct http_walk *w, struct headers *list)
{
    const struct pairs *headers = &w->conf->headers;
    const char *hostname = w->conf->hostname;
    if (hostname[0] && w->keeps_host)
        headers_add(list, "Host", hostname);
    for (size_t i = 0; i < headers->count; i++) {
        const struct pair *h = &headers->items[i];
        const bool is_host = !strcasecmp(h->key, "host");
        if (is_host ? w->keeps_host && !hostname[0]
                    : w->is_trusted || !secret_is_header(h->key))
            headers_add(list, h->key, h->value);
    }
}

/* Of `http_headers:`: secrets and files go to the configured host only. */
static bool add_sources(struct http_walk *w, struct headers *list, struct err *e)
{
    struct secrets *secrets = run_frame(w->run)->secrets;
    for (size_t i = 0; i < w->conf->source_count; i++) {
        const struct http_header_source *s = &w->conf->sources[i];
        const char *value = s->text;
        if (!w->is_trusted && (s->source != HTTP_VALUE || secret_is_header(s->name)))
            continue;
        if (s->source == HTTP_FILE &&
            !http_auth_file(secrets, run_arena(w->run), s->text, &value, e))
            return err_wrap(e, "http_headers: %s", s->name);
        if (s->source == HTTP_SECRET && secrets)
            secrets_add(secrets, bytes_of(value));
        headers_add(list, s->name, value);
    }
    return true;
}

static bool add_credentials(struct http_walk *w, struct request *q, struct headers *list,
                            struct err *e)
{
    const struct http_conf *c = w->conf;
    if (!w->is_trusted)
        return true;
    const char *header;
    if (!http_auth_fill(&c->auth, &c->target, run_frame(w->run)->secrets,
                        run_arena(w->run), q, &header, e))
        return false;
    if (c->aws.access_key[0]) {
        q->username = c->aws.access_key;
        q->password = c->aws.secret_key;
        q->aws_sigv4 = arena_printf(run_arena(w->run), "aws:amz:%s:%s", c->aws.region,
                                    c->aws.service);
        if (c->aws.session_token.value[0])
            headers_add(list, "X-Amz-Security-Token", c->aws.session_token.value);
    }
    if (header)
        headers_add(list, "Authorization", header);
    return true;
}

static bool read_body_file(struct http_walk *w, struct bytes *ret_body, struct err *e)
{
    const char *path = w->conf->body_file;
    struct buf text = BUF_MAX(HTTP_MAX_BODY_FILE);
    const bool ok = whole_file_read(path, &text);
    if (ok)
        *ret_body = (struct bytes){
            arena_strndup(run_arena(w->run), buf_text(&text), text.len), text.len};
    else if (errno == EFBIG || errno == EISDIR || errno == ESPIPE)
        err_set(e, "body_file: '%s' is no file of at most 4 MiB", path);
    else
        err_errno(e, errno, "body_file: '%s' cannot be opened", path);
    buf_finish(&text);
    return ok;
}

static bool set_body(struct http_walk *w, struct request *q, struct headers *list,
                     struct err *e)
{
    if (!w->has_body)
        return true;
    if (w->conf->body_file[0])
        return read_body_file(w, &q->body, e);
    q->body = bytes_of(w->conf->json_body ? w->conf->json_body : w->conf->body);
    if (w->conf->json_body)
        headers_put(list, "Content-Type", "application/json");
    return true;
}

/* The environment's names for it, as curl and Go read them; HTTP_PROXY in capitals is left out on purpose by curl only
 * for CGI's sake, which we are not. */
static const char *environment(const char *lower, const char *upper)
{
    const char *value = getenv(lower);
    if (!value || !value[0])
        value = getenv(upper);
    return value ? value : "";
}

const char *http_proxy_of(const struct http_conf *conf, bool is_tls)
{
    if (!conf->proxy_from_environment)
        return conf->proxy_url;
    return is_tls ? environment("https_proxy", "HTTPS_PROXY")
                  : environment("http_proxy", "HTTP_PROXY");
}

static enum ip_family family_of(const struct http_conf *conf)
{
    if (conf->preferred_ip_protocol == 4)
        return conf->ip_protocol_fallback ? IP_PREFER_4 : IP_4;
    return conf->ip_protocol_fallback ? IP_PREFER_6 : IP_6;
}

/* Where to connect, which is only the configuration's business while the host is the configured one. */
static void set_route(struct http_walk *w, struct request *q)
{
    const struct http_conf *c = w->conf;
    const bool is_home = !strcasecmp(w->at.host, c->target.host);
    q->family = family_of(c);
    q->source = c->source_ip_address;
    q->proxy = http_proxy_of(c, w->at.is_tls);
    q->no_proxy =
        c->proxy_from_environment ? environment("no_proxy", "NO_PROXY") : c->no_proxy;
    q->proxy_headers = c->proxy_connect_header;
    q->tls = c->tls;
    if (!is_home) {
        q->tls.server_name = "";
        return;
    }
    q->connect_to = c->connect_to[0] ? c->connect_to : NULL;
    q->unix_path = c->unix_path[0] ? c->unix_path : NULL;
    if (w->only) {
        struct address *only = arena_memdup(run_arena(w->run), w->only, sizeof(*only));
        const in_port_t port = htons((uint16_t)w->at.port);
        if (only->to.sa.sa_family == AF_INET6)
            only->to.in6.sin6_port = port;
        else
            only->to.in.sin_port = port;
        q->only = only;
    }
}

bool http_request(struct http_walk *w, struct request *ret_request, struct err *e)
{
    const struct http_conf *c = w->conf;
    struct arena *arena = run_arena(w->run);
    struct request q = {.method = w->method, .url = w->at.text, .at = &w->at};
    struct headers list = headers_in(arena);
    add_configured(w, &list);
    if (!add_sources(w, &list, e) || !add_credentials(w, &q, &list, e) ||
        !set_body(w, &q, &list, e))
        return false;
    headers_put_task(&list, run_task_id(w->run));
    headers_put(&list, "User-Agent", "healthd/" HEALTHD_VERSION);
    const char *cookies = w->jar ? http_cookies_for(w->jar, &w->at, arena) : NULL;
    if (cookies)
        headers_put(&list, "Cookie", cookies);
    set_route(w, &q);
    q.headers = headers_pairs(&list);
    q.version = c->enable_http2 ? HTTP_VERSION_AUTO : HTTP_VERSION_11;
    q.reuse = FETCH_FRESH;
    q.is_decoded = c->compression == HTTP_AS_SENT ? headers_has(&list, "accept-encoding")
                                                  : c->compression != HTTP_IDENTITY;
    q.max_body = (size_t)c->body_size_limit;
    q.max_header = DEFAULT_HEADERS_BYTES;
    q.timeout = run_left(w->run) +
                NSEC_PER_SEC; /* the run's own deadline comes first, and says more */
    *ret_request = q;
    return true;
}
