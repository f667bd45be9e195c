/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Nagios plugin prints: a line for people, and after a | its performance data,
 * 'label'=value[unit];[warn];[crit];[min];[max] (Monitoring Plugins Development Guidelines, "Performance data" and
 * "Threshold and ranges"). Units become base units. Pure; whatever cannot be read is counted and passed over.
 */
#include <math.h>
#include <string.h>

#include "probes/exec.h"

struct unit {
    const char *text, *base;
    double factor;
    bool is_counter;
};

static const struct unit units[] = {
    {"", "", 1, false},
    {"s", "seconds", 1, false},
    {"ms", "seconds", 1e-3, false},
    {"us", "seconds", 1e-6, false},
    {"ns", "seconds", 1e-9, false},
    {"%", "ratio", 0.01, false},
    {"B", "bytes", 1, false},
    {"KB", "bytes", 1024, false},
    {"kB", "bytes", 1024, false},
    {"MB", "bytes", 1048576, false},
    {"GB", "bytes", 1073741824, false},
    {"TB", "bytes", 1099511627776, false},
    {"PB", "bytes", 1125899906842624, false},
    {"KiB", "bytes", 1024, false},
    {"MiB", "bytes", 1048576, false},
    {"GiB", "bytes", 1073741824, false},
    {"TiB", "bytes", 1099511627776, false},
    {"c", "", 1, true},
};

static const struct unit *unit_find(struct bytes text)
{
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (bytes_is(text, units[i].text))
            return &units[i];
    }
    return NULL;
}

static size_t number_length(struct bytes text)
{
    size_t len = 0;
    while (len < text.len && text.ptr[len] && strchr("0123456789.-+", text.ptr[len]))
        len++;
    const bool has_exponent = len + 1 < text.len && (text.ptr[len] | 0x20) == 'e' &&
                              text.ptr[len + 1] &&
                              strchr("0123456789+-", text.ptr[len + 1]);
    if (!has_exponent)
        return len;
    for (len += 2; len < text.len && text.ptr[len] >= '0' && text.ptr[len] <= '9';)
        len++;
    return len;
}

/* ---- labels ---- */

/* Consumes the label and its =. Quoted, it may have blanks and = in it, and '' is one quote. */
static bool label_read(struct bytes *rest, struct arena *arena, const char **ret)
{
    char label[EXEC_MAX_LABEL + 1];
    size_t len = 0, i = 0;
    const bool is_quoted = rest->len > 0 && rest->ptr[0] == '\'';
    for (i = is_quoted; i < rest->len; i++) {
        const char c = rest->ptr[i];
        const bool is_pair =
            is_quoted && c == '\'' && i + 1 < rest->len && rest->ptr[i + 1] == '\'';
        if (is_quoted ? c == '\'' && !is_pair : c == '=' || c == ' ')
            break;
        if (len < EXEC_MAX_LABEL)
            label[len++] = c;
        i += is_pair;
    }
    i += is_quoted && i < rest->len;
    const bool ok = len > 0 && i < rest->len && rest->ptr[i] == '=';
    *rest = bytes_slice(*rest, ok ? i + 1 : i, rest->len);
    const struct bytes cut = bytes_cut((struct bytes){label, len}, len);
    *ret = arena_strndup(arena, label, cut.len);
    return ok && bytes_is_utf8(cut) && !memchr(label, 0, len);
}

/* ---- values ---- */

static bool number_read(struct bytes text, double factor, double *ret)
{
    double value;
    if (!bytes_to_double(text, &value) || !isfinite(value))
        return false;
    *ret = value * factor;
    return true;
}

static bool bound_read(struct bytes text, double factor, double open, double *ret)
{
    *ret = open;
    return text.len == 0 || bytes_is(text, "~") || number_read(text, factor, ret);
}

/* [@]start:end; one number alone is the end, and 0 the start. */
static void range_read(struct bytes text, double factor, struct perf_range *ret)
{
    struct perf_range r = {.is_set = true, .high = INFINITY};
    if (bytes_starts(text, "@")) {
        r.is_inside = true;
        text = bytes_slice(text, 1, text.len);
    }
    const ptrdiff_t colon = bytes_find_byte(text, ':');
    const size_t at = colon < 0 ? 0 : (size_t)colon;
    const struct bytes low = bytes_slice(text, 0, at);
    const struct bytes high = colon < 0 ? text : bytes_slice(text, at + 1, text.len);
    const bool ok = text.len > 0 &&
                    bound_read(low, factor, bytes_is(low, "~") ? -INFINITY : 0, &r.low) &&
                    bound_read(high, factor, INFINITY, &r.high) && r.low <= r.high;
    if (ok)
        *ret = r;
}

static bool value_read(struct bytes text, struct perf *p, double *ret_factor)
{
    const size_t len = number_length(text);
    const struct unit *unit = unit_find(bytes_slice(text, len, text.len));
    *ret_factor = unit ? unit->factor : 1;
    p->unit = unit ? unit->base : "";
    p->is_counter = unit && unit->is_counter;
    return number_read(bytes_slice(text, 0, len), *ret_factor, &p->value);
}

static bool is_known(const struct perf_list *list, const struct perf *p)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!strcmp(list->items[i].label, p->label))
            return true;
    }
    return false;
}

static bool fields_read(struct bytes text, struct perf *p)
{
    struct bytes field[5] = {{0}};
    double factor;
    for (size_t i = 0; i < ARRAY_LEN(field) && bytes_token(&text, ';', &field[i]); i++)
        ;
    if (!value_read(field[0], p, &factor))
        return false;
    range_read(field[1], factor, &p->warning);
    range_read(field[2], factor, &p->critical);
    p->has_min = number_read(field[3], factor, &p->min);
    p->has_max = number_read(field[4], factor, &p->max);
    return true;
}

void perf_read(struct bytes text, struct arena *arena, struct perf_list *list)
{
    while ((text = bytes_trim(text)).len > 0) {
        struct perf p = {0};
        struct bytes value = {0};
        const bool has_label = label_read(&text, arena, &p.label);
        size_t end = 0;
        while (end < text.len && text.ptr[end] != ' ' && text.ptr[end] != '\t' &&
               text.ptr[end] != '\n' && text.ptr[end] != '\r')
            end++;
        value = bytes_slice(text, 0, end);
        text = bytes_slice(text, end, text.len);
        if (has_label && fields_read(value, &p) && list->count < EXEC_MAX_PERF &&
            !is_known(list, &p))
            list->items[list->count++] = p;
        else
            list->dropped++;
    }
}

/* ---- the whole ---- */

/* What stands before the first |, and what stands after it; false: there is none. */
static bool cut_at_bar(struct bytes *text, struct bytes *ret_after)
{
    const ptrdiff_t at = bytes_find_byte(*text, '|');
    if (at < 0)
        return false;
    *ret_after = bytes_slice(*text, (size_t)at + 1, text->len);
    *text = bytes_slice(*text, 0, (size_t)at);
    return true;
}

struct plugin_output plugin_output_read(struct bytes text, struct arena *arena)
{
    struct plugin_output o = {.perf = arena_alloc(arena, sizeof(*o.perf))};
    struct bytes line, data;
    bool is_data = false;
    if (!bytes_line(&text, &line)) {
        line = text;
        text = (struct bytes){0};
    }
    if (cut_at_bar(&line, &data))
        perf_read(data, arena, o.perf);
    o.line = bytes_trim(line);
    while (bytes_token(&text, '\n', &line)) { /* long text, then data again */
        if (is_data)
            perf_read(line, arena, o.perf);
        else if ((is_data = cut_at_bar(&line, &data)))
            perf_read(data, arena, o.perf);
    }
    return o;
}
