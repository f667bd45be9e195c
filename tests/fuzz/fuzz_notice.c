/* SPDX-License-Identifier: Apache-2.0 */
/* A notice as the outbox keeps it: anything is read or refused, and what was read is written and read alike. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "alerts/notice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *written(struct arena *arena, const struct notice *n)
{
    struct buf out = BUF_MAX(NOTICE_MAX_BYTES);
    notice_to_json(n, &out);
    assert(!out.overflow);
    return arena_keep(arena, &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(0);
    struct notice first, second;
    struct err e = {0};
    const struct bytes text = {(const char *)data, size};
    if (notice_from_json(arena, text, &first, &e)) {
        const char *json = written(arena, &first);
        const bool ok = notice_from_json(arena, bytes_of(json), &second, &e);
        assert(ok);
        (void)ok;
        assert(!strcmp(json, written(arena, &second)));
        assert(!strcmp(json, written(arena, notice_copy(arena, &first))));
    }
    arena_destroy(arena);
    return 0;
}
