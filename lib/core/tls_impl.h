/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS's inside, shared by tls*.c and conn_tls.c; nobody else includes it. What a handshake shows is
 * recorded in a struct tls_seen that hangs on its SSL, also when the handshake then fails.
 */
#ifndef HEALTHD_CORE_TLS_IMPL_H
#define HEALTHD_CORE_TLS_IMPL_H

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "lib/base/list.h"
#include "lib/core/tls.h"

struct tls {
    struct pool *pool;
    struct job *loading;
    X509_STORE *store; /* the system's trust; complete when is_ready */
    bool is_ready, has_trust;
    struct list waiting;  /* tls_when_ready */
    struct list contexts; /* struct tls_kept, the newest used first */
    size_t context_count;
};

/* What one SSL showed. Owned by the SSL. */
struct tls_seen {
    const struct tls *tls; /* whose trust it was verified against; NULL: not verified */
    STACK_OF(X509) * presented; /* as sent, leaf first */
    X509 *culprit;              /* the certificate that failed, or NULL */
    int error, error_depth;     /* X509_V_ERR_… of the first failure */
    bool is_verified;
    struct wall chain_expiry;
    char *host; /* the name expected */
};
struct tls_seen *tls_seen_of(const SSL *ssl); /* NULL without tls_record */

/* The verification of every context of ours: X509_verify_cert, recorded. arg: struct tls. */
int tls_verify(X509_STORE_CTX *store, void *tls);
/* With insecure_skip_verify: the same, but whatever it finds is accepted. */
int tls_verify_leniently(X509_STORE_CTX *store, void *tls);

/* tls_error.c: whether an alert is one by which a server speaks about our certificate, or the lack of one
 * (RFC 8446 §6.2). */
bool tls_alert_is_about_client(int alert);

/* tls_context.c: */
void tls_contexts_finish(struct tls *t);

/* tls_cert.c: what a certificate says. */
void tls_cert_read(X509 *x, struct arena *arena, struct tls_cert *ret_cert);
const char *tls_name_format(const X509_NAME *name, struct arena *arena);
struct wall tls_time_read(const ASN1_TIME *time);

#endif
