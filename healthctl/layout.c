/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Widths of UTF-8 text, line breaks, padding, and control characters made visible. Called by whatever prints for
 * people. Writes nothing.
 */
#include "healthctl/layout.h"

#include <langinfo.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

enum { LEAST_COLUMNS = 40 };

static size_t screen_columns(void)
{
    struct winsize size;
    uint64_t columns = 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        columns = size.ws_col;
    else if (!bytes_to_u64(bytes_of(getenv("COLUMNS")), &columns) || !columns)
        columns = 80;
    return columns < LEAST_COLUMNS ? LEAST_COLUMNS : (size_t)columns;
}

struct screen screen_read(const char *colour)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    struct screen s = {.is_terminal = isatty(STDOUT_FILENO)};
    s.has_colour =
        s.is_terminal && !(no_color && *no_color) && term && strcmp(term, "dumb");
    if (colour && strcmp(colour, "auto"))
        s.has_colour = !strcmp(colour, "always");
    s.columns = s.is_terminal ? screen_columns() : 0;
    s.has_utf8 = setlocale(LC_CTYPE, "") && !strcmp(nl_langinfo(CODESET), "UTF-8");
    setlocale(LC_CTYPE, "C.UTF-8");
    return s;
}

/* One well-formed character of size bytes. */
static wchar_t code_point(const char *ptr, size_t size)
{
    const unsigned char *p = (const unsigned char *)ptr;
    if (size == 1)
        return p[0];
    wchar_t c = p[0] & (0xff >> (size + 1));
    for (size_t i = 1; i < size; i++)
        c = (c << 6) | (p[i] & 0x3f);
    return c;
}

size_t text_width(struct bytes text)
{
    size_t width = 0;
    while (text.len) {
        const size_t size = bytes_utf8(text);
        const int columns = size ? wcwidth(code_point(text.ptr, size)) : 1;
        width += columns > 0 ? (size_t)columns : 0;
        text = bytes_slice(text, size ? size : 1, text.len);
    }
    return width;
}

static bool steers(wchar_t c)
{
    return (c < 0x20 && c != '\n') || (c >= 0x7f && c < 0xa0) ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
           c == 0x200f || c == 0xfeff;
}

const char *text_plain(struct arena *arena, const char *text)
{
    struct buf out = BUF_MAX(16 << 20);
    struct bytes rest = bytes_of(text);
    while (rest.len) {
        const size_t size = bytes_utf8(rest);
        const wchar_t c = size ? code_point(rest.ptr, size) : 0;
        if (!size)
            buf_printf(&out, "\\x%02x", (unsigned char)*rest.ptr);
        else if (c == '\t')
            buf_add_byte(&out, ' ');
        else if (c == '\r' && rest.len > 1 && rest.ptr[1] == '\n')
            (void)c;
        else if (steers(c))
            buf_printf(&out, c < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)c);
        else
            buf_add(&out, rest.ptr, size);
        rest = bytes_slice(rest, size ? size : 1, rest.len);
    }
    const char *plain = arena_strndup(arena, buf_text(&out), out.len);
    buf_finish(&out);
    return plain;
}

/* How many bytes of line go into width columns, and where the next line starts. */
static size_t break_at(struct bytes line, size_t width, size_t *ret_next)
{
    size_t columns = 0, at = 0, blank = 0;
    while (at < line.len) {
        size_t size = bytes_utf8(bytes_slice(line, at, line.len));
        size = size ? size : 1;
        columns += text_width(bytes_slice(line, at, at + size));
        if (columns > width)
            break;
        if (line.ptr[at] == ' ' && at > 0)
            blank = at;
        at += size;
    }
    if (at >= line.len) {
        *ret_next = line.len;
        return line.len;
    }
    if (line.ptr[at] == ' ')
        blank = at;
    if (blank) {
        *ret_next = blank + 1;
        return blank;
    }
    /* A word longer than a line; one character at least, so that it ends. */
    const size_t first = bytes_utf8(line) ? bytes_utf8(line) : 1;
    *ret_next = at ? at : first;
    return *ret_next;
}

struct texts text_wrap(struct arena *arena, const char *text, size_t width)
{
    struct bytes rest = bytes_of(text), line;
    const char **lines = arena_alloc(arena, (rest.len + 2) * sizeof(*lines));
    size_t count = 0, next;
    while (bytes_token(&rest, '\n', &line)) {
        do {
            const size_t len = width ? break_at(line, width, &next) : (next = line.len);
            lines[count++] = arena_strndup(arena, line.ptr, len);
            line = bytes_slice(line, next, line.len);
        } while (line.len);
    }
    if (!count)
        lines[count++] = "";
    return (struct texts){lines, count};
}

void text_pad(struct buf *out, const char *text, size_t width)
{
    buf_add_text(out, text);
    for (size_t used = text_width(bytes_of(text)); used < width; used++)
        buf_add_byte(out, ' ');
}
