/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking bytes apart without copying them. Called by every parser and dialogue with
 * whatever a peer sent; never writes, never allocates, never reads past a slice.
 */
#include "lib/base/bytes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_TEXT_SIZE 512u

struct bytes bytes_of(const char *text)
{
    return (struct bytes){text, text ? strlen(text) : 0};
}

struct bytes bytes_slice(struct bytes b, size_t from, size_t to)
{
    if (to > b.len)
        to = b.len;
    if (from >= to)
        return (struct bytes){0};
    return (struct bytes){b.ptr + from, to - from};
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

struct bytes bytes_trim(struct bytes b)
{
    size_t from = 0, to = b.len;
    while (from < to && is_space(b.ptr[from]))
        from++;
    while (to > from && is_space(b.ptr[to - 1]))
        to--;
    return bytes_slice(b, from, to);
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (!a.len || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool bytes_is(struct bytes b, const char *text)
{
    return bytes_equal(b, bytes_of(text));
}

bool bytes_is_nocase(struct bytes b, const char *text)
{
    if (b.len != strlen(text))
        return false;
    for (size_t i = 0; i < b.len; i++) {
        if (lower(b.ptr[i]) != lower(text[i]))
            return false;
    }
    return true;
}

bool bytes_has_nocase(struct bytes b, const char *text)
{
    const size_t len = strlen(text);
    for (size_t i = 0; i + len <= b.len; i++) {
        if (bytes_is_nocase(bytes_slice(b, i, i + len), text))
            return true;
    }
    return false;
}

bool bytes_starts(struct bytes b, const char *prefix)
{
    const size_t len = strlen(prefix);
    return len <= b.len && bytes_is(bytes_slice(b, 0, len), prefix);
}

bool bytes_ends(struct bytes b, const char *suffix)
{
    const size_t len = strlen(suffix);
    return len <= b.len && bytes_is(bytes_slice(b, b.len - len, b.len), suffix);
}

ptrdiff_t bytes_find(struct bytes b, struct bytes needle)
{
    if (!needle.len)
        return 0;
    if (needle.len > b.len)
        return -1;
    const char *found = memmem(b.ptr, b.len, needle.ptr, needle.len);
    return found ? found - b.ptr : -1;
}

ptrdiff_t bytes_find_byte(struct bytes b, char c)
{
    const char *found = b.len ? memchr(b.ptr, c, b.len) : NULL;
    return found ? found - b.ptr : -1;
}

bool bytes_line(struct bytes *b, struct bytes *ret_line)
{
    const ptrdiff_t at = bytes_find_byte(*b, '\n');
    if (at < 0)
        return false;

    size_t end = (size_t)at;
    if (end && b->ptr[end - 1] == '\r')
        end--;
    *ret_line = (struct bytes){b->ptr, end};
    *b = (struct bytes){b->ptr + at + 1, b->len - (size_t)at - 1};
    return true;
}

bool bytes_token(struct bytes *b, char sep, struct bytes *ret_token)
{
    if (!b->len)
        return false;

    const ptrdiff_t at = bytes_find_byte(*b, sep);
    const size_t len = at < 0 ? b->len : (size_t)at;
    const size_t used = at < 0 ? b->len : len + 1;
    *ret_token = (struct bytes){b->ptr, len};
    *b = (struct bytes){b->ptr + used, b->len - used};
    return true;
}

bool bytes_split(struct bytes *b, char sep, struct bytes *ret_before)
{
    return bytes_find_byte(*b, sep) >= 0 && bytes_token(b, sep, ret_before);
}

bool bytes_take(struct bytes *b, size_t n, struct bytes *ret_taken)
{
    if (n > b->len)
        return false;
    *ret_taken = (struct bytes){b->ptr, n};
    if (n)
        *b = (struct bytes){b->ptr + n, b->len - n};
    return true;
}

bool bytes_to_u64(struct bytes b, uint64_t *ret_value)
{
    if (!b.len)
        return false;

    uint64_t value = 0;
    for (size_t i = 0; i < b.len; i++) {
        if (!byte_is_digit(b.ptr[i]))
            return false;
        const uint64_t digit = (uint64_t)(b.ptr[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *ret_value = value;
    return true;
}

bool bytes_to_i64(struct bytes b, int64_t *ret_value)
{
    const bool negative = bytes_starts(b, "-");
    if (negative || bytes_starts(b, "+"))
        b = bytes_slice(b, 1, b.len);

    uint64_t size;
    if (!bytes_to_u64(b, &size) || size > (uint64_t)INT64_MAX + negative)
        return false;
    if (!negative)
        *ret_value = (int64_t)size;
    else
        *ret_value = size ? -(int64_t)(size - 1) - 1 : 0;
    return true;
}

/* A decimal number taken apart: mantissa * 10^exponent, as far as they fit. */
struct decimal {
    uint64_t mantissa;
    int64_t exponent;
    bool negative;
    bool exact; /* no digit was left out */
};

/* Reads the digits at *at into d; each one moves the exponent by step. */
static size_t decimal_digits(struct bytes b, size_t *at, int step, struct decimal *d)
{
    const size_t start = *at;
    for (; *at < b.len && byte_is_digit(b.ptr[*at]); (*at)++) {
        if (d->mantissa > (UINT64_MAX - 9) / 10) {
            d->exact = false;
            continue;
        }
        d->mantissa = d->mantissa * 10 + (uint64_t)(b.ptr[*at] - '0');
        d->exponent += step;
    }
    return *at - start;
}

/* [+-] digits [. digits] [e [+-] digits], with a digit before or after the point. */
static bool decimal_read(struct bytes b, struct decimal *d)
{
    size_t at = 0;
    *d = (struct decimal){.exact = true};
    if (at < b.len && (b.ptr[at] == '+' || b.ptr[at] == '-'))
        d->negative = b.ptr[at++] == '-';

    size_t digits = decimal_digits(b, &at, 0, d);
    if (at < b.len && b.ptr[at] == '.') {
        at++;
        digits += decimal_digits(b, &at, -1, d);
    }
    if (!digits)
        return false;
    if (at == b.len)
        return true;

    int64_t exponent;
    if (lower(b.ptr[at]) != 'e')
        return false;
    const struct bytes rest = bytes_slice(b, at + 1, b.len);
    if (!rest.len || !byte_is_digit(rest.ptr[rest.len - 1]))
        return false;
    if (!bytes_to_i64(rest, &exponent) || exponent > 100000 || exponent < -100000)
        d->exact = false;
    else
        d->exponent += exponent;
    for (size_t i = rest.ptr[0] == '+' || rest.ptr[0] == '-'; i < rest.len; i++) {
        if (!byte_is_digit(rest.ptr[i]))
            return false;
    }
    return true;
}

/* Both factors are exact in a double, so that one rounding gives the nearest one. */
static bool decimal_is_easy(const struct decimal *d)
{
    return d->exact && d->mantissa <= (UINT64_C(1) << 53) && d->exponent >= -22 &&
           d->exponent <= 22;
}

static double decimal_value(const struct decimal *d)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const double size = (double)d->mantissa;
    const double value =
        d->exponent < 0 ? size / tens[-d->exponent] : size * tens[d->exponent];
    return d->negative ? -value : value;
}

static bool read_special(struct bytes b, double *ret_value)
{
    if (bytes_is_nocase(b, "nan")) {
        *ret_value = (double)NAN;
        return true;
    }
    const bool negative = bytes_starts(b, "-");
    if (negative || bytes_starts(b, "+"))
        b = bytes_slice(b, 1, b.len);
    if (!bytes_is_nocase(b, "inf") && !bytes_is_nocase(b, "infinity"))
        return false;
    *ret_value = negative ? -(double)INFINITY : (double)INFINITY;
    return true;
}

bool bytes_to_double(struct bytes b, double *ret_value)
{
    struct decimal d;
    if (b.len >= NUMBER_TEXT_SIZE)
        return false;
    if (!decimal_read(b, &d))
        return read_special(b, ret_value);
    if (decimal_is_easy(&d)) {
        *ret_value = decimal_value(&d);
        return true;
    }

    char text[NUMBER_TEXT_SIZE];
    memcpy(text, b.ptr, b.len);
    text[b.len] = '\0';
    const double value = strtod(text, NULL);
    if (isinf(value))
        return false;
    *ret_value = value;
    return true;
}

uint32_t bytes_hash32(struct bytes b)
{
    uint32_t hash = UINT32_C(2166136261);
    for (size_t i = 0; i < b.len; i++)
        hash = (hash ^ (unsigned char)b.ptr[i]) * UINT32_C(16777619);
    return hash;
}

uint64_t bytes_hash64(struct bytes b)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < b.len; i++)
        hash = (hash ^ (unsigned char)b.ptr[i]) * UINT64_C(1099511628211);
    return hash;
}

size_t bytes_utf8(struct bytes b)
{
    if (!b.len)
        return 0;
    const unsigned char *p = (const unsigned char *)b.ptr;
    if (p[0] < 0x80)
        return 1;

    /* The second byte's limits refuse overlong forms, surrogates and what is above U+10FFFF. */
    const size_t len = p[0] < 0xC2   ? 0
                       : p[0] < 0xE0 ? 2
                       : p[0] < 0xF0 ? 3
                       : p[0] < 0xF5 ? 4
                                     : 0;
    const unsigned char least = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    const unsigned char most = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
    if (!len || len > b.len || p[1] < least || p[1] > most)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    }
    return len;
}

struct bytes bytes_cut(struct bytes b, size_t max)
{
    if (b.len <= max)
        return b;
    size_t len = max;
    while (len > 0 && max - len < 3 && ((unsigned char)b.ptr[len] & 0xC0) == 0x80)
        len--;
    return (struct bytes){b.ptr, len};
}

bool bytes_is_utf8(struct bytes b)
{
    while (b.len) {
        const size_t len = bytes_utf8(b);
        if (!len)
            return false;
        b = bytes_slice(b, len, b.len);
    }
    return true;
}
