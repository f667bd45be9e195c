/* SPDX-License-Identifier: Apache-2.0 */
/* A map over the headers of an answer. Called by probes' variables. Owns nothing. */
#include "lib/core/header_map.h"

static bool lookup(const void *map, struct bytes key, struct arena *arena,
                   struct value *ret_value)
{
    const struct pairs *headers = map;
    const char *joined = NULL;

    for (size_t i = 0; i < headers->count; i++) {
        const struct pair *h = &headers->items[i];
        if (!bytes_is_nocase(key, h->key))
            continue;
        joined = joined ? arena_printf(arena, "%s, %s", joined, h->value) : h->value;
    }
    if (joined)
        *ret_value = value_text(bytes_of(joined));
    return joined != NULL;
}

struct value header_map(const struct pairs *headers)
{
    return (struct value){.type = VALUE_MAP, .lookup = lookup, .map = headers};
}
