/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who writes which series: owners, what they put one by one, and series that they no longer name. Called by history.c's users and
 * history_publish.c. Never looks at chunks.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"
#include "lib/query/history_impl.h"

/* So many are let go at a time: a page of thousands that ends does not hold the loop. */
#define LEAVERS_AT_A_TIME 32

/* ---- series that are no longer named ---- */

static void let_go(struct history *h, struct timeseries *s)
{
    s->is_leaving = false;
    series_seal(h, s);
    s->holding = NULL;
    series_settle(h, s);
}

void series_leave(struct history *h, struct timeseries *s, int64_t ms)
{
    series_stale(h, s, ms);
    s->is_leaving = true;
    if (s->is_queued)
        return;
    if (h->leaver_count == h->leaver_size) {
        h->leaver_size = h->leaver_size ? h->leaver_size * 2 : 64;
        h->leavers = memory_grow(h->leavers, h->leaver_size * sizeof(*h->leavers));
    }
    h->leavers[h->leaver_count++] = s;
    s->is_queued = true;
}

static void leavers_take(struct history *h, size_t most)
{
    while (h->leaver_count > 0 && most-- > 0) {
        struct timeseries *s = h->leavers[--h->leaver_count];
        s->is_queued = false;
        if (s->is_leaving) /* not named again meanwhile */
            let_go(h, s);
    }
}

void leavers_tidy(struct history *h)
{
    leavers_take(h, LEAVERS_AT_A_TIME);
}

/* ---- owners ---- */

struct history_owner *history_owner(struct history *h, struct labels labels)
{
    struct arena *arena = arena_create(0);
    struct history_owner *o = arena_alloc(arena, sizeof(*o));
    o->arena = arena;
    o->history = h;
    o->labels = labels_without(arena, labels_copy(arena, labels), "task_id");
    o->terms = arena_alloc(arena, (o->labels.count + 1) * sizeof(*o->terms));
    for (size_t i = 0; i < o->labels.count; i++) {
        o->terms[i] = term_take(h, o->labels.items[i].name, o->labels.items[i].value);
        o->terms[i]->holds++;
    }
    o->direct.owner = o;
    list_append(&h->owners, &o->link);
    return o;
}

static void holding_end(struct holding *holding, int64_t ms)
{
    struct history *h = holding->owner->history;
    for (size_t i = 0; i < holding->count; i++) {
        struct timeseries *s = holding->slots[i].series;
        if (!s || s->holding != holding)
            continue;
        series_stale(h, s, ms);
        let_go(h, s);
    }
    h->stats.bytes -= holding->size * sizeof(*holding->slots);
    free(holding->slots);
    free(holding->name);
}

void history_owner_end(struct history_owner *o, int64_t ms)
{
    struct holding *next;
    if (o->publication)
        history_publication_go(o->publication, INT64_MAX);
    leavers_take(o->history, SIZE_MAX);
    next = o->direct.next;
    holding_end(&o->direct, ms);
    while (next) {
        struct holding *holding = next;
        next = holding->next;
        holding_end(holding, ms);
        free(holding);
    }
    for (size_t i = 0; i < o->labels.count; i++) {
        o->terms[i]->holds--;
        term_settle(o->history, o->terms[i]);
    }
    list_remove(&o->link);
    o->history->owners_ended++;
    arena_destroy(o->arena);
}

/* ---- one by one ---- */

static struct slot *slot_room(struct holding *holding, size_t count)
{
    if (count > holding->size) {
        const size_t size = count + count / 2 + 4;
        holding->slots = realloc(holding->slots, size * sizeof(*holding->slots));
        assert(holding->slots);
        holding->owner->history->stats.bytes +=
            (size - holding->size) * sizeof(*holding->slots);
        holding->size = size;
    }
    return holding->slots;
}

/* They are given an owner, which ends. */
void history_end_unowned(struct history *h, struct matchers m)
{
    struct arena *arena = arena_create(0);
    struct history_owner *o = history_owner(h, (struct labels){0});
    struct timeseries *const *items;
    const size_t count = index_select(h, m, arena, &items);
    for (size_t i = 0; i < count; i++) {
        struct timeseries *s = items[i];
        if (s->holding || !s->has_newest || is_stale(s->newest.value))
            continue;
        (void)series_take(h, s, &o->direct);
        slot_room(&o->direct, o->direct.count + 1)[o->direct.count] =
            (struct slot){.series = s};
        o->direct.count++;
    }
    history_owner_end(o, 0);
    arena_destroy(arena);
}

void history_put(struct history_owner *o, const char *name, struct labels own, int64_t ms,
                 double value)
{
    struct named n = {0};
    named_add(&n, "__name__", name);
    for (size_t i = 0; i < own.count; i++)
        named_add(&n, own.items[i].name, own.items[i].value);
    struct timeseries *s = named_get(&n, o);
    if (!s)
        return;
    if (s->holding != &o->direct || s->is_leaving) {
        if (!series_take(o->history, s, &o->direct))
            return;
        slot_room(&o->direct, o->direct.count + 1)[o->direct.count] =
            (struct slot){.series = s, .own = (uint32_t)n.count};
        o->direct.count++;
    }
    series_append(o->history, s, ms, value);
    leavers_tidy(o->history);
}

bool history_end_some(struct history_owner *o, int64_t ms, size_t most)
{
    struct holding *holding = &o->direct;
    size_t left = 0, more = most;
    bool is_all = true;
    for (size_t i = 0; i < holding->count; i++) {
        struct timeseries *s = holding->slots[i].series;
        const bool is_over = s->newest.ms < ms;
        is_all = is_all && (!is_over || more > 0);
        if (!is_over || more == 0) {
            holding->slots[left++] = holding->slots[i];
            continue;
        }
        more--;
        series_leave(o->history, s, ms);
    }
    holding->count = left;
    return is_all;
}

void history_end_others(struct history_owner *o, int64_t ms)
{
    (void)history_end_some(o, ms, SIZE_MAX);
}
