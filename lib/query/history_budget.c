/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes when time passes or memory is short: whole chunks, oldest first, those that no rule reads before the
 * others. Called by history.c at each finished chunk.
 */
#include <assert.h>
#include <stdlib.h>

#include "lib/query/history_impl.h"

static void series_unlink(struct chunk *k)
{
    struct timeseries *s = k->series;
    struct chunk **at = &s->first, *before = NULL;
    while (*at != k) {
        before = *at;
        at = &before->next;
    }
    *at = k->next;
    if (s->last == k)
        s->last = before;
}

void chunk_drop(struct history *h, struct chunk *k)
{
    struct timeseries *s = k->series;
    series_unlink(k);
    list_remove(&k->link);
    h->stats.bytes -= chunk_size(k);
    h->stats.chunks--;
    chunk_unref(k);
    if (!s->holding && !s->first) /* then its head was finished too */
        series_forget(h, s);
}

static struct chunk *oldest_of(const struct list *queue)
{
    return list_empty(queue) ? NULL : LIST_ITEM(queue->next, struct chunk, link);
}

static void drop_expired(struct history *h, struct list *queue)
{
    const int64_t limit = h->stats.newest_ms - h->limits.keep / NSEC_PER_MSEC;
    struct chunk *k;
    while ((k = oldest_of(queue)) && k->last_ms < limit)
        chunk_drop(h, k);
}

void budget_enforce(struct history *h)
{
    drop_expired(h, &h->plain);
    drop_expired(h, &h->wanted);
    while (h->stats.bytes > h->limits.budget_bytes) {
        struct chunk *k = oldest_of(&h->plain);
        if (!k)
            k = oldest_of(&h->wanted);
        if (!k)
            return;
        chunk_drop(h, k);
        h->stats.dropped_chunks++;
    }
}

static int by_address(const void *a, const void *b)
{
    const struct selector *x = ((const struct selection *)a)->selector;
    const struct selector *y = ((const struct selection *)b)->selector;
    return (x > y) - (x < y);
}

static void selections_set(struct history *h, const struct selector *const *selectors,
                           size_t count)
{
    selections_clear(h);
    h->selections = calloc(count + 1, sizeof(*h->selections));
    assert(h->selections);
    for (size_t i = 0; i < count; i++)
        h->selections[i].selector = selectors[i];
    h->selection_count = count;
    qsort(h->selections, count, sizeof(*h->selections), by_address);
}

static void requeue(struct list *queue, struct list *to)
{
    while (!list_empty(queue)) {
        struct list *link = list_take(queue);
        list_append(to, link);
    }
}

/* Both queues are in order of time; so are those that come out of them. */
static void queues_sort(struct history *h)
{
    struct list all;
    list_init(&all);
    while (!list_empty(&h->plain) && !list_empty(&h->wanted)) {
        const struct chunk *a = oldest_of(&h->plain), *b = oldest_of(&h->wanted);
        struct list *from = a->last_ms <= b->last_ms ? &h->plain : &h->wanted;
        list_append(&all, list_take(from));
    }
    requeue(&h->plain, &all);
    requeue(&h->wanted, &all);
    while (!list_empty(&all)) {
        struct list *link = list_take(&all);
        const struct chunk *k = LIST_ITEM(link, struct chunk, link);
        list_append(k->series->is_protected ? &h->wanted : &h->plain, link);
    }
}

void history_protect(struct history *h, const struct selector *const *selectors,
                     size_t count)
{
    struct arena *arena = arena_create(0);
    selections_set(h, selectors, count);
    for (size_t i = 0; i < h->all.count; i++)
        h->all.items[i]->is_protected = false;
    for (size_t i = 0; i < count; i++) {
        struct timeseries *const *items;
        const size_t n = index_select_cached(h, selectors[i], arena, &items);
        for (size_t k = 0; k < n; k++)
            items[k]->is_protected = true;
    }
    queues_sort(h);
    arena_destroy(arena);
}
