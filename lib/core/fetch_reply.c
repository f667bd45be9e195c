/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer as it comes in: header lines, body, and at the end the times. Called by libcurl through the
 * callbacks that fetch_setup.c sets, and by fetch.c when the exchange is over. Judges nothing.
 */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/fetch_parts.h"

#define REFUSE \
    0 /* not the count that came: libcurl ends the transfer with CURLE_WRITE_ERROR */

/* "HTTP/1.1 200 OK", "HTTP/2 200". A new one begins a new response: 1xx, or the last. */
static void take_status(struct fetch *x, struct bytes line)
{
    struct reply *r = x->reply;
    struct bytes version = {0}, status = {0};
    uint64_t number = 0;
    bytes_token(&line, ' ', &version);
    bytes_token(&line, ' ', &status);
    r->version = bytes_is(version, "HTTP/1.0")     ? 10
                 : bytes_starts(version, "HTTP/2") ? 20
                                                   : 11;
    r->status = bytes_to_u64(status, &number) && number < 1000 ? (int)number : 0;
    x->pair_count = 0;
    x->has_length = x->has_all_headers = false;
    r->content_length = -1;
    x->is_body_of_answer = r->status >= 200;
}

void fetch_keep_pair(struct fetch *x, struct bytes name, struct bytes value)
{
    if (x->pair_count == x->pair_size) {
        const size_t size = x->pair_size ? x->pair_size * 2 : 16;
        struct pair *more = arena_alloc(x->arena, size * sizeof(*more));
        if (x->pair_count)
            memcpy(more, x->pairs, x->pair_count * sizeof(*more));
        x->pairs = more;
        x->pair_size = size;
    }
    struct pair *pair = &x->pairs[x->pair_count++];
    char *text = arena_alloc(x->arena, name.len + value.len + 2);
    memcpy(text, name.ptr, name.len);
    pair->key = text;
    pair->value = text + name.len + 1;
    if (value.len)
        memcpy(text + name.len + 1, value.ptr, value.len);
}

/* Two different lengths are how requests and answers get mixed up: RFC 9112 §6.3 wants an error. */
static bool take_header(struct fetch *x, struct bytes line)
{
    const ptrdiff_t colon = bytes_find_byte(line, ':');
    if (colon <= 0)
        return true;
    const struct bytes name = bytes_slice(line, 0, (size_t)colon);
    const struct bytes value = bytes_trim(bytes_slice(line, (size_t)colon + 1, line.len));
    fetch_keep_pair(x, name, value);
    uint64_t length;
    if (!bytes_is_nocase(name, "content-length") || !bytes_to_u64(value, &length) ||
        length > INT64_MAX)
        return true;
    x->has_two_lengths = x->has_length && x->reply->content_length != (int64_t)length;
    x->reply->content_length = (int64_t)length;
    x->has_length = true;
    return !x->has_two_lengths;
}

static bool hand_on(struct fetch *x, struct bytes piece)
{
    x->is_let_go = !x->request.take(x->ctx, piece);
    return !x->is_let_go;
}

/* All headers are there: what will the body be? */
static bool accept_body(struct fetch *x)
{
    struct reply *r = x->reply;
    x->has_all_headers = true;
    r->headers = (struct pairs){x->pairs, x->pair_count};
    if (!x->is_body_of_answer)
        return true;
    fetch_has_head(x);
    const bool is_head = x->request.method && !strcmp(x->request.method, "HEAD");
    const bool has_none = is_head || r->status == 204 || r->status == 304;
    if (reply_header(r, "transfer-encoding"))
        r->content_length = -1;
    else if (!x->has_length && has_none && !is_head)
        r->content_length = 0;
    if (!has_none && !x->request.take && r->content_length > 0 &&
        (uint64_t)r->content_length > x->request.max_body) {
        x->is_too_large = true;
        return false;
    }
    return !x->request.take || hand_on(x, (struct bytes){"", 0});
}

size_t fetch_on_header(char *ptr, size_t size, size_t count, void *fetch)
{
    struct fetch *x = fetch;
    const size_t len = size * count;
    struct bytes line = bytes_trim((struct bytes){ptr, len});
    x->header_bytes += len;
    if (x->header_bytes > x->request.max_header) {
        x->has_too_many_headers = true;
        return REFUSE;
    }
    if (!x->is_transferring) {
        x->is_transferring = true;
        fetch_enter(x, PHASE_TRANSFER);
    }
    bool is_fine = true;
    if (bytes_starts(line, "HTTP/"))
        take_status(x, line);
    else
        is_fine = line.len ? take_header(x, line) : accept_body(x);
    return is_fine ? len : REFUSE;
}

size_t fetch_on_body(char *ptr, size_t size, size_t count, void *fetch)
{
    struct fetch *x = fetch;
    const size_t len = size * count;
    if (!x->is_body_of_answer) { /* not HTTP, or older than 1.0 */
        x->greeting_len = len < FETCH_GREETING_MAX ? len : FETCH_GREETING_MAX;
        memcpy(x->greeting, ptr, x->greeting_len);
        return len == 0 ? len : REFUSE;
    }
    x->reply->body_bytes += len;
    if (x->request.take)
        return hand_on(x, (struct bytes){ptr, len}) ? len : REFUSE;
    const size_t room = x->request.max_body - x->body.len;
    buf_add(&x->body, ptr, len < room ? len : room);
    if (len <= room)
        return len;
    x->is_too_large = true;
    return REFUSE;
}

static nsec time_of(struct fetch *x, CURLINFO info)
{
    curl_off_t usec = 0;
    curl_easy_getinfo(x->easy, info, &usec);
    return usec * NSEC_PER_USEC;
}

static nsec at_least_zero(nsec d)
{
    return d > 0 ? d : 0;
}

/* libcurl's times are all since its start; one that was not reached is 0. */
static void fill_phases(struct fetch *x)
{
    struct reply *r = x->reply;
    const nsec total = time_of(x, CURLINFO_TOTAL_TIME_T);
    const nsec connected = time_of(x, CURLINFO_CONNECT_TIME_T);
    if (connected == 0)
        return;
    r->phases[PHASE_CONNECT] =
        at_least_zero(connected - time_of(x, CURLINFO_NAMELOOKUP_TIME_T));
    nsec ready = connected;
    if (x->has_tls) {
        ready = time_of(x, CURLINFO_APPCONNECT_TIME_T);
        if (ready == 0)
            return;
        r->phases[PHASE_TLS] = at_least_zero(ready - connected);
    }
    const nsec first = x->is_transferring ? time_of(x, CURLINFO_STARTTRANSFER_TIME_T) : 0;
    if (first == 0) {
        r->phases[PHASE_WAIT] = at_least_zero(total - ready);
        return;
    }
    r->phases[PHASE_WAIT] = at_least_zero(first - ready);
    r->phases[PHASE_TRANSFER] = at_least_zero(total - first);
}

const struct reply *fetch_so_far(struct fetch *x)
{
    x->reply->headers = (struct pairs){x->pairs, x->pair_count};
    x->reply->tls = x->tap.peer;
    x->reply->is_proxied = x->has_proxy;
    return x->reply;
}

void fetch_fill_reply(struct fetch *x)
{
    struct reply *r = x->reply;
    r->headers = (struct pairs){x->pairs, x->pair_count};
    if (x->body.len) {
        size_t len;
        char *body = buf_steal(&x->body, &len);
        arena_cleanup(x->arena, free, body);
        r->body = (struct bytes){body, len};
    } else {
        r->body = (struct bytes){"", 0};
    }
    if (r->version == 20 && !x->has_length && r->body_bytes == 0 && r->status &&
        !(x->request.method && !strcmp(x->request.method, "HEAD")))
        r->content_length = 0; /* the stream ended with its headers */
    r->tls = x->tap.peer;
    r->is_proxied = x->has_proxy;
    fill_phases(x);
}
