/* SPDX-License-Identifier: Apache-2.0 */
/* See chunk.h. Heads, chunks, and values by XOR; knows nothing of labels, budgets or time. */
#include "lib/query/chunk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/query/chunk_impl.h"

#define LEADING_NONE 255
#define LEADING_MAX 31 /* five bits say it */
#define FIRST_BYTES 16 /* the first sample stands unpacked */

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
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

struct chunk *chunk_make(const struct chunk *like, const void *bits, size_t len)
{
    struct chunk *c = malloc(sizeof(*c) + len);
    assert(c);
    *c = (struct chunk){.refs = 1,
                        .first_ms = like->first_ms,
                        .last_ms = like->last_ms,
                        .count = like->count,
                        .coding = like->coding,
                        .width = like->width,
                        .len = (uint16_t)len};
    memcpy(c->bits, bits, len);
    return c;
}

struct chunk *chunk_copy(const struct chunk_head *h)
{
    if (h->count == 0)
        return NULL;
    const struct chunk like = {.first_ms = h->first_ms,
                               .last_ms = h->last_ms,
                               .count = (uint8_t)h->count,
                               .coding = CODING_XOR};
    return chunk_make(&like, h->bits, (h->bit_count + 7) / 8);
}

static struct chunk *shorter_of(struct chunk *a, struct chunk *b)
{
    const bool is_first = !b || a->len <= b->len;
    chunk_unref(is_first ? b : a);
    return is_first ? a : b;
}

static size_t points_of(const struct chunk *c, struct point *ret_points)
{
    struct chunk_reader r;
    size_t count = 0;
    chunk_read(&r, c);
    while (count < c->count && chunk_next(&r, &ret_points[count]))
        count++;
    return count;
}

struct chunk *chunk_seal(struct chunk_head *h)
{
    struct point points[CHUNK_MAX_SAMPLES];
    struct chunk *c = chunk_copy(h);
    chunk_head_finish(h);
    return c ? shorter_of(c, chunk_of_decimals(points, points_of(c, points))) : NULL;
}

struct chunk *chunk_join(const struct chunk *a, const struct chunk *b)
{
    struct point points[CHUNK_MAX_SAMPLES];
    struct chunk_head h = {0};
    assert(a->count + b->count <= CHUNK_MAX_SAMPLES && a->last_ms < b->first_ms);
    size_t count = points_of(a, points);
    count += points_of(b, points + count);
    struct chunk *decimals = chunk_of_decimals(points, count);
    if (decimals)
        return decimals;
    for (size_t i = 0; i < count; i++)
        chunk_append(&h, points[i].ms, points[i].value);
    struct chunk *c = chunk_copy(&h);
    chunk_head_finish(&h);
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
                               .coding = c->coding,
                               .width = c->width,
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
    return r->coding == CODING_XOR ? value_get(r) : decimal_get(r);
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
    if (r->coding == CODING_XOR)
        memcpy(&ret_point->value, &r->value, sizeof(r->value));
    else
        ret_point->value = decimal_value(r);
    return true;
}

static bool is_possible(const struct chunk *claimed, struct bytes bits)
{
    if (claimed->count == 0 || claimed->count > CHUNK_MAX_SAMPLES ||
        bits.len < FIRST_BYTES || bits.len > CHUNK_MAX_BYTES)
        return false;
    return claimed->coding == CODING_XOR || (claimed->coding <= CODING_MAX_DIGITS &&
                                             claimed->width > 0 && claimed->width < 64);
}

struct chunk *chunk_of_file(const struct chunk *claimed, struct bytes bits)
{
    if (!is_possible(claimed, bits))
        return NULL;
    struct chunk *c = chunk_make(claimed, bits.ptr, bits.len);
    struct chunk_reader r;
    struct point p = {0};
    bool is_first = true, is_right = true;
    chunk_read(&r, c);
    while (chunk_next(&r, &p)) {
        is_right &= !is_first || p.ms == claimed->first_ms;
        is_first = false;
    }
    if (is_right && r.read == claimed->count && p.ms == claimed->last_ms)
        return c;
    chunk_unref(c);
    return NULL;
}
