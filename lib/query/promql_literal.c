/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers, durations and quoted texts of an expression, as Prometheus (that is, Go) writes them: 0x1f, 0755 (octal),
 * 1e-3, 1h30m, "a\tb", `raw`. Called by promql_lex.c.
 */
#include <math.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/query/promql_tree.h"

static bool is_word(char c)
{
    return byte_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '_';
}

/* ---- numbers ---- */

/* Whole numbers with a base; false when the text is none. */
static bool read_integer(struct bytes text, double *ret_number)
{
    const bool is_hex = bytes_starts(text, "0x") || bytes_starts(text, "0X");
    const bool is_octal = !is_hex && text.len > 1 && text.ptr[0] == '0';
    const uint64_t base = is_hex ? 16 : 8;
    uint64_t number = 0;
    if (!is_hex && !is_octal)
        return false;
    if (is_hex && text.len == 2)
        return false;
    for (size_t i = is_hex ? 2 : 1; i < text.len; i++) {
        const char c = text.ptr[i];
        const char low = (char)(c | 32);
        uint64_t digit = 99;
        if (byte_is_digit(c))
            digit = (uint64_t)(c - '0');
        else if (low >= 'a' && low <= 'f')
            digit = (uint64_t)(low - 'a') + 10;
        if (digit >= base || number > (INT64_MAX - digit) / base)
            return false;
        number = number * base + digit;
    }
    *ret_number = (double)number;
    return true;
}

/* ---- durations ---- */

struct unit {
    const char *name;
    int64_t ms;
};

static const struct unit units[] = {{"y", 365 * INT64_C(86400000)},
                                    {"w", 7 * INT64_C(86400000)},
                                    {"d", INT64_C(86400000)},
                                    {"h", 3600000},
                                    {"m", 60000},
                                    {"s", 1000},
                                    {"ms", 1}};
#define DURATION_MAX_MS \
    (292 * 365 * INT64_C(86400000)) /* about what 64 bits of nanoseconds hold */

enum duration_result { DURATION_OK, DURATION_NONE, DURATION_ORDER, DURATION_LONG };

static const struct unit *unit_at(struct bytes text, size_t *ret_len)
{
    size_t len = 0;
    while (len < text.len && !byte_is_digit(text.ptr[len]))
        len++;
    *ret_len = len;
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (bytes_is(bytes_slice(text, 0, len), units[i].name))
            return &units[i];
    }
    return NULL;
}

/* Whole numbers, each with a unit smaller than the one before. */
static enum duration_result read_duration(struct bytes text, int64_t *ret_ms)
{
    const struct unit *former = NULL;
    int64_t ms = 0;
    while (text.len > 0) {
        size_t digits = 0, len;
        uint64_t number;
        while (digits < text.len && byte_is_digit(text.ptr[digits]))
            digits++;
        const struct bytes rest = bytes_slice(text, digits, text.len);
        const struct unit *unit = unit_at(rest, &len);
        if (digits == 0 || !unit)
            return DURATION_NONE;
        if (former && unit <= former)
            return DURATION_ORDER;
        if (!bytes_to_u64(bytes_slice(text, 0, digits), &number) ||
            number > (uint64_t)((DURATION_MAX_MS - ms) / unit->ms))
            return DURATION_LONG;
        ms += (int64_t)number * unit->ms;
        former = unit;
        text = bytes_slice(rest, len, rest.len);
    }
    *ret_ms = ms;
    return former ? DURATION_OK : DURATION_NONE;
}

static size_t number_length(const char *text)
{
    const bool is_hex = text[0] == '0' && (text[1] | 32) == 'x';
    size_t len = 0;
    while (is_word(text[len]) || text[len] == '.' ||
           (!is_hex && len > 0 && (text[len - 1] | 32) == 'e' &&
            (text[len] == '+' || text[len] == '-')))
        len++;
    return len;
}

bool promql_read_number(struct promql_reader *r, struct word *ret)
{
    const char *start = r->text + r->at;
    const struct bytes whole = {start, number_length(start)};
    double number;
    int64_t ms = 0;
    *ret = (struct word){.kind = WORD_NUMBER, .from = r->at, .to = r->at + whole.len};
    r->at += whole.len;
    ret->text = arena_strndup(r->arena, whole.ptr, whole.len);
    if (read_integer(whole, &number) || bytes_to_double(whole, &number)) {
        ret->number = number;
        return true;
    }
    switch (read_duration(whole, &ms)) {
    case DURATION_OK:
        ret->kind = WORD_DURATION;
        ret->ms = ms;
        return true;
    case DURATION_ORDER:
        return promql_fault_at(r, ret->from, "write 1h30m, not 30m1h",
                               "the units of %.60s do not descend", ret->text);
    case DURATION_LONG:
        return promql_fault_at(r, ret->from, "", "%.60s is longer than 292 years",
                               ret->text);
    case DURATION_NONE:
        break;
    }
    return promql_fault_at(r, ret->from,
                           "durations are whole numbers with y w d h m s ms",
                           "%.60s is neither a number nor a duration", ret->text);
}

/* ---- texts ---- */

static void add_rune(struct buf *out, uint32_t rune)
{
    char bytes[4];
    size_t len = 0;
    if (rune < 0x80) {
        bytes[len++] = (char)rune;
    } else if (rune < 0x800) {
        bytes[len++] = (char)(0xc0 | rune >> 6);
    } else if (rune < 0x10000) {
        bytes[len++] = (char)(0xe0 | rune >> 12);
        bytes[len++] = (char)(0x80 | (rune >> 6 & 63));
    } else {
        bytes[len++] = (char)(0xf0 | rune >> 18);
        bytes[len++] = (char)(0x80 | (rune >> 12 & 63));
        bytes[len++] = (char)(0x80 | (rune >> 6 & 63));
    }
    if (rune >= 0x80)
        bytes[len++] = (char)(0x80 | (rune & 63));
    buf_add(out, bytes, len);
}

static bool read_digits(const char *at, size_t count, uint32_t base, uint32_t *ret_value)
{
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++) {
        const char low = (char)(at[i] | 32);
        uint32_t digit = 99;
        if (byte_is_digit(at[i]))
            digit = (uint32_t)(at[i] - '0');
        else if (low >= 'a' && low <= 'f')
            digit = (uint32_t)(low - 'a') + 10;
        if (digit >= base)
            return false;
        value = value * base + digit;
    }
    *ret_value = value;
    return true;
}

/* What stands after a backslash; returns its length, 0 when it is no escape. */
static size_t read_escape(const char *at, char quote, struct buf *out)
{
    static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    const char *name = *at ? strchr(names, *at) : NULL;
    uint32_t value;
    if (name || *at == quote) {
        buf_add_byte(out, name ? values[name - names] : quote);
        return 1;
    }
    if (*at >= '0' && *at <= '7') {
        if (!read_digits(at, 3, 8, &value) || value > 255)
            return 0;
        buf_add_byte(out, (char)value);
        return 3;
    }
    const size_t digits = *at == 'x' ? 2 : *at == 'u' ? 4 : *at == 'U' ? 8 : 0;
    if (digits == 0 || !read_digits(at + 1, digits, 16, &value))
        return 0;
    if (*at == 'x')
        buf_add_byte(out, (char)value);
    else if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return 0;
    else
        add_rune(out, value);
    return digits + 1;
}

static bool read_quoted(struct promql_reader *r, char quote, struct buf *out)
{
    const size_t from = r->at++;
    for (;;) {
        const char *at = r->text + r->at;
        if (!*at || (*at == '\n' && quote != '`'))
            return promql_fault_at(r, from, "",
                                   "this text is not closed: a %c is missing", quote);
        if (*at == quote)
            return true;
        if (*at != '\\' || quote == '`') {
            buf_add_byte(out, *at);
            r->at++;
            continue;
        }
        const size_t taken = read_escape(at + 1, quote, out);
        if (taken == 0)
            return promql_fault_at(r, r->at,
                                   "write \\\\ for a backslash, or `…` without escapes",
                                   "this is no escape");
        r->at += 1 + taken;
    }
}

bool promql_read_text(struct promql_reader *r, struct word *ret)
{
    struct buf out = BUF_MAX(PROMQL_MAX_TEXT);
    *ret = (struct word){.kind = WORD_TEXT, .from = r->at};
    const bool ok = read_quoted(r, r->text[r->at], &out);
    if (ok) {
        r->at++;
        ret->to = r->at;
        ret->text = arena_strndup(r->arena, buf_text(&out), out.len);
    }
    const bool has_nul = strlen(buf_text(&out)) != out.len;
    buf_finish(&out);
    if (ok && has_nul)
        return promql_fault_at(r, ret->from, "", "a text cannot hold a NUL");
    return ok;
}
