/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durations, sizes and percentages, from text and to text. Called by option tables, the log
 * and everything that shows a number to a person; what it refuses it explains.
 */
#include "lib/base/units.h"

#include <stddef.h>
#include <string.h>

#include "lib/base/attr.h"

#define SHOWN_BYTES 40 /* of the user's text, in an error */
#define FRACTION_DIGITS 9
#define FRACTION_ONE UINT64_C(1000000000)

struct unit {
    const char *name;
    uint64_t size;
};

/* From large to small. */
static const struct unit duration_units[] = {
    {"y", 365 * (uint64_t)NSEC_PER_DAY},
    {"w", 7 * (uint64_t)NSEC_PER_DAY},
    {"d", NSEC_PER_DAY},
    {"h", NSEC_PER_HOUR},
    {"m", NSEC_PER_MINUTE},
    {"s", NSEC_PER_SEC},
    {"ms", NSEC_PER_MSEC},
    {"us", NSEC_PER_USEC},
    {"ns", 1},
};

static const struct unit size_units[] = {
    {"EiB", UINT64_C(1) << 60},
    {"PiB", UINT64_C(1) << 50},
    {"TiB", UINT64_C(1) << 40},
    {"GiB", UINT64_C(1) << 30},
    {"MiB", UINT64_C(1) << 20},
    {"KiB", UINT64_C(1) << 10},
    {"B", 1},
};

/* The user's text, fit to be quoted in a sentence. */
struct shown {
    char text[SHOWN_BYTES + 8];
};

static struct shown show(struct bytes text)
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

/* A number with a point in it: whole + billionths / 10^9. */
struct quantity {
    uint64_t whole;
    uint64_t billionths;
};

static size_t count_digits(struct bytes b)
{
    size_t count = 0;
    while (count < b.len && b.ptr[count] >= '0' && b.ptr[count] <= '9')
        count++;
    return count;
}

/* Consumes "12", "1.5" or ".5". False when there is none. */
static bool take_quantity(struct bytes *b, struct quantity *ret_quantity)
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

/* Consumes what stands before the next number. */
static struct bytes take_name(struct bytes *b)
{
    size_t len = 0;
    while (len < b->len && b->ptr[len] != '.' && (b->ptr[len] < '0' || b->ptr[len] > '9'))
        len++;
    const struct bytes name = bytes_slice(*b, 0, len);
    *b = bytes_slice(*b, len, b->len);
    return name;
}

/* Adds q units to the total; what is less than one of the smallest is cut off. False when
 * the total would exceed most. */
static bool add_quantity(uint64_t *total, struct quantity q, uint64_t unit, uint64_t most)
{
    const uint128 value =
        (uint128)q.whole * unit + (uint128)q.billionths * unit / FRACTION_ONE + *total;
    if (value > most)
        return false;
    *total = (uint64_t)value;
    return true;
}

/* The index of a duration's unit, or the count of units. */
static size_t find_duration_unit(struct bytes name)
{
    if (bytes_is(name, "µs") || bytes_is(name, "μs"))
        name = bytes_of("us");
    size_t i = 0;
    while (i < ARRAY_LEN(duration_units) && !bytes_is(name, duration_units[i].name))
        i++;
    return i;
}

/* Says which unit is none, and, of "5 minutes", that 5m is meant. */
static bool reject_duration_unit(const char *whole, const char *number, struct bytes name,
                                 struct err *e)
{
    static const char *const meant[][2] = {
        {"mo", NULL}, {"mil", "ms"}, {"mic", "us"}, {"nan", "ns"}, {"s", "s"},
        {"m", "m"},   {"h", "h"},    {"d", "d"},    {"w", "w"},    {"y", "y"}};
    const struct bytes word = bytes_trim(name);
    const char *unit = NULL;

    for (size_t i = ARRAY_LEN(meant); i-- > 0;) {
        const size_t len = strlen(meant[i][0]);
        if (word.len >= len && bytes_is_nocase(bytes_slice(word, 0, len), meant[i][0]))
            unit = meant[i][1];
    }
    return err_set(
        e, "'%s' has the unit '%s'; units are y, w, d, h, m, s, ms, us, ns%s%s%s%s",
        whole, show(word).text, unit ? "; did you mean " : "", unit ? number : "",
        unit ? unit : "", unit ? "?" : "");
}

/* Reads the parts of a duration, largest unit first. */
static bool duration_parts(struct bytes text, uint64_t *ret_value, struct err *e)
{
    const struct shown whole = show(text);
    uint64_t total = 0;
    size_t next = 0; /* units before this one are no longer welcome */

    while (text.len) {
        const struct bytes start = text;
        struct quantity q;
        if (!take_quantity(&text, &q))
            return err_set(e, "'%s' is not a duration; write 15s, 1h30m or 500ms",
                           whole.text);

        const struct shown number = show(bytes_slice(start, 0, start.len - text.len));
        const struct bytes name = take_name(&text);
        if (!name.len)
            return err_set(e, "'%s' has no unit; write %ss, %sm or %sms", whole.text,
                           number.text, number.text, number.text);

        const size_t unit = find_duration_unit(name);
        if (unit == ARRAY_LEN(duration_units))
            return reject_duration_unit(whole.text, number.text, name, e);
        if (unit < next)
            return err_set(e,
                           "'%s' has its units out of order; name each once, the largest "
                           "first, as in 1h30m",
                           whole.text);
        next = unit + 1;
        if (!add_quantity(&total, q, duration_units[unit].size, INT64_MAX))
            return err_set(e, "'%s' is too long; the longest duration is 292y",
                           whole.text);
    }
    *ret_value = total;
    return true;
}

bool duration_parse(struct bytes text, nsec *ret_value, struct err *e)
{
    text = bytes_trim(text);
    if (!text.len)
        return err_set(e, "a duration is missing here; write 15s, 1h30m or 500ms");
    if (bytes_starts(text, "-"))
        return err_set(e, "'%s' is negative; write a duration of 0 or more, such as 15s",
                       show(text).text);
    if (bytes_is(text, "0")) {
        *ret_value = 0;
        return true;
    }

    uint64_t value = 0;
    if (!duration_parts(text, &value, e))
        return false;
    *ret_value = (nsec)value;
    return true;
}

static uint64_t size_of_nsec(struct buf *out, nsec value)
{
    if (value < 0)
        buf_add_byte(out, '-');
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

/* The largest unit of which value is a whole number. */
static const struct unit *whole_unit(const struct unit *units, size_t count,
                                     uint64_t value)
{
    size_t i = 0;
    while (i + 1 < count && (value < units[i].size || value % units[i].size != 0))
        i++;
    return &units[i];
}

static void add_part(struct buf *out, uint64_t count, const char *unit)
{
    buf_add_u64(out, count);
    buf_add_text(out, unit);
}

void duration_format(struct buf *out, nsec value)
{
    uint64_t left = size_of_nsec(out, value);
    if (!left) {
        buf_add_text(out, "0s");
        return;
    }
    const struct unit *unit = whole_unit(duration_units, ARRAY_LEN(duration_units), left);
    if (left < (uint64_t)NSEC_PER_MINUTE || unit->size >= (uint64_t)NSEC_PER_DAY) {
        add_part(out, left / unit->size, unit->name);
        return;
    }
    for (size_t i = 2; i < ARRAY_LEN(duration_units); i++) { /* days and below */
        unit = &duration_units[i];
        if (left >= unit->size)
            add_part(out, left / unit->size, unit->name);
        left %= unit->size;
    }
}

/* "12.3": scaled hundredths with no zeros behind the point. */
static void add_hundredths(struct buf *out, uint64_t hundredths)
{
    buf_add_u64(out, hundredths / 100);
    const unsigned rest = (unsigned)(hundredths % 100);
    if (rest % 10)
        buf_printf(out, ".%02u", rest);
    else if (rest)
        buf_printf(out, ".%u", rest / 10);
}

/* Half up, to a multiple of step. */
static uint64_t round_to(uint64_t value, uint64_t step)
{
    return value > UINT64_MAX - step / 2 ? value / step * step
                                         : (value + step / 2) / step * step;
}

/* "4 m 10 s", "3 d 2 h": minutes to days, with the next smaller unit when it is not zero.
 * Years and weeks are not what people count outages in. */
static void add_two_units(struct buf *out, uint64_t value)
{
    const struct unit *const days = &duration_units[2], *const minutes =
                                                            &duration_units[4];
    const struct unit *unit = days;
    while (unit < minutes && value < unit->size)
        unit++;
    value = round_to(value, unit[1].size);
    if (unit > days && value >= unit[-1].size)
        unit--;

    buf_add_u64(out, value / unit->size);
    buf_printf(out, " %s", unit->name);
    const uint64_t rest = value % unit->size / unit[1].size;
    if (rest)
        buf_printf(out, " %u %s", (unsigned)rest, unit[1].name);
}

void duration_format_short(struct buf *out, nsec value)
{
    const uint64_t size = size_of_nsec(out, value);
    if (!size) {
        buf_add_text(out, "0 s");
        return;
    }

    uint64_t step = 1;
    while (size / step >= 1000)
        step *= 10;
    const uint64_t rounded = round_to(size, step);
    if (rounded >= (uint64_t)NSEC_PER_MINUTE) {
        add_two_units(out, size);
        return;
    }
    const struct unit *unit = duration_units;
    while (rounded < unit->size)
        unit++;
    add_hundredths(out, unit->size > 1 ? rounded / (unit->size / 100) : rounded * 100);
    buf_printf(out, " %s", unit->name);
}

/* "KiB", "KB" and "K" mean the same, in any case. */
static bool names_size_unit(struct bytes name, const char *full)
{
    if (!full[1])
        return bytes_is_nocase(name, full);
    const struct bytes rest = bytes_slice(name, 1, name.len);
    return bytes_is_nocase(bytes_slice(name, 0, 1), (const char[]){full[0], '\0'}) &&
           (!rest.len || bytes_is_nocase(rest, "B") || bytes_is_nocase(rest, "iB"));
}

static const struct unit *find_size_unit(struct bytes name)
{
    for (size_t i = 0; i < ARRAY_LEN(size_units); i++) {
        if (names_size_unit(name, size_units[i].name))
            return &size_units[i];
    }
    return NULL;
}

bool size_parse(struct bytes text, uint64_t *ret_bytes, struct err *e)
{
    text = bytes_trim(text);
    const struct shown whole = show(text);
    if (!text.len)
        return err_set(e, "a size is missing here; write 100B, 64KiB or 10MiB");
    if (bytes_starts(text, "-"))
        return err_set(e, "'%s' is negative; write a size of 0 or more, such as 10MiB",
                       whole.text);

    struct quantity q;
    struct bytes rest = text;
    if (!take_quantity(&rest, &q))
        return err_set(e, "'%s' is not a size; write 100B, 64KiB or 10MiB", whole.text);
    if (!rest.len && !q.whole && !q.billionths) {
        *ret_bytes = 0;
        return true;
    }
    if (!rest.len)
        return err_set(e, "'%s' has no unit; write %sB, %sKiB or %sMiB", whole.text,
                       whole.text, whole.text, whole.text);

    uint64_t total = 0;
    const struct bytes name = bytes_trim(rest);
    const struct unit *unit = find_size_unit(name);
    if (!unit)
        return err_set(
            e, "'%s' has the unit '%s'; units are B, KiB, MiB, GiB, TiB, PiB, EiB",
            whole.text, show(name).text);
    if (!add_quantity(&total, q, unit->size, UINT64_MAX))
        return err_set(e, "'%s' is too large; the largest size is below 16EiB",
                       whole.text);
    *ret_bytes = total;
    return true;
}

void size_format(struct buf *out, uint64_t bytes)
{
    const struct unit *unit = whole_unit(size_units, ARRAY_LEN(size_units), bytes);
    add_part(out, bytes / unit->size, unit->name);
}

void size_format_short(struct buf *out, uint64_t bytes)
{
    const struct unit *unit = size_units;
    while (bytes < unit->size && unit->size > 1)
        unit++;

    const uint64_t thousandths = (uint64_t)((uint128)bytes * 1000 / unit->size);
    const uint64_t step = thousandths >= 99950 ? 1000 : thousandths >= 9995 ? 100 : 10;
    uint64_t hundredths = round_to(thousandths, step) / 10;
    if (hundredths >= 102400 && unit != size_units) {
        unit--;
        hundredths = 100;
    }
    add_hundredths(out, hundredths);
    buf_printf(out, " %s", unit->name);
}

bool percent_parse(struct bytes text, double *ret_value, struct err *e)
{
    text = bytes_trim(text);
    if (!text.len)
        return err_set(e, "a percentage is missing here; write 95%% or 0.5%%");

    double value;
    const bool marked = bytes_ends(text, "%");
    const struct bytes number = bytes_trim(bytes_slice(text, 0, text.len - marked));
    if (!bytes_to_double(number, &value) || value - value != 0)
        return err_set(e, "'%s' is not a percentage; write 95%% or 0.5%%",
                       show(text).text);
    if (!marked)
        return err_set(e, "'%s' has no percent sign; write %s%%", show(text).text,
                       show(text).text);
    if (value < 0)
        return err_set(e, "'%s' is negative; write a percentage of 0%% or more",
                       show(text).text);
    *ret_value = value;
    return true;
}
