/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS on a connection: the handshake from the start or after plain bytes, and reads and writes through
 * it. OpenSSL works on the descriptor itself: no copies through memory BIOs. Called by conn.c.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/conn_impl.h"

/* Keeps the first bytes of the answer, which OpenSSL does not show when they are no TLS. */
static long on_first_read(BIO *bio, int operation, const char *ptr, size_t len, int argi,
                          long argl, int result, size_t *processed)
{
    (void)len, (void)argi, (void)argl;
    if (operation != (BIO_CB_READ | BIO_CB_RETURN) || result <= 0 || !processed)
        return result;
    struct conn *c = (struct conn *)(void *)BIO_get_callback_arg(bio);
    c->first_len = *processed < sizeof(c->first) ? *processed : sizeof(c->first);
    memcpy(c->first, ptr, c->first_len);
    BIO_set_callback_ex(bio, NULL);
    return result;
}

static void on_trust(void *ctx)
{
    struct conn *c = ctx;
    conn_enter(c);
    c->state = CONN_HANDSHAKING;
    conn_tls_go_on(c);
    conn_leave(c);
}

/* Bytes that came after the peer agreed to TLS, but outside of it, could have been slipped in by
 * anybody (CVE-2011-0411). */
static bool has_foreign_bytes(struct conn *c)
{
    char where[ADDRESS_TEXT_SIZE];
    if (c->in.len == 0)
        return false;
    conn_fail(
        c, REASON_PROTOCOL, false,
        "%s sent %zu bytes of plain text between its agreement to TLS and the handshake",
        conn_peer_text(c, where), c->in.len);
    return true;
}

/* Makes the SSL. False when the connection has ended or waits. */
static bool handshake_begin(struct conn *c)
{
    struct tls *tls = c->frame->tls;
    struct err e = {0};
    if (has_foreign_bytes(c))
        return false;
    if (!tls_is_ready(tls, &c->dial->tls)) {
        c->state = CONN_AWAITING_TRUST;
        if (c->watch)
            watch_set(c->watch, 0);
        tls_when_ready(tls, on_trust, c);
        return false;
    }
    SSL_CTX *ctx = tls_context(tls, &c->dial->tls, loop_wall(c->frame->loop), &e);
    if (!ctx) {
        conn_fail(c, REASON_CONFIG, true, "%s", e.text);
        return false;
    }
    c->ssl = SSL_new(ctx);
    if (!c->ssl || SSL_set_fd(c->ssl, c->fd) != 1) {
        conn_fail(c, REASON_SELF, true, "there is no memory for a TLS connection");
        return false;
    }
    BIO_set_callback_arg(SSL_get_rbio(c->ssl), (char *)c);
    BIO_set_callback_ex(SSL_get_rbio(c->ssl), on_first_read);
    SSL_set_connect_state(c->ssl);
    tls_record(c->ssl);
    if (!tls_expect_host(c->ssl, c->dial->host, &c->dial->tls, &e)) {
        conn_fail(c, REASON_CONFIG, true, "%s", e.text);
        return false;
    }
    return true;
}

void conn_tls_start(struct conn *c)
{
    c->is_plain = false;
    c->first_len = 0;
    c->state = CONN_HANDSHAKING;
    conn_phase(c, PHASE_TLS);
    if (c->state == CONN_HANDSHAKING)
        conn_tls_go_on(c);
}

/* What can be shown of bytes that should have been TLS: the first line, printable. */
static void quote(const unsigned char *raw, size_t len, char *ret_text)
{
    size_t i = 0;
    for (; i < len && raw[i] != '\r' && raw[i] != '\n'; i++)
        ret_text[i] = raw[i] >= ' ' && raw[i] < 0x7f ? (char)raw[i] : '.';
    ret_text[i] = '\0';
}

/* The first bytes that came, whatever they are. */
static bool answered_without_tls(const struct conn *c)
{
    return c->first_len > 0 && c->first[0] != 0x16 &&
           c->first[0] != 0x15; /* RFC 8446 §5.1 */
}

static void handshake_failed(struct conn *c, int ssl_error, int error)
{
    char text[512], where[ADDRESS_TEXT_SIZE];
    if (answered_without_tls(c)) {
        ERR_clear_error();
        quote(c->first, c->first_len, text);
        conn_fail(c, REASON_NOT_TLS, false, "%s does not speak TLS: it answered '%s'",
                  conn_peer_text(c, where), text);
        return;
    }
    c->peer = tls_peer_read(c->ssl, c->arena);
    const bool is_certificate = c->peer->reason != REASON_NONE;
    if (!is_certificate && ssl_error == SSL_ERROR_SYSCALL && error != 0) {
        struct trouble why;
        trouble_of_stream(&why, error, conn_peer_text(c, where), false);
        ERR_clear_error();
        conn_fail(c, why.reason, why.is_unknown, "%.400s during the TLS handshake",
                  why.detail);
        return;
    }
    if (!is_certificate && ssl_error != SSL_ERROR_SSL) {
        ERR_clear_error();
        conn_fail(c, REASON_CLOSED, false,
                  "%s closed the connection during the TLS handshake",
                  conn_peer_text(c, where));
        return;
    }
    const enum reason reason = tls_error(c->ssl, c->peer, text, sizeof(text));
    conn_fail(c, reason, false, "%s: %.400s", conn_peer_text(c, where), text);
}

static void handshake_done(struct conn *c)
{
    char text[128];
    c->wants_write = false;
    c->peer = tls_peer_read(c->ssl, c->arena);
    if (c->events.note) {
        snprintf(text, sizeof(text), "%s, %s", c->peer->version, c->peer->cipher);
        conn_note(c, "tls", text);
    }
    conn_opened(c);
}

void conn_tls_go_on(struct conn *c)
{
    if (!c->ssl && !handshake_begin(c))
        return;
    ERR_clear_error();
    errno = 0;
    const int done = SSL_do_handshake(c->ssl);
    const int error = errno;
    if (done == 1) {
        handshake_done(c);
        return;
    }
    const int ssl_error = SSL_get_error(c->ssl, done);
    if (ssl_error != SSL_ERROR_WANT_READ && ssl_error != SSL_ERROR_WANT_WRITE) {
        handshake_failed(c, ssl_error, error);
        return;
    }
    c->wants_write = ssl_error == SSL_ERROR_WANT_WRITE;
    conn_watch_update(c);
}

void conn_tls_finish(struct conn *c, bool is_polite)
{
    if (c->frame->tls)
        tls_forget(c->frame->tls, c);
    if (!c->ssl)
        return;
    if (is_polite && SSL_is_init_finished(c->ssl)) {
        ERR_clear_error();
        SSL_shutdown(c->ssl); /* one close_notify, whether it can be sent or not */
    }
    ERR_clear_error();
    SSL_free(c->ssl);
    c->ssl = NULL;
}

ptrdiff_t conn_tls_read(struct conn *c, void *ptr, size_t size, struct trouble *ret_why)
{
    size_t got = 0;
    char text[512], where[ADDRESS_TEXT_SIZE];
    ERR_clear_error();
    errno = 0;
    const int ok = SSL_read_ex(c->ssl, ptr, size, &got);
    const int error = errno,
              ssl_error = ok == 1 ? SSL_ERROR_NONE : SSL_get_error(c->ssl, ok);
    c->wants_write = ssl_error == SSL_ERROR_WANT_WRITE; /* it answers a KeyUpdate */
    switch (ssl_error) {
    case SSL_ERROR_NONE:
        return (ptrdiff_t)got;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_SYSCALL:
        errno = error ? error : ECONNRESET;
        return -1;
    default:
        break;
    }
    ret_why->reason = tls_error(c->ssl, NULL, text, sizeof(text));
    ret_why->is_unknown = false;
    snprintf(ret_why->detail, sizeof(ret_why->detail), "%s: %.400s",
             conn_peer_text(c, where), text);
    errno = EPROTO;
    return -1;
}

ptrdiff_t conn_tls_write(struct conn *c, const void *ptr, size_t len)
{
    size_t sent = 0;
    ERR_clear_error();
    errno = 0;
    const int ok = SSL_write_ex(c->ssl, ptr, len, &sent);
    if (ok == 1)
        return (ptrdiff_t)sent;
    const int error = errno;
    switch (SSL_get_error(c->ssl, ok)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_SYSCALL:
        errno = error ? error : EPIPE;
        return -1;
    default:
        ERR_clear_error();
        errno = EPIPE;
        return -1;
    }
}
