/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4), HMAC (RFC 2104), MD5 and SHA-1, mostly as hexadecimal digits: keys of alerts and lanes, signatures of webhooks,
 * what old protocols hash. Any thread. */
#ifndef HEALTHD_CORE_DIGEST_H
#define HEALTHD_CORE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/bytes.h"

#define DIGEST_TEXT_SIZE 65 /* 64 digits and a NUL */
#define DIGEST_MD5_TEXT_SIZE 33
#define DIGEST_SHA1_BYTES 20

/* Of the parts, each followed by one NUL byte, so that ("a", "bc") differs from ("ab", "c"). Lower-case digits. */
void digest_parts(const struct bytes *parts, size_t count,
                  char ret_text[DIGEST_TEXT_SIZE]);
/* Of the bytes alone. */
void digest_bytes(struct bytes data, char ret_text[DIGEST_TEXT_SIZE]);
void digest_hmac(struct bytes key, struct bytes data, char ret_text[DIGEST_TEXT_SIZE]);
/* For a protocol that asks for it, never to protect anything. False when this machine has no MD5 (FIPS mode). */
bool digest_md5(struct bytes data, char ret_text[DIGEST_MD5_TEXT_SIZE]);
/* The same for SHA-1, as bytes. */
bool digest_sha1(struct bytes data, unsigned char ret_digest[DIGEST_SHA1_BYTES]);

#endif
