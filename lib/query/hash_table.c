/* SPDX-License-Identifier: Apache-2.0 */
/* See hash_table.h. Called by history.c and series_terms.c. */
#include "lib/query/hash_table.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"

#define SIZE_FIRST 64

void hash_table_init(struct hash_table *t)
{
    *t = (struct hash_table){.size = SIZE_FIRST, .used = SIZE_FIRST / 2 + 1};
    t->buckets = memory_take(t->size * sizeof(*t->buckets));
    memset(t->buckets, 0, t->size * sizeof(*t->buckets));
}

void hash_table_finish(struct hash_table *t)
{
    free(t->buckets);
}

/* Buckets beyond those in use are still part of the one half a size before. */
static size_t bucket_of(const struct hash_table *t, uint32_t hash)
{
    const size_t at = hash & (t->size - 1);
    return at < t->used ? at : at - t->size / 2;
}

static void buckets_double(struct hash_table *t)
{
    const size_t size = t->size * 2;
    t->buckets = memory_grow(t->buckets, size * sizeof(*t->buckets));
    memset(t->buckets + t->size, 0, t->size * sizeof(*t->buckets));
    t->size = size;
}

/* The next bucket comes into use, and takes what is its own from the one that had it. */
static void bucket_split(struct hash_table *t)
{
    if (t->used == t->size)
        buckets_double(t);
    const size_t added = t->used++;
    struct hash_link **from = &t->buckets[added - t->size / 2];
    while (*from) {
        struct hash_link *link = *from;
        if ((link->hash & (t->size - 1)) != added) {
            from = &link->next;
            continue;
        }
        *from = link->next;
        link->next = t->buckets[added];
        t->buckets[added] = link;
    }
}

void hash_table_add(struct hash_table *t, struct hash_link *link, uint32_t hash)
{
    link->hash = hash;
    if (++t->count > t->used)
        bucket_split(t);
    struct hash_link **bucket = &t->buckets[bucket_of(t, hash)];
    link->next = *bucket;
    *bucket = link;
}

void hash_table_remove(struct hash_table *t, struct hash_link *link)
{
    struct hash_link **at = &t->buckets[bucket_of(t, link->hash)];
    while (*at != link)
        at = &(*at)->next;
    *at = link->next;
    t->count--;
}

struct hash_link *hash_table_first(const struct hash_table *t, uint32_t hash)
{
    return t->buckets[bucket_of(t, hash)];
}
