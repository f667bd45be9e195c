/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a handshake showed: recorded while OpenSSL verifies, read afterwards, whether the handshake
 * then succeeded or not. Used by conn and, through libcurl's contexts, by fetch.
 */
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"
#include "lib/core/resolve.h"
#include "lib/core/tls_impl.h"

/* OpenSSL numbers what may hang on an SSL once per process; there is no handle to keep it in. */
static pthread_once_t seen_once = PTHREAD_ONCE_INIT;
static int seen_index;

static void seen_free(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index, long argl,
                      void *argp)
{
    struct tls_seen *seen = ptr;
    (void)parent, (void)data, (void)index, (void)argl, (void)argp;
    if (!seen)
        return;
    sk_X509_pop_free(seen->presented, X509_free);
    X509_free(seen->culprit);
    free(seen->host);
    free(seen);
}

static void seen_index_make(void)
{
    seen_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, seen_free);
}

struct tls_seen *tls_seen_of(const SSL *ssl)
{
    pthread_once(&seen_once, seen_index_make);
    return ssl ? SSL_get_ex_data(ssl, seen_index) : NULL;
}

void tls_record(SSL *ssl)
{
    struct tls_seen *old = tls_seen_of(ssl);
    struct tls_seen *seen = memory_take(sizeof(*seen));
    *seen = (struct tls_seen){0};
    if (old)
        seen_free(NULL, old, NULL, 0, 0, NULL);
    SSL_set_ex_data(ssl, seen_index, seen);
}

void tls_record_done(SSL *ssl)
{
    STACK_OF(X509) *presented = SSL_get_peer_cert_chain(ssl);
    const STACK_OF(X509) *verified = SSL_get0_verified_chain(ssl);
    tls_record(ssl);
    struct tls_seen *seen = tls_seen_of(ssl);
    seen->presented = presented ? X509_chain_up_ref(presented) : NULL;
    seen->is_verified = SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE &&
                        SSL_get_verify_result(ssl) == X509_V_OK;
    for (int i = 0; seen->is_verified && i < sk_X509_num(verified); i++) {
        const struct wall end =
            tls_time_read(X509_get0_notAfter(sk_X509_value(verified, i)));
        if (i == 0 || end.ns < seen->chain_expiry.ns)
            seen->chain_expiry = end;
    }
}

size_t tls_peek(SSL *ssl, void *buf, size_t size)
{
    ERR_clear_error();
    const int len = ssl ? SSL_peek(ssl, buf, size > INT_MAX ? INT_MAX : (int)size) : 0;
    ERR_clear_error();
    return len > 0 ? (size_t)len : 0;
}

static SSL *ssl_of(X509_STORE_CTX *store)
{
    return X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
}

static void seen_present(struct tls_seen *seen, X509_STORE_CTX *store)
{
    sk_X509_pop_free(seen->presented, X509_free);
    seen->presented = X509_chain_up_ref(X509_STORE_CTX_get0_untrusted(store));
}

int tls_verify(X509_STORE_CTX *store, void *tls)
{
    struct tls_seen *seen = tls_seen_of(ssl_of(store));
    const int ok = X509_verify_cert(store);
    if (!seen)
        return ok;
    seen_present(seen, store);
    seen->tls = tls;
    seen->is_verified = ok == 1;
    seen->error = X509_STORE_CTX_get_error(store);
    seen->error_depth = X509_STORE_CTX_get_error_depth(store);
    if (ok != 1) {
        X509 *culprit = X509_STORE_CTX_get_current_cert(store);
        if (culprit && X509_up_ref(culprit))
            seen->culprit = culprit;
        return ok;
    }
    const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store);
    for (int i = 0; i < sk_X509_num(chain); i++) {
        const struct wall end =
            tls_time_read(X509_get0_notAfter(sk_X509_value(chain, i)));
        if (i == 0 || end.ns < seen->chain_expiry.ns)
            seen->chain_expiry = end;
    }
    return ok;
}

int tls_verify_leniently(X509_STORE_CTX *store, void *tls)
{
    tls_verify(store, tls);
    return 1;
}

bool tls_expect_host(SSL *ssl, const char *host, const struct tls_conf *conf,
                     struct err *e)
{
    const char *name =
        conf->server_name && conf->server_name[0] ? conf->server_name : host;
    struct tls_seen *seen = tls_seen_of(ssl);
    if (seen) {
        free(seen->host);
        seen->host = memory_strdup(name);
    }
    if (!name || !name[0]) {
        if (conf->insecure_skip_verify)
            return true;
        return err_set(e, "there is no host name to verify the certificate against: set "
                          "tls_config.server_name, or insecure_skip_verify");
    }
    struct address literal;
    char text[ADDRESS_TEXT_SIZE];
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (address_parse(name, 0, &literal)) { /* RFC 6066 §3: no address in SNI */
        if (literal.to.sa.sa_family == AF_INET6)
            literal.to.in6.sin6_scope_id = 0;
        return X509_VERIFY_PARAM_set1_ip_asc(param, address_format(&literal, text)) ==
                   1 ||
               err_set(e, "cannot verify the address %s", name);
    }
    size_t len = strlen(name);
    if (name[len - 1] == '.')
        len--;
    if (len == 0 || len > 253)
        return err_set(e, "'%s' cannot be the name of a TLS server", name);
    char plain[254];
    memcpy(plain, name, len);
    plain[len] = '\0';
    if (SSL_set_tlsext_host_name(ssl, plain) != 1 || SSL_set1_host(ssl, plain) != 1)
        return err_set(e, "'%s' cannot be the name of a TLS server", name);
    return true;
}

static const char *version_name(const SSL *ssl)
{
    switch (SSL_version(ssl)) {
    case TLS1_VERSION:
        return "TLS 1.0";
    case TLS1_1_VERSION:
        return "TLS 1.1";
    case TLS1_2_VERSION:
        return "TLS 1.2";
    case TLS1_3_VERSION:
        return "TLS 1.3";
    default:
        return SSL_get_version(ssl);
    }
}

static void peer_session_read(struct tls_peer *peer, SSL *ssl, struct arena *arena)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    const unsigned char *alpn = NULL;
    unsigned alpn_len = 0;
    if (!cipher)
        return;
    peer->version = version_name(ssl);
    peer->cipher = SSL_CIPHER_standard_name(cipher);
    SSL_get0_alpn_selected(ssl, &alpn, &alpn_len);
    peer->alpn = arena_strndup(arena, alpn ? (const char *)alpn : "", alpn_len);
}

static const char *date_text(struct arena *arena, struct wall at)
{
    char text[WALL_TEXT_SIZE];
    return arena_strndup(arena, wall_format(at, text), 10);
}

/* "CN=shop", or what there is when the subject is empty. */
static const char *cert_label(const struct tls_cert *cert)
{
    return cert->subject[0] ? cert->subject
           : cert->names[0] ? cert->names
                            : "without a name";
}

static const char *names_text(struct arena *arena, const struct tls_cert *cert)
{
    if (!cert->names[0] && !cert->addresses[0])
        return "it names no host at all (a common name alone does not count)";
    return arena_printf(arena, "it is for %.300s%s%.100s", cert->names,
                        cert->names[0] && cert->addresses[0] ? "," : "", cert->addresses);
}

static void judge_untrusted(struct tls_peer *peer, const struct tls_seen *seen,
                            const char *whose, const struct tls_cert *bad,
                            struct arena *arena)
{
    const char *hint = seen->tls && seen->tls->is_ready && !seen->tls->has_trust
                           ? "; this machine has no trusted certificates at all: install "
                             "ca-certificates, or set tls_config.ca_file"
                           : "";
    peer->reason = REASON_TLS_UNTRUSTED;
    switch (seen->error) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        peer->why = arena_printf(arena, "%s is signed by itself and not trusted (%s)%s",
                                 whose, cert_label(bad), hint);
        return;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        peer->why =
            arena_printf(arena, "%s was issued by '%s', which is not trusted here%s",
                         whose, bad->issuer, hint);
        return;
    default:
        peer->why = arena_printf(arena, "%s is not trusted: %s (%s, issued by '%s')",
                                 whose, X509_verify_cert_error_string(seen->error),
                                 cert_label(bad), bad->issuer);
        return;
    }
}

static void peer_judge(struct tls_peer *peer, const struct tls_seen *seen,
                       struct arena *arena)
{
    struct tls_cert bad = {.subject = "", .issuer = "", .names = "", .addresses = ""};
    if (seen->culprit)
        tls_cert_read(seen->culprit, arena, &bad);
    const char *host = seen->host ? seen->host : "the server";
    const char *whose = arena_printf(arena, "the certificate of %.253s", host);
    if (seen->error_depth > 0 && seen->culprit)
        whose =
            arena_printf(arena, "%s '%.200s' in the chain of %.253s",
                         bad.is_ca ? "the issuer" : "the certificate", bad.subject, host);
    switch (seen->error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        peer->reason = REASON_TLS_EXPIRED;
        peer->why = arena_printf(arena, "%s expired on %s (%s)", whose,
                                 date_text(arena, bad.not_after), cert_label(&bad));
        return;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        peer->reason = REASON_TLS_EXPIRED;
        peer->why = arena_printf(arena, "%s is not valid before %s (%s)", whose,
                                 date_text(arena, bad.not_before), cert_label(&bad));
        return;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        peer->reason = REASON_TLS_NAME;
        peer->why = arena_printf(arena, "the certificate is not for %.253s: %s", host,
                                 names_text(arena, &bad));
        return;
    default:
        judge_untrusted(peer, seen, whose, &bad, arena);
        return;
    }
}

struct tls_peer *tls_peer_read(SSL *ssl, struct arena *arena)
{
    struct tls_peer *peer = arena_alloc(arena, sizeof(*peer));
    const struct tls_seen *seen = tls_seen_of(ssl);
    peer->why = "";
    peer_session_read(peer, ssl, arena);
    const int count = seen ? sk_X509_num(seen->presented) : 0;
    if (count <= 0)
        return peer;
    struct tls_cert *chain = arena_alloc(arena, (size_t)count * sizeof(*chain));
    for (int i = 0; i < count; i++) {
        tls_cert_read(sk_X509_value(seen->presented, i), arena, &chain[i]);
        if (i == 0 || chain[i].not_after.ns < peer->earliest_expiry.ns)
            peer->earliest_expiry = chain[i].not_after;
    }
    peer->chain = chain;
    peer->chain_count = (size_t)count;
    peer->verified = seen->is_verified;
    peer->chain_expiry = seen->chain_expiry;
    if (seen->tls && !seen->is_verified)
        peer_judge(peer, seen, arena);
    return peer;
}

struct tls_peer *tls_peer_copy(const struct tls_peer *peer, struct arena *arena)
{
    if (!peer)
        return NULL;
    struct tls_peer *copy = arena_memdup(arena, peer, sizeof(*peer));
    struct tls_cert *chain =
        peer->chain_count
            ? arena_memdup(arena, peer->chain, peer->chain_count * sizeof(*chain))
            : NULL;
    for (size_t i = 0; i < peer->chain_count; i++) {
        chain[i].subject = arena_strdup(arena, chain[i].subject);
        chain[i].issuer = arena_strdup(arena, chain[i].issuer);
        chain[i].names = arena_strdup(arena, chain[i].names);
        chain[i].addresses = arena_strdup(arena, chain[i].addresses);
        chain[i].serial = arena_strdup(arena, chain[i].serial);
        chain[i].fingerprint = arena_strdup(arena, chain[i].fingerprint);
    }
    copy->chain = chain;
    copy->version = arena_strdup(arena, peer->version);
    copy->cipher = arena_strdup(arena, peer->cipher);
    copy->alpn = arena_strdup(arena, peer->alpn);
    copy->why = arena_strdup(arena, peer->why);
    return copy;
}
