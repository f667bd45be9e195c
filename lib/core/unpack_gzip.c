/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip by zlib's inflate, which compares the CRC-32 and length behind each member (RFC 1952). Members may follow each
 * other, and zeros may fill up the last block of a tape; anything else behind the end is damage. Called by unpack.c.
 */
#include <inttypes.h>
#include <string.h>

#include <zlib.h>

#include "lib/core/unpack_impl.h"

#define WINDOW_AND_GZIP (15 + 16) /* zlib.h: the largest window, and gzip's frame only */
#define MAGIC_FIRST '\x1f'

enum gzip_place { BEFORE_MEMBER, IN_MEMBER, IN_PADDING };

struct gzip {
    z_stream stream;
    enum gzip_place place;
    uint64_t members; /* that have ended */
    uint64_t passed;  /* bytes of those, packed; zlib counts each member anew */
};

static void gzip_free(void *state)
{
    struct gzip *g = state;
    inflateEnd(&g->stream);
}

static void *gzip_create(struct arena *arena, size_t max_window)
{
    (void)max_window;
    struct gzip *g = arena_alloc(arena, sizeof(*g));
    if (inflateInit2(&g->stream, WINDOW_AND_GZIP) == Z_OK)
        arena_cleanup(arena, gzip_free, g);
    return g;
}

/* True: a member begins, or goes on. */
static bool find_member(struct gzip *g, struct bytes *in, struct err *e)
{
    if (g->place == IN_MEMBER)
        return true;
    if (g->members > 0 && in->ptr[0] == '\0')
        g->place = IN_PADDING;
    while (g->place == IN_PADDING && in->len > 0 && in->ptr[0] == '\0')
        *in = bytes_slice(*in, 1, in->len);
    if (in->len == 0)
        return false;
    if (g->place == IN_PADDING || (g->members > 0 && in->ptr[0] != MAGIC_FIRST))
        return err_set(e, "other bytes stand behind its end");
    g->place = IN_MEMBER;
    return true;
}

static enum unpack_step broken(const struct gzip *g, int code, struct err *e)
{
    const char *said = g->stream.msg ? g->stream.msg : "";
    if (code == Z_MEM_ERROR || code == Z_STREAM_ERROR) {
        err_set(e, "there is no memory to unpack it");
        return UNPACK_TOO_LARGE;
    }
    if (!strcmp(said, "incorrect data check"))
        err_set(e, "its checksum (CRC-32) is not that of its content");
    else if (!strcmp(said, "incorrect length check"))
        err_set(e, "its length is not that of its content");
    else
        err_set(e, "it is damaged after %" PRIu64 " bytes: %s",
                g->passed + g->stream.total_in, *said ? said : "not what gzip writes");
    return UNPACK_BROKEN;
}

static enum unpack_step gzip_step(void *state, struct bytes *in, struct unpack_room *room,
                                  struct err *e)
{
    struct gzip *g = state;
    e->text[0] = '\0';
    if (in->len == 0 && g->place != IN_MEMBER)
        return UNPACK_HUNGRY;
    if (!find_member(g, in, e))
        return e->text[0] ? UNPACK_BROKEN : UNPACK_HUNGRY;
    const size_t offered = in->len < UINT32_MAX ? in->len : UINT32_MAX;
    g->stream.next_in = (Bytef *)(uintptr_t)in->ptr;
    g->stream.avail_in = (uInt)offered;
    g->stream.next_out = (Bytef *)room->ptr;
    g->stream.avail_out = (uInt)room->size;
    const int code = inflate(&g->stream, Z_NO_FLUSH);
    *in = bytes_slice(*in, offered - g->stream.avail_in, in->len);
    room->len = room->size - g->stream.avail_out;
    if (code == Z_BUF_ERROR)
        return UNPACK_HUNGRY;
    if (code != Z_OK && code != Z_STREAM_END)
        return broken(g, code, e);
    if (code == Z_STREAM_END) {
        g->place = BEFORE_MEMBER;
        g->members++;
        g->passed += g->stream.total_in;
        inflateReset(&g->stream);
    }
    return UNPACK_PIECE;
}

static bool gzip_is_whole(const void *state)
{
    const struct gzip *g = state;
    return g->place != IN_MEMBER && g->members > 0;
}

const struct unpack_format unpack_gzip = {gzip_create, gzip_step, gzip_is_whole};
