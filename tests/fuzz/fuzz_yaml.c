/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as YAML: faults or a tree, and a tree that is printed reads back as the same one. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool canonical(struct arena *arena, struct bytes text, struct buf *out,
                      struct buf *printed)
{
    struct diag *d = diag_create(arena);
    struct buf faults = BUF_MAX(1 << 20);
    const struct node *n = node_parse(arena, "fuzz", text, d);
    if ((n == NULL) != (diag_error_count(d) > 0))
        abort();
    diag_render(d, &faults, true);
    buf_finish(&faults);
    if (!n)
        return false;
    node_canonical(n, out);
    node_print(n, 0, printed);
    return !out->overflow && !printed->overflow && printed->len < NODE_MAX_BYTES;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(0);
    struct buf first = BUF_MAX(4 << 20), printed = BUF_MAX(4 << 20);
    struct buf second = BUF_MAX(4 << 20), ignored = BUF_MAX(4 << 20);
    if (canonical(arena, (struct bytes){(const char *)data, size}, &first, &printed)) {
        if (!canonical(arena, buf_bytes(&printed), &second, &ignored) ||
            !bytes_equal(buf_bytes(&first), buf_bytes(&second)))
            abort();
    }
    buf_finish(&first);
    buf_finish(&second);
    buf_finish(&printed);
    buf_finish(&ignored);
    arena_destroy(arena);
    return 0;
}
