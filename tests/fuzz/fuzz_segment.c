/* SPDX-License-Identifier: Apache-2.0 */
/* A history segment from a disk that may hold anything: what is accepted is right, the rest is refused. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/query/history_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(void *ctx, const struct record *r)
{
    for (size_t i = 0; i < r->count; i++) {
        struct chunk_reader reader;
        struct point p;
        size_t count = 0;
        chunk_read(&reader, r->chunks[i]);
        while (chunk_next(&reader, &p))
            count++;
        assert(count == r->chunks[i]->count);
        chunk_unref(r->chunks[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(0);
    struct err e = {0};
    const struct bytes file = {(const char *)data, size};
    segment_read(file, SEGMENT_SAMPLES, arena, check, NULL, &e);
    segment_read(file, SEGMENT_ROLLUPS, arena, check, NULL, &e);
    arena_destroy(arena);
    /* The same bytes as a chunk's bits: there is no checksum before them. */
    for (uint8_t count = 1; count < CHUNK_MAX_SAMPLES; count += 40) {
        const struct chunk claimed = {.count = count, .coding = count, .width = 9};
        const struct chunk plain = {.count = count, .coding = CODING_XOR};
        chunk_unref(chunk_of_file(&claimed, (struct bytes){(const char *)data, size}));
        chunk_unref(chunk_of_file(&plain, (struct bytes){(const char *)data, size}));
    }
    return 0;
}
