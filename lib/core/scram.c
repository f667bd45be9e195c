/* SPDX-License-Identifier: Apache-2.0 */
/* See scram.h. Hashes by OpenSSL; out of memory there ends the process, as everywhere. */
#include "lib/core/scram.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/attr.h"

#define NONCE_BYTES 24
#define MAX_SALT 256
#define MAX_NONCE 512
#define HEADER "n,,"   /* no channel binding, no other identity */
#define BINDING "biws" /* HEADER in base64 */

struct scram {
    struct arena *arena;
    enum scram_hash hash;
    const char *user, *password;
    const char *nonce;        /* ours */
    const char *first_bare;   /* client-first-message-bare */
    const char *server_first; /* all of it */
    const char *whole_nonce;  /* ours and the server's */
    unsigned char salt[MAX_SALT];
    size_t salt_len;
    int iterations;
    struct scram_key key;
};

const char *scram_name(enum scram_hash hash)
{
    return hash == SCRAM_SHA_1 ? "SCRAM-SHA-1" : "SCRAM-SHA-256";
}

static const EVP_MD *md_of(const struct scram *s)
{
    return s->hash == SCRAM_SHA_1 ? EVP_sha1() : EVP_sha256();
}

static size_t size_of(const struct scram *s)
{
    return s->hash == SCRAM_SHA_1 ? 20 : 32;
}

static void hash(const struct scram *s, const void *data, size_t len, unsigned char *ret)
{
    if (!EVP_Digest(data, len, ret, NULL, md_of(s), NULL))
        abort();
}

static void hmac(const struct scram *s, const unsigned char *key, const char *text,
                 unsigned char *ret)
{
    unsigned len = 0;

    if (!HMAC(md_of(s), key, (int)size_of(s), (const unsigned char *)text, strlen(text),
              ret, &len))
        abort();
}

/* ---- base64 ---- */

static const char *to_base64(struct arena *arena, const unsigned char *data, size_t len)
{
    char *text = arena_alloc(arena, (len + 2) / 3 * 4 + 1);

    EVP_EncodeBlock((unsigned char *)text, data, (int)len);
    return text;
}

/* OpenSSL skips white space and counts the padding as bytes: both are looked after here. */
static bool from_base64(struct bytes text, unsigned char *ret, size_t max,
                        size_t *ret_len)
{
    unsigned char decoded[MAX_SALT + 3];
    size_t padding = 0;

    if (!text.len || text.len % 4 || text.len / 4 * 3 > sizeof(decoded))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ')
            return false;
    }
    while (padding < 2 && text.ptr[text.len - 1 - padding] == '=')
        padding++;
    if (EVP_DecodeBlock(decoded, (const unsigned char *)text.ptr, (int)text.len) < 0)
        return false;
    const size_t len = text.len / 4 * 3 - padding;
    if (len > max)
        return false;
    memcpy(ret, decoded, len);
    *ret_len = len;
    return true;
}

/* ---- what we say ---- */

/* RFC 5802 §5.1: ',' and '=' stand in names as =2C and =3D. */
static const char *escaped_name(struct arena *arena, const char *name)
{
    char *out = arena_alloc(arena, 3 * strlen(name) + 1), *to = out;

    for (; *name; name++) {
        const char *code = *name == ',' ? "=2C" : *name == '=' ? "=3D" : NULL;
        if (!code) {
            *to++ = *name;
            continue;
        }
        memcpy(to, code, 3);
        to += 3;
    }
    *to = '\0';
    return out;
}

static void wipe(void *ctx)
{
    OPENSSL_cleanse(ctx, sizeof(struct scram));
}

bool scram_begin(struct arena *arena, const struct scram_who *who,
                 struct scram **ret_scram, struct err *e)
{
    unsigned char random[NONCE_BYTES];
    struct scram *s = arena_alloc(arena, sizeof(*s));

    if (!who->nonce && RAND_bytes(random, sizeof(random)) != 1)
        return err_set(e, "the system gives no random numbers");
    *s = (struct scram){
        .arena = arena,
        .hash = who->hash,
        .user = who->user,
        .password = who->password,
        .nonce = who->nonce ? who->nonce : to_base64(arena, random, sizeof(random)),
    };
    arena_cleanup(arena, wipe, s);
    s->first_bare =
        arena_printf(arena, "n=%s,r=%s", escaped_name(arena, s->user), s->nonce);
    *ret_scram = s;
    return true;
}

struct bytes scram_first(const struct scram *s)
{
    return bytes_of(arena_printf(s->arena, HEADER "%s", s->first_bare));
}

/* ---- what the server asks ---- */

/* The value of the next attribute, which has to have this letter. */
static bool take_attribute(struct bytes *message, const char *start, struct bytes *ret)
{
    struct bytes part;

    if (!bytes_starts(*message, start) || !bytes_token(message, ',', &part))
        return false;
    *ret = bytes_slice(part, strlen(start), part.len);
    return true;
}

static bool take_iterations(struct scram *s, struct bytes text, struct err *e)
{
    uint64_t count;

    if (!bytes_to_u64(text, &count))
        return err_set(e, "sent an iteration count that is no number");
    if (count > SCRAM_MAX_ITERATIONS)
        return err_set(e,
                       "asks for %" PRIu64 " iterations of %s, and healthd computes at "
                       "most %d for a login: is this the server it should be?",
                       count, scram_name(s->hash), SCRAM_MAX_ITERATIONS);
    if (count < SCRAM_MIN_ITERATIONS)
        return err_set(e,
                       "asks for %" PRIu64 " iterations of %s, which would give the "
                       "password away: at least %d are safe",
                       count, scram_name(s->hash), SCRAM_MIN_ITERATIONS);
    s->iterations = (int)count;
    return true;
}

static bool nonce_is_ours(const struct scram *s, struct bytes nonce)
{
    return bytes_starts(nonce, s->nonce) && nonce.len > strlen(s->nonce) &&
           nonce.len <= MAX_NONCE;
}

bool scram_take_challenge(struct scram *s, struct bytes message, struct err *e)
{
    struct bytes rest = message, nonce, salt, iterations;

    if (bytes_starts(rest, "m="))
        return err_set(e, "wants an extension of SCRAM that healthd does not have");
    if (!take_attribute(&rest, "r=", &nonce) || !take_attribute(&rest, "s=", &salt) ||
        !take_attribute(&rest, "i=", &iterations))
        return err_set(e, "sent a challenge that is not SCRAM's");
    if (!nonce_is_ours(s, nonce))
        return err_set(e, "answered another client's nonce");
    if (!from_base64(salt, s->salt, sizeof(s->salt), &s->salt_len))
        return err_set(e, "sent a salt that is no base64 of 1 to %d bytes", MAX_SALT);
    if (!take_iterations(s, iterations, e))
        return false;
    s->whole_nonce = arena_strndup(s->arena, nonce.ptr, nonce.len);
    s->server_first = arena_strndup(s->arena, message.ptr, message.len);
    return true;
}

/* ---- keys ---- */

static void identify(const struct scram *s, unsigned char ret_of[SCRAM_MAX_KEY])
{
    const size_t password_len = strlen(s->password) + 1;
    const size_t len = password_len + s->salt_len + sizeof(s->iterations);
    unsigned char *all = OPENSSL_malloc(len);

    if (!all)
        abort();
    memcpy(all, s->password, password_len);
    memcpy(all + password_len, s->salt, s->salt_len);
    memcpy(all + password_len + s->salt_len, &s->iterations, sizeof(s->iterations));
    hash(s, all, len, ret_of);
    OPENSSL_clear_free(all, len);
}

bool scram_use_key(struct scram *s, const struct scram_key *key)
{
    unsigned char of[SCRAM_MAX_KEY] = {0};

    identify(s, of);
    if (!key->is_set || CRYPTO_memcmp(of, key->of, sizeof(of)) != 0)
        return false;
    s->key = *key;
    return true;
}

void scram_compute(void *ctx)
{
    struct scram *s = ctx;
    unsigned char salted[SCRAM_MAX_KEY];

    if (!PKCS5_PBKDF2_HMAC(s->password, (int)strlen(s->password), s->salt,
                           (int)s->salt_len, s->iterations, md_of(s), (int)size_of(s),
                           salted))
        abort();
    hmac(s, salted, "Client Key", s->key.client);
    hmac(s, salted, "Server Key", s->key.server);
    OPENSSL_cleanse(salted, sizeof(salted));
    identify(s, s->key.of);
    s->key.is_set = true;
}

void scram_keep_key(const struct scram *s, struct scram_key *ret_key)
{
    *ret_key = s->key;
}

/* ---- proofs ---- */

static const char *without_proof(const struct scram *s)
{
    return arena_printf(s->arena, "c=" BINDING ",r=%s", s->whole_nonce);
}

static const char *auth_message(const struct scram *s)
{
    return arena_printf(s->arena, "%s,%s,%s", s->first_bare, s->server_first,
                        without_proof(s));
}

struct bytes scram_final(const struct scram *s)
{
    unsigned char stored[SCRAM_MAX_KEY], proof[SCRAM_MAX_KEY];

    hash(s, s->key.client, size_of(s), stored);
    hmac(s, stored, auth_message(s), proof);
    for (size_t i = 0; i < size_of(s); i++)
        proof[i] ^= s->key.client[i];
    return bytes_of(arena_printf(s->arena, "%s,p=%s", without_proof(s),
                                 to_base64(s->arena, proof, size_of(s))));
}

bool scram_verify(const struct scram *s, struct bytes message, struct err *e)
{
    unsigned char expected[SCRAM_MAX_KEY], got[SCRAM_MAX_KEY];
    struct bytes rest = message, value;
    size_t len;

    if (take_attribute(&rest, "e=", &value))
        return err_set(e, "refuses the login: %.*s",
                       (int)(value.len < 80 ? value.len : 80), value.ptr);
    if (!take_attribute(&rest, "v=", &value) ||
        !from_base64(value, got, sizeof(got), &len) || len != size_of(s))
        return err_set(e, "sent a final message that is not SCRAM's");
    hmac(s, s->key.server, auth_message(s), expected);
    if (CRYPTO_memcmp(expected, got, len) != 0)
        return err_set(e, "does not prove that it knows the password: it is not the "
                          "server it claims to be");
    return true;
}
