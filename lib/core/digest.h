/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4) and HMAC (RFC 2104) as hexadecimal digits: keys of alerts and lanes, signatures of webhooks. Any
 * thread. */
#ifndef HEALTHD_CORE_DIGEST_H
#define HEALTHD_CORE_DIGEST_H

#include <stddef.h>

#include "lib/base/bytes.h"

#define DIGEST_TEXT_SIZE 65 /* 64 digits and a NUL */

/* Of the parts, each followed by one NUL byte, so that ("a", "bc") differs from ("ab", "c"). Lower-case digits. */
void digest_parts(const struct bytes *parts, size_t count,
                  char ret_text[DIGEST_TEXT_SIZE]);
/* Of the bytes alone. */
void digest_bytes(struct bytes data, char ret_text[DIGEST_TEXT_SIZE]);
void digest_hmac(struct bytes key, struct bytes data, char ret_text[DIGEST_TEXT_SIZE]);

#endif
