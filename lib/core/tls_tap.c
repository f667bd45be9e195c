/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watches handshakes that libcurl drives. Called by fetch_setup.c for each new connection; the callback runs
 * inside SSL_connect and SSL_read. Never decides about trust: tls.c's verification does.
 */
#include "lib/core/tls_tap.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>

#include "lib/core/tls_impl.h"

static void tap_started(struct tls_tap *tap, SSL *ssl)
{
    tap->peer = NULL;
    tap->is_done = tap->is_ours = false;
    tap->reason = REASON_NONE;
    tap->text[0] = '\0';
    if (tap->started)
        tap->started(tap->ctx);
    struct err e = {0};
    tls_record(ssl);
    if (tls_expect_host(ssl, tap->host, tap->conf, &e))
        return;
    tap->is_ours = true;
    tap->reason = REASON_CONFIG;
    snprintf(tap->text, sizeof(tap->text), "%s", e.text);
    /* A callback cannot refuse; a hello without a possible version is never sent. */
    SSL_set_min_proto_version(ssl, TLS1_3_VERSION);
    SSL_set_max_proto_version(ssl, TLS1_VERSION);
}

static void tap_failed(struct tls_tap *tap, SSL *ssl)
{
    if (tap->is_ours)
        return;
    tap->peer = tls_peer_read(ssl, tap->arena);
    tap->reason = tls_error(ssl, tap->peer, tap->text, sizeof(tap->text));
}

static void tap_alerted(struct tls_tap *tap, int alert)
{
    const int level = alert >> 8, description = alert & 0xff;
    if (level != SSL3_AL_FATAL || !tap->is_done)
        return;
    tap->reason =
        tls_alert_is_about_client(description) ? REASON_TLS_CLIENT : REASON_TLS_HANDSHAKE;
    snprintf(tap->text, sizeof(tap->text), "the server ended TLS with the alert '%s'",
             SSL_alert_desc_string_long(alert));
}

static void tap_info(const SSL *seen, int where, int result)
{
    SSL *ssl = (SSL *)seen; /* OpenSSL's signature says const, its own examples do not */
    SSL_CTX *ctx = SSL_get_SSL_CTX(ssl);
    struct tls_tap *tap = SSL_CTX_get_app_data(ctx);
    if (!tap)
        return;
    if ((where & SSL_CB_HANDSHAKE_START) && !tap->is_done) {
        tap_started(tap, ssl);
    } else if ((where & SSL_CB_HANDSHAKE_DONE) && !tap->is_done) {
        tap->is_done = true;
        tap->peer = tls_peer_read(ssl, tap->arena);
        if (tap->is_shared)
            SSL_CTX_set_app_data(ctx, NULL);
    } else if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT) {
        tap_alerted(tap, result);
    } else if (where == SSL_CB_CONNECT_EXIT && result <= 0 && ERR_peek_error() != 0) {
        tap_failed(tap, ssl);
    }
}

void tls_tap_set(struct tls_tap *tap, SSL_CTX *ctx)
{
    tap->is_done = false;
    SSL_CTX_set_app_data(ctx, tap);
    SSL_CTX_set_info_callback(ctx, tap_info);
}
