/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates made for one test run: an authority, and leaves that are wrong in one way each. */
#ifndef HEALTHD_TESTS_LOOPBACK_PKI_H
#define HEALTHD_TESTS_LOOPBACK_PKI_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

struct identity {
    EVP_PKEY *key;
    X509 *cert;
};

static inline void add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    if (!extension)
        abort();
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
}

/* issuer NULL: signed by itself. san NULL: none. days: when it ends, from now; starts a year before
 * that end or now, whichever is earlier (start_days overrides when not 0). */
static inline struct identity identity_make(const char *cn, const struct identity *issuer,
                                            const char *san, bool is_ca, int start_days,
                                            int end_days)
{
    struct identity id = {.key = EVP_EC_gen("P-256"), .cert = X509_new()};
    X509 *x = id.cert;
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 0x0abcde);
    X509_time_adj_ex(X509_getm_notBefore(x), start_days, 0, NULL);
    X509_time_adj_ex(X509_getm_notAfter(x), end_days, 0, NULL);
    X509_set_pubkey(x, id.key);
    X509_NAME *name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1,
                               -1, 0);
    X509 *by = issuer ? issuer->cert : x;
    X509_set_issuer_name(x, X509_get_subject_name(by));
    if (is_ca)
        add_extension(x, by, NID_basic_constraints, "critical,CA:TRUE");
    if (san)
        add_extension(x, by, NID_subject_alt_name, san);
    if (!X509_sign(x, issuer ? issuer->key : id.key, EVP_sha256()))
        abort();
    return id;
}

static inline void identity_free(struct identity *id)
{
    EVP_PKEY_free(id->key);
    X509_free(id->cert);
    *id = (struct identity){0};
}

/* malloc'ed PEM text. */
static inline char *pem_of(X509 *cert, EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (cert)
        PEM_write_bio_X509(bio, cert);
    if (key)
        PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    BIO_write(bio, "", 1);
    char *inside = NULL;
    BIO_get_mem_data(bio, &inside);
    char *text = strdup(inside);
    BIO_free(bio);
    return text;
}

#endif
