/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a page of metrics, in both formats; cut in pieces at a place that the first byte names. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/core/exposition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool touch(void *ctx, const struct exposition_sample *sample, struct err *e)
{
    uint64_t *sum = ctx;
    struct bytes family;
    (void)e;
    *sum += (uint64_t)exposition_kind(sample, &family) + bytes_hash64(family) +
            bytes_hash64(bytes_of(sample->family->help));
    for (size_t i = 0; i < sample->label_count; i++)
        *sum +=
            bytes_hash64(sample->labels[i].name) + bytes_hash64(sample->labels[i].value);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct exposition_caps caps = {.line_bytes = 4096,
                                                .labels = 8,
                                                .value_bytes = 64,
                                                .families = 32,
                                                .samples = 1000};
    const struct bytes page = {(const char *)data, size};
    const size_t cut = size ? data[0] : 0;
    uint64_t sum = 0;
    for (int format = EXPOSITION_TEXT; format <= EXPOSITION_OPENMETRICS; format++) {
        struct arena *arena = arena_create(0);
        struct err e;
        struct exposition *x =
            exposition_create(arena, (enum exposition_format)format, &caps,
                              (struct exposition_reader){touch, &sum});
        if (exposition_feed(x, bytes_slice(page, 0, cut), &e) &&
            exposition_feed(x, bytes_slice(page, cut, size), &e))
            exposition_end(x, &e);
        arena_destroy(arena);
    }
    return 0;
}
