/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which series have a label: postings by name and value, and lists that rules' selectors gave, remembered until a
 * series of that metric comes or goes. Called by history*.c. Never looks at a sample.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/query/history_impl.h"

/* ---- texts, each kept once ---- */

struct text {
    size_t refs;
    char chars[];
};

const char *text_keep(struct history *h, const char *text)
{
    const struct bytes key = bytes_of(text);
    struct text *t = map_get(h->texts, key);
    if (!t) {
        t = malloc(sizeof(*t) + key.len + 1);
        assert(t);
        t->refs = 0;
        memcpy(t->chars, text, key.len + 1);
        map_put(h->texts, key, t);
        h->stats.bytes += sizeof(*t) + 2 * key.len + 96; /* with the map's own copy */
    }
    t->refs++;
    return t->chars;
}

void text_release(struct history *h, const char *text)
{
    const struct bytes key = bytes_of(text);
    struct text *t = map_get(h->texts, key);
    assert(t);
    if (--t->refs > 0)
        return;
    h->stats.bytes -= sizeof(*t) + 2 * key.len + 96;
    map_remove(h->texts, key);
    free(t);
}

/* ---- postings ---- */

static void posting_add(struct history *h, struct posting *p, struct timeseries *s)
{
    if (p->count == p->size) {
        const size_t size = p->size ? p->size * 2 : 4;
        h->stats.bytes += (size - p->size) * sizeof(*p->items);
        p->items = realloc(p->items, size * sizeof(*p->items));
        assert(p->items);
        p->size = size;
    }
    p->items[p->count++] = s;
    p->version++;
}

static void posting_remove(struct posting *p, const struct timeseries *s)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->items[i] == s) {
            p->items[i] = p->items[--p->count];
            break;
        }
    }
    p->version++;
}

static struct bytes posting_key(struct buf *key, const char *name, const char *value)
{
    buf_clear(key);
    buf_add_text(key, name);
    buf_add_byte(key, '\0');
    buf_add_text(key, value);
    return buf_bytes(key);
}

static struct posting *posting_at(struct map *map, struct bytes key)
{
    struct posting *p = map_get(map, key);
    if (!p) {
        p = calloc(1, sizeof(*p));
        assert(p);
        map_put(map, key, p);
    }
    return p;
}

void index_add(struct history *h, struct timeseries *s)
{
    struct buf key = BUF_MAX(1 << 20);
    s->slot = (uint32_t)h->all.count;
    posting_add(h, &h->all, s);
    for (size_t i = 0; i < s->labels.count; i++) {
        const struct label *l = &s->labels.items[i];
        posting_add(h, posting_at(h->postings, posting_key(&key, l->name, l->value)), s);
    }
    buf_finish(&key);
}

void index_remove(struct history *h, struct timeseries *s)
{
    struct buf key = BUF_MAX(1 << 20);
    struct timeseries *moved = h->all.items[--h->all.count];
    h->all.items[s->slot] = moved;
    moved->slot = s->slot;
    h->all.version++;
    for (size_t i = 0; i < s->labels.count; i++) {
        const struct label *l = &s->labels.items[i];
        const struct bytes text = posting_key(&key, l->name, l->value);
        /* An empty posting stays: a selection may watch its version. */
        posting_remove(posting_at(h->postings, text), s);
    }
    buf_finish(&key);
}

static void postings_destroy(struct map *map)
{
    for (const struct map_entry *e = map_next(map, NULL); e; e = map_next(map, e)) {
        struct posting *p = e->value;
        free(p->items);
        free(p);
    }
    map_destroy(map);
}

void index_destroy(struct history *h)
{
    selections_clear(h);
    readers_clear(h);
    postings_destroy(h->postings);
    free(h->all.items);
    assert(map_count(h->texts) == 0);
    map_destroy(h->texts);
}

/* ---- selecting ---- */

/* The fewest series that can match: those of one equality, or all. */
static const struct posting *posting_least(struct history *h, struct matchers m)
{
    struct buf key = BUF_MAX(1 << 20);
    const struct posting *least = &h->all;
    for (size_t i = 0; i < m.count; i++) {
        const struct matcher *x = &m.items[i];
        if (x->op != MATCH_EQUAL || !*x->value)
            continue;
        const struct posting *p =
            posting_at(h->postings, posting_key(&key, x->name, x->value));
        if (p->count < least->count || least == &h->all)
            least = p;
    }
    buf_finish(&key);
    return least;
}

/* What makes a selection wrong when it moves: the metric's own series, when there is a metric. */
static const struct posting *posting_watched(struct history *h, struct matchers m)
{
    struct buf key = BUF_MAX(1 << 20);
    const struct posting *watched = &h->all;
    for (size_t i = 0; i < m.count && watched == &h->all; i++) {
        const struct matcher *x = &m.items[i];
        if (x->op == MATCH_EQUAL && *x->value && !strcmp(x->name, "__name__"))
            watched = posting_at(h->postings, posting_key(&key, x->name, x->value));
    }
    buf_finish(&key);
    return watched;
}

static size_t posting_filter(const struct posting *p, struct matchers m,
                             struct timeseries **ret_items)
{
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (matchers_match(m, p->items[i]->labels))
            ret_items[count++] = p->items[i];
    }
    return count;
}

size_t index_select(struct history *h, struct matchers m, struct arena *arena,
                    struct timeseries *const **ret_items)
{
    const struct posting *p = posting_least(h, m);
    struct timeseries **items = arena_alloc(arena, (p->count + 1) * sizeof(*items));
    *ret_items = items;
    return posting_filter(p, m, items);
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

static void selection_make(struct history *h, struct selection *x)
{
    const struct matchers m = x->selector->matchers;
    const struct posting *p = posting_least(h, m);
    free(x->items);
    x->items = malloc((p->count + 1) * sizeof(*x->items));
    assert(x->items);
    x->count = posting_filter(p, m, x->items);
    x->watched = posting_watched(h, m);
    x->version = x->watched->version;
    x->is_made = true;
}

size_t index_select_cached(struct history *h, const struct selector *selector,
                           struct arena *arena, struct timeseries *const **ret_items)
{
    struct selection *x = selection_find(h, selector);
    if (!x)
        return index_select(h, selector->matchers, arena, ret_items);
    if (!x->is_made || x->version != x->watched->version)
        selection_make(h, x);
    *ret_items = x->items;
    return x->count;
}

void selections_clear(struct history *h)
{
    for (size_t i = 0; i < h->selection_count; i++)
        free(h->selections[i].items);
    free(h->selections);
    h->selections = NULL;
    h->selection_count = 0;
}
