/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as text, fast: a page of 100,000 series is mostly this. Called by exporters and
 * the log; knows nothing of locales and never rounds what it is given.
 */
#include "lib/base/buf.h"

#include <math.h>
#include <string.h>

#include "lib/base/pow10.h"

/* "-1.7976931348623157e+308" is the longest, and a uint64_t has 20 digits. */
#define LONGEST_NUMBER 32u
#define EXACT_INTEGERS 9007199254740992.0 /* 2^53: up to here every integer is a double */

static const char digit_pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

/* digits * 10^exponent. */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* Writes value backwards, so that it ends before end; returns where it starts. */
static char *write_backwards(char *end, uint64_t value)
{
    while (value >= 100) {
        end -= 2;
        memcpy(end, digit_pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (value >= 10) {
        end -= 2;
        memcpy(end, digit_pairs + value * 2, 2);
    } else {
        *--end = (char)('0' + value);
    }
    return end;
}

void buf_add_u64(struct buf *b, uint64_t value)
{
    char text[LONGEST_NUMBER];
    const char *start = write_backwards(text + sizeof(text), value);
    buf_add(b, start, (size_t)(text + sizeof(text) - start));
}

/* floor(log2(10^e)) and floor(log10(2^e * c)): exact for the exponents of doubles. */
static int log2_of_pow10(int e)
{
    return (e * 1741647) >> 19;
}

static int log10_of_pow2(int e, bool three_quarters)
{
    return (e * 1262611 - (three_quarters ? 524031 : 0)) >> 22;
}

/* The upper 64 bits of power * factor / 2^64, with the lowest bit set when anything was cut. */
static uint64_t round_to_odd(const struct pow10 *power, uint64_t factor)
{
    const uint64_t carried = (uint64_t)(((uint128)power->low * factor) >> 64);
    const uint128 product = (uint128)power->high * factor + carried;
    return (uint64_t)(product >> 64) | ((uint64_t)product > 1);
}

/* Which of s and s + 1 (in units of 10^exponent) lies in the interval, or is nearer. */
static struct decimal nearest_of_two(uint64_t value, uint64_t lower, uint64_t upper,
                                     int exponent)
{
    const uint64_t s = value / 4;
    if (s >= 10) {
        const uint64_t tens = s / 10;
        const bool below = lower <= 40 * tens;
        const bool above = 40 * tens + 40 <= upper;
        if (below != above)
            return (struct decimal){tens + above, exponent + 1};
    }
    const bool below = lower <= 4 * s;
    const bool above = 4 * s + 4 <= upper;
    if (below != above)
        return (struct decimal){s + above, exponent};
    const uint64_t middle = 4 * s + 2;
    const bool up = value > middle || (value == middle && (s & 1));
    return (struct decimal){s + up, exponent};
}

/* The shortest decimal that reads back as the double with these bits, finite and not zero,
 * and of those the nearest: Raffaello Giulietti's "Schubfach" (2020), §9. */
static struct decimal shortest_decimal(uint64_t bits)
{
    const uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    const int biased = (int)(bits >> 52 & 0x7FF);
    const uint64_t c = biased ? fraction | UINT64_C(1) << 52 : fraction;
    const int q = (biased ? biased : 1) - 1075;

    /* The neighbour below a power of two is nearer than the one above. */
    const bool uneven = !fraction && biased > 1;
    const int k = log10_of_pow2(q, uneven);
    const int shift = q + log2_of_pow10(-k) + 1;
    const struct pow10 *power = &pow10_table[-k - POW10_LEAST];
    const uint64_t odd = c & 1; /* an even double owns the ends of its interval */
    const uint64_t lower = round_to_odd(power, (4 * c - 2 + uneven) << shift) + odd;
    const uint64_t value = round_to_odd(power, 4 * c << shift);
    const uint64_t upper = round_to_odd(power, (4 * c + 2) << shift) - odd;
    return nearest_of_two(value, lower, upper, k);
}

static void strip_zeros(struct decimal *d)
{
    while (d->digits % 100 == 0) {
        d->digits /= 100;
        d->exponent += 2;
    }
    if (d->digits % 10 == 0) {
        d->digits /= 10;
        d->exponent++;
    }
}

/* "d.ddde+XX"; returns the end. */
static char *write_scientific(char *at, const char *digits, size_t count, int exponent)
{
    *at++ = digits[0];
    if (count > 1) {
        *at++ = '.';
        memcpy(at, digits + 1, count - 1);
        at += count - 1;
    }
    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    const unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
    if (size >= 100)
        *at++ = (char)('0' + size / 100);
    memcpy(at, digit_pairs + size % 100 * 2, 2);
    return at + 2;
}

/* "ddd.ddd" with the point behind the first `point` digits (-3 to 6); returns the end. */
static char *write_plain(char *at, const char *digits, size_t count, int point)
{
    if (point <= 0) {
        memcpy(at, "0.000", 5);
        at += 2 - point;
        memcpy(at, digits, count);
        return at + count;
    }
    const size_t whole = (size_t)point;
    if (count <= whole) {
        memcpy(at, digits, count);
        memset(at + count, '0', whole - count);
        return at + whole;
    }
    memcpy(at, digits, whole);
    at[whole] = '.';
    memcpy(at + whole + 1, digits + whole, count - whole);
    return at + count + 1;
}

/* A finite number that is not zero and has no sign; returns the end. */
static char *write_positive(char *at, double value)
{
    const bool exact = value < EXACT_INTEGERS && value == (double)(uint64_t)value;
    char text[LONGEST_NUMBER];
    char *const end = text + sizeof(text);
    if (exact && value < 1e6) {
        const char *start = write_backwards(end, (uint64_t)value);
        memcpy(at, start, (size_t)(end - start));
        return at + (end - start);
    }

    struct decimal d = {.digits = exact ? (uint64_t)value : 0};
    if (!exact) {
        uint64_t bits;
        memcpy(&bits, &value, sizeof(bits));
        d = shortest_decimal(bits);
    }
    strip_zeros(&d);
    const char *digits = write_backwards(end, d.digits);
    const size_t count = (size_t)(end - digits);
    const int point = (int)count + d.exponent;
    if (point < -3 || point > 6)
        return write_scientific(at, digits, count, point - 1);
    return write_plain(at, digits, count, point);
}

static void buf_add_special(struct buf *b, double value)
{
    if (isnan(value))
        buf_add(b, "NaN", 3);
    else
        buf_add(b, value > 0 ? "+Inf" : "-Inf", 4);
}

void buf_add_double(struct buf *b, double value)
{
    if (!isfinite(value)) {
        buf_add_special(b, value);
        return;
    }
    if (value == 0) {
        buf_add_byte(b, '0');
        return;
    }

    /* Straight into the buffer when the longest number fits: this is the hot path. */
    char text[LONGEST_NUMBER];
    const bool fits =
        b->size - b->len > LONGEST_NUMBER && b->len + LONGEST_NUMBER <= b->max;
    char *const start = fits ? b->ptr + b->len : text;
    char *at = start;
    if (value < 0)
        *at++ = '-';
    at = write_positive(at, value < 0 ? -value : value);
    if (fits)
        buf_grew(b, (size_t)(at - start));
    else
        buf_add(b, text, (size_t)(at - text));
}
