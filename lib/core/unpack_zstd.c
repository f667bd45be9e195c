/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zstandard by libzstd, which compares the checksum behind each frame that has one (RFC 8878). Frames may follow each
 * other. A frame that wants a larger window than allowed is refused before it gets it. Called by unpack.c.
 */
#include <zstd.h>
#include <zstd_errors.h>

#include "lib/core/unpack_impl.h"

#define SMALLEST_WINDOW_LOG \
    10 /* ZSTD_WINDOWLOG_ABSOLUTEMIN, which only static users see */

struct zstd {
    ZSTD_DCtx *decoder; /* NULL: no memory */
    size_t max_window;
    bool is_in_frame;
    bool has_frames;
};

static void zstd_free(void *decoder)
{
    ZSTD_freeDCtx(decoder);
}

static void *zstd_create(struct arena *arena, size_t max_window)
{
    struct zstd *z = arena_alloc(arena, sizeof(*z));
    int log = SMALLEST_WINDOW_LOG;
    while (log < 31 && (size_t)2 << log <= max_window)
        log++;
    z->max_window = max_window;
    z->decoder = ZSTD_createDCtx();
    if (!z->decoder)
        return z;
    arena_cleanup(arena, zstd_free, z->decoder);
    ZSTD_DCtx_setParameter(z->decoder, ZSTD_d_windowLogMax, log);
    return z;
}

static enum unpack_step broken(const struct zstd *z, size_t code, struct err *e)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        err_set(e, "unpacking it takes a window of more than %zu MiB",
                z->max_window >> 20);
        return UNPACK_TOO_LARGE;
    case ZSTD_error_memory_allocation:
        err_set(e, "there is no memory to unpack it");
        return UNPACK_TOO_LARGE;
    case ZSTD_error_checksum_wrong:
        err_set(e, "its checksum (XXH64) is not that of its content");
        return UNPACK_BROKEN;
    case ZSTD_error_prefix_unknown:
        err_set(e, z->has_frames ? "other bytes stand behind its end"
                                 : "it does not begin as zstd does");
        return UNPACK_BROKEN;
    default:
        err_set(e, "it is damaged: %s", ZSTD_getErrorName(code));
        return UNPACK_BROKEN;
    }
}

static enum unpack_step zstd_step(void *state, struct bytes *in, struct unpack_room *room,
                                  struct err *e)
{
    struct zstd *z = state;
    if (!z->decoder) {
        err_set(e, "there is no memory to unpack it");
        return UNPACK_TOO_LARGE;
    }
    if (in->len == 0 && !z->is_in_frame)
        return UNPACK_HUNGRY;
    ZSTD_inBuffer from = {in->ptr, in->len, 0};
    ZSTD_outBuffer to = {room->ptr, room->size, 0};
    const size_t left = ZSTD_decompressStream(z->decoder, &to, &from);
    if (ZSTD_isError(left))
        return broken(z, left, e);
    z->is_in_frame = left != 0;
    z->has_frames = z->has_frames || left == 0;
    *in = bytes_slice(*in, from.pos, in->len);
    room->len = to.pos;
    return from.pos == 0 && to.pos == 0 ? UNPACK_HUNGRY : UNPACK_PIECE;
}

static bool zstd_is_whole(const void *state)
{
    const struct zstd *z = state;
    return z->has_frames && !z->is_in_frame;
}

const struct unpack_format unpack_zstd = {zstd_create, zstd_step, zstd_is_whole};
