/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One small function for each thing that such files hold: a line, a word, a number in decimal or hex. Called by
 * parsers, on any thread. Copies nothing but a label.
 */
#include "lib/base/words.h"

#include <string.h>

#include "lib/base/hex.h"

bool words_line(struct bytes *text, struct bytes *ret_line)
{
    return bytes_line(text, ret_line) || bytes_token(text, '\n', ret_line);
}

bool words_next(struct bytes *line, struct bytes *ret_word)
{
    size_t from = 0;
    while (from < line->len && byte_is_space(line->ptr[from]))
        from++;
    size_t to = from;
    while (to < line->len && !byte_is_space(line->ptr[to]))
        to++;
    if (to == from)
        return false;
    *ret_word = bytes_slice(*line, from, to);
    *line = bytes_slice(*line, to, line->len);
    return true;
}

bool words_number(struct bytes *line, double *ret_value)
{
    struct bytes word;
    uint64_t value;
    if (!words_next(line, &word) || !bytes_to_u64(word, &value))
        return false;
    *ret_value = (double)value;
    return true;
}

bool words_hex(struct bytes *line, double *ret_value)
{
    struct bytes word;
    uint64_t value = 0;
    if (!words_next(line, &word))
        return false;
    if (bytes_starts(word, "0x"))
        word = bytes_slice(word, 2, word.len);
    if (!word.len || word.len > 16)
        return false;
    for (size_t i = 0; i < word.len; i++) {
        const int digit = hex_digit(word.ptr[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (uint64_t)digit;
    }
    *ret_value = (double)value;
    return true;
}

bool words_whole(struct bytes text, double *ret_value)
{
    uint64_t natural;
    if (!bytes_to_u64(text, &natural))
        return bytes_to_double(text, ret_value);
    *ret_value = (double)natural;
    return true;
}

const char *words_label(struct arena *arena, struct bytes text)
{
    if (bytes_is_utf8(text))
        return arena_strndup(arena, text.ptr, text.len);
    char *copy = arena_alloc(arena, 3 * text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len;) {
        const struct bytes rest = bytes_slice(text, i, text.len);
        const size_t whole = bytes_utf8(rest);
        const struct bytes next =
            whole ? bytes_slice(rest, 0, whole) : bytes_of("\xef\xbf\xbd");
        memcpy(copy + len, next.ptr, next.len);
        len += next.len;
        i += whole ? whole : 1;
    }
    return copy;
}
