/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client contexts: one for each different tls_config, kept and shared, made anew when one of its files
 * changed. The name to verify is not part of it: that is a connection's. Loop thread only.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/core/file_stamp.h"
#include "lib/core/tls_impl.h"

#define CONTEXTS_MAX 256
#define FILES_CHECK_INTERVAL NSEC_PER_SEC
#define ALPN_MAX_BYTES 512

struct tls_kept {
    struct list link;
    struct arena *arena; /* owns conf's texts */
    struct tls_conf conf;
    struct file_stamp stamps[3];
    struct wall checked;
    SSL_CTX *ctx;
};

static const char *text_of(const char *text)
{
    return text ? text : "";
}

static bool text_equal(const char *a, const char *b)
{
    return a == b || strcmp(text_of(a), text_of(b)) == 0;
}

static bool conf_equal(const struct tls_conf *a, const struct tls_conf *b)
{
    if (a->insecure_skip_verify != b->insecure_skip_verify ||
        a->min_version != b->min_version || a->max_version != b->max_version ||
        a->alpn.count != b->alpn.count)
        return false;
    for (size_t i = 0; i < a->alpn.count; i++) {
        if (!text_equal(a->alpn.items[i], b->alpn.items[i]))
            return false;
    }
    return text_equal(a->ca, b->ca) && text_equal(a->cert, b->cert) &&
           text_equal(a->key.value, b->key.value) && text_equal(a->ca_file, b->ca_file) &&
           text_equal(a->cert_file, b->cert_file) && text_equal(a->key_file, b->key_file);
}

/* The PEM text of a row or of its file's; NULL and e, or NULL alone when neither is set. */
static BIO *pem_open(const char *text, const char *file, const char *row, struct err *e)
{
    if (text_of(text)[0] && text_of(file)[0]) {
        err_set(e, "tls_config: %s and %s_file are both set, use one of them", row, row);
        return NULL;
    }
    if (text_of(text)[0])
        return BIO_new_mem_buf(text, -1);
    if (!text_of(file)[0])
        return NULL;
    errno = 0;
    BIO *bio = BIO_new_file(file, "re");
    if (!bio)
        err_errno(e, errno, "tls_config.%s_file: cannot read %s", row, file);
    ERR_clear_error();
    return bio;
}

static bool openssl_err(struct err *e, const char *file, const char *row,
                        const char *wanted)
{
    const unsigned long error = ERR_peek_error();
    const char *word = error ? ERR_reason_error_string(error) : NULL;
    err_set(e, "tls_config.%s%s %s: expected %s in PEM form%s%s", row,
            text_of(file)[0] ? "_file" : "", text_of(file), wanted, word ? ", but " : "",
            word ? word : "");
    ERR_clear_error();
    return false;
}

/* A passphrase is never asked for: nobody is there to type it. */
static int no_passphrase(char *buf, int size, int is_writing, void *ctx)
{
    (void)buf, (void)size, (void)is_writing, (void)ctx;
    return -1;
}

static bool ca_load(SSL_CTX *ctx, const struct tls_conf *conf, BIO *bio, struct err *e)
{
    X509_STORE *store = X509_STORE_new();
    size_t count = 0;
    X509 *x;
    while ((x = PEM_read_bio_X509_AUX(bio, NULL, no_passphrase, NULL)) != NULL) {
        X509_STORE_add_cert(store, x);
        X509_free(x);
        count++;
    }
    BIO_free(bio);
    if (count == 0) {
        X509_STORE_free(store);
        return openssl_err(e, conf->ca_file, "ca", "certificates");
    }
    ERR_clear_error();
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_cert_store(ctx, store);
    return true;
}

static bool cert_load(SSL_CTX *ctx, const struct tls_conf *conf, BIO *bio, struct err *e)
{
    X509 *leaf = PEM_read_bio_X509_AUX(bio, NULL, no_passphrase, NULL);
    bool ok = leaf && SSL_CTX_use_certificate(ctx, leaf) == 1;
    X509 *issuer;
    while (ok && (issuer = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL) {
        ok = SSL_CTX_add0_chain_cert(ctx, issuer) == 1;
        if (!ok)
            X509_free(issuer);
    }
    X509_free(leaf);
    BIO_free(bio);
    if (!ok)
        return openssl_err(e, conf->cert_file, "cert", "a certificate");
    ERR_clear_error();
    return true;
}

static bool key_load(SSL_CTX *ctx, const struct tls_conf *conf, BIO *bio, struct err *e)
{
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    if (!key)
        return openssl_err(e, conf->key_file, "key", "a private key without passphrase");
    const bool fits =
        SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;
    EVP_PKEY_free(key);
    ERR_clear_error();
    return fits || err_set(e, "tls_config: the key is not that of the certificate");
}

static bool identity_load(SSL_CTX *ctx, const struct tls_conf *conf, struct err *e)
{
    e->text[0] = '\0';
    BIO *cert = pem_open(conf->cert, conf->cert_file, "cert", e);
    BIO *key = e->text[0] ? NULL : pem_open(conf->key.value, conf->key_file, "key", e);
    const bool is_whole = (cert != NULL) == (key != NULL);
    if (e->text[0] || !is_whole) {
        BIO_free(cert);
        BIO_free(key);
        return !e->text[0] &&
               err_set(e, "tls_config: %s needs %s as well", cert ? "cert" : "key",
                       cert ? "key or key_file" : "cert or cert_file");
    }
    if (!cert)
        return true;
    if (!cert_load(ctx, conf, cert, e)) {
        BIO_free(key);
        return false;
    }
    return key_load(ctx, conf, key, e);
}

static int version_number(int version, int otherwise)
{
    switch ((enum tls_version)version) {
    case TLS_VERSION_10:
        return TLS1_VERSION;
    case TLS_VERSION_11:
        return TLS1_1_VERSION;
    case TLS_VERSION_12:
        return TLS1_2_VERSION;
    case TLS_VERSION_13:
        return TLS1_3_VERSION;
    case TLS_VERSION_ANY:
        break;
    }
    return otherwise;
}

static bool versions_set(SSL_CTX *ctx, const struct tls_conf *conf, struct err *e)
{
    const int max = version_number(conf->max_version, TLS1_3_VERSION);
    const int least = max < TLS1_2_VERSION ? max : TLS1_2_VERSION;
    const int min = version_number(conf->min_version, least);
    if (min > max)
        return err_set(e, "tls_config: min_version is newer than max_version");
    SSL_CTX_set_min_proto_version(ctx, min);
    SSL_CTX_set_max_proto_version(ctx, max);
    if (min < TLS1_2_VERSION) /* their handshakes are signed with MD5 and SHA-1 */
        SSL_CTX_set_cipher_list(ctx, "DEFAULT:@SECLEVEL=0");
    return true;
}

static bool alpn_set(SSL_CTX *ctx, const struct tls_conf *conf, struct err *e)
{
    unsigned char wire[ALPN_MAX_BYTES];
    size_t len = 0;
    for (size_t i = 0; i < conf->alpn.count; i++) {
        const size_t name = strlen(conf->alpn.items[i]);
        if (name == 0 || name > 255 || len + 1 + name > sizeof(wire))
            return err_set(
                e,
                "tls_config.alpn: '%.64s' is not a protocol's name (1 to 255 bytes), "
                "or the list is longer than %d bytes",
                conf->alpn.items[i], ALPN_MAX_BYTES);
        wire[len++] = (unsigned char)name;
        memcpy(wire + len, conf->alpn.items[i], name);
        len += name;
    }
    if (len > 0)
        SSL_CTX_set_alpn_protos(ctx, wire, (unsigned)len);
    return true;
}

static void verification_set(struct tls *t, SSL_CTX *ctx, const struct tls_conf *conf)
{
    const bool skips = conf->insecure_skip_verify;
    SSL_CTX_set_verify(ctx, skips ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, skips ? tls_verify_leniently : tls_verify, t);
    /* A resumed session shows no certificates; each handshake is to be a whole one. */
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
}

static SSL_CTX *context_create(struct tls *t, const struct tls_conf *conf, struct err *e)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (!ctx) {
        err_set(e, "OpenSSL has no memory for a context");
        return NULL;
    }
    e->text[0] = '\0';
    BIO *ca = pem_open(conf->ca, conf->ca_file, "ca", e);
    bool ok = !e->text[0];
    if (ok && ca)
        ok = ca_load(ctx, conf, ca, e);
    else if (ok)
        SSL_CTX_set1_cert_store(ctx, t->store);
    ok = ok && identity_load(ctx, conf, e) && versions_set(ctx, conf, e) &&
         alpn_set(ctx, conf, e);
    if (!ok) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    verification_set(t, ctx, conf);
    SSL_CTX_set_read_ahead(ctx, 1);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
    return ctx;
}

static void stamps_read(const struct tls_conf *conf, struct file_stamp stamps[3])
{
    const char *const files[3] = {conf->ca_file, conf->cert_file, conf->key_file};
    for (int i = 0; i < 3; i++)
        stamps[i] =
            text_of(files[i])[0] ? file_stamp_read(files[i]) : (struct file_stamp){0};
}

static void kept_free(struct tls *t, struct tls_kept *kept)
{
    list_remove(&kept->link);
    t->context_count--;
    SSL_CTX_free(kept->ctx);
    if (kept->conf.key.value)
        OPENSSL_cleanse((char *)(uintptr_t)kept->conf.key.value,
                        strlen(kept->conf.key.value));
    arena_destroy(kept->arena);
    free(kept);
}

void tls_contexts_finish(struct tls *t)
{
    LIST_EACH (link, &t->contexts)
        kept_free(t, LIST_ITEM(link, struct tls_kept, link));
}

/* A file changed: the new context, or the old one while the new files do not fit together. */
static void kept_follow(struct tls *t, struct tls_kept *kept, struct wall now)
{
    const nsec since = now.ns - kept->checked.ns;
    if (since >= 0 && since < FILES_CHECK_INTERVAL)
        return;
    struct file_stamp stamps[3];
    kept->checked = now;
    stamps_read(&kept->conf, stamps);
    if (memcmp(stamps, kept->stamps, sizeof(stamps)) == 0)
        return;
    struct err e = {0};
    SSL_CTX *fresh = context_create(t, &kept->conf, &e);
    memcpy(kept->stamps, stamps, sizeof(stamps));
    if (!fresh) {
        log_warning(EV("certificates kept"), STR("why", e.text));
        return;
    }
    SSL_CTX_free(kept->ctx);
    kept->ctx = fresh;
}

SSL_CTX *tls_context(struct tls *t, const struct tls_conf *conf, struct wall now,
                     struct err *e)
{
    LIST_EACH (link, &t->contexts) {
        struct tls_kept *kept = LIST_ITEM(link, struct tls_kept, link);
        if (!conf_equal(&kept->conf, conf))
            continue;
        if (link != t->contexts.next) {
            list_remove(link);
            list_prepend(&t->contexts, link);
        }
        kept_follow(t, kept, now);
        return kept->ctx;
    }
    struct file_stamp stamps[3];
    stamps_read(conf, stamps);
    SSL_CTX *ctx = context_create(t, conf, e);
    if (!ctx)
        return NULL;
    if (t->context_count >= CONTEXTS_MAX)
        kept_free(t, LIST_ITEM(t->contexts.prev, struct tls_kept, link));
    struct tls_kept *kept = memory_take(sizeof(*kept));
    *kept = (struct tls_kept){.arena = arena_create(0), .checked = now, .ctx = ctx};
    tls_conf_copy(kept->arena, conf, &kept->conf);
    kept->conf.server_name = ""; /* no context depends on it */
    memcpy(kept->stamps, stamps, sizeof(stamps));
    list_prepend(&t->contexts, &kept->link);
    t->context_count++;
    return ctx;
}

bool tls_apply(struct tls *t, SSL_CTX *ctx, const struct tls_conf *conf, struct err *e)
{
    SSL_CTX *ours = tls_context(t, conf, wall_read(), e);
    if (!ours)
        return false;
    SSL_CTX_set1_cert_store(ctx, SSL_CTX_get_cert_store(ours));
    X509 *cert = SSL_CTX_get0_certificate(ours);
    STACK_OF(X509) *chain = NULL;
    SSL_CTX_get_extra_chain_certs(ours, &chain);
    if (cert &&
        SSL_CTX_use_cert_and_key(ctx, cert, SSL_CTX_get0_privatekey(ours), chain, 1) != 1)
        return err_set(e, "tls_config: OpenSSL does not take the client certificate");
    if (!versions_set(ctx, conf, e))
        return false;
    verification_set(t, ctx, conf);
    return true;
}
