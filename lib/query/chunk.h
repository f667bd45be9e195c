/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Up to 120 samples of one series as bits: timestamps as differences of differences, values by what XOR leaves of the
 * former one (Pelkonen et al., "Gorilla: A Fast, Scalable, In-Memory Time Series Database", VLDB 2015, §4.1, with
 * Prometheus' widths for milliseconds). A head is appended to by one thread; a chunk is finished and never changes.
 */
#ifndef HEALTHD_QUERY_CHUNK_H
#define HEALTHD_QUERY_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/query/sample.h"

#define CHUNK_MAX_SAMPLES 120
/* 16 bytes the first sample, and at worst 68 + 77 bits each further one. */
#define CHUNK_MAX_BYTES (16 + (CHUNK_MAX_SAMPLES * 145 + 7) / 8)

struct chunk {   /* finished */
    size_t refs; /* one thread's: who pins it is the loop's business */
    int64_t first_ms, last_ms;
    uint16_t count, len;
    uint8_t bits[];
};

struct chunk_head { /* being written */
    uint8_t *bits;  /* owned; NULL while empty */
    uint16_t size, count;
    uint32_t bit_count;
    uint8_t leading,
        trailing; /* zeros of the last value that said its width; leading 255: none yet */
    int64_t first_ms, last_ms, delta;
    double last;
};

/* ms must be above the newest one's; false when the head is full. */
bool chunk_append(struct chunk_head *h, int64_t ms, double value);
/* What has been written so far as a finished chunk, refs 1; the head stays as it is. */
struct chunk *chunk_copy(const struct chunk_head *h);
/* The same, and the head is empty afterwards. NULL when it was empty already. */
struct chunk *chunk_seal(struct chunk_head *h);
void chunk_head_finish(struct chunk_head *h);
struct chunk *chunk_ref(struct chunk *c);
void chunk_unref(struct chunk *c);        /* takes NULL */
size_t chunk_size(const struct chunk *c); /* in memory */

/* Reads a chunk's samples one after another; needs no memory. */
struct chunk_reader {
    const uint8_t *bits;
    uint32_t bit_count, at;
    uint16_t left, read;
    uint8_t leading, trailing;
    int64_t ms, delta;
    uint64_t value;
};
void chunk_read(struct chunk_reader *r, const struct chunk *c);
/* False at the end, or when the bits make no sense (only those of a damaged file). */
bool chunk_next(struct chunk_reader *r, struct point *ret_point);
/* A chunk from a file: its bits are all there, count and times are what they claim. NULL when not. */
struct chunk *chunk_of_file(int64_t first_ms, int64_t last_ms, uint16_t count,
                            struct bytes bits);

#endif
