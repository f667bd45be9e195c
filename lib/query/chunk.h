/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Up to 240 samples (an hour at 15 s) of one series as bits: timestamps as differences of differences, values by what XOR leaves of the
 * former one (Pelkonen et al., "Gorilla: A Fast, Scalable, In-Memory Time Series Database", VLDB 2015, §4.1, with
 * Prometheus' widths for milliseconds). A finished chunk whose values are all decimals of few digits (counts, bytes,
 * percents, durations in ns) has them as differences of integers instead: a half to a quarter of that. A head is
 * appended to by one thread; the samples of a finished chunk never change.
 */
#ifndef HEALTHD_QUERY_CHUNK_H
#define HEALTHD_QUERY_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/list.h"
#include "lib/query/sample.h"

#define CHUNK_MAX_SAMPLES 240
/* 16 bytes the first sample, and at worst 68 + 77 bits each further one. */
#define CHUNK_MAX_BYTES (16 + (CHUNK_MAX_SAMPLES * 145 + 7) / 8)

#define CODING_XOR 255 /* else the decimal digits after the point, 0 to 9 */
#define CODING_MAX_DIGITS 9

struct chunk {                 /* finished */
    struct list link;          /* the history's queues */
    struct timeseries *series; /* the history's */
    struct chunk *next;        /* of the series, later in time */
    int64_t first_ms, last_ms;
    uint32_t refs; /* one thread's: who pins it is the loop's business */
    uint16_t len;
    uint8_t count, coding;
    uint8_t width; /* of most differences, in bits; not with XOR */
    bool is_saved;
    uint8_t bits[];
};

struct chunk_head { /* being written */
    uint8_t *bits;  /* owned; NULL while empty */
    uint16_t size, count;
    uint32_t bit_count;
    /* zeros of the last value that said its width; leading 255: none yet */
    uint8_t leading, trailing;
    int64_t first_ms, last_ms, delta;
    double last;
};

/* ms must be above the newest one's; false when the head is full. */
bool chunk_append(struct chunk_head *h, int64_t ms, double value);
/* What has been written so far, refs 1; the head stays as it is. NULL when it is empty. */
struct chunk *chunk_copy(const struct chunk_head *h);
/* The same in its shortest form, and the head is empty afterwards. */
struct chunk *chunk_seal(struct chunk_head *h);
/* One chunk of two, the second later in time; both stay as they are. At most CHUNK_MAX_SAMPLES together. */
struct chunk *chunk_join(const struct chunk *a, const struct chunk *b);
void chunk_head_finish(struct chunk_head *h);
struct chunk *chunk_ref(struct chunk *c);
void chunk_unref(struct chunk *c);        /* takes NULL */
size_t chunk_size(const struct chunk *c); /* in memory */

/* Reads a chunk's samples one after another; needs no memory. */
struct chunk_reader {
    const uint8_t *bits;
    uint32_t bit_count, at;
    uint8_t left, read, coding, width;
    uint8_t leading, trailing;
    int64_t ms, delta;
    uint64_t value; /* XOR: of a double; else an integer */
};
void chunk_read(struct chunk_reader *r, const struct chunk *c);
/* False at the end, or when the bits make no sense (only those of a damaged file). */
bool chunk_next(struct chunk_reader *r, struct point *ret_point);
/* A chunk from a file: times, count, coding and width are as claimed, its bits as they stand. NULL when these do not
 * give what is claimed. */
struct chunk *chunk_of_file(const struct chunk *claimed, struct bytes bits);

#endif
