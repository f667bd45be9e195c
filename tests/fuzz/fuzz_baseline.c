/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A baseline's file, and any answer's shape: what was read is written and read alike, and an answer never differs from
 * its own shape.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "healthctl/baseline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *written(struct arena *arena, json_t *value)
{
    char *dump = json_dumps(value, JSON_SORT_KEYS);
    const char *text = arena_strdup(arena, dump ? dump : "");
    free(dump);
    json_decref(value);
    return text;
}

static void read_again(struct arena *arena, const struct baseline *b)
{
    struct err e = {0};
    const char *first = written(arena, baseline_to_json(b));
    const json_t *root = json_read(arena, bytes_of(first), BASELINE_MAX_BYTES * 4ul, &e);
    const struct baseline *again = root ? baseline_from_json(root, arena, &e) : NULL;
    assert(again);
    assert(!strcmp(first, written(arena, baseline_to_json(again))));
}

static void never(void *ctx, const struct shape_finding *f)
{
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(0);
    struct err e = {0};
    const struct bytes text = {(const char *)data, size};
    const json_t *root = json_read(arena, text, 1 << 20, &e);
    if (root) {
        const struct shape *shape = shape_of(root, arena);
        shape_compare(shape, shape, "json", never, NULL);
        const struct shape *both = shape_merge(shape_of(root, arena), shape, arena);
        shape_compare(shape, both, "json", never, NULL);
        const struct baseline *b = baseline_from_json(root, arena, &e);
        if (b)
            read_again(arena, b);
        else
            assert(*e.text);
    }
    arena_destroy(arena);
    return 0;
}
