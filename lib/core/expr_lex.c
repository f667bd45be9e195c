/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An expression's words: names, marks and literals with their units. Called by the parser;
 * knows nothing of what follows what.
 */
#include <stdarg.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/units.h"
#include "lib/core/expr_tree.h"

#define INTEGER_MAX 9007199254740991.0 /* 2^53 - 1: above it, numbers run together */

bool expr_fault(const char *text, size_t at, struct err *e, const char *fmt, ...)
{
    size_t column = 1;
    for (size_t i = 0; i < at && text[i]; i++)
        column += ((unsigned char)text[i] & 0xc0) != 0x80;
    char why[ERR_TEXT_SIZE];
    va_list args;
    va_start(args, fmt);
    vsnprintf(why, sizeof(why), fmt, args);
    va_end(args);
    return err_set(e, "column %zu: %s", column, why);
}

static bool is_word(char c)
{
    return byte_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '_';
}

/* ---- numbers and what has a unit ---- */

static size_t skip_digits(const char *text, size_t at)
{
    while (byte_is_digit(text[at]))
        at++;
    return at;
}

static bool lex_plain_number(struct lexer *in, struct token *t, struct bytes text)
{
    double number;
    if (!bytes_to_double(text, &number))
        return expr_fault(in->text, t->from, in->e, "%.*s is no number", (int)text.len,
                          text.ptr);
    if (number > INTEGER_MAX && !memchr(text.ptr, 'e', text.len) &&
        !memchr(text.ptr, 'E', text.len))
        return expr_fault(
            in->text, t->from, in->e,
            "%.*s is too large to be exact (from 2^53 on); compare as text: "
            "text(…) == \"%.*s\"",
            (int)text.len, text.ptr, (int)text.len, text.ptr);
    t->value = value_number(number);
    return true;
}

/* 10 % 3 and 10%3 divide, 95% is a percentage. */
static bool is_percent(const char *at)
{
    return at[0] == '%' && !is_word(at[1]) && at[1] != '(';
}

static bool lex_number(struct lexer *in, struct token *t)
{
    const char *text = in->text;
    size_t at = skip_digits(text, t->from);
    if (text[at] == '.' && byte_is_digit(text[at + 1]))
        at = skip_digits(text, at + 1);
    const size_t sign =
        (text[at] | 32) == 'e' && (text[at + 1] == '+' || text[at + 1] == '-');
    if ((text[at] | 32) == 'e' && byte_is_digit(text[at + 1 + sign]))
        at = skip_digits(text, at + 1 + sign);
    if (!is_word(text[at]) || text[at] == '_') {
        const bool percent = is_percent(text + at);
        t->to = at + percent;
        if (!lex_plain_number(in, t, (struct bytes){text + t->from, at - t->from}))
            return false;
        t->value.type = percent ? VALUE_PERCENT : VALUE_NUMBER;
        return true;
    }

    while (is_word(text[at]) || (text[at] == '.' && byte_is_digit(text[at + 1])))
        at++;
    t->to = at;
    const struct bytes whole = {text + t->from, at - t->from};
    struct err why = {{0}};
    nsec d;
    uint64_t size;
    if (duration_parse(whole, &d, &why)) {
        t->value = value_duration(d);
        return true;
    }
    if (size_parse(whole, &size, &why)) {
        t->value = (struct value){.type = VALUE_SIZE, .number = (double)size};
        return true;
    }
    return expr_fault(
        text, t->from, in->e,
        "%.*s is neither a duration (500ms 15s 1h30m 14d) nor a size (100B 10MiB)",
        (int)(whole.len < 40 ? whole.len : 40), whole.ptr);
}

/* ---- text ---- */

static void add_rune(struct buf *out, uint32_t rune)
{
    const unsigned char last = (unsigned char)(0x80 | (rune & 63));
    const unsigned char middle = (unsigned char)(0x80 | (rune >> 6 & 63));
    if (rune < 0x80) {
        buf_add_byte(out, (char)rune);
    } else if (rune < 0x800) {
        buf_add(out, (unsigned char[]){(unsigned char)(0xc0 | rune >> 6), last}, 2);
    } else if (rune < 0x10000) {
        buf_add(out, (unsigned char[]){(unsigned char)(0xe0 | rune >> 12), middle, last},
                3);
    } else {
        const unsigned char second = (unsigned char)(0x80 | (rune >> 12 & 63));
        buf_add(
            out,
            (unsigned char[]){(unsigned char)(0xf0 | rune >> 18), second, middle, last},
            4);
    }
}

static bool lex_hex(const char *digits, size_t count, uint32_t *ret_rune)
{
    uint32_t rune = 0;
    for (size_t i = 0; i < count; i++) {
        const char c = digits[i];
        if (byte_is_digit(c))
            rune = rune << 4 | (uint32_t)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            rune = rune << 4 | (uint32_t)((c | 32) - 'a' + 10);
        else
            return false;
    }
    *ret_rune = rune;
    return rune <= 0x10ffff && (rune < 0xd800 || rune > 0xdfff);
}

/* After the backslash at `at`; returns the bytes taken, 0 for what is no escape. */
static size_t lex_escape(const char *at, struct buf *out)
{
    static const char names[] = "abfnrtv\\\"'`?", values[] = "\a\b\f\n\r\t\v\\\"'`?";
    const char *name = *at ? strchr(names, *at) : NULL;
    if (name) {
        buf_add_byte(out, values[name - names]);
        return 1;
    }
    const size_t digits = *at == 'x' ? 2 : *at == 'u' ? 4 : *at == 'U' ? 8 : 0;
    uint32_t rune;
    if (digits == 0 || !lex_hex(at + 1, digits, &rune))
        return 0;
    add_rune(out, rune);
    return digits + 1;
}

static bool lex_text(struct lexer *in, struct token *t, bool raw)
{
    const char *text = in->text;
    size_t at = t->from + raw;
    const char quote = text[at++];
    struct buf out = BUF_MAX(EXPR_TEXT_MAX);
    bool fine = true;
    while (fine && text[at] && text[at] != quote) {
        if (text[at] != '\\' || raw) {
            buf_add_byte(&out, text[at++]);
            continue;
        }
        const size_t taken = lex_escape(text + at + 1, &out);
        if (taken == 0)
            fine = expr_fault(
                text, at, in->e,
                "unknown escape; in a pattern write \\\\ for each backslash, or "
                "r\"…\" for text without escapes");
        at += 1 + taken;
    }
    if (fine && text[at] != quote)
        fine = expr_fault(text, t->from, in->e,
                          "this text is not closed: a %c is missing", quote);
    t->to = at + 1;
    t->value = value_text(
        (struct bytes){arena_strndup(in->arena, buf_text(&out), out.len), out.len});
    buf_finish(&out);
    return fine;
}

/* ---- names and marks ---- */

static void lex_name(struct lexer *in, struct token *t)
{
    t->to = t->from;
    while (is_word(in->text[t->to]))
        t->to++;
    const struct bytes name = {in->text + t->from, t->to - t->from};
    t->kind = TOKEN_LITERAL;
    if (bytes_is(name, "true") || bytes_is(name, "false"))
        t->value = value_bool(bytes_is(name, "true"));
    else if (bytes_is(name, "null"))
        t->value = (struct value){.type = VALUE_NULL};
    else
        t->kind = TOKEN_NAME;
}

static const char *mark_advice(const char *at)
{
    if (strncmp(at, "=~", 2) == 0 || strncmp(at, "!~", 2) == 0)
        return "; write text.matches(\"…\")";
    if (*at == '=')
        return "; write == to compare";
    if (*at == '&')
        return "; write &&";
    if (*at == '|')
        return "; write ||";
    if (*at == '$' || *at == '{')
        return "; names stand for themselves, without ${…}";
    return "";
}

static bool lex_mark(struct lexer *in, struct token *t)
{
    static const char *const marks[] = {"&&", "||", "==", "!=", "<=", ">=", "<", ">",
                                        "+",  "-",  "*",  "/",  "%",  "!",  "?", ":",
                                        ".",  ",",  "(",  ")",  "[",  "]"};
    const char *at = in->text + t->from;
    t->kind = TOKEN_MARK;
    for (size_t i = 0; i < ARRAY_LEN(marks) && strncmp(at, "!~", 2) != 0; i++) {
        const size_t len = strlen(marks[i]);
        if (strncmp(at, marks[i], len) != 0)
            continue;
        memcpy(t->mark, marks[i], len + 1);
        t->to = t->from + len;
        return true;
    }
    const size_t len = bytes_utf8(bytes_of(at));
    return expr_fault(in->text, t->from, in->e, "'%.*s' is not understood here%s",
                      (int)(len ? len : 1), len ? at : "?", mark_advice(at));
}

bool lexer_next(struct lexer *in, struct token *ret_token)
{
    const char *text = in->text;
    while (text[in->at] == ' ' || (text[in->at] >= '\t' && text[in->at] <= '\r'))
        in->at++;
    struct token t = {.kind = TOKEN_LITERAL, .from = in->at, .to = in->at};
    const char c = text[in->at], next = c ? text[in->at + 1] : 0;
    bool fine = true;
    if (c == 0)
        t.kind = TOKEN_END;
    else if (byte_is_digit(c) || (c == '.' && byte_is_digit(next)))
        fine = lex_number(in, &t);
    else if (c == '"' || c == '\'')
        fine = lex_text(in, &t, false);
    else if (c == 'r' && (next == '"' || next == '\''))
        fine = lex_text(in, &t, true);
    else if (is_word(c))
        lex_name(in, &t);
    else
        fine = lex_mark(in, &t);
    if (!fine)
        return false;
    in->at = t.to;
    *ret_token = t;
    return true;
}
