/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks of memory that are handed out from the front and freed all at once. Called by
 * everybody who makes something; never frees a single object and is never shared between
 * threads. Built with AddressSanitizer, what is not handed out is poisoned.
 */
#include "lib/base/arena.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/memory.h"

#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#define RED_ZONE 16u
#else
#define ASAN_POISON_MEMORY_REGION(ptr, len) ((void)(ptr), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(ptr, len) ((void)(ptr), (void)(len))
#define RED_ZONE 0u
#endif

#define FIRST_BLOCK_BYTES 1024u
#define LARGEST_BLOCK_BYTES (256u * 1024u)
#define ANY_ALIGN _Alignof(max_align_t)

struct block {
    struct block *next; /* older */
    size_t size;        /* of data */
    size_t used;
    max_align_t data[];
};

struct cleanup {
    struct cleanup *next; /* older */
    void (*fn)(void *object);
    void *object;
};

struct arena {
    struct block *current; /* the newest that small things come from */
    struct block *first;   /* in the same piece of malloc as the arena itself */
    struct cleanup *cleanups;
    size_t cap;       /* for tried; 0: none */
    size_t tried;     /* by arena_try_alloc */
    size_t used;      /* handed out in all */
    size_t next_size; /* of the next block */
};

static char *block_data(struct block *block)
{
    return (char *)block->data;
}

static void block_open(struct block *block, size_t size)
{
    block->next = NULL;
    block->size = size;
    block->used = 0;
    ASAN_POISON_MEMORY_REGION(block_data(block), size);
}

static void block_free(struct block *block)
{
    ASAN_UNPOISON_MEMORY_REGION(block_data(block), block->size);
    free(block);
}

/* From the block, or NULL when it has no room left. */
static void *block_take(struct block *block, size_t size, size_t align)
{
    const size_t at = (block->used + align - 1) & ~(align - 1);
    if (at > block->size || block->size - at < size)
        return NULL;

    char *ptr = block_data(block) + at;
    const size_t end = at + size + RED_ZONE;
    block->used = end < block->size ? end : block->size;
    ASAN_UNPOISON_MEMORY_REGION(ptr, size);
    return ptr;
}

static struct block *block_create(size_t size)
{
    struct block *block = memory_take(sizeof(*block) + size);
    block_open(block, size);
    return block;
}

/* Something large gets a block of its own, behind the current one, whose rest stays in use. */
static void *arena_take_large(struct arena *arena, size_t size, size_t align)
{
    struct block *block = block_create(size);
    block->next = arena->current->next;
    arena->current->next = block;
    return block_take(block, size, align);
}

static void *arena_take(struct arena *arena, size_t size, size_t align)
{
    if (!size)
        size = 1;
    assert(size < SIZE_MAX / 2);
    arena->used += size;

    void *ptr = block_take(arena->current, size, align);
    if (ptr)
        return ptr;
    if (size > arena->next_size / 4 && arena->current != arena->first)
        return arena_take_large(arena, size, align);

    while (arena->next_size < size && arena->next_size < LARGEST_BLOCK_BYTES)
        arena->next_size *= 2;
    const size_t block_size = size > arena->next_size ? size : arena->next_size;
    struct block *block = block_create(block_size);
    block->next = arena->current;
    arena->current = block;
    if (arena->next_size < LARGEST_BLOCK_BYTES)
        arena->next_size *= 2;
    return block_take(block, size, align);
}

/* The first block lies behind the arena itself, at an address aligned for any type. */
static size_t arena_head_bytes(void)
{
    return (sizeof(struct arena) + ANY_ALIGN - 1) & ~(ANY_ALIGN - 1);
}

struct arena *arena_create(size_t cap_bytes)
{
    const size_t head = arena_head_bytes();
    char *piece = memory_take(FIRST_BLOCK_BYTES);
    struct block *first = (void *)(piece + head);
    block_open(first, FIRST_BLOCK_BYTES - head - sizeof(*first));

    struct arena *arena = (void *)piece;
    *arena = (struct arena){
        .current = first,
        .first = first,
        .cap = cap_bytes,
        .next_size = 2 * FIRST_BLOCK_BYTES,
    };
    return arena;
}

static void arena_run_cleanups(struct arena *arena)
{
    while (arena->cleanups) {
        const struct cleanup *cleanup = arena->cleanups;
        arena->cleanups = cleanup->next;
        cleanup->fn(cleanup->object);
    }
}

/* Frees every block but the first. */
static void arena_free_blocks(struct arena *arena)
{
    struct block *block = arena->current;
    while (block) {
        struct block *older = block->next;
        if (block != arena->first)
            block_free(block);
        block = older;
    }
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    arena_run_cleanups(arena);
    arena_free_blocks(arena);
    ASAN_UNPOISON_MEMORY_REGION(block_data(arena->first), arena->first->size);
    free(arena);
}

void arena_reset(struct arena *arena)
{
    arena_run_cleanups(arena);
    arena_free_blocks(arena);
    block_open(arena->first, arena->first->size);
    arena->current = arena->first;
    arena->tried = 0;
    arena->used = 0;
    arena->next_size = 2 * FIRST_BLOCK_BYTES;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    void *ptr = arena_take(arena, size, ANY_ALIGN);
    return memset(ptr, 0, size);
}

void *arena_try_alloc(struct arena *arena, size_t size)
{
    const size_t cap = arena->cap ? arena->cap : SIZE_MAX / 4;
    if (size > cap || arena->tried > cap - size)
        return NULL;
    arena->tried += size;
    return arena_alloc(arena, size);
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_strndup(struct arena *arena, const char *ptr, size_t len)
{
    char *copy = arena_take(arena, len + 1, 1);
    if (len)
        memcpy(copy, ptr, len);
    copy[len] = '\0';
    return copy;
}

void *arena_memdup(struct arena *arena, const void *ptr, size_t len)
{
    void *copy = arena_take(arena, len, ANY_ALIGN);
    if (len)
        memcpy(copy, ptr, len);
    return copy;
}

char *arena_vprintf(struct arena *arena, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    const int len = vsnprintf(NULL, 0, fmt, args);
    assert(len >= 0);

    char *text = arena_take(arena, (size_t)len + 1, 1);
    vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    return text;
}

char *arena_keep(struct arena *arena, struct buf *b)
{
    char *copy = arena_strndup(arena, buf_text(b), b->len);
    buf_finish(b);
    return copy;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = arena_vprintf(arena, fmt, args);
    va_end(args);
    return text;
}

void arena_cleanup(struct arena *arena, void (*fn)(void *object), void *object)
{
    struct cleanup *cleanup = arena_take(arena, sizeof(*cleanup), ANY_ALIGN);
    *cleanup = (struct cleanup){.next = arena->cleanups, .fn = fn, .object = object};
    arena->used -= sizeof(*cleanup);
    arena->cleanups = cleanup;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}
