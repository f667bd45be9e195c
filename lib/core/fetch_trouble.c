/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What went wrong, as a reason and a sentence that names the peer and what came. Called by fetch.c when an
 * exchange is over. Knows every way in which libcurl ends; decides nothing about statuses or bodies.
 */
#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/units.h"
#include "lib/core/fetch_parts.h"

static void say(struct fetch *x, enum reason reason, bool is_unknown, const char *fmt,
                ...) PRINTF_LIKE(4, 5);

static void say(struct fetch *x, enum reason reason, bool is_unknown, const char *fmt,
                ...)
{
    struct trouble *why = &x->reply->trouble;
    va_list args;
    va_start(args, fmt);
    vsnprintf(why->detail, sizeof(why->detail), fmt, args);
    va_end(args);
    why->reason = reason;
    why->is_unknown = is_unknown;
}

struct who {
    char text[200];
};

static struct who who_is(const struct fetch *x)
{
    struct who who;
    char address[ADDRESS_TEXT_SIZE];
    if (x->request.unix_path)
        snprintf(who.text, sizeof(who.text), "%.190s", x->request.unix_path);
    else if (x->has_proxy)
        snprintf(who.text, sizeof(who.text), "the proxy %.150s:%d", x->peer.host,
                 x->peer.port);
    else if (x->reply->address.len)
        snprintf(who.text, sizeof(who.text), "%s",
                 address_format(&x->reply->address, address));
    else
        snprintf(who.text, sizeof(who.text), "%.150s:%d", x->peer.host, x->peer.port);
    return who;
}

struct amount {
    char text[32];
};

/* 1234567 as "1,234,567". */
static struct amount grouped(uint64_t number)
{
    char digits[24];
    struct amount a;
    const size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, number);
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            a.text[at++] = ',';
        a.text[at++] = digits[i];
    }
    a.text[at] = '\0';
    return a;
}

static uint64_t received(struct fetch *x)
{
    curl_off_t bytes = 0;
    curl_easy_getinfo(x->easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
    return bytes > 0 ? (uint64_t)bytes : 0;
}

static long os_errno(struct fetch *x)
{
    long number = 0;
    curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &number);
    return number;
}

static const char *curl_words(const struct fetch *x, CURLcode code)
{
    return x->curl_error[0] ? x->curl_error : curl_easy_strerror(code);
}

static void judge_socket(struct fetch *x)
{
    if (x->is_bind_error)
        say(x, REASON_CONFIG, true, "cannot use the source address %.60s: %s",
            x->request.source, strerror(x->socket_errno));
    else
        say(x, REASON_SELF, true, "healthd has no socket left to ask with: %s",
            strerror(x->socket_errno));
}

static void judge_connect(struct fetch *x)
{
    const struct who who = who_is(x);
    const int number = (int)os_errno(x);
    if (x->socket_errno) {
        judge_socket(x);
        return;
    }
    if (number == EADDRNOTAVAIL || number == EMFILE || number == ENOBUFS ||
        number == ENOMEM) {
        say(x, REASON_SELF, true, "no connection to %s can be made from here: %s",
            who.text, strerror(number));
        return;
    }
    if (x->has_proxy) {
        say(x, REASON_PROXY, false, "%s cannot be reached: %s", who.text,
            strerror(number));
        return;
    }
    switch (number) {
    case ECONNREFUSED:
        say(x, REASON_REFUSED, false, "%s refuses connections: nothing listens there",
            who.text);
        break;
    case ECONNRESET:
        say(x, REASON_RESET, false, "%s broke the connection off while it was made",
            who.text);
        break;
    case ETIMEDOUT:
        say(x, REASON_TIMEOUT, false, "%s did not answer the connection attempt",
            who.text);
        break;
    default:
        say(x, REASON_UNREACHABLE, false, "%s cannot be reached: %s", who.text,
            number ? strerror(number) : "no connection");
        break;
    }
}

static void judge_timeout(struct fetch *x)
{
    const struct who who = who_is(x);
    struct buf limit = BUF_MAX(32);
    duration_format_short(&limit, x->request.timeout);
    const char *within = buf_text(&limit);
    switch (x->reply->reached) {
    case PHASE_RESOLVE:
    case PHASE_CONNECT:
        say(x, REASON_TIMEOUT, false, "no connection to %s within %s", who.text, within);
        break;
    case PHASE_TLS:
        say(x, REASON_TIMEOUT, false, "%s did not finish the TLS handshake within %s",
            who.text, within);
        break;
    case PHASE_WAIT:
        say(x, REASON_TIMEOUT, false,
            "%s took the request, and answered nothing within %s", who.text, within);
        break;
    case PHASE_TRANSFER:
    case PHASE_COUNT:
        if (x->reply->content_length > 0)
            say(x, REASON_TIMEOUT, false, "%s had sent %s of %s body bytes after %s",
                who.text, grouped(received(x)).text,
                grouped((uint64_t)x->reply->content_length).text, within);
        else
            say(x, REASON_TIMEOUT, false,
                "%s had not ended its answer after %s; %s body bytes came", who.text,
                within, grouped(received(x)).text);
        break;
    }
    buf_finish(&limit);
}

/* A handshake that was cut is the connection's failure, not the certificate's. */
static void judge_tls(struct fetch *x, CURLcode code)
{
    const struct who who = who_is(x);
    const struct tls_peer *peer = x->tap.peer;
    const long number = os_errno(x);
    if (x->tls_error.text[0])
        say(x, REASON_CONFIG, true, "%s", x->tls_error.text);
    else if (x->tap.is_ours)
        say(x, REASON_CONFIG, true, "%s", x->tap.text);
    else if (peer && peer->reason != REASON_NONE && peer->why)
        say(x, peer->reason, false, "%s: %s", who.text, peer->why);
    else if (number == ECONNRESET || number == EPIPE)
        say(x, REASON_RESET, false,
            "%s broke the connection off during the TLS handshake", who.text);
    else if (x->tap.reason != REASON_NONE)
        say(x, x->tap.reason, false, "%s: %s", who.text, x->tap.text);
    else if (x->is_connected && !x->tap.is_done && code == CURLE_SSL_CONNECT_ERROR)
        say(x, REASON_CLOSED, false, "%s closed the connection during the TLS handshake",
            who.text);
    else
        say(x, REASON_TLS_HANDSHAKE, false, "%s: %s", who.text, curl_words(x, code));
}

/* What came instead of HTTP, with what cannot be printed as dots. */
static void judge_greeting(struct fetch *x)
{
    const struct who who = who_is(x);
    const unsigned char *got = (const unsigned char *)x->greeting;
    if (!x->url.is_tls && x->greeting_len > 2 && (got[0] == 0x15 || got[0] == 0x16) &&
        got[1] == 3) {
        say(x, REASON_IS_TLS, false, "%s answered with TLS; ask it with https://",
            who.text);
        return;
    }
    char shown[FETCH_GREETING_MAX + 1];
    size_t len = 0;
    while (len < x->greeting_len && got[len] != '\r' && got[len] != '\n') {
        shown[len] = (got[len] >= 0x20 && got[len] < 0x7f) ? x->greeting[len] : '.';
        len++;
    }
    shown[len] = '\0';
    say(x, REASON_PROTOCOL, false, "%s answered with '%s%s' instead of HTTP", who.text,
        shown,
        x->greeting_len == FETCH_GREETING_MAX && len == x->greeting_len ? "…" : "");
}

static void judge_refused(struct fetch *x, CURLcode code)
{
    const struct who who = who_is(x);
    const uint64_t max = x->request.max_body;
    if (x->greeting_len)
        judge_greeting(x);
    else if (x->has_too_many_headers)
        say(x, REASON_TOO_LARGE, false, "%s sent more than %s bytes of headers", who.text,
            grouped(x->request.max_header).text);
    else if (x->has_two_lengths)
        say(x, REASON_PROTOCOL, false, "%s announced two different lengths of one body",
            who.text);
    else if (x->is_too_large && x->reply->content_length > 0 && x->reply->body_bytes == 0)
        say(x, REASON_TOO_LARGE, false,
            "%s announced a body of %s bytes; the limit is %s", who.text,
            grouped((uint64_t)x->reply->content_length).text, grouped(max).text);
    else if (x->is_too_large)
        say(x, REASON_TOO_LARGE, false, "the body from %s exceeds the limit of %s bytes",
            who.text, grouped(max).text);
    else
        say(x, REASON_SELF, true, "the answer from %s could not be kept: %s", who.text,
            curl_words(x, code));
}

static void judge_cut(struct fetch *x, bool is_reset)
{
    const struct who who = who_is(x);
    const enum reason reason = is_reset ? REASON_RESET : REASON_CLOSED;
    const char *how = is_reset ? "broke the connection off" : "closed the connection";
    const char *asked = x->has_proxy ? "" : who.text;
    if (x->has_proxy)
        asked = x->url.host;
    if (!x->is_transferring)
        say(x, reason, false, "%s %s without an answer", asked, how);
    else if (!x->has_all_headers)
        say(x, reason, false, "%s %s in the middle of its headers", asked, how);
    else if (x->reply->content_length > 0)
        say(x, reason, false, "%s %s after %s of %s body bytes", asked, how,
            grouped(received(x)).text, grouped((uint64_t)x->reply->content_length).text);
    else
        say(x, reason, false, "%s %s before the end of the body, after %s bytes of it",
            asked, how, grouped(received(x)).text);
}

/* Where HTTP/2 is spoken without being agreed on first, libcurl hangs up itself when no HTTP/2 comes, and calls that
 * nothing; a peer that hung up is a stream cut short. */
static void judge_nothing(struct fetch *x)
{
    if (x->request.version == HTTP_VERSION_2 && !x->has_tls && x->is_connected)
        say(x, REASON_PROTOCOL, false,
            "%s answered with something else than HTTP/2: is it the right port?",
            who_is(x).text);
    else
        judge_cut(x, false);
}

/* A kept connection ended: the body may have arrived, however far libcurl had come with a new one. */
static void judge_unanswered(struct fetch *x)
{
    x->reply->reached = PHASE_WAIT;
    judge_cut(x, false);
}

static void judge_receive(struct fetch *x, CURLcode code)
{
    const struct who who = who_is(x);
    long connect_status = 0;
    curl_easy_getinfo(x->easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
    if (x->has_proxy && connect_status && connect_status != 200)
        say(x, REASON_PROXY, false, "%s refused to connect us to %s:%d, with status %ld",
            who.text, x->url.host, x->url.port, connect_status);
    else if (x->has_proxy && !x->is_connected)
        say(x, REASON_PROXY, false, "%s: %s", who.text, curl_words(x, code));
    else if (x->tap.reason != REASON_NONE)
        say(x, x->tap.reason, false, "%s: %s", who.text, x->tap.text);
    else if (os_errno(x) == 0 && strstr(x->curl_error, "chunked-encoding"))
        say(x, REASON_PROTOCOL, false, "%s sent a body whose chunks cannot be read: %s",
            who.text, x->curl_error);
    else
        judge_cut(x, os_errno(x) == ECONNRESET || os_errno(x) == EPIPE);
}

static void judge_unasked(struct fetch *x, CURLcode code)
{
    const struct who who = who_is(x);
    if (code == CURLE_OUT_OF_MEMORY && x->is_connected) /* a line above libcurl's limit */
        say(x, REASON_TOO_LARGE, false, "%s sent a header of more than 100,000 bytes",
            who.text);
    else
        say(x, REASON_SELF, true, "libcurl could not ask %s: %s", who.text,
            curl_words(x, code));
}

/* Only libcurl's words say more. */
static void judge_rest(struct fetch *x, CURLcode code)
{
    const struct who who = who_is(x);
    const char *words = curl_words(x, code);
    if (code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY)
        say(x, REASON_PROXY, false, "%s: %s", who.text, words);
    else if (code == CURLE_BAD_CONTENT_ENCODING)
        say(x, REASON_BODY, false, "the body from %s cannot be decoded: %s", who.text,
            words);
    else
        say(x, REASON_PROTOCOL, false, "%s: %s", who.text, words);
}

void fetch_judge(struct fetch *x, int curl_code)
{
    const CURLcode code = (CURLcode)curl_code;
    if (code == CURLE_OK && (x->has_all_headers || x->request.mail))
        return;
    if (x->request.mail && fetch_mail_judge(x, curl_code))
        return;
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        judge_connect(x);
        break;
    case CURLE_OPERATION_TIMEDOUT:
        judge_timeout(x);
        break;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_ABORTED_BY_CALLBACK:
    case CURLE_USE_SSL_FAILED:
        judge_tls(x, code);
        break;
    case CURLE_WRITE_ERROR:
        judge_refused(x, code);
        break;
    case CURLE_GOT_NOTHING:
        judge_nothing(x);
        break;
    case CURLE_SEND_FAIL_REWIND:
        judge_unanswered(x);
        break;
    case CURLE_OK: /* it ended with the connection, before its headers did */
    case CURLE_PARTIAL_FILE:
        judge_cut(x, false);
        break;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        judge_receive(x, code);
        break;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_COULDNT_RESOLVE_HOST:
        judge_unasked(x, code);
        break;
    default:
        judge_rest(x, code);
        break;
    }
}
