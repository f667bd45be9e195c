/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a sample's line: name{label="value",…} value [timestamp] [# exemplar]. Called by exposition.c for each
 * line. Copies nothing but label values that hold escapes; knows nothing of families.
 */
#include <math.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/core/exposition_impl.h"

#define QUOTE_MAX 40u

struct cursor {
    struct bytes line;
    size_t at;
    enum exposition_format format;
    const struct exposition_caps *caps;
    struct exposition_row *row;
    struct err *e;
};

/* What stands where something else was expected; never a whole line. */
static bool expected(const struct cursor *c, const char *what)
{
    const struct bytes rest =
        bytes_cut(bytes_slice(c->line, c->at, c->line.len), QUOTE_MAX);
    struct buf quoted = BUF_MAX(8 * QUOTE_MAX);
    if (c->at >= c->line.len)
        return err_set(c->e, "column %zu: expected %s, got the end of the line",
                       c->at + 1, what);
    buf_add_json(&quoted, rest);
    err_set(c->e, "column %zu: expected %s, got %s", c->at + 1, what, buf_text(&quoted));
    buf_finish(&quoted);
    return false;
}

static char peek(const struct cursor *c)
{
    return c->at < c->line.len ? c->line.ptr[c->at] : '\0';
}

static void skip_blanks(struct cursor *c)
{
    while (c->at < c->line.len && byte_is_blank(c->line.ptr[c->at]))
        c->at++;
}

static bool is_name_first(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_';
}

static bool is_name_more(char ch)
{
    return is_name_first(ch) || (ch >= '0' && ch <= '9');
}

bool exposition_name_valid(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char ch = name.ptr[i];
        if (ch != ':' && !(i ? is_name_more(ch) : is_name_first(ch)))
            return false;
    }
    return name.len > 0;
}

/* colon: ':' where a metric's name may have colons, else '_'. */
static bool take_name(struct cursor *c, char colon, const char *what,
                      struct bytes *ret_name)
{
    const size_t from = c->at;
    if (peek(c) == '"')
        return expected(c, "a name without quotes (names beyond [a-zA-Z0-9_:] are not "
                           "read: ask for `escaping=underscores`)");
    if (!is_name_first(peek(c)) && peek(c) != colon)
        return expected(c, what);
    while (c->at < c->line.len &&
           (is_name_more(c->line.ptr[c->at]) || c->line.ptr[c->at] == colon))
        c->at++;
    *ret_name = bytes_slice(c->line, from, c->at);
    if (ret_name->len <= c->caps->name_bytes)
        return true;
    c->row->is_over_cap = true;
    return err_set(c->e, "column %zu: a name of %zu bytes; at most %zu are read",
                   from + 1, ret_name->len, c->caps->name_bytes);
}

size_t exposition_unescape(struct bytes text, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.ptr[i];
        const char next = i + 1 < text.len ? text.ptr[i + 1] : '\0';
        if (ch == '\\' && (next == '\\' || next == '"' || next == 'n')) {
            ch = next;
            if (next == 'n')
                ch = '\n';
            i++;
        }
        out[len++] = ch;
    }
    return len;
}

/* From behind the opening quote to before the closing one. */
static bool find_quote(struct cursor *c, bool *ret_has_escapes, bool *ret_is_ascii)
{
    unsigned char all = 0;
    *ret_has_escapes = false;
    for (; c->at < c->line.len; c->at++) {
        const char ch = c->line.ptr[c->at];
        all |= (unsigned char)ch;
        if (ch == '"') {
            *ret_is_ascii = all < 0x80;
            return true;
        }
        if (ch == '\\') {
            *ret_has_escapes = true;
            c->at++;
        }
    }
    c->at = c->line.len;
    return expected(c, "the closing quote of a label's value");
}

static bool take_value(struct cursor *c, struct buf *text, struct bytes *ret_value)
{
    bool has_escapes = false, is_ascii = false;
    if (peek(c) != '"')
        return expected(c, "a label's value in quotes");
    const size_t from = ++c->at;
    if (!find_quote(c, &has_escapes, &is_ascii))
        return false;
    struct bytes value = bytes_slice(c->line, from, c->at++);
    if (has_escapes) {
        char *out = buf_room(text, value.len);
        value = (struct bytes){out, exposition_unescape(value, out)};
        buf_grew(text, value.len);
    }
    c->row->is_over_cap = value.len > c->caps->value_bytes;
    if (c->row->is_over_cap)
        return err_set(c->e,
                       "column %zu: a label's value of %zu bytes; at most %zu are read",
                       from, value.len, c->caps->value_bytes);
    if (!is_ascii && !bytes_is_utf8(value))
        return err_set(c->e, "column %zu: a label's value is no UTF-8", from);
    *ret_value = value;
    return true;
}

static bool is_known(const struct exposition_row *row, struct bytes name)
{
    for (size_t i = 0; i < row->label_count; i++) {
        if (bytes_equal(row->labels[i].name, name))
            return true;
    }
    return false;
}

static bool take_label(struct cursor *c, struct exposition_row *row)
{
    struct bytes name = {0}, value = {0};
    const size_t from = c->at;
    if (!take_name(c, '_', "a label's name or }", &name))
        return false;
    skip_blanks(c);
    if (peek(c) != '=')
        return expected(c, "= behind a label's name");
    c->at++;
    skip_blanks(c);
    if (!take_value(c, &row->text, &value))
        return false;
    if (is_known(row, name) || bytes_is(name, "__name__"))
        return err_set(c->e, "column %zu: the label %.*s may not stand here%s", from + 1,
                       (int)name.len, name.ptr,
                       is_known(row, name) ? " twice" : ": the name is before the brace");
    row->is_over_cap = row->label_count == c->caps->labels;
    if (row->is_over_cap)
        return err_set(c->e, "column %zu: more than %zu labels", from + 1,
                       c->caps->labels);
    row->labels[row->label_count++] = (struct exposition_label){name, value};
    return true;
}

static bool take_labels(struct cursor *c, struct exposition_row *row)
{
    c->at++;
    for (;;) {
        skip_blanks(c);
        if (peek(c) == '}')
            break;
        if (!take_label(c, row))
            return false;
        skip_blanks(c);
        if (peek(c) == ',')
            c->at++;
        else if (peek(c) != '}')
            return expected(c, ", or } behind a label");
    }
    c->at++;
    return true;
}

static struct bytes take_word(struct cursor *c)
{
    const size_t from = c->at;
    while (c->at < c->line.len && !byte_is_blank(c->line.ptr[c->at]))
        c->at++;
    return bytes_slice(c->line, from, c->at);
}

/* Whole numbers up to 2^53, which most are, without the long way round. */
static bool read_number(struct bytes word, double *ret_value)
{
    uint64_t natural = 0;
    if (word.len == 0 || word.len > 15)
        return bytes_to_double(word, ret_value);
    for (size_t i = 0; i < word.len; i++) {
        const unsigned digit = (unsigned)(unsigned char)word.ptr[i] - '0';
        if (digit > 9)
            return bytes_to_double(word, ret_value);
        natural = natural * 10 + digit;
    }
    *ret_value = (double)natural;
    return true;
}

/* Milliseconds in text, seconds in OpenMetrics. */
static bool take_time(struct cursor *c, struct exposition_row *row)
{
    const size_t from = c->at;
    const struct bytes word = take_word(c);
    int64_t ms;
    if (c->format == EXPOSITION_OPENMETRICS) {
        row->has_time = bytes_to_double(word, &row->time) && isfinite(row->time);
    } else if (bytes_to_i64(word, &ms)) {
        row->has_time = true;
        row->time = (double)ms / 1e3;
    }
    if (row->has_time)
        return true;
    c->at = from;
    return expected(c, c->format == EXPOSITION_TEXT ? "a timestamp in milliseconds"
                                                    : "a timestamp in seconds");
}

/* An exemplar is another series' sample behind ours: nothing of it is kept. */
static bool skip_exemplar(struct cursor *c)
{
    const size_t from = c->at++;
    skip_blanks(c);
    const bool is_one = c->format == EXPOSITION_OPENMETRICS && peek(c) == '{';
    c->at = is_one ? c->line.len : from;
    return is_one || expected(c, "the end of the line");
}

static bool take_rest(struct cursor *c, struct exposition_row *row)
{
    skip_blanks(c);
    const size_t from = c->at;
    if (!read_number(take_word(c), &row->value)) {
        c->at = from;
        return expected(c, "a value");
    }
    skip_blanks(c);
    if (c->at < c->line.len && peek(c) != '#' && !take_time(c, row))
        return false;
    skip_blanks(c);
    if (peek(c) == '#' && !skip_exemplar(c))
        return false;
    return c->at == c->line.len || expected(c, "the end of the line");
}

bool exposition_row_read(struct exposition_row *row, struct bytes line,
                         enum exposition_format format,
                         const struct exposition_caps *caps, struct err *e)
{
    struct cursor c = {line, 0, format, caps, row, e};
    row->label_count = 0;
    row->has_time = false;
    buf_clear(&row->text);
    if (!buf_room(&row->text, line.len))
        return err_set(e, "the line is too long");
    if (!take_name(&c, ':', "a metric's name", &row->name))
        return false;
    if (format == EXPOSITION_TEXT)
        skip_blanks(&c);
    if (peek(&c) == '{') {
        if (!take_labels(&c, row))
            return false;
    } else if (!byte_is_blank(c.line.ptr[c.at ? c.at - 1 : 0]) &&
               !byte_is_blank(peek(&c))) {
        return expected(&c, "{ or a space behind the name");
    }
    return take_rest(&c, row);
}
