/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the output of a plugin: what is accepted is finite, named and within the caps. */
#include <assert.h>
#include <math.h>
#include <stdint.h>

#include "lib/core/command_line.h"
#include "probes/exec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(0);
    struct err e = {0};
    const struct plugin_output o =
        plugin_output_read((struct bytes){(const char *)data, size}, arena);
    assert(o.perf->count <= EXEC_MAX_PERF);
    for (size_t i = 0; i < o.perf->count; i++) {
        assert(isfinite(o.perf->items[i].value));
        assert(o.perf->items[i].label[0] &&
               bytes_is_utf8(bytes_of(o.perf->items[i].label)));
    }
    command_split(arena_strndup(arena, (const char *)data, size), arena, &e);
    arena_destroy(arena);
    return 0;
}
