/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages as they come, in their order: small ones are read at once, a large one on a pool thread while those behind it
 * wait. Called by both ways with each text; tells the way what it was. Judges nothing.
 */
#include <string.h>

#include "lib/core/pool.h"
#include "probes/mcp.h"

#define READ_HERE_BYTES ((size_t)32 << 10)

struct mcp_letter {
    struct mcp_letter *next;
    struct mcp_state *s;
    struct arena *arena; /* its own: a thread writes it */
    struct bytes text;
    size_t max;
    json_t *root; /* NULL: why says why */
    struct err why;
};

/* Schemas without what is only for readers, in place: nobody needs the rest of a list of tools. */
static void strip_tools(json_t *root)
{
    json_t *tools = json_object_get(json_object_get(root, "result"), "tools");
    static const char *const keys[] = {"inputSchema", "outputSchema"};
    for (size_t i = 0; i < json_array_size(tools) * ARRAY_LEN(keys); i++) {
        json_t *tool = json_array_get(tools, i / ARRAY_LEN(keys));
        const char *key = keys[i % ARRAY_LEN(keys)];
        const json_t *schema = json_object_get(tool, key);
        if (schema)
            json_object_set_new(tool, key, mcp_schema_bare(schema));
    }
}

static void letter_read(void *ctx)
{
    struct mcp_letter *letter = ctx;
    letter->root = json_read(letter->arena, letter->text, letter->max, &letter->why);
    if (letter->root)
        strip_tools(letter->root);
}

static void destroy_arena(void *arena)
{
    arena_destroy(arena);
}

/* What a response is made of stays as long as the run. */
static void deliver(struct mcp_letter *letter)
{
    struct mcp_state *s = letter->s;
    struct arena *arena = letter->arena;
    struct err why = letter->why;
    const enum mcp_taken taken =
        letter->root ? mcp_take(s, letter->root, &why) : MCP_IS_NONSENSE;
    if (taken == MCP_IS_RESPONSE)
        arena_cleanup(run_arena(s->run), destroy_arena, arena);
    s->way->heard(s, taken, letter->text, &why);
    if (taken != MCP_IS_RESPONSE)
        arena_destroy(arena);
}

static void on_read(void *ctx);

static bool read_beside(struct mcp_state *s, struct mcp_letter *letter)
{
    struct frame *frame = run_frame(s->run);
    if (letter->text.len <= READ_HERE_BYTES || !frame ||
        !pool_submit(frame->pool, "mcp", letter_read, on_read, letter))
        return false;
    s->inbox.is_reading = true;
    run_hold(s->run); /* whatever comes meanwhile, the thread's end finds it */
    return true;
}

static void pump(struct mcp_state *s)
{
    struct mcp_letter *letter;
    while ((letter = s->inbox.first) && !s->inbox.is_reading) {
        s->inbox.first = letter->next;
        if (s->is_over) {
            arena_destroy(letter->arena);
        } else if (!read_beside(s, letter)) {
            letter_read(letter);
            deliver(letter);
        }
    }
}

static void on_read(void *ctx)
{
    struct mcp_letter *letter = ctx;
    struct mcp_state *s = letter->s;
    s->inbox.is_reading = false;
    if (s->is_over)
        arena_destroy(letter->arena);
    else
        deliver(letter);
    pump(s);
    if (!s->is_over)
        s->way->went_on(s);
    run_release(s->run);
}

bool mcp_is_reading(const struct mcp_state *s)
{
    return s->inbox.is_reading;
}

void mcp_hear(struct mcp_state *s, struct bytes text)
{
    if (s->is_over)
        return;
    if (++s->messages > MCP_MAX_MESSAGES) {
        s->way->heard(s, MCP_TOO_MANY, text, &(struct err){0});
        return;
    }
    struct arena *arena = arena_create(0);
    struct mcp_letter *letter = arena_alloc(arena, sizeof(*letter));
    *letter = (struct mcp_letter){
        .s = s,
        .arena = arena,
        .text = {arena_strndup(arena, text.ptr ? text.ptr : "", text.len), text.len},
        .max = (size_t)s->conf->max_size};
    struct mcp_letter **link = &s->inbox.first;
    while (*link)
        link = &(*link)->next;
    *link = letter;
    pump(s);
}
