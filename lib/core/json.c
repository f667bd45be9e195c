/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON that peers send: parsed with caps, walked by path, shown in brief. Called by expressions and
 * probes, also on pool threads (it keeps nothing). Never writes JSON: that is buf_add_json.
 */
#include "lib/core/json.h"

#include <string.h>

#include "lib/base/buf.h"

static void release(void *value)
{
    json_decref(value);
}

/* jansson bounds depth at 2048 of its own stack frames; ours is lower, and bounded before it starts. */
static size_t depth_of(struct bytes text)
{
    size_t depth = 0, deepest = 0;
    bool in_text = false;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (in_text && c == '\\')
            i++;
        else if (c == '"')
            in_text = !in_text;
        else if (!in_text && (c == '[' || c == '{'))
            depth++;
        else if (!in_text && (c == ']' || c == '}'))
            depth -= depth > 0;
        if (depth > deepest)
            deepest = depth;
    }
    return deepest;
}

json_t *json_read(struct arena *arena, struct bytes text, size_t max_bytes, struct err *e)
{
    json_error_t why;
    if (text.len > max_bytes) {
        err_set(e, "%zu bytes are more than the %zu that are read as JSON", text.len,
                max_bytes);
        return NULL;
    }
    if (bytes_trim(text).len == 0) {
        err_set(e, "empty, so no JSON");
        return NULL;
    }
    if (depth_of(text) > JSON_TEXT_MAX_DEPTH) {
        err_set(e, "nested deeper than %d levels", JSON_TEXT_MAX_DEPTH);
        return NULL;
    }
    json_t *root =
        json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!root) {
        err_set(e, "no JSON at line %d, column %d: %s", why.line, why.column, why.text);
        return NULL;
    }
    arena_cleanup(arena, release, root);
    return root;
}

/* ---- paths ---- */

/* Takes one step off the path: a name, "[0]" or ["c d"]. */
static bool next_step(struct bytes *path, struct bytes *ret_name, bool *ret_is_index)
{
    *ret_is_index = false;
    if (bytes_starts(*path, "["))
        bytes_take(path, 1, &(struct bytes){0});
    else {
        size_t len = 0;
        if (bytes_starts(*path, "."))
            bytes_take(path, 1, &(struct bytes){0});
        while (len < path->len && path->ptr[len] != '.' && path->ptr[len] != '[')
            len++;
        return bytes_take(path, len, ret_name) && len > 0;
    }
    const bool is_quoted = bytes_starts(*path, "\"") || bytes_starts(*path, "'");
    const char quote[] = {is_quoted ? *path->ptr : ']', ']', 0};
    if (is_quoted)
        bytes_take(path, 1, &(struct bytes){0});
    const ptrdiff_t end = bytes_find(*path, (struct bytes){quote, is_quoted ? 2 : 1});
    if (end < 0)
        return false;
    *ret_is_index = !is_quoted;
    bytes_take(path, (size_t)end, ret_name);
    return bytes_take(path, is_quoted ? 2 : 1, &(struct bytes){0});
}

static const json_t *take_step(const json_t *at, struct bytes name, bool is_index)
{
    int64_t index;
    if (!is_index)
        return json_object_getn(at, name.ptr, name.len);
    if (!json_is_array(at) || !bytes_to_i64(name, &index))
        return NULL;
    const int64_t size = (int64_t)json_array_size(at);
    if (index < 0)
        index += size;
    return index >= 0 && index < size ? json_array_get(at, (size_t)index) : NULL;
}

static const char *describe(struct arena *arena, struct bytes came, const json_t *at,
                            struct bytes name, bool is_index)
{
    const char *what =
        came.len ? arena_strndup(arena, came.ptr, came.len) : "the document";
    if (json_is_array(at))
        return arena_printf(arena,
                            is_index ? "%s has %zu elements, there is no [%.*s]"
                                     : "%s is a list of %zu, it has no '%.*s'",
                            what, json_array_size(at), (int)name.len, name.ptr);
    if (!json_is_object(at))
        return arena_printf(arena, "%s is %s, it has no '%.*s'", what,
                            json_brief(at, arena, 60), (int)name.len, name.ptr);
    struct buf keys = BUF_MAX(160);
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)at, key, value)
        buf_printf(&keys, "%s%s", keys.len ? ", " : "", key);
    const char *text = arena_printf(
        arena, "%s has no '%.*s'; it has %s%s", what, (int)name.len, name.ptr,
        keys.len ? buf_text(&keys) : "nothing", keys.overflow ? ", …" : "");
    buf_finish(&keys);
    return text;
}

const json_t *json_follow(const json_t *root, const char *path, struct arena *arena,
                          const char **ret_got)
{
    const struct bytes whole = bytes_of(path);
    struct bytes rest = whole, name = {0};
    const json_t *at = root;
    bool is_index;
    while (rest.len > 0) {
        const struct bytes came = bytes_slice(whole, 0, whole.len - rest.len);
        if (!next_step(&rest, &name, &is_index)) {
            if (ret_got)
                *ret_got = arena_printf(arena, "'%s' is no path", path);
            return NULL;
        }
        const json_t *next = take_step(at, name, is_index);
        if (!next) {
            if (ret_got)
                *ret_got = describe(arena, came, at, name, is_index);
            return NULL;
        }
        at = next;
    }
    return at;
}

const char *json_brief(const json_t *value, struct arena *arena, size_t max)
{
    static const char ellipsis[] = "…";
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    if (!text)
        return "";
    size_t len = strlen(text);
    const bool is_cut = len > max;
    if (is_cut) {
        len = max > sizeof(ellipsis) - 1 ? max - (sizeof(ellipsis) - 1) : 0;
        while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
            len--;
    }
    const char *brief =
        arena_printf(arena, "%.*s%s", (int)len, text, is_cut ? ellipsis : "");
    free(text);
    return brief;
}
