/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, dates and encoded words as mail has them. Called by notify_email.c. Never lets a line break through. */
#include <string.h>

#include "alerts/notify_email.h"
#include "alerts/notify_facts.h"

enum {
    ADDRESS_MAX_BYTES = 254,
    NAME_MAX_BYTES = 100,
    WORD_MAX_BYTES = 45 /* 60 of base64 and 12 around it: RFC 2047 allows 75 */
};

/* ---- addresses ---- */

/* The address in "Name <address>", else all of it. */
static struct bytes address_part(const char *written)
{
    const struct bytes all = bytes_trim(bytes_of(written));
    const ptrdiff_t open = bytes_find_byte(all, '<');
    if (open < 0 || !bytes_ends(all, ">"))
        return all;
    return bytes_slice(all, (size_t)open + 1, all.len - 1);
}

const char *email_address(const char *written, struct arena *arena, struct err *e)
{
    const struct bytes part = address_part(written);
    const ptrdiff_t at = bytes_find_byte(part, '@');
    bool is_fit = at > 0 && (size_t)at + 1 < part.len && part.len <= ADDRESS_MAX_BYTES;
    for (size_t i = 0; i < part.len; i++) {
        const unsigned char c = (unsigned char)part.ptr[i];
        is_fit &= c > 0x20 && c < 0x7f && !strchr("<>,;:\"\\()", c);
    }
    if (is_fit)
        return arena_strndup(arena, part.ptr, part.len);
    err_set(e,
            "'%.80s' is no mail address; write hd@example.com or healthd "
            "<hd@example.com>",
            text_line(written, 80, arena));
    return NULL;
}

static const char *quoted(const char *text, struct arena *arena)
{
    struct buf out = BUF_MAX(2 * strlen(text) + 2);
    buf_add_byte(&out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_add_byte(&out, '\\');
        buf_add_byte(&out, *text);
    }
    buf_add_byte(&out, '"');
    return arena_keep(arena, &out);
}

const char *email_shown(const char *written, struct arena *arena)
{
    struct err ignored;
    const struct bytes all = bytes_trim(bytes_of(written));
    const char *address = email_address(written, arena, &ignored);
    const ptrdiff_t open = bytes_find_byte(all, '<');
    if (!address)
        return "";
    struct bytes name = bytes_trim(bytes_slice(all, 0, open > 0 ? (size_t)open : 0));
    if (name.len > 1 && name.ptr[0] == '"' && bytes_ends(name, "\""))
        name = bytes_slice(name, 1, name.len - 1);
    if (name.len == 0)
        return address;
    const char *line =
        text_line(arena_strndup(arena, name.ptr, name.len), NAME_MAX_BYTES, arena);
    const char *encoded = email_encoded(line, arena);
    return arena_printf(arena, "%s <%s>", encoded == line ? quoted(line, arena) : encoded,
                        address);
}

/* ---- encoded words ---- */

static bool is_plain(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
            return false;
    }
    return true;
}

static void add_base64(struct buf *out, struct bytes in)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < in.len; i += 3) {
        const size_t len = in.len - i < 3 ? in.len - i : 3;
        uint32_t bits = 0;
        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (j < len ? (unsigned char)in.ptr[i + j] : 0);
        for (size_t j = 0; j < 4; j++) {
            const char digit = digits[bits >> (18 - 6 * j) & 63];
            buf_add_byte(out, j <= len ? digit : '=');
        }
    }
}

const char *email_encoded(const char *text, struct arena *arena)
{
    if (is_plain(text))
        return text;
    struct bytes left = bytes_of(text_line(text, strlen(text), arena));
    struct buf out = BUF_MAX(8 * left.len + 100);
    while (left.len) {
        const struct bytes word = bytes_cut(left, WORD_MAX_BYTES);
        buf_printf(&out, "%s=?utf-8?B?", out.len ? " " : "");
        add_base64(&out, word);
        buf_add_text(&out, "?=");
        left = bytes_slice(left, word.len, left.len);
    }
    return arena_keep(arena, &out);
}

/* ---- dates ---- */

const char *email_date(struct wall at, struct arena *arena)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const struct civil c = wall_to_civil(at);
    return arena_printf(arena, "%s, %02d %s %d %02d:%02d:%02d +0000", days[c.weekday],
                        c.day, months[c.month - 1], c.year, c.hour, c.minute, c.second);
}
