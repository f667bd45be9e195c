/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which series a selector matches: from the shortest list that its terms have, and what rules' selectors gave, remembered
 * until a series of that metric comes or goes. Called by history*.c. Never looks at a sample.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"
#include "lib/query/history_impl.h"

/* ---- selecting ---- */

/* The fewest series that can match: those of one equality, which is *ret_by then, or all. */
static const struct posting *posting_least(const struct history *h, struct matchers m,
                                           const struct matcher **ret_by)
{
    static const struct posting none = {0};
    const struct posting *least = &h->all;
    *ret_by = NULL;
    for (size_t i = 0; i < m.count; i++) {
        const struct matcher *x = &m.items[i];
        if (x->op != MATCH_EQUAL || !*x->value)
            continue;
        const struct term *t = term_find(h, x->name, x->value);
        if (!t)
            return &none;
        if (t->posting.count < least->count || least == &h->all) {
            least = &t->posting;
            *ret_by = x;
        }
    }
    return least;
}

/* What makes a selection wrong when it moves: the metric's own series, when there is a metric; NULL: all. */
static struct term *term_watched(struct history *h, struct matchers m)
{
    for (size_t i = 0; i < m.count; i++) {
        const struct matcher *x = &m.items[i];
        if (x->op == MATCH_EQUAL && *x->value && !strcmp(x->name, "__name__"))
            return term_take(h, x->name, x->value);
    }
    return NULL;
}

/* by: what all of them match; NULL: nothing is known of them. */
static size_t posting_filter(const struct posting *p, struct matchers m,
                             const struct matcher *by, struct timeseries **ret_items)
{
    const size_t at = by ? (size_t)(by - m.items) : 0;
    const struct matchers before = {m.items, at};
    const struct matchers after = {m.items + at + (by != NULL),
                                   m.count - at - (by != NULL)};
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct labels labels = p->items[i]->labels;
        if (matchers_match(before, labels) && matchers_match(after, labels))
            ret_items[count++] = p->items[i];
    }
    return count;
}

size_t index_select(struct history *h, struct matchers m, struct arena *arena,
                    struct timeseries *const **ret_items)
{
    const struct matcher *by;
    const struct posting *p = posting_least(h, m, &by);
    struct timeseries **items = arena_alloc(arena, (p->count + 1) * sizeof(*items));
    *ret_items = items;
    return posting_filter(p, m, by, items);
}

static struct selection *selection_find(struct history *h, const struct selector *s)
{
    size_t low = 0, high = h->selection_count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (h->selections[middle].selector == s)
            return &h->selections[middle];
        if (h->selections[middle].selector < s)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const struct posting *selection_watches(const struct history *h,
                                               const struct selection *x)
{
    return x->watched ? &x->watched->posting : &h->all;
}

static void selection_make(struct history *h, struct selection *x)
{
    const struct matchers m = x->selector->matchers;
    const struct matcher *by;
    const struct posting *p = posting_least(h, m, &by);
    free(x->items);
    x->items = memory_take((p->count + 1) * sizeof(*x->items));
    x->count = posting_filter(p, m, by, x->items);
    if (!x->is_made)
        x->watched = term_watched(h, m);
    if (!x->is_made && x->watched)
        x->watched->holds++;
    x->version = selection_watches(h, x)->version;
    x->is_made = true;
}

size_t index_select_cached(struct history *h, const struct selector *selector,
                           struct arena *arena, struct timeseries *const **ret_items)
{
    struct selection *x = selection_find(h, selector);
    if (!x)
        return index_select(h, selector->matchers, arena, ret_items);
    if (!x->is_made || x->version != selection_watches(h, x)->version)
        selection_make(h, x);
    *ret_items = x->items;
    return x->count;
}

void selections_clear(struct history *h)
{
    for (size_t i = 0; i < h->selection_count; i++) {
        struct term *watched = h->selections[i].watched;
        free(h->selections[i].items);
        if (!watched)
            continue;
        watched->holds--;
        term_settle(h, watched);
    }
    free(h->selections);
    h->selections = NULL;
    h->selection_count = 0;
}
