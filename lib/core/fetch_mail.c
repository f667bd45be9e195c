/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mail as libcurl's options, the server's lines as they come, and what its refusals mean. Called by fetch_setup.c,
 * fetch_trouble.c and libcurl. Never writes a header that it was not given, but MIME's own.
 */
#include <assert.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/attr.h"
#include "lib/core/fetch_parts.h"

#define LINE_MAX_BYTES 512
#define GOODBYE 221    /* to QUIT: says nothing of the mail */
#define LINES_MAX 4096 /* far more than recipients; a server that never ends is cut off */

/* ---- the message ---- */

static void add_part(curl_mime *list, const char *text, const char *type)
{
    curl_mimepart *part = curl_mime_addpart(list);
    assert(part);
    curl_mime_data(part, text, CURL_ZERO_TERMINATED);
    curl_mime_type(part, type);
    curl_mime_encoder(part, "quoted-printable");
}

/* RFC 2046 §5.1.4: the plainest first. */
static void set_message(struct fetch *x)
{
    const struct mail *m = x->request.mail;
    x->mime = curl_mime_init(x->easy);
    assert(x->mime);
    if (*m->html) {
        curl_mime *both = curl_mime_init(x->easy);
        assert(both);
        add_part(both, m->text, "text/plain; charset=utf-8");
        add_part(both, m->html, "text/html; charset=utf-8");
        curl_mimepart *whole = curl_mime_addpart(x->mime);
        assert(whole);
        curl_mime_subparts(whole, both); /* owns it from here on */
        curl_mime_type(whole, "multipart/alternative");
    } else {
        add_part(x->mime, m->text, "text/plain; charset=utf-8");
    }
    curl_easy_setopt(x->easy, CURLOPT_MIMEPOST, x->mime);
}

static bool is_address_fit(const char *address)
{
    return *address && !strpbrk(address, "\r\n<> ");
}

static bool set_envelope(struct fetch *x, struct err *e)
{
    const struct mail *m = x->request.mail;
    if (!is_address_fit(m->from))
        return err_set(e, "'%.60s' is no address to send from", m->from);
    for (size_t i = 0; i < m->to.count; i++) {
        if (!is_address_fit(m->to.items[i]))
            return err_set(e, "'%.60s' is no address to send to", m->to.items[i]);
        struct curl_slist *longer = curl_slist_append(x->recipients, m->to.items[i]);
        assert(longer);
        x->recipients = longer;
    }
    curl_easy_setopt(x->easy, CURLOPT_MAIL_FROM, m->from);
    curl_easy_setopt(x->easy, CURLOPT_MAIL_RCPT, x->recipients);
    curl_easy_setopt(x->easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
    return true;
}

/* ---- the end ---- */

void fetch_mail_opened(struct fetch *x, int fd)
{
    for (size_t i = 0; i < ARRAY_LEN(x->fds); i++) {
        if (x->fds[i] < 0) {
            x->fds[i] = fd;
            return;
        }
    }
}

static int on_close_socket(void *ctx, curl_socket_t fd)
{
    struct fetch *x = ctx;
    for (size_t i = 0; i < ARRAY_LEN(x->fds); i++) {
        if (x->fds[i] == fd)
            x->fds[i] = -1;
    }
    return close(fd);
}

/* libcurl says QUIT and then waits for the answer with the loop standing still, for two minutes if need be. Nobody wants
 * that answer: the connection is shut under it. */
static int on_traffic(CURL *easy UNUSED, curl_infotype type, char *data, size_t len,
                      void *ctx)
{
    const struct fetch *x = ctx;
    if (type != CURLINFO_HEADER_OUT || !bytes_starts((struct bytes){data, len}, "QUIT"))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(x->fds); i++) {
        if (x->fds[i] >= 0)
            (void)shutdown(x->fds[i], SHUT_RDWR);
    }
    return 0;
}

/* A connection is never kept: its QUIT would come when nobody listens to libcurl. */
static void set_end(struct fetch *x)
{
    for (size_t i = 0; i < ARRAY_LEN(x->fds); i++)
        x->fds[i] = -1;
    curl_easy_setopt(x->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(x->easy, CURLOPT_CLOSESOCKETDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(x->easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(x->easy, CURLOPT_DEBUGFUNCTION, on_traffic);
    curl_easy_setopt(x->easy, CURLOPT_DEBUGDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_VERBOSE, 1L);
}

bool fetch_mail_set_up(struct fetch *x, struct err *e)
{
    static const char *const ways[] = {
        [MAIL_AUTH_ANY] = NULL,
        [MAIL_AUTH_PLAIN] = "AUTH=PLAIN",
        [MAIL_AUTH_LOGIN] = "AUTH=LOGIN",
    };
    const struct mail *m = x->request.mail;
    curl_easy_setopt(x->easy, CURLOPT_USE_SSL,
                     (long)(m->tls == MAIL_PLAIN ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (ways[m->auth])
        curl_easy_setopt(x->easy, CURLOPT_LOGIN_OPTIONS, ways[m->auth]);
    curl_easy_setopt(x->easy, CURLOPT_HEADERFUNCTION, fetch_on_mail_line);
    set_end(x);
    set_message(x);
    return set_envelope(x, e) && fetch_add_headers(x, e);
}

void fetch_mail_tear_down(struct fetch *x)
{
    curl_mime_free(x->mime);
    curl_slist_free_all(x->recipients);
}

/* ---- the server's lines ---- */

/* "250 2.1.5 ok": the last line of an answer; "250-" is one of several, kept out. */
size_t fetch_on_mail_line(char *ptr, size_t size, size_t count, void *fetch)
{
    struct fetch *x = fetch;
    const size_t len = size * count;
    const struct bytes line = bytes_trim((struct bytes){ptr, len});
    uint64_t code;
    x->header_bytes += len;
    if (x->header_bytes > x->request.max_header || x->pair_count >= LINES_MAX) {
        x->has_too_many_headers = true;
        return 0;
    }
    if (line.len < 3 || (line.len > 3 && line.ptr[3] != ' ') ||
        !bytes_to_u64(bytes_slice(line, 0, 3), &code) || code == GOODBYE)
        return len;
    x->reply->status = (int)code;
    fetch_keep_pair(
        x, bytes_slice(line, 0, 3),
        bytes_cut(bytes_trim(bytes_slice(line, 3, line.len)), LINE_MAX_BYTES));
    return len;
}

/* ---- refusals ---- */

static bool say(struct fetch *x, enum reason reason, const char *what)
{
    struct trouble *why = &x->reply->trouble;
    const char *words = x->pair_count ? x->pairs[x->pair_count - 1].value : "";
    why->reason = reason;
    why->is_unknown = false;
    if (x->reply->status >= 400)
        snprintf(why->detail, sizeof(why->detail), "%.100s:%d %s: %d %.200s", x->url.host,
                 x->url.port, what, x->reply->status, words);
    else
        snprintf(why->detail, sizeof(why->detail), "%.100s:%d %s", x->url.host,
                 x->url.port, what);
    return true;
}

bool fetch_mail_judge(struct fetch *x, int curl_code)
{
    const bool is_refusal = x->reply->status >= 400;
    switch ((CURLcode)curl_code) {
    case CURLE_LOGIN_DENIED:
        return say(x, REASON_AUTH, "does not accept the login");
    case CURLE_USE_SSL_FAILED:
        return say(x, REASON_NOT_TLS, "offers no STARTTLS");
    case CURLE_REMOTE_ACCESS_DENIED:
        return say(x, REASON_STATUS, "does not let us greet it");
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
        return is_refusal && say(x, REASON_STATUS, "refuses");
    default:
        return false;
    }
}
