/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rules read: whose chunks go last, and whose past is rolled up and how far. Told anew with each configuration, and
 * looked up for each series that comes later. Called by history*.c and, as history_protect, by the engine.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/query/history_impl.h"

/* Between two looks at the clock. */
#define AT_A_TIME 64

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

/* ---- in slices ---- */

/* The newest of what is not sorted yet. */
static struct list *newest_former(struct history *h)
{
    struct list *plain = &h->former_plain, *wanted = &h->former_wanted;
    if (list_empty(plain) || list_empty(wanted))
        return list_empty(plain) ? wanted->prev : plain->prev;
    const struct chunk *a = LIST_ITEM(plain->prev, struct chunk, link);
    const struct chunk *b = LIST_ITEM(wanted->prev, struct chunk, link);
    return a->last_ms >= b->last_ms ? plain->prev : wanted->prev;
}

bool readers_are_sorting(const struct history *h)
{
    return !list_empty(&h->former_plain) || !list_empty(&h->former_wanted);
}

/* Both queues are in order of time; so are those that come out of them, from the newest on: what is finished meanwhile
 * is newer still. */
static void sort_one(struct history *h)
{
    struct list *link = newest_former(h);
    const struct chunk *k = LIST_ITEM(link, struct chunk, link);
    list_remove(link);
    list_prepend(k->series->is_protected ? &h->wanted : &h->plain, link);
}

static void move_all(struct list *from, struct list *to)
{
    if (list_empty(from))
        return;
    *to = *from;
    to->next->prev = to->prev->next = to;
    list_init(from);
}

static void judge_one(struct history *h)
{
    if (h->to_judge > h->all.count)
        h->to_judge = h->all.count;
    if (h->to_judge > 0) {
        struct timeseries *s = h->all.items[--h->to_judge];
        readers_judge(h, s);
        series_settle(h, s); /* it may have had nothing else left */
    }
    if (h->to_judge > 0)
        return;
    move_all(&h->plain, &h->former_plain);
    move_all(&h->wanted, &h->former_wanted);
}

/* Those that come later are judged when they come; one that takes the place of another that went has been. */
void history_protect_begin(struct history *h, const struct selector *const *selectors,
                           size_t count)
{
    h->to_find = 0;
    (void)history_protect_go(h, INT64_MAX);
    selections_set(h, selectors, count);
    readers_clear(h);
    h->readers = map_create();
    for (size_t i = 0; i < count; i++)
        readers_add(h, selectors[i]);
    h->to_judge = h->all.count;
    h->to_find = count;
}

/* Who matches is found before a rule asks for all of it at once. */
static void find_one(struct history *h)
{
    struct arena *arena = arena_create(0);
    struct timeseries *const *items;
    (void)index_select_cached(h, h->selections[--h->to_find].selector, arena, &items);
    arena_destroy(arena);
}

/* True when it was worth a look at the clock; a step of what is left. */
static bool protect_one(struct history *h, size_t done)
{
    if (h->to_judge == 0 && !readers_are_sorting(h)) {
        find_one(h);
        return true;
    }
    if (h->to_judge > 0)
        judge_one(h);
    else
        sort_one(h);
    return done % AT_A_TIME == 0;
}

bool history_protect_go(struct history *h, nsec budget)
{
    const struct mono until = {budget == INT64_MAX ? INT64_MAX
                                                   : mono_add(mono_read(), budget).ns};
    for (size_t done = 1; h->to_judge > 0 || readers_are_sorting(h) || h->to_find > 0;
         done++) {
        if (protect_one(h, done) && mono_reached(mono_read(), until))
            return false;
    }
    return true;
}

void history_protect(struct history *h, const struct selector *const *selectors,
                     size_t count)
{
    history_protect_begin(h, selectors, count);
    (void)history_protect_go(h, INT64_MAX);
}
