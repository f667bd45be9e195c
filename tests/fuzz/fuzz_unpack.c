/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an archive of each kind, at most 4 MiB of it unpacked, in chunks that the first byte chooses. */
#include <assert.h>
#include <stdint.h>

#include "lib/core/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST ((uint64_t)4 << 20)
#define WINDOW ((size_t)8 << 20)

static void unpack_as(enum unpack_kind kind, struct bytes all, size_t chunk)
{
    struct arena *arena = arena_create(0);
    struct unpack *u = unpack_create(arena, kind, WINDOW);
    enum unpack_step step = UNPACK_HUNGRY;
    struct err e;
    for (size_t at = 0; at < all.len && step == UNPACK_HUNGRY; at += chunk) {
        struct bytes in = bytes_slice(all, at, at + chunk), piece;
        while ((step = unpack_step(u, &in, &piece, &e)) == UNPACK_PIECE) {
            assert(piece.len > 0 && piece.len <= UNPACK_PIECE_BYTES);
            if (unpack_total(u) > MOST)
                break;
        }
        assert(step != UNPACK_HUNGRY || in.len == 0);
    }
    (void)unpack_end(u, &e);
    arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes all = {(const char *)data, size};
    const size_t chunk = size && data[0] % 3 == 0   ? 1
                         : size && data[0] % 3 == 1 ? 100
                                                    : size + 1;
    (void)unpack_kind_of(all);
    (void)unpack_kind_named(all);
    for (int kind = UNPACK_PLAIN; kind <= UNPACK_ZSTD; kind++) {
        if (unpack_is_known((enum unpack_kind)kind))
            unpack_as((enum unpack_kind)kind, all, chunk);
    }
    return 0;
}
