/* SPDX-License-Identifier: Apache-2.0 */
/* See pg_quote.h (PostgreSQL, "Lexical Structure": quoted identifiers, constants with C-style escapes). */
#include "lib/core/pg_quote.h"

#include <string.h>

const char *pg_quote_name(struct arena *arena, const char *name)
{
    char *text, *at;

    if (strchr(name, '"'))
        return name;
    text = at = arena_alloc(arena, 3 * strlen(name) + 3);
    *at++ = '"';
    for (; *name; name++) {
        if (*name == '.') {
            memcpy(at, "\".\"", 3);
            at += 3;
        } else {
            *at++ = *name;
        }
    }
    *at++ = '"';
    *at = '\0';
    return text;
}

const char *pg_quote_channel(struct arena *arena, const char *name)
{
    char *text = arena_alloc(arena, 2 * strlen(name) + 3), *at = text;

    *at++ = '"';
    for (; *name; name++) {
        if (*name == '"')
            *at++ = '"';
        *at++ = *name;
    }
    *at++ = '"';
    *at = '\0';
    return text;
}

const char *pg_quote_text(struct arena *arena, struct bytes text)
{
    char *quoted = arena_alloc(arena, 2 * text.len + 4), *at = quoted;

    *at++ = 'E';
    *at++ = '\'';
    for (size_t i = 0; i < text.len && text.ptr[i]; i++) {
        if (text.ptr[i] == '\'' || text.ptr[i] == '\\')
            *at++ = text.ptr[i];
        *at++ = text.ptr[i];
    }
    *at++ = '\'';
    *at = '\0';
    return quoted;
}
