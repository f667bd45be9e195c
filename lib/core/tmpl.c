/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the ${names} of a text and puts values in their place, in one pass: a value is never looked
 * at again, so what a stranger supplies stays text. Called by templates and flows. Owns nothing.
 */
#include "lib/core/tmpl.h"

#include <string.h>

#include "lib/base/buf.h"

enum { EXPANDED_MAX_BYTES = 1 << 20 };

/* ${1} belongs to whoever matches a regular expression (a dialogue's send), not to us. */
static bool is_number(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < '0' || name.ptr[i] > '9')
            return false;
    }
    return name.len > 0;
}

bool tmpl_has(const char *text)
{
    for (const char *at = strstr(text, "${"); at; at = strstr(at + 2, "${")) {
        const size_t digits = strspn(at + 2, "0123456789");
        if (digits == 0 || at[2 + digits] != '}' || (at > text && at[-1] == '$'))
            return true;
    }
    return false;
}

enum piece { PIECE_END, PIECE_TEXT, PIECE_NAME, PIECE_FAULT };

/* Takes the next piece off *text. */
static enum piece next_piece(const char **text, struct bytes *ret_piece, struct err *e)
{
    const char *start = *text;
    if (!*start)
        return PIECE_END;
    if (!strncmp(start, "$${", 3)) {
        *ret_piece = (struct bytes){start + 1, 2};
        *text = start + 3;
        return PIECE_TEXT;
    }
    if (strncmp(start, "${", 2)) {
        const char *stop = start + 1;
        while (*stop && strncmp(stop, "${", 2) && strncmp(stop, "$${", 3))
            stop++;
        *ret_piece = (struct bytes){start, (size_t)(stop - start)};
        *text = stop;
        return PIECE_TEXT;
    }
    const char *end = strchr(start, '}');
    if (!end) {
        err_set(e, "'%.20s' has no closing brace; a literal ${ is written $${", start);
        return PIECE_FAULT;
    }
    struct bytes name = {start + 2, (size_t)(end - start - 2)};
    *text = end + 1;
    if (is_number(name)) {
        *ret_piece = (struct bytes){start, (size_t)(*text - start)};
        return PIECE_TEXT;
    }
    name = bytes_trim(name);
    if (name.len == 0) {
        err_set(e, "${} names nothing; a literal ${ is written $${");
        return PIECE_FAULT;
    }
    *ret_piece = name;
    return PIECE_NAME;
}

static bool look_up(const struct scope *scope, struct bytes name, struct arena *arena,
                    struct bytes *ret_value, struct err *e)
{
    e->text[0] = 0;
    for (; scope; scope = scope->outer) {
        if (scope->lookup(scope->ctx, name, arena, ret_value, e))
            return true;
        if (e->text[0])
            return err_wrap(e, "${%.*s}", (int)name.len, name.ptr);
    }
    return err_set(
        e,
        "${%.*s} is not known here; ${env:NAME}, ${file:/path} and ${secret:name} "
        "are known everywhere",
        (int)name.len, name.ptr);
}

bool tmpl_expand(const char *text, const struct scope *scope, struct arena *arena,
                 const char **ret_text, struct err *e)
{
    if (!tmpl_has(text)) {
        *ret_text = text;
        return true;
    }
    struct buf out = BUF_MAX(EXPANDED_MAX_BYTES);
    struct bytes piece = {0}, value = {0};
    enum piece kind;
    bool ok = true;
    while (ok && (kind = next_piece(&text, &piece, e)) != PIECE_END) {
        if (kind == PIECE_FAULT)
            ok = false;
        else if (kind == PIECE_TEXT)
            buf_add_bytes(&out, piece);
        else if ((ok = look_up(scope, piece, arena, &value, e)))
            buf_add_bytes(&out, value);
    }
    if (ok && out.overflow)
        ok = err_set(e, "longer than %d bytes once filled in", EXPANDED_MAX_BYTES);
    if (ok && memchr(buf_text(&out), 0, out.len))
        ok = err_set(e, "a value that is filled in holds a NUL byte");
    if (ok)
        *ret_text = arena_strndup(arena, buf_text(&out), out.len);
    buf_finish(&out);
    return ok;
}

bool tmpl_names(const char *text, void (*fn)(void *ctx, struct bytes name), void *ctx,
                struct err *e)
{
    struct bytes piece;
    enum piece kind;
    while ((kind = next_piece(&text, &piece, e)) != PIECE_END) {
        if (kind == PIECE_FAULT)
            return false;
        if (kind == PIECE_NAME)
            fn(ctx, piece);
    }
    return true;
}
