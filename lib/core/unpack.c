/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which kind a file is, and the steps through it. Called by the file probe's thread; the formats are unpack_gzip.c and
 * unpack_zstd.c. Never reads a file and never keeps more than one piece.
 */
#include "lib/core/unpack_impl.h"

#include <assert.h>
#include <string.h>

#include "lib/base/attr.h"

#ifdef HEALTHD_HAS_ZSTD
#define ZSTD_FORMAT &unpack_zstd
#else
#define ZSTD_FORMAT NULL
#endif

struct unpack {
    const struct unpack_format *format; /* NULL: plain */
    void *state;
    char *piece;
    enum unpack_kind kind;
    uint64_t total;
};

static const struct kind {
    const char *name;
    const char *magic; /* its first bytes */
    size_t magic_len;
    const struct unpack_format *format;
    const char *suffixes[4];
} kinds[] = {
    [UNPACK_PLAIN] = {"plain", "", 0, NULL, {NULL}},
    [UNPACK_GZIP] = {"gzip", "\x1f\x8b", 2, &unpack_gzip, {".gz", ".tgz", NULL}},
    [UNPACK_ZSTD] =
        {"zstd", "\x28\xb5\x2f\xfd", 4, ZSTD_FORMAT, {".zst", ".zstd", ".tzst", NULL}},
    [UNPACK_XZ] = {"xz", "\xfd\x37zXZ\0", 6, NULL, {".xz", ".txz", NULL}},
    [UNPACK_BZIP2] = {"bzip2", "BZh", 3, NULL, {".bz2", ".tbz2", NULL}},
};

const char *unpack_kind_name(enum unpack_kind kind)
{
    return kinds[kind].name;
}

/* RFC 8878, 3.1.2: frames that are passed over may stand first, and programs that pack in parallel write one. */
static bool is_skippable(struct bytes head)
{
    return head.len >= 4 && (head.ptr[0] & 0xf0) == 0x50 &&
           !memcmp(head.ptr + 1, "\x2a\x4d\x18", 3);
}

enum unpack_kind unpack_kind_of(struct bytes head)
{
    for (size_t i = UNPACK_GZIP; i < ARRAY_LEN(kinds); i++) {
        const size_t len = kinds[i].magic_len;
        if (head.len >= len && !memcmp(head.ptr, kinds[i].magic, len))
            return (enum unpack_kind)i;
    }
    return is_skippable(head) ? UNPACK_ZSTD : UNPACK_PLAIN;
}

enum unpack_kind unpack_kind_named(struct bytes name)
{
    for (size_t i = UNPACK_GZIP; i < ARRAY_LEN(kinds); i++) {
        for (const char *const *suffix = kinds[i].suffixes; *suffix; suffix++) {
            if (bytes_ends(name, *suffix))
                return (enum unpack_kind)i;
        }
    }
    return UNPACK_PLAIN;
}

bool unpack_is_known(enum unpack_kind kind)
{
    return kind == UNPACK_PLAIN || kinds[kind].format;
}

struct unpack *unpack_create(struct arena *arena, enum unpack_kind kind,
                             size_t max_window)
{
    assert(unpack_is_known(kind));
    struct unpack *u = arena_alloc(arena, sizeof(*u));
    u->kind = kind;
    u->format = kinds[kind].format;
    if (!u->format)
        return u;
    u->piece = arena_alloc(arena, UNPACK_PIECE_BYTES);
    u->state = u->format->create(arena, max_window);
    return u;
}

static enum unpack_step plain_step(struct unpack *u, struct bytes *in,
                                   struct bytes *ret_piece)
{
    const size_t len = in->len < UNPACK_PIECE_BYTES ? in->len : UNPACK_PIECE_BYTES;
    if (len == 0)
        return UNPACK_HUNGRY;
    (void)bytes_take(in, len, ret_piece);
    u->total += len;
    return UNPACK_PIECE;
}

enum unpack_step unpack_step(struct unpack *u, struct bytes *in, struct bytes *ret_piece,
                             struct err *e)
{
    if (!u->format)
        return plain_step(u, in, ret_piece);
    struct unpack_room room = {u->piece, UNPACK_PIECE_BYTES, 0};
    enum unpack_step step;
    do {
        step = u->format->step(u->state, in, &room, e);
    } while (step == UNPACK_PIECE && room.len == 0);
    if (step != UNPACK_PIECE)
        return step;
    u->total += room.len;
    *ret_piece = (struct bytes){room.ptr, room.len};
    return UNPACK_PIECE;
}

bool unpack_end(const struct unpack *u, struct err *e)
{
    if (!u->format || u->format->is_whole(u->state))
        return true;
    return err_set(e, "its end is missing: it stops in the middle, %llu bytes unpacked",
                   (unsigned long long)u->total);
}

uint64_t unpack_total(const struct unpack *u)
{
    return u->total;
}
