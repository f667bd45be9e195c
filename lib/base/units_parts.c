/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What durations and sizes have in common: a number, a point, a unit, and the user's text in a sentence. Called by
 * units_duration.c and units_size.c. Knows no unit.
 */
#include "lib/base/units_parts.h"

#include <string.h>

#define FRACTION_DIGITS 9
#define FRACTION_ONE UINT64_C(1000000000)

struct shown shown_text(struct bytes text)
{
    struct shown shown = {0};
    size_t len = 0;
    while (len < text.len && len < SHOWN_BYTES) {
        const size_t wide = bytes_utf8(bytes_slice(text, len, text.len));
        const bool plain =
            wide && (unsigned char)text.ptr[len] >= ' ' && text.ptr[len] != 0x7F;
        memcpy(shown.text + len, plain ? text.ptr + len : "?", plain ? wide : 1);
        len += plain ? wide : 1;
    }
    if (len < text.len)
        memcpy(shown.text + len, "…", sizeof("…"));
    return shown;
}

static size_t count_digits(struct bytes b)
{
    size_t count = 0;
    while (count < b.len && b.ptr[count] >= '0' && b.ptr[count] <= '9')
        count++;
    return count;
}

bool quantity_take(struct bytes *b, struct quantity *ret_quantity)
{
    struct quantity q = {0};
    const size_t whole = count_digits(*b);
    if (whole && !bytes_to_u64(bytes_slice(*b, 0, whole), &q.whole))
        q.whole = UINT64_MAX;
    *b = bytes_slice(*b, whole, b->len);

    size_t digits = 0;
    if (bytes_starts(*b, ".")) {
        const struct bytes fraction = bytes_slice(*b, 1, b->len);
        digits = count_digits(fraction);
        uint64_t place = FRACTION_ONE;
        for (size_t i = 0; i < digits && i < FRACTION_DIGITS; i++) {
            place /= 10;
            q.billionths += place * (uint64_t)(fraction.ptr[i] - '0');
        }
        if (!digits)
            return false;
        *b = bytes_slice(fraction, digits, fraction.len);
    }
    *ret_quantity = q;
    return whole + digits > 0;
}

struct bytes quantity_name(struct bytes *b)
{
    size_t len = 0;
    while (len < b->len && b->ptr[len] != '.' && (b->ptr[len] < '0' || b->ptr[len] > '9'))
        len++;
    const struct bytes name = bytes_slice(*b, 0, len);
    *b = bytes_slice(*b, len, b->len);
    return name;
}

bool quantity_add(uint64_t *total, struct quantity q, uint64_t unit, uint64_t most)
{
    const uint128 value =
        (uint128)q.whole * unit + (uint128)q.billionths * unit / FRACTION_ONE + *total;
    if (value > most)
        return false;
    *total = (uint64_t)value;
    return true;
}

const struct unit *unit_of_whole(const struct unit *units, size_t count, uint64_t value)
{
    size_t i = 0;
    while (i + 1 < count && (value < units[i].size || value % units[i].size != 0))
        i++;
    return &units[i];
}

void unit_add(struct buf *out, uint64_t count, const char *unit)
{
    buf_add_u64(out, count);
    buf_add_text(out, unit);
}

void unit_add_hundredths(struct buf *out, uint64_t hundredths)
{
    buf_add_u64(out, hundredths / 100);
    const unsigned rest = (unsigned)(hundredths % 100);
    if (rest % 10)
        buf_printf(out, ".%02u", rest);
    else if (rest)
        buf_printf(out, ".%u", rest / 10);
}

uint64_t unit_round(uint64_t value, uint64_t step)
{
    return value > UINT64_MAX - step / 2 ? value / step * step
                                         : (value + step / 2) / step * step;
}
