/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handshake that makes an HTTP/1.1 connection a WebSocket (RFC 6455 §4): our request, and what is right of the answer.
 * Called by websocket.c. Never sees a frame.
 */
#include <string.h>
#include <strings.h>

#include "lib/base/base64.h"
#include "lib/core/digest.h"
#include "lib/core/headers.h"
#include "lib/core/secret.h"
#include "probes/websocket.h"

bool websocket_accept(const char *key, char ret_text[WEBSOCKET_ACCEPT_SIZE])
{
    struct buf text = BUF_MAX(200), encoded = BUF_MAX(WEBSOCKET_ACCEPT_SIZE - 1);
    unsigned char digest[DIGEST_SHA1_BYTES];

    buf_printf(&text, "%.100s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    const bool ok = digest_sha1(buf_bytes(&text), digest);
    base64_add(&encoded, (struct bytes){(const char *)digest, sizeof(digest)});
    memcpy(ret_text, buf_text(&encoded), WEBSOCKET_ACCEPT_SIZE);
    buf_finish(&encoded);
    buf_finish(&text);
    return ok;
}

/* ---- the request ---- */

static const char *basic(struct arena *arena, const char *username, const char *password)
{
    struct buf pair = BUF_MAX(WEBSOCKET_MAX_HEAD / 2),
               encoded = BUF_MAX(WEBSOCKET_MAX_HEAD);

    buf_printf(&pair, "%s:%s", username, password);
    base64_add(&encoded, buf_bytes(&pair));
    const char *value = arena_printf(arena, "Basic %s", buf_text(&encoded));
    buf_finish(&encoded);
    buf_finish(&pair);
    return value;
}

static bool add_credentials(struct run *run, const struct websocket_conf *conf,
                            struct headers *list, struct err *e)
{
    struct arena *arena = run_arena(run);
    struct request q = {0};
    const char *header = NULL;

    if (!http_auth_fill(&conf->auth, &conf->at, run_frame(run)->secrets, arena, &q,
                        &header, e))
        return false;
    if (!header && q.bearer.value && q.bearer.value[0])
        header = arena_printf(arena, "Bearer %s", q.bearer.value);
    if (!header && q.username)
        header = basic(arena, q.username, q.password.value);
    if (header && strpbrk(header, "\r\n"))
        return err_set(e, "the credentials have a line break in them");
    if (header)
        headers_add(list, "Authorization", header);
    return true;
}

static void add_subprotocols(const struct texts *subprotocols, struct headers *list)
{
    struct buf text = BUF_MAX(WEBSOCKET_MAX_HEAD);

    for (size_t i = 0; i < subprotocols->count; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", subprotocols->items[i]);
    if (subprotocols->count)
        headers_add(list, "Sec-WebSocket-Protocol",
                    arena_strdup(list->arena, buf_text(&text)));
    buf_finish(&text);
}

static bool make_headers(struct run *run, const struct websocket_conf *conf,
                         const char *key, struct headers *list, struct err *e)
{
    struct arena *arena = run_arena(run);
    struct headers given = headers_in(arena);

    headers_add_all(&given, &conf->headers);
    *list = headers_in(arena);
    if (!headers_has(&given, "Host")) /* RFC 9110 §7.2: before the others */
        headers_add(list, "Host", url_authority(arena, &conf->at));
    headers_add_all(list, &conf->headers);
    headers_add(list, "Upgrade", "websocket");
    headers_add(list, "Connection", "Upgrade");
    headers_add(list, "Sec-WebSocket-Key", key);
    headers_add(list, "Sec-WebSocket-Version", "13");
    add_subprotocols(&conf->subprotocols, list);
    if (conf->origin[0])
        headers_add(list, "Origin", conf->origin);
    headers_put(list, "User-Agent", "healthd/" HEALTHD_VERSION);
    headers_put_task(list, run_task_id(run));
    return add_credentials(run, conf, list, e);
}

/* Path and query of the URL, as its text has them behind the authority. */
static const char *target_of(const struct url *at)
{
    const char *authority = strstr(at->text, "://");
    const char *path = authority ? strpbrk(authority + 3, "/?") : NULL;

    return path ? path : "/";
}

bool websocket_request_write(struct run *run, const struct websocket_conf *conf,
                             const char *key, struct buf *out, struct err *e)
{
    const char *target = target_of(&conf->at);
    struct headers list;

    if (!make_headers(run, conf, key, &list, e))
        return false;
    buf_printf(out, "GET %s%s HTTP/1.1\r\n", target[0] == '?' ? "/" : "", target);
    for (size_t i = 0; i < list.count; i++)
        buf_printf(out, "%s: %s\r\n", list.items[i].key, list.items[i].value);
    buf_add_text(out, "\r\n");
    return !out->overflow || err_set(e, "the request has more than 64 KiB");
}

/* ---- the answer ---- */

/* Lines of the head without the empty one that ends it; 0: it is not whole yet. */
static size_t head_lines(struct bytes in)
{
    struct bytes line;
    size_t count = 0;

    while (bytes_line(&in, &line)) {
        if (!line.len)
            return count ? count : 1;
        count++;
    }
    return 0;
}

static bool refuse(struct bytes in, enum reason *ret_reason, struct err *e)
{
    const bool is_tls =
        in.len > 2 && (in.ptr[0] == 0x15 || in.ptr[0] == 0x16) && in.ptr[1] == 3;

    *ret_reason = is_tls ? REASON_IS_TLS : REASON_PROTOCOL;
    return is_tls ? err_set(e, "answered with TLS: ask it with wss://")
                  : err_set(e, "answered with something else than HTTP/1.1");
}

static bool status_read(struct bytes line, int *ret_status)
{
    struct bytes version, digits;
    uint64_t status;

    if (!bytes_token(&line, ' ', &version) || !bytes_starts(version, "HTTP/1.") ||
        !bytes_token(&line, ' ', &digits) || digits.len != 3 ||
        !bytes_to_u64(digits, &status) || status < 100)
        return false;
    *ret_status = (int)status;
    return true;
}

static bool header_read(struct bytes line, struct arena *arena, struct pair *ret_pair)
{
    const ptrdiff_t colon = bytes_find_byte(line, ':');

    if (colon <= 0 || bytes_find_byte(line, '\0') >= 0)
        return false;
    const struct bytes value = bytes_trim(bytes_slice(line, (size_t)colon + 1, line.len));
    *ret_pair = (struct pair){arena_strndup(arena, line.ptr, (size_t)colon),
                              arena_strndup(arena, value.ptr, value.len)};
    return true;
}

bool websocket_answer_take(struct bytes *in, struct arena *arena,
                           struct websocket_answer *ret_answer, enum reason *ret_reason,
                           struct err *e)
{
    static const struct bytes http = {"HTTP/", 5};
    struct bytes line, rest = *in;
    size_t count = 0;

    *ret_reason = REASON_NONE;
    if (!bytes_equal(bytes_slice(http, 0, in->len), bytes_slice(*in, 0, http.len)))
        return refuse(*in, ret_reason, e);
    const size_t lines = head_lines(*in);
    if (!lines) {
        if (in->len <= WEBSOCKET_MAX_HEAD)
            return false;
        *ret_reason = REASON_TOO_LARGE;
        return err_set(e, "sent more than 64 KiB of headers");
    }
    if (!bytes_line(&rest, &line) || !status_read(line, &ret_answer->status))
        return refuse(*in, ret_reason, e);
    struct pair *pairs = arena_alloc(arena, lines * sizeof(*pairs));
    while (bytes_line(&rest, &line) && line.len) {
        if (header_read(line, arena, &pairs[count]))
            count++;
    }
    ret_answer->headers = (struct pairs){pairs, count};
    *in = rest;
    return true;
}

static const char *value_of(const struct websocket_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->headers.count; i++) {
        if (!strcasecmp(answer->headers.items[i].key, name))
            return answer->headers.items[i].value;
    }
    return NULL;
}

/* One of the comma-separated words of a header, in any case. */
static bool has_word(const char *list, const char *word)
{
    struct bytes rest = bytes_of(list), one;

    while (bytes_token(&rest, ',', &one)) {
        if (bytes_is_nocase(bytes_trim(one), word))
            return true;
    }
    return false;
}

static enum reason judge_status(const struct websocket_answer *answer, struct err *e)
{
    const char *to = value_of(answer, "Location");

    switch (answer->status) {
    case 401:
    case 407:
        err_set(e, "wants other credentials: it answered with status %d", answer->status);
        return REASON_AUTH;
    case 403:
        err_set(e, "does not allow this: it answered with status 403; some servers do "
                   "that for an `origin` they do not know");
        return REASON_FORBIDDEN;
    case 426:
        err_set(e, "speaks another version of the protocol: it answered with status 426");
        return REASON_VERSION;
    default:
        break;
    }
    if (answer->status >= 300 && answer->status < 400 && to) {
        err_set(e, "redirects (status %d) to %.200s: give that as `url`", answer->status,
                to);
        return REASON_REDIRECT;
    }
    err_set(e, "did not upgrade the connection: expected status 101, got %d",
            answer->status);
    return REASON_STATUS;
}

static enum reason judge_subprotocol(const struct websocket_conf *conf,
                                     const char *chosen, struct err *e)
{
    for (size_t i = 0; chosen && i < conf->subprotocols.count; i++) {
        if (!strcmp(conf->subprotocols.items[i], chosen))
            return REASON_NONE;
    }
    if (!chosen && !conf->subprotocols.count)
        return REASON_NONE;
    if (chosen)
        err_set(e, "chose the subprotocol '%.60s', which was not offered", chosen);
    else
        err_set(e, "chose no subprotocol: expected one of `subprotocols`");
    return REASON_HEADER;
}

enum reason websocket_answer_judge(const struct websocket_conf *conf, const char *key,
                                   const struct websocket_answer *answer,
                                   const char **ret_subprotocol, struct err *e)
{
    const char *upgrade = value_of(answer, "Upgrade");
    const char *connection = value_of(answer, "Connection");
    const char *accept = value_of(answer, "Sec-WebSocket-Accept");
    const char *extensions = value_of(answer, "Sec-WebSocket-Extensions");
    const char *chosen = value_of(answer, "Sec-WebSocket-Protocol");
    char expected[WEBSOCKET_ACCEPT_SIZE];

    if (answer->status != 101)
        return judge_status(answer, e);
    if (!upgrade || !has_word(upgrade, "websocket") || !connection ||
        !has_word(connection, "upgrade")) {
        err_set(e, "upgraded to something else: expected the headers `Upgrade: "
                   "websocket` and `Connection: Upgrade`");
        return REASON_HEADER;
    }
    if (websocket_accept(key, expected) && (!accept || strcmp(accept, expected) != 0)) {
        err_set(e, "sent a Sec-WebSocket-Accept that does not belong to our key: is a "
                   "cache in between, or no WebSocket server?");
        return REASON_HEADER;
    }
    if (extensions && extensions[0]) {
        err_set(e, "uses the extension '%.60s', which was not offered", extensions);
        return REASON_HEADER;
    }
    *ret_subprotocol = chosen;
    return judge_subprotocol(conf, chosen, e);
}
