/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing bytes under a cap. Called by everything that renders or receives; never blocks,
 * never grows above the size its owner chose.
 */
#include "lib/base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"

#define SMALLEST_SIZE 64u

/* Makes room for need bytes and the NUL behind them; need is within max. */
static void buf_reserve(struct buf *b, size_t need)
{
    if (b->ptr && need < b->size)
        return;

    size_t size = b->size > SIZE_MAX / 2 ? SIZE_MAX : b->size * 2;
    if (size < SMALLEST_SIZE)
        size = SMALLEST_SIZE;
    if (size > b->max && b->max < SIZE_MAX)
        size = b->max + 1;
    if (size <= need)
        size = need + 1;
    b->ptr = memory_grow(b->ptr, size);
    b->size = size;
    b->ptr[b->len] = '\0';
}

char *buf_room(struct buf *b, size_t len)
{
    if (b->len > b->max || len > b->max - b->len || len > SIZE_MAX / 2) {
        b->overflow = true;
        return NULL;
    }
    buf_reserve(b, b->len + len);
    return b->ptr + b->len;
}

void buf_grew(struct buf *b, size_t len)
{
    assert(b->ptr && len < b->size - b->len);
    b->len += len;
    b->ptr[b->len] = '\0';
}

void buf_finish(struct buf *b)
{
    free(b->ptr);
    *b = BUF_MAX(b->max);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->overflow = false;
    if (b->ptr)
        b->ptr[0] = '\0';
}

/* Without growing, which is nearly always; a size is never above max + 1. */
static bool buf_fits(const struct buf *b, size_t len)
{
    return b->ptr && len < b->size - b->len;
}

void buf_add(struct buf *b, const void *ptr, size_t len)
{
    char *room = buf_fits(b, len) ? b->ptr + b->len : buf_room(b, len);
    if (!room || !len)
        return;
    memcpy(room, ptr, len);
    b->len += len;
    b->ptr[b->len] = '\0';
}

void buf_add_byte(struct buf *b, char c)
{
    char *room = buf_fits(b, 1) ? b->ptr + b->len : buf_room(b, 1);
    if (!room)
        return;
    room[0] = c;
    room[1] = '\0';
    b->len++;
}

void buf_add_text(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_add_bytes(struct buf *b, struct bytes bytes)
{
    buf_add(b, bytes.ptr, bytes.len);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    const size_t have = b->ptr ? b->size - b->len : 0;
    const int wrote = vsnprintf(b->ptr ? b->ptr + b->len : NULL, have, fmt, args);
    assert(wrote >= 0);

    const size_t len = (size_t)wrote;
    char *room = buf_room(b, len);
    if (room && len >= have)
        vsnprintf(room, len + 1, fmt, again);
    va_end(again);
    if (room)
        buf_grew(b, len);
    else if (b->ptr)
        b->ptr[b->len] = '\0';
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    buf_vprintf(b, fmt, args);
    va_end(args);
}

void buf_consume(struct buf *b, size_t len)
{
    assert(len <= b->len);
    if (!len)
        return;
    b->len -= len;
    memmove(b->ptr, b->ptr + len, b->len + 1);
}

struct bytes buf_bytes(const struct buf *b)
{
    return (struct bytes){b->ptr, b->len};
}

const char *buf_text(const struct buf *b)
{
    return b->ptr ? b->ptr : "";
}

char *buf_steal(struct buf *b, size_t *ret_len)
{
    char *ptr = b->ptr;
    if (!ptr) {
        ptr = memory_take(1);
        ptr[0] = '\0';
    }
    if (ret_len)
        *ret_len = b->len;
    *b = BUF_MAX(b->max);
    return ptr;
}

/* One byte that JSON does not take as it is: a control character, a quote or a backslash. */
static void buf_add_json_escape(struct buf *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = "\"\"\\\\\nn\rr\tt\bb\ff";

    for (const char *at = letters; *at; at += 2) {
        if ((unsigned char)*at == c) {
            buf_add(b, (const char[]){'\\', at[1]}, 2);
            return;
        }
    }
    buf_add(b, (const char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

static bool json_takes(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* What stands at the start of text; returns how many bytes of it were used. */
static size_t buf_add_json_piece(struct buf *b, struct bytes text)
{
    size_t plain = 0;
    while (plain < text.len && json_takes((unsigned char)text.ptr[plain]))
        plain++;
    if (plain) {
        buf_add(b, text.ptr, plain);
        return plain;
    }

    const unsigned char c = (unsigned char)text.ptr[0];
    if (c < 0x80) {
        buf_add_json_escape(b, c);
        return 1;
    }
    const size_t wide = bytes_utf8(text);
    if (wide) {
        buf_add(b, text.ptr, wide);
        return wide;
    }
    buf_add_text(b, "\xEF\xBF\xBD");
    return 1;
}

void buf_add_json(struct buf *b, struct bytes text)
{
    const size_t start = b->len;
    const bool before = b->overflow;

    b->overflow = false;
    buf_add_byte(b, '"');
    for (size_t at = 0; at < text.len && !b->overflow;)
        at += buf_add_json_piece(b, bytes_slice(text, at, text.len));
    buf_add_byte(b, '"');

    if (b->overflow && b->ptr) {
        b->len = start;
        b->ptr[start] = '\0';
    }
    b->overflow = b->overflow || before;
}

void buf_add_html(struct buf *b, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            buf_add_text(b, "&amp;");
            break;
        case '<':
            buf_add_text(b, "&lt;");
            break;
        case '>':
            buf_add_text(b, "&gt;");
            break;
        case '"':
            buf_add_text(b, "&quot;");
            break;
        default:
            buf_add_byte(b, *text);
        }
    }
}
