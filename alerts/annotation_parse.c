/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of one {{ … }}: variables, fields, constants, functions with arguments, pipes and parentheses, in Go's
 * template syntax. Called by annotation.c when a template is compiled; evaluates nothing.
 */
#include <string.h>

#include "alerts/annotation_tree.h"

#include "lib/base/bytes.h"

enum { DEPTH_MAX = 8, WORD_SHOWN_MAX = 40 };

struct reader {
    struct arena *arena;
    struct bytes rest;
    const char *why;
    int depth;
};

static const struct term *refuse(struct reader *r, const char *why)
{
    if (!r->why)
        r->why = why;
    return NULL;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_';
}

static char peek(struct reader *r)
{
    while (r->rest.len && byte_is_space(r->rest.ptr[0]))
        r->rest = bytes_slice(r->rest, 1, r->rest.len);
    return r->rest.len ? r->rest.ptr[0] : '\0';
}

static void skip(struct reader *r, size_t n)
{
    r->rest = bytes_slice(r->rest, n, r->rest.len);
}

static struct bytes take_word(struct reader *r)
{
    size_t len = 0;
    while (len < r->rest.len && is_word(r->rest.ptr[len]))
        len++;
    const struct bytes word = bytes_slice(r->rest, 0, len);
    skip(r, len);
    return word;
}

static struct term *term_new(struct reader *r, enum term_kind kind)
{
    struct term *t = arena_alloc(r->arena, sizeof(*t));
    t->kind = kind;
    return t;
}

static const char *copy(struct reader *r, struct bytes text)
{
    return arena_strndup(r->arena, text.ptr, text.len);
}

/* ---- constants ---- */

static const struct term *read_raw_text(struct reader *r)
{
    skip(r, 1);
    const ptrdiff_t end = bytes_find_byte(r->rest, '`');
    if (end < 0)
        return refuse(r, "a text in backquotes does not end");
    struct term *t = term_new(r, TERM_TEXT);
    t->text = copy(r, bytes_slice(r->rest, 0, (size_t)end));
    skip(r, (size_t)end + 1);
    return t;
}

static bool unescape(char c, char *ret)
{
    static const char from[] = "ntr\"\\'", to[] = "\n\t\r\"\\'";
    const char *found = c ? strchr(from, c) : NULL;
    if (found)
        *ret = to[found - from];
    return found != NULL;
}

static const struct term *read_text(struct reader *r)
{
    char *text = arena_alloc(r->arena, r->rest.len);
    size_t len = 0, i = 1;
    for (; i < r->rest.len && r->rest.ptr[i] != '"'; i++) {
        char c = r->rest.ptr[i];
        if (c == '\n')
            break;
        if (c == '\\' && (++i == r->rest.len || !unescape(r->rest.ptr[i], &c)))
            return refuse(r, "a text has an escape other than \\n \\t \\r \\\" \\\\");
        text[len++] = c;
    }
    if (i == r->rest.len || r->rest.ptr[i] != '"')
        return refuse(r, "a text in quotes does not end");
    skip(r, i + 1);
    struct term *t = term_new(r, TERM_TEXT);
    t->text = text;
    return t;
}

static const struct term *read_number(struct reader *r)
{
    size_t len = 1;
    double number;
    while (len < r->rest.len && (is_word(r->rest.ptr[len]) || r->rest.ptr[len] == '.'))
        len++;
    if (!bytes_to_double(bytes_slice(r->rest, 0, len), &number))
        return refuse(r, "a number is not understood");
    skip(r, len);
    struct term *t = term_new(r, TERM_NUMBER);
    t->number = number;
    return t;
}

/* ---- variables ---- */

/* The field that follows a map of labels, or the map itself. */
static const struct term *read_field(struct reader *r, enum term_kind whole,
                                     enum term_kind field)
{
    if (!r->rest.len || r->rest.ptr[0] != '.')
        return term_new(r, whole);
    skip(r, 1);
    const struct bytes name = take_word(r);
    if (!name.len || (r->rest.len && r->rest.ptr[0] == '.'))
        return refuse(r, "a label's name is expected after the point");
    struct term *t = term_new(r, field);
    t->text = copy(r, name);
    return t;
}

static const struct term *read_named(struct reader *r, struct bytes name,
                                     const char *const *names, const char *why)
{
    if (bytes_is(name, names[0]))
        return read_field(r, TERM_LABELS, TERM_LABEL);
    if (bytes_is(name, names[1]))
        return read_field(r, TERM_EXTERNAL_LABELS, TERM_EXTERNAL_LABEL);
    if (r->rest.len && r->rest.ptr[0] == '.')
        return refuse(r, why);
    if (bytes_is(name, names[2]))
        return term_new(r, TERM_VALUE);
    if (bytes_is(name, names[3]))
        return term_new(r, TERM_EXTERNAL_URL);
    return refuse(r, why);
}

static const struct term *read_variable(struct reader *r)
{
    static const char *const names[] = {"labels", "externalLabels", "value",
                                        "externalURL"};
    skip(r, 1);
    return read_named(r, take_word(r), names,
                      "the variables are $labels, $value, $externalLabels and "
                      "$externalURL");
}

static const struct term *read_dot(struct reader *r)
{
    static const char *const names[] = {"Labels", "ExternalLabels", "Value",
                                        "ExternalURL"};
    skip(r, 1);
    return read_named(r, take_word(r), names,
                      "the fields are .Labels, .Value, .ExternalLabels and "
                      ".ExternalURL");
}

/* ---- calls ---- */

static const struct term *read_pipeline(struct reader *r);

static const struct term *read_group(struct reader *r)
{
    if (r->depth == DEPTH_MAX)
        return refuse(r, "parentheses are nested too deeply");
    r->depth++;
    skip(r, 1);
    const struct term *t = read_pipeline(r);
    r->depth--;
    if (!t)
        return NULL;
    if (peek(r) != ')')
        return refuse(r, "a parenthesis does not end");
    skip(r, 1);
    return t;
}

/* One operand; NULL with why unset when there is none. */
static const struct term *read_operand(struct reader *r)
{
    const char c = peek(r);
    if (c == '$')
        return read_variable(r);
    if (c == '.')
        return read_dot(r);
    if (c == '"')
        return read_text(r);
    if (c == '`')
        return read_raw_text(r);
    if (c == '(')
        return read_group(r);
    if ((c >= '0' && c <= '9') || c == '-' || c == '+')
        return read_number(r);
    return NULL;
}

static const struct annotation_function *read_function(struct reader *r)
{
    const struct bytes name = take_word(r);
    const struct annotation_function *f = annotation_function_find(name);
    if (!f && name.len)
        refuse(r,
               arena_printf(r->arena, "'%.*s' is not supported",
                            (int)(name.len < WORD_SHOWN_MAX ? name.len : WORD_SHOWN_MAX),
                            name.ptr));
    else if (!f)
        refuse(r, "a variable or a function is expected");
    return f;
}

static const struct term *call_new(struct reader *r, const struct annotation_function *f,
                                   const struct term *const *args, size_t count)
{
    if (count < f->min_args || count > f->max_args)
        return refuse(r, arena_printf(r->arena, "%s takes %zu arguments, not %zu",
                                      f->name, f->min_args, count));
    const char *why = f->refuse ? f->refuse(args, count) : NULL;
    if (why)
        return refuse(r, why);
    struct term *t = term_new(r, TERM_CALL);
    t->function = f;
    t->args = arena_memdup(r->arena, args, count * sizeof(*args));
    t->arg_count = count;
    return t;
}

/* An operand, or a function with its arguments and what was piped into it. */
static const struct term *read_command(struct reader *r, const struct term *piped)
{
    const struct term *args[TERM_MAX_ARGS + 1];
    size_t count = 0;
    const struct term *operand = read_operand(r);
    if (r->why)
        return NULL;
    if (operand)
        return piped ? refuse(r, "a function is expected after |") : operand;
    const struct annotation_function *f = read_function(r);
    while (f && count < TERM_MAX_ARGS && (args[count] = read_operand(r)) != NULL)
        count++;
    if (r->why)
        return NULL;
    if (piped)
        args[count++] = piped;
    return call_new(r, f, args, count);
}

static const struct term *read_pipeline(struct reader *r)
{
    const struct term *t = read_command(r, NULL);
    while (t && peek(r) == '|') {
        skip(r, 1);
        t = read_command(r, t);
    }
    return t;
}

const struct term *annotation_parse(struct arena *arena, struct bytes action,
                                    const char **ret_why)
{
    struct reader r = {.arena = arena, .rest = action};
    const struct term *t = read_pipeline(&r);
    if (t && peek(&r))
        t = refuse(&r, "only one value or function call is supported");
    if (!t)
        *ret_why = r.why;
    return t;
}
