/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cookies within one run (RFC 6265 §5): enough for logins by redirect. Called by http.c. Pure; forgets everything
 * when the run ends. Public suffixes are not known, so a domain needs a dot.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/buf.h"
#include "probes/http.h"

static bool domain_covers(const char *domain, bool is_host_only, const struct url *url)
{
    const size_t host_len = strlen(url->host), len = strlen(domain);
    if (!strcasecmp(domain, url->host))
        return true;
    return !is_host_only && !url->is_literal && host_len > len &&
           url->host[host_len - len - 1] == '.' &&
           !strcasecmp(url->host + host_len - len, domain);
}

static bool path_covers(const char *path, const char *asked)
{
    const size_t len = strlen(path);
    if (strncmp(path, asked, len) != 0)
        return false;
    return asked[len] == '\0' || asked[len] == '/' || (len && path[len - 1] == '/');
}

/* RFC 6265 §5.1.4: up to, not including, the last slash. */
static const char *default_path(const struct url *url, struct arena *arena)
{
    const char *last = strrchr(url->path, '/');
    if (!last || last == url->path)
        return "/";
    return arena_strndup(arena, url->path, (size_t)(last - url->path));
}

static void jar_remove(struct http_jar *jar, const struct http_cookie *like)
{
    for (size_t i = 0; i < jar->count; i++) {
        const struct http_cookie *c = &jar->items[i];
        if (strcmp(c->name, like->name) || strcasecmp(c->domain, like->domain) ||
            strcmp(c->path, like->path))
            continue;
        memmove(&jar->items[i], &jar->items[i + 1], (jar->count - i - 1) * sizeof(*c));
        jar->count--;
        return;
    }
}

static void jar_put(struct http_jar *jar, const struct http_cookie *cookie)
{
    jar_remove(jar, cookie);
    if (jar->count < HTTP_MAX_COOKIES)
        jar->items[jar->count++] = *cookie;
}

void http_cookies_init(struct http_jar *jar, const struct pairs *initial,
                       const struct url *target)
{
    jar->count = 0;
    for (size_t i = 0; i < initial->count; i++) {
        const struct http_cookie cookie = {.name = initial->items[i].key,
                                           .value = initial->items[i].value,
                                           .domain = target->host,
                                           .path = "/",
                                           .is_host_only = true};
        jar_put(jar, &cookie);
    }
}

static bool is_past(struct bytes date, struct wall now)
{
    struct wall at;
    return wall_parse_http(date, &at) && at.ns <= now.ns;
}

/* One attribute of Set-Cookie. False: the cookie is not for us to keep. */
static bool take_attribute(struct http_cookie *cookie, struct bytes name,
                           struct bytes value, const struct url *from,
                           struct arena *arena)
{
    if (bytes_is_nocase(name, "secure")) {
        cookie->is_secure = true;
    } else if (bytes_is_nocase(name, "path") && bytes_starts(value, "/")) {
        cookie->path = arena_strndup(arena, value.ptr, value.len);
    } else if (bytes_is_nocase(name, "domain") && value.len) {
        if (value.ptr[0] == '.')
            value = bytes_slice(value, 1, value.len);
        const char *domain = arena_strndup(arena, value.ptr, value.len);
        const bool is_own = !strcasecmp(domain, from->host);
        if (!is_own && (!strchr(domain, '.') || !domain_covers(domain, false, from)))
            return false;
        cookie->domain = domain;
        cookie->is_host_only = from->is_literal;
    }
    return true;
}

static void take_one(struct http_jar *jar, struct bytes line, const struct url *from,
                     struct wall now, struct arena *arena)
{
    struct bytes part, name;
    bool is_gone = false, has_age = false;
    if (!bytes_token(&line, ';', &part))
        return;
    const ptrdiff_t equals = bytes_find_byte(part, '=');
    if (equals <= 0)
        return;
    name = bytes_trim(bytes_slice(part, 0, (size_t)equals));
    const struct bytes value =
        bytes_trim(bytes_slice(part, (size_t)equals + 1, part.len));
    struct http_cookie cookie = {.name = arena_strndup(arena, name.ptr, name.len),
                                 .value = arena_strndup(arena, value.ptr, value.len),
                                 .domain = from->host,
                                 .path = default_path(from, arena),
                                 .is_host_only = true};
    while (bytes_token(&line, ';', &part)) {
        const ptrdiff_t sign = bytes_find_byte(part, '=');
        const size_t at = sign < 0 ? part.len : (size_t)sign;
        const struct bytes key = bytes_trim(bytes_slice(part, 0, at));
        const struct bytes text = bytes_trim(bytes_slice(part, at + 1, part.len));
        int64_t age;
        if (bytes_is_nocase(key, "max-age") && bytes_to_i64(text, &age)) {
            has_age = true;
            is_gone = age <= 0;
        } else if (bytes_is_nocase(key, "expires") && !has_age) {
            is_gone = is_past(text, now);
        } else if (!take_attribute(&cookie, key, text, from, arena)) {
            return;
        }
    }
    if (is_gone)
        jar_remove(jar, &cookie);
    else if (!cookie.is_secure || from->is_tls)
        jar_put(jar, &cookie);
}

void http_cookies_take(struct http_jar *jar, const struct reply *reply,
                       const struct url *from, struct wall now, struct arena *arena)
{
    for (size_t i = 0; i < reply->headers.count; i++) {
        const struct pair *header = &reply->headers.items[i];
        if (!strcasecmp(header->key, "set-cookie"))
            take_one(jar, bytes_of(header->value), from, now, arena);
    }
}

const char *http_cookies_for(const struct http_jar *jar, const struct url *to,
                             struct arena *arena)
{
    struct buf text = BUF_MAX(16384);
    for (size_t i = 0; i < jar->count; i++) {
        const struct http_cookie *c = &jar->items[i];
        if (!domain_covers(c->domain, c->is_host_only, to) ||
            !path_covers(c->path, to->path) || (c->is_secure && !to->is_tls))
            continue;
        buf_printf(&text, "%s%s=%s", text.len ? "; " : "", c->name, c->value);
    }
    const char *line = text.len ? arena_strdup(arena, buf_text(&text)) : NULL;
    buf_finish(&text);
    return line;
}
