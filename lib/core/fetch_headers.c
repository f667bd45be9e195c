/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request's headers as libcurl's lists: what is asked for, without what libcurl would add by itself. Called by
 * fetch_setup.c, and for mail by fetch_mail.c. A header that cannot be one is the caller's error, and nothing is sent.
 */
#include <assert.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "lib/core/fetch_parts.h"

void fetch_list_add(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);
    assert(longer);
    *list = longer;
}

/* RFC 9110 §5.6.2: methods and header names. */
bool fetch_is_token(const char *text)
{
    static const char *const token_chars =
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return text[0] && strspn(text, token_chars) == strlen(text);
}

static bool is_header_fit(const char *key, const char *value)
{
    return fetch_is_token(key) && !strpbrk(value, "\r\n");
}

/* libcurl sends "Name:" for "Name;" and leaves a header out for "Name:". */
static bool add_headers(struct fetch *x, struct curl_slist **list, struct pairs headers,
                        struct err *e)
{
    for (size_t i = 0; i < headers.count; i++) {
        const struct pair *h = &headers.items[i];
        if (!is_header_fit(h->key, h->value))
            return err_set(
                e, "the header '%.60s' has a character that headers cannot have", h->key);
        fetch_list_add(list, h->value[0]
                                 ? arena_printf(x->arena, "%s: %s", h->key, h->value)
                                 : arena_printf(x->arena, "%s;", h->key));
    }
    return true;
}

static bool has_header(struct pairs headers, const char *name)
{
    for (size_t i = 0; i < headers.count; i++) {
        if (!strcasecmp(headers.items[i].key, name))
            return true;
    }
    return false;
}

/* Headers that libcurl would add by itself. */
static void remove_defaults(struct fetch *x)
{
    const struct request *q = &x->request;
    const bool is_post = q->method && !strcmp(q->method, "POST");
    if (!has_header(q->headers, "accept"))
        fetch_list_add(&x->headers, "Accept:");
    if ((q->body.len || is_post) && !has_header(q->headers, "content-type"))
        fetch_list_add(&x->headers, "Content-Type:");
    if (q->body.len && !has_header(q->headers, "expect"))
        fetch_list_add(&x->headers, "Expect:");
    if (q->is_decoded && !has_header(q->headers, "accept-encoding"))
        fetch_list_add(&x->headers, "Accept-Encoding:");
}

bool fetch_add_headers(struct fetch *x, struct err *e)
{
    if (!add_headers(x, &x->headers, x->request.headers, e))
        return false;
    curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
    return true;
}

/* A signature covers what this list names, also what it removes: then libcurl's own headers stay. */
bool fetch_set_headers(struct fetch *x, struct err *e)
{
    const struct request *q = &x->request;
    if (!add_headers(x, &x->headers, q->headers, e))
        return false;
    if (q->bearer.value && q->bearer.value[0]) {
        if (!is_header_fit("Authorization", q->bearer.value))
            return err_set(e, "the bearer token has a line break in it");
        fetch_list_add(&x->headers, arena_printf(x->arena, "Authorization: Bearer %s",
                                                 q->bearer.value));
    }
    if (q->has_trailers)
        fetch_list_add(&x->headers, "TE: trailers");
    if (!x->is_signed)
        remove_defaults(x);
    curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
    if (x->has_proxy && q->proxy_headers.count) {
        if (!add_headers(x, &x->proxy_headers, q->proxy_headers, e))
            return false;
        curl_easy_setopt(x->easy, CURLOPT_PROXYHEADER, x->proxy_headers);
        curl_easy_setopt(x->easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    }
    return true;
}
