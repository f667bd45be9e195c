/* SPDX-License-Identifier: Apache-2.0 */
/* The encoder: three bytes are four letters, the rest padded. Called where headers carry bytes. Decodes nothing. */
#include "lib/base/base64.h"

void base64_add(struct buf *out, struct bytes data)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < data.len; i += 3) {
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (i + k < data.len ? (unsigned char)data.ptr[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            buf_add_byte(out,
                         i + k > data.len ? '=' : digits[group >> (18 - 6 * k) & 63]);
    }
}
