/* SPDX-License-Identifier: Apache-2.0 */
/* What a format brings to unpack.c: its library's state and one step. Included by unpack*.c alone. */
#ifndef HEALTHD_CORE_UNPACK_IMPL_H
#define HEALTHD_CORE_UNPACK_IMPL_H

#include "lib/core/unpack.h"

struct unpack_room { /* of one piece */
    char *ptr;
    size_t size, len;
};

struct unpack_format {
    void *(*create)(struct arena *arena, size_t max_window);
    /* Fills room as far as `in` goes: PIECE even when len is 0, unless it is the end or nothing moved (HUNGRY). */
    enum unpack_step (*step)(void *state, struct bytes *in, struct unpack_room *room,
                             struct err *e);
    bool (*is_whole)(const void *state); /* it could end here */
};

extern const struct unpack_format unpack_gzip, unpack_zstd;

#endif
