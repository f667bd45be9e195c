/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a segment: series with finished chunks, each record with its length and checksum, so that a torn or
 * damaged file is known for one. Written whole, never changed. For history_save.c and history_restore.c. A file of
 * rollups is the same with another magic, and each of its chunks is several: one a column.
 *
 *   "HDSEG001" or "HDROL001"  then records:  u32 length  u64 FNV-1a of what follows  body
 *   body:  u16 labels  { text text }…  u16 chunks  { i64 first  i64 last  u8 count  u8 coding  u8 width  u16 len  bits }…
 *   text:  u16 length, bytes.  Little-endian; an empty record (length 0) ends the file.
 */
#ifndef HEALTHD_QUERY_HISTORY_FILE_H
#define HEALTHD_QUERY_HISTORY_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/core/labels.h"
#include "lib/query/chunk.h"

#define SEGMENT_MAX_BYTES ((size_t)256 << 20)
#define RECORD_MAX_BYTES ((size_t)4 << 20)

struct record { /* one series in a segment */
    struct labels labels;
    struct chunk *const
        *chunks; /* rising in time; of rollups: columns of one time side by side */
    size_t count;
};

enum segment_kind { SEGMENT_SAMPLES, SEGMENT_ROLLUPS };

void segment_begin(struct buf *out, enum segment_kind kind);
/* Too long a record, or text over 64 KiB, is left out. */
void segment_add(struct buf *out, const struct record *r);
void segment_end(struct buf *out);
/* Calls fn with every record; its chunks are fn's to keep or unref, the labels live in arena. False, and e with the
 * offset, at the first thing that is not as it should be: records before it were given. */
bool segment_read(struct bytes file, enum segment_kind kind, struct arena *arena,
                  void (*fn)(void *ctx, const struct record *r), void *ctx,
                  struct err *e);

#endif
