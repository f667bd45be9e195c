/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table of what is in structs of their own, which grows by one bucket with each that comes (linear hashing, W. Litwin
 * 1980): no call ever moves all of it. Owns its buckets alone. Who looks something up walks the bucket and compares.
 */
#ifndef HEALTHD_QUERY_HASH_TABLE_H
#define HEALTHD_QUERY_HASH_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct hash_link { /* first in the struct that is kept */
    struct hash_link *next;
    uint32_t hash;
};

struct hash_table {
    struct hash_link **buckets;
    size_t size;  /* buckets that there is room for, a power of two */
    size_t used;  /* buckets in use, more than half of size */
    size_t count; /* what is in them */
};

void hash_table_init(struct hash_table *t);
void hash_table_finish(struct hash_table *t); /* what is in it is the caller's */
void hash_table_add(struct hash_table *t, struct hash_link *link, uint32_t hash);
void hash_table_remove(struct hash_table *t, struct hash_link *link);
/* The first that may have this hash; NULL: none. The others are its next. */
struct hash_link *hash_table_first(const struct hash_table *t, uint32_t hash);

#endif
