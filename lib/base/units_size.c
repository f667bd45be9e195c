/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes and percentages, from text and to text. Called by option tables and everything that shows a size to a person; what
 * it refuses it explains.
 */
#include "lib/base/attr.h"
#include "lib/base/units.h"
#include "lib/base/units_parts.h"

static const struct unit size_units[] = {
    {"EiB", UINT64_C(1) << 60},
    {"PiB", UINT64_C(1) << 50},
    {"TiB", UINT64_C(1) << 40},
    {"GiB", UINT64_C(1) << 30},
    {"MiB", UINT64_C(1) << 20},
    {"KiB", UINT64_C(1) << 10},
    {"B", 1},
};

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
    const struct shown whole = shown_text(text);
    if (!text.len)
        return err_set(e, "a size is missing here; write 100B, 64KiB or 10MiB");
    if (bytes_starts(text, "-"))
        return err_set(e, "'%s' is negative; write a size of 0 or more, such as 10MiB",
                       whole.text);

    struct quantity q;
    struct bytes rest = text;
    if (!quantity_take(&rest, &q))
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
            whole.text, shown_text(name).text);
    if (!quantity_add(&total, q, unit->size, UINT64_MAX))
        return err_set(e, "'%s' is too large; the largest size is below 16EiB",
                       whole.text);
    *ret_bytes = total;
    return true;
}

void size_format(struct buf *out, uint64_t bytes)
{
    const struct unit *unit = unit_of_whole(size_units, ARRAY_LEN(size_units), bytes);
    unit_add(out, bytes / unit->size, unit->name);
}

void size_format_short(struct buf *out, uint64_t bytes)
{
    const struct unit *unit = size_units;
    while (bytes < unit->size && unit->size > 1)
        unit++;

    const uint64_t thousandths = (uint64_t)((uint128)bytes * 1000 / unit->size);
    const uint64_t step = thousandths >= 99950 ? 1000 : thousandths >= 9995 ? 100 : 10;
    uint64_t hundredths = unit_round(thousandths, step) / 10;
    if (hundredths >= 102400 && unit != size_units) {
        unit--;
        hundredths = 100;
    }
    unit_add_hundredths(out, hundredths);
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
                       shown_text(text).text);
    if (!marked && value > 0 && value < 1) /* meant as a share of one, most likely */
        return err_set(
            e, "'%s' has no percent sign; write %g%%, or %s%% if so little is meant",
            shown_text(text).text, value * 100, shown_text(text).text);
    if (!marked)
        return err_set(e, "'%s' has no percent sign; write %s%%", shown_text(text).text,
                       shown_text(text).text);
    if (value < 0)
        return err_set(e, "'%s' is negative; write a percentage of 0%% or more",
                       shown_text(text).text);
    *ret_value = value;
    return true;
}
