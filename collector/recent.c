/* SPDX-License-Identifier: Apache-2.0 */
/* See recent.h. Copies verdicts, deeply, into arenas that are reused from one run to the next. */
#include "collector/recent.h"

static void copy_items(struct arena *arena, struct verdict *to,
                       const struct verdict *from)
{
    struct item *items = arena_alloc(arena, from->item_count * sizeof(*items));
    for (size_t i = 0; i < from->item_count; i++) {
        items[i] = from->items[i];
        items[i].key = arena_strdup(arena, from->items[i].key);
        items[i].detail = arena_strdup(arena, from->items[i].detail);
        items[i].last_log = arena_strdup(arena, from->items[i].last_log);
        items[i].labels = labels_copy(arena, from->items[i].labels);
    }
    to->items = items;
}

static void copy_trace(struct arena *arena, struct verdict *to,
                       const struct verdict *from)
{
    struct trace_line *lines = arena_alloc(arena, from->trace_count * sizeof(*lines));
    for (size_t i = 0; i < from->trace_count; i++) {
        lines[i].at = from->trace[i].at;
        lines[i].key = arena_strdup(arena, from->trace[i].key);
        lines[i].text = arena_strdup(arena, from->trace[i].text);
    }
    to->trace = lines;
}

struct verdict *verdict_copy(struct arena *arena, const struct verdict *v)
{
    struct verdict *copy = arena_memdup(arena, v, sizeof(*v));
    copy->probe = NULL; /* a generation may end before the copy does */
    copy->detail = arena_strdup(arena, v->detail);
    copy->address = arena_strdup(arena, v->address);
    copy->last_log = arena_strdup(arena, v->last_log);
    copy_items(arena, copy, v);
    copy_trace(arena, copy, v);
    return copy;
}

static const struct verdict *keep_in(struct arena **arena, const struct verdict *v)
{
    if (*arena)
        arena_reset(*arena);
    else
        *arena = arena_create(0);
    return verdict_copy(*arena, v);
}

/* A good run without a trace does not displace one that can be compared with. */
static bool is_worth_keeping(const struct recent *r, const struct verdict *v)
{
    return !r->good || v->trace_count > 0 || r->good->trace_count == 0;
}

void recent_keep(struct recent *r, const struct verdict *v)
{
    const bool is_good = v->health == HEALTH_UP || v->health == HEALTH_DEGRADED;
    if (v->health == HEALTH_DOWN)
        r->last = r->bad = keep_in(&r->bad_arena, v);
    else if (is_good && is_worth_keeping(r, v))
        r->last = r->good = keep_in(&r->good_arena, v);
    else
        r->last = keep_in(&r->last_arena, v);
}

void recent_finish(struct recent *r)
{
    arena_destroy(r->good_arena);
    arena_destroy(r->bad_arena);
    arena_destroy(r->last_arena);
    *r = (struct recent){0};
}
