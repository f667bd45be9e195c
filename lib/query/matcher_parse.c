/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matchers as Alertmanager's users write them: severity="critical", team=~"a|b", {a=b, c!="d"}. For routes, silences,
 * inhibition and the API; PromQL has its own reader. Regular expressions are anchored at both ends.
 */
#include <string.h>

#include "lib/core/regex.h"
#include "lib/query/matcher.h"

#define MATCHERS_MAX 100

static bool is_name_byte(char c, bool is_first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (!is_first && c >= '0' && c <= '9');
}

/* The part of text up to and including the quote that ends it; 0 when none does. */
static size_t quoted_length(struct bytes text)
{
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] == '"')
            return i + 1;
        if (text.ptr[i] == '\\')
            i++;
    }
    return 0;
}

static const char *unescaped(struct arena *arena, struct bytes text)
{
    struct buf out = BUF_MAX(text.len);
    for (size_t i = 0; i < text.len; i++) {
        const char next = i + 1 < text.len ? text.ptr[i + 1] : '\0';
        const bool is_escape =
            text.ptr[i] == '\\' && (next == '"' || next == '\\' || next == 'n');
        if (!is_escape) {
            buf_add_byte(&out, text.ptr[i]);
            continue;
        }
        buf_add_byte(&out, next == 'n' ? '\n' : next);
        i++;
    }
    const char *copy = arena_strndup(arena, buf_text(&out), out.len);
    buf_finish(&out);
    return copy;
}

static bool take_name(struct arena *arena, struct bytes *text, const char **ret_name)
{
    size_t len = 0;
    if (bytes_starts(*text, "\"")) {
        len = quoted_length(*text);
        if (len < 3)
            return false;
        *ret_name = unescaped(arena, bytes_slice(*text, 1, len - 1));
    } else {
        while (len < text->len && is_name_byte(text->ptr[len], len == 0))
            len++;
        if (len == 0)
            return false;
        *ret_name = arena_strndup(arena, text->ptr, len);
    }
    *text = bytes_trim(bytes_slice(*text, len, text->len));
    return true;
}

static bool take_sign(struct bytes *text, enum match_op *ret_op)
{
    static const struct {
        const char *sign;
        enum match_op op;
    } signs[] = {{"=~", MATCH_REGEX},
                 {"!~", MATCH_NOT_REGEX},
                 {"!=", MATCH_NOT_EQUAL},
                 {"=", MATCH_EQUAL}};
    for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
        if (!bytes_starts(*text, signs[i].sign))
            continue;
        *ret_op = signs[i].op;
        *text = bytes_trim(bytes_slice(*text, strlen(signs[i].sign), text->len));
        return true;
    }
    return false;
}

/* Quotes go around all of it, or around nothing. */
static bool take_value(struct arena *arena, struct bytes text, const char **ret_value)
{
    if (!bytes_starts(text, "\"")) {
        *ret_value = unescaped(arena, text);
        for (size_t i = 0; i < text.len; i++) {
            if (text.ptr[i] == '"' && (i == 0 || text.ptr[i - 1] != '\\'))
                return false;
        }
        return true;
    }
    if (quoted_length(text) != text.len)
        return false;
    *ret_value = unescaped(arena, bytes_slice(text, 1, text.len - 1));
    return true;
}

/* A regular expression is compiled as it stands first, so that an offset in the error counts from what was written. */
bool matcher_make(struct arena *arena, const char *name, enum match_op op,
                  const char *value, struct matcher *ret, struct err *e)
{
    struct matcher m = {.name = name, .op = op, .value = value};
    if (op == MATCH_REGEX || op == MATCH_NOT_REGEX) {
        if (!regex_compile(arena, value, e))
            return err_wrap(e, "matcher of '%s'", name);
        m.regex = regex_compile(arena, arena_printf(arena, "^(?:%s)$", value), e);
        if (!m.regex)
            return err_wrap(e, "matcher of '%s'", name);
    }
    *ret = m;
    return true;
}

static bool parse_one(struct arena *arena, struct bytes text, struct matcher *ret,
                      struct err *e)
{
    struct bytes rest = bytes_trim(text);
    struct matcher m = {0};
    if (!take_name(arena, &rest, &m.name) || !take_sign(&rest, &m.op) ||
        !take_value(arena, rest, &m.value))
        return err_set(e,
                       "'%.*s' is no matcher; write name=\"value\", with one of "
                       "= != =~ !~",
                       (int)(text.len < 200 ? text.len : 200), text.ptr ? text.ptr : "");
    return matcher_make(arena, m.name, m.op, m.value, ret, e);
}

bool matcher_parse(struct arena *arena, const char *text, struct matcher *ret,
                   struct err *e)
{
    return parse_one(arena, bytes_of(text), ret, e);
}

/* Up to the next comma outside quotes, consumed. */
static struct bytes take_until_comma(struct bytes *text)
{
    size_t end = 0;
    while (end < text->len && text->ptr[end] != ',') {
        const size_t quoted =
            text->ptr[end] == '"' ? quoted_length(bytes_slice(*text, end, text->len)) : 0;
        end += quoted > 0 ? quoted : 1;
    }
    const struct bytes one = bytes_slice(*text, 0, end);
    *text = bytes_slice(*text, end + 1, text->len);
    return one;
}

bool matchers_parse(struct arena *arena, const char *text, struct matchers *ret,
                    struct err *e)
{
    struct bytes rest = bytes_trim(bytes_of(text));
    struct matcher found[MATCHERS_MAX];
    size_t count = 0;
    if (bytes_starts(rest, "{") != bytes_ends(rest, "}"))
        return err_set(e, "'%.200s' has one brace; write both, or none", text);
    if (bytes_starts(rest, "{"))
        rest = bytes_trim(bytes_slice(rest, 1, rest.len - 1));
    while (rest.len > 0) {
        if (count == MATCHERS_MAX)
            return err_set(e, "there are more than %d matchers", MATCHERS_MAX);
        if (!parse_one(arena, take_until_comma(&rest), &found[count++], e))
            return false;
        rest = bytes_trim(rest);
    }
    ret->items = arena_memdup(arena, found, count * sizeof(found[0]));
    ret->count = count;
    return true;
}
