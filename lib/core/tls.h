/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS: contexts, trust and what a peer's certificates say. One X509_STORE is built once, on a pool thread,
 * and shared by everybody (conn, fetch). Certificates are recorded also when verification fails.
 */
#ifndef HEALTHD_CORE_TLS_H
#define HEALTHD_CORE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/core/digest.h"
#include "lib/core/opt.h"
#include "lib/core/reason.h"

/* As in OpenSSL's headers, which only tls.c and conn.c include. */
typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;

enum tls_version {
    TLS_VERSION_ANY,
    TLS_VERSION_10,
    TLS_VERSION_11,
    TLS_VERSION_12,
    TLS_VERSION_13
};

/* `tls_config:`, with blackbox_exporter's (Prometheus') keys. */
struct tls_conf {
    const char *ca, *cert; /* PEM text */
    struct secret key;
    const char *ca_file, *cert_file, *key_file;
    const char *server_name; /* SNI and the name verified; "" = the host asked for */
    bool insecure_skip_verify;
    int min_version, max_version; /* enum tls_version */
    struct texts alpn;
};
/* Rows for OPT_ROW_SECTION("tls_config", …, struct tls_conf, tls_opts, …). */
extern const struct opt tls_opts[];
/* A copy that needs nothing of the generation that from is in. */
void tls_conf_copy(struct arena *arena, const struct tls_conf *from,
                   struct tls_conf *ret_conf);

/* What tells two apart: equal for those that make equal connections. */
void tls_conf_digest(const struct tls_conf *conf, char ret_text[DIGEST_TEXT_SIZE]);

struct run;
struct metric;
struct tls;
struct pool;
/* The system's trust (or SSL_CERT_FILE / SSL_CERT_DIR) is not loaded by this: whoever first waits for it has it loaded, on
 * a thread of the pool. */
struct tls *tls_create(struct pool *p, struct err *e);
void tls_destroy(struct tls *t); /* before the pool; takes NULL */
/* Whether a connection by conf need not wait: the trust is loaded, or conf names certificates of its own to trust. */
bool tls_is_ready(const struct tls *t, const struct tls_conf *conf);
bool tls_is_loading(const struct tls *t);
/* Calls fn(ctx) once the trust is loaded: at once if it is. The first call begins the loading. */
void tls_when_ready(struct tls *t, void (*fn)(void *ctx), void *ctx);
/* What waits with this ctx is not called. */
void tls_forget(struct tls *t, const void *ctx);

/* A client context for conf: kept and shared for equal conf and unchanged files (checked by mtime at most once
 * a second), so that its cost is paid once. Owned by t. */
SSL_CTX *tls_context(struct tls *t, const struct tls_conf *conf, struct wall now,
                     struct err *e);
/* Applies conf (trust, certificate, versions, verification that records) to a context that a library made: for
 * CURLOPT_SSL_CTX_FUNCTION. */
bool tls_apply(struct tls *t, SSL_CTX *ctx, const struct tls_conf *conf, struct err *e);

struct tls_cert {
    const char *subject, *issuer; /* RFC 2253 in blackbox_exporter's order */
    const char *names;            /* DNS SANs, comma-joined */
    const char *addresses;        /* IP SANs, comma-joined */
    const char *serial;           /* lower-case hex, leading zeros kept */
    const char *fingerprint;      /* SHA-256, lower-case hex */
    struct wall not_before, not_after;
    bool is_ca;
};
struct tls_peer {                 /* what a handshake showed */
    const struct tls_cert *chain; /* as presented, leaf first; NULL when none */
    size_t chain_count;
    const char *version, *cipher, *alpn; /* "TLS 1.3", "TLS_AES_128_GCM_SHA256", "h2" */
    bool verified; /* judged also with insecure_skip_verify, which only lets it pass */
    enum reason reason; /* why not: TLS_UNTRUSTED, TLS_EXPIRED, TLS_NAME …; else NONE */
    const char *why;    /* a sentence naming the certificate */
    struct wall earliest_expiry; /* of the presented certificates */
    /* latest over verified chains of each one's earliest; ns 0: not verified */
    struct wall chain_expiry;
};

/* Makes a connection record its peer: call before the handshake, on an SSL of a context above. */
void tls_record(SSL *ssl);
/* Name check, SNI and verification for one connection. host: as asked for. */
bool tls_expect_host(SSL *ssl, const char *host, const struct tls_conf *conf,
                     struct err *e);
/* After the handshake, failed or not: reads what was recorded, in arena. */
struct tls_peer *tls_peer_read(SSL *ssl, struct arena *arena);
/* Deep; NULL gives NULL. */
struct tls_peer *tls_peer_copy(const struct tls_peer *peer, struct arena *arena);
/* For a handshake that was not made with a context of ours (libpq's), once it is done: what its certificates say, for
 * tls_peer_read. Whether they were verified is the library's word. */
void tls_record_done(SSL *ssl);
/* What waits to be read, left there: up to size bytes, or 0 when nothing can be told. */
size_t tls_peek(SSL *ssl, void *buf, size_t size);
/* What failed, as a sentence and a reason: the certificate when the peer's was not accepted (peer may be NULL),
 * else OpenSSL's newest error. Clears the queue. */
enum reason tls_error(SSL *ssl, const struct tls_peer *peer, char *ret_text, size_t size);
/* blackbox's probe_ssl_* and probe_tls_*. */
void tls_emit(struct run *run, const struct tls_peer *peer, bool with_cipher);
extern const struct metric *const tls_metrics[]; /* what tls_emit sets; NULL-terminated */

#endif
