/* SPDX-License-Identifier: Apache-2.0 */
/* Bits into a head and out of a chunk, and times as both codings write them. Called by chunk.c and chunk_decimal.c. */
#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "lib/query/chunk_impl.h"

/* ---- bits ---- */

void room_make(struct chunk_head *h, unsigned bits)
{
    const size_t needed = (h->bit_count + bits + 7) / 8;
    if (needed <= h->size)
        return;
    size_t size = h->size ? h->size * 3u / 2 : 48;
    if (size < needed)
        size = needed;
    if (size > CHUNK_MAX_BYTES)
        size = CHUNK_MAX_BYTES;
    assert(size >= needed);
    h->bits = realloc(h->bits, size);
    assert(h->bits);
    memset(h->bits + h->size, 0, size - h->size);
    h->size = (uint16_t)size;
}

void bits_put(struct chunk_head *h, uint64_t value, unsigned width)
{
    while (width > 0) {
        const unsigned used = h->bit_count % 8;
        const unsigned take = used + width < 8 ? width : 8 - used;
        const uint64_t part = (value >> (width - take)) & ((1u << take) - 1);
        h->bits[h->bit_count / 8] |= (uint8_t)(part << (8 - used - take));
        h->bit_count += take;
        width -= take;
    }
}

/* At most 57 bits, from a place where eight bytes can be read. */
static uint64_t bits_load(const struct chunk_reader *r, unsigned width)
{
    uint64_t word;
    memcpy(&word, r->bits + r->at / 8, sizeof(word));
    return be64toh(word) << r->at % 8 >> (64 - width);
}

static uint64_t bits_walk(const struct chunk_reader *r, unsigned width)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i++) {
        const uint32_t at = r->at + i;
        value = value << 1 | (r->bits[at / 8] >> (7 - at % 8) & 1);
    }
    return value;
}

bool bits_get(struct chunk_reader *r, unsigned width, uint64_t *ret_value)
{
    const uint32_t left = r->bit_count - r->at;
    if (left < width)
        return false;
    *ret_value =
        width <= 57 && left >= 64 + 8 ? bits_load(r, width) : bits_walk(r, width);
    r->at += width;
    return true;
}

/* ---- times ---- */

/* How a difference of differences is written: a prefix that says how wide what follows is. */
static const struct width {
    uint8_t prefix, prefix_bits, bits;
} widths[] = {{2, 2, 14}, {6, 3, 17}, {14, 4, 20}, {15, 4, 64}};

static bool fits(int64_t value, unsigned bits)
{
    if (bits == 64)
        return true;
    const int64_t half = INT64_C(1) << (bits - 1);
    return value >= -half && value < half;
}

void time_put(struct chunk_head *h, int64_t change)
{
    if (change == 0) {
        bits_put(h, 0, 1);
        return;
    }
    const struct width *w = widths;
    while (!fits(change, w->bits))
        w++;
    bits_put(h, w->prefix, w->prefix_bits);
    bits_put(h, (uint64_t)change, w->bits);
}

/* Of a two's complement of 1 to 64 bits. */
static int64_t signed_of(uint64_t value, unsigned bits)
{
    const uint64_t sign = UINT64_C(1) << (bits - 1) % 64;
    return (int64_t)((value ^ sign) - sign);
}

bool time_get(struct chunk_reader *r, int64_t *ret_change)
{
    uint64_t bit, value;
    unsigned ones = 0;
    while (ones < 4) {
        if (!bits_get(r, 1, &bit))
            return false;
        if (!bit)
            break;
        ones++;
    }
    *ret_change = 0;
    if (ones == 0)
        return true;
    const unsigned width = widths[ones - 1].bits;
    if (!bits_get(r, width, &value))
        return false;
    *ret_change = signed_of(value, width);
    return true;
}
