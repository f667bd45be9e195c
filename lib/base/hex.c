/* SPDX-License-Identifier: Apache-2.0 */
/* See hex.h. Called by readers of URLs, forms, identifiers and patterns. */
#include "lib/base/hex.h"

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool hex_percent(struct bytes text, size_t at, char *ret_byte)
{
    if (at + 2 >= text.len || text.ptr[at] != '%')
        return false;
    const int high = hex_digit(text.ptr[at + 1]), low = hex_digit(text.ptr[at + 2]);
    if (high < 0 || low < 0)
        return false;
    *ret_byte = (char)(high * 16 + low);
    return true;
}
