/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs, by libcurl's parser. Called by fetch, and by probes that follow redirects or read a URL from their
 * configuration. Does no I/O.
 */
#include "lib/core/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#define READ_FLAGS (CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE | CURLU_ALLOW_SPACE)

static const char *part(CURLU *handle, CURLUPart what, unsigned flags,
                        struct arena *arena)
{
    char *text = NULL;
    if (curl_url_get(handle, what, &text, flags) != CURLUE_OK) {
        curl_free(text); /* 7.88 leaves a name there that IDNA does not know */
        return NULL;
    }
    const char *copy = arena_strdup(arena, text);
    curl_free(text);
    return copy;
}

static char *lowered(const char *text, struct arena *arena)
{
    char *copy = arena_strdup(arena, text);
    for (char *at = copy; at && *at; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    }
    return copy;
}

static bool is_address(const char *host)
{
    struct in6_addr space;
    return inet_pton(AF_INET, host, &space) == 1 || strchr(host, ':') != NULL;
}

/* curl writes IPv6 literals with brackets, and a zone apart from them. */
static const char *host_of(CURLU *handle, struct arena *arena)
{
    const char *host = part(handle, CURLUPART_HOST, CURLU_PUNYCODE, arena);
    if (!host)
        return NULL;
    char *copy = lowered(host, arena);
    const size_t len = strlen(copy);
    if (copy[0] != '[' || len < 2)
        return copy;
    copy[len - 1] = '\0';
    const char *zone = part(handle, CURLUPART_ZONEID, 0, arena);
    return zone ? arena_printf(arena, "%s%%%s", copy + 1, zone) : copy + 1;
}

static int default_port(const char *scheme)
{
    static const struct {
        const char *scheme;
        int port;
    } known[] = {
        {"http", 80},     {"https", 443},    {"socks4", 1080}, {"socks4a", 1080},
        {"socks5", 1080}, {"socks5h", 1080}, {"ws", 80},       {"wss", 443},
        {"smtp", 25},     {"smtps", 465},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!strcmp(known[i].scheme, scheme))
            return known[i].port;
    }
    return 0;
}

static bool read_parts(CURLU *handle, struct arena *arena, struct url *ret_url,
                       struct err *e)
{
    struct url url = {0};
    url.scheme = part(handle, CURLUPART_SCHEME, 0, arena);
    url.host = host_of(handle, arena);
    if (!url.scheme || !url.host || !url.host[0])
        return err_set(e,
                       "the URL has no host, or one that is no name; names that are not "
                       "ASCII are best written as xn--…");
    url.is_tls = !strcmp(url.scheme, "https") || !strcmp(url.scheme, "smtps");
    url.is_literal = is_address(url.host);
    url.username = part(handle, CURLUPART_USER, CURLU_URLDECODE, arena);
    url.password = part(handle, CURLUPART_PASSWORD, CURLU_URLDECODE, arena);
    url.path = part(handle, CURLUPART_PATH, 0, arena);
    const char *port = part(handle, CURLUPART_PORT, 0, arena);
    url.has_port = port != NULL;
    url.port = port ? (int)strtol(port, NULL, 10) : default_port(url.scheme);
    curl_url_set(handle, CURLUPART_USER, NULL, 0);
    curl_url_set(handle, CURLUPART_PASSWORD, NULL, 0);
    curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0);
    url.text = part(handle, CURLUPART_URL, CURLU_NO_DEFAULT_PORT, arena);
    if (!url.text)
        return err_set(e, "the URL cannot be written out again");
    *ret_url = url;
    return true;
}

static bool set_and_read(CURLU *handle, const char *text, struct arena *arena,
                         struct url *ret_url, struct err *e)
{
    const size_t len = strlen(text);
    if (len > URL_MAX_BYTES)
        return err_set(e, "the URL has %zu bytes; at most %d are taken", len,
                       URL_MAX_BYTES);
    const CURLUcode code = curl_url_set(handle, CURLUPART_URL, text, READ_FLAGS);
    if (code != CURLUE_OK)
        return err_set(e, "'%.200s' is no URL: %s", text, curl_url_strerror(code));
    return read_parts(handle, arena, ret_url, e);
}

/* RFC 3986 §3.1; "host:80/x?u=http://y" has none. */
static bool has_scheme(const char *text)
{
    const size_t len =
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    return len > 0 && !strncmp(text + len, "://", 3);
}

bool url_parse(struct arena *arena, const char *text, struct url *ret_url, struct err *e)
{
    if (!text[0])
        return err_set(e, "the URL is empty");
    const char *absolute =
        has_scheme(text) ? text : arena_printf(arena, "http://%s", text);
    CURLU *handle = curl_url();
    if (!handle)
        return err_set(e, "no memory for a URL");
    const bool fine = set_and_read(handle, absolute, arena, ret_url, e);
    curl_url_cleanup(handle);
    return fine;
}

bool url_join(struct arena *arena, const struct url *base, const char *location,
              struct url *ret_url, struct err *e)
{
    CURLU *handle = curl_url();
    if (!handle)
        return err_set(e, "no memory for a URL");
    bool fine = curl_url_set(handle, CURLUPART_URL, base->text, READ_FLAGS) == CURLUE_OK;
    fine = fine ? set_and_read(handle, location, arena, ret_url, e)
                : err_set(e, "'%.200s' is no URL to start from", base->text);
    curl_url_cleanup(handle);
    if (fine)
        ret_url->username = ret_url->password = NULL;
    return fine;
}

bool url_is_http(const struct url *url)
{
    return !strcmp(url->scheme, "http") || !strcmp(url->scheme, "https");
}

bool url_same_origin(const struct url *a, const struct url *b)
{
    return a->port == b->port && !strcmp(a->scheme, b->scheme) &&
           !strcasecmp(a->host, b->host);
}

const char *url_authority(struct arena *arena, const struct url *url)
{
    const bool is_v6 = strchr(url->host, ':') != NULL;
    const char *host = is_v6 ? arena_printf(arena, "[%s]", url->host) : url->host;
    if (!url->has_port || url->port == default_port(url->scheme))
        return host;
    return arena_printf(arena, "%s:%d", host, url->port);
}
