/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stranger's compose file: whatever is in it, what is written for it is YAML, and names no secret's value; .env lines
 * and ${NAME} too.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "healthctl/init.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parses(struct arena *arena, const struct init_plan *p,
                   void (*make)(const struct init_plan *, struct buf *))
{
    struct buf text = BUF_MAX(8 << 20);
    struct diag *d = diag_create(arena);
    make(p, &text);
    assert(!text.overflow);
    const struct node *root = node_parse(arena, "made", buf_bytes(&text), d);
    assert(root || text.len > NODE_MAX_BYTES);
    buf_finish(&text);
}

static void write_for(struct arena *arena, const struct compose *c)
{
    struct init_plan *p = arena_alloc(arena, sizeof(*p));
    p->arena = arena;
    p->compose = c;
    p->guesses = guess_all(arena, c);
    init_secrets(p);
    parses(arena, p, init_config);
    parses(arena, p, init_smoke);
    parses(arena, p, init_block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(0);
    struct diag *d = diag_create(arena);
    const struct bytes text = {(const char *)data, size};
    struct pairs variables = {0};
    const struct compose *c = compose_parse(arena, "compose.yml", text, NULL, d);
    assert(c || diag_error_count(d) > 0);
    if (c)
        write_for(arena, c);
    compose_env_parse(arena, text, &variables);
    const char *copy = arena_strndup(arena, text.ptr, size);
    compose_expand(arena, &variables, copy);
    arena_destroy(arena);
    return 0;
}
