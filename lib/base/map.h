/* SPDX-License-Identifier: Apache-2.0 */
/* From a string to a pointer, in the order of insertion. Keys are copied, values are not. */
#ifndef HEALTHD_BASE_MAP_H
#define HEALTHD_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/bytes.h"

struct map;
struct map_entry {
    const char *key; /* NUL-terminated; may hold NULs inside: see key_len */
    size_t key_len;
    void *value;
};

struct map *map_create(void);
void map_destroy(struct map *m); /* takes NULL; values are the caller's */
size_t map_count(const struct map *m);
void *map_get(const struct map *m, struct bytes key); /* NULL when absent */
/* Puts or replaces; returns the value that was there, or NULL. value is not NULL. */
void *map_put(struct map *m, struct bytes key, void *value);
void *map_remove(struct map *m, struct bytes key); /* returns what was there, or NULL */
/* Walks in insertion order: starts with prev NULL, ends with NULL. The entry just returned may
 * be removed before the next call only after saving its successor. */
const struct map_entry *map_next(const struct map *m, const struct map_entry *prev);

#endif
