/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads JSONPath queries (RFC 9535), the part that people write in health checks. Called by the
 * jsonpath() function of expressions. Never sees a document: that is jsonpath_select.c.
 */
#include "lib/core/jsonpath.h"

#include <string.h>

#include "lib/core/jsonpath_tree.h"

struct reader {
    const char *text; /* NUL-terminated copy */
    size_t at;
    struct arena *arena;
    struct err *e;
};

static bool fault(struct reader *in, const char *why)
{
    return err_set(in->e, "in the JSONPath %s, at offset %zu: %s", in->text, in->at, why);
}

static void skip_space(struct reader *in)
{
    while (strchr(" \t\r\n", in->text[in->at]) && in->text[in->at])
        in->at++;
}

static bool take(struct reader *in, const char *mark)
{
    const size_t len = strlen(mark);
    if (strncmp(in->text + in->at, mark, len) != 0)
        return false;
    in->at += len;
    return true;
}

static bool is_name_byte(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
           (unsigned char)c >= 0x80;
}

static bool read_integer(struct reader *in, int64_t *ret_value)
{
    const size_t len = strspn(in->text + in->at, "-0123456789");
    const struct bytes digits = {in->text + in->at, len};
    if (len == 0)
        return false;
    if (!bytes_to_i64(digits, ret_value) || *ret_value > INT32_MAX ||
        *ret_value < INT32_MIN)
        return false;
    in->at += len;
    return true;
}

/* 'a\'b' or "a": backslash quotes the next character. */
static bool read_quoted(struct reader *in, struct bytes *ret_name)
{
    const char quote = in->text[in->at++];
    char *name = arena_alloc(in->arena, strlen(in->text + in->at) + 1);
    size_t len = 0;
    while (in->text[in->at] && in->text[in->at] != quote) {
        if (in->text[in->at] == '\\' && in->text[in->at + 1])
            in->at++;
        name[len++] = in->text[in->at++];
    }
    *ret_name = (struct bytes){name, len};
    return take(in, quote == '"' ? "\"" : "'") || fault(in, "this name is not closed");
}

static struct jsonpath *read_path(struct reader *in, unsigned depth);

static bool read_literal(struct reader *in, struct selector *s)
{
    const char c = in->text[in->at];
    struct err why = {{0}};
    struct bytes text = {in->text + in->at, strcspn(in->text + in->at, " )],&|")};
    if (c == '\'' || c == '"') {
        if (!read_quoted(in, &text))
            return false;
        json_t *string = json_stringn(text.ptr, text.len);
        if (!string)
            return fault(in, "this text is not UTF-8");
        arena_cleanup(in->arena, (void (*)(void *))(void (*)(void))json_decref, string);
        s->literal = string;
        return true;
    }
    /* Within a list, so that one call reads every kind of scalar. */
    const char *list = arena_printf(in->arena, "[%.*s]", (int)text.len, text.ptr);
    const json_t *read = json_read(in->arena, bytes_of(list), JSONPATH_MAX_TEXT, &why);
    s->literal = json_array_get(read, 0);
    if (json_array_size(read) != 1 || json_is_object(s->literal) ||
        json_is_array(s->literal))
        return fault(in, "expected a number, 'text', true, false or null");
    in->at += text.len;
    return true;
}

/* ?@.a.b == 1, also in parentheses as older dialects have it. */
static bool read_filter(struct reader *in, struct selector *s, unsigned depth)
{
    static const char *const marks[] = {NULL, "==", "!=", "<=", ">=", "<", ">"};
    skip_space(in);
    const bool parens = take(in, "(");
    skip_space(in);
    if (depth > 0 || !take(in, "@"))
        return fault(in,
                     "a filter compares a member of the element: [?@.state == 'open']");
    s->kind = SELECT_FILTER;
    s->filter = read_path(in, depth + 1);
    if (!s->filter)
        return false;
    skip_space(in);
    for (enum comparison c = COMPARE_EQ;
         c <= COMPARE_GT && s->comparison == COMPARE_EXISTS; c++) {
        if (take(in, marks[c]))
            s->comparison = c;
    }
    skip_space(in);
    if (s->comparison != COMPARE_EXISTS && !read_literal(in, s))
        return false;
    skip_space(in);
    return !parens || take(in, ")") || fault(in, "expected ')'");
}

static bool read_slice(struct reader *in, struct selector *s)
{
    s->step = 1;
    s->has_from = read_integer(in, &s->from);
    skip_space(in);
    if (!take(in, ":")) {
        s->kind = SELECT_INDEX;
        return s->has_from ||
               fault(in, "expected a name in quotes, a number, *, or a filter");
    }
    s->kind = SELECT_SLICE;
    skip_space(in);
    s->has_to = read_integer(in, &s->to);
    skip_space(in);
    if (take(in, ":")) {
        skip_space(in);
        read_integer(in, &s->step);
    }
    return true;
}

static bool read_selector(struct reader *in, struct selector *s, unsigned depth)
{
    skip_space(in);
    if (in->text[in->at] == '\'' || in->text[in->at] == '"') {
        s->kind = SELECT_NAME;
        return read_quoted(in, &s->name);
    }
    if (take(in, "*")) {
        s->kind = SELECT_ALL;
        return true;
    }
    if (take(in, "?"))
        return read_filter(in, s, depth);
    return read_slice(in, s);
}

static bool read_brackets(struct reader *in, struct segment *segment, unsigned depth)
{
    do {
        if (segment->count == SELECTORS_MAX)
            return fault(in, "at most 16 selectors in brackets");
        if (!read_selector(in, &segment->selectors[segment->count++], depth))
            return false;
        skip_space(in);
    } while (take(in, ","));
    return take(in, "]") || fault(in, "expected ']'");
}

static bool read_segment(struct reader *in, struct segment *segment, unsigned depth)
{
    segment->descends = take(in, "..");
    if (!segment->descends && !take(in, ".") && in->text[in->at] != '[')
        return fault(in, "expected .name, [index] or ..");
    if (in->text[in->at] == '[' && (segment->descends || in->text[in->at - 1] != '.')) {
        in->at++;
        return read_brackets(in, segment, depth);
    }
    struct selector *s = &segment->selectors[segment->count++];
    if (take(in, "*")) {
        s->kind = SELECT_ALL;
        return true;
    }
    const size_t start = in->at;
    while (is_name_byte(in->text[in->at]))
        in->at++;
    if (in->at == start)
        return fault(in,
                     "expected a name; write ['a-b'] for names with other characters");
    s->kind = SELECT_NAME;
    s->name = (struct bytes){in->text + start, in->at - start};
    return true;
}

static struct jsonpath *read_path(struct reader *in, unsigned depth)
{
    struct jsonpath *path = arena_alloc(in->arena, sizeof(*path));
    struct segment *segments = arena_alloc(in->arena, SEGMENTS_MAX * sizeof(*segments));
    path->segments = segments;
    for (;;) {
        if (depth == 0)
            skip_space(in);
        const char next = in->text[in->at];
        if (depth > 0 ? next != '.' && next != '[' : next == 0)
            return path;
        if (path->count == SEGMENTS_MAX) {
            fault(in, "at most 32 steps");
            return NULL;
        }
        if (!read_segment(in, &segments[path->count++], depth))
            return NULL;
    }
}

struct jsonpath *jsonpath_compile(struct arena *arena, struct bytes text, struct err *e)
{
    if (text.len > JSONPATH_MAX_TEXT) {
        err_set(e, "the JSONPath has %zu bytes; at most %d are allowed", text.len,
                JSONPATH_MAX_TEXT);
        return NULL;
    }
    struct reader in = {arena_strndup(arena, text.ptr, text.len), 0, arena, e};
    if (!take(&in, "$")) {
        fault(&in, "a JSONPath starts with $");
        return NULL;
    }
    return read_path(&in, 0);
}
