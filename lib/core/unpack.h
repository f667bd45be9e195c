/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives unpacked piece by piece, to see that they are whole: gzip (RFC 1952, by zlib) and Zstandard (RFC 8878, when
 * libzstd was there at build time), with their checksums. Memory is bounded whatever the archive says; a step never makes
 * more than one piece, so that whoever reads can stop between any two. A computation without I/O, for any one thread.
 */
#ifndef HEALTHD_CORE_UNPACK_H
#define HEALTHD_CORE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

enum unpack_kind {
    UNPACK_PLAIN, /* pieces are the bytes themselves */
    UNPACK_GZIP,
    UNPACK_ZSTD,
    UNPACK_XZ,
    UNPACK_BZIP2
};
#define UNPACK_HEAD_BYTES 6 /* as many tell one kind from another */

const char *unpack_kind_name(enum unpack_kind kind); /* "plain", "gzip", "zstd" … */
/* By a file's first bytes; what is not known is plain. */
enum unpack_kind unpack_kind_of(struct bytes head);
/* What a file's name promises: dump.sql.gz, site.tgz; plain when nothing. */
enum unpack_kind unpack_kind_named(struct bytes name);
/* Whether this build unpacks it: not xz and bzip2, and zstd only with its library. */
bool unpack_is_known(enum unpack_kind kind);

#define UNPACK_PIECE_BYTES ((size_t)64 << 10)

struct unpack;
/* kind: one that is known. max_window: the most that one archive may have kept of what it already unpacked, in bytes
 * (zstd; gzip needs 32 KiB). Ends with the arena. */
struct unpack *unpack_create(struct arena *arena, enum unpack_kind kind,
                             size_t max_window);

enum unpack_step {
    UNPACK_HUNGRY,   /* all of `in` is taken; wants more, or unpack_end */
    UNPACK_PIECE,    /* ret_piece is what comes next; valid until the next step */
    UNPACK_BROKEN,   /* not such an archive, or damaged; e says how. The end */
    UNPACK_TOO_LARGE /* wants more memory than allowed; e says so. The end */
};
/* Takes from in, as far as one piece goes. */
enum unpack_step unpack_step(struct unpack *u, struct bytes *in, struct bytes *ret_piece,
                             struct err *e);
/* Nothing more comes: false (and e) when its end is missing. */
bool unpack_end(const struct unpack *u, struct err *e);
/* Bytes of all pieces so far. */
uint64_t unpack_total(const struct unpack *u);

#endif
