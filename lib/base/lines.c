/* SPDX-License-Identifier: Apache-2.0 */
/* See lines.h. Called by probes that read logs, on any thread, and by what shows such lines. Never reads a file. */
#include "lib/base/lines.h"

#define ESCAPE '\x1b'
#define LONGEST_ESCAPE 64 /* of a sequence that a terminal swallows */

void lines_init(struct lines *l, size_t max_line,
                void (*line)(void *ctx, const struct line *line), void *ctx)
{
    *l = (struct lines){
        .max_line = max_line, .line = line, .ctx = ctx, .text = BUF_MAX(max_line)};
}

void lines_finish(struct lines *l)
{
    buf_finish(&l->text);
}

void lines_forget(struct lines *l)
{
    buf_clear(&l->text);
    l->pending = 0;
}

static struct bytes without_return(struct bytes text)
{
    return bytes_ends(text, "\r") ? bytes_slice(text, 0, text.len - 1) : text;
}

static void add(struct lines *l, struct bytes piece)
{
    const size_t room = l->text.max - l->text.len;
    l->pending += piece.len;
    buf_add_bytes(&l->text, bytes_slice(piece, 0, room));
}

static void end_line(struct lines *l)
{
    const struct line line = {.text = without_return(buf_bytes(&l->text)),
                              .is_cut = l->pending > l->text.len};
    l->line(l->ctx, &line);
    lines_forget(l);
}

/* Most lines come whole: those are not copied. */
static void whole_line(struct lines *l, struct bytes text)
{
    const struct line line = {.text = without_return(bytes_slice(text, 0, l->max_line)),
                              .is_cut = text.len > l->max_line};
    l->line(l->ctx, &line);
}

void lines_feed(struct lines *l, struct bytes piece)
{
    ptrdiff_t end;
    while ((end = bytes_find_byte(piece, '\n')) >= 0) {
        const struct bytes text = bytes_slice(piece, 0, (size_t)end);
        piece = bytes_slice(piece, (size_t)end + 1, piece.len);
        if (!l->pending) {
            whole_line(l, text);
            continue;
        }
        add(l, text);
        end_line(l);
    }
    add(l, piece);
}

void lines_end(struct lines *l)
{
    if (l->pending)
        end_line(l);
}

/* ---- to be shown ---- */

static bool is_within(char c, char first, char last)
{
    return (unsigned char)c >= (unsigned char)first &&
           (unsigned char)c <= (unsigned char)last;
}

/* Bytes of the escape sequence that text starts with (ECMA-48): a control sequence, a string such as a window's title,
 * or two bytes. */
static size_t escape_length(struct bytes text)
{
    const size_t most = text.len < LONGEST_ESCAPE ? text.len : LONGEST_ESCAPE;
    if (most < 2)
        return most;
    if (text.ptr[1] != '[' && text.ptr[1] != ']')
        return 2;
    for (size_t i = 2; i < most; i++) {
        const char c = text.ptr[i];
        const bool is_title_end = c == '\a' || (c == '\\' && text.ptr[i - 1] == ESCAPE);
        if (text.ptr[1] == '[' ? is_within(c, '@', '~') : is_title_end)
            return i + 1;
        if (text.ptr[1] == '[' && !is_within(c, ' ', '?'))
            return 2; /* no control sequence */
    }
    return 2;
}

/* U+0080 to U+009F: controls that terminals obey as well. */
static bool is_control(struct bytes text, size_t len)
{
    const unsigned char c = (unsigned char)text.ptr[0];
    return c < 0x20 || c == 0x7f ||
           (len == 2 && c == 0xc2 && (unsigned char)text.ptr[1] < 0xa0);
}

void line_print(struct bytes text, struct buf *out)
{
    while (text.len) {
        size_t len = bytes_utf8(text);
        if (*text.ptr == ESCAPE) {
            len = escape_length(text);
        } else if (*text.ptr == '\t') {
            buf_add_byte(out, ' ');
        } else if (len && !is_control(text, len)) {
            buf_add(out, text.ptr, len);
        } else {
            len = 1;
            buf_printf(out, "\\x%02x", (unsigned char)*text.ptr);
        }
        text = bytes_slice(text, len, text.len);
    }
}
