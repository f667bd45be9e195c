/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The headers of a request (HTTP, or a mail) while they are put together: what the configuration says first, then what is
 * ours where it said nothing. Used by the probe types that ask over HTTP and by notifiers. Pure but for its memory.
 */
#ifndef HEALTHD_CORE_HEADERS_H
#define HEALTHD_CORE_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/core/opt.h"

struct headers {
    /* of the list; names and values are borrowed, and have to live as long as the request */
    struct arena *arena;
    struct pair *items;
    size_t count, room;
};

/* Empty. There is nothing to finish: the list ends with the arena. */
struct headers headers_in(struct arena *arena);
bool headers_has(const struct headers *h, const char *name); /* in any case */
/* Adds one, also when there is another of that name. */
void headers_add(struct headers *h, const char *name, const char *value);
void headers_add_all(struct headers *h, const struct pairs *pairs);
/* Adds one unless there is one of that name. */
void headers_put(struct headers *h, const char *name, const char *value);
/* Tells the target which asking this is, so that its own logs and traces can be found: X-Request-Id, and as `traceparent`
 * (https://www.w3.org/TR/trace-context/) the digits of the UUID, whose last half is the parent. task_id: a run_task_id;
 * NULL: nothing is added. */
void headers_put_task(struct headers *h, const char *task_id);
/* All of them, in the order in which they came; valid until the next one is added. */
struct pairs headers_pairs(const struct headers *h);

#endif
