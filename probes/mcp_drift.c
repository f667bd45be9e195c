/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has become of the tools since the lock was written, in words: which tool, which parameter, and whether whoever
 * calls it as before now fails. Called by mcp_lock.c. Pure.
 */
#include <string.h>

#include "probes/mcp.h"

#define MAX_DEPTH 8 /* of parameters within parameters */
#define MAX_BRIEF 60
#define MAX_RENAMED 20 /* more that are gone or new are no renaming */

struct differ {
    struct mcp_changes *changes;
    struct arena *arena;
    const char *tool;
    bool is_output; /* of what it returns: there the more is promised, the better */
    /* Tools that the lock does not have. */
    const struct mcp_tool *fresh[MAX_RENAMED];
    bool is_taken[MAX_RENAMED]; /* it is one of before, renamed */
    size_t fresh_count;         /* also those beyond the list */
};

static void change(struct differ *d, enum mcp_change_kind kind, bool is_breaking,
                   const char *fmt, ...) PRINTF_LIKE(4, 5);
static void change(struct differ *d, enum mcp_change_kind kind, bool is_breaking,
                   const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *text = arena_vprintf(d->arena, fmt, args);
    va_end(args);
    if (d->changes->count < MCP_MAX_CHANGES)
        d->changes->items[d->changes->count] =
            (struct mcp_change){kind, is_breaking, text};
    d->changes->count++;
}

static const char *subject(const struct differ *d)
{
    return arena_printf(d->arena, "tool '%.80s'%s", d->tool,
                        d->is_output ? " returns: " : ": ");
}

static const char *noun(const struct differ *d)
{
    return d->is_output ? "member" : "parameter";
}

/* ---- members ---- */

static bool is_required(const json_t *schema, const char *name)
{
    const json_t *required = json_object_get(schema, "required");
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *one = json_string_value(json_array_get(required, i));
        if (one && !strcmp(one, name))
            return true;
    }
    return false;
}

static const char *brief(const struct differ *d, const json_t *value)
{
    return json_brief(value, d->arena, MAX_BRIEF);
}

static void compare(struct differ *d, const json_t *was, const json_t *is,
                    const char *path, int depth);

/* A fixed list of values: what is no longer among them, and what is new. */
static void compare_enum(struct differ *d, const json_t *was, const json_t *is,
                         const char *path)
{
    size_t gone = 0, fresh = 0;
    const json_t *first_gone = NULL, *first_fresh = NULL;
    for (size_t i = 0; i < json_array_size(was) + json_array_size(is); i++) {
        const bool is_old = i < json_array_size(was);
        const json_t *value = is_old ? json_array_get(was, i)
                                     : json_array_get(is, i - json_array_size(was));
        const json_t *other = is_old ? is : was;
        bool has = false;
        for (size_t k = 0; k < json_array_size(other) && !has; k++)
            has = json_equal(value, json_array_get(other, k));
        if (has)
            continue;
        if (is_old && gone++ == 0)
            first_gone = value;
        if (!is_old && fresh++ == 0)
            first_fresh = value;
    }
    if (gone)
        change(d, MCP_CHANGED, !d->is_output, "%s%s '%s' takes %s no more", subject(d),
               noun(d), path, brief(d, first_gone));
    if (fresh)
        change(d, MCP_CHANGED, d->is_output, "%s%s '%s' may also be %s", subject(d),
               noun(d), path, brief(d, first_fresh));
}

static void compare_need(struct differ *d, const json_t *was, const json_t *is,
                         const char *name, const char *path)
{
    const bool was_needed = is_required(was, name), is_needed = is_required(is, name);
    if (was_needed == is_needed)
        return;
    change(d, MCP_CHANGED, is_needed != d->is_output, "%s%s '%s' is %s now", subject(d),
           noun(d), path, is_needed ? "required" : "optional");
}

static void compare_members(struct differ *d, const json_t *was, const json_t *is,
                            const char *path, int depth)
{
    const json_t *old = json_object_get(was, "properties");
    const json_t *fresh = json_object_get(is, "properties");
    const char *name;
    json_t *schema;
    json_object_foreach ((json_t *)(uintptr_t)old, name, schema) {
        const char *at = arena_printf(d->arena, "%s%.80s", path, name);
        const json_t *other = json_object_get(fresh, name);
        if (!other) {
            change(d, MCP_CHANGED, true, "%s%s '%s' is gone", subject(d), noun(d), at);
            continue;
        }
        compare_need(d, was, is, name, at);
        compare(d, schema, other, at, depth);
    }
    json_object_foreach ((json_t *)(uintptr_t)fresh, name, schema) {
        const bool is_needed = is_required(is, name);
        if (!json_object_get(old, name))
            change(d, MCP_CHANGED, is_needed && !d->is_output, "%s%s '%s%.80s' is new%s",
                   subject(d), noun(d), path, name, is_needed ? " and required" : "");
    }
}

/* ---- schemas ---- */

static bool is_told_elsewhere(const char *key)
{
    return !strcmp(key, "properties") || !strcmp(key, "required") || !strcmp(key, "enum");
}

/* Any other keyword: said as it was and as it is. Nobody can tell in general whether callers fail, so they may. */
static void compare_keywords(struct differ *d, const json_t *was, const json_t *is,
                             const char *path)
{
    const char *whose =
        *path ? arena_printf(d->arena, "%s '%s'", noun(d), path) : "its schema";
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)was, key, value) {
        const json_t *other = json_object_get(is, key);
        if (is_told_elsewhere(key) || json_equal(value, (json_t *)(uintptr_t)other))
            continue;
        if (other)
            change(d, MCP_CHANGED, true, "%s%s has %.40s %s, it was %s", subject(d),
                   whose, key, brief(d, other), brief(d, value));
        else
            change(d, MCP_CHANGED, true, "%s%s has no %.40s any more, it was %s",
                   subject(d), whose, key, brief(d, value));
    }
    json_object_foreach ((json_t *)(uintptr_t)is, key, value) {
        if (!is_told_elsewhere(key) && !json_object_get(was, key))
            change(d, MCP_CHANGED, true, "%s%s has %.40s %s, which is new", subject(d),
                   whose, key, brief(d, value));
    }
}

static void compare(struct differ *d, const json_t *was, const json_t *is,
                    const char *path, int depth)
{
    if (json_equal((json_t *)(uintptr_t)was, (json_t *)(uintptr_t)is))
        return;
    if (!json_is_object(was) || !json_is_object(is) || depth == 0) {
        change(d, MCP_CHANGED, true, "%s%s '%s' has the schema %s, it was %s", subject(d),
               noun(d), path, brief(d, is), brief(d, was));
        return;
    }
    const json_t *old_enum = json_object_get(was, "enum");
    const json_t *new_enum = json_object_get(is, "enum");
    if (old_enum && new_enum)
        compare_enum(d, old_enum, new_enum, path);
    else if (old_enum || new_enum)
        change(d, MCP_CHANGED, new_enum != NULL, "%s%s '%s' is %s fixed list of values",
               subject(d), noun(d), path,
               new_enum ? "now one of a" : "no longer one of a");
    compare_keywords(d, was, is, path);
    compare_members(d, was, is, *path ? arena_printf(d->arena, "%s.", path) : "",
                    depth - 1);
}

/* ---- tools ---- */

static void compare_output(struct differ *d, const json_t *was, const json_t *is)
{
    d->is_output = true;
    if (was && is)
        compare(d, was, is, "", MAX_DEPTH);
    else if (was || is)
        change(d, MCP_CHANGED, is == NULL, "tool '%.80s' %s of what it returns", d->tool,
               is ? "now has a schema" : "no longer has a schema");
    d->is_output = false;
}

static void compare_description(struct differ *d, const char *was, const char *text)
{
    char digest[DIGEST_TEXT_SIZE] = "";
    if (*text)
        digest_bytes(bytes_of(text), digest);
    if (strcmp(was, digest) != 0)
        change(d, MCP_CHANGED, false, "tool '%.80s' describes itself in other words",
               d->tool);
}

/* One that is new and takes exactly the same. */
static const struct mcp_tool *renamed(struct differ *d, const struct mcp_tool *old)
{
    for (size_t i = 0; i < d->fresh_count && d->fresh_count <= MAX_RENAMED; i++) {
        if (d->is_taken[i] || !json_equal((json_t *)(uintptr_t)d->fresh[i]->input,
                                          (json_t *)(uintptr_t)old->input))
            continue;
        d->is_taken[i] = true;
        return d->fresh[i];
    }
    return NULL;
}

static void compare_tool(struct differ *d, const struct mcp_tools *tools,
                         const struct mcp_tool *old, bool has_descriptions)
{
    const struct mcp_tool *now = mcp_tools_find(tools, old->name);
    const struct mcp_tool *other = now ? NULL : renamed(d, old);
    d->tool = old->name;
    if (other) {
        change(d, MCP_RENAMED, true, "tool '%.80s' is now called '%.80s'", old->name,
               other->name);
    } else if (!now) {
        change(d, MCP_REMOVED, true, "tool '%.80s' is gone", old->name);
    } else {
        compare(d, old->input, now->input, "", MAX_DEPTH);
        compare_output(d, old->output, now->output);
        if (has_descriptions)
            compare_description(d, old->description, now->description);
    }
}

void mcp_drift(const struct mcp_lock *lock, const struct mcp_tools *tools,
               bool has_descriptions, struct arena *arena, struct mcp_changes *ret)
{
    struct differ d = {.changes = ret, .arena = arena};
    ret->count = 0;
    for (size_t i = 0; i < tools->count; i++) {
        if (mcp_tools_find(&lock->tools, tools->items[i].name))
            continue;
        if (d.fresh_count < MAX_RENAMED)
            d.fresh[d.fresh_count] = &tools->items[i];
        d.fresh_count++;
    }
    for (size_t i = 0; i < lock->tools.count; i++)
        compare_tool(&d, tools, &lock->tools.items[i], has_descriptions);
    for (size_t i = 0, at = 0; i < tools->count; i++) {
        const char *name = tools->items[i].name;
        if (mcp_tools_find(&lock->tools, name))
            continue;
        if (at >= MAX_RENAMED || !d.is_taken[at])
            change(&d, MCP_ADDED, false, "tool '%.80s' is new", name);
        at++;
    }
}
