/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Characters, escapes and classes of RE2, written for PCRE2. Sets are spelled out as ranges, so
 * that none depends on what PCRE2 takes \s or [[:lower:]] to be under (?i). Called by
 * regex_re2.c; knows nothing of groups and repetition.
 */
#include "lib/core/regex_class.h"

#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/bytes.h"
#include "lib/base/hex.h"

enum { RUNE_MAX = 0x10ffff, LONG_S = 0x17f, KELVIN = 0x212a, EXCERPT_MAX = 24 };

bool pattern_refuse(struct pattern *in, size_t from, const char *why)
{
    size_t to = in->at > from ? in->at : from + 1;
    if (to - from > EXCERPT_MAX)
        to = from + EXCERPT_MAX;
    while ((in->ptr[to] & 0xc0) == 0x80)
        to++;
    return err_set(in->e, "at offset %zu, '%.*s': %s", from, (int)(to - from),
                   in->ptr + from, why);
}

void pattern_rune(struct pattern *in, uint32_t *ret_rune)
{
    const unsigned char first = (unsigned char)in->ptr[in->at++];
    uint32_t rune = first;
    if (first >= 0xf0)
        rune = first & 7;
    else if (first >= 0xe0)
        rune = first & 15;
    else if (first >= 0xc0)
        rune = first & 31;
    while ((in->ptr[in->at] & 0xc0) == 0x80)
        rune = rune << 6 | ((unsigned char)in->ptr[in->at++] & 63);
    *ret_rune = rune;
}

/* ---- escapes of one character ---- */

static bool read_hex(struct pattern *in, size_t from, uint32_t *ret_rune)
{
    const char *at = in->ptr + in->at;
    const bool braces = *at == '{';
    at += braces;
    uint32_t rune = 0;
    size_t digits = 0;
    while (hex_digit(*at) >= 0 && rune <= RUNE_MAX && (braces || digits < 2)) {
        rune = rune << 4 | (uint32_t)hex_digit(*at);
        digits++;
        at++;
    }
    const bool whole = braces ? digits > 0 && *at == '}' : digits == 2;
    if (!whole || rune > RUNE_MAX)
        return pattern_refuse(in, from, "write \\x7f or \\x{10ffff}");
    in->at = (size_t)(at + braces - in->ptr);
    if (rune >= 0xd800 && rune <= 0xdfff)
        return pattern_refuse(in, from, "a surrogate is no character: no text has it");
    *ret_rune = rune;
    return true;
}

static void read_octal(struct pattern *in, uint32_t *rune)
{
    for (int i = 0; i < 2 && in->ptr[in->at] >= '0' && in->ptr[in->at] <= '7'; i++)
        *rune = *rune * 8 + (uint32_t)(in->ptr[in->at++] - '0');
}

static const char *why_not_escape(char c)
{
    if (c >= '1' && c <= '9')
        return "back-references are not supported";
    switch (c) {
    case 0:
        return "the pattern ends in the middle of an escape; write \\\\ for a backslash";
    case 'Z':
        return "write \\z for the end of the text";
    case 'C':
        return "single bytes cannot be matched; use . for a character";
    case 'k':
    case 'g':
        return "back-references are not supported";
    case 'h':
        return "write [\\t ] for blanks";
    default:
        return "unknown escape";
    }
}

bool pattern_escape(struct pattern *in, uint32_t *ret_rune)
{
    static const char names[] = "afnrtv", values[] = "\a\f\n\r\t\v";
    const size_t from = in->at++;
    const char c = in->ptr[in->at];
    const char next = c ? in->ptr[in->at + 1] : 0;
    if (c == 'x') {
        in->at++;
        return read_hex(in, from, ret_rune);
    }
    if (c == '0' || (c >= '1' && c <= '7' && next >= '0' && next <= '7')) {
        in->at++;
        *ret_rune = (uint32_t)(c - '0');
        read_octal(in, ret_rune);
        return true;
    }
    const char *name = c ? strchr(names, c) : NULL;
    if (name) {
        in->at++;
        *ret_rune = (uint32_t)values[name - names];
        return true;
    }
    const bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
    const bool plain = c > 0 && c < 0x7f && !letter && !(c >= '0' && c <= '9');
    if (!plain && c != 0x7f) {
        if (c)
            in->at++;
        return pattern_refuse(in, from, why_not_escape(c));
    }
    in->at++;
    *ret_rune = (uint32_t)c;
    return true;
}

void class_add_rune(struct buf *out, uint32_t rune)
{
    const bool letter = (rune | 32) >= 'a' && (rune | 32) <= 'z';
    if (rune < 0x80 && (letter || (rune >= '0' && rune <= '9')))
        buf_add_byte(out, (char)rune);
    else
        buf_printf(out, "\\x{%x}", rune);
}

/* ---- named sets of ASCII ---- */

struct ascii_set {
    const char *name;
    const char *ranges; /* pairs of first and last */
};

static const struct ascii_set perl_sets[] = {
    {"d", "09"}, {"s", "\t\n\f\r  "}, {"w", "09AZ__az"}, {NULL, NULL}};

static const struct ascii_set posix_sets[] = {
    {"alnum", "09AZaz"},
    {"alpha", "AZaz"},
    {"ascii", NULL},
    {"blank", "\t\t  "},
    {"cntrl", "\001\037\177\177"},
    {"digit", "09"},
    {"graph", "!~"},
    {"lower", "az"},
    {"print", " ~"},
    {"punct", "!/:@[`{~"},
    {"space", "\t\r  "},
    {"upper", "AZ"},
    {"word", "09AZ__az"},
    {"xdigit", "09AFaf"},
    {NULL, NULL},
};

struct bitmap {
    bool has[128];
};

static struct bitmap bitmap_of(const struct ascii_set *set)
{
    struct bitmap map = {{false}};
    if (!set->ranges || strcmp(set->name, "cntrl") == 0)
        map.has[0] = true;
    for (int c = 0; !set->ranges && c < 128; c++)
        map.has[c] = true;
    for (const char *at = set->ranges; at && *at; at += 2) {
        const unsigned char first = (unsigned char)at[0], last = (unsigned char)at[1];
        for (int c = first; c <= last; c++)
            map.has[c] = true;
    }
    return map;
}

static void add_range(struct buf *out, uint32_t first, uint32_t last)
{
    class_add_rune(out, first);
    if (last == first)
        return;
    buf_add_byte(out, '-');
    class_add_rune(out, last);
}

static void add_ascii(struct buf *out, const struct bitmap *map, bool wanted)
{
    for (uint32_t c = 0; c < 128; c++) {
        if (map->has[c] != wanted)
            continue;
        const uint32_t first = c;
        while (c + 1 < 128 && map->has[c + 1] == wanted)
            c++;
        add_range(out, first, c);
    }
}

/* Under (?i) Go folds a set before it negates it: both cases go, and with s and k go the two
 * characters outside ASCII that fold to them. */
static void add_set(struct buf *out, const struct ascii_set *set, bool negated, bool fold)
{
    struct bitmap map = bitmap_of(set);
    if (!negated) {
        add_ascii(out, &map, true);
        return;
    }
    for (int c = 'A'; fold && c <= 'Z'; c++)
        map.has[c] = map.has[c | 32] = map.has[c] || map.has[c | 32];
    add_ascii(out, &map, false);
    uint32_t first = 0x80;
    if (fold && map.has['s']) {
        add_range(out, first, LONG_S - 1);
        first = LONG_S + 1;
    }
    if (fold && map.has['k']) {
        add_range(out, first, KELVIN - 1);
        first = KELVIN + 1;
    }
    add_range(out, first, RUNE_MAX);
}

static const struct ascii_set *find_set(const struct ascii_set *sets, struct bytes name)
{
    while (sets->name && !bytes_is(name, sets->name))
        sets++;
    return sets->name ? sets : NULL;
}

/* ---- Unicode properties ---- */

static bool is_category(struct bytes name)
{
    static const char *const names[] = {
        "L",  "Ll", "Lm", "Lo", "Lt", "Lu", "M",  "Mc", "Me", "Mn", "N",  "Nd",
        "Nl", "No", "P",  "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S",  "Sc",
        "Sk", "Sm", "So", "Z",  "Zl", "Zp", "Zs", "C",  "Cc", "Cf", "Co", "Cs"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (bytes_is(name, names[i]))
            return true;
    }
    return false;
}

static void add_property(struct buf *out, struct bytes name, bool negated, bool fold)
{
    const char *p = negated ? "\\P" : "\\p";
    const int len = (int)name.len;
    if (bytes_is(name, "Any"))
        buf_printf(out, "%s{Any}", p);
    else if (bytes_is(name, "C")) /* unassigned characters are not in RE2's */
        buf_add_text(out, negated ? "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Z}\\p{Cn}"
                                  : "\\p{Cc}\\p{Cf}\\p{Co}\\p{Cs}");
    else if (fold &&
             (bytes_is(name, "Lu") || bytes_is(name, "Ll") || bytes_is(name, "Lt")))
        buf_printf(out, "%s{L&}", p);
    else if (is_category(name))
        buf_printf(out, "%s{%.*s}", p, len, name.ptr);
    else
        buf_printf(out, "%s{sc:%.*s}", p, len, name.ptr);
}

static bool read_property(struct pattern *in, size_t from, struct bytes *ret_name,
                          bool *negated)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    const char *at = in->ptr + in->at;
    const bool braces = *at == '{';
    at += braces;
    if (braces && *at == '^') {
        *negated = !*negated;
        at++;
    }
    const size_t len = braces ? strspn(at, letters) : strspn(at, letters) > 0;
    if (len == 0 || (braces && at[len] != '}') || *at < 'A' || *at > 'Z')
        return pattern_refuse(in, from, "a property is \\pL, \\p{Lu} or \\p{Greek}");
    *ret_name = (struct bytes){at, len};
    in->at = (size_t)(at + len + braces - in->ptr);
    if (!braces && !is_category(*ret_name))
        return pattern_refuse(in, from, "a property is \\pL, \\p{Lu} or \\p{Greek}");
    return true;
}

enum class_found class_escape(struct pattern *in, bool fold, bool in_brackets,
                              struct buf *out)
{
    const size_t from = in->at;
    const char letter = in->ptr[from + 1];
    const char lower = (char)(letter | 32);
    if (!letter || !strchr("dswp", lower))
        return CLASS_NONE;
    bool negated = letter != lower;
    in->at += 2;
    struct bytes name = {&lower, 1};
    if (lower == 'p' && !read_property(in, from, &name, &negated))
        return CLASS_REFUSED;
    if (!in_brackets)
        buf_add_byte(out, '[');
    if (lower == 'p')
        add_property(out, name, negated, fold);
    else
        add_set(out, find_set(perl_sets, name), negated, fold);
    if (!in_brackets)
        buf_add_byte(out, ']');
    return CLASS_ADDED;
}

/* ---- […] ---- */

static enum class_found posix_class(struct pattern *in, bool fold, struct buf *out)
{
    const size_t from = in->at;
    const char *at = in->ptr + from;
    const char *end = strncmp(at, "[:", 2) == 0 ? strstr(at + 2, ":]") : NULL;
    if (!end)
        return CLASS_NONE;
    const bool negated = at[2] == '^';
    const char *start = at + 2 + negated;
    const struct bytes name = {start, end > start ? (size_t)(end - start) : 0};
    const struct ascii_set *set = find_set(posix_sets, name);
    in->at = (size_t)(end + 2 - in->ptr);
    if (!set) {
        pattern_refuse(in, from,
                       "no such class; there are [:alpha:] [:digit:] [:space:] …");
        return CLASS_REFUSED;
    }
    add_set(out, set, negated, fold);
    return CLASS_ADDED;
}

static bool class_rune(struct pattern *in, size_t from, uint32_t *ret_rune)
{
    if (!in->ptr[in->at])
        return pattern_refuse(in, from, "this class is not closed: a ']' is missing");
    if (in->ptr[in->at] == '\\')
        return pattern_escape(in, ret_rune);
    pattern_rune(in, ret_rune);
    return true;
}

static bool class_range(struct pattern *in, size_t from, struct buf *out)
{
    const size_t start = in->at;
    uint32_t first = 0;
    if (!class_rune(in, from, &first))
        return false;
    uint32_t last = first;
    if (in->ptr[in->at] == '-' && in->ptr[in->at + 1] && in->ptr[in->at + 1] != ']') {
        in->at++;
        if (!class_rune(in, from, &last))
            return false;
    }
    if (last < first)
        return pattern_refuse(in, start, "this range ends before it begins");
    add_range(out, first, last);
    return true;
}

bool class_bracket(struct pattern *in, bool fold, struct buf *out)
{
    const size_t from = in->at++;
    buf_add_byte(out, '[');
    if (in->ptr[in->at] == '^') {
        in->at++;
        buf_add_byte(out, '^');
    }
    for (bool first = true; first || in->ptr[in->at] != ']'; first = false) {
        enum class_found found = posix_class(in, fold, out);
        if (found == CLASS_NONE && in->ptr[in->at] == '\\')
            found = class_escape(in, fold, true, out);
        if (found == CLASS_REFUSED ||
            (found == CLASS_NONE && !class_range(in, from, out)))
            return false;
    }
    in->at++;
    buf_add_byte(out, ']');
    return true;
}
