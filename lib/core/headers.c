/* SPDX-License-Identifier: Apache-2.0 */
/* A list of headers that grows in an arena. Called by probes and notifiers. Knows nothing of what headers mean but how
 * an asking is named. */
#include "lib/core/headers.h"

#include <string.h>
#include <strings.h>

enum { ROOM_AT_FIRST = 16 };

struct headers headers_in(struct arena *arena)
{
    return (struct headers){.arena = arena};
}

bool headers_has(const struct headers *h, const char *name)
{
    for (size_t i = 0; i < h->count; i++) {
        if (!strcasecmp(h->items[i].key, name))
            return true;
    }
    return false;
}

static void grow(struct headers *h)
{
    const size_t room = h->room ? 2 * h->room : ROOM_AT_FIRST;
    struct pair *items = arena_alloc(h->arena, room * sizeof(*items));
    if (h->count)
        memcpy(items, h->items, h->count * sizeof(*items));
    h->items = items;
    h->room = room;
}

void headers_add(struct headers *h, const char *name, const char *value)
{
    if (h->count == h->room)
        grow(h);
    h->items[h->count++] = (struct pair){name, value};
}

void headers_add_all(struct headers *h, const struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++)
        headers_add(h, pairs->items[i].key, pairs->items[i].value);
}

void headers_put(struct headers *h, const char *name, const char *value)
{
    if (!headers_has(h, name))
        headers_add(h, name, value);
}

static const char *trace_parent(struct arena *arena, const char *task_id)
{
    char trace[33] = "";
    size_t len = 0;
    for (; *task_id && len < sizeof(trace) - 1; task_id++) {
        if (*task_id != '-')
            trace[len++] = *task_id;
    }
    return arena_printf(arena, "00-%s-%s-01", trace, &trace[16]);
}

void headers_put_task(struct headers *h, const char *task_id)
{
    if (!task_id)
        return;
    headers_put(h, "X-Request-Id", task_id);
    headers_put(h, "traceparent", trace_parent(h->arena, task_id));
}

struct pairs headers_pairs(const struct headers *h)
{
    return (struct pairs){h->items, h->count};
}
