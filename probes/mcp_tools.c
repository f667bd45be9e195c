/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tools of a server, by name: their digest, and whether those that are wanted are there. Called by mcp_answer.c once
 * all pages came. Pure but for the finding.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/glob.h"
#include "probes/mcp.h"

#define MAX_LISTED 12

static int by_name(const void *a, const void *b)
{
    const struct mcp_tool *left = a, *right = b;
    return strcmp(left->name, right->name);
}

void mcp_tools_sort(struct mcp_tools *tools)
{
    if (tools->count > 1)
        qsort((void *)tools->items, tools->count, sizeof(tools->items[0]), by_name);
}

const struct mcp_tool *mcp_tools_find(const struct mcp_tools *tools, const char *name)
{
    const struct mcp_tool wanted = {.name = name};
    if (tools->count == 0)
        return NULL;
    return bsearch(&wanted, tools->items, tools->count, sizeof(wanted), by_name);
}

void mcp_tools_digest(const struct mcp_tools *tools, char ret_text[DIGEST_TEXT_SIZE])
{
    struct arena *arena = arena_create(0);
    struct bytes *parts = arena_alloc(arena, (2 * tools->count + 1) * sizeof(*parts));
    for (size_t i = 0; i < tools->count; i++) {
        parts[2 * i] = bytes_of(tools->items[i].name);
        parts[2 * i + 1] = bytes_of(mcp_schema_text(tools->items[i].input, arena));
    }
    digest_parts(parts, 2 * tools->count, ret_text);
    arena_destroy(arena);
}

const char *mcp_tools_listed(const struct mcp_tools *tools, struct arena *arena)
{
    struct buf list = BUF_MAX(1024);
    for (size_t i = 0; i < tools->count && i < MAX_LISTED; i++)
        buf_printf(&list, "%s%.60s", i ? ", " : "", tools->items[i].name);
    if (tools->count > MAX_LISTED)
        buf_printf(&list, " and %zu more", tools->count - MAX_LISTED);
    return arena_keep(arena, &list);
}

/* ---- those that are wanted ---- */

static const char *nearest(const struct mcp_tools *tools, const char *name,
                           struct arena *arena)
{
    const char **names = arena_alloc(arena, (tools->count + 1) * sizeof(*names));
    for (size_t i = 0; i < tools->count; i++)
        names[i] = tools->items[i].name;
    return nearest_word(name, names);
}

static void want(struct mcp_state *s, const char *name, const char *row)
{
    struct arena *arena = run_arena(s->run);
    if (mcp_tools_find(&s->tools, name))
        return;
    const char *near = nearest(&s->tools, name, arena);
    if (s->tools.count == 0)
        mcp_find(s, HEALTH_DOWN, REASON_TOOL_MISSING,
                 "%s has no tool '%s' (`%s`): it has none at all", s->way->peer(s), name,
                 row);
    else
        mcp_find(s, HEALTH_DOWN, REASON_TOOL_MISSING,
                 "%s has no tool '%s' (`%s`)%s%s%s; it has %s", s->way->peer(s), name,
                 row, near ? "; the nearest is '" : "", near ? near : "", near ? "'" : "",
                 mcp_tools_listed(&s->tools, arena));
}

void mcp_judge_tools(struct mcp_state *s)
{
    const struct mcp_conf *c = s->conf;
    for (size_t i = 0; i < c->tools.count; i++)
        want(s, c->tools.items[i], "tools");
    if (c->call.tool)
        want(s, c->call.tool, "call");
}
