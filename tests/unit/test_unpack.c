/* SPDX-License-Identifier: Apache-2.0 */
/* Archives that are whole, cut, damaged or hostile, given whole and byte by byte. Nothing is read from disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/core/gzip.h"
#include "lib/core/unpack.h"

#define WINDOW ((size_t)128 << 20)

/* What gzip and zstd (with and without --check) write of "hello\n", and of nothing. */
#define GZIP_HEAD "\x1f\x8b\x08\0\0\0\0\0\x02\x03"
#define GZIP_BODY "\xcb\x48\xcd\xc9\xc9\xe7\x02\0"
#define GZIP GZIP_HEAD GZIP_BODY "\x20\x30\x3a\x36\x06\0\0\0"
#define GZIP_EMPTY GZIP_HEAD "\x03\0\0\0\0\0\0\0\0\0"
#define ZSTD_BODY "\x58\x31\0\0hello\n"
#define ZSTD "\x28\xb5\x2f\xfd\x04" ZSTD_BODY "\x53\x88\xbd\x91"
#define ZSTD_UNSUMMED "\x28\xb5\x2f\xfd\0" ZSTD_BODY
#define ZSTD_SKIPPED "\x50\x2a\x4d\x18\x04\0\0\0abcd"

static const struct archive {
    const char *title;
    enum unpack_kind kind;
    struct bytes bytes;
    const char *content; /* NULL: it is not whole */
    const char *says;
} archives[] = {
#define A(title, kind, literal, content, says)                              \
    {                                                                       \
        title, UNPACK_##kind, {literal, sizeof(literal) - 1}, content, says \
    }
    A("one member", GZIP, GZIP, "hello\n", ""),
    A("nothing in it", GZIP, GZIP_EMPTY, "", ""),
    A("two members", GZIP, GZIP GZIP, "hello\nhello\n", ""),
    A("zeros to the end of the block", GZIP, GZIP "\0\0\0\0\0", "hello\n", ""),
    A("something behind it", GZIP, GZIP "x", NULL, "other bytes stand behind its end"),
    A("zeros, then something", GZIP, GZIP "\0\0" GZIP, NULL,
      "other bytes stand behind its end"),
    A("cut in the trailer", GZIP, GZIP_HEAD GZIP_BODY "\x20\x30", NULL,
      "its end is missing: it stops in the middle, 6 bytes unpacked"),
    A("cut in the content", GZIP, GZIP_HEAD "\xcb\x48", NULL, "its end is missing"),
    A("cut in the second", GZIP, GZIP GZIP_HEAD "\xcb\x48", NULL, "its end is missing"),
    A("cut at once", GZIP, "\x1f", NULL, "its end is missing"),
    A("nothing at all", GZIP, "", NULL, "its end is missing"),
    A("another checksum", GZIP, GZIP_HEAD GZIP_BODY "\x21\x30\x3a\x36\x06\0\0\0", NULL,
      "its checksum (CRC-32) is not that of its content"),
    A("another length", GZIP, GZIP_HEAD GZIP_BODY "\x20\x30\x3a\x36\x07\0\0\0", NULL,
      "its length is not that of its content"),
    A("damaged", GZIP, GZIP_HEAD "\xff\xff\xcd\xc9\xc9\xe7", NULL, "it is damaged after"),
    A("damaged in the second", GZIP, GZIP GZIP_HEAD "\xff\xff\xcd\xc9\xc9\xe7", NULL,
      "it is damaged after 37 bytes"),
    A("no gzip", GZIP, "hello, world", NULL, "it is damaged after"),
    A("plain", PLAIN, "hello\n", "hello\n", ""),
    A("nothing", PLAIN, "", "", ""),
    A("zstd", ZSTD, ZSTD, "hello\n", ""),
    A("zstd without a checksum", ZSTD, ZSTD_UNSUMMED, "hello\n", ""),
    A("nothing in zstd", ZSTD, "\x28\xb5\x2f\xfd\x24\0\x01\0\0\x99\xe9\xd8\x51", "", ""),
    A("two frames", ZSTD, ZSTD ZSTD_UNSUMMED, "hello\nhello\n", ""),
    A("a frame to pass over", ZSTD, ZSTD_SKIPPED ZSTD, "hello\n", ""),
    A("another checksum of zstd", ZSTD,
      "\x28\xb5\x2f\xfd\x04" ZSTD_BODY "\x53\x88\xbd\x90", NULL,
      "its checksum (XXH64) is not that of its content"),
    A("zstd cut", ZSTD, "\x28\xb5\x2f\xfd\x04" ZSTD_BODY "\x53", NULL,
      "its end is missing"),
    A("zstd cut at once", ZSTD, "\x28\xb5\x2f", NULL, "its end is missing"),
    A("something behind zstd", ZSTD, ZSTD "abcdefgh", NULL,
      "other bytes stand behind its end"),
    A("no zstd", ZSTD, "hello, world", NULL, "it does not begin as zstd does"),
    A("a window of 2 GiB", ZSTD, "\x28\xb5\x2f\xfd\0\xa8\x01\0\0", NULL,
      "unpacking it takes a window of more than 128 MiB"),
};

/* True when it is whole; out: all pieces. */
static bool unpack_all(const struct archive *a, size_t chunk, struct buf *out,
                       struct err *e)
{
    struct arena *arena = arena_create(0);
    struct unpack *u = unpack_create(arena, a->kind, WINDOW);
    bool is_good = true;
    for (size_t at = 0; is_good && at < a->bytes.len; at += chunk) {
        struct bytes in = bytes_slice(a->bytes, at, at + chunk), piece;
        enum unpack_step step;
        while ((step = unpack_step(u, &in, &piece, e)) == UNPACK_PIECE)
            buf_add_bytes(out, piece);
        is_good = step == UNPACK_HUNGRY;
        assert_true(!is_good || in.len == 0);
    }
    is_good = is_good && unpack_end(u, e);
    assert_true(!is_good || unpack_total(u) == out->len);
    arena_destroy(arena);
    return is_good;
}

static void archives_are_told_apart(void **state)
{
    static const size_t chunks[] = {1, 2, 7, 1000};
    for (size_t i = 0; i < ARRAY_LEN(archives) * ARRAY_LEN(chunks); i++) {
        const struct archive *a = &archives[i / ARRAY_LEN(chunks)];
        struct buf out = BUF_MAX(1000);
        struct err e = {0};
        if (!unpack_is_known(a->kind))
            continue; /* built without its library */
        print_message("%s, %zu at a time\n", a->title, chunks[i % ARRAY_LEN(chunks)]);
        const bool is_whole = unpack_all(a, chunks[i % ARRAY_LEN(chunks)], &out, &e);
        if (is_whole != (a->content != NULL))
            print_message("says: %s\n", e.text);
        assert_true(is_whole == (a->content != NULL));
        if (is_whole)
            assert_string_equal(buf_text(&out), a->content);
        else
            assert_non_null(strstr(e.text, a->says));
        buf_finish(&out);
    }
}

static void kinds_are_known_by_bytes_and_by_name(void **state)
{
    static const struct {
        const char *name;
        struct bytes head;
        enum unpack_kind by_name, by_head;
    } cases[] = {
        {"shop.sql.gz", {GZIP, 6}, UNPACK_GZIP, UNPACK_GZIP},
        {"/b/site.tgz", {"\x1f\x8b", 2}, UNPACK_GZIP, UNPACK_GZIP},
        {"shop.zst", {ZSTD, 6}, UNPACK_ZSTD, UNPACK_ZSTD},
        {"shop.tzst", {ZSTD_SKIPPED, 6}, UNPACK_ZSTD, UNPACK_ZSTD},
        {"a.tar.xz", {"\xfd\x37zXZ\0", 6}, UNPACK_XZ, UNPACK_XZ},
        {"a.bz2", {"BZh91AY", 6}, UNPACK_BZIP2, UNPACK_BZIP2},
        {"gz", {"\x1f", 1}, UNPACK_PLAIN, UNPACK_PLAIN},
        {"shop.dump", {"PGDMP", 5}, UNPACK_PLAIN, UNPACK_PLAIN},
        {"", {NULL, 0}, UNPACK_PLAIN, UNPACK_PLAIN},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(unpack_kind_named(bytes_of(cases[i].name)), cases[i].by_name);
        assert_int_equal(unpack_kind_of(cases[i].head), cases[i].by_head);
    }
    assert_true(unpack_is_known(UNPACK_GZIP) && unpack_is_known(UNPACK_PLAIN));
    assert_false(unpack_is_known(UNPACK_XZ) || unpack_is_known(UNPACK_BZIP2));
}

/* A thousandfold: no piece is larger than a piece, and whoever reads may stop between any two. */
static void a_bomb_comes_in_pieces(void **state)
{
    const size_t size = (size_t)32 << 20;
    char *zeros = test_calloc(1, size);
    struct buf packed = BUF_MAX(2 * size);
    assert_true(gzip_text((struct bytes){zeros, size}, 9, &packed));
    assert_true(packed.len < size / 900);
    struct arena *arena = arena_create(0);
    struct unpack *u = unpack_create(arena, UNPACK_GZIP, WINDOW);
    struct bytes in = buf_bytes(&packed), piece;
    struct err e;
    enum unpack_step step;
    size_t pieces = 0;
    while ((step = unpack_step(u, &in, &piece, &e)) == UNPACK_PIECE) {
        assert_true(piece.len > 0 && piece.len <= UNPACK_PIECE_BYTES);
        pieces++;
    }
    assert_true(step == UNPACK_HUNGRY && unpack_end(u, &e));
    assert_true(unpack_total(u) == size && pieces >= size / UNPACK_PIECE_BYTES);
    assert_true(arena_used(arena) < 2 * UNPACK_PIECE_BYTES);
    arena_destroy(arena);
    buf_finish(&packed);
    test_free(zeros);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(archives_are_told_apart),
        cmocka_unit_test(kinds_are_known_by_bytes_and_by_name),
        cmocka_unit_test(a_bomb_comes_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
