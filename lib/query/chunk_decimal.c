/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A finished chunk's values as decimals: integers after a shift by at most nine digits, as differences in a width
 * chosen for the chunk. Only when every value comes back bit for bit. Called by chunk.c.
 */
#include <assert.h>
#include <string.h>

#include "lib/query/chunk_impl.h"

static const double powers[CODING_MAX_DIGITS + 1] = {1,   1e1, 1e2, 1e3, 1e4,
                                                     1e5, 1e6, 1e7, 1e8, 1e9};
#define INTEGER_MAX 9007199254740992.0 /* 2^53: above it not every integer is a double */

static bool integer_of(double value, unsigned digits, int64_t *ret_integer)
{
    const double scaled = value * powers[digits];
    if (!(scaled > -INTEGER_MAX && scaled < INTEGER_MAX))
        return false; /* NaN too */
    *ret_integer = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    const double again = (double)*ret_integer / powers[digits];
    return !memcmp(&again, &value, sizeof(value));
}

/* The fewest digits with which every value comes back. */
static bool digits_find(const struct point *points, size_t count, uint8_t *ret_digits,
                        int64_t *ret_integers)
{
    unsigned digits = 0;
    for (size_t i = 0; i < count; i++) {
        while (digits <= CODING_MAX_DIGITS &&
               !integer_of(points[i].value, digits, &ret_integers[i]))
            digits++;
        if (digits > CODING_MAX_DIGITS)
            return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!integer_of(points[i].value, digits, &ret_integers[i]))
            return false;
    }
    *ret_digits = (uint8_t)digits;
    return true;
}

/* Of a two's complement that holds it. */
static unsigned width_of(int64_t difference)
{
    const uint64_t size = (uint64_t)(difference < 0 ? ~difference : difference);
    return size ? 65u - (unsigned)__builtin_clzll(size) : 1;
}

/* The width that writes all differences in the fewest bits: zero is 1 bit, one that fits 2 + width, another 66. */
static uint8_t width_choose(const int64_t *integers, size_t count)
{
    size_t of_width[66] = {0};
    size_t fitting = 0, others = 0, best = SIZE_MAX;
    uint8_t chosen = 1;
    for (size_t i = 1; i < count; i++) {
        const int64_t difference = integers[i] - integers[i - 1];
        if (difference) {
            of_width[width_of(difference)]++;
            others++;
        }
    }
    for (unsigned width = 1; width < 63; width++) {
        fitting += of_width[width];
        others -= of_width[width];
        const size_t bits = fitting * (2 + width) + others * 66;
        if (bits < best) {
            best = bits;
            chosen = (uint8_t)width;
        }
    }
    return chosen;
}

static void difference_put(struct chunk_head *h, int64_t difference, unsigned width)
{
    if (difference == 0) {
        bits_put(h, 0, 1);
    } else if (width_of(difference) <= width) {
        bits_put(h, 2, 2);
        bits_put(h, (uint64_t)difference, width);
    } else {
        bits_put(h, 3, 2);
        bits_put(h, (uint64_t)difference, 64);
    }
}

static void decimals_put(struct chunk_head *h, const struct point *points,
                         const int64_t *integers, size_t count, unsigned width)
{
    int64_t delta = 0;
    room_make(h, CHUNK_MAX_BYTES * 8);
    bits_put(h, (uint64_t)points[0].ms, 64);
    bits_put(h, (uint64_t)integers[0], 64);
    for (size_t i = 1; i < count; i++) {
        const int64_t next = points[i].ms - points[i - 1].ms;
        time_put(h, next - delta);
        delta = next;
        difference_put(h, integers[i] - integers[i - 1], width);
    }
}

struct chunk *chunk_of_decimals(const struct point *points, size_t count)
{
    int64_t integers[CHUNK_MAX_SAMPLES];
    struct chunk_head h = {0};
    assert(count > 0 && count <= CHUNK_MAX_SAMPLES);
    struct chunk like = {.first_ms = points[0].ms,
                         .last_ms = points[count - 1].ms,
                         .count = (uint8_t)count};
    if (!digits_find(points, count, &like.coding, integers))
        return NULL;
    like.width = width_choose(integers, count);
    decimals_put(&h, points, integers, count, like.width);
    struct chunk *c = chunk_make(&like, h.bits, (h.bit_count + 7) / 8);
    chunk_head_finish(&h);
    return c;
}

bool decimal_get(struct chunk_reader *r)
{
    uint64_t bit, difference;
    if (!bits_get(r, 1, &bit))
        return false;
    if (!bit)
        return true;
    if (!bits_get(r, 1, &bit))
        return false;
    const unsigned width = bit ? 64 : r->width;
    if (!bits_get(r, width, &difference))
        return false;
    const unsigned shift = 64 - width;
    r->value += (uint64_t)((int64_t)(difference << shift) >> shift);
    return true;
}

double decimal_value(const struct chunk_reader *r)
{
    return (double)(int64_t)r->value / powers[r->coding];
}
