/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A binary heap by (key, order of arrival). Called by the schedule and by timers; items
 * are the callers', the array of pointers is the heap's.
 */
#include "lib/base/heap.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/memory.h"

#define SMALLEST_SIZE 16u

static bool item_before(const struct heap_item *a, const struct heap_item *b)
{
    return a->key < b->key || (a->key == b->key && a->order < b->order);
}

/* Places are 1-based: the parent of p is p / 2, its children are 2p and 2p + 1. */
static void heap_set(struct heap *h, size_t place, struct heap_item *item)
{
    h->items[place - 1] = item;
    item->place = place;
}

static void heap_rise(struct heap *h, struct heap_item *item)
{
    size_t place = item->place;
    while (place > 1 && item_before(item, h->items[place / 2 - 1])) {
        heap_set(h, place, h->items[place / 2 - 1]);
        place /= 2;
    }
    heap_set(h, place, item);
}

static void heap_sink(struct heap *h, struct heap_item *item)
{
    size_t place = item->place;
    while (2 * place <= h->count) {
        size_t child = 2 * place;
        if (child < h->count && item_before(h->items[child], h->items[child - 1]))
            child++;
        if (!item_before(h->items[child - 1], item))
            break;
        heap_set(h, place, h->items[child - 1]);
        place = child;
    }
    heap_set(h, place, item);
}

void heap_finish(struct heap *h)
{
    free(h->items);
    *h = (struct heap){0};
}

void heap_put(struct heap *h, struct heap_item *item, int64_t key)
{
    if (!item->place) {
        if (h->count == h->size) {
            h->size = h->size ? h->size * 2 : SMALLEST_SIZE;
            h->items = memory_grow(h->items, h->size * sizeof(struct heap_item *));
        }
        h->count++;
        heap_set(h, h->count, item);
    }
    assert(h->items[item->place - 1] == item);
    item->key = key;
    item->order = h->order++;
    heap_rise(h, item);
    heap_sink(h, item);
}

void heap_remove(struct heap *h, struct heap_item *item)
{
    if (!item->place)
        return;
    assert(item->place <= h->count && h->items[item->place - 1] == item);

    struct heap_item *last = h->items[h->count - 1];
    const size_t place = item->place;
    h->count--;
    item->place = 0;
    if (last == item)
        return;
    heap_set(h, place, last);
    heap_rise(h, last);
    heap_sink(h, last);
}

struct heap_item *heap_first(const struct heap *h)
{
    return h->count ? h->items[0] : NULL;
}
