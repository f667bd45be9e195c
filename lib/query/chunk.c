/* SPDX-License-Identifier: Apache-2.0 */
/* See chunk.h. Writes and reads the bits; knows nothing of labels, budgets or time. */
#include "lib/query/chunk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LEADING_NONE 255
#define LEADING_MAX 31 /* five bits say it */
#define FIRST_BYTES 16 /* the first sample stands unpacked */

/* ---- bits ---- */

static void room_make(struct chunk_head *h, unsigned bits)
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

static void bits_put(struct chunk_head *h, uint64_t value, unsigned width)
{
    while (width > 0) {
        const unsigned free_bits = 8 - h->bit_count % 8;
        const unsigned take = width < free_bits ? width : free_bits;
        const uint64_t part = (value >> (width - take)) & ((1u << take) - 1);
        h->bits[h->bit_count / 8] |= (uint8_t)(part << (free_bits - take));
        h->bit_count += take;
        width -= take;
    }
}

static bool bits_get(struct chunk_reader *r, unsigned width, uint64_t *ret_value)
{
    if (r->bit_count - r->at < width)
        return false;
    uint64_t value = 0;
    while (width > 0) {
        const unsigned left = 8 - r->at % 8;
        const unsigned take = width < left ? width : left;
        const unsigned byte = r->bits[r->at / 8];
        value = value << take | ((byte >> (left - take)) & ((1u << take) - 1));
        r->at += take;
        width -= take;
    }
    *ret_value = value;
    return true;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
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

static void time_put(struct chunk_head *h, int64_t change)
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

static bool time_get(struct chunk_reader *r, int64_t *ret_change)
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
    const unsigned shift = 64 - width;
    *ret_change = (int64_t)(value << shift) >> shift;
    return true;
}

/* ---- values ---- */

static void value_put(struct chunk_head *h, double value)
{
    const uint64_t difference = bits_of(value) ^ bits_of(h->last);
    if (!difference) {
        bits_put(h, 0, 1);
        return;
    }
    unsigned leading = (unsigned)__builtin_clzll(difference);
    const unsigned trailing = (unsigned)__builtin_ctzll(difference);
    if (leading > LEADING_MAX)
        leading = LEADING_MAX;
    if (h->leading != LEADING_NONE && leading >= h->leading && trailing >= h->trailing) {
        bits_put(h, 2, 2);
        bits_put(h, difference >> h->trailing, 64u - h->leading - h->trailing);
        return;
    }
    const unsigned width = 64 - leading - trailing;
    h->leading = (uint8_t)leading;
    h->trailing = (uint8_t)trailing;
    bits_put(h, 3, 2);
    bits_put(h, leading, 5);
    bits_put(h, width & 63, 6); /* 64 is written as 0 */
    bits_put(h, difference >> trailing, width);
}

static bool width_get(struct chunk_reader *r)
{
    uint64_t leading, width;
    if (!bits_get(r, 5, &leading) || !bits_get(r, 6, &width))
        return false;
    if (width == 0)
        width = 64;
    if (leading + width > 64)
        return false;
    r->leading = (uint8_t)leading;
    r->trailing = (uint8_t)(64 - leading - width);
    return true;
}

static bool value_get(struct chunk_reader *r)
{
    uint64_t bit, difference;
    if (!bits_get(r, 1, &bit))
        return false;
    if (!bit)
        return true;
    if (!bits_get(r, 1, &bit))
        return false;
    if (bit ? !width_get(r) : r->leading == LEADING_NONE)
        return false;
    if (!bits_get(r, 64u - r->leading - r->trailing, &difference))
        return false;
    r->value ^= difference << r->trailing;
    return true;
}

/* ---- heads and chunks ---- */

bool chunk_append(struct chunk_head *h, int64_t ms, double value)
{
    assert(h->count == 0 || ms > h->last_ms);
    if (h->count == CHUNK_MAX_SAMPLES)
        return false;
    if (h->count == 0) {
        room_make(h, FIRST_BYTES * 8);
        bits_put(h, (uint64_t)ms, 64);
        bits_put(h, bits_of(value), 64);
        h->first_ms = ms;
        h->leading = LEADING_NONE;
    } else {
        const int64_t delta = ms - h->last_ms;
        room_make(h, 145);
        time_put(h, delta - h->delta);
        value_put(h, value);
        h->delta = delta;
    }
    h->last_ms = ms;
    h->last = value;
    h->count++;
    return true;
}

static struct chunk *chunk_make(int64_t first_ms, int64_t last_ms, uint16_t count,
                                const void *bits, size_t len)
{
    struct chunk *c = malloc(sizeof(*c) + len);
    assert(c);
    *c = (struct chunk){.refs = 1,
                        .first_ms = first_ms,
                        .last_ms = last_ms,
                        .count = count,
                        .len = (uint16_t)len};
    memcpy(c->bits, bits, len);
    return c;
}

struct chunk *chunk_copy(const struct chunk_head *h)
{
    if (h->count == 0)
        return NULL;
    return chunk_make(h->first_ms, h->last_ms, h->count, h->bits, (h->bit_count + 7) / 8);
}

struct chunk *chunk_seal(struct chunk_head *h)
{
    struct chunk *c = chunk_copy(h);
    chunk_head_finish(h);
    return c;
}

void chunk_head_finish(struct chunk_head *h)
{
    free(h->bits);
    *h = (struct chunk_head){0};
}

struct chunk *chunk_ref(struct chunk *c)
{
    c->refs++;
    return c;
}

void chunk_unref(struct chunk *c)
{
    if (c && --c->refs == 0)
        free(c);
}

size_t chunk_size(const struct chunk *c)
{
    return sizeof(*c) + c->len;
}

void chunk_read(struct chunk_reader *r, const struct chunk *c)
{
    *r = (struct chunk_reader){.bits = c->bits,
                               .bit_count = c->len * 8u,
                               .left = c->count,
                               .leading = LEADING_NONE};
}

static bool first_get(struct chunk_reader *r)
{
    uint64_t ms;
    if (!bits_get(r, 64, &ms) || !bits_get(r, 64, &r->value))
        return false;
    r->ms = (int64_t)ms;
    return true;
}

static bool further_get(struct chunk_reader *r)
{
    int64_t change;
    if (!time_get(r, &change) || __builtin_add_overflow(r->delta, change, &r->delta) ||
        r->delta <= 0 || __builtin_add_overflow(r->ms, r->delta, &r->ms))
        return false;
    return value_get(r);
}

bool chunk_next(struct chunk_reader *r, struct point *ret_point)
{
    if (r->left == 0)
        return false;
    if (!(r->read == 0 ? first_get(r) : further_get(r))) {
        r->left = 0;
        return false;
    }
    r->left--;
    r->read++;
    ret_point->ms = r->ms;
    memcpy(&ret_point->value, &r->value, sizeof(r->value));
    return true;
}

struct chunk *chunk_of_file(int64_t first_ms, int64_t last_ms, uint16_t count,
                            struct bytes bits)
{
    if (count == 0 || count > CHUNK_MAX_SAMPLES || bits.len < FIRST_BYTES ||
        bits.len > CHUNK_MAX_BYTES)
        return NULL;
    struct chunk *c = chunk_make(first_ms, last_ms, count, bits.ptr, bits.len);
    struct chunk_reader r;
    struct point p = {0};
    bool is_first = true, is_right = true;
    chunk_read(&r, c);
    while (chunk_next(&r, &p)) {
        is_right &= !is_first || p.ms == first_ms;
        is_first = false;
    }
    if (is_right && r.read == count && p.ms == last_ms)
        return c;
    chunk_unref(c);
    return NULL;
}
