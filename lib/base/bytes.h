/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slice of bytes owned by somebody else, and the few ways to take it apart.
 * The functions that consume advance the slice past what they return.
 */
#ifndef HEALTHD_BASE_BYTES_H
#define HEALTHD_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    const char *ptr; /* not NUL-terminated; may be NULL when len is 0 */
    size_t len;
};

/* One byte, in ASCII whatever the locale. */
static inline bool byte_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool byte_is_blank(char c) /* within a line */
{
    return c == ' ' || c == '\t';
}

static inline bool byte_is_space(char c) /* what JSON, YAML and Go's templates skip */
{
    return byte_is_blank(c) || c == '\n' || c == '\r';
}

struct bytes bytes_of(const char *text); /* of a C string; NULL gives empty */
struct bytes bytes_slice(struct bytes b, size_t from, size_t to); /* clamped to b */
struct bytes bytes_trim(struct bytes b); /* without ASCII white space around */

bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_is(struct bytes b, const char *text);
bool bytes_is_nocase(struct bytes b, const char *text);  /* ASCII only */
bool bytes_has_nocase(struct bytes b, const char *text); /* anywhere in it; ASCII only */
bool bytes_starts(struct bytes b, const char *prefix);
bool bytes_ends(struct bytes b, const char *suffix);
/* Offset of the first occurrence, or -1. An empty needle is at 0. */
ptrdiff_t bytes_find(struct bytes b, struct bytes needle);
ptrdiff_t bytes_find_byte(struct bytes b, char c);

/* Consumes up to and including the first '\n'; ret_line is without it and without a '\r'
 * before it. False, with nothing consumed, when there is no whole line yet. */
bool bytes_line(struct bytes *b, struct bytes *ret_line);
/* Consumes up to and including sep; the whole rest when there is none. False when empty. */
bool bytes_token(struct bytes *b, char sep, struct bytes *ret_token);
/* Consumes up to and including sep. False, with nothing consumed, when there is none. */
bool bytes_split(struct bytes *b, char sep, struct bytes *ret_before);
/* Consumes exactly n bytes, or nothing and returns false. */
bool bytes_take(struct bytes *b, size_t n, struct bytes *ret_taken);

/* Whole slice as a decimal number, no sign for u64; false on junk or overflow. */
bool bytes_to_u64(struct bytes b, uint64_t *ret_value);
bool bytes_to_i64(struct bytes b, int64_t *ret_value);
/* Whole slice as a decimal number in the C locale, or Prometheus-style +Inf, -Inf, NaN (any
 * case, also "infinity"); false on junk, hexadecimal, overflow or more than 511 bytes. */
bool bytes_to_double(struct bytes b, double *ret_value);

/* FNV-1a. The 32-bit form is what blackbox_exporter puts in probe_ip_addr_hash. */
uint32_t bytes_hash32(struct bytes b);
uint64_t bytes_hash64(struct bytes b);

/* Length of the well-formed UTF-8 character that b starts with (1-4), or 0 when there is none. */
size_t bytes_utf8(struct bytes b);
/* The first bytes of b, at most max, that do not end within a character. */
struct bytes bytes_cut(struct bytes b, size_t max);
/* True when b is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool bytes_is_utf8(struct bytes b);

#endif
