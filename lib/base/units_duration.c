/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durations, from text and to text. Called by option tables, the log and everything that shows a time to a person; what it
 * refuses it explains.
 */
#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/units.h"
#include "lib/base/units_parts.h"

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
        whole, shown_text(word).text, unit ? "; did you mean " : "", unit ? number : "",
        unit ? unit : "", unit ? "?" : "");
}

/* Reads the parts of a duration, largest unit first. */
static bool duration_parts(struct bytes text, uint64_t *ret_value, struct err *e)
{
    const struct shown whole = shown_text(text);
    uint64_t total = 0;
    size_t next = 0; /* units before this one are no longer welcome */

    while (text.len) {
        const struct bytes start = text;
        struct quantity q;
        if (!quantity_take(&text, &q))
            return err_set(e, "'%s' is not a duration; write 15s, 1h30m or 500ms",
                           whole.text);

        const struct shown number =
            shown_text(bytes_slice(start, 0, start.len - text.len));
        const struct bytes name = quantity_name(&text);
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
        if (!quantity_add(&total, q, duration_units[unit].size, INT64_MAX))
            return err_set(e, "'%s' is too long; the longest duration is 292y",
                           whole.text);
    }
    *ret_value = total;
    return true;
}

/* "5 m" is read so by a person: what it is without the blanks, when that is a duration. */
static bool explain_blanks(struct bytes text, struct err *e)
{
    char joined[SHOWN_BYTES + 1];
    struct err ignored;
    uint64_t value;
    size_t len = 0;
    if (text.len > SHOWN_BYTES)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != ' ' && text.ptr[i] != '\t')
            joined[len++] = text.ptr[i];
    }
    joined[len] = '\0';
    if (len == text.len || !duration_parts(bytes_of(joined), &value, &ignored))
        return false;
    return err_set(e, "'%s' has a blank in it; write it without the blank: %s",
                   shown_text(text).text, joined);
}

bool duration_parse(struct bytes text, nsec *ret_value, struct err *e)
{
    text = bytes_trim(text);
    if (!text.len)
        return err_set(e, "a duration is missing here; write 15s, 1h30m or 500ms");
    if (bytes_starts(text, "-"))
        return err_set(e, "'%s' is negative; write a duration of 0 or more, such as 15s",
                       shown_text(text).text);
    if (bytes_is(text, "0")) {
        *ret_value = 0;
        return true;
    }

    uint64_t value = 0;
    if (!duration_parts(text, &value, e))
        return explain_blanks(text, e);
    *ret_value = (nsec)value;
    return true;
}

static uint64_t size_of_nsec(struct buf *out, nsec value)
{
    if (value < 0)
        buf_add_byte(out, '-');
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

void duration_format(struct buf *out, nsec value)
{
    uint64_t left = size_of_nsec(out, value);
    if (!left) {
        buf_add_text(out, "0s");
        return;
    }
    const struct unit *unit =
        unit_of_whole(duration_units, ARRAY_LEN(duration_units), left);
    if (left < (uint64_t)NSEC_PER_MINUTE || unit->size >= (uint64_t)NSEC_PER_DAY) {
        unit_add(out, left / unit->size, unit->name);
        return;
    }
    for (size_t i = 2; i < ARRAY_LEN(duration_units); i++) { /* days and below */
        unit = &duration_units[i];
        if (left >= unit->size)
            unit_add(out, left / unit->size, unit->name);
        left %= unit->size;
    }
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
    value = unit_round(value, unit[1].size);
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
    const uint64_t rounded = unit_round(size, step);
    if (rounded >= (uint64_t)NSEC_PER_MINUTE) {
        add_two_units(out, size);
        return;
    }
    const struct unit *unit = duration_units;
    while (rounded < unit->size)
        unit++;
    unit_add_hundredths(out,
                        unit->size > 1 ? rounded / (unit->size / 100) : rounded * 100);
    buf_printf(out, " %s", unit->name);
}

const char *duration_text(struct arena *arena, nsec value)
{
    struct buf text = BUF_MAX(64);
    duration_format(&text, value);
    return arena_keep(arena, &text);
}

const char *duration_text_short(struct arena *arena, nsec value)
{
    struct buf text = BUF_MAX(64);
    duration_format_short(&text, value);
    return arena_keep(arena, &text);
}
