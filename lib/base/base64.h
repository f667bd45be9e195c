/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as base64 (RFC 4648 §4, with padding). */
#ifndef HEALTHD_BASE_BASE64_H
#define HEALTHD_BASE_BASE64_H

#include "lib/base/buf.h"
#include "lib/base/bytes.h"

void base64_add(struct buf *out, struct bytes data);

#endif
