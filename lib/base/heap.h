/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap of items that know where they are, so that any of them can move or leave. */
#ifndef HEALTHD_BASE_HEAP_H
#define HEALTHD_BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* Embedded in the item. Zeroed means: in no heap. Equal keys leave in the order they came. */
struct heap_item {
    int64_t key;
    uint64_t order; /* the heap's */
    size_t place;   /* 1-based; 0: in no heap */
};

struct heap {
    struct heap_item **items;
    size_t count, size;
    uint64_t order;
};

void heap_finish(struct heap *h); /* frees the array, not the items */
void heap_put(struct heap *h, struct heap_item *item, int64_t key); /* inserts or moves */
void heap_remove(struct heap *h, struct heap_item *item); /* no-op when in none */
struct heap_item *heap_first(const struct heap *h);       /* smallest key, or NULL */

#endif
