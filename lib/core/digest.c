/* SPDX-License-Identifier: Apache-2.0 */
/* See digest.h. By OpenSSL; out of memory ends the process, as everywhere. */
#include "lib/core/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

enum { SHA256_BYTES = 32, MD5_BYTES = 16 };

static void to_text(const unsigned char *digest, size_t len, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *ret_text++ = digits[digest[i] >> 4];
        *ret_text++ = digits[digest[i] & 15];
    }
    *ret_text = '\0';
}

static EVP_MD_CTX *begin(void)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    if (!md || !EVP_DigestInit_ex(md, EVP_sha256(), NULL))
        abort();
    return md;
}

static void add(EVP_MD_CTX *md, const void *ptr, size_t len)
{
    if (len && !EVP_DigestUpdate(md, ptr, len))
        abort();
}

static void end(EVP_MD_CTX *md, char *ret_text)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!EVP_DigestFinal_ex(md, digest, &len) || len != SHA256_BYTES)
        abort();
    EVP_MD_CTX_free(md);
    to_text(digest, SHA256_BYTES, ret_text);
}

void digest_parts(const struct bytes *parts, size_t count,
                  char ret_text[DIGEST_TEXT_SIZE])
{
    EVP_MD_CTX *md = begin();
    for (size_t i = 0; i < count; i++) {
        add(md, parts[i].ptr, parts[i].len);
        add(md, "", 1);
    }
    end(md, ret_text);
}

void digest_bytes(struct bytes data, char ret_text[DIGEST_TEXT_SIZE])
{
    EVP_MD_CTX *md = begin();
    add(md, data.ptr, data.len);
    end(md, ret_text);
}

void digest_hmac(struct bytes key, struct bytes data, char ret_text[DIGEST_TEXT_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!HMAC(EVP_sha256(), key.len ? key.ptr : "", (int)key.len,
              (const unsigned char *)(data.len ? data.ptr : ""), data.len, digest,
              &len) ||
        len != SHA256_BYTES)
        abort();
    to_text(digest, SHA256_BYTES, ret_text);
}

bool digest_md5(struct bytes data, char ret_text[DIGEST_MD5_TEXT_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (!EVP_Digest(data.ptr, data.len, digest, NULL, EVP_md5(), NULL))
        return false;
    to_text(digest, MD5_BYTES, ret_text);
    return true;
}

bool digest_sha1(struct bytes data, unsigned char ret_digest[DIGEST_SHA1_BYTES])
{
    return EVP_Digest(data.ptr, data.len, ret_digest, NULL, EVP_sha1(), NULL) == 1;
}
