/* SPDX-License-Identifier: Apache-2.0 */
/* Powers of ten to 128 bits, for the shortest digits of a double. Only buf_number.c wants them. */
#ifndef HEALTHD_BASE_POW10_H
#define HEALTHD_BASE_POW10_H

#include <stdint.h>

#define POW10_LEAST (-292)
#define POW10_MOST 324

/* 10^k = high:low * 2^(floor(log2(10^k)) - 127), rounded up; the highest bit is set. */
struct pow10 {
    uint64_t high, low;
};

/* Of 10^(POW10_LEAST + index). */
extern const struct pow10 pow10_table[POW10_MOST - POW10_LEAST + 1];

#endif
