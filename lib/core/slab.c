/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunks of equal items and the chain of those that are free. Called by the loop and by conn;
 * never returns memory before slab_finish. Under AddressSanitizer every item is malloc's own, so
 * that a use after return is found.
 */
#include "lib/core/slab.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"

#define SLAB_CHUNK_ITEMS 64

struct slab_chunk {
    struct slab_chunk *next, *prev; /* prev is used by single items only */
    alignas(max_align_t) char items[];
};

static struct slab_chunk *chunk_create(struct slab *s, size_t items)
{
    const size_t size = sizeof(struct slab_chunk) + items * s->item_size;
    struct slab_chunk *chunk = memory_take(size);
    chunk->prev = NULL;
    chunk->next = s->chunks;
    if (s->chunks)
        s->chunks->prev = chunk;
    s->chunks = chunk;
    return chunk;
}

#ifdef __SANITIZE_ADDRESS__

void *slab_take(struct slab *s)
{
    struct slab_chunk *chunk = chunk_create(s, 1);
    s->used++;
    memset(chunk->items, 0, s->item_size);
    return chunk->items;
}

void slab_return(struct slab *s, void *item)
{
    if (!item)
        return;
    struct slab_chunk *chunk =
        (struct slab_chunk *)(void *)((char *)item - offsetof(struct slab_chunk, items));
    if (chunk->prev)
        chunk->prev->next = chunk->next;
    else
        s->chunks = chunk->next;
    if (chunk->next)
        chunk->next->prev = chunk->prev;
    s->used--;
    free(chunk);
}

#else

static void chunk_add(struct slab *s)
{
    const size_t align = alignof(max_align_t);
    s->item_size = (s->item_size + align - 1) / align * align;
    struct slab_chunk *chunk = chunk_create(s, SLAB_CHUNK_ITEMS);
    for (size_t i = SLAB_CHUNK_ITEMS; i > 0; i--) {
        void **item = (void **)(void *)(chunk->items + (i - 1) * s->item_size);
        *item = s->free;
        s->free = item;
    }
}

void *slab_take(struct slab *s)
{
    assert(s->item_size >= sizeof(void *));
    if (!s->free)
        chunk_add(s);
    void **item = s->free;
    s->free = *item;
    s->used++;
    memset(item, 0, s->item_size);
    return item;
}

void slab_return(struct slab *s, void *item)
{
    if (!item)
        return;
    assert(s->used > 0);
    *(void **)item = s->free;
    s->free = item;
    s->used--;
}

#endif

void slab_finish(struct slab *s)
{
    while (s->chunks) {
        struct slab_chunk *next = s->chunks->next;
        free(s->chunks);
        s->chunks = next;
    }
    s->free = NULL;
    s->used = 0;
}
