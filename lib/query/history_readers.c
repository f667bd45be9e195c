/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rules read: whose chunks go last, and whose past is rolled up and how far. Told anew with each configuration, and
 * looked up for each series that comes later. Called by history*.c and, as history_protect, by the engine.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/query/history_impl.h"

struct readers { /* selectors of one metric, or of any */
    const struct selector **items;
    size_t count, size;
};

/* ---- selectors by metric ---- */

static const char *metric_of(struct matchers m)
{
    for (size_t i = 0; i < m.count; i++) {
        if (m.items[i].op == MATCH_EQUAL && !strcmp(m.items[i].name, "__name__"))
            return m.items[i].value;
    }
    return "";
}

static void readers_add(struct history *h, const struct selector *selector)
{
    const struct bytes key = bytes_of(metric_of(selector->matchers));
    struct readers *r = map_get(h->readers, key);
    if (!r) {
        r = calloc(1, sizeof(*r));
        assert(r);
        map_put(h->readers, key, r);
    }
    if (r->count == r->size) {
        r->size = r->size ? r->size * 2 : 4;
        r->items = realloc(r->items, r->size * sizeof(*r->items));
        assert(r->items);
    }
    r->items[r->count++] = selector;
}

void readers_clear(struct history *h)
{
    if (!h->readers)
        return;
    for (const struct map_entry *e = NULL; (e = map_next(h->readers, e));) {
        struct readers *r = e->value;
        free(r->items);
        free(r);
    }
    map_destroy(h->readers);
    h->readers = NULL;
}

/* ---- one series ---- */

static void judge_by(const struct readers *r, struct timeseries *s, nsec *reach)
{
    for (size_t i = 0; r && i < r->count; i++) {
        const struct selector *selector = r->items[i];
        if ((s->is_protected && selector->reach <= *reach) ||
            !matchers_match(selector->matchers, s->labels))
            continue;
        s->is_protected = true;
        *reach = selector->reach > *reach ? selector->reach : *reach;
    }
}

void readers_judge(struct history *h, struct timeseries *s)
{
    const char *name = labels_get(s->labels, "__name__");
    nsec reach = 0;
    s->is_protected = false;
    if (!h->readers)
        return;
    judge_by(map_get(h->readers, bytes_of("")), s, &reach);
    if (name)
        judge_by(map_get(h->readers, bytes_of(name)), s, &reach);
    rollup_want(h, s, reach);
}

/* ---- all of them ---- */

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
        const struct chunk *a = LIST_ITEM(h->plain.next, struct chunk, link);
        const struct chunk *b = LIST_ITEM(h->wanted.next, struct chunk, link);
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

/* How far back each series is read, by slot; 0: by nobody. */
static nsec *reaches(struct history *h, const struct selector *const *selectors,
                     size_t count, struct arena *arena)
{
    nsec *reach = arena_alloc(arena, (h->all.count + 1) * sizeof(*reach));
    for (size_t i = 0; i < count; i++) {
        struct timeseries *const *items;
        const size_t n = index_select_cached(h, selectors[i], arena, &items);
        for (size_t k = 0; k < n; k++) {
            nsec *at = &reach[items[k]->slot];
            items[k]->is_protected = true;
            *at = selectors[i]->reach > *at ? selectors[i]->reach : *at;
        }
    }
    return reach;
}

void history_protect(struct history *h, const struct selector *const *selectors,
                     size_t count)
{
    struct arena *arena = arena_create(0);
    selections_set(h, selectors, count);
    readers_clear(h);
    h->readers = map_create();
    for (size_t i = 0; i < count; i++)
        readers_add(h, selectors[i]);
    for (size_t i = 0; i < h->all.count; i++)
        h->all.items[i]->is_protected = false;
    const nsec *reach = reaches(h, selectors, count, arena);
    for (size_t i = h->all.count; i-- > 0;) {
        rollup_want(h, h->all.items[i], reach[i]);
        series_settle(h, h->all.items[i]); /* it may have had nothing else left */
    }
    queues_sort(h);
    arena_destroy(arena);
}
