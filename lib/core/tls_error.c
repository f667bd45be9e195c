/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's queue of errors as one reason and one sentence for people. Called right after a handshake,
 * read or write failed; leaves the queue empty.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/tls_impl.h"

bool tls_alert_is_about_client(int alert)
{
    switch (alert) {
    case SSL3_AD_NO_CERTIFICATE:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case TLS13_AD_CERTIFICATE_REQUIRED:
        return true;
    default:
        return false;
    }
}

static enum reason alert_text(int alert, char *ret_text, size_t size)
{
    const char *word = SSL_alert_desc_string_long(alert);
    if (alert == SSL3_AD_NO_CERTIFICATE || alert == TLS13_AD_CERTIFICATE_REQUIRED) {
        snprintf(ret_text, size,
                 "the server wants a client certificate: set tls_config.cert_file and "
                 "key_file");
        return REASON_TLS_CLIENT;
    }
    if (tls_alert_is_about_client(alert)) {
        snprintf(ret_text, size,
                 "the server refused our client certificate, or wants one: %s", word);
        return REASON_TLS_CLIENT;
    }
    if (alert == SSL_AD_PROTOCOL_VERSION)
        snprintf(ret_text, size,
                 "the server speaks none of the TLS versions that min_version and "
                 "max_version allow");
    else if (alert == SSL_AD_HANDSHAKE_FAILURE)
        snprintf(ret_text, size,
                 "the server refused the TLS handshake: no cipher in common, or it "
                 "wants a client certificate");
    else if (alert == SSL_AD_UNRECOGNIZED_NAME)
        snprintf(ret_text, size,
                 "the server knows no site of the name asked for (SNI): %s", word);
    else
        snprintf(ret_text, size, "the server ended TLS with the alert '%s'", word);
    return REASON_TLS_HANDSHAKE;
}

static enum reason reason_text(unsigned long error, char *ret_text, size_t size)
{
    switch (ERR_GET_REASON(error)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
        snprintf(ret_text, size, "the server does not speak TLS");
        return REASON_NOT_TLS;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
        snprintf(ret_text, size,
                 "the server speaks none of the TLS versions that min_version and "
                 "max_version allow");
        return REASON_TLS_HANDSHAKE;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        snprintf(ret_text, size, "the server closed the connection in the middle of TLS");
        return REASON_TLS_HANDSHAKE;
    default:
        break;
    }
    const char *word = ERR_reason_error_string(error);
    snprintf(ret_text, size, "the TLS handshake failed: %s",
             word ? word : "no reason given");
    return REASON_TLS_HANDSHAKE;
}

enum reason tls_error(SSL *ssl, const struct tls_peer *peer, char *ret_text, size_t size)
{
    unsigned long error = 0, next;
    (void)ssl;
    while ((next = ERR_get_error()) != 0) {
        /* The newest of libssl's says most: what is below it is where it came from. */
        if (error == 0 || ERR_GET_LIB(next) == ERR_LIB_SSL)
            error = next;
    }
    if (peer && peer->reason != REASON_NONE) {
        snprintf(ret_text, size, "%s", peer->why);
        return peer->reason;
    }
    if (error == 0) {
        snprintf(ret_text, size,
                 "the server closed the connection during the TLS handshake");
        return REASON_TLS_HANDSHAKE;
    }
    const int alert = ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET;
    if (ERR_GET_LIB(error) == ERR_LIB_SSL && alert >= 0 && alert < 256)
        return alert_text(alert, ret_text, size);
    return reason_text(error, ret_text, size);
}
