/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as answers of Redis, in pieces of any size: read, refused or waited for, with everything in them looked at. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/core/resp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct resp_value *value, int depth)
{
    double number;

    assert(depth <= RESP_MAX_DEPTH);
    resp_number(value, &number);
    resp_text(value);
    resp_field(value, "name");
    for (size_t i = 0; i < value->count; i++)
        look(value->items[i], depth + 1);
    for (size_t i = 0; i < value->text.len; i++)
        assert(value->text.ptr[i] || !value->text.ptr[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct arena *arena = arena_create(0);
    struct resp *r = resp_create(arena);
    struct bytes rest = {(const char *)data + 1, size - 1}, piece;
    const size_t step = data[0] + 1u;
    enum resp_next next = RESP_WAITING;
    while (rest.len && next == RESP_WAITING) {
        const struct resp_value *value;
        bytes_take(&rest, step < rest.len ? step : rest.len, &piece);
        while ((next = resp_next(r, &piece, &value)) == RESP_ANSWER)
            look(value, 0);
    }
    assert(resp_head(r).len <= RESP_HEAD_BYTES);
    arena_destroy(arena);
    return 0;
}
