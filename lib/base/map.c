/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings to pointers, on uthash, which keeps the order of insertion. Called with keys from
 * configuration and peers alike; whoever takes keys from a peer caps how many.
 */
#include "lib/base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"

#define uthash_malloc(size) memory_take(size)
#include <uthash.h>

struct item {
    struct map_entry entry; /* first: an entry handed out is its item */
    UT_hash_handle hh;
    char key[];
};

struct map {
    struct item *items;
};

static struct item *map_find(const struct map *m, struct bytes key)
{
    struct item *item = NULL;
    HASH_FIND(hh, m->items, key.len ? key.ptr : "", key.len, item);
    return item;
}

static void *map_drop(struct map *m, struct item *item)
{
    void *value = item->entry.value;
    HASH_DELETE(hh, m->items, item);
    free(item);
    return value;
}

struct map *map_create(void)
{
    struct map *m = memory_take(sizeof(*m));
    *m = (struct map){0};
    return m;
}

void map_destroy(struct map *m)
{
    if (!m)
        return;
    while (m->items)
        map_drop(m, m->items);
    free(m);
}

size_t map_count(const struct map *m)
{
    return HASH_COUNT(m->items);
}

void *map_get(const struct map *m, struct bytes key)
{
    const struct item *item = map_find(m, key);
    return item ? item->entry.value : NULL;
}

void *map_put(struct map *m, struct bytes key, void *value)
{
    assert(value);
    struct item *item = map_find(m, key);
    if (item) {
        void *before = item->entry.value;
        item->entry.value = value;
        return before;
    }

    item = memory_take(sizeof(*item) + key.len + 1);
    memset(item, 0, sizeof(*item));
    if (key.len)
        memcpy(item->key, key.ptr, key.len);
    item->key[key.len] = '\0';
    item->entry =
        (struct map_entry){.key = item->key, .key_len = key.len, .value = value};
    HASH_ADD_KEYPTR(hh, m->items, item->key, key.len, item);
    return NULL;
}

void *map_remove(struct map *m, struct bytes key)
{
    struct item *item = map_find(m, key);
    return item ? map_drop(m, item) : NULL;
}

const struct map_entry *map_next(const struct map *m, const struct map_entry *prev)
{
    const struct item *item =
        prev ? ((const struct item *)(const void *)prev)->hh.next : m->items;
    return item ? &item->entry : NULL;
}
