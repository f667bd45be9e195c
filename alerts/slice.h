/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long work of the loop thread in parts: who does it asks after each of its smallest parts whether to let the loop turn,
 * returns false when it did, and is called again to go on. Who calls it sees to it that nobody changes meanwhile what it
 * works on. NULL: all at once.
 */
#ifndef HEALTHD_ALERTS_SLICE_H
#define HEALTHD_ALERTS_SLICE_H

#include <stdbool.h>
#include <stddef.h>

struct slice {
    void *ctx;
    bool (*is_over)(void *ctx);
};

static inline bool slice_is_over(const struct slice *s)
{
    return s && s->is_over(s->ctx);
}

#endif
