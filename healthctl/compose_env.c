/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables of a compose file: NAME=VALUE lines, and ${NAME:-default} in values, as the Compose Specification has them
 * (https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md). Pure: reads no file and no environment.
 */
#include <ctype.h>
#include <string.h>

#include "healthctl/compose.h"

enum { TEXT_MAX = 4 << 10, DEPTH_MAX = 8, PAIRS_MAX = 2000 };

bool compose_is_secret(const char *name)
{
    static const char *const words[] = {"KEY",  "TOKEN", "SECRET", "PASS",
                                        "CRED", "SALT",  "DSN",    "AUTH"};
    const struct bytes all = bytes_of(name);
    for (size_t w = 0; w < ARRAY_LEN(words); w++) {
        const size_t len = strlen(words[w]);
        for (size_t i = 0; i + len <= all.len; i++) {
            if (bytes_is_nocase(bytes_slice(all, i, i + len), words[w]))
                return true;
        }
    }
    return false;
}

void compose_pair_set(struct arena *arena, struct pairs *pairs, const char *key,
                      const char *value)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (!strcmp(pairs->items[i].key, key)) {
            ((struct pair *)(uintptr_t)&pairs->items[i])->value = value;
            return;
        }
    }
    if (pairs->count == PAIRS_MAX)
        return;
    struct pair *items = (struct pair *)(uintptr_t)pairs->items;
    if (!(pairs->count & (pairs->count - 1))) { /* a power of two: it is full */
        const size_t room = pairs->count ? 2 * pairs->count : 1;
        items = arena_alloc(arena, room * sizeof(*items));
        if (pairs->count)
            memcpy(items, pairs->items, pairs->count * sizeof(*items));
        pairs->items = items;
    }
    items[pairs->count++] = (struct pair){key, value};
}

/* ---- NAME=VALUE ---- */

static struct bytes unquoted(struct bytes value)
{
    value = bytes_trim(value);
    const char quote = value.len ? value.ptr[0] : 0;
    if (quote == '"' || quote == '\'') {
        const struct bytes inside = bytes_slice(value, 1, value.len);
        const ptrdiff_t end = bytes_find_byte(inside, quote);
        return end < 0 ? inside : bytes_slice(inside, 0, (size_t)end);
    }
    const ptrdiff_t comment = bytes_find(value, bytes_of(" #"));
    return comment < 0 ? value : bytes_trim(bytes_slice(value, 0, (size_t)comment));
}

void compose_env_parse(struct arena *arena, struct bytes text, struct pairs *pairs)
{
    struct bytes line, name;
    while (bytes_token(&text, '\n', &line)) {
        line = bytes_trim(line);
        if (bytes_starts(line, "export "))
            line = bytes_trim(bytes_slice(line, 7, line.len));
        if (bytes_starts(line, "#") || bytes_find_byte(line, '=') <= 0)
            continue;
        bytes_token(&line, '=', &name);
        name = bytes_trim(name);
        const struct bytes value = unquoted(line);
        compose_pair_set(arena, pairs, arena_strndup(arena, name.ptr, name.len),
                         arena_strndup(arena, value.ptr ? value.ptr : "", value.len));
    }
}

/* ---- ${NAME} ---- */

struct filling {
    const struct pairs *variables;
    struct buf out;
};

static const char *value_of(const struct pairs *variables, struct bytes name)
{
    for (size_t i = 0; variables && i < variables->count; i++) {
        if (bytes_is(name, variables->items[i].key))
            return variables->items[i].value;
    }
    return NULL;
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static size_t name_length(struct bytes text)
{
    size_t len = 0;
    while (len < text.len && is_name(text.ptr[len]))
        len++;
    return len;
}

/* Offset of the brace that closes text, which follows "${"; text.len when there is none. */
static size_t closing_brace(struct bytes text)
{
    size_t depth = 1, i = 0;
    for (; i < text.len; i++) {
        if (text.ptr[i] == '{' && i && text.ptr[i - 1] == '$')
            depth++;
        else if (text.ptr[i] == '}' && --depth == 0)
            break;
    }
    return i;
}

static void fill(struct filling *f, struct bytes text, int depth);

/* What stands between the braces: NAME, NAME:-default, NAME-default, NAME:+instead, NAME:?message. */
static void fill_braces(struct filling *f, struct bytes inside, int depth)
{
    const size_t len = name_length(inside);
    const char *value = value_of(f->variables, bytes_slice(inside, 0, len));
    struct bytes rest = bytes_slice(inside, len, inside.len);
    const bool counts_empty = bytes_starts(rest, ":");
    const bool is_set = value && (*value || !counts_empty);
    if (counts_empty)
        rest = bytes_slice(rest, 1, rest.len);
    const char operation = rest.len ? rest.ptr[0] : 0;
    rest = bytes_slice(rest, 1, rest.len);
    if (operation == '+' && is_set)
        fill(f, rest, depth + 1);
    else if (operation != '+' && is_set)
        buf_add_text(&f->out, value);
    else if (operation == '-')
        fill(f, rest, depth + 1);
}

static void fill(struct filling *f, struct bytes text, int depth)
{
    size_t i = 0;
    while (i < text.len && depth < DEPTH_MAX) {
        const struct bytes rest = bytes_slice(text, i + 1, text.len);
        if (text.ptr[i] != '$' || !rest.len) {
            buf_add_byte(&f->out, text.ptr[i++]);
        } else if (rest.ptr[0] == '$') {
            buf_add_byte(&f->out, '$');
            i += 2;
        } else if (rest.ptr[0] == '{') {
            const struct bytes inside = bytes_slice(rest, 1, rest.len);
            const size_t end = closing_brace(inside);
            fill_braces(f, bytes_slice(inside, 0, end), depth);
            i += end + 3;
        } else {
            const size_t len = name_length(rest);
            const char *value = value_of(f->variables, bytes_slice(rest, 0, len));
            if (!len)
                buf_add_byte(&f->out, '$');
            buf_add_text(&f->out, value ? value : "");
            i += len + 1;
        }
    }
}

const char *compose_expand(struct arena *arena, const struct pairs *variables,
                           const char *text)
{
    if (!strchr(text, '$'))
        return text;
    struct filling f = {.variables = variables, .out = BUF_MAX(TEXT_MAX)};
    fill(&f, bytes_of(text), 0);
    return arena_keep(arena, &f.out);
}
