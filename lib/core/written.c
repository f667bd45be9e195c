/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See written.h. One step compares one escape, or one byte, with the front of the value; whole first, as it is, because
 * a value that looks escaped itself stands there unescaped more often than not. Never allocates.
 */
#include "lib/core/written.h"

#include <stdint.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/hex.h"

/* Of the text: so many bytes of it write so many of the value; text 0: they do not. */
struct piece {
    size_t text, value;
};

/* ---- one character ---- */

static size_t utf8_put(uint32_t rune, char *ret_bytes)
{
    if (rune < 0x80) {
        ret_bytes[0] = (char)rune;
        return 1;
    }
    const size_t size = rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = size - 1; i > 0; i--, rune >>= 6)
        ret_bytes[i] = (char)(0x80 | (rune & 0x3F));
    ret_bytes[0] = (char)(leads[size] | rune);
    return size;
}

static struct piece rune_piece(uint32_t rune, size_t text_len, struct bytes value)
{
    char bytes[4];
    const size_t size = utf8_put(rune, bytes);
    if (value.len < size || memcmp(value.ptr, bytes, size))
        return (struct piece){0};
    return (struct piece){text_len, size};
}

/* Up to most hexadecimal digits; how many there were. */
static size_t hex_take(struct bytes text, size_t most, uint32_t *ret_value)
{
    size_t len = 0;
    *ret_value = 0;
    for (; len < most && len < text.len && hex_digit(text.ptr[len]) >= 0; len++)
        *ret_value = *ret_value << 4 | (uint32_t)hex_digit(text.ptr[len]);
    return len;
}

/* ---- the three escapes ---- */

/* %2F: RFC 3986 §2.1. */
static struct piece url_piece(struct bytes text, struct bytes value)
{
    uint32_t byte;
    if (hex_take(bytes_slice(text, 1, text.len), 2, &byte) < 2 ||
        (unsigned char)value.ptr[0] != byte)
        return (struct piece){0};
    return (struct piece){3, 1};
}

/* \" \/ \n \u0026, and two of the last for what is beyond U+FFFF: RFC 8259 §7. */
static struct piece json_piece(struct bytes text, struct bytes value)
{
    static const char letters[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    const char *at = text.len > 1 && text.ptr[1] ? strchr(letters, text.ptr[1]) : NULL;
    if (at)
        return value.ptr[0] == means[at - letters] ? (struct piece){2, 1}
                                                   : (struct piece){0};
    uint32_t rune, low;
    if (text.len < 6 || text.ptr[1] != 'u' ||
        hex_take(bytes_slice(text, 2, text.len), 4, &rune) < 4)
        return (struct piece){0};
    const bool is_pair = rune >= 0xD800 && rune < 0xDC00 && text.len >= 12 &&
                         text.ptr[6] == '\\' && text.ptr[7] == 'u' &&
                         hex_take(bytes_slice(text, 8, text.len), 4, &low) == 4 &&
                         low >= 0xDC00 && low < 0xE000;
    if (is_pair)
        return rune_piece(0x10000 + ((rune - 0xD800) << 10) + (low - 0xDC00), 12, value);
    return rune_piece(rune, 6, value);
}

/* &amp; &#34; &#x27; */
static struct piece html_piece(struct bytes text, struct bytes value)
{
    static const struct {
        const char *name;
        char c;
    } names[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (value.ptr[0] == names[i].c && bytes_starts(text, names[i].name))
            return (struct piece){strlen(names[i].name), 1};
    }
    uint32_t rune = 0;
    size_t at = 2;
    if (bytes_starts(text, "&#x") || bytes_starts(text, "&#X")) {
        at = 3 + hex_take(bytes_slice(text, 3, text.len), 6, &rune);
    } else if (bytes_starts(text, "&#")) {
        for (; at < 9 && at < text.len && byte_is_digit(text.ptr[at]); at++)
            rune = rune * 10 + (uint32_t)(text.ptr[at] - '0');
    }
    if (rune == 0 || rune > 0x10FFFF || at >= text.len || text.ptr[at] != ';')
        return (struct piece){0};
    return rune_piece(rune, at + 1, value);
}

/* ---- the whole ---- */

static struct piece piece_at(struct bytes text, struct bytes value)
{
    struct piece piece = {0};
    if (text.ptr[0] == '%')
        piece = url_piece(text, value);
    else if (text.ptr[0] == '\\')
        piece = json_piece(text, value);
    else if (text.ptr[0] == '&')
        piece = html_piece(text, value);
    else if (text.ptr[0] == '+' && value.ptr[0] == ' ') /* a form's */
        piece = (struct piece){1, 1};
    if (!piece.text && text.ptr[0] == value.ptr[0])
        piece = (struct piece){1, 1};
    return piece;
}

size_t written_len(struct bytes text, struct bytes value)
{
    if (text.len >= value.len && !memcmp(text.ptr, value.ptr, value.len))
        return value.len;
    size_t at = 0;
    for (size_t done = 0; done < value.len;) {
        if (at == text.len)
            return 0;
        const struct piece piece = piece_at(bytes_slice(text, at, text.len),
                                            bytes_slice(value, done, value.len));
        if (!piece.text)
            return 0;
        at += piece.text;
        done += piece.value;
    }
    return at;
}

const char *written_starts(char c)
{
    const bool is_letter =
        byte_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is_letter)
        return "";
    return c == ' ' ? "%\\&+" : "%\\&";
}
