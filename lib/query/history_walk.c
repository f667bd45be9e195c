/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which series there are, for whoever lists them: those of a few selectors at once, or all of them in slices, while series
 * come and go. On the loop. Reads no sample but the newest.
 */
#include "lib/query/history_impl.h"

#define LOOKS_AT_A_TIME 16

static bool is_in(const struct timeseries *s, int64_t from, int64_t to)
{
    int64_t oldest = s->first ? s->first->first_ms : s->head.first_ms;
    if (rollup_has_any(s))
        oldest = rollup_first_ms(s);
    else if (!s->first && !s->head.count)
        return false;
    return oldest <= to && s->newest.ms >= from;
}

static bool matches_any(const struct matchers *sets, size_t count, struct labels labels)
{
    for (size_t i = 0; i < count; i++) {
        if (matchers_match(sets[i], labels))
            return true;
    }
    return count == 0;
}

void history_each(struct history *h, const struct matchers *sets, size_t count,
                  int64_t from, int64_t to,
                  void (*fn)(void *ctx, struct labels labels, struct point newest),
                  void *ctx)
{
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < count; i++) {
        struct timeseries *const *items;
        const size_t n = index_select(h, sets[i], arena, &items);
        for (size_t k = 0; k < n; k++) {
            const struct timeseries *s = items[k];
            const bool was_given = i > 0 && matches_any(sets, i, s->labels);
            if (!was_given && is_in(s, from, to))
                fn(ctx, s->labels, s->newest);
        }
    }
    arena_destroy(arena);
}

/* ---- in slices ---- */

void history_walk_begin(struct history *h, struct history_walk *w)
{
    w->number = ++h->walks;
    w->left = h->all.count;
}

/* From the end: a series that goes has its place taken by the last, which was seen, or is new. */
static struct timeseries *walk_next(struct history *h, struct history_walk *w)
{
    if (w->left > h->all.count)
        w->left = h->all.count;
    while (w->left > 0) {
        struct timeseries *s = h->all.items[--w->left];
        if (s->walked == w->number)
            continue;
        s->walked = w->number;
        return s;
    }
    return NULL;
}

bool history_walk(struct history *h, struct history_walk *w, nsec budget,
                  void (*fn)(void *ctx, struct labels labels), void *ctx)
{
    const struct mono until = mono_add(mono_read(), budget);
    for (size_t looks = 1;; looks++) {
        const struct timeseries *s = walk_next(h, w);
        if (!s)
            return true;
        if (is_in(s, w->from, w->to) && matches_any(w->sets, w->count, s->labels))
            fn(ctx, s->labels);
        if (looks % LOOKS_AT_A_TIME == 0 && mono_reached(mono_read(), until))
            return false;
    }
}
