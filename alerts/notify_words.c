/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts from labels and peers made fit for one line, for a block, or for a vendor's limit, and a row of numbers as a
 * sparkline. Called by notifiers and by what they share. Never fails.
 */
#include <math.h>
#include <string.h>

#include "alerts/notify_facts.h"

static const char ellipsis[] = "…";

/* Bytes of the character at text, of which a control character or a broken byte is told by *ret_is_fit. */
static size_t character_at(struct bytes text, bool *ret_is_fit)
{
    const size_t len = bytes_utf8(text);
    const unsigned char c = (unsigned char)text.ptr[0];
    const bool is_c1 =
        len == 2 && c == 0xC2 && (unsigned char)text.ptr[1] < 0xA0; /* U+0080 to U+009F */
    *ret_is_fit = len > 0 && c >= 0x20 && c != 0x7f && !is_c1;
    return len ? len : 1;
}

static const char *cut_at(struct bytes all, size_t max, struct arena *arena)
{
    const size_t mark = strlen(ellipsis);
    if (all.len <= max)
        return arena_strndup(arena, all.len ? all.ptr : "", all.len);
    const struct bytes cut = bytes_cut(all, max > mark ? max - mark : 0);
    return arena_printf(arena, "%.*s%s", (int)cut.len, cut.ptr,
                        max >= mark ? ellipsis : "");
}

const char *text_line(const char *text, size_t max, struct arena *arena)
{
    struct bytes left = bytes_trim(bytes_of(text));
    struct buf out = BUF_MAX(left.len);
    bool was_space = false;
    while (left.len) {
        bool is_fit;
        const size_t len = character_at(left, &is_fit);
        const bool is_space = !is_fit || left.ptr[0] == ' ';
        if (!is_space)
            buf_add(&out, left.ptr, len);
        else if (!was_space)
            buf_add_byte(&out, ' ');
        was_space = is_space;
        left = bytes_slice(left, len, left.len);
    }
    const char *line = cut_at(buf_bytes(&out), max, arena);
    buf_finish(&out);
    return line;
}

const char *text_block(const char *text, size_t max, struct arena *arena)
{
    struct bytes left = bytes_trim(bytes_of(text));
    struct buf out = BUF_MAX(left.len);
    while (left.len) {
        bool is_fit;
        const size_t len = character_at(left, &is_fit);
        if (is_fit || left.ptr[0] == '\n')
            buf_add(&out, left.ptr, len);
        else if (left.ptr[0] != '\r')
            buf_add_byte(&out, ' ');
        left = bytes_slice(left, len, left.len);
    }
    const char *block = cut_at(buf_bytes(&out), max, arena);
    buf_finish(&out);
    return block;
}

const char *text_chars(const char *text, size_t max, struct arena *arena)
{
    struct bytes left = bytes_of(text);
    size_t count = 0, before_last = 0;
    while (left.len) {
        const size_t len = bytes_utf8(left);
        if (count + 1 == max)
            before_last = (size_t)(left.ptr - text);
        if (count++ == max)
            return arena_printf(arena, "%.*s%s", (int)before_last, text, ellipsis);
        left = bytes_slice(left, len ? len : 1, left.len);
    }
    return text ? text : "";
}

const char *sparkline(const double *values, size_t count, struct arena *arena)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i])) {
            least = fmin(least, values[i]);
            most = fmax(most, values[i]);
        }
    }
    if (!isfinite(least))
        return "";
    char *line = arena_alloc(arena, count * 3 + 1);
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i])) {
            line[len++] = ' ';
            continue;
        }
        double share = most > least ? (values[i] / 2 - least / 2) / (most / 2 - least / 2)
                                    : (most != 0) * 0.5;
        share = fmin(fmax(share, 0), 1); /* an infinity is at the edge */
        memcpy(line + len, bars[(size_t)(share * 7 + 0.5)], 3);
        len += 3;
    }
    return line;
}
