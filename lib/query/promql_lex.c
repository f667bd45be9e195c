/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of an expression, one after another, and the fault with its place. Called by the parser; knows nothing of
 * what follows what. Comments run from # to the end of the line.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/query/promql_tree.h"

static void place_of(const char *text, size_t at, int *ret_line, int *ret_column)
{
    int line = 1, column = 1;
    for (size_t i = 0; i < at && text[i]; i++) {
        const bool continues = ((unsigned char)text[i] & 0xc0) == 0x80;
        column = text[i] == '\n' ? 1 : column + !continues;
        line += text[i] == '\n';
    }
    *ret_line = line;
    *ret_column = column;
}

bool promql_fault_at(struct promql_reader *r, size_t at, const char *hint,
                     const char *fmt, ...)
{
    if (r->has_fault)
        return false;
    struct promql_fault fault = {0};
    struct err text = {0};
    va_list args;
    r->has_fault = true;
    place_of(r->text, at, &fault.line, &fault.column);
    va_start(args, fmt);
    vsnprintf(text.text, sizeof(text.text), fmt, args);
    va_end(args);
    snprintf(fault.text, sizeof(fault.text), "%.*s", (int)sizeof(fault.text) - 1,
             text.text);
    snprintf(fault.hint, sizeof(fault.hint), "%s", hint);
    if (r->fault)
        *r->fault = fault;
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void skip_blanks(struct promql_reader *r)
{
    for (;;) {
        r->at += strspn(r->text + r->at, " \t\r\n");
        if (r->text[r->at] != '#')
            return;
        r->at += strcspn(r->text + r->at, "\n");
    }
}

static bool read_mark(struct promql_reader *r, struct word *w)
{
    static const char *const marks[] = {"==", "!=", "=~", "!~", "<=", ">=", "(", ")",
                                        "{",  "}",  "[",  "]",  ",",  "=",  "<", ">",
                                        "+",  "-",  "*",  "/",  "%",  "^",  "@", ":"};
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        const size_t len = strlen(marks[i]);
        if (strncmp(r->text + r->at, marks[i], len) != 0)
            continue;
        w->kind = WORD_MARK;
        w->text = marks[i];
        r->at += len;
        w->to = r->at;
        return true;
    }
    if (r->text[r->at] == '!')
        return promql_fault_at(r, r->at, "write != or !~ for labels, unless for vectors",
                               "a lone ! is no operator");
    const struct bytes rest = bytes_of(r->text + r->at);
    const size_t len = bytes_utf8(rest);
    if (len == 0 || (len == 1 && (unsigned char)*rest.ptr < ' '))
        return promql_fault_at(r, r->at, "", "byte 0x%02x has no meaning here",
                               (unsigned char)*rest.ptr);
    return promql_fault_at(r, r->at, "", "the character '%.*s' has no meaning here",
                           (int)len, rest.ptr);
}

/* A recorded series' name may begin with a colon; between the durations of a subquery it is a mark. */
static bool begins_with_colon(const struct promql_reader *r)
{
    const char *text = r->text + r->at;
    const bool is_inside = r->at > 0 && (byte_is_digit(text[-1]) || is_letter(text[-1]));
    return *text == ':' && is_letter(text[1]) && !is_inside;
}

bool promql_next_word(struct promql_reader *r, struct word *ret)
{
    skip_blanks(r);
    const char *text = r->text + r->at;
    *ret = (struct word){.from = r->at, .to = r->at, .text = ""};
    if (!*text)
        return true;
    if (byte_is_digit(*text) || (*text == '.' && byte_is_digit(text[1])))
        return promql_read_number(r, ret);
    if (*text == '"' || *text == '\'' || *text == '`')
        return promql_read_text(r, ret);
    if (!is_letter(*text) && !begins_with_colon(r))
        return read_mark(r, ret);
    size_t len = 1;
    while (is_letter(text[len]) || byte_is_digit(text[len]) || text[len] == ':')
        len++;
    ret->kind = WORD_NAME;
    ret->text = arena_strndup(r->arena, text, len);
    r->at += len;
    ret->to = r->at;
    return true;
}
