/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server-sent events (WHATWG HTML, 9.2.6) cut out of bytes as they come. Used by probes that read a stream through
 * fetch.h's `take`. Pure: knows neither network nor what the events mean, and never reconnects.
 */
#ifndef HEALTHD_CORE_SSE_H
#define HEALTHD_CORE_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"

#define SSE_MAX_NAME_BYTES 256 /* of an event's name, and of its id */

struct sse_event {
    struct bytes name; /* empty: "message" */
    struct bytes data; /* its lines, joined by '\n' */
};

struct sse {
    /* False: no more is wanted. The event is valid during the call. */
    bool (*take)(void *ctx, const struct sse_event *event);
    void *ctx;
    size_t max_bytes;
    struct buf line, name, data, id; /* id: of the last event that has one */
    nsec retry; /* how long to wait before asking again; below 0: nothing was said */
    bool has_data, was_cr, is_past_mark, is_over;
};

/* max_bytes: of one line, and of one event's data. sse_finish frees; it fits arena_cleanup. */
void sse_init(struct sse *s, size_t max_bytes,
              bool (*take)(void *ctx, const struct sse_event *event), void *ctx);
void sse_finish(void *s);
/* False: take wants no more, or (is_over) something is larger than max_bytes; then nothing may be fed any more. */
bool sse_feed(struct sse *s, struct bytes piece);

#endif
