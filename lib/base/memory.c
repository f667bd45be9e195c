/* SPDX-License-Identifier: Apache-2.0 */
/*
 * malloc and realloc that do not come back empty-handed. Called by arena, buf, heap and
 * map; a cap on what a peer may make us take is theirs to keep, before they ask here.
 */
#include "lib/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static NO_RETURN void memory_ended(size_t size)
{
    fprintf(stderr,
            "healthd: out of memory asking for %zu bytes; raise the memory limit of this "
            "container or service\n",
            size);
    abort();
}

void *memory_take(size_t size)
{
    void *ptr = malloc(size ? size : 1);
    if (!ptr)
        memory_ended(size);
    return ptr;
}

void *memory_grow(void *ptr, size_t size)
{
    void *grown = realloc(ptr, size ? size : 1);
    if (!grown)
        memory_ended(size);
    return grown;
}

char *memory_strdup(const char *text)
{
    if (!text)
        return NULL;
    const size_t size = strlen(text) + 1;
    return memcpy(memory_take(size), text, size);
}
