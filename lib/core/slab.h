/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fixed-size objects that come and go thousands of times a second, kept for reuse: the loop's
 * timers and watches, and connections. One thread; ends all at once.
 */
#ifndef HEALTHD_CORE_SLAB_H
#define HEALTHD_CORE_SLAB_H

#include <stddef.h>

struct slab_chunk;
struct slab {
    size_t item_size; /* set when made: struct slab s = {.item_size = sizeof(struct x)} */
    void *free;       /* first of a chain through the items */
    struct slab_chunk *chunks; /* owned */
    size_t used;               /* items handed out */
};

void *slab_take(struct slab *s);              /* zeroed, never NULL */
void slab_return(struct slab *s, void *item); /* takes NULL */
void slab_finish(struct slab *s); /* frees every item, also those handed out */

#endif
