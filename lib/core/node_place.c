/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a byte of a scalar's value back to its place in the file. Called by those who compile what a scalar says (an
 * expression, a template), so that a fault deep in a block of text is pointed at where it stands. Reads no file: the
 * text is the one that the diagnoses keep.
 *
 * YAML folds, indents and escapes, but never reorders: the characters that are no white space are the same in the
 * same order on both sides. So they are walked side by side.
 */
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/core/node.h"

enum style { PLAIN, SINGLE, DOUBLE, BLOCK };

struct cursor {
    struct bytes rest;
    int line, column;
};

static char at(const struct cursor *c, size_t i)
{
    return i < c->rest.len ? c->rest.ptr[i] : '\0';
}

static void advance(struct cursor *c, size_t count)
{
    for (size_t i = 0; i < count && c->rest.len; i++) {
        const unsigned char byte = (unsigned char)c->rest.ptr[0];
        c->rest = bytes_slice(c->rest, 1, c->rest.len);
        if (byte == '\n') {
            c->line++;
            c->column = 1;
        } else if (at(c, 0) == '\0' || ((unsigned char)at(c, 0) & 0xC0) != 0x80) {
            c->column++;
        }
    }
}

static bool go_to(struct cursor *c, struct place place)
{
    while (c->rest.len && (c->line < place.line || c->column < place.column))
        advance(c, 1);
    return c->line == place.line && c->column == place.column;
}

static enum style style_of(struct cursor *c)
{
    switch (at(c, 0)) {
    case '\'':
        advance(c, 1);
        return SINGLE;
    case '"':
        advance(c, 1);
        return DOUBLE;
    case '|':
    case '>':
        while (c->rest.len && at(c, 0) != '\n')
            advance(c, 1);
        return BLOCK;
    default:
        return PLAIN;
    }
}

static void skip_blanks(struct cursor *c, enum style style)
{
    for (;;) {
        const bool is_escaped = style == DOUBLE && at(c, 0) == '\\' && at(c, 1) &&
                                strchr("ntr \t\n\r", at(c, 1));
        if (!is_escaped && !byte_is_space(at(c, 0)))
            return;
        advance(c, is_escaped ? 2 : 1);
    }
}

/* Over one character of the value; false when the file says something else there. */
static bool take(struct cursor *c, enum style style, char value)
{
    const bool is_doubled = style == SINGLE && value == '\'';
    const bool is_escaped = style == DOUBLE && at(c, 0) == '\\' && at(c, 1) == value;
    const char written = is_doubled || is_escaped ? at(c, 1) : at(c, 0);
    if (written != value || (style == DOUBLE && at(c, 0) == '\\' && !is_escaped))
        return false;
    advance(c, is_doubled || is_escaped ? 2 : 1);
    return true;
}

struct place node_text_place(const struct node *n, size_t offset, const struct diag *d)
{
    struct cursor c = {diag_source_text(d, n->at.file), 1, 1};
    const size_t len = n->kind == NODE_SCALAR ? strlen(n->text) : 0;
    if (!c.rest.len || !go_to(&c, n->at))
        return n->at;
    const enum style style = style_of(&c);
    for (size_t i = 0; i < offset && i < len; i++) {
        if (byte_is_space(n->text[i]))
            continue;
        skip_blanks(&c, style);
        if (!take(&c, style, n->text[i]))
            return n->at;
    }
    if (offset < len && !byte_is_space(n->text[offset]))
        skip_blanks(&c, style);
    return (struct place){n->at.file, c.line, c.column};
}
