/* SPDX-License-Identifier: Apache-2.0 */
/* Between units_*.c: numbers with a unit, in pieces. Pure. Nobody else includes it. */
#ifndef HEALTHD_BASE_UNITS_PARTS_H
#define HEALTHD_BASE_UNITS_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/bytes.h"

#define SHOWN_BYTES 40 /* of the user's text, in an error */

struct unit { /* of a table from large to small */
    const char *name;
    uint64_t size; /* in the smallest */
};

/* The user's text, fit to be quoted in a sentence. */
struct shown {
    char text[SHOWN_BYTES + 8];
};
struct shown shown_text(struct bytes text);

/* A number with a point in it: whole + billionths / 10^9. */
struct quantity {
    uint64_t whole;
    uint64_t billionths;
};
/* Consumes "12", "1.5" or ".5". False when there is none. Beyond 64 bits it is the largest. */
bool quantity_take(struct bytes *b, struct quantity *ret_quantity);
/* Consumes what stands before the next number. */
struct bytes quantity_name(struct bytes *b);
/* Adds q units to the total; what is less than one of the smallest is cut off. False when the total would exceed most. */
bool quantity_add(uint64_t *total, struct quantity q, uint64_t unit, uint64_t most);

/* The largest unit of which value is a whole number. */
const struct unit *unit_of_whole(const struct unit *units, size_t count, uint64_t value);
void unit_add(struct buf *out, uint64_t count, const char *unit); /* "12ms" */
/* "12.3", no zeros at the end. */
void unit_add_hundredths(struct buf *out, uint64_t hundredths);
/* Half up, to a multiple of step. */
uint64_t unit_round(uint64_t value, uint64_t step);

#endif
