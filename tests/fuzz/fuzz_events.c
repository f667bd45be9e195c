/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as events: what is taken has its names, within the caps; every fault is counted. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "collector/events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int is_lines = 0; is_lines <= 1; is_lines++) {
        struct arena *arena = arena_create(0);
        struct event_batch batch;
        events_read((struct bytes){(const char *)data, size}, is_lines, arena, &batch);
        assert(batch.count <= EVENTS_MAX_BATCH && batch.fault_count <= batch.rejected);
        for (size_t i = 0; i < batch.count; i++) {
            const struct event *x = &batch.items[i];
            assert(*x->workflow_id && strlen(x->workflow_id) <= EVENTS_MAX_NAME);
            assert(*x->status && x->message && x->task_id);
        }
        arena_destroy(arena);
    }
    return 0;
}
