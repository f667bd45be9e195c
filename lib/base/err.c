/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error sentences and their context. Called where configuration or the environment fails;
 * never prints and never decides what happens next.
 */
#include "lib/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/bytes.h"

static const char cut_mark[] = "…";

/* Ends text of ERR_TEXT_SIZE with the mark, not in the middle of a character. */
static void err_cut(char *text)
{
    size_t end = ERR_TEXT_SIZE - sizeof(cut_mark);
    while (end && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--;
    memcpy(text + end, cut_mark, sizeof(cut_mark));
}

/* Sets "text" or "text: more"; the arguments may lie in e itself. */
static PRINTF_LIKE(3, 0) void err_compose(struct err *e, const char *more,
                                          const char *fmt, va_list args)
{
    char text[ERR_TEXT_SIZE];
    int len = vsnprintf(text, sizeof(text), fmt, args);
    if (len < 0)
        len = 0;
    if (*more && (size_t)len < sizeof(text))
        len += snprintf(text + len, sizeof(text) - (size_t)len, "%s%s", len ? ": " : "",
                        more);
    if ((size_t)len >= sizeof(text))
        err_cut(text);
    memcpy(e->text, text, sizeof(text));
}

bool err_set(struct err *e, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    err_compose(e, "", fmt, args);
    va_end(args);
    return false;
}

bool err_wrap(struct err *e, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    err_compose(e, e->text, fmt, args);
    va_end(args);
    return false;
}

bool err_errno(struct err *e, int error, const char *fmt, ...)
{
    char words[128];
    va_list args;
    va_start(args, fmt);
    err_compose(e, strerror_r(error, words, sizeof(words)), fmt, args);
    va_end(args);
    return false;
}
