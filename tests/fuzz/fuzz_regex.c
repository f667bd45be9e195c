/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a pattern, a newline, a text. Every pattern that RE2 takes must compile in PCRE2 or be
 * refused; groups must lie in the text; both ways to match must agree. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/core/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void match(const struct regex *re, struct bytes text)
{
    struct bytes groups[REGEX_MAX_GROUPS];
    size_t count = 0;
    const enum regex_result result = regex_groups(re, text, groups, &count);
    check(regex_match(re, text) == result);
    if (result != REGEX_MATCH)
        return;
    check(count >= 1 && groups[0].ptr);
    if (text.len == 0)
        return;
    for (size_t i = 0; i < count; i++)
        check(!groups[i].ptr || (groups[i].ptr >= text.ptr && groups[i].len <= text.len &&
                                 groups[i].ptr + groups[i].len <= text.ptr + text.len));
    struct buf out = BUF_MAX(4096);
    regex_expand(re, "$1 ${n} $$ $", groups, count, &out);
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes all = {(const char *)data, size};
    const ptrdiff_t end = bytes_find_byte(all, '\n');
    if (end < 0 || end > 256 || size > 4096)
        return 0;
    struct arena *arena = arena_create(0);
    struct err e = {{0}};
    const struct regex *re =
        regex_compile(arena, arena_strndup(arena, all.ptr, (size_t)end), &e);
    check(re || e.text[0]);
    if (re)
        match(re, bytes_slice(all, (size_t)end + 1, size));
    arena_destroy(arena);
    return 0;
}
