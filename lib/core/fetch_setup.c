/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request as libcurl's options, and the sockets and TLS contexts that libcurl asks us for. Called by fetch.c before each
 * exchange; headers are fetch_headers.c's. Every option set here costs each probe, so only what differs from libcurl's
 * default is.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/attr.h"
#include "lib/core/fetch_parts.h"

void *fetch_easy_create(void)
{
    CURL *easy = curl_easy_init();
    assert(easy);
    return easy;
}

void fetch_easy_destroy(void *easy)
{
    curl_easy_cleanup(easy);
}

bool fetch_easy_is_clean(void *easy)
{
    long number = 0;
    return curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number) == CURLE_OK && number == 0;
}

static bool bind_source(struct fetch *x, int fd, int family)
{
    struct address from;
    if (!address_parse(x->request.source, 0, &from)) {
        errno = EINVAL;
        return false;
    }
    if (from.to.sa.sa_family != family) {
        errno = EAFNOSUPPORT;
        return false;
    }
    return bind(fd, &from.to.sa, from.len) == 0;
}

/* libcurl's own sockets would be inherited by what we spawn. */
static curl_socket_t on_open_socket(void *ctx, curlsocktype purpose UNUSED,
                                    struct curl_sockaddr *to)
{
    struct fetch *x = ctx;
    const int fd =
        socket(to->family, to->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to->protocol);
    if (fd < 0) {
        x->socket_errno = errno;
        return CURL_SOCKET_BAD;
    }
    if (to->family != AF_UNIX) { /* before anybody is told of the phase */
        x->reply->address.len = to->addrlen;
        memcpy(&x->reply->address.to, &to->addr, to->addrlen);
        x->socket_count++;
    }
    fetch_enter(x, PHASE_CONNECT);
    if (to->family != AF_UNIX && x->request.source && x->request.source[0] &&
        !bind_source(x, fd, to->family)) {
        x->socket_errno = errno;
        x->is_bind_error = true;
        close(fd);
        return CURL_SOCKET_BAD;
    }
    if (x->request.mail)
        fetch_mail_opened(x, fd);
    return fd;
}

/* Connected, handshaken, and about to send. With several sockets the last one opened need not have won. */
static int on_connected(void *ctx, char *ip, char *local_ip UNUSED, int port,
                        int local_port UNUSED)
{
    struct fetch *x = ctx;
    x->is_connected = true;
    if (x->socket_count > 1)
        address_parse(ip, port, &x->reply->address);
    fetch_enter(x, PHASE_WAIT);
    return CURL_PREREQFUNC_OK;
}

static void on_handshake(void *ctx)
{
    struct fetch *x = ctx;
    x->is_connected = true;
    fetch_enter(x, PHASE_TLS);
}

static CURLcode on_tls_context(CURL *easy UNUSED, void *context, void *ctx)
{
    struct fetch *x = ctx;
    const bool is_proxys = x->proxy_handshakes > 0;
    if (is_proxys) {
        x->proxy_handshakes--;
        x->proxy_tls = x->request.tls;
        x->proxy_tls.server_name = "";
        x->tap.host = x->peer.host;
    } else {
        const char *host_header = NULL;
        for (size_t i = 0; i < x->request.headers.count; i++) {
            if (!strcasecmp(x->request.headers.items[i].key, "host"))
                host_header = x->request.headers.items[i].value;
        }
        struct url asked;
        struct err ignored;
        const bool is_named =
            host_header && url_parse(x->arena, host_header, &asked, &ignored);
        x->tap.host = is_named ? asked.host : x->url.host;
    }
    x->tap.conf = is_proxys ? &x->proxy_tls : &x->request.tls;
    if (!tls_apply(x->fetcher->frame->tls, context, &x->request.tls, &x->tls_error))
        return CURLE_ABORTED_BY_CALLBACK;
    tls_tap_set(&x->tap, context);
    return CURLE_OK;
}

static size_t on_read(char *to, size_t size, size_t count, void *ctx)
{
    struct fetch *x = ctx;
    const struct bytes left =
        bytes_slice(x->request.body, x->body_read, x->body_read + size * count);
    memcpy(to, left.ptr, left.len);
    x->body_read += left.len;
    return left.len;
}

/* On a connection that was kept libcurl asks again by itself when it ends without an answer. What was read from us cannot
 * be read again: so it asks only if the peer cannot have got it, and else says so. A signed body has to lie before it. */
static void set_body(struct fetch *x)
{
    const struct bytes body = x->request.body;
    curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    if (x->request.reuse == FETCH_FRESH || x->is_signed || !body.len) {
        curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, body.len ? body.ptr : "");
        return;
    }
    curl_easy_setopt(x->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(x->easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(x->easy, CURLOPT_READDATA, x);
}

static bool set_method(struct fetch *x, struct err *e)
{
    const struct request *q = &x->request;
    const char *method = q->method && q->method[0] ? q->method : "GET";
    if (!fetch_is_token(method))
        return err_set(e, "'%.60s' is no request method", method);
    const bool is_post = !strcmp(method, "POST");
    if (q->body.len || is_post) {
        set_body(x);
        if (!is_post)
            curl_easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, method);
    } else if (!strcmp(method, "HEAD")) {
        curl_easy_setopt(x->easy, CURLOPT_NOBODY, 1L);
    } else if (strcmp(method, "GET")) {
        curl_easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, method);
    }
    return true;
}

static const char *bracketed(struct arena *arena, const char *host)
{
    return strchr(host, ':') ? arena_printf(arena, "[%s]", host) : host;
}

/* libcurl never asks a resolver: one address goes by CONNECT_TO, several by an entry in its cache that expires
 * ("+"), tried in this order with a head start for the first family. */
static void set_addresses(struct fetch *x, const struct resolution *resolution)
{
    char text[ADDRESS_TEXT_SIZE];
    const struct address *one = x->request.only;
    if (!one && resolution && resolution->count == 1)
        one = &resolution->addresses[0];
    const bool is_as_written = !x->request.only && x->peer.is_literal &&
                               (x->has_proxy || (!strcmp(x->peer.host, x->url.host) &&
                                                 x->peer.port == x->url.port));
    if (is_as_written)
        return;
    if (one && !x->has_proxy) {
        address_format(one, text);
        fetch_list_add(&x->connect_to, arena_printf(x->arena, "::%s", text));
        curl_easy_setopt(x->easy, CURLOPT_CONNECT_TO, x->connect_to);
        return;
    }
    struct buf list =
        BUF_MAX(RESOLVE_MAX_ADDRESSES * (ADDRESS_TEXT_SIZE + 3) + URL_MAX_BYTES);
    buf_printf(&list, "+%s:%d:", bracketed(x->arena, x->peer.host), x->peer.port);
    for (size_t i = 0; resolution && i < resolution->count; i++) {
        struct address bare = resolution->addresses[i];
        bare.to.in.sin_port = 0; /* at the same place for both families */
        buf_printf(&list, "%s%s", i ? "," : "",
                   bracketed(x->arena, address_format(&bare, text)));
    }
    fetch_list_add(&x->resolve, buf_text(&list));
    buf_finish(&list);
    curl_easy_setopt(x->easy, CURLOPT_RESOLVE, x->resolve);
    if (!x->has_proxy && strcmp(x->peer.host, x->url.host)) {
        fetch_list_add(&x->connect_to,
                       arena_printf(x->arena, "::%s:%d",
                                    bracketed(x->arena, x->peer.host), x->peer.port));
        curl_easy_setopt(x->easy, CURLOPT_CONNECT_TO, x->connect_to);
    }
}

static void set_proxy(struct fetch *x)
{
    if (!x->has_proxy) {
        curl_easy_setopt(x->easy, CURLOPT_PROXY, ""); /* not what the environment says */
        return;
    }
    const bool resolves_here = !strcmp(x->peer.scheme, "socks5");
    const char *scheme = resolves_here ? "socks5h" : x->peer.scheme;
    curl_easy_setopt(x->easy, CURLOPT_PROXY,
                     arena_printf(x->arena, "%s://%s:%d", scheme,
                                  bracketed(x->arena, x->peer.host), x->peer.port));
    curl_easy_setopt(x->easy, CURLOPT_NOPROXY, "");
    if (x->peer.username) {
        curl_easy_setopt(x->easy, CURLOPT_PROXYUSERNAME, x->peer.username);
        curl_easy_setopt(x->easy, CURLOPT_PROXYPASSWORD,
                         x->peer.password ? x->peer.password : "");
    }
    curl_easy_setopt(x->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (x->proxy_handshakes) {
        curl_easy_setopt(x->easy, CURLOPT_PROXY_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(x->easy, CURLOPT_PROXY_SSL_VERIFYHOST, 0L);
    }
}

static void set_credentials(struct fetch *x)
{
    const struct request *q = &x->request;
    const bool is_asked =
        q->username && (q->username[0] || (q->password.value && q->password.value[0]));
    const char *username = is_asked ? q->username : x->url.username;
    const char *password = is_asked ? q->password.value : x->url.password;
    if (!username)
        return;
    curl_easy_setopt(x->easy, CURLOPT_USERNAME, username);
    curl_easy_setopt(x->easy, CURLOPT_PASSWORD, password ? password : "");
    if (x->is_signed)
        curl_easy_setopt(x->easy, CURLOPT_AWS_SIGV4, q->aws_sigv4);
}

/* libcurl keeps apart what it knows to differ, and of our contexts it knows nothing: a connection that was made without
 * verifying would be handed to somebody who verifies. A folder that is never looked into, because verification is not
 * libcurl's, tells it. */
static void keep_apart(struct fetch *x)
{
    char digest[DIGEST_TEXT_SIZE];
    tls_conf_digest(&x->request.tls, digest);
    const char *mark = arena_printf(x->arena, "/nonexistent/%s", digest);
    curl_easy_setopt(x->easy, CURLOPT_CAPATH, mark);
    curl_easy_setopt(x->easy, CURLOPT_PROXY_CAPATH, mark);
}

/* Verification is OpenSSL's, set up by tls_apply and tls_expect_host: libcurl's own would read CA files, and
 * forget the chain when it says no. */
static void set_tls(struct fetch *x)
{
    if (!x->has_tls && !x->proxy_handshakes)
        return;
    x->tap = (struct tls_tap){.arena = x->arena,
                              .started = on_handshake,
                              .is_shared = x->request.reuse == FETCH_REUSE,
                              .ctx = x};
    curl_easy_setopt(x->easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(x->easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(x->easy, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(x->easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(x->easy, CURLOPT_SSL_SESSIONID_CACHE,
                     0L); /* a resumed session shows no chain */
    curl_easy_setopt(x->easy, CURLOPT_SSL_CTX_FUNCTION, on_tls_context);
    curl_easy_setopt(x->easy, CURLOPT_SSL_CTX_DATA, x);
    if (x->request.reuse == FETCH_REUSE)
        keep_apart(x);
}

static void set_version(struct fetch *x)
{
    long version = CURL_HTTP_VERSION_1_1;
    if (x->request.version == HTTP_VERSION_2 && !x->url.is_tls)
        version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
    else if (x->request.version != HTTP_VERSION_11)
        version = CURL_HTTP_VERSION_2TLS;
    curl_easy_setopt(x->easy, CURLOPT_HTTP_VERSION, version);
    curl_easy_setopt(x->easy, CURLOPT_HTTP09_ALLOWED,
                     1L); /* to be shown what came instead of HTTP */
}

static void set_callbacks(struct fetch *x)
{
    curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
    curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->curl_error);
    curl_easy_setopt(x->easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(x->easy, CURLOPT_OPENSOCKETDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(x->easy, CURLOPT_PREREQDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_HEADERFUNCTION, fetch_on_header);
    curl_easy_setopt(x->easy, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, fetch_on_body);
    curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
}

static void set_time(struct fetch *x)
{
    const nsec left = x->request.timeout - x->resolve_took;
    if (x->request.is_endless) /* a peer that is gone is not found by waiting for it */
        curl_easy_setopt(x->easy, CURLOPT_TCP_KEEPALIVE, 1L);
    else
        curl_easy_setopt(x->easy, CURLOPT_TIMEOUT_MS,
                         (long)(left > NSEC_PER_MSEC ? left / NSEC_PER_MSEC : 1));
}

bool fetch_set_up(struct fetch *x, const struct resolution *resolution, struct err *e)
{
    const struct request *q = &x->request;
    curl_easy_setopt(x->easy, CURLOPT_URL, x->url.text);
    curl_easy_setopt(x->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(x->easy, CURLOPT_QUICK_EXIT, 1L);
    if (q->reuse == FETCH_FRESH) {
        curl_easy_setopt(x->easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(x->easy, CURLOPT_FORBID_REUSE, 1L);
    }
    if (!x->url.is_tls && !q->body.len)
        curl_easy_setopt(x->easy, CURLOPT_TCP_NODELAY, 0L); /* one write: nothing waits */
    if (q->unix_path)
        curl_easy_setopt(x->easy, CURLOPT_UNIX_SOCKET_PATH, q->unix_path);
    if (q->is_decoded)
        curl_easy_setopt(x->easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate, br");
    set_time(x);
    set_callbacks(x);
    set_version(x);
    set_proxy(x);
    set_credentials(x);
    set_tls(x);
    if (!q->unix_path)
        set_addresses(x, resolution);
    if (q->mail)
        return fetch_mail_set_up(x, e);
    return set_method(x, e) && fetch_set_headers(x, e);
}

/* The handle's caches and memory stay; its options go. */
void fetch_tear_down(struct fetch *x)
{
    curl_easy_reset(x->easy);
    fetch_mail_tear_down(x);
    curl_slist_free_all(x->headers);
    curl_slist_free_all(x->proxy_headers);
    curl_slist_free_all(x->connect_to);
    curl_slist_free_all(x->resolve);
}
