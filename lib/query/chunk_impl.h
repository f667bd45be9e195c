/* SPDX-License-Identifier: Apache-2.0 */
/* Between chunk.c (heads, XOR), chunk_decimal.c (integers) and chunk_bits.c; nobody else includes it. */
#ifndef HEALTHD_QUERY_CHUNK_IMPL_H
#define HEALTHD_QUERY_CHUNK_IMPL_H

#include "lib/query/chunk.h"

/* chunk_bits.c. Room for so many bits more comes first. */
void room_make(struct chunk_head *h, unsigned bits);
void bits_put(struct chunk_head *h, uint64_t value, unsigned width);
bool bits_get(struct chunk_reader *r, unsigned width, uint64_t *ret_value);
/* The change of the difference between two times. */
void time_put(struct chunk_head *h, int64_t change);
bool time_get(struct chunk_reader *r, int64_t *ret_change);

/* chunk.c: with the times, count, coding and width of another. */
struct chunk *chunk_make(const struct chunk *like, const void *bits, size_t len);

/* chunk_decimal.c. NULL when the values are no decimals. */
struct chunk *chunk_of_decimals(const struct point *points, size_t count);
bool decimal_get(struct chunk_reader *r);
double decimal_value(const struct chunk_reader *r);

#endif
